package dev.coterie.gates.fuse.kernel;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A request of the kernel, from its being read to its being answered. For JDK Flight Recorder. */
@Name("dev.coterie.FuseRequest")
@Label("FUSE Request")
@Category({"Coterie", "FUSE"})
@StackTrace(false)
final class RequestEvent extends Event {
  private static final EventType TYPE = EventType.getEventType(RequestEvent.class);

  @Label("Operation")
  String operation = "";

  @Label("Node")
  @Description("the inode's number; 1 is the root")
  long node;

  @Label("Error")
  @Description("errno, or 0")
  int error;

  /** Whether anybody records them: if not, none is made. */
  static boolean isRecorded() {
    return TYPE.isEnabled();
  }
}

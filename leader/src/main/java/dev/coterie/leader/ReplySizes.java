package dev.coterie.leader;

import dev.coterie.api.Change;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.EventRequest.Tevwait;
import dev.coterie.wire.HandleRequest.Treaddirx;
import dev.coterie.wire.HandleRequest.Treadseq;
import dev.coterie.wire.LeaseReply.Notice;
import dev.coterie.wire.LeaseRequest.Tnotify;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.WatchRequest.Tchanges;
import java.nio.ByteBuffer;

/** How long the reply to a request can become, before it is carried out. */
final class ReplySizes {
  /** The longest of the replies with attributes, which is that of a lease. */
  private static final int ATTRS_BYTES = 165;

  /** The longest of those without anything of variable length, which is that of statfs. */
  private static final int SMALL_BYTES = 67;

  /** An error, and all that says no more than a count. */
  private static final int ERROR_BYTES = P9.HEADER_BYTES + Integer.BYTES;

  /** An offset and a count. */
  private static final int MOVED_BYTES = ERROR_BYTES + Long.BYTES;

  /** A lock that is in the way. */
  private static final int LOCK_BYTES = 28;

  /** Header and a count, or two. */
  private static final int LIST_BYTES = P9.HEADER_BYTES + 2 * Integer.BYTES;

  /** One is told however few bytes are asked for. */
  private static final int ONE_CHANGE_BYTES = Change.CHANGE_BYTES + Limits.CHANGE_PATH_BYTES;

  private static final int KEY_LEASE_BYTES = P9.HEADER_BYTES + 1 + 2 * Integer.BYTES;

  private ReplySizes() {}

  /** The most bytes that the frame of the reply may have, or that of an error. */
  static int most(Request request, int msize) {
    return switch (request) {
      case Tread r -> P9.HEADER_BYTES + Integer.BYTES + P9.ioCount(r.count(), msize);
      case Treadseq r -> LIST_BYTES + Integer.BYTES + P9.ioCount(r.count(), msize);
      case Treaddirx r -> LIST_BYTES + P9.ioCount(r.count(), msize);
      case Tchanges r -> LIST_BYTES + Math.max(ONE_CHANGE_BYTES, P9.ioCount(r.count(), msize));
      case Tnotify r -> LIST_BYTES + Notice.BYTES * fitting(r.max(), Notice.BYTES, msize);
      case Tevwait r -> LIST_BYTES + Event.BYTES * fitting(r.max(), Event.BYTES, msize);
      default -> ofType(request.type());
    };
  }

  private static int fitting(int max, int bytes, int msize) {
    return Math.clamp(max, 0, (msize - P9.IOHDR) / bytes);
  }

  private static int ofType(int type) {
    return switch (type) {
      case P9.TLOOKUP,
          P9.TMAKE,
          P9.TREBIND,
          P9.TSETATTRX,
          P9.TLINKX,
          P9.TGETATTR,
          P9.TLEASE,
          P9.TCREATE,
          P9.TOPEN,
          P9.TTAKE,
          P9.TEVSET,
          P9.TEVLOCK,
          P9.TOPENWATCH ->
          ATTRS_BYTES;
      case P9.TWRITE,
          P9.TCLUNK,
          P9.TFSYNC,
          P9.TUNLINKAT,
          P9.TACCESS,
          P9.TRENAMEX,
          P9.TSETXATTR,
          P9.TREMOVEXATTR,
          P9.TFALLOCATE,
          P9.TSETFLAGS,
          P9.TEVCTL ->
          ERROR_BYTES;
      case P9.TAPPEND, P9.TWRITESEQ, P9.TSEEK, P9.TCOPYRANGE -> MOVED_BYTES;
      case P9.TLOCKX -> LOCK_BYTES;
      case P9.TREADLINK -> LIST_BYTES + Limits.PATH_BYTES;
      case P9.TGETXATTR -> LIST_BYTES + Limits.XATTR_VALUE_BYTES;
      case P9.TLISTXATTR -> LIST_BYTES + Limits.XATTR_LIST_BYTES;
      case P9.TUSEKEY -> KEY_LEASE_BYTES + Limits.KEY_VALUE_BYTES;
      default -> SMALL_BYTES;
    };
  }

  /** Whether that many bytes are enough. */
  static boolean fits(Reply reply, int most) {
    try {
      reply.encode(0, ByteBuffer.allocate(most), most);
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }
}

package dev.coterie.leader;

import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.HandleRequest.Tappend;
import dev.coterie.wire.HandleRequest.Tfallocate;
import dev.coterie.wire.HandleRequest.Twriteseq;
import dev.coterie.wire.InodeRequest.Tsetattrx;
import dev.coterie.wire.LeaseRequest.Tleaseret;
import dev.coterie.wire.LeaseRequest.Tlockret;
import dev.coterie.wire.LinuxRequest.Tfsync;
import dev.coterie.wire.LinuxRequest.Tsetattr;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;

/**
 * The requests by which a client brings what it has kept back of a file that it has alone. They
 * wait for no lease, and others wait for them.
 */
final class WriteBack {
  private WriteBack() {}

  /** The fid of the file; NOFID: it is another request. */
  static int fidOf(Request request) {
    return switch (request) {
      case Twrite r -> r.fid();
      case Tappend r -> r.fid();
      case Twriteseq r -> r.fid();
      case Tsetattr r -> r.fid();
      case Tsetattrx r -> r.fid();
      case Tfallocate r -> r.fid();
      case Tfsync r -> r.fid();
      case Tclunk r -> r.fid();
      default -> P9.NOFID;
    };
  }

  /** What may follow them in one message: it gives leases back. */
  static boolean givesBack(Request request) {
    return request instanceof Tleaseret || request instanceof Tlockret;
  }
}

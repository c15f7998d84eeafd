package dev.coterie.wire;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * From a type number and a body to a message: one table for requests, one for replies, each in two
 * halves.
 *
 * <p>A plain switch on the number: it costs nothing to start, which a command line that runs for a
 * moment notices.
 */
final class Decoder {
  private Decoder() {}

  static Request request(int type, ByteBuffer body, Dialect dialect) throws ProtocolException {
    body.order(ByteOrder.LITTLE_ENDIAN);
    try {
      Request request = dialect.has(type) ? anyRequest(type, body) : unknown(type, body);
      requireEnd(type, body);
      return request;
    } catch (BufferUnderflowException e) {
      throw endsEarly(type);
    }
  }

  static Reply reply(int type, ByteBuffer body) throws ProtocolException {
    body.order(ByteOrder.LITTLE_ENDIAN);
    try {
      Reply reply = anyReply(type, body);
      requireEnd(type, body);
      return reply;
    } catch (BufferUnderflowException e) {
      throw endsEarly(type);
    }
  }

  /** A request of any dialect, alone or in a Tas; leaves what follows it in the buffer. */
  static Request anyRequest(int type, ByteBuffer in) throws ProtocolException {
    Request request = type < P9.DIALECT_FIRST ? standardRequest(type, in) : ourRequest(type, in);
    return request != null ? request : unknown(type, in);
  }

  /** A reply, alone or in an Rdo; leaves what follows it in the buffer. */
  static Reply anyReply(int type, ByteBuffer in) throws ProtocolException {
    Reply reply = type < P9.DIALECT_FIRST ? standardReply(type, in) : ourReply(type, in);
    if (reply == null) {
      throw new ProtocolException("no reply is of type " + type);
    }
    return reply;
  }

  private static Request unknown(int type, ByteBuffer in) {
    in.position(in.limit());
    return new UnknownRequest(type);
  }

  private static void requireEnd(int type, ByteBuffer body) throws ProtocolException {
    if (body.hasRemaining()) {
      throw new ProtocolException("type " + type + ": " + body.remaining() + " bytes too many");
    }
  }

  private static ProtocolException endsEarly(int type) {
    return new ProtocolException("type " + type + ": ends early");
  }

  private static @Nullable Request standardRequest(int type, ByteBuffer in)
      throws ProtocolException {
    return switch (type) {
      case P9.TVERSION -> BaseRequest.Tversion.get(in);
      case P9.TAUTH -> BaseRequest.Tauth.get(in);
      case P9.TATTACH -> BaseRequest.Tattach.get(in);
      case P9.TFLUSH -> BaseRequest.Tflush.get(in);
      case P9.TWALK -> BaseRequest.Twalk.get(in);
      case P9.TREAD -> BaseRequest.Tread.get(in);
      case P9.TWRITE -> BaseRequest.Twrite.get(in);
      case P9.TCLUNK -> BaseRequest.Tclunk.get(in);
      case P9.TREMOVE -> BaseRequest.Tremove.get(in);
      case P9.TSTATFS -> LinuxRequest.Tstatfs.get(in);
      case P9.TLOPEN -> LinuxRequest.Tlopen.get(in);
      case P9.TLCREATE -> LinuxRequest.Tlcreate.get(in);
      case P9.TSYMLINK -> LinuxRequest.Tsymlink.get(in);
      case P9.TMKNOD -> LinuxRequest.Tmknod.get(in);
      case P9.TRENAME -> LinuxRequest.Trename.get(in);
      case P9.TREADLINK -> LinuxRequest.Treadlink.get(in);
      case P9.TGETATTR -> LinuxRequest.Tgetattr.get(in);
      case P9.TSETATTR -> LinuxRequest.Tsetattr.get(in);
      case P9.TXATTRWALK -> LinuxRequest.Txattrwalk.get(in);
      case P9.TXATTRCREATE -> LinuxRequest.Txattrcreate.get(in);
      case P9.TREADDIR -> LinuxRequest.Treaddir.get(in);
      case P9.TFSYNC -> LinuxRequest.Tfsync.get(in);
      case P9.TLOCK -> LinuxRequest.Tlock.get(in);
      case P9.TGETLOCK -> LinuxRequest.Tgetlock.get(in);
      case P9.TLINK -> LinuxRequest.Tlink.get(in);
      case P9.TMKDIR -> LinuxRequest.Tmkdir.get(in);
      case P9.TRENAMEAT -> LinuxRequest.Trenameat.get(in);
      case P9.TUNLINKAT -> LinuxRequest.Tunlinkat.get(in);
      default -> null;
    };
  }

  private static @Nullable Request ourRequest(int type, ByteBuffer in) throws ProtocolException {
    return switch (type) {
      case P9.TSESSION -> SessionRequest.Tsession.get(in);
      case P9.TPING -> SessionRequest.Tping.get(in);
      case P9.TAS -> SessionRequest.Tas.get(in);
      case P9.TONCE -> SessionRequest.Tonce.get(in);
      case P9.TDO -> SessionRequest.Tdo.get(in);
      case P9.TLOOKUP -> InodeRequest.Tlookup.get(in);
      case P9.TMAKE -> InodeRequest.Tmake.get(in);
      case P9.TREBIND -> InodeRequest.Trebind.get(in);
      case P9.TSETATTRX -> InodeRequest.Tsetattrx.get(in);
      case P9.TACCESS -> InodeRequest.Taccess.get(in);
      case P9.TLINKX -> InodeRequest.Tlinkx.get(in);
      case P9.TRENAMEX -> InodeRequest.Trenamex.get(in);
      case P9.TGETXATTR -> InodeRequest.Tgetxattr.get(in);
      case P9.TSETXATTR -> InodeRequest.Tsetxattr.get(in);
      case P9.TLISTXATTR -> InodeRequest.Tlistxattr.get(in);
      case P9.TREMOVEXATTR -> InodeRequest.Tremovexattr.get(in);
      case P9.TCREATE -> HandleRequest.Tcreate.get(in);
      case P9.TOPEN -> HandleRequest.Topen.get(in);
      case P9.TREADDIRX -> HandleRequest.Treaddirx.get(in);
      case P9.TAPPEND -> HandleRequest.Tappend.get(in);
      case P9.TREADSEQ -> HandleRequest.Treadseq.get(in);
      case P9.TWRITESEQ -> HandleRequest.Twriteseq.get(in);
      case P9.TLOCKX -> HandleRequest.Tlockx.get(in);
      case P9.TEVSET -> EventRequest.Tevset.get(in);
      case P9.TEVCTL -> EventRequest.Tevctl.get(in);
      case P9.TEVLOCK -> EventRequest.Tevlock.get(in);
      case P9.TEVWAIT -> EventRequest.Tevwait.get(in);
      case P9.TSEEK -> HandleRequest.Tseek.get(in);
      case P9.TSETFLAGS -> HandleRequest.Tsetflags.get(in);
      case P9.TFALLOCATE -> HandleRequest.Tfallocate.get(in);
      case P9.TCOPYRANGE -> HandleRequest.Tcopyrange.get(in);
      case P9.TSHARE -> HandleRequest.Tshare.get(in);
      case P9.TTAKE -> HandleRequest.Ttake.get(in);
      case P9.TOPENWATCH -> WatchRequest.Topenwatch.get(in);
      case P9.TADDWATCH -> WatchRequest.Taddwatch.get(in);
      case P9.TREMOVEWATCH -> WatchRequest.Tremovewatch.get(in);
      case P9.TCHANGES -> WatchRequest.Tchanges.get(in);
      case P9.TNOTIFY -> LeaseRequest.Tnotify.get(in);
      case P9.TLEASE -> LeaseRequest.Tlease.get(in);
      case P9.TLEASERET -> LeaseRequest.Tleaseret.get(in);
      case P9.TLOCKRET -> LeaseRequest.Tlockret.get(in);
      case P9.TOPENKEY -> KeyRequest.Topenkey.get(in);
      case P9.TUSEKEY -> KeyRequest.Tusekey.get(in);
      case P9.TRETURNKEY -> KeyRequest.Treturnkey.get(in);
      case P9.TCLOSEKEY -> KeyRequest.Tclosekey.get(in);
      default -> null;
    };
  }

  private static @Nullable Reply standardReply(int type, ByteBuffer in) throws ProtocolException {
    return switch (type) {
      case P9.RVERSION -> BaseReply.Rversion.get(in);
      case P9.RAUTH -> BaseReply.Rauth.get(in);
      case P9.RATTACH -> BaseReply.Rattach.get(in);
      case P9.RFLUSH -> new BaseReply.Rflush();
      case P9.RWALK -> BaseReply.Rwalk.get(in);
      case P9.RREAD -> BaseReply.Rread.get(in);
      case P9.RWRITE -> BaseReply.Rwrite.get(in);
      case P9.RCLUNK -> new BaseReply.Rclunk();
      case P9.RREMOVE -> new BaseReply.Rremove();
      case P9.RLERROR -> LinuxReply.Rlerror.get(in);
      case P9.RSTATFS -> LinuxReply.Rstatfs.get(in);
      case P9.RLOPEN -> LinuxReply.Rlopen.get(in);
      case P9.RLCREATE -> LinuxReply.Rlcreate.get(in);
      case P9.RSYMLINK -> LinuxReply.Rsymlink.get(in);
      case P9.RMKNOD -> LinuxReply.Rmknod.get(in);
      case P9.RRENAME -> new LinuxReply.Rrename();
      case P9.RREADLINK -> LinuxReply.Rreadlink.get(in);
      case P9.RGETATTR -> LinuxReply.Rgetattr.get(in);
      case P9.RSETATTR -> new LinuxReply.Rsetattr();
      case P9.RXATTRWALK -> LinuxReply.Rxattrwalk.get(in);
      case P9.RXATTRCREATE -> new LinuxReply.Rxattrcreate();
      case P9.RREADDIR -> LinuxReply.Rreaddir.get(in);
      case P9.RFSYNC -> new LinuxReply.Rfsync();
      case P9.RLOCK -> LinuxReply.Rlock.get(in);
      case P9.RGETLOCK -> LinuxReply.Rgetlock.get(in);
      case P9.RLINK -> new LinuxReply.Rlink();
      case P9.RMKDIR -> LinuxReply.Rmkdir.get(in);
      case P9.RRENAMEAT -> new LinuxReply.Rrenameat();
      case P9.RUNLINKAT -> new LinuxReply.Runlinkat();
      default -> null;
    };
  }

  private static @Nullable Reply ourReply(int type, ByteBuffer in) throws ProtocolException {
    return switch (type) {
      case P9.RSESSION -> SessionReply.Rsession.get(in);
      case P9.RDO -> SessionReply.Rdo.get(in);
      case P9.RPING -> SessionReply.Rping.get(in);
      case P9.RLOOKUP -> InodeReply.Rlookup.get(in);
      case P9.RMAKE -> InodeReply.Rmake.get(in);
      case P9.RREBIND -> InodeReply.Rrebind.get(in);
      case P9.RSETATTRX -> InodeReply.Rsetattrx.get(in);
      case P9.RACCESS -> new InodeReply.Raccess();
      case P9.RLINKX -> InodeReply.Rlinkx.get(in);
      case P9.RRENAMEX -> new InodeReply.Rrenamex();
      case P9.RGETXATTR -> InodeReply.Rgetxattr.get(in);
      case P9.RSETXATTR -> new InodeReply.Rsetxattr();
      case P9.RLISTXATTR -> InodeReply.Rlistxattr.get(in);
      case P9.RREMOVEXATTR -> new InodeReply.Rremovexattr();
      case P9.RCREATE -> HandleReply.Rcreate.get(in);
      case P9.ROPEN -> HandleReply.Ropen.get(in);
      case P9.RREADDIRX -> HandleReply.Rreaddirx.get(in);
      case P9.RAPPEND -> HandleReply.Rappend.get(in);
      case P9.RREADSEQ -> HandleReply.Rreadseq.get(in);
      case P9.RWRITESEQ -> HandleReply.Rwriteseq.get(in);
      case P9.RLOCKX -> HandleReply.Rlockx.get(in);
      case P9.REVSET -> EventReply.Revset.get(in);
      case P9.REVCTL -> new EventReply.Revctl();
      case P9.REVLOCK -> EventReply.Revlock.get(in);
      case P9.REVWAIT -> EventReply.Revwait.get(in);
      case P9.RSEEK -> HandleReply.Rseek.get(in);
      case P9.RSETFLAGS -> new HandleReply.Rsetflags();
      case P9.RFALLOCATE -> new HandleReply.Rfallocate();
      case P9.RCOPYRANGE -> HandleReply.Rcopyrange.get(in);
      case P9.RSHARE -> HandleReply.Rshare.get(in);
      case P9.RTAKE -> HandleReply.Rtake.get(in);
      case P9.ROPENWATCH -> WatchReply.Ropenwatch.get(in);
      case P9.RADDWATCH -> WatchReply.Raddwatch.get(in);
      case P9.RREMOVEWATCH -> new WatchReply.Rremovewatch();
      case P9.RCHANGES -> WatchReply.Rchanges.get(in);
      case P9.RNOTIFY -> LeaseReply.Rnotify.get(in);
      case P9.RLEASE -> LeaseReply.Rlease.get(in);
      case P9.RLEASERET -> new LeaseReply.Rleaseret();
      case P9.RLOCKRET -> new LeaseReply.Rlockret();
      case P9.ROPENKEY -> KeyReply.Ropenkey.get(in);
      case P9.RUSEKEY -> KeyReply.Rusekey.get(in);
      case P9.RRETURNKEY -> KeyReply.Rreturnkey.get(in);
      case P9.RCLOSEKEY -> new KeyReply.Rclosekey();
      default -> null;
    };
  }
}

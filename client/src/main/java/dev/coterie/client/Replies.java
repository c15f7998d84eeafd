package dev.coterie.client;

import dev.coterie.api.Errno;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Stat;
import dev.coterie.wire.BaseReply;
import dev.coterie.wire.EventReply;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.HandleReply;
import dev.coterie.wire.HeldLease;
import dev.coterie.wire.InodeReply;
import dev.coterie.wire.KeyReply;
import dev.coterie.wire.LeaseReply;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import dev.coterie.wire.WatchReply;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * From a reply to an operation's answer: data goes into the caller's buffer, fids and handles that
 * came to be into {@link References}.
 */
final class Replies {
  private final References references; // immutable

  Replies(References references) {
    this.references = references;
  }

  /**
   * The answer in the current frame, which is of the type the call expects.
   *
   * @throws ProtocolException the leader says what cannot be
   */
  Object take(Call<?> call, FrameReader frames) throws ProtocolException {
    int type = call.replyType;
    return switch (type) {
      case P9.RREAD -> readData(call, frames.body());
      case P9.RREADSEQ -> {
        ByteBuffer body = frames.body();
        requireLeft(body, Long.BYTES);
        long offset = body.getLong();
        yield new Transferred(offset, readData(call, body));
      }
      case P9.RWRITE -> written(call, ((BaseReply.Rwrite) frames.reply()).count());
      case P9.RWRITESEQ -> {
        HandleReply.Rwriteseq reply = (HandleReply.Rwriteseq) frames.reply();
        yield new Transferred(reply.offset(), written(call, reply.count()));
      }
      case P9.RAPPEND -> {
        HandleReply.Rappend reply = (HandleReply.Rappend) frames.reply();
        yield new Transferred(reply.offset(), written(call, reply.count()));
      }
      case P9.RGETATTR -> attributes(call, (LinuxReply.Rgetattr) frames.reply());
      case P9.RLOOKUP,
          P9.RMAKE,
          P9.RREBIND,
          P9.RSETATTRX,
          P9.RLINKX,
          P9.RCREATE,
          P9.ROPEN,
          P9.REVSET,
          P9.REVLOCK,
          P9.RTAKE,
          P9.ROPENWATCH ->
          withStat(call, type, frames);
      case P9.RLOCKX -> {
        HandleReply.Rlockx reply = (HandleReply.Rlockx) frames.reply();
        yield call.operation instanceof Operation.GetLock ? reply.found() : Done.DONE;
      }
      case P9.RLEASE -> leased((LeaseReply.Rlease) frames.reply());
      case P9.RNOTIFY -> recalls((LeaseReply.Rnotify) frames.reply());
      case P9.RUSEKEY -> leased((KeyReply.Rusekey) frames.reply());
      case P9.RDO -> takeEach(call, frames.body());
      default -> plain(type, frames);
    };
  }

  // ---- several ----

  /** Ends the parts that the leader has answered; the rest it did not begin. */
  private Done takeEach(Call<?> call, ByteBuffer body) throws ProtocolException {
    requireLeft(body, Short.BYTES);
    int count = Short.toUnsignedInt(body.getShort());
    if (count == 0 || count > call.parts.size()) {
      throw new ProtocolException(count + " replies to " + call.parts.size());
    }
    FrameReader frames = new FrameReader(body.remaining());
    boolean goesOn = true;
    for (int i = 0; i < count; i++) {
      if (!goesOn || frames.next(body) != 0 || frames.tag() != i) {
        throw new ProtocolException("reply " + i + " of " + count + " is none");
      }
      goesOn = takePart(call.parts.get(i), frames, call.handleClosed);
    }
    if (body.hasRemaining() || (goesOn && isSent(call, count))) {
      throw new ProtocolException(count + " replies are not all");
    }
    return Done.DONE;
  }

  private static boolean isSent(Call<?> call, int index) {
    return index < call.parts.size() && call.parts.get(index).replyType != 0;
  }

  /** False: it failed. */
  private boolean takePart(Call<?> part, FrameReader frames, boolean handleClosed)
      throws ProtocolException {
    int type = frames.type();
    if (type == P9.RLERROR) {
      Errno errno = ((LinuxReply.Rlerror) frames.reply()).errno();
      part.conclude(null, errno == Errno.EINTR && handleClosed ? Errno.EBADF : errno);
      return false;
    }
    if (type != part.replyType) {
      throw new ProtocolException("type " + type + " where " + part.replyType + " answers");
    }
    try {
      part.conclude(take(part, frames), null);
    } catch (BufferOverflowException e) {
      part.conclude(null, Errno.EIO); // the caller changed its buffer under way
    }
    return true;
  }

  // ---- data ----

  /** Copies straight from the received bytes into the caller's buffer. */
  private static Integer readData(Call<?> call, ByteBuffer body) throws ProtocolException {
    requireLeft(body, Integer.BYTES);
    int count = body.getInt();
    if (count != body.remaining() || count > call.count) {
      throw new ProtocolException("data of " + count + " bytes, asked for " + call.count);
    }
    if (count > 0) {
      destination(call).put(body);
    }
    return count;
  }

  private static int written(Call<?> call, int count) throws ProtocolException {
    if (count < 0 || count > call.count) {
      throw new ProtocolException("written " + count + " of " + call.count + " bytes");
    }
    ByteBuffer source = source(call);
    source.position(source.position() + count);
    return count;
  }

  private static ByteBuffer destination(Call<?> call) {
    return call.operation instanceof Operation.Read read
        ? read.destination()
        : ((Operation.ReadNext) call.operation).destination();
  }

  private static ByteBuffer source(Call<?> call) {
    if (call.operation instanceof Operation.Write write) {
      return write.source();
    }
    return call.operation instanceof Operation.Append append
        ? append.source()
        : ((Operation.WriteNext) call.operation).source();
  }

  private static void requireLeft(ByteBuffer body, int bytes) throws ProtocolException {
    if (body.remaining() < bytes) {
      throw new ProtocolException("data: ends early");
    }
  }

  // ---- attributes, fids and handles ----

  private Stat attributes(Call<?> call, LinuxReply.Rgetattr reply) throws ProtocolException {
    if ((reply.valid() & P9.GETATTR_ALL) != P9.GETATTR_ALL) {
      throw new ProtocolException("attributes are not whole");
    }
    if (call.operation instanceof Operation.Root) {
      references.addLookup(reply.stat().id(), References.ROOT_FID);
    }
    return reply.stat();
  }

  private Object withStat(Call<?> call, int type, FrameReader frames) throws ProtocolException {
    return switch (type) {
      case P9.RLOOKUP -> entered(call, ((InodeReply.Rlookup) frames.reply()).stat());
      case P9.RMAKE -> entered(call, ((InodeReply.Rmake) frames.reply()).stat());
      case P9.RREBIND -> entered(call, ((InodeReply.Rrebind) frames.reply()).stat());
      case P9.RSETATTRX -> ((InodeReply.Rsetattrx) frames.reply()).stat();
      case P9.RLINKX -> ((InodeReply.Rlinkx) frames.reply()).stat();
      case P9.RCREATE -> {
        HandleReply.Rcreate reply = (HandleReply.Rcreate) frames.reply();
        entered(call, reply.stat());
        yield opened(call, reply.stat(), reply.flags());
      }
      case P9.ROPEN -> {
        HandleReply.Ropen reply = (HandleReply.Ropen) frames.reply();
        yield leased(opened(call, reply.stat(), reply.flags()), reply.leases());
      }
      case P9.REVSET -> {
        EventReply.Revset reply = (EventReply.Revset) frames.reply();
        yield opened(call, reply.stat(), reply.flags());
      }
      case P9.REVLOCK -> {
        EventReply.Revlock reply = (EventReply.Revlock) frames.reply();
        yield opened(call, reply.stat(), reply.flags());
      }
      case P9.ROPENWATCH ->
          opened(call, ((WatchReply.Ropenwatch) frames.reply()).stat(), OpenFlags.O_RDONLY);
      default -> {
        HandleReply.Rtake reply = (HandleReply.Rtake) frames.reply();
        yield opened(call, reply.stat(), reply.flags());
      }
    };
  }

  private Stat entered(Call<?> call, Stat stat) {
    call.surplusFid = references.addLookup(stat.id(), call.newFid);
    call.newFid = P9.NOFID;
    return stat;
  }

  private Opened opened(Call<?> call, Stat stat, int flags) {
    boolean counter = (flags & OpenFlags.COUNTER) != 0;
    boolean quiet = !counter && isQuiet(call.operation, stat, flags);
    long number = references.addHandle(stat.id(), call.newHandleFid, counter, quiet);
    call.newHandleFid = P9.NOFID;
    return new Opened(number, stat, flags);
  }

  /** A file or directory opened by its name, not to write. */
  private static boolean isQuiet(Operation<?> operation, Stat stat, int flags) {
    boolean named = operation instanceof Operation.Open || operation instanceof Operation.Create;
    return named
        && (flags & OpenFlags.O_ACCMODE) == OpenFlags.O_RDONLY
        && (stat.isRegular() || stat.isDirectory());
  }

  // ---- leases ----

  /** What an opening brought of those that are of the file. */
  private static Opened leased(Opened opened, List<HeldLease> leases) throws ProtocolException {
    for (HeldLease lease : leases) {
      if (lease.plane() == P9.PLANE_INODE && lease.id().equals(opened.stat().id())) {
        LeaseMode mode = LeaseMode.of(lease.mode());
        if (mode == null || mode == LeaseMode.NONE || lease.seq() == 0) {
          throw new ProtocolException("a lease of mode " + lease.mode());
        }
        return opened.with(new Leased(opened.stat(), mode, lease.seq()));
      }
    }
    return opened;
  }

  private static Leased leased(LeaseReply.Rlease reply) throws ProtocolException {
    LeaseMode mode = LeaseMode.of(reply.mode());
    if (mode == null || (mode == LeaseMode.NONE) != (reply.seq() == 0)) {
      throw new ProtocolException("a lease of mode " + reply.mode());
    }
    return new Leased(reply.stat(), mode, reply.seq());
  }

  private static KeyLease leased(KeyReply.Rusekey reply) throws ProtocolException {
    LeaseMode mode = LeaseMode.of(reply.mode());
    if (mode == null || mode == LeaseMode.NONE || reply.seq() == 0) {
      throw new ProtocolException("a lease on a key, of mode " + reply.mode());
    }
    boolean recalled = (reply.flags() & P9.KEY_RECALLED) != 0;
    return new KeyLease(mode, reply.seq(), bytes(reply.value()), recalled);
  }

  private static List<LeaseName> recalls(LeaseReply.Rnotify reply) throws ProtocolException {
    List<LeaseName> recalls = new ArrayList<>(reply.notices().size());
    for (LeaseReply.Notice notice : reply.notices()) {
      recalls.add(notice.recalled());
    }
    return recalls;
  }

  // ---- the rest ----

  private static Object plain(int type, FrameReader frames) throws ProtocolException {
    return switch (type) {
      case P9.RREADLINK -> ((LinuxReply.Rreadlink) frames.reply()).target().toBytes();
      case P9.RSTATFS -> ((LinuxReply.Rstatfs) frames.reply()).statFs();
      case P9.RREADDIRX -> ((HandleReply.Rreaddirx) frames.reply()).entries();
      case P9.RGETXATTR -> bytes(((InodeReply.Rgetxattr) frames.reply()).data());
      case P9.RLISTXATTR -> ((InodeReply.Rlistxattr) frames.reply()).names();
      case P9.RSEEK -> ((HandleReply.Rseek) frames.reply()).offset();
      case P9.RCOPYRANGE -> ((HandleReply.Rcopyrange) frames.reply()).count();
      case P9.REVWAIT -> ((EventReply.Revwait) frames.reply()).events();
      case P9.RADDWATCH -> ((WatchReply.Raddwatch) frames.reply()).watch();
      case P9.RCHANGES -> ((WatchReply.Rchanges) frames.reply()).changes();
      case P9.ROPENKEY -> ((KeyReply.Ropenkey) frames.reply()).key();
      case P9.RRETURNKEY -> ((KeyReply.Rreturnkey) frames.reply()).status() == P9.KEY_RETURNED;
      case P9.RSHARE -> ((HandleReply.Rshare) frames.reply()).token();
      default -> {
        frames.reply(); // has nothing to say, but must be of its form
        yield Done.DONE;
      }
    };
  }

  private static byte[] bytes(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return bytes;
  }
}

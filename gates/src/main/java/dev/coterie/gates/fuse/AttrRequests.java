package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Timestamp;
import dev.coterie.api.XattrNames;
import dev.coterie.gates.fuse.kernel.Exchange;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.StatfsOut;
import dev.coterie.gates.fuse.kernel.StatxOut;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attributes, extended ones too, and what is known of the whole file system. */
final class AttrRequests {
  // struct fuse_setattr_in, within the body:
  //   0      4        8    16     24          32     40     48     56         60         64
  //  valid padding   fh   size   lock_owner  atime  mtime  ctime  atimensec  mtimensec  ctimensec
  //   68     72      76     80    84
  //  mode  unused   uid    gid   unused
  private static final int VALID = 0;
  private static final int FH = 8;
  private static final int SIZE = 16;
  private static final int ATIME = 32;
  private static final int MTIME = 40;
  private static final int ATIMENSEC = 56;
  private static final int MTIMENSEC = 60;
  private static final int MODE = 68;
  private static final int UID = 76;
  private static final int GID = 80;

  // Bits of `valid`. FATTR_CTIME (1 << 10) comes only with a write-back cache, and
  // FATTR_KILL_SUIDGID
  // (1 << 11) says what the tree decides by the caller.
  private static final int FATTR_MODE = 1;
  private static final int FATTR_UID = 1 << 1;
  private static final int FATTR_GID = 1 << 2;
  private static final int FATTR_SIZE = 1 << 3;
  private static final int FATTR_ATIME = 1 << 4;
  private static final int FATTR_MTIME = 1 << 5;
  private static final int FATTR_FH = 1 << 6;
  private static final int FATTR_ATIME_NOW = 1 << 7;
  private static final int FATTR_MTIME_NOW = 1 << 8;

  /** Without any of these, chown(2) of neither owner nor group may be what is asked for. */
  private static final int CHANGES =
      FATTR_MODE
          | FATTR_UID
          | FATTR_GID
          | FATTR_SIZE
          | FATTR_ATIME
          | FATTR_MTIME
          | FATTR_ATIME_NOW
          | FATTR_MTIME_NOW;

  private static final int PERMISSIONS = 07777;

  private static final Name METERS = Name.of(FuseMount.METERS);
  private static final long ROOT_NODE = 1;

  private final Requests requests;
  private final Meters meters;
  private final AccessTimes times;

  AttrRequests(Requests requests, Meters meters, AccessTimes times) {
    this.requests = requests;
    this.meters = meters;
    this.times = times;
  }

  void getattr(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Getattr(requests.node(exchange)),
        stat -> requests.answerAttributes(exchange, stat));
  }

  void statx(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Getattr(requests.node(exchange)),
        stat -> exchange.answer(StatxOut.put(exchange.body(), stat)));
  }

  void setattr(Exchange exchange) throws ErrnoException {
    int valid = exchange.int32(VALID);
    // Only a size is set through a handle: everything else is a matter of the caller's rights.
    boolean throughHandle = (valid & FATTR_FH) != 0 && (valid & FATTR_SIZE) != 0;
    SetAttr change =
        (valid & CHANGES) == 0 && Callers.changesOwner(exchange)
            ? SetAttr.ofOwner(SetAttr.SAME, SetAttr.SAME)
            : change(exchange, valid);
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Setattr(
            requests.node(exchange), throughHandle ? FileRequests.handle(exchange, FH) : 0, change),
        stat -> requests.answerAttributes(exchange, stat));
  }

  private static SetAttr change(Exchange exchange, int valid) throws ErrnoException {
    return new SetAttr(
        (valid & FATTR_MODE) == 0 ? null : exchange.int32(MODE) & PERMISSIONS,
        (valid & FATTR_UID) == 0 ? null : exchange.int32(UID),
        (valid & FATTR_GID) == 0 ? null : exchange.int32(GID),
        (valid & FATTR_SIZE) == 0 ? null : exchange.int64(SIZE),
        time(exchange, valid, FATTR_ATIME, FATTR_ATIME_NOW, ATIME, ATIMENSEC),
        time(exchange, valid, FATTR_MTIME, FATTR_MTIME_NOW, MTIME, MTIMENSEC));
  }

  private static SetAttr.@Nullable Time time(
      Exchange exchange, int valid, int set, int now, int seconds, int nanos)
      throws ErrnoException {
    if ((valid & now) != 0) {
      return SetAttr.Time.Now.NOW;
    }
    if ((valid & set) == 0) {
      return null;
    }
    int nanosecond = exchange.int32(nanos);
    if (nanosecond < 0 || nanosecond > 999_999_999) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return new SetAttr.Time.At(new Timestamp(exchange.int64(seconds), nanosecond));
  }

  /** {@code mask[4] padding[4]}. */
  void access(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Access(requests.node(exchange), exchange.int32(0)));
  }

  void readlink(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Readlink(requests.node(exchange)),
        target -> answerBytes(exchange, target));
  }

  void statfs(Exchange exchange) throws ErrnoException {
    times.look();
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Statfs(requests.node(exchange)),
        statFs -> exchange.answer(StatfsOut.put(exchange.body(), statFs)));
  }

  private static void answerBytes(Exchange exchange, byte[] bytes) {
    exchange.dataBody(bytes.length).put(bytes);
    exchange.answer(bytes.length);
  }

  // ---- extended attributes ----

  /** {@code size[4] padding[4] name\0}; size 0 asks for the length. */
  void getxattr(Exchange exchange) throws ErrnoException {
    int size = exchange.int32(0);
    Name name = exchange.name(8);
    if (exchange.nodeId() == ROOT_NODE && exchange.uid() == 0 && name.equals(METERS)) {
      answerSized(exchange, size, meters.toText());
      return;
    }
    InodeId id = requests.node(exchange);
    if (XattrNames.isAcl(name)) {
      // Everybody may read it.
      requests.submit(
          exchange, Caller.ROOT, new Operation.Getxattr(id, name), new AclAnswer(exchange, size));
      return;
    }
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Getxattr(id, name),
        value -> answerSized(exchange, size, value));
  }

  /**
   * The kernel keeps a list it was told of, and that there is none, until it looks at the
   * attributes again, which fgetxattr(2) does not; so it is told not to. On a mount without lists
   * no inode has one: any error but that the kernel takes for the outcome of its check of
   * permissions.
   */
  private record AclAnswer(Exchange exchange, int size) implements Requests.Then<byte[]> {
    @Override
    public void done(byte[] value) throws ErrnoException {
      exchange.forgetAttributes();
      answerSized(exchange, size, value);
    }

    @Override
    public Errno failed(Errno errno) {
      exchange.forgetAttributes();
      return errno == Errno.EOPNOTSUPP ? Errno.ENODATA : errno;
    }
  }

  /** {@code size[4] padding[4]}. */
  void listxattr(Exchange exchange) throws ErrnoException {
    int size = exchange.int32(0);
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Listxattr(requests.node(exchange)),
        names -> answerSized(exchange, size, listed(names)));
  }

  private static byte[] listed(List<Name> names) {
    int bytes = names.stream().mapToInt(name -> name.length() + 1).sum();
    ByteBuffer list = ByteBuffer.allocate(bytes);
    for (Name name : names) {
      name.putInto(list);
      list.put((byte) 0);
    }
    return list.array();
  }

  private static void answerSized(Exchange exchange, int size, byte[] value) throws ErrnoException {
    if (size == 0) {
      exchange.body().set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, value.length);
      exchange.answer(Long.BYTES);
    } else if (value.length > size) {
      throw new ErrnoException(Errno.ERANGE);
    } else {
      answerBytes(exchange, value);
    }
  }

  /**
   * {@code size[4] flags[4] (setxattr_flags[4] padding[4])? name\0 value}.
   *
   * @param header bytes in front of the name, as agreed at INIT
   */
  void setxattr(Exchange exchange, int header) throws ErrnoException {
    int size = exchange.int32(0);
    if (size < 0 || size > Limits.XATTR_VALUE_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    Name name = exchange.name(header);
    byte[] value = new byte[size];
    ByteBuffer data = exchange.data(header + name.length() + 1, size);
    if (data.remaining() < size) {
      throw new ErrnoException(Errno.EINVAL);
    }
    data.get(value);
    InodeId id = requests.node(exchange);
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Setxattr(id, name, value, exchange.int32(4)));
  }

  /** {@code name\0}. */
  void removexattr(Exchange exchange) throws ErrnoException {
    Name name = exchange.name(0);
    // The kernel has looked whether the caller may (CAP_SETFCAP), or asks on its own behalf, since
    // somebody truncates the file or changes its owner, who need not have that right.
    Caller caller = name.equals(XattrNames.CAPABILITY) ? Caller.ROOT : Callers.withGroups(exchange);
    requests.submit(exchange, caller, new Operation.Removexattr(requests.node(exchange), name));
  }
}

package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Fallocate;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Command.Allocate.Kind;
import java.nio.ByteBuffer;

/** Bytes through an open handle (as Linux's fs/read_write.c, with generic_write_checks). */
final class DataOps {
  // Modes of fallocate(2) that Linux knows and no mount of ours has.
  private static final int COLLAPSE_RANGE = 0x08;
  private static final int INSERT_RANGE = 0x20;
  private static final int UNSHARE_RANGE = 0x40;

  private final Vfs vfs;
  private final AttrOps attributes;

  DataOps(Vfs vfs, AttrOps attributes) {
    this.vfs = vfs;
    this.attributes = attributes;
  }

  // ---- read ----

  int read(Caller caller, Handle handle, long offset, ByteBuffer destination)
      throws ErrnoException {
    if (offset < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    requireRange(OpenFlags.reads(handle.flags()), offset, destination);
    Inode inode = requireReadable(handle);
    int count;
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      count = inode.mount().read(inode.node, offset, destination);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    attributes.touch(inode, handle.flags());
    return count;
  }

  Transferred readNext(Caller caller, Handle handle, ByteBuffer destination) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      long offset = handle.offset();
      int count = read(caller, handle, offset, destination);
      handle.moveTo(offset + count);
      return new Transferred(offset, count);
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  /**
   * EBADF the handle is not open for this · EINVAL a range behind the largest offset, as Linux has
   * it (rw_verify_area), also where the bytes then go to the end of the file.
   */
  private static void requireRange(boolean open, long offset, ByteBuffer buffer)
      throws ErrnoException {
    if (!open) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (offset + buffer.remaining() < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private static Inode requireReadable(Handle handle) throws ErrnoException {
    if (handle.inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    return handle.inode;
  }

  // ---- write ----

  int write(Caller caller, Handle handle, long offset, ByteBuffer source) throws ErrnoException {
    if (offset < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    requireRange(OpenFlags.writes(handle.flags()), offset, source);
    // pwrite(2), BUGS: "if a file is opened with O_APPEND, on Linux, pwrite() appends data to the
    // end of the file".
    return place(caller, handle, isAppending(handle) ? -1 : offset, source).count();
  }

  Transferred append(Caller caller, Handle handle, ByteBuffer source) throws ErrnoException {
    return place(caller, handle, -1, source);
  }

  Transferred writeNext(Caller caller, Handle handle, ByteBuffer source) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      requireRange(OpenFlags.writes(handle.flags()), handle.offset(), source);
      long wanted = isAppending(handle) ? -1 : handle.offset();
      Transferred moved = place(caller, handle, wanted, source);
      if (moved.count() > 0) {
        handle.moveTo(moved.offset() + moved.count());
      }
      return moved;
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  private static boolean isAppending(Handle handle) {
    return (handle.flags() & OpenFlags.O_APPEND) != 0;
  }

  /**
   * Writes at an offset, or with -1 at the end: chosen and written under one lock, so that no two
   * appends can overlap.
   */
  private Transferred place(Caller caller, Handle handle, long offset, ByteBuffer source)
      throws ErrnoException {
    Inode inode = requireWritable(handle);
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      long at = offset < 0 ? inode.node.size() : offset;
      if (!source.hasRemaining()) {
        return new Transferred(at, 0);
      }
      if (at >= Limits.FILE_BYTES) {
        throw new ErrnoException(Errno.EFBIG);
      }
      int limit = source.limit();
      if (source.remaining() > Limits.FILE_BYTES - at) {
        source.limit(source.position() + (int) (Limits.FILE_BYTES - at));
      }
      try {
        int mode = Access.modeAfterWrite(inode.node, caller);
        return new Transferred(
            at, inode.mount().apply(new Command.Write(inode.node, at, source, mode, vfs.now())));
      } finally {
        source.limit(limit);
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private static Inode requireWritable(Handle handle) throws ErrnoException {
    if (!OpenFlags.writes(handle.flags())) {
      throw new ErrnoException(Errno.EBADF);
    }
    return handle.inode;
  }

  // ---- offset and flags ----

  long seek(Handle handle, Whence whence, long offset) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      long place =
          switch (whence) {
            case SET -> offset;
            // A sum too large is negative and so EINVAL, as Linux has it.
            case CUR -> handle.offset() + offset;
            case END -> AttrOps.stat(requireNoDirectory(handle)).size() + offset;
            case DATA, HOLE -> seekContent(requireNoDirectory(handle), whence, offset);
          };
      if (place < 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
      handle.moveTo(place);
      return place;
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  private static Inode requireNoDirectory(Handle handle) throws ErrnoException {
    if (handle.inode.isDirectory()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return handle.inode;
  }

  private static long seekContent(Inode inode, Whence whence, long offset) throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      if (offset < 0 || offset >= inode.node.size()) {
        throw new ErrnoException(Errno.ENXIO);
      }
      long place =
          whence == Whence.DATA
              ? inode.mount().seekData(inode.node, offset)
              : inode.mount().seekHole(inode.node, offset);
      if (place < 0) {
        throw new ErrnoException(Errno.ENXIO);
      }
      return place;
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  Operation.Done setFlags(Caller caller, Handle handle, int flags) throws ErrnoException {
    boolean noatime = (flags & OpenFlags.O_NOATIME) != 0;
    if (noatime && (handle.flags() & OpenFlags.O_NOATIME) == 0) {
      Access.requireOwner(handle.inode.node, caller);
    }
    handle.setFlags(OpenFlags.SETTABLE, flags);
    return Operation.Done.DONE;
  }

  // ---- space ----

  Operation.Done fallocate(Caller caller, Handle handle, int mode, long offset, long length)
      throws ErrnoException {
    if (offset < 0 || length <= 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    requireKnownMode(mode);
    Inode inode = requireWritable(handle);
    if (offset + length < 0) {
      throw new ErrnoException(Errno.EFBIG);
    }
    Kind kind = kindOf(mode);
    boolean keepSize = (mode & Fallocate.FALLOC_FL_KEEP_SIZE) != 0;
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      int after = Access.modeAfterWrite(inode.node, caller);
      inode
          .mount()
          .apply(
              new Command.Allocate(inode.node, kind, keepSize, offset, length, after, vfs.now()));
      return Operation.Done.DONE;
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** EOPNOTSUPP what no file system of Linux takes, before it looks at the handle. */
  private static void requireKnownMode(int mode) throws ErrnoException {
    switch (mode) {
      case 0, 1, 3, COLLAPSE_RANGE, 0x10, 0x11, INSERT_RANGE, UNSHARE_RANGE, 0x41 -> {}
      default -> throw new ErrnoException(Errno.EOPNOTSUPP);
    }
  }

  private static Kind kindOf(int mode) throws ErrnoException {
    return switch (mode) {
      case 0, Fallocate.FALLOC_FL_KEEP_SIZE -> Kind.ALLOCATE;
      case Fallocate.FALLOC_FL_PUNCH_HOLE | Fallocate.FALLOC_FL_KEEP_SIZE -> Kind.PUNCH_HOLE;
      case Fallocate.FALLOC_FL_ZERO_RANGE,
          Fallocate.FALLOC_FL_ZERO_RANGE | Fallocate.FALLOC_FL_KEEP_SIZE ->
          Kind.ZERO_RANGE;
      default -> throw new ErrnoException(Errno.EOPNOTSUPP);
    };
  }

  long copyRange(
      Caller caller, Handle handle, long offset, Handle toHandle, long toOffset, long length)
      throws ErrnoException {
    Inode from = handle.inode;
    Inode to = toHandle.inode;
    requireCopyable(handle, toHandle);
    if (from.mountPoint != to.mountPoint) {
      throw new ErrnoException(Errno.EXDEV);
    }
    // Linux adds without a sign, so it is ranges that begin before 0 and end behind it that wrap.
    if (Long.compareUnsigned(offset + length, offset) < 0
        || Long.compareUnsigned(toOffset + length, toOffset) < 0) {
      throw new ErrnoException(Errno.EOVERFLOW);
    }
    if (toOffset == Limits.FILE_BYTES) {
      throw new ErrnoException(Errno.EFBIG);
    }
    if (offset < 0 || toOffset < 0 || length < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long copied =
        from == to
            ? copyWithin(caller, to, offset, toOffset, length)
            : copyBetween(caller, from, offset, to, toOffset, length);
    if (copied > 0) {
      attributes.touch(from, handle.flags());
    }
    return copied;
  }

  private static void requireCopyable(Handle handle, Handle toHandle) throws ErrnoException {
    if (handle.inode.isDirectory() || toHandle.inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (!OpenFlags.reads(handle.flags())
        || !OpenFlags.writes(toHandle.flags())
        || isAppending(toHandle)) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (!Mode.isRegular(handle.inode.node.mode()) || !Mode.isRegular(toHandle.inode.node.mode())) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private long copyWithin(Caller caller, Inode inode, long offset, long toOffset, long length)
      throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      return copyLocked(caller, inode, offset, inode, toOffset, length);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private long copyBetween(
      Caller caller, Inode from, long offset, Inode to, long toOffset, long length)
      throws ErrnoException {
    boolean fromFirst = from.id().compareTo(to.id()) < 0;
    OpLock first = fromFirst ? from.opLock : to.opLock;
    OpLock second = fromFirst ? to.opLock : from.opLock;
    long firstStamp = fromFirst ? first.read(LockRank.INODE) : first.write(LockRank.INODE);
    long secondStamp = fromFirst ? second.write(LockRank.INODE) : second.read(LockRank.INODE);
    try {
      NameOps.requireLive(from);
      NameOps.requireLive(to);
      return copyLocked(caller, from, offset, to, toOffset, length);
    } finally {
      second.unlock(LockRank.INODE, secondStamp);
      first.unlock(LockRank.INODE, firstStamp);
    }
  }

  private long copyLocked(
      Caller caller, Inode from, long offset, Inode to, long toOffset, long length)
      throws ErrnoException {
    // Linux cuts the length at the end of the source, and at the largest size, before it looks for
    // overlap.
    long room = Math.min(length, Limits.FILE_BYTES - toOffset);
    long present = Math.min(room, Math.max(0, from.node.size() - offset));
    if (from == to && offset + present > toOffset && toOffset + present > offset) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long count = Math.min(present, Limits.COPY_BYTES);
    if (count == 0) {
      return 0;
    }
    int mode = Access.modeAfterWrite(to.node, caller);
    return to.mount()
        .apply(new Command.CopyRange(from.node, offset, to.node, toOffset, count, mode, vfs.now()));
  }

  Operation.Done fsync(Handle handle, boolean dataOnly) throws ErrnoException {
    Inode inode = handle.inode;
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      NameOps.requireLive(inode);
      inode.mount().fsync(inode.node, dataOnly);
      return Operation.Done.DONE;
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }
}

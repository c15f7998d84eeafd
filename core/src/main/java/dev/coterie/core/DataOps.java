package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Fallocate;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pieces;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Command.Allocate.Kind;
import java.nio.ByteBuffer;

/** The bytes of files on inside mounts (as Linux's fs/read_write.c, with generic_write_checks). */
final class DataOps {
  private final Vfs vfs;
  private final AttrOps attributes;

  DataOps(Vfs vfs, AttrOps attributes) {
    this.vfs = vfs;
    this.attributes = attributes;
  }

  int read(InsideInode inode, int flags, long offset, ByteBuffer destination)
      throws ErrnoException {
    int count;
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode);
      count = inode.mount().read(inode.node, offset, destination);
      if (count > 0) {
        vfs.changes().used(inode, Change.ACCESS);
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
    attributes.touch(inode, flags);
    return count;
  }

  /**
   * As read, but from where the content lies, if the mount can show it. The access time is marked
   * before that: whoever has the content finds it marked.
   */
  int send(InsideInode inode, int flags, long offset, ByteBuffer destination, Pieces pieces)
      throws ErrnoException {
    vfs.requireSeen(inode);
    attributes.touch(inode, flags);
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      int count = inode.mount().show(inode.node, offset, destination.remaining(), pieces);
      if (count < 0) {
        return inode.mount().read(inode.node, offset, destination);
      }
      pieces.end();
      return count;
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /**
   * Writes at an offset, or with -1 at the end: chosen and written under one lock, so that no two
   * appends can overlap.
   */
  Transferred write(Caller caller, InsideInode inode, long offset, ByteBuffer source)
      throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      if (source.hasRemaining()) {
        vfs.requireSeenToChange(inode);
      } else {
        vfs.requireSeen(inode);
      }
      vfs.counters().requireContent(inode);
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
        vfs.requireUnleased(inode);
        boolean modeDropped = mode != inode.node.mode();
        attributes.dropCapability(inode);
        int written =
            inode.mount().apply(new Command.Write(inode.node, at, source, mode, vfs.now()));
        written(inode, modeDropped);
        return new Transferred(at, written);
      } finally {
        source.limit(limit);
      }
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** What watches is told first that a set-id bit is gone, if it is. */
  private void written(InsideInode inode, boolean modeDropped) {
    if (modeDropped) {
      vfs.changes().changed(inode, Change.ATTRIB);
    }
    vfs.changes().used(inode, Change.MODIFY);
  }

  long seekContent(InsideInode inode, Whence whence, long offset) throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.requireSeen(inode);
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

  static void requireMaySet(Caller caller, InsideInode inode, int before, int flags)
      throws ErrnoException {
    boolean noatime = (flags & OpenFlags.O_NOATIME) != 0;
    if (noatime && (before & OpenFlags.O_NOATIME) == 0) {
      Access.requireOwner(inode.node, caller);
    }
  }

  // ---- space ----

  void fallocate(Caller caller, InsideInode inode, int mode, long offset, long length)
      throws ErrnoException {
    Kind kind = kindOf(mode);
    boolean keepSize = (mode & Fallocate.FALLOC_FL_KEEP_SIZE) != 0;
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      vfs.counters().requireContent(inode);
      int after = Access.modeAfterWrite(inode.node, caller);
      vfs.requireUnleased(inode);
      boolean modeDropped = after != inode.node.mode();
      attributes.dropCapability(inode);
      inode
          .mount()
          .apply(
              new Command.Allocate(inode.node, kind, keepSize, offset, length, after, vfs.now()));
      written(inode, modeDropped);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
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
      Caller caller, InsideInode from, long offset, InsideInode to, long toOffset, long length)
      throws ErrnoException {
    return from == to
        ? copyWithin(caller, to, offset, toOffset, length)
        : copyBetween(caller, from, offset, to, toOffset, length);
  }

  private long copyWithin(Caller caller, InsideInode inode, long offset, long toOffset, long length)
      throws ErrnoException {
    long stamp = inode.opLock.write(LockRank.INODE);
    try {
      inode.requireLive();
      return copyLocked(caller, inode, offset, inode, toOffset, length);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  private long copyBetween(
      Caller caller, InsideInode from, long offset, InsideInode to, long toOffset, long length)
      throws ErrnoException {
    boolean fromFirst = from.id().compareTo(to.id()) < 0;
    OpLock first = fromFirst ? from.opLock : to.opLock;
    OpLock second = fromFirst ? to.opLock : from.opLock;
    long firstStamp = fromFirst ? first.read(LockRank.INODE) : first.write(LockRank.INODE);
    long secondStamp = fromFirst ? second.write(LockRank.INODE) : second.read(LockRank.INODE);
    try {
      from.requireLive();
      to.requireLive();
      return copyLocked(caller, from, offset, to, toOffset, length);
    } finally {
      second.unlock(LockRank.INODE, secondStamp);
      first.unlock(LockRank.INODE, firstStamp);
    }
  }

  private long copyLocked(
      Caller caller, InsideInode from, long offset, InsideInode to, long toOffset, long length)
      throws ErrnoException {
    if (from == to) {
      vfs.requireSeenToChange(to);
    } else {
      vfs.requireSeen(from);
    }
    vfs.counters().requireContent(to);
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
    vfs.requireUnleased(to);
    boolean modeDropped = mode != to.node.mode();
    attributes.dropCapability(to);
    long copied =
        to.mount()
            .apply(
                new Command.CopyRange(
                    from.node, offset, to.node, toOffset, count, mode, vfs.now()));
    if (copied > 0) {
      vfs.changes().used(from, Change.ACCESS);
      written(to, modeDropped);
    }
    return copied;
  }

  static void fsync(InsideInode inode, boolean dataOnly) throws ErrnoException {
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      inode.requireLive();
      inode.mount().fsync(inode.node, dataOnly);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }
}

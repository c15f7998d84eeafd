package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import java.nio.ByteBuffer;

/**
 * What all who share a handle share: its offset, for one at a time (as Linux's f_pos lock), and its
 * flags.
 */
final class Offsets {
  private final Vfs vfs;

  Offsets(Vfs vfs) {
    this.vfs = vfs;
  }

  Transferred readNext(Caller caller, Handle handle, ByteBuffer destination) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      long offset = handle.offset();
      Arguments.requireReadable(handle, offset, destination);
      int count = vfs.ops(handle.inode).read(caller, handle, offset, destination, null);
      handle.moveTo(offset + count);
      return new Transferred(offset, count);
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  Transferred writeNext(Caller caller, Handle handle, ByteBuffer source) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      Arguments.requireWritable(handle, handle.offset(), source);
      long wanted = handle.isAppending() ? -1 : handle.offset();
      Transferred moved = vfs.ops(handle.inode).write(caller, handle, wanted, source);
      if (moved.count() > 0) {
        handle.moveTo(moved.offset() + moved.count());
      }
      return moved;
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  long seek(Handle handle, Whence whence, long offset) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      long place =
          switch (whence) {
            case SET -> offset;
            // A sum too large is negative and so EINVAL, as Linux has it.
            case CUR -> handle.offset() + offset;
            case END -> {
              Inode file = requireNoDirectory(handle);
              yield vfs.ops(file).stat(file).size() + offset;
            }
            case DATA, HOLE ->
                vfs.ops(requireNoDirectory(handle)).seekContent(handle, whence, offset);
          };
      if (place < 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
      vfs.ops(handle.inode).requireOffset(handle, place);
      handle.moveTo(place);
      return place;
    } finally {
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  Done setFlags(Caller caller, Handle handle, int flags) throws ErrnoException {
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    try {
      vfs.ops(handle.inode).setFlags(caller, handle, flags);
      handle.setFlags(OpenFlags.SETTABLE, flags);
      return Done.DONE;
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
}

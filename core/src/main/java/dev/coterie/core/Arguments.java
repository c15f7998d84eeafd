package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Fallocate;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.Operation.Setxattr;
import dev.coterie.api.RangeLock;
import dev.coterie.api.SetAttr;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is refused whatever mount it is asked of: Linux looks at these before a file system does.
 */
final class Arguments {
  // Modes of fallocate(2) that Linux knows and no mount of ours has.
  private static final int COLLAPSE_RANGE = 0x08;
  private static final int INSERT_RANGE = 0x20;
  private static final int UNSHARE_RANGE = 0x40;

  private Arguments() {}

  /** The mode of what mknod(2) makes: type 0 is a regular file. */
  static int nodeMode(int mode) throws ErrnoException {
    int type = mode & Mode.S_IFMT;
    switch (type) {
      case 0, Mode.S_IFREG, Mode.S_IFIFO, Mode.S_IFSOCK, Mode.S_IFCHR, Mode.S_IFBLK -> {}
      case Mode.S_IFDIR -> throw new ErrnoException(Errno.EPERM);
      default -> throw new ErrnoException(Errno.EINVAL);
    }
    return (type == 0 ? Mode.S_IFREG : type) | (mode & Mode.PERMISSIONS);
  }

  static boolean isDevice(int mode) {
    int type = mode & Mode.S_IFMT;
    return type == Mode.S_IFCHR || type == Mode.S_IFBLK;
  }

  static int directoryMode(int mode) {
    // "The mode of the created directory is (mode & ~umask & 01777)" (mkdir(2), NOTES).
    return Mode.S_IFDIR | (mode & (0777 | Mode.S_ISVTX));
  }

  static byte[] linkTarget(byte[] target) throws ErrnoException {
    if (target.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (target.length > Limits.SYMLINK_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    return target.clone();
  }

  static void requireRenameFlags(int flags) throws ErrnoException {
    int both = Rename.RENAME_NOREPLACE | Rename.RENAME_EXCHANGE;
    if ((flags & ~both) != 0 || flags == both) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  /** Dots are no names that can be moved or moved to. */
  static void requireMovable(Name name, Name newName, int flags) throws ErrnoException {
    if (name.isDots()) {
      throw new ErrnoException(Errno.EBUSY);
    }
    if (newName.isDots()) {
      boolean fresh = flags == Rename.RENAME_NOREPLACE;
      throw new ErrnoException(fresh ? Errno.EEXIST : Errno.EBUSY);
    }
  }

  /** Dots can neither be unlinked nor, with {@code directory}, be removed by rmdir(2). */
  static void requireRemovable(Name name, boolean directory) throws ErrnoException {
    if (name.isDots()) {
      Errno errno = name.equals(Name.DOT) ? Errno.EINVAL : Errno.ENOTEMPTY;
      throw new ErrnoException(directory ? errno : Errno.EISDIR);
    }
  }

  static void requireAccessMask(int mask) throws ErrnoException {
    if ((mask & ~7) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  /**
   * Whether a file of this kind has a size that can be set: in the order of Linux's vfs_truncate,
   * which looks at the mount and the permission later. A handle it is set through is open for
   * writing, and this inode's.
   */
  static void requireForSize(Inode inode, @Nullable Handle handle, SetAttr change)
      throws ErrnoException {
    if (handle != null && handle.inode != inode) {
      throw new ErrnoException(Errno.EBADF);
    }
    Long size = change.size();
    if (size == null) {
      return;
    }
    if (size < 0 || (handle != null && !OpenFlags.writes(handle.flags()))) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (handle == null && inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (inode.node().type() != Mode.S_IFREG) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireXattrName(Name name) throws ErrnoException {
    if (name.length() == 0 || name.length() > Limits.XATTR_NAME_BYTES) {
      throw new ErrnoException(Errno.ERANGE);
    }
    for (byte b : name.toBytes()) {
      if (b == 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
  }

  static void requireXattr(Name name, byte[] value, int flags) throws ErrnoException {
    requireXattrName(name);
    if (value.length > Limits.XATTR_VALUE_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    if ((flags & ~(Setxattr.XATTR_CREATE | Setxattr.XATTR_REPLACE)) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireForCreate(int flags) throws ErrnoException {
    if ((flags & OpenFlags.O_DIRECTORY) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireForTmpfile(int flags) throws ErrnoException {
    // Access mode 3 will do, as it needs the right to write (Linux, build_open_flags).
    if ((flags & OpenFlags.O_ACCMODE) == OpenFlags.O_RDONLY) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireCookie(long cookie) throws ErrnoException {
    if (cookie < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireReadable(Handle handle, long offset, ByteBuffer destination)
      throws ErrnoException {
    requireRange(OpenFlags.reads(handle.flags()), offset, destination);
    if (handle.inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
  }

  static void requireWritable(Handle handle, long offset, ByteBuffer source) throws ErrnoException {
    requireRange(OpenFlags.writes(handle.flags()), offset, source);
  }

  /**
   * EINVAL a negative offset · EBADF the handle is not open for this · EINVAL a range behind the
   * largest offset, as Linux has it (rw_verify_area), also where the bytes then go to the end of
   * the file.
   */
  private static void requireRange(boolean open, long offset, ByteBuffer buffer)
      throws ErrnoException {
    if (offset < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (!open) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (offset + buffer.remaining() < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  static void requireAllocatable(Handle handle, int mode, long offset, long length)
      throws ErrnoException {
    if (offset < 0 || length <= 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    requireKnownMode(mode);
    if (!OpenFlags.writes(handle.flags())) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (offset + length < 0) {
      throw new ErrnoException(Errno.EFBIG);
    }
    switch (mode & ~Fallocate.FALLOC_FL_KEEP_SIZE) {
      case COLLAPSE_RANGE, INSERT_RANGE, UNSHARE_RANGE ->
          throw new ErrnoException(Errno.EOPNOTSUPP);
      default -> {}
    }
  }

  /** EOPNOTSUPP what no file system of Linux takes, before it looks at the handle. */
  private static void requireKnownMode(int mode) throws ErrnoException {
    switch (mode) {
      case 0, 1, 3, COLLAPSE_RANGE, 0x10, 0x11, INSERT_RANGE, UNSHARE_RANGE, 0x41 -> {}
      default -> throw new ErrnoException(Errno.EOPNOTSUPP);
    }
  }

  static void requireCopyable(
      Handle handle, long offset, Handle toHandle, long toOffset, long length)
      throws ErrnoException {
    requireCopyable(handle, toHandle);
    if (handle.inode.mountPoint != toHandle.inode.mountPoint) {
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
  }

  private static void requireCopyable(Handle handle, Handle toHandle) throws ErrnoException {
    if (handle.inode.isDirectory() || toHandle.inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (!OpenFlags.reads(handle.flags())
        || !OpenFlags.writes(toHandle.flags())
        || toHandle.isAppending()) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (handle.inode.node().type() != Mode.S_IFREG
        || toHandle.inode.node().type() != Mode.S_IFREG) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  /** A range that can be locked. Source: fcntl_locking(2), Linux's flock_to_posix_lock. */
  static void requireRange(RangeLock lock) throws ErrnoException {
    if (lock.kind() == RangeLock.Kind.FLOCK) {
      return;
    }
    if (lock.start() < 0 || lock.length() < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (lock.length() > 0 && lock.end() < lock.start()) {
      throw new ErrnoException(Errno.EOVERFLOW);
    }
  }

  /** As {@link #requireRange}; and EBADF where the handle is not open for what is locked. */
  static void requireLock(Handle handle, RangeLock lock) throws ErrnoException {
    requireRange(lock);
    boolean may =
        switch (lock.type()) {
          case READ -> OpenFlags.reads(handle.flags());
          case WRITE -> OpenFlags.writes(handle.flags());
          case UNLOCK -> true;
        };
    if (!may && lock.kind() != RangeLock.Kind.FLOCK) {
      throw new ErrnoException(Errno.EBADF);
    }
  }
}

package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pieces;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be done with the inodes of one kind of mount (analogous to Linux's struct
 * inode_operations and file_operations): {@link InsideOps} where the core decides, {@link
 * OutsideOps} where the mount does. Each method takes the operation locks it needs; none is held
 * when it is called, but for a handle's offset lock.
 *
 * <p>Asked for what is the same everywhere before: that arguments are ones at all, that {@code dir}
 * is a directory, that two inodes are of one mount (but for {@link #link}).
 */
interface InodeOps {
  /** An inode, with a reference, and its attributes at a moment when the name named it. */
  record Found(Inode inode, Stat stat) {}

  /** A handle, with a reference, and the attributes of its inode when it was opened. */
  record Fresh(Handle handle, Stat stat) {}

  // ---- names ----

  /** EACCES unless the caller may search the directory. */
  void requireSearch(Caller caller, Inode dir) throws ErrnoException;

  /** What a name that is not dots names, or the root of the mount that hides that. */
  Found lookup(Caller caller, Inode dir, Name name) throws ErrnoException;

  /** The directory above one that is not the root of its mount. */
  Found parent(Caller caller, Inode dir) throws ErrnoException;

  /** The identity of that directory. */
  InodeId parentId(Caller caller, Inode dir) throws ErrnoException;

  /** The inode of an identity, with a reference, if this mount has it. */
  @Nullable Inode find(MountPoint mountPoint, InodeId id) throws ErrnoException;

  /** EACCES unless the caller may search each directory from the root of the mount to the inode. */
  void requireReachable(Caller caller, Inode inode) throws ErrnoException;

  /**
   * {@code mode}: type and permissions, complete but for the umask and what {@code dir} decides.
   */
  Found make(Caller caller, Inode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException;

  Stat link(Caller caller, Inode inode, Inode dir, Name name) throws ErrnoException;

  void remove(Caller caller, Inode dir, Name name, boolean directory) throws ErrnoException;

  void rename(Caller caller, Inode dir, Name name, Inode newDir, Name newName, int flags)
      throws ErrnoException;

  // ---- attributes ----

  /** All of one moment. The caller counts on the inode. */
  Stat stat(Inode inode) throws ErrnoException;

  /**
   * @param handle through which a size is set, or null: then by permission on the file
   */
  Stat setattr(Caller caller, Inode inode, @Nullable Handle handle, SetAttr change)
      throws ErrnoException;

  void access(Caller caller, Inode inode, int mask) throws ErrnoException;

  byte[] readlink(Caller caller, Inode inode) throws ErrnoException;

  StatFs statfs(Inode inode) throws ErrnoException;

  byte[] getxattr(Caller caller, Inode inode, Name name) throws ErrnoException;

  void setxattr(Caller caller, Inode inode, Name name, byte[] value, int flags)
      throws ErrnoException;

  List<Name> listxattr(Caller caller, Inode inode) throws ErrnoException;

  void removexattr(Caller caller, Inode inode, Name name) throws ErrnoException;

  // ---- opening ----

  Fresh open(Caller caller, Inode inode, int flags) throws ErrnoException;

  Fresh create(Caller caller, Inode dir, Name name, int flags, int mode) throws ErrnoException;

  Fresh tmpfile(Caller caller, Inode dir, int flags, int mode) throws ErrnoException;

  // ---- open files ----

  /** Fills a page with entries from {@code cookie}, dots included. */
  void readdir(Caller caller, Handle handle, long cookie, Listing page) throws ErrnoException;

  /**
   * @param pieces to be used instead, where that is possible; null: not to be
   */
  int read(
      Caller caller, Handle handle, long offset, ByteBuffer destination, @Nullable Pieces pieces)
      throws ErrnoException;

  /** {@code offset} -1: at the end, chosen and written as one. */
  Transferred write(Caller caller, Handle handle, long offset, ByteBuffer source)
      throws ErrnoException;

  /** EINVAL no file of this mount reaches so far. */
  void requireOffset(Handle handle, long offset) throws ErrnoException;

  /** The next data ({@link Whence#DATA}) or hole at or after an offset. ENXIO. */
  long seekContent(Handle handle, Whence whence, long offset) throws ErrnoException;

  /** Whether the caller may give the handle these of {@link OpenFlags#SETTABLE}: EPERM. */
  void setFlags(Caller caller, Handle handle, int flags) throws ErrnoException;

  void fallocate(Caller caller, Handle handle, int mode, long offset, long length)
      throws ErrnoException;

  long copyRange(
      Caller caller, Handle handle, long offset, Handle toHandle, long toOffset, long length)
      throws ErrnoException;

  void fsync(Handle handle, boolean dataOnly) throws ErrnoException;
}

package dev.coterie.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The system calls on paths, all on one page. Each is there for a {@link TreePath} of raw bytes and
 * for text in UTF-8.
 *
 * <p>Errors of every call, beside its own: ENOENT a component is missing, or the path is empty ·
 * ENOTDIR a component is no directory · EACCES no search permission · ELOOP more than {@link
 * Limits#SYMLINKS_FOLLOWED} symbolic links · ENAMETOOLONG · EINVAL a NUL in the path · those of the
 * operation of {@link FileService} it ends in. Source: path_resolution(7), symlink(7).
 */
public sealed interface TreeCalls permits Tree {
  // ---- open files ----

  /**
   * Opens a file, making it with O_CREAT. Symbolic links are followed, also to a file that is yet
   * to be made, but not the last one with O_NOFOLLOW (ELOOP) or with O_CREAT and O_EXCL (EEXIST).
   * EISDIR · EINVAL O_CREAT with O_DIRECTORY. Source: open(2).
   *
   * @param flags of {@link OpenFlags}
   * @param mode permissions of a file made by this call, less the caller's umask
   */
  OpenFile open(TreePath path, int flags, int mode) throws ErrnoException;

  default OpenFile open(String path, int flags, int mode) throws ErrnoException {
    return open(TreePath.of(path), flags, mode);
  }

  /**
   * The content of a file: opened, read to its end and closed. One that is small takes one round
   * trip to a leader in another process. EFBIG more than an array holds · EISDIR.
   */
  byte[] readAll(TreePath path) throws ErrnoException;

  default byte[] readAll(String path) throws ErrnoException {
    return readAll(TreePath.of(path));
  }

  /** The entries of a directory, all but "." and "..", with attributes if asked for. */
  List<DirEntry> list(TreePath path, boolean attributes) throws ErrnoException;

  default List<DirEntry> list(String path, boolean attributes) throws ErrnoException {
    return list(TreePath.of(path), attributes);
  }

  /**
   * Watches what a path leads to, whatever it is called later: {@link ChangeQueue#add}. The queue
   * is of the same service.
   */
  int watch(TreePath path, ChangeQueue queue, int mask) throws ErrnoException;

  default int watch(String path, ChangeQueue queue, int mask) throws ErrnoException {
    return watch(TreePath.of(path), queue, mask);
  }

  // ---- attributes ----

  /** Source: stat(2). */
  Stat stat(TreePath path) throws ErrnoException;

  default Stat stat(String path) throws ErrnoException {
    return stat(TreePath.of(path));
  }

  /** Of the symbolic link itself. Source: lstat(2). */
  Stat lstat(TreePath path) throws ErrnoException;

  default Stat lstat(String path) throws ErrnoException {
    return lstat(TreePath.of(path));
  }

  /** Whether the caller may read (4), write (2), search or execute (1). Source: access(2). */
  void access(TreePath path, int mask) throws ErrnoException;

  default void access(String path, int mask) throws ErrnoException {
    access(TreePath.of(path), mask);
  }

  /** Source: chmod(2). */
  void chmod(TreePath path, int mode) throws ErrnoException;

  default void chmod(String path, int mode) throws ErrnoException {
    chmod(TreePath.of(path), mode);
  }

  /** -1 leaves an id as it is. Source: chown(2). */
  void chown(TreePath path, int uid, int gid) throws ErrnoException;

  default void chown(String path, int uid, int gid) throws ErrnoException {
    chown(TreePath.of(path), uid, gid);
  }

  /** Of the symbolic link itself. Source: lchown(2). */
  void lchown(TreePath path, int uid, int gid) throws ErrnoException;

  default void lchown(String path, int uid, int gid) throws ErrnoException {
    lchown(TreePath.of(path), uid, gid);
  }

  /** Source: truncate(2). */
  void truncate(TreePath path, long size) throws ErrnoException;

  default void truncate(String path, long size) throws ErrnoException {
    truncate(TreePath.of(path), size);
  }

  /**
   * Sets times; one that is null is left as it is. Source: utimensat(2).
   *
   * @param follow whether a symbolic link is followed
   */
  void utimens(
      TreePath path, SetAttr.@Nullable Time atime, SetAttr.@Nullable Time mtime, boolean follow)
      throws ErrnoException;

  default void utimens(
      String path, SetAttr.@Nullable Time atime, SetAttr.@Nullable Time mtime, boolean follow)
      throws ErrnoException {
    utimens(TreePath.of(path), atime, mtime, follow);
  }

  /**
   * chmod, chown, truncate and utimensat as one change; answers the attributes after it.
   *
   * @param follow whether a symbolic link is followed
   */
  Stat setattr(TreePath path, SetAttr change, boolean follow) throws ErrnoException;

  default Stat setattr(String path, SetAttr change, boolean follow) throws ErrnoException {
    return setattr(TreePath.of(path), change, follow);
  }

  /** Source: statfs(2). */
  StatFs statfs(TreePath path) throws ErrnoException;

  default StatFs statfs(String path) throws ErrnoException {
    return statfs(TreePath.of(path));
  }

  // ---- names ----

  /** Source: mkdir(2). */
  void mkdir(TreePath path, int mode) throws ErrnoException;

  default void mkdir(String path, int mode) throws ErrnoException {
    mkdir(TreePath.of(path), mode);
  }

  /** {@code rdev} in makedev(3)'s encoding. Source: mknod(2). */
  void mknod(TreePath path, int mode, long rdev) throws ErrnoException;

  default void mknod(String path, int mode, long rdev) throws ErrnoException {
    mknod(TreePath.of(path), mode, rdev);
  }

  /** Makes a symbolic link at {@code path}; the target is stored as it is. Source: symlink(2). */
  void symlink(byte[] target, TreePath path) throws ErrnoException;

  default void symlink(String target, String path) throws ErrnoException {
    symlink(TreePath.of(target).toBytes(), TreePath.of(path));
  }

  /** The target of a symbolic link. EINVAL it is none. Source: readlink(2). */
  byte[] readlink(TreePath path) throws ErrnoException;

  default byte[] readlink(String path) throws ErrnoException {
    return readlink(TreePath.of(path));
  }

  /**
   * Gives a file one more name. Source: linkat(2).
   *
   * @param follow AT_SYMLINK_FOLLOW: a symbolic link at {@code path} stands for its target
   */
  void link(TreePath path, TreePath newPath, boolean follow) throws ErrnoException;

  default void link(String path, String newPath, boolean follow) throws ErrnoException {
    link(TreePath.of(path), TreePath.of(newPath), follow);
  }

  /** Source: unlink(2). */
  void unlink(TreePath path) throws ErrnoException;

  default void unlink(String path) throws ErrnoException {
    unlink(TreePath.of(path));
  }

  /** Source: rmdir(2). */
  void rmdir(TreePath path) throws ErrnoException;

  default void rmdir(String path) throws ErrnoException {
    rmdir(TreePath.of(path));
  }

  /** {@code flags} of {@link Operation.Rename}. Source: renameat2(2). */
  void rename(TreePath path, TreePath newPath, int flags) throws ErrnoException;

  default void rename(String path, String newPath, int flags) throws ErrnoException {
    rename(TreePath.of(path), TreePath.of(newPath), flags);
  }

  // ---- extended attributes ----

  /** Source: getxattr(2); lgetxattr(2) without {@code follow}. */
  byte[] getxattr(TreePath path, Name name, boolean follow) throws ErrnoException;

  default byte[] getxattr(String path, String name, boolean follow) throws ErrnoException {
    return getxattr(TreePath.of(path), Name.of(name), follow);
  }

  /** {@code flags} of {@link Operation.Setxattr}. Source: setxattr(2), lsetxattr(2). */
  void setxattr(TreePath path, Name name, byte[] value, int flags, boolean follow)
      throws ErrnoException;

  default void setxattr(String path, String name, byte[] value, int flags, boolean follow)
      throws ErrnoException {
    setxattr(TreePath.of(path), Name.of(name), value, flags, follow);
  }

  /** Source: listxattr(2), llistxattr(2). */
  List<Name> listxattr(TreePath path, boolean follow) throws ErrnoException;

  default List<Name> listxattr(String path, boolean follow) throws ErrnoException {
    return listxattr(TreePath.of(path), follow);
  }

  /** Source: removexattr(2), lremovexattr(2). */
  void removexattr(TreePath path, Name name, boolean follow) throws ErrnoException;

  default void removexattr(String path, String name, boolean follow) throws ErrnoException {
    removexattr(TreePath.of(path), Name.of(name), follow);
  }
}

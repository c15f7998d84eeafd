package dev.coterie.core.spi;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A back end that others change too, such as a directory of the host. It executes first: each
 * operation is done by it in the caller's name, with its own checks, times and order of errors, and
 * what it answers is what is so. Nothing it said before is relied on.
 *
 * <p>Before a call the core has looked at what is its own: that a directory is one, that a name is
 * one component and no dots (how long it may be is for the mount to say), that flags are known,
 * {@link #readOnly}, and mount points. A node whose file cannot be found any more is ESTALE.
 *
 * <p>Where nobody else changes the content after all, by its owner's word, {@link #copies} says so.
 *
 * <p>Locking promise: the core holds the operation lock of every node named in a call, shared for a
 * query and exclusive for a change, so that what sessions do is in one order. Whoever else changes
 * the content holds no lock of ours: a call must be right whatever they do meanwhile.
 */
public non-sealed interface OutsideMount extends Mount {
  @Override
  OutsideNode root();

  /** Whether any call may take so long that a thread which serves others should not make it. */
  boolean isSlow();

  /** Whether a file may be in this mount and in another, so that what changes one changes both. */
  boolean overlaps(OutsideMount other);

  /** A node that has just come to be, and its attributes. */
  record Made(OutsideNode node, Stat stat) {}

  /** A regular file that was made and opened, and its attributes then. */
  record Opened(OutsideNode node, OutsideFile.Content file, Stat stat) {}

  // ---- finding ----

  /** ENOENT · EACCES · EXDEV the name leads to another file system. */
  OutsideEntry lookup(Caller caller, OutsideNode dir, Name name) throws ErrnoException;

  /** The directory that holds this one, which is not the root. ESTALE it is not in this mount. */
  OutsideEntry parent(Caller caller, OutsideNode dir) throws ErrnoException;

  /**
   * The node of an identity that nobody refers to, if it can be proved to be in this mount; else
   * null. No operation lock is held.
   */
  @Nullable OutsideNode find(InodeId id) throws ErrnoException;

  /** EACCES unless the caller may search every directory from the root down to the node. */
  void requireReachable(Caller caller, OutsideNode node) throws ErrnoException;

  // ---- changing names ----

  /**
   * Makes a named inode.
   *
   * @param mode type and permissions, without regard to the caller's umask yet
   * @param rdev of a device node, else 0
   * @param target of a symbolic link, else empty
   */
  Made make(Caller caller, OutsideNode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException;

  void link(Caller caller, OutsideNode node, OutsideNode dir, Name name) throws ErrnoException;

  /**
   * As unlink(2), or rmdir(2) with {@code directory}.
   *
   * @param victim what the name named just now: stays usable until {@link #release}
   */
  void remove(Caller caller, OutsideNode dir, Name name, OutsideNode victim, boolean directory)
      throws ErrnoException;

  /**
   * As renameat2(2).
   *
   * @param node what the name named just now
   * @param replaced what the new name named just now: stays usable until {@link #release}
   */
  void rename(
      Caller caller,
      OutsideNode dir,
      Name name,
      OutsideNode node,
      OutsideNode newDir,
      Name newName,
      @Nullable OutsideNode replaced,
      int flags)
      throws ErrnoException;

  // ---- attributes ----

  Stat stat(OutsideNode node) throws ErrnoException;

  /**
   * Changes attributes, and answers the new ones.
   *
   * @param opened through which the size is set, or null: then by permission on the file
   */
  Stat setattr(
      Caller caller, OutsideNode node, OutsideFile.@Nullable Content opened, SetAttr change)
      throws ErrnoException;

  void access(Caller caller, OutsideNode node, int mask) throws ErrnoException;

  byte[] readlink(Caller caller, OutsideNode link) throws ErrnoException;

  byte[] getxattr(Caller caller, OutsideNode node, Name name) throws ErrnoException;

  void setxattr(Caller caller, OutsideNode node, Name name, byte[] value, int flags)
      throws ErrnoException;

  List<Name> listxattr(Caller caller, OutsideNode node) throws ErrnoException;

  void removexattr(Caller caller, OutsideNode node, Name name) throws ErrnoException;

  StatFs statfs(OutsideNode node) throws ErrnoException;

  /**
   * Watches an inode, as inotify(7) does: whoever changes it, also by this tree. The caller's right
   * to is checked already. EOPNOTSUPP.
   */
  OutsideWatch watch(OutsideNode node, int mask, OutsideWatch.Sink sink) throws ErrnoException;

  // ---- opening ----

  /** Opens a regular file or a directory; with O_TRUNC empties it. */
  OutsideFile open(Caller caller, OutsideNode node, int flags) throws ErrnoException;

  /** Makes and opens a regular file. EEXIST the name is taken. */
  Opened create(Caller caller, OutsideNode dir, Name name, int flags, int mode)
      throws ErrnoException;

  /** Makes and opens a regular file without a name. */
  Opened tmpfile(Caller caller, OutsideNode dir, int flags, int mode) throws ErrnoException;

  /** Nobody refers to the node any more. Exclusive lock. */
  void release(OutsideNode node);
}

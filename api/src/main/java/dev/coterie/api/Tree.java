package dev.coterie.api;

import static dev.coterie.api.OpenFlags.O_ACCMODE;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_TMPFILE;
import static dev.coterie.api.OpenFlags.O_TRUNC;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Paths above a {@link FileService}: what a process sees of the tree, with its root and working
 * directory, on behalf of one {@link Caller}.
 *
 * <p>Each call resolves its path component by component and gives back every reference it took.
 * Between the steps others may rename or remove what was found, as on any Unix; the last step is
 * one operation. May be used by several threads. Closing it gives back the two directories; the
 * service stays open, as do the files opened here.
 */
public final class Tree implements TreeCalls, AutoCloseable {
  private static final int TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

  private final FileService service;
  private final Caller caller;
  private final HeldDirectory root;
  private final HeldDirectory directory;
  private boolean closed; // guarded by this

  private Tree(FileService service, Caller caller, HeldDirectory root, HeldDirectory directory) {
    this.service = service;
    this.caller = caller;
    this.root = root;
    this.directory = directory;
  }

  /** The whole tree of a service, working directory at its root. */
  public static Tree of(FileService service, Caller caller) throws ErrnoException {
    HeldDirectory root = new HeldDirectory(service, service.root(caller).id());
    return new Tree(service, caller, root, root.hold());
  }

  /** The same tree with another working directory. Source: chdir(2). */
  public Tree at(String path) throws ErrnoException {
    HeldDirectory there = directory(TreePath.of(path));
    return new Tree(service, caller, root.hold(), there);
  }

  /**
   * The same tree with an open directory as the working directory. It lasts as long as both are
   * open, and needs no permission: what is then looked up does. Source: openat(2), dirfd.
   */
  public Tree at(OpenFile openDirectory) {
    HeldDirectory there = HeldDirectory.borrowed(service, openDirectory.id());
    return new Tree(service, caller, HeldDirectory.borrowed(service, root.id()), there);
  }

  /** What this directory holds, as a tree of its own: its ".." is itself. Source: chroot(2). */
  public Tree below(String path) throws ErrnoException {
    HeldDirectory there = directory(TreePath.of(path));
    return new Tree(service, caller, there, there.hold());
  }

  /**
   * The same tree and working directory for another caller, who need not be allowed to search them:
   * as after setuid(2).
   */
  public Tree as(Caller other) {
    return new Tree(service, other, root.hold(), directory.hold());
  }

  public FileService service() {
    return service;
  }

  public Caller caller() {
    return caller;
  }

  /** The identity of the root. */
  public InodeId root() {
    return root.id();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    directory.release(caller);
    root.release(caller);
  }

  /** What a path leads to, if it is a directory that may be searched. */
  private HeldDirectory directory(TreePath path) throws ErrnoException {
    try (TreeWalk walk = target(path, true)) {
      if (!walk.stat().isDirectory()) {
        throw new ErrnoException(Errno.ENOTDIR);
      }
      // Asks for the permission too.
      return new HeldDirectory(service, service.lookup(caller, walk.here(), Name.DOT).id());
    }
  }

  // ---- resolution ----

  private TreeWalk walk(TreePath path) throws ErrnoException {
    return new TreeWalk(service, caller, root.id(), directory.id(), path);
  }

  private TreeWalk target(TreePath path, boolean follow) throws ErrnoException {
    TreeWalk walk = walk(path);
    try {
      walk.toTarget(follow);
      return walk;
    } catch (ErrnoException e) {
      walk.close();
      throw e;
    }
  }

  private TreeWalk parent(TreePath path) throws ErrnoException {
    TreeWalk walk = walk(path);
    try {
      walk.toParent();
      return walk;
    } catch (ErrnoException e) {
      walk.close();
      throw e;
    }
  }

  // ---- open files ----

  @Override
  public OpenFile open(TreePath path, int flags, int mode) throws ErrnoException {
    boolean tmpfile = (flags & TMPFILE_BIT) != 0;
    if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (tmpfile && ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if ((flags & O_CREAT) != 0) {
      return openOrCreate(path, flags, mode);
    }
    if (!tmpfile && (flags & (O_ACCMODE | O_TRUNC)) == O_RDONLY) {
      return openToRead(path, flags, StepsAhead.Content.NOT);
    }
    try (TreeWalk walk = target(path, (flags & O_NOFOLLOW) == 0)) {
      return tmpfile
          ? created(service.tmpfile(caller, walk.here(), flags, mode))
          : new OpenFile(service, caller, service.open(caller, walk.here(), flags));
    }
  }

  /**
   * Opens a file whose beginning is going to be read at once: a client with copies reads it with
   * the opening, under a lease, and so marks the access time now.
   *
   * @param flags of {@link OpenFlags}, not to write, nor to make the file
   */
  public OpenFile openToRead(TreePath path, int flags) throws ErrnoException {
    if ((flags & (O_ACCMODE | O_TRUNC | O_CREAT | TMPFILE_BIT)) != O_RDONLY) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return openToRead(path, flags, StepsAhead.Content.SOON);
  }

  private OpenFile openToRead(TreePath path, int flags, StepsAhead.Content content)
      throws ErrnoException {
    try (TreeWalk walk = walk(path)) {
      walk.opens(new StepsAhead.Opening(flags, content, null));
      walk.toTarget((flags & O_NOFOLLOW) == 0);
      return new OpenFile(service, caller, walk.open(flags));
    }
  }

  @Override
  public byte[] readAll(TreePath path) throws ErrnoException {
    ByteBuffer first = ByteBuffer.allocate(WholeFile.FIRST_BYTES);
    try (TreeWalk walk = walk(path)) {
      walk.opens(new StepsAhead.Opening(O_RDONLY, StepsAhead.Content.NOW, first));
      walk.toTarget(true);
      Operation.Opened opened = walk.open(O_RDONLY);
      try (OpenFile file = new OpenFile(service, caller, opened)) {
        return WholeFile.read(file, opened.stat(), first, walk.count());
      }
    }
  }

  /** open(2) with O_CREAT (analogous to Linux's open_last_lookups and do_open). */
  private OpenFile openOrCreate(TreePath path, int flags, int mode) throws ErrnoException {
    boolean exclusive = (flags & O_EXCL) != 0;
    try (TreeWalk walk = walk(path)) {
      while (true) {
        walk.toParent();
        Name last = walk.last();
        if (last == null || last.isDots() || walk.slashes()) {
          walk.requireSearch();
          boolean named = last == null || last.isDots();
          throw new ErrnoException(named && exclusive ? Errno.EEXIST : Errno.EISDIR);
        }
        try {
          return created(service.create(caller, walk.here(), last, flags, mode));
        } catch (ErrnoException e) {
          if (e.errno() != Errno.ELOOP || (flags & O_NOFOLLOW) != 0) {
            throw e;
          }
        }
        followLast(walk);
      }
    }
  }

  /** Follows the symbolic link found at the last name; if it is gone again, create will tell. */
  private static void followLast(TreeWalk walk) throws ErrnoException {
    Stat found;
    try {
      found = walk.lookupLast();
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        walk.again();
        return;
      }
      throw e;
    }
    if (found.isSymlink()) {
      walk.follow(found, false);
    } else {
      walk.release(found.id());
      walk.again();
    }
  }

  /** The handle keeps the inode; the reference that came with the name is given back. */
  private OpenFile created(Operation.Opened opened) {
    TreeWalk.release(service, caller, opened.stat().id());
    return new OpenFile(service, caller, opened);
  }

  /** Takes a reference of an open file that another process shared. */
  public OpenFile take(Token token) throws ErrnoException {
    return new OpenFile(service, caller, service.take(caller, token));
  }

  @Override
  public int watch(TreePath path, ChangeQueue queue, int mask) throws ErrnoException {
    try (TreeWalk walk = target(path, true)) {
      return queue.add(walk.here(), mask);
    }
  }

  @Override
  public List<DirEntry> list(TreePath path, boolean attributes) throws ErrnoException {
    try (OpenFile dir = open(path, O_RDONLY | O_DIRECTORY, 0)) {
      return dir.list(attributes);
    }
  }

  // ---- attributes ----

  @Override
  public Stat stat(TreePath path) throws ErrnoException {
    try (TreeWalk walk = target(path, true)) {
      return walk.stat();
    }
  }

  @Override
  public Stat lstat(TreePath path) throws ErrnoException {
    try (TreeWalk walk = target(path, false)) {
      return walk.stat();
    }
  }

  @Override
  public void access(TreePath path, int mask) throws ErrnoException {
    if ((mask & ~7) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    try (TreeWalk walk = target(path, true)) {
      service.access(caller, walk.here(), mask);
    }
  }

  @Override
  public void chmod(TreePath path, int mode) throws ErrnoException {
    setattr(path, SetAttr.ofMode(mode & Mode.PERMISSIONS), true);
  }

  @Override
  public void chown(TreePath path, int uid, int gid) throws ErrnoException {
    setattr(path, SetAttr.ofOwner(uid, gid), true);
  }

  @Override
  public void lchown(TreePath path, int uid, int gid) throws ErrnoException {
    setattr(path, SetAttr.ofOwner(uid, gid), false);
  }

  @Override
  public void truncate(TreePath path, long size) throws ErrnoException {
    // Linux looks at the length before it looks at the path.
    if (size < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    setattr(path, SetAttr.ofSize(size), true);
  }

  @Override
  public void utimens(
      TreePath path, SetAttr.@Nullable Time atime, SetAttr.@Nullable Time mtime, boolean follow)
      throws ErrnoException {
    // "If both tv_nsec fields are UTIME_OMIT", not even the path is looked at (utimensat(2)).
    if (atime != null || mtime != null) {
      setattr(path, SetAttr.ofTimes(atime, mtime), follow);
    }
  }

  @Override
  public Stat setattr(TreePath path, SetAttr change, boolean follow) throws ErrnoException {
    try (TreeWalk walk = target(path, follow)) {
      return service.setattr(caller, walk.here(), 0, change);
    }
  }

  @Override
  public StatFs statfs(TreePath path) throws ErrnoException {
    try (TreeWalk walk = target(path, true)) {
      return service.statfs(caller, walk.here());
    }
  }

  // ---- names ----

  @Override
  public void mkdir(TreePath path, int mode) throws ErrnoException {
    try (TreeWalk walk = parent(path)) {
      walk.release(service.mkdir(caller, walk.here(), newName(walk), mode).id());
    }
  }

  @Override
  public void mknod(TreePath path, int mode, long rdev) throws ErrnoException {
    // may_mknod: before the path.
    switch (mode & Mode.S_IFMT) {
      case 0, Mode.S_IFREG, Mode.S_IFIFO, Mode.S_IFSOCK, Mode.S_IFCHR, Mode.S_IFBLK -> {}
      case Mode.S_IFDIR -> throw new ErrnoException(Errno.EPERM);
      default -> throw new ErrnoException(Errno.EINVAL);
    }
    try (TreeWalk walk = parent(path)) {
      Name name = newFileName(walk);
      walk.release(service.mknod(caller, walk.here(), name, mode, rdev).id());
    }
  }

  @Override
  public void symlink(byte[] target, TreePath path) throws ErrnoException {
    TreePath.of(target).checked();
    try (TreeWalk walk = parent(path)) {
      Name name = newFileName(walk);
      walk.release(service.symlink(caller, walk.here(), name, target).id());
    }
  }

  @Override
  public byte[] readlink(TreePath path) throws ErrnoException {
    try (TreeWalk walk = target(path, false)) {
      return service.readlink(caller, walk.here());
    }
  }

  @Override
  public void link(TreePath path, TreePath newPath, boolean follow) throws ErrnoException {
    try (TreeWalk from = target(path, follow);
        TreeWalk to = parent(newPath)) {
      service.link(caller, from.here(), to.here(), newFileName(to));
    }
  }

  /** EEXIST the path is the root. "." and ".." are for the operation to refuse, in its order. */
  private static Name newName(TreeWalk walk) throws ErrnoException {
    Name last = walk.last();
    if (last == null) {
      throw new ErrnoException(Errno.EEXIST);
    }
    return last;
  }

  /** As Linux's filename_create: slashes after a new name ask for a directory. */
  private static Name newFileName(TreeWalk walk) throws ErrnoException {
    Name name = newName(walk);
    if (walk.slashes() && !name.isDots()) {
      walk.release(walk.lookupLast().id());
      throw new ErrnoException(Errno.EEXIST);
    }
    return name;
  }

  @Override
  public void unlink(TreePath path) throws ErrnoException {
    try (TreeWalk walk = parent(path)) {
      Name last = walk.last();
      if (last == null) {
        throw new ErrnoException(Errno.EISDIR);
      }
      if (walk.slashes() && !last.isDots()) {
        requireWritableMount(walk);
        Stat found = walk.lookupLast();
        walk.release(found.id());
        throw new ErrnoException(found.isDirectory() ? Errno.EISDIR : Errno.ENOTDIR);
      }
      service.unlink(caller, walk.here(), last);
    }
  }

  /** EROFS, which Linux's mnt_want_write says before the last name is looked at. */
  private void requireWritableMount(TreeWalk walk) throws ErrnoException {
    try {
      service.access(caller, walk.here(), 2);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EROFS) {
        throw e;
      }
    }
  }

  @Override
  public void rmdir(TreePath path) throws ErrnoException {
    try (TreeWalk walk = parent(path)) {
      Name last = walk.last();
      if (last == null) {
        throw new ErrnoException(Errno.EBUSY);
      }
      service.rmdir(caller, walk.here(), last);
    }
  }

  @Override
  public void rename(TreePath path, TreePath newPath, int flags) throws ErrnoException {
    rename(path, this, newPath, flags);
  }

  /**
   * As {@link #rename(TreePath, TreePath, int)}, with a new path that is relative to another
   * working directory of the same service. Source: renameat2(2).
   */
  public void rename(TreePath path, Tree newTree, TreePath newPath, int flags)
      throws ErrnoException {
    int known = Operation.Rename.RENAME_NOREPLACE | Operation.Rename.RENAME_EXCHANGE;
    if ((flags & ~known) != 0 || flags == known) {
      throw new ErrnoException(Errno.EINVAL);
    }
    try (TreeWalk from = parent(path);
        TreeWalk to = newTree.parentAfter(from, newPath)) {
      Name last = from.last();
      Name newLast = to.last();
      if (last == null || newLast == null || from.slashes() || to.slashes()) {
        from.requireSearch();
        to.requireSearch();
        requireOneMount(from, to);
      }
      if (last == null || (newLast == null && last.isDots())) {
        throw new ErrnoException(Errno.EBUSY);
      }
      if (newLast == null) {
        boolean fresh = flags == Operation.Rename.RENAME_NOREPLACE;
        throw new ErrnoException(fresh ? Errno.EEXIST : Errno.EBUSY);
      }
      if ((from.slashes() || to.slashes()) && !last.isDots() && !newLast.isDots()) {
        requireDirectories(from, to, flags);
      }
      service.rename(caller, from.here(), last, to.here(), newLast, flags);
    }
  }

  /** EXDEV comes before what is wrong with the last names: the service would say so too late. */
  private void requireOneMount(TreeWalk from, TreeWalk to) throws ErrnoException {
    long one = service.statfs(caller, from.here()).fsid();
    if (one != service.statfs(caller, to.here()).fsid()) {
      throw new ErrnoException(Errno.EXDEV);
    }
  }

  /** The second parent; if it cannot be reached, a fault of the first one is still seen first. */
  private TreeWalk parentAfter(TreeWalk first, TreePath path) throws ErrnoException {
    try {
      return parent(path);
    } catch (ErrnoException e) {
      first.requireSearch();
      throw e;
    }
  }

  /**
   * "Unless the source is a directory trailing slashes give ENOTDIR" (Linux, do_renameat2). Looked
   * at before the rename itself, so a name that another process replaces in between is taken for
   * what it was.
   */
  private void requireDirectories(TreeWalk from, TreeWalk to, int flags) throws ErrnoException {
    requireWritableMount(from);
    boolean exchange = flags == Operation.Rename.RENAME_EXCHANGE;
    Stat source = from.lookupLast();
    from.release(source.id());
    Stat target = lookupIfThere(to);
    if (target != null && flags == Operation.Rename.RENAME_NOREPLACE) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (target == null && exchange) {
      throw new ErrnoException(Errno.ENOENT);
    }
    boolean needsTarget = exchange && to.slashes();
    boolean needsSource = from.slashes() || (!exchange && to.slashes());
    if ((needsTarget && target != null && !target.isDirectory())
        || (needsSource && !source.isDirectory())) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  private static @Nullable Stat lookupIfThere(TreeWalk walk) throws ErrnoException {
    try {
      Stat found = walk.lookupLast();
      walk.release(found.id());
      return found;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  // ---- extended attributes ----

  /** Linux looks at name, flags and size before it looks at the path. */
  private static void requireXattrName(Name name) throws ErrnoException {
    if (name.length() == 0 || name.length() > Limits.XATTR_NAME_BYTES) {
      throw new ErrnoException(Errno.ERANGE);
    }
  }

  @Override
  public byte[] getxattr(TreePath path, Name name, boolean follow) throws ErrnoException {
    requireXattrName(name);
    try (TreeWalk walk = target(path, follow)) {
      return service.getxattr(caller, walk.here(), name);
    }
  }

  @Override
  public void setxattr(TreePath path, Name name, byte[] value, int flags, boolean follow)
      throws ErrnoException {
    int known = Operation.Setxattr.XATTR_CREATE | Operation.Setxattr.XATTR_REPLACE;
    if ((flags & ~known) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    requireXattrName(name);
    if (value.length > Limits.XATTR_VALUE_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    try (TreeWalk walk = target(path, follow)) {
      service.setxattr(caller, walk.here(), name, value, flags);
    }
  }

  @Override
  public List<Name> listxattr(TreePath path, boolean follow) throws ErrnoException {
    try (TreeWalk walk = target(path, follow)) {
      return service.listxattr(caller, walk.here());
    }
  }

  @Override
  public void removexattr(TreePath path, Name name, boolean follow) throws ErrnoException {
    requireXattrName(name);
    try (TreeWalk walk = target(path, follow)) {
      service.removexattr(caller, walk.here(), name);
    }
  }
}

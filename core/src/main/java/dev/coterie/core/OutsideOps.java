package dev.coterie.core;

import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_TRUNC;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pieces;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.core.OutsideLocks.Wanted;
import dev.coterie.core.spi.OutsideEntry;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.spi.OutsideMount.Opened;
import dev.coterie.core.spi.OutsideNode;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link OutsideMount} decides: it is asked, under the locks that make sessions' operations
 * follow one another.
 */
final class OutsideOps implements InodeOps {
  /** Times that a name which is free is found taken, and then gone, before create gives up. */
  private static final int CREATE_TRIES = 100;

  /** Up to here files reach on every file system (Linux, MAX_NON_LFS). */
  private static final long OFFSET_EVERYWHERE = Integer.MAX_VALUE;

  private final Vfs vfs;
  private final OutsideNames names;

  OutsideOps(Vfs vfs, Walk walk) {
    this.vfs = vfs;
    this.names = new OutsideNames(vfs, walk);
  }

  /** The inode as the kind it is: {@link Vfs#ops} asked us for it. */
  private static OutsideInode out(Inode inode) {
    return (OutsideInode) inode;
  }

  /** The content behind a handle that {@link Arguments} found to be no directory's. */
  private static OutsideFile.Content file(Handle handle) {
    return (OutsideFile.Content) ((OutsideHandle) handle).file;
  }

  /** One call of the mount about one inode. */
  private interface Call<R> {
    R on(OutsideMount mount, OutsideNode node) throws ErrnoException;
  }

  private static <R> R shared(Inode inode, Call<R> call) throws ErrnoException {
    return locked(Wanted.shared(out(inode)), call);
  }

  /** Alone, when nobody has copies of it. */
  private <R> R changing(Inode inode, Call<R> call) throws ErrnoException {
    return alone(
        inode,
        (mount, node) -> {
          vfs.requireUnleased(inode);
          out(inode).changes();
          return call.on(mount, node);
        });
  }

  private static <R> R alone(Inode inode, Call<R> call) throws ErrnoException {
    return locked(Wanted.alone(out(inode)), call);
  }

  private static <R> R locked(Wanted wanted, Call<R> call) throws ErrnoException {
    OutsideInode inode = wanted.inode();
    try (OutsideLocks _ = OutsideLocks.waitFor(wanted)) {
      inode.requireLive();
      return call.on(inode.mount(), inode.node);
    }
  }

  // ---- names ----

  @Override
  public void requireSearch(Caller caller, Inode dir) throws ErrnoException {
    access(caller, dir, Access.EXECUTE);
  }

  @Override
  public Found lookup(Caller caller, Inode dir, Name name) throws ErrnoException {
    return names.lookup(caller, out(dir), name);
  }

  @Override
  public Found parent(Caller caller, Inode dir) throws ErrnoException {
    return names.parent(caller, out(dir));
  }

  /** Where it cannot be had, because others moved the directory away, the root stands for it. */
  @Override
  public InodeId parentId(Caller caller, Inode dir) throws ErrnoException {
    Inode root = dir.mountPoint.root();
    if (dir == root) {
      return root.id();
    }
    try (OutsideEntry entry = out(dir).mount().parent(caller, out(dir).node)) {
      return entry.node().id();
    } catch (ErrnoException e) {
      return root.id();
    }
  }

  @Override
  public @Nullable Inode find(MountPoint mountPoint, InodeId id) throws ErrnoException {
    OutsideNode node = ((OutsideMount) mountPoint.mount()).find(id);
    return node == null ? null : vfs.inodes().hold(node, mountPoint);
  }

  @Override
  public void requireReachable(Caller caller, Inode inode) throws ErrnoException {
    shared(
        inode,
        (mount, node) -> {
          mount.requireReachable(caller, node);
          return node;
        });
  }

  @Override
  public Found make(Caller caller, Inode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    return names.make(caller, out(dir), name, mode, rdev, target);
  }

  @Override
  public Stat link(Caller caller, Inode inode, Inode dir, Name name) throws ErrnoException {
    return names.link(caller, inode, out(dir), name);
  }

  @Override
  public void remove(Caller caller, Inode dir, Name name, boolean directory) throws ErrnoException {
    names.remove(caller, out(dir), name, directory);
  }

  @Override
  public void rename(Caller caller, Inode dir, Name name, Inode newDir, Name newName, int flags)
      throws ErrnoException {
    names.rename(caller, out(dir), name, out(newDir), newName, flags);
  }

  // ---- attributes ----

  @Override
  public Stat stat(Inode inode) throws ErrnoException {
    OutsideInode outside = out(inode);
    long optimistic = inode.opLock.optimistic();
    if (optimistic != 0) {
      Stat stat = outside.counted(outside.mount().stat(outside.node));
      if (inode.opLock.validate(optimistic) && !inode.isDead()) {
        return stat;
      }
    }
    return shared(inode, (mount, node) -> outside.counted(mount.stat(node)));
  }

  @Override
  public Stat setattr(Caller caller, Inode inode, @Nullable Handle handle, SetAttr change)
      throws ErrnoException {
    inode.requireWritable();
    OutsideFile.Content opened = handle != null && change.size() != null ? file(handle) : null;
    return changing(
        inode, (mount, node) -> out(inode).counted(mount.setattr(caller, node, opened, change)));
  }

  @Override
  public void access(Caller caller, Inode inode, int mask) throws ErrnoException {
    if ((mask & Access.WRITE) != 0 && isKept(inode)) {
      inode.requireWritable();
    }
    shared(
        inode,
        (mount, node) -> {
          mount.access(caller, node, mask);
          return node;
        });
  }

  /** Whether writing to it writes on the mount; it does not to a device or a FIFO. */
  private static boolean isKept(Inode inode) {
    int type = inode.node().type();
    return type == Mode.S_IFREG || type == Mode.S_IFDIR || type == Mode.S_IFLNK;
  }

  @Override
  public byte[] readlink(Caller caller, Inode inode) throws ErrnoException {
    if (inode.node().type() != Mode.S_IFLNK) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return shared(inode, (mount, node) -> mount.readlink(caller, node));
  }

  @Override
  public StatFs statfs(Inode inode) throws ErrnoException {
    return shared(inode, OutsideMount::statfs);
  }

  @Override
  public byte[] getxattr(Caller caller, Inode inode, Name name) throws ErrnoException {
    return shared(inode, (mount, node) -> mount.getxattr(caller, node, name));
  }

  @Override
  public void setxattr(Caller caller, Inode inode, Name name, byte[] value, int flags)
      throws ErrnoException {
    inode.requireWritable();
    changing(
        inode,
        (mount, node) -> {
          mount.setxattr(caller, node, name, value, flags);
          return node;
        });
  }

  @Override
  public List<Name> listxattr(Caller caller, Inode inode) throws ErrnoException {
    return shared(inode, (mount, node) -> mount.listxattr(caller, node));
  }

  @Override
  public void removexattr(Caller caller, Inode inode, Name name) throws ErrnoException {
    inode.requireWritable();
    changing(
        inode,
        (mount, node) -> {
          mount.removexattr(caller, node, name);
          return node;
        });
  }

  // ---- opening ----

  @Override
  public Fresh open(Caller caller, Inode inode, int flags) throws ErrnoException {
    try (OutsideLocks _ = OutsideLocks.waitFor(new Wanted(out(inode), (flags & O_TRUNC) != 0))) {
      inode.requireLive();
      return openLocked(caller, out(inode), flags);
    }
  }

  /** With the inode locked; alone if O_TRUNC. */
  private Fresh openLocked(Caller caller, OutsideInode inode, int flags) throws ErrnoException {
    int type = inode.node.type();
    if ((flags & OpenFlags.O_DIRECTORY) != 0 && type != Mode.S_IFDIR) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (type == Mode.S_IFLNK) {
      throw new ErrnoException(Errno.ELOOP);
    }
    int wanted = OpenOps.wantedAccess(flags);
    boolean writes = (wanted & Access.WRITE) != 0;
    if (type == Mode.S_IFDIR && writes) {
      throw new ErrnoException(Errno.EISDIR);
    }
    boolean isNode = type != Mode.S_IFREG && type != Mode.S_IFDIR;
    if (isNode || (writes && inode.mount().readOnly())) {
      inode.mount().access(caller, inode.node, wanted);
      if (isNode) {
        requireOwnerForNoatime(caller, inode, flags);
      }
      throw new ErrnoException(isNode ? Errno.ENXIO : Errno.EROFS);
    }
    if ((flags & O_TRUNC) != 0) {
      vfs.requireUnleased(inode);
      inode.changes();
    }
    OutsideFile file = inode.mount().open(caller, inode.node, flags);
    try {
      Stat stat = inode.counted(inode.mount().stat(inode.node));
      inode.hold();
      return new Fresh(new OutsideHandle(inode, file, flags & ~OpenOps.OPENING_ONLY), stat);
    } catch (ErrnoException e) {
      file.close();
      throw e;
    }
  }

  /** "O_NOATIME was specified, but the effective user ID did not match the owner" (open(2)). */
  private static void requireOwnerForNoatime(Caller caller, OutsideInode inode, int flags)
      throws ErrnoException {
    boolean asked = (flags & OpenFlags.O_NOATIME) != 0;
    if (asked && !caller.isRoot() && caller.uid() != inode.mount().stat(inode.node).uid()) {
      throw new ErrnoException(Errno.EPERM);
    }
  }

  /** A name that others take and free again meanwhile is looked for again. */
  @Override
  public Fresh create(Caller caller, Inode dir, Name name, int flags, int mode)
      throws ErrnoException {
    boolean exclusive = (flags & O_EXCL) != 0;
    OutsideNames.afterSearch(
        caller,
        out(dir),
        () -> {
          if (name.isDots()) {
            throw new ErrnoException(exclusive ? Errno.EEXIST : Errno.EISDIR);
          }
          OutsideNames.requireComponent(name);
        });
    for (int tries = 1; ; tries++) {
      try {
        return openOrMake(caller, out(dir), name, flags, mode);
      } catch (ErrnoException e) {
        if (exclusive || e.errno() != Errno.EEXIST || tries == CREATE_TRIES) {
          throw e;
        }
      }
    }
  }

  private Fresh openOrMake(Caller caller, OutsideInode dir, Name name, int flags, int mode)
      throws ErrnoException {
    return names.found(
        Wanted.alone(dir),
        () -> OutsideNames.lookupOrNull(caller, dir, name),
        (flags & O_TRUNC) != 0,
        (inode, entry) -> {
          if (inode == null) {
            dir.requireWritable();
            vfs.requireUnleased(dir);
            dir.changes();
            return opened(dir, dir.mount().create(caller, dir.node, name, flags, mode), flags);
          }
          if ((flags & O_EXCL) != 0) {
            throw new ErrnoException(Errno.EEXIST);
          }
          if (inode.isDirectory()) {
            throw new ErrnoException(Errno.EISDIR);
          }
          return openLocked(caller, inode, flags);
        });
  }

  private Fresh opened(OutsideInode dir, Opened opened, int flags) {
    OutsideInode inode = vfs.inodes().hold(opened.node(), dir.mountPoint);
    Handle handle = new OutsideHandle(inode, opened.file(), flags & ~OpenOps.OPENING_ONLY);
    return new Fresh(handle, inode.counted(opened.stat()));
  }

  @Override
  public Fresh tmpfile(Caller caller, Inode dir, int flags, int mode) throws ErrnoException {
    dir.requireWritable();
    int kept = flags & ~(OpenFlags.O_TMPFILE | OpenFlags.O_CREAT);
    return alone(
        dir, (mount, node) -> opened(out(dir), mount.tmpfile(caller, node, kept, mode), kept));
  }

  // ---- open files ----

  @Override
  public int read(
      Caller caller, Handle handle, long offset, ByteBuffer destination, @Nullable Pieces pieces)
      throws ErrnoException {
    return shared(handle.inode, (mount, node) -> file(handle).read(offset, destination));
  }

  @Override
  public Transferred write(Caller caller, Handle handle, long offset, ByteBuffer source)
      throws ErrnoException {
    return alone(
        handle.inode,
        (mount, node) -> {
          if (!source.hasRemaining()) {
            return new Transferred(offset < 0 ? mount.stat(node).size() : offset, 0);
          }
          vfs.requireUnleased(handle.inode);
          out(handle.inode).changes();
          return offset < 0
              ? file(handle).append(caller, source)
              : new Transferred(offset, file(handle).write(caller, offset, source));
        });
  }

  @Override
  public void requireOffset(Handle handle, long offset) throws ErrnoException {
    if (offset > OFFSET_EVERYWHERE && !handle.inode.isDirectory()) {
      shared(
          handle.inode,
          (mount, node) -> {
            file(handle).requireOffset(offset);
            return node;
          });
    }
  }

  @Override
  public long seekContent(Handle handle, Whence whence, long offset) throws ErrnoException {
    return shared(
        handle.inode,
        (mount, node) ->
            whence == Whence.DATA ? file(handle).seekData(offset) : file(handle).seekHole(offset));
  }

  @Override
  public void setFlags(Caller caller, Handle handle, int flags) throws ErrnoException {
    ((OutsideHandle) handle).file.setFlags(caller, flags);
  }

  @Override
  public void fallocate(Caller caller, Handle handle, int mode, long offset, long length)
      throws ErrnoException {
    changing(
        handle.inode,
        (mount, node) -> {
          file(handle).allocate(caller, mode, offset, length);
          return node;
        });
  }

  @Override
  public long copyRange(
      Caller caller, Handle handle, long offset, Handle toHandle, long toOffset, long length)
      throws ErrnoException {
    OutsideInode from = out(handle.inode);
    OutsideInode to = out(toHandle.inode);
    try (OutsideLocks _ = OutsideLocks.waitFor(Wanted.shared(from), Wanted.alone(to))) {
      if (from == to) {
        requireApart(from, offset, toOffset, length);
      }
      vfs.requireUnleased(to);
      to.changes();
      long count = Math.min(length, Limits.COPY_BYTES);
      return file(handle).copyTo(caller, offset, file(toHandle), toOffset, count);
    }
  }

  /** EINVAL ranges that overlap in one file, in all their length and not as far as we copy now. */
  private static void requireApart(OutsideInode file, long offset, long toOffset, long length)
      throws ErrnoException {
    long size = file.mount().stat(file.node).size();
    long present = Math.min(length, Math.max(0, size - offset));
    if (offset + present > toOffset && toOffset + present > offset) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  @Override
  public void fsync(Handle handle, boolean dataOnly) throws ErrnoException {
    shared(
        handle.inode,
        (mount, node) -> {
          ((OutsideHandle) handle).file.fsync(dataOnly);
          return node;
        });
  }

  // ---- listing ----

  @Override
  public void readdir(Caller caller, Handle handle, long cookie, Listing page)
      throws ErrnoException {
    new OutsideListing(vfs, this, caller, (OutsideHandle) handle, page).fill(cookie);
  }
}

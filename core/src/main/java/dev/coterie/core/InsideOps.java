package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pieces;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the core decides: operations on inodes of an {@link InsideMount}, by subject. */
final class InsideOps implements InodeOps {
  private final Vfs vfs;
  private final NameOps names;
  private final RenameOp rename;
  private final AttrOps attributes;
  private final XattrOps xattrs;
  private final OpenOps opens;
  private final DataOps data;

  InsideOps(Vfs vfs, Walk walk) {
    this.vfs = vfs;
    this.names = new NameOps(vfs, walk);
    this.rename = new RenameOp(vfs, names);
    this.attributes = new AttrOps(vfs);
    this.xattrs = new XattrOps(vfs);
    this.opens = new OpenOps(vfs, names, attributes);
    this.data = new DataOps(vfs, attributes);
  }

  /** The inode as the kind it is: {@link Vfs#ops} asked us for it. */
  private static InsideInode in(Inode inode) {
    return (InsideInode) inode;
  }

  // ---- names ----

  @Override
  public void requireSearch(Caller caller, Inode dir) throws ErrnoException {
    Access.require(in(dir).node, caller, Access.EXECUTE);
  }

  @Override
  public Found lookup(Caller caller, Inode dir, Name name) throws ErrnoException {
    return names.find(caller, in(dir), name);
  }

  @Override
  public Found parent(Caller caller, Inode dir) throws ErrnoException {
    return names.above(in(dir));
  }

  @Override
  public InodeId parentId(Caller caller, Inode dir) throws ErrnoException {
    return in(dir).mount().parent(in(dir).node).id();
  }

  @Override
  public @Nullable Inode find(MountPoint mountPoint, InodeId id) throws ErrnoException {
    InsideNode node = ((InsideMount) mountPoint.mount()).find(id);
    return node == null ? null : vfs.inodes().hold(node, mountPoint);
  }

  @Override
  public void requireReachable(Caller caller, Inode inode) throws ErrnoException {
    NameOps.requireReachable(caller, in(inode));
  }

  @Override
  public Found make(Caller caller, Inode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    return names.make(caller, in(dir), name, mode, rdev, target);
  }

  @Override
  public Stat link(Caller caller, Inode inode, Inode dir, Name name) throws ErrnoException {
    Stat stat = names.link(caller, inode, in(dir), name);
    moved();
    return stat;
  }

  @Override
  public void remove(Caller caller, Inode dir, Name name, boolean directory) throws ErrnoException {
    names.remove(caller, in(dir), name, directory);
  }

  @Override
  public void rename(Caller caller, Inode dir, Name name, Inode newDir, Name newName, int flags)
      throws ErrnoException {
    rename.rename(caller, in(dir), name, in(newDir), newName, flags);
    moved();
  }

  /** What has come to a directory may be copied no more, by the choice of its owner. */
  private void moved() {
    if (vfs.choices().isUsed()) {
      vfs.recallUnwanted();
    }
  }

  // ---- attributes ----

  @Override
  public Stat stat(Inode inode) throws ErrnoException {
    return attributes.stat(in(inode));
  }

  @Override
  public Stat setattr(Caller caller, Inode inode, @Nullable Handle handle, SetAttr change)
      throws ErrnoException {
    return attributes.setattr(caller, in(inode), handle != null, change);
  }

  @Override
  public void access(Caller caller, Inode inode, int mask) throws ErrnoException {
    attributes.access(caller, in(inode), mask);
  }

  @Override
  public byte[] readlink(Caller caller, Inode inode) throws ErrnoException {
    return attributes.readlink(in(inode));
  }

  @Override
  public StatFs statfs(Inode inode) throws ErrnoException {
    return in(inode).mount().statfs();
  }

  @Override
  public byte[] getxattr(Caller caller, Inode inode, Name name) throws ErrnoException {
    return xattrs.get(caller, in(inode), name);
  }

  @Override
  public void setxattr(Caller caller, Inode inode, Name name, byte[] value, int flags)
      throws ErrnoException {
    xattrs.set(caller, in(inode), name, value, flags);
  }

  @Override
  public List<Name> listxattr(Caller caller, Inode inode) throws ErrnoException {
    return xattrs.list(caller, in(inode));
  }

  @Override
  public void removexattr(Caller caller, Inode inode, Name name) throws ErrnoException {
    xattrs.remove(caller, in(inode), name);
  }

  // ---- opening ----

  @Override
  public Fresh open(Caller caller, Inode inode, int flags) throws ErrnoException {
    return opens.open(caller, in(inode), flags);
  }

  @Override
  public Fresh create(Caller caller, Inode dir, Name name, int flags, int mode)
      throws ErrnoException {
    return opens.create(caller, in(dir), name, flags, mode);
  }

  @Override
  public Fresh tmpfile(Caller caller, Inode dir, int flags, int mode) throws ErrnoException {
    return opens.tmpfile(caller, in(dir), flags, mode);
  }

  // ---- open files ----

  @Override
  public void readdir(Caller caller, Handle handle, long cookie, Listing page)
      throws ErrnoException {
    opens.readdir(caller, in(handle.inode), handle.flags(), cookie, page);
  }

  @Override
  public int read(
      Caller caller, Handle handle, long offset, ByteBuffer destination, @Nullable Pieces pieces)
      throws ErrnoException {
    return pieces == null
        ? data.read(in(handle.inode), handle.flags(), offset, destination)
        : data.send(in(handle.inode), handle.flags(), offset, destination, pieces);
  }

  @Override
  public Transferred write(Caller caller, Handle handle, long offset, ByteBuffer source)
      throws ErrnoException {
    return data.write(caller, in(handle.inode), offset, source);
  }

  /** Any: files of ours end where offsets do. */
  @Override
  public void requireOffset(Handle handle, long offset) {}

  @Override
  public long seekContent(Handle handle, Whence whence, long offset) throws ErrnoException {
    return data.seekContent(in(handle.inode), whence, offset);
  }

  @Override
  public void setFlags(Caller caller, Handle handle, int flags) throws ErrnoException {
    DataOps.requireMaySet(caller, in(handle.inode), handle.flags(), flags);
  }

  @Override
  public void fallocate(Caller caller, Handle handle, int mode, long offset, long length)
      throws ErrnoException {
    data.fallocate(caller, in(handle.inode), mode, offset, length);
  }

  @Override
  public long copyRange(
      Caller caller, Handle handle, long offset, Handle toHandle, long toOffset, long length)
      throws ErrnoException {
    InsideInode from = in(handle.inode);
    long copied = data.copyRange(caller, from, offset, in(toHandle.inode), toOffset, length);
    if (copied > 0) {
      attributes.touch(from, handle.flags());
    }
    return copied;
  }

  @Override
  public void fsync(Handle handle, boolean dataOnly) throws ErrnoException {
    DataOps.fsync(in(handle.inode), dataOnly);
  }
}

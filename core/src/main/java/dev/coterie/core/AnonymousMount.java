package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.OutsideEntry;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.spi.OutsideNode;
import dev.coterie.core.spi.OutsideWatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the one inode lies that all handles without a file have: event sets and event counters
 * (analogous to Linux's anon_inodefs). It is nowhere in the tree, and nothing about it can be
 * changed.
 */
final class AnonymousMount implements OutsideMount {
  /** "anon_inode" in Linux's include/uapi/linux/magic.h. */
  private static final int MAGIC = 0x09041934;

  private static final int MODE = 0600; // and no type, as on Linux

  private record Anonymous(InodeId id) implements OutsideNode {
    @Override
    public int type() {
      return 0;
    }
  }

  private final Anonymous node; // immutable
  private final Timestamp made; // immutable

  AnonymousMount(InodeId id, Timestamp made) {
    this.node = new Anonymous(id);
    this.made = made;
  }

  @Override
  public OutsideNode root() {
    return node;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public boolean copies() {
    return false;
  }

  @Override
  public boolean overlaps(OutsideMount other) {
    return false;
  }

  @Override
  public boolean isSlow() {
    return false;
  }

  @Override
  public void close() {}

  @Override
  public Stat stat(OutsideNode asked) {
    return new Stat(node.id(), MODE, 1, 0, 0, 0, 0, 4096, 0, made, made, made, made, 0);
  }

  @Override
  public StatFs statfs(OutsideNode asked) {
    return new StatFs(MAGIC, 4096, 0, 0, 0, 0, 0, 0, 255);
  }

  @Override
  public void access(Caller caller, OutsideNode asked, int mask) throws ErrnoException {
    if (!caller.isRoot() && mask != 0) {
      throw new ErrnoException(Errno.EACCES);
    }
  }

  @Override
  public List<Name> listxattr(Caller caller, OutsideNode asked) {
    return List.of();
  }

  @Override
  public void requireReachable(Caller caller, OutsideNode asked) {}

  @Override
  public @Nullable OutsideNode find(InodeId id) {
    return null;
  }

  @Override
  public void release(OutsideNode asked) {}

  // ---- what it cannot do ----

  @Override
  public OutsideWatch watch(OutsideNode asked, int mask, OutsideWatch.Sink sink)
      throws ErrnoException {
    throw unsupported();
  }

  private static ErrnoException unsupported() {
    return new ErrnoException(Errno.EOPNOTSUPP);
  }

  private static ErrnoException noDirectory() {
    return new ErrnoException(Errno.ENOTDIR);
  }

  @Override
  public Stat setattr(
      Caller caller, OutsideNode asked, OutsideFile.@Nullable Content opened, SetAttr change)
      throws ErrnoException {
    throw unsupported();
  }

  @Override
  public byte[] readlink(Caller caller, OutsideNode link) throws ErrnoException {
    throw new ErrnoException(Errno.EINVAL);
  }

  @Override
  public byte[] getxattr(Caller caller, OutsideNode asked, Name name) throws ErrnoException {
    throw unsupported();
  }

  @Override
  public void setxattr(Caller caller, OutsideNode asked, Name name, byte[] value, int flags)
      throws ErrnoException {
    throw unsupported();
  }

  @Override
  public void removexattr(Caller caller, OutsideNode asked, Name name) throws ErrnoException {
    throw unsupported();
  }

  @Override
  public OutsideFile open(Caller caller, OutsideNode asked, int flags) throws ErrnoException {
    throw new ErrnoException(Errno.ENXIO);
  }

  @Override
  public OutsideEntry lookup(Caller caller, OutsideNode dir, Name name) throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public OutsideEntry parent(Caller caller, OutsideNode dir) throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public Made make(Caller caller, OutsideNode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public void link(Caller caller, OutsideNode asked, OutsideNode dir, Name name)
      throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public void remove(
      Caller caller, OutsideNode dir, Name name, OutsideNode victim, boolean directory)
      throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public void rename(
      Caller caller,
      OutsideNode dir,
      Name name,
      OutsideNode asked,
      OutsideNode newDir,
      Name newName,
      @Nullable OutsideNode replaced,
      int flags)
      throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public Opened create(Caller caller, OutsideNode dir, Name name, int flags, int mode)
      throws ErrnoException {
    throw noDirectory();
  }

  @Override
  public Opened tmpfile(Caller caller, OutsideNode dir, int flags, int mode) throws ErrnoException {
    throw noDirectory();
  }
}

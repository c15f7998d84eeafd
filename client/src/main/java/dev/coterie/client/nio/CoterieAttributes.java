package dev.coterie.client.nio;

import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/** What stat(2) says of a file, all of one moment. */
final class CoterieAttributes implements PosixFileAttributes {
  private final Stat stat;
  private final CoterieFileSystem fileSystem; // that the file is in

  CoterieAttributes(Stat stat, CoterieFileSystem fileSystem) {
    this.stat = stat;
    this.fileSystem = fileSystem;
  }

  Stat stat() {
    return stat;
  }

  static FileTime time(Timestamp time) {
    return FileTime.from(time.toInstant());
  }

  @Override
  public FileTime lastModifiedTime() {
    return time(stat.mtime());
  }

  @Override
  public FileTime lastAccessTime() {
    return time(stat.atime());
  }

  @Override
  public FileTime creationTime() {
    return time(stat.btime());
  }

  FileTime changeTime() {
    return time(stat.ctime());
  }

  @Override
  public boolean isRegularFile() {
    return stat.isRegular();
  }

  @Override
  public boolean isDirectory() {
    return stat.isDirectory();
  }

  @Override
  public boolean isSymbolicLink() {
    return stat.isSymlink();
  }

  @Override
  public boolean isOther() {
    return !stat.isRegular() && !stat.isDirectory() && !stat.isSymlink();
  }

  @Override
  public long size() {
    return stat.size();
  }

  /** The identity, equal for two names of one file and never used for another. */
  @Override
  public InodeId fileKey() {
    return stat.id();
  }

  /**
   * Numbers of inodes are unique in a tree, across its mounts, so the whole tree is one device. Its
   * root tells it from those of other leaders.
   */
  long device() {
    return Integer.toUnsignedLong(fileSystem.tree().root().generation());
  }

  @Override
  public UserPrincipal owner() {
    return new Principals.User(stat.uid());
  }

  @Override
  public GroupPrincipal group() {
    return new Principals.Group(stat.gid());
  }

  @Override
  public Set<PosixFilePermission> permissions() {
    return Options.permissions(stat.mode() & Mode.PERMISSIONS);
  }
}

package dev.coterie.api;

/**
 * What is known of an inode: stat(2) with the birth time, the generation and a change counter.
 *
 * @param id identity; {@code id.number()} is {@code st_ino}
 * @param mode type and permissions, {@link Mode}
 * @param nlink hard links; a directory counts its own "." and the ".." of each subdirectory
 * @param uid owner
 * @param gid group
 * @param rdev device of a device node in makedev(3)'s encoding, else 0
 * @param size in bytes
 * @param blksize preferred size of one transfer, in bytes
 * @param blocks allocated, in units of 512 bytes
 * @param atime last read
 * @param mtime last change of content
 * @param ctime last change of content or attributes
 * @param btime creation
 * @param change grows with every change of content, names or attributes; equal means unchanged
 */
public record Stat(
    InodeId id,
    int mode,
    long nlink,
    int uid,
    int gid,
    long rdev,
    long size,
    int blksize,
    long blocks,
    Timestamp atime,
    Timestamp mtime,
    Timestamp ctime,
    Timestamp btime,
    long change) {

  /** The same with another change counter. */
  public Stat withChange(long counter) {
    return new Stat(
        id, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime, btime, counter);
  }

  public boolean isDirectory() {
    return Mode.isDirectory(mode);
  }

  public boolean isRegular() {
    return Mode.isRegular(mode);
  }

  public boolean isSymlink() {
    return Mode.isSymlink(mode);
  }
}

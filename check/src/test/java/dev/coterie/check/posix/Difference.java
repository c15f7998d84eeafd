package dev.coterie.check.posix;

/**
 * What legitimately differs between a tmpfs of the kernel and ours, or between plain system calls
 * on a directory and those through a host mount, and what the test does about it. All there is: any
 * other difference is a fault. Of a host mount hold FIFO_OPENS, STICKY_NODES, MOUNT_POINT_NUMBER,
 * DIRECTORY_OFFSETS, TIME_GRAIN and the last five.
 */
enum Difference {
  /** Linux's tmpfs has no FALLOC_FL_ZERO_RANGE (EOPNOTSUPP); ours has. Not generated. */
  ZERO_RANGE,

  /**
   * A FIFO of a host mount is a node without life here (ENXIO, {@link
   * dev.coterie.api.FileService#open}), and elsewhere opening one can wait for ever. Both worlds
   * say ENXIO where they could open one; what FIFOs do is KernelEventsIT's.
   */
  FIFO_OPENS,

  /**
   * In a sticky directory that all may write Linux refuses to open another user's socket, device
   * or, with O_NOFOLLOW, symbolic link by O_CREAT (EACCES), and unlike for files and FIFOs
   * (proc_sys_fs(5), protected_regular) that cannot be switched off; here it is ENXIO or ELOOP as
   * elsewhere. kernel_fs.c asks again without O_CREAT.
   */
  STICKY_NODES,

  /**
   * Linux copies inside a tmpfs by splice, which fills holes with zeros; ours keeps holes. What is
   * read is the same. {@link ProcessCalls} writes what it has copied once more, so that blocks and
   * holes can be compared afterwards; and neither world tries where space may run out meanwhile.
   */
  COPY_FILLS_HOLES,

  /**
   * A write that finds no space has marked the times and cleared set-id bits on Linux when it
   * fails; ours has changed nothing. {@link ProcessCalls} marks them then by making a hole where
   * there is nothing.
   */
  REFUSED_WRITE_MARKS,

  /**
   * When truncate(2) to the present length clears set-id bits, Linux's tmpfs does not mark the
   * change time; ours does. kernel_fs.c marks it.
   */
  UNMARKED_MODE,

  /**
   * A second fallocate(2) of a page that was not written yet makes it data for lseek(2) on Linux;
   * ours stays a hole. Half of the seeds allocate, the other half look for data and holes.
   */
  FALLOCATED_TWICE,

  /**
   * In a listing Linux gives a directory the number it has below what is mounted on it, ours the
   * number that stat(2) gives. kernel_fs.c does as ours.
   */
  MOUNT_POINT_NUMBER,

  /** Linux's tmpfs has RENAME_WHITEOUT, for overlays; ours has not (EINVAL). Not generated. */
  WHITEOUT,

  /**
   * On Linux a removed directory is freed only when no name that was below it is open any more;
   * ours with its own last reference. So free inodes are compared when nothing is open: at the end
   * of a run, and all the time in a run that opens nothing.
   */
  DIRECTORIES_LINGER,

  /**
   * Where there is no space left for an extended attribute, Linux's tmpfs says so before it looks
   * at XATTR_CREATE and XATTR_REPLACE; ours afterwards. The run with few inodes sets without flags.
   */
  XATTR_FLAGS_AND_SPACE,

  /**
   * Linux lets everybody set a security.capability of no bytes, ours only root; and a list that
   * fills more than a page is E2BIG in ours. Not generated.
   */
  KNOWN_VALUES,

  /**
   * An open directory's offset is what readdir(3) left on Linux; ours is given a cookie with each
   * call. kernel_fs.c puts the offset back after a listing.
   */
  DIRECTORY_OFFSETS,

  /**
   * Linux's times have the grain of a tick; only those of changes are finer, once they were asked
   * for, but not a directory's, which takes those of what it named. Ours have none. So that a
   * change after a look always shows, kernel_fs.c waits for the next tick when it has shown such a
   * time of this tick. Of a directory of the host ours waits too ({@link Pace}).
   */
  TIME_GRAIN,

  /**
   * In a file that reaches into the last page of all, Linux's lseek(2) overflows and finds no data
   * before the end; ours finds it. Both worlds answer EOVERFLOW without asking.
   */
  FAR_DATA,

  /**
   * What a removed file takes is free when the kernel has told each mount that it forgets the
   * inode: the mount it was removed through at once, but without waiting until that is done;
   * another in its own time. On mounts free inodes are not compared nor made scarce, with two of
   * them no free space at all.
   */
  FORGOTTEN_LATER,

  /**
   * A directory that was moved through one mount since another saw it: Linux cannot find that out
   * in the middle of a rename(2) from one directory to another, and says ESTALE (__d_unalias, as on
   * NFS). With two mounts kernel_fs.c then looks at both names and tries again.
   */
  MOVED_ELSEWHERE,

  /**
   * A working directory that was moved or removed through another mount: Linux goes up from where
   * it was, and learns only from the first name made in it that it is gone. With two mounts nobody
   * changes to another directory.
   */
  LEFT_BEHIND,

  /**
   * What Linux itself decides of an open file, it decides by the size and the owner that this mount
   * saw last: where the offset is after an append, who may fchmod(2), how far to copy. With two
   * mounts kernel_fs.c looks at an open file before each call.
   */
  SEEN_LAST,

  /** The kernel does not ask a FUSE mount to read no bytes, so the access time stays. Left out. */
  READ_OF_NOTHING,

  /**
   * copy_file_range(2) from one FUSE mount to another, the kernel does itself; between two tmpfs it
   * is EXDEV. kernel_fs.c says so.
   */
  COPY_BETWEEN_MOUNTS,

  /**
   * That F_SETFL has changed O_NOATIME a FUSE mount learns from the next read of any kind, but not
   * from a copy_file_range(2), which says nothing of the flags of what it copies from. kernel_fs.c
   * reads a byte first, where that marks nothing.
   */
  FLAGS_CHANGED,

  /** The kernel says of each FUSE mount that it is one. kernel_fs.c says tmpfs instead. */
  FILE_SYSTEM_TYPE,

  /**
   * fallocate(2) that shifts what lies behind (COLLAPSE_RANGE, INSERT_RANGE) is there on ext4 and
   * not by a tree of ours (EOPNOTSUPP), as {@link dev.coterie.api.FileService#fallocate} says.
   * Against a directory of the host kernel_fs.c asks for a mode that no file system has.
   */
  SHIFTED_RANGES,

  /**
   * lseek(2) from the end of a directory, or for data in it, gives numbers on ext4 and FUSE; in a
   * tree of ours only cookies lead anywhere in a directory (EINVAL). kernel_fs.c does as ours.
   */
  DIRECTORY_ENDS,

  /**
   * What a file on ext4 takes depends on where its space is and on what was written back already:
   * blocks, free blocks and free inodes are not compared there.
   */
  EXT4_SPACE,

  /**
   * ext4 allocates as much as there is before it says ENOSPC, and so fills up at once. In both
   * worlds fallocate(2) of more than there is says so there without having been tried.
   */
  PARTLY_ALLOCATED,

  /**
   * ext4 gives the number of a removed file to the next one. So inodes are told apart by their
   * handles there, and listings, which give numbers alone, are compared without them.
   */
  USED_AGAIN
}

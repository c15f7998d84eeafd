package dev.coterie.check.posix;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a full run must have met of each call. A reduced one must have tried each. */
final class Expected {
  private static final String OUTCOMES =
      """
      access: done EACCES EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR
      chdir: done EACCES ENOENT ENOTDIR
      chmod: done EACCES ELOOP ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS
      chown: done EACCES ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS
      close: done EBADF
      copy: done EBADF EINVAL EISDIR ENOSPC EOVERFLOW EXDEV
      fallocate: done EBADF EFBIG EINVAL ENOSPC
      fallocate KEEP_SIZE: done EBADF EFBIG EINVAL ENOSPC
      fallocate PUNCH_HOLE: done EBADF EFBIG EINVAL
      fallocate other: EBADF EINVAL EOPNOTSUPP
      fchmod: done EBADF EPERM
      fchown: done EBADF EPERM
      fcntl: done EBADF EPERM
      fdlist: done EBADF ENOTDIR
      fstat: done EBADF
      fsync: done EBADF
      ftruncate: done EBADF EINVAL
      futimens: done EACCES EBADF EPERM
      getxattr: done EACCES EINVAL ENODATA ENOENT ENOTDIR EOPNOTSUPP ERANGE
      lchown: done EACCES ENOENT ENOTDIR EPERM
      link: done EACCES EEXIST ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS EXDEV
      link FOLLOW: done EACCES EEXIST ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS EXDEV
      linkfd: done EACCES EBADF EEXIST ENOENT ENOTDIR EPERM EROFS EXDEV
      list: done EACCES ENAMETOOLONG ENOENT ENOTDIR
      listxattr: done EACCES ENOENT ENOTDIR
      lseek CUR: done EBADF EINVAL
      lseek DATA: done EBADF ENXIO
      lseek END: done EBADF EINVAL
      lseek HOLE: done EBADF ENXIO
      lseek SET: done EBADF EINVAL
      lstat: done EACCES ELOOP ENAMETOOLONG ENOENT ENOTDIR
      mkdir: done EACCES EEXIST ENAMETOOLONG ENOENT ENOSPC ENOTDIR EROFS
      mknod -: done EACCES EEXIST ENOENT ENOSPC ENOTDIR EROFS
      mknod b: done EACCES EEXIST ENOENT ENOTDIR EPERM
      mknod c: done EACCES EEXIST ENOENT ENOTDIR EPERM
      mknod d: EPERM
      mknod l: EINVAL
      mknod p: done EACCES EEXIST ENOENT ENOSPC ENOTDIR
      mknod s: done EACCES EEXIST ENOENT ENOSPC ENOTDIR
      open: done EACCES EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR ENXIO EPERM
      open CREAT: done EACCES EINVAL EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR ENXIO EPERM EROFS
      open CREAT EXCL: done EACCES EEXIST EINVAL EISDIR ENOENT ENOTDIR EROFS
      open DIRECTORY: done EACCES EISDIR ENOENT ENOTDIR
      open TMPFILE: done EACCES EINVAL ENOENT ENOTDIR
      open TMPFILE EXCL: done EACCES EINVAL ENOENT ENOTDIR
      pread: done EBADF EINVAL EISDIR
      pwrite: done EBADF EINVAL ENOSPC
      read: done EBADF EISDIR
      readlink: done EACCES EINVAL ENOENT ENOTDIR
      removexattr: done EACCES EINVAL ENODATA ENOENT ENOTDIR EOPNOTSUPP EPERM ERANGE
      rename: done EACCES EBUSY EINVAL EISDIR ENAMETOOLONG ENOENT ENOTDIR ENOTEMPTY EPERM EXDEV
      rename EXCHANGE: done EACCES EBUSY EINVAL ENAMETOOLONG ENOENT ENOTDIR EPERM EXDEV
      rename NOREPLACE: done EACCES EBUSY EEXIST ENOENT ENOTDIR EPERM EXDEV
      rename other flags: EINVAL
      rmdir: done EACCES EBUSY EINVAL ENAMETOOLONG ENOENT ENOTDIR ENOTEMPTY EPERM EROFS
      setxattr: done E2BIG EACCES EEXIST EINVAL ENAMETOOLONG ENODATA ENOENT ENOSPC ENOTDIR EOPNOTSUPP EPERM ERANGE EROFS
      share: done EBADF
      stat: done EACCES ENAMETOOLONG ENOENT ENOTDIR
      statfs: done EACCES ENOENT ENOTDIR
      symlink: done EACCES EEXIST ENAMETOOLONG ENOENT ENOSPC ENOTDIR EROFS
      truncate: done EACCES EINVAL EISDIR ENAMETOOLONG ENOENT ENOTDIR
      umask: done
      unlink: done EACCES EISDIR ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS
      usage: done EACCES ENOENT ENOTDIR
      utimens: done EACCES ENAMETOOLONG ENOENT ENOTDIR EPERM
      valuexattr: done EACCES EINVAL ENOENT ENOTDIR EOPNOTSUPP EPERM EROFS
      write: done EBADF EINVAL ENOSPC
      """;

  private Expected() {}

  /** Call → outcomes: {@code done} and errors. */
  static Map<String, List<String>> outcomes() {
    return Arrays.stream(OUTCOMES.split("\n"))
        .map(line -> line.split(": "))
        .collect(Collectors.toMap(line -> line[0], line -> List.of(line[1].split(" "))));
  }
}

package dev.coterie.check.suite;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Which operations the checks saw succeed, and with which errors they saw them fail: held against
 * what {@link FileService} documents, so that no behaviour is left out unnoticed.
 */
final class Covered {
  /** Errors of each operation that a check must have seen, beside success. */
  private static final Map<String, String> DOCUMENTED =
      Map.ofEntries(
          Map.entry("root", "ESTALE"),
          Map.entry("lookup", "ENOENT ENOTDIR EACCES ESTALE ENAMETOOLONG EINVAL"),
          Map.entry("forget", "ESTALE EINVAL"),
          Map.entry("rebind", "ESTALE EACCES"),
          Map.entry("getattr", "ESTALE"),
          Map.entry("setattr", "EPERM EACCES EINVAL EISDIR EROFS ESTALE EBADF EOPNOTSUPP"),
          Map.entry("access", "EACCES EINVAL EROFS ESTALE"),
          Map.entry("mknod", "EEXIST EPERM ENOSPC EINVAL EROFS EACCES ENOENT ENOTDIR ESTALE"),
          Map.entry("mkdir", "EEXIST ENOSPC EROFS EACCES ENOENT ENOTDIR ENAMETOOLONG ESTALE"),
          Map.entry("symlink", "ENOENT ENAMETOOLONG EEXIST ENOSPC EROFS EACCES ENOTDIR ESTALE"),
          Map.entry("readlink", "EINVAL ESTALE"),
          Map.entry("link", "EPERM ENOENT EXDEV EEXIST EACCES ENOTDIR ENOSPC ESTALE"),
          Map.entry("unlink", "EISDIR ENOENT EACCES EPERM EROFS ENOTDIR ESTALE"),
          Map.entry("rmdir", "ENOTEMPTY ENOTDIR EINVAL EBUSY EACCES EPERM EROFS ENOENT ESTALE"),
          Map.entry(
              "rename",
              "EXDEV EEXIST ENOTEMPTY EISDIR ENOTDIR EINVAL EBUSY EACCES EPERM ENOENT EROFS"),
          Map.entry("getxattr", "ENODATA EOPNOTSUPP EACCES ERANGE ESTALE"),
          Map.entry(
              "setxattr",
              "EEXIST ENODATA ERANGE E2BIG EOPNOTSUPP ENOSPC EPERM EACCES EROFS EINVAL ESTALE"),
          Map.entry("listxattr", "ESTALE"),
          Map.entry("removexattr", "ENODATA EOPNOTSUPP EPERM EACCES EROFS ESTALE"),
          Map.entry("statfs", "ESTALE"),
          Map.entry(
              "create", "EEXIST ELOOP EISDIR EACCES EROFS ENOSPC ENXIO EINVAL ENOTDIR ENOENT"),
          Map.entry("tmpfile", "EINVAL EACCES EROFS ENOSPC ENOTDIR ESTALE"),
          Map.entry("open", "EACCES EISDIR ENOTDIR ELOOP EPERM ENXIO ESTALE EINTR"),
          Map.entry("close", "EBADF ESTALE"),
          Map.entry("readdir", "EINVAL ENOTDIR EBADF ENOENT"),
          Map.entry("read", "EBADF EISDIR EINVAL ESPIPE ESTALE"),
          Map.entry("write", "EBADF ENOSPC EINVAL ESPIPE"),
          Map.entry("append", "EBADF ENOSPC EFBIG"),
          Map.entry("readnext", "EBADF EISDIR EAGAIN EINVAL EINTR"),
          Map.entry("writenext", "EBADF EAGAIN EINVAL EPIPE EINTR"),
          Map.entry("seek", "EBADF EINVAL ENXIO"),
          Map.entry("setflags", "EBADF EPERM"),
          Map.entry("fallocate", "EOPNOTSUPP EINVAL EFBIG ENOSPC EBADF"),
          Map.entry("copyrange", "EINVAL EXDEV EBADF EISDIR ENOSPC EOVERFLOW EFBIG"),
          Map.entry("fsync", "EBADF"),
          Map.entry("lock", "EAGAIN EDEADLK EBADF EINVAL EOVERFLOW ENOLCK EINTR"),
          Map.entry("getlock", "EINVAL EOVERFLOW EBADF"),
          Map.entry("evset", ""),
          Map.entry("eventfd", "EINVAL"),
          Map.entry("evctl", "EBADF EEXIST EINVAL ELOOP ENOENT EPERM"),
          Map.entry("evwait", "EBADF EINVAL EINTR"),
          Map.entry("evlock", "EBADF EINVAL EOVERFLOW"),
          Map.entry("openwatch", "EMFILE"),
          Map.entry("addwatch", "EACCES EINVAL ENOTDIR EEXIST EBADF ESTALE"),
          Map.entry("removewatch", "EINVAL EBADF"),
          Map.entry("nextchanges", "EAGAIN EBADF EINTR EINVAL"),
          Map.entry("lease", "ESTALE"),
          Map.entry("returnleases", "EINVAL"),
          Map.entry("leasenames", "ESTALE"),
          Map.entry("leaselocks", "EBADF"),
          Map.entry("returnlocks", "EINVAL"),
          Map.entry("nextrecalls", "EAGAIN EBUSY EINTR EINVAL"),
          Map.entry("openkey", "EINVAL ENOSPC"),
          Map.entry("usekey", "EACCES EBADF EINVAL EINTR ETIMEDOUT"),
          Map.entry("returnkey", "EACCES EBADF EMSGSIZE EPERM"),
          Map.entry("closekey", "EBADF"),
          Map.entry("share", "EBADF EMFILE"),
          Map.entry("take", "ENOENT EPERM"));

  private static final String SUCCESS = "success";

  private final Set<String> seen = new ConcurrentSkipListSet<>();

  /** A service that does what this one does, while we watch. */
  FileService watch(FileService service) {
    return new Watched(service);
  }

  /** What no check has seen; and operations that stand in no line above. */
  Set<String> missing() {
    Set<String> missing = new TreeSet<>();
    DOCUMENTED.forEach((label, errors) -> {
      List<String> outcomes =
          new ArrayList<>(errors.isEmpty() ? List.of() : List.of(errors.split(" ")));
      outcomes.add(SUCCESS);
      outcomes.stream()
          .map(o -> label + " " + o)
          .filter(o -> !seen.contains(o))
          .forEach(missing::add);
    });
    for (Class<?> operation : leaves(Operation.class)) {
      String label = operation.getSimpleName().toLowerCase(Locale.ROOT);
      if (!DOCUMENTED.containsKey(label)) {
        missing.add(label + " is not listed");
      }
    }
    return missing;
  }

  private static List<Class<?>> leaves(Class<?> type) {
    List<Class<?>> all = new ArrayList<>();
    for (Class<?> sub : type.getPermittedSubclasses()) {
      all.addAll(sub.isRecord() ? List.of(sub) : leaves(sub));
    }
    return all;
  }

  private final class Watched implements FileService {
    private final FileService service;

    Watched(FileService service) {
      this.service = service;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      String label = operation.label();
      return service.submit(
          caller,
          operation,
          new Completion<R>() {
            @Override
            public void done(R result) {
              seen.add(label + " " + SUCCESS);
              completion.done(result);
            }

            @Override
            public void failed(Errno errno) {
              seen.add(label + " " + errno);
              completion.failed(errno);
            }
          });
    }

    @Override
    public void close() {
      service.close();
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.HandleLock;
import dev.coterie.api.HandleLocks;
import dev.coterie.api.Limits;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code coterie lock}: a program that runs while a file is locked, as flock(1). */
final class LockCommand implements Command {
  private static final Option SHARED =
      Option.flag('s', "--shared", "others may hold shared locks at the same time");
  private static final Option RANGE =
      Option.value(
          "--range", "A-B", "bytes A to B, both included, or A- to the end (default: all)");
  private static final Option TIMEOUT =
      Option.value(
          "--timeout",
          "SECONDS",
          "how long to wait, such as 0.5; 0 not at all (default: for ever)");
  private static final Option STATUS =
      Option.value("--conflict-exit-code", "N", "exit status when the time was over (default 1)");
  private static final Option FLOCK =
      Option.flag("--flock", "lock as flock(2) does, which only other flocks notice");

  private static final BigDecimal SECONDS_MAX = BigDecimal.valueOf(1_000_000_000);
  private static final int MODE = 0666;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "lock",
        "Runs a program while a file is locked.",
        "FILE [OPTION...] -- COMMAND [ARGUMENT...]",
        2,
        Synopsis.ANY,
        List.of(SHARED, RANGE, TIMEOUT, STATUS, FLOCK, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "Waits until nobody else has the file locked, or those bytes, runs the program and unlocks.",
            "The file is made if there is none. The lock excludes other 'coterie lock', FileChannel.lock",
            "of Java programs and fcntl locks on mounts of the tree; with --flock only locks of that",
            "kind. A signal ends the wait. The lock ends with this process, however that ends.",
            "",
            ForegroundProgram.STATUS,
            "",
            "Examples:",
            "  coterie lock /ledger -- ./post-entries",
            "  coterie lock /ledger --shared --timeout 5 -- ./report",
            "  coterie lock /table --range 4096-8191 -- ./update-page 1"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    String path = arguments.operands().getFirst();
    boolean shared = arguments.has(SHARED);
    boolean flock = arguments.has(FLOCK);
    RangeLock range = range(arguments.value(RANGE), shared);
    if (flock && arguments.has(RANGE)) {
      throw Failure.usage("--flock locks the whole file; no --range");
    }
    Duration timeout = timeout(arguments.value(TIMEOUT));
    int conflict = arguments.number(STATUS, Failure.FAILED, 0, 255);
    ProcessBuilder program =
        ForegroundProgram.of(arguments.operands().subList(1, arguments.operands().size()));
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      // It ends with the link; closing it could only fail for reasons that the lock tells too.
      OpenFile file = open(link.tree(), path, shared || flock);
      HandleLocks locks = flock ? HandleLocks.flock(file) : HandleLocks.of(file);
      HandleLock lock = lock(locks, range, shared, timeout, path);
      if (lock == null) {
        throw Failure.with(conflict, path + ": " + whoHolds(locks, range, shared));
      }
      int status = ForegroundProgram.run(program, () -> {});
      return unlock(lock, path, status, console);
    }
  }

  private static OpenFile open(Tree tree, String path, boolean reads) throws Failure {
    int flags = (reads ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR) | OpenFlags.O_CREAT;
    TreePath file = ByteText.path(path);
    try {
      try {
        return tree.open(file, flags, MODE);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EISDIR || !reads) {
          throw e;
        }
        return tree.open(file, OpenFlags.O_RDONLY, 0);
      }
    } catch (ErrnoException e) {
      throw Failure.of(path, e);
    }
  }

  /** Null: the time was over first. */
  private static @Nullable HandleLock lock(
      HandleLocks locks, RangeLock range, boolean shared, @Nullable Duration timeout, String path)
      throws Failure {
    try {
      return timeout == null
          ? locks.lock(range.start(), range.length(), shared)
          : locks.tryLock(range.start(), range.length(), shared, timeout);
    } catch (ErrnoException e) {
      throw Failure.of(path, e);
    }
  }

  private static String whoHolds(HandleLocks locks, RangeLock range, boolean shared) {
    try {
      FoundLock found = locks.find(range.start(), range.length(), shared);
      if (found.type() != RangeLock.Type.UNLOCK && found.pid() > 0) {
        return "locked by process " + found.pid();
      }
    } catch (ErrnoException e) {
      // Not so important who it is.
    }
    return "locked by another process";
  }

  /** What the program ended with; if the lock was lost meanwhile that is a failure too. */
  private static int unlock(HandleLock lock, String path, int status, Console console) {
    try {
      lock.close();
      return status;
    } catch (ErrnoException e) {
      console.complain(path, e);
      return status == 0 ? Failure.FAILED : status;
    }
  }

  // ---- arguments ----

  private static RangeLock range(@Nullable String given, boolean shared) throws Failure {
    RangeLock.Type type = shared ? RangeLock.Type.READ : RangeLock.Type.WRITE;
    if (given == null) {
      return RangeLock.whole(RangeLock.Kind.OFD, type);
    }
    int dash = given.indexOf('-');
    try {
      long first = Long.parseLong(dash < 0 ? given : given.substring(0, dash));
      String end = dash < 0 ? given : given.substring(dash + 1);
      long last = end.isEmpty() ? Limits.FILE_BYTES : Long.parseLong(end);
      if (first >= 0 && last >= first) {
        long length = last == Limits.FILE_BYTES ? 0 : last - first + 1;
        return new RangeLock(RangeLock.Kind.OFD, type, first, length, 0);
      }
    } catch (NumberFormatException e) {
      // Said below, as for an empty range.
    }
    throw Failure.usage(RANGE.name() + ": not A-B in bytes: " + given);
  }

  private static @Nullable Duration timeout(@Nullable String given) throws Failure {
    if (given == null) {
      return null;
    }
    try {
      BigDecimal seconds = new BigDecimal(given);
      if (seconds.signum() >= 0 && seconds.compareTo(SECONDS_MAX) <= 0) {
        return Duration.ofNanos(seconds.movePointRight(9).longValue());
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw Failure.usage(TIMEOUT.name() + ": not a number of seconds: " + given);
  }
}

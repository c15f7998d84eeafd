package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.Accounts;
import dev.coterie.sys.ThreadIdentity;
import dev.coterie.sys.ThreadIdentity.Action;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * In whose name the host is asked. As root: in the caller's, so that the host decides what it may,
 * whose its files are and whose quota they count for. As anyone else there is one owner, the
 * process's user; others are EACCES, but for root, who may act for all.
 */
final class Acting {
  private static final int OWN_UID = Accounts.effectiveUid();

  /** For callers on virtual threads, which have no identity at the kernel. */
  private static final ExecutorService PLATFORM_THREADS =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("coterie-host-", 0).factory());

  private Acting() {}

  /** Does something as the caller. */
  static <R> R as(Caller caller, Action<R> action) throws ErrnoException {
    return onPlatformThread(() -> asHere(caller, action));
  }

  /** Makes something as the caller, with the caller's umask as the host takes it. */
  static <R> R making(Caller caller, Action<R> action) throws ErrnoException {
    return onPlatformThread(
        () -> ThreadIdentity.withUmask(caller.umask(), () -> asHere(caller, action)));
  }

  private static <R> R asHere(Caller caller, Action<R> action) throws ErrnoException {
    if (ThreadIdentity.canActAsAnyone()) {
      return ThreadIdentity.as(caller, action);
    }
    if (caller.uid() != OWN_UID && !caller.isRoot()) {
      throw new ErrnoException(Errno.EACCES);
    }
    return action.run();
  }

  private static <R> R onPlatformThread(Action<R> action) throws ErrnoException {
    if (!Thread.currentThread().isVirtual()) {
      return action.run();
    }
    Future<R> done = PLATFORM_THREADS.submit(action::run);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.get();
        } catch (InterruptedException e) {
          interrupted = true; // what has begun is done
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ErrnoException errno) {
        throw errno;
      }
      throw new AssertionError(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

package dev.coterie.check.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a group of checks is given: processes of several users on one fresh tree. */
interface Checks {
  /** A group that alice and bob are members of, and carol is not. */
  int TEAM = 2000;

  Caller ALICE = new Caller(1001, 1001, new int[] {TEAM}, 11, 0);
  Caller BOB = new Caller(1002, 1002, new int[] {TEAM}, 12, 0);
  Caller CAROL = new Caller(1003, 1003, new int[0], 13, 0);

  Target target();

  /** A new process of this user, with a session of its own. */
  Actor process(Caller caller) throws ErrnoException;

  /** A new process of the superuser. */
  default Actor root() throws ErrnoException {
    return process(Caller.ROOT);
  }

  /** Expects this error. */
  static void fails(Errno errno, ThrowingCallable operation) {
    assertThat(catchThrowable(operation))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
  }

  /** One step of a check that several processes do at a time. */
  interface Step<R> {
    R run(int process) throws Exception;
  }

  /** Does a step in {@code count} threads that start together; what each answered, in order. */
  static <R> List<R> together(int count, Step<R> step) throws Exception {
    CyclicBarrier start = new CyclicBarrier(count);
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      List<Callable<R>> tasks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int process = i;
        tasks.add(() -> {
          start.await(60, TimeUnit.SECONDS);
          return step.run(process);
        });
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    }
  }

  /** The error of a step, or null if there was none. */
  static @org.jspecify.annotations.Nullable Errno errnoOf(ThrowingCallable operation) {
    Throwable thrown = catchThrowable(operation);
    if (thrown != null && !(thrown instanceof ErrnoException)) {
      throw new AssertionError(thrown);
    }
    return thrown == null ? null : ((ErrnoException) thrown).errno();
  }
}

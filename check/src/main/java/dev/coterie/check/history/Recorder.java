package dev.coterie.check.history;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Calls operations for one thread and records them. */
final class Recorder {
  /** One call of a {@code FileService}. */
  interface Call<R> {
    R call() throws ErrnoException;
  }

  private final EventLog log;
  private boolean lost;

  Recorder(EventLog log) {
    this.log = log;
  }

  /**
   * Whether an answer was lost: then the session is over or about to be, and this thread has no
   * business any more. (It also keeps the number of operations that may still happen at any time
   * below the number of threads.)
   */
  boolean isLost() {
    return lost;
  }

  int events() {
    return log.events();
  }

  /**
   * Calls and records.
   *
   * @param answer what to record of a result
   * @return the result, null after an error
   */
  <R> @Nullable R record(
      Kind kind,
      int object,
      Event.Arguments arguments,
      Call<R> call,
      Function<? super R, Event.Answer> answer)
      throws IOException {
    log.invoke(kind, object, arguments);
    R result;
    try {
      result = call.call();
    } catch (ErrnoException e) {
      log.returned();
      log.answer(Event.Answer.failed(e.errno()));
      lost |= Certainty.of(e.errno()) == Certainty.OPEN;
      return null;
    }
    log.returned();
    log.answer(answer.apply(result));
    return result;
  }

  /** Calls something that is not recorded because it changes nothing that is checked. */
  void quietly(Call<?> call) {
    try {
      call.call();
    } catch (ErrnoException e) {
      lost |= Certainty.of(e.errno()) == Certainty.OPEN;
      if (!lost && e.errno() != Errno.EINTR) {
        throw new IllegalStateException("an operation beside the history failed", e);
      }
    }
  }
}

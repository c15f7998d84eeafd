package dev.coterie.client.copies;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is sent below for an operation, and what is made of its end.
 *
 * @param sent the operation itself, or one that answers more
 * @param reply what the caller is answered
 * @param failed told of an error
 * @param retries whether after an error too the operation itself is to be asked
 * @param <R> what the caller is answered
 * @param <S> what the service below answers
 */
record Ask<R, S>(Operation<S> sent, Reply<R, S> reply, Consumer<Errno> failed, boolean retries) {
  /** Null: it is not known after all, and the operation itself is to be asked. */
  interface Reply<R, S> {
    @Nullable R of(S answer);
  }

  static <R> Ask<R, R> plain(Operation<R> operation) {
    return new Ask<>(operation, answer -> answer, errno -> {}, false);
  }
}

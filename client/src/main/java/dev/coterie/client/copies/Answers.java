package dev.coterie.client.copies;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import org.jspecify.annotations.Nullable;

/** As a completion, whose answer may be that it is not known. */
interface Answers<R> {
  void done(@Nullable R answer);

  void failed(Errno errno);

  static <R> Answers<R> to(Completion<? super R> completion) {
    return new Answers<>() {
      @Override
      public void done(@Nullable R answer) {
        if (answer == null) {
          throw new AssertionError("ended without an answer");
        }
        completion.done(answer);
      }

      @Override
      public void failed(Errno errno) {
        completion.failed(errno);
      }
    };
  }
}

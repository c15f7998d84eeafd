package dev.coterie.core;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The answer of a submitted operation, and how often there was one. */
final class Answer<R> implements Completion<R> {
  private final AtomicInteger count = new AtomicInteger();
  private volatile @Nullable R result;
  private volatile @Nullable Errno errno;

  @Override
  public void done(R value) {
    result = value;
    count.incrementAndGet();
  }

  @Override
  public void failed(Errno error) {
    errno = error;
    count.incrementAndGet();
  }

  int count() {
    return count.get();
  }

  @Nullable R result() {
    return result;
  }

  @Nullable Errno errno() {
    return errno;
  }
}

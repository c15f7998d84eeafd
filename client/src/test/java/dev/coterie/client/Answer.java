package dev.coterie.client;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A completion that is waited for, and counts how often it was called. */
class Answer<R> implements Completion<R> {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicInteger times = new AtomicInteger();
  private volatile @Nullable R result;
  private volatile @Nullable Errno errno;

  @Override
  public void done(R value) {
    result = value;
    end();
  }

  @Override
  public void failed(Errno error) {
    errno = error;
    end();
  }

  private void end() {
    times.incrementAndGet();
    ended.countDown();
  }

  boolean isEnded() {
    return ended.getCount() == 0;
  }

  int times() {
    return times.get();
  }

  R result() throws InterruptedException {
    ended.await();
    if (errno != null) {
      throw new AssertionError("ended with " + errno);
    }
    return Objects.requireNonNull(result);
  }

  Errno errno() throws InterruptedException {
    ended.await();
    if (result != null) {
      throw new AssertionError("ended with " + result);
    }
    return Objects.requireNonNull(errno);
  }
}

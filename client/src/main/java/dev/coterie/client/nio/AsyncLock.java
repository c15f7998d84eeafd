package dev.coterie.client.nio;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Pending;
import dev.coterie.api.Ticket;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileLock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A lock that an asynchronous channel waits for, which takes no thread: the leader's answer starts
 * a task of the executor. Cancelling takes it back at the leader too.
 */
final class AsyncLock extends CompletableFuture<FileLock> implements Completion<Done> {
  private final ChannelLocks locks; // immutable
  private final CoterieFileLock lock; // immutable
  private final Pending pending; // immutable
  private final Executor executor; // immutable
  private volatile @Nullable Ticket ticket; // set when the leader was asked
  private volatile boolean answered; // atomic

  AsyncLock(ChannelLocks locks, CoterieFileLock lock, Pending pending, Executor executor) {
    this.locks = locks;
    this.lock = lock;
    this.pending = pending;
    this.executor = executor;
  }

  void start() {
    Ticket asked = locks.ask(lock, this);
    ticket = asked;
    pending.add(asked);
    if (answered) {
      pending.remove(asked); // it was answered before it was there to be removed
    }
    if (isCancelled()) {
      asked.cancel();
    }
  }

  private void answered(Runnable then) {
    answered = true;
    Ticket asked = ticket;
    if (asked != null) {
      pending.remove(asked);
    }
    try {
      executor.execute(then);
    } catch (RejectedExecutionException e) {
      // Its executor has ended, but what it locked must not stay, nor who waits.
      Thread.ofVirtual().start(then);
    }
  }

  @Override
  public void done(Done result) {
    answered(this::granted);
  }

  private void granted() {
    try {
      if (!locks.keep(lock)) {
        completeExceptionally(new AsynchronousCloseException());
      } else if (!complete(lock)) {
        lock.release(); // cancelled, but too late for the leader
      }
    } catch (IOException e) {
      completeExceptionally(e);
    }
  }

  @Override
  public void failed(Errno errno) {
    answered(() -> {
      locks.drop(lock);
      completeExceptionally(
          lock.acquiredBy().isOpen() ? locks.failure(errno) : new AsynchronousCloseException());
    });
  }

  /** "Where cancel is invoked to interrupt, the channel is closed" (AsynchronousChannel). */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(false);
    Ticket asked = ticket;
    if (cancelled && asked != null) {
      asked.cancel();
    }
    if (cancelled && mayInterruptIfRunning) {
      try {
        lock.acquiredBy().close();
      } catch (IOException e) {
        // Nobody asked to close it.
      }
    }
    return cancelled;
  }
}

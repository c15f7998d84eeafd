package dev.coterie.client.nio;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.api.SetAttr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.file.FileSystemException;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An open file as an asynchronous channel: each transfer is done by a task of the executor, which
 * also runs its handler. Closing gives up what waits at the leader.
 */
final class CoterieAsyncChannel extends AsynchronousFileChannel {
  private final CoterieFileSystem fileSystem; // immutable
  private final CoteriePath path; // immutable: what it was opened by, for messages
  private final OpenFile file; // immutable
  private final Options.Opening opening; // immutable
  private final Executor executor; // immutable
  private final ChannelLocks locks; // immutable
  private final Pending pending = new Pending();
  private volatile boolean closed; // atomic

  private CoterieAsyncChannel(
      CoterieFileSystem fileSystem,
      CoteriePath path,
      OpenFile file,
      Options.Opening opening,
      Executor executor) {
    this.fileSystem = fileSystem;
    this.path = path;
    this.file = file;
    this.opening = opening;
    this.executor = executor;
    this.locks = new ChannelLocks(fileSystem, path, file, opening);
  }

  /**
   * @param executor null: a virtual thread for each transfer
   */
  static CoterieAsyncChannel open(
      CoteriePath path,
      Options.Opening opening,
      @Nullable ExecutorService executor,
      FileAttribute<?>... attributes)
      throws IOException {
    CoterieFileSystem fileSystem = path.getFileSystem();
    OpenFile file = CoterieFileChannel.openFile(fileSystem.tree(), path, opening, attributes);
    Executor runs = executor != null ? executor : Thread.ofVirtual().name("coterie-io")::start;
    return fileSystem.opened(new CoterieAsyncChannel(fileSystem, path, file, opening, runs));
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    pending.cancel();
    fileSystem.closed(this);
    try {
      locks.closeFile();
    } catch (ErrnoException e) {
      if (fileSystem.isOpen()) {
        throw failure(e);
      }
    }
  }

  // ---- operations that the caller waits for ----

  private <R> R call(Operation<R> operation) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    try {
      return fileSystem.service().call(fileSystem.caller(), operation, pending);
    } catch (ErrnoException e) {
      if (closed) {
        throw new AsynchronousCloseException();
      }
      throw failure(e);
    }
  }

  private IOException failure(ErrnoException e) {
    return new FileSystemException(path.toString(), null, Failures.reason(e));
  }

  @Override
  public long size() throws IOException {
    return call(new Operation.Getattr(file.id())).size();
  }

  @Override
  public AsynchronousFileChannel truncate(long size) throws IOException {
    if (size < 0) {
      throw new IllegalArgumentException("Negative size");
    }
    if (!opening.write()) {
      throw new NonWritableChannelException();
    }
    if (size < size()) {
      call(new Operation.Setattr(file.id(), file.handle(), SetAttr.ofSize(size)));
    }
    return this;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    call(new Operation.Fsync(file.handle(), !metaData));
  }

  // ---- transfers ----

  private Callable<Integer> reading(ByteBuffer destination, long position) {
    requireNotNegative(position);
    if (destination.isReadOnly()) {
      throw new IllegalArgumentException("Read-only buffer");
    }
    if (!opening.read()) {
      throw new NonReadableChannelException();
    }
    return () -> {
      if (!destination.hasRemaining() && !closed) {
        return 0;
      }
      int count = call(new Operation.Read(file.handle(), position, destination));
      return count == 0 ? -1 : count;
    };
  }

  private Callable<Integer> writing(ByteBuffer source, long position) {
    requireNotNegative(position);
    Objects.requireNonNull(source);
    if (!opening.write()) {
      throw new NonWritableChannelException();
    }
    return () -> {
      int count = call(new Operation.Write(file.handle(), position, source));
      if (opening.syncs()) {
        force(opening.sync());
      }
      return count;
    };
  }

  private static void requireNotNegative(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("Negative position");
    }
  }

  @Override
  public <A> void read(
      ByteBuffer destination,
      long position,
      A attachment,
      CompletionHandler<Integer, ? super A> handler) {
    start(reading(destination, position), attachment, handler);
  }

  @Override
  public Future<Integer> read(ByteBuffer destination, long position) {
    return start(reading(destination, position));
  }

  @Override
  public <A> void write(
      ByteBuffer source,
      long position,
      A attachment,
      CompletionHandler<Integer, ? super A> handler) {
    start(writing(source, position), attachment, handler);
  }

  @Override
  public Future<Integer> write(ByteBuffer source, long position) {
    return start(writing(source, position));
  }

  private <A> void start(
      Callable<Integer> transfer, A attachment, CompletionHandler<Integer, ? super A> handler) {
    Objects.requireNonNull(handler);
    execute(() -> {
      Integer count;
      try {
        count = transfer.call();
      } catch (Exception e) {
        handler.failed(e, attachment);
        return;
      }
      handler.completed(count, attachment);
    });
  }

  private Future<Integer> start(Callable<Integer> transfer) {
    Transfer task = new Transfer(transfer);
    execute(task);
    return task;
  }

  private void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      throw new ShutdownChannelGroupException();
    }
  }

  /** "Where cancel is invoked to interrupt, the channel is closed" (AsynchronousChannel). */
  private final class Transfer extends FutureTask<Integer> {
    Transfer(Callable<Integer> transfer) {
      super(transfer);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      boolean cancelled = super.cancel(false);
      if (cancelled && mayInterruptIfRunning) {
        try {
          close();
        } catch (IOException e) {
          // Nobody asked to close it.
        }
      }
      return cancelled;
    }
  }

  // ---- locks ----

  private CoterieFileLock wanted(long position, long size, boolean shared) throws IOException {
    locks.requireMode(shared);
    CoterieFileLock lock = new CoterieFileLock(this, locks, position, size, shared);
    locks.add(lock);
    return lock;
  }

  private CompletableFuture<FileLock> locking(long position, long size, boolean shared) {
    CoterieFileLock lock;
    try {
      lock = wanted(position, size, shared);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e); // also when the channel is closed
    }
    AsyncLock locking = new AsyncLock(locks, lock, pending, executor);
    locking.start();
    return locking;
  }

  @Override
  public <A> void lock(
      long position,
      long size,
      boolean shared,
      A attachment,
      CompletionHandler<FileLock, ? super A> handler) {
    Objects.requireNonNull(handler);
    CompletableFuture<FileLock> locking = locking(position, size, shared);
    // Handlers are the executor's, and this may already be over.
    var _ =
        locking.whenCompleteAsync(
            (lock, failure) -> {
              if (failure != null) {
                handler.failed(failure, attachment);
              } else {
                handler.completed(lock, attachment);
              }
            },
            executor);
  }

  @Override
  public Future<FileLock> lock(long position, long size, boolean shared) {
    return locking(position, size, shared);
  }

  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
    CoterieFileLock lock = wanted(position, size, shared);
    return locks.attempt(lock) ? lock : null;
  }
}

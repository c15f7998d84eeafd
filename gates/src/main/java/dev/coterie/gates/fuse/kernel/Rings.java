package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.FuseDevice;
import dev.coterie.sys.Processors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A mount's requests over io_uring, since 7.42 of the protocol: a {@link RingQueue} for each
 * processor, so that a request is served where it was made and nobody else's processor is woken.
 *
 * <p>The kernel changes over when it knows a queue for each processor that it counts with. From
 * then on only what has no answer comes from the device, to {@link Server}: FORGET and INTERRUPT.
 *
 * <p>Begun in two steps: what it needs is made before the kernel is told that it will be, and told
 * of after the kernel has agreed.
 */
public final class Rings {
  private static final System.Logger LOG = System.getLogger(Rings.class.getName());
  private static final int POOL_THREADS = 4;

  private final FuseDevice device;
  private final Dispatcher dispatcher;
  private final ThreadPoolExecutor pool;
  private final List<RingQueue> queues = new ArrayList<>(); // filled by open
  private final AtomicInteger running = new AtomicInteger();
  private final Runnable lost;
  private @Nullable Watch watch; // set by begin, before others can end it

  private Rings(FuseDevice device, Dispatcher dispatcher, Runnable lost) {
    this.device = device;
    this.dispatcher = dispatcher;
    this.lost = lost;
    this.pool =
        new ThreadPoolExecutor(
            POOL_THREADS,
            POOL_THREADS,
            0,
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(), // bounded by the exchanges there are
            Thread.ofPlatform().daemon().name("coterie-ring-pool-", 0).factory());
    // A thread stays on the processor of the one that starts it, so these are not left to the
    // queues.
    pool.prestartAllCoreThreads();
  }

  /**
   * Makes the rings.
   *
   * @param payloadBytes the most data one request or reply can carry
   * @param lost ends the mount, when it cannot be served any more
   * @throws ErrnoException ENOSYS, EINVAL, EPERM there is no io_uring, or none for us · ENOMEM,
   *     EMFILE
   */
  public static Rings open(FuseDevice device, Server server, int payloadBytes, Runnable lost)
      throws ErrnoException {
    Rings rings = new Rings(device, server.dispatcher(), lost);
    int processors = Processors.possible();
    rings.running.set(processors);
    for (int i = 0; i < processors; i++) {
      rings.queues.add(new RingQueue(rings, i, payloadBytes));
    }
    rings.queues.forEach(RingQueue::start);
    boolean done = false;
    try {
      await(rings.queues.stream().map(RingQueue::opened).toList());
      rings.queues.forEach(rings.dispatcher::add);
      done = true;
      return rings;
    } finally {
      if (!done) {
        rings.end();
      }
    }
  }

  /**
   * Has the kernel send its requests here.
   *
   * @throws ErrnoException it does not want to: then they come to the device
   */
  public void begin() throws ErrnoException {
    watch = new Watch(queues);
    queues.forEach(queue -> queue.begin(true));
    boolean done = false;
    try {
      await(queues.stream().map(RingQueue::registered).toList());
      done = true;
    } finally {
      if (!done) {
        end();
      }
    }
  }

  private static void await(List<CompletableFuture<@Nullable Void>> all) throws ErrnoException {
    try {
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ErrnoException cause ? cause : new ErrnoException(Errno.EIO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR);
    }
  }

  /** Ends them, begun or not. */
  public void end() {
    queues.forEach(RingQueue::end);
  }

  /** Waits until they have ended. */
  public void join() throws InterruptedException {
    for (RingQueue queue : queues) {
      queue.join();
    }
  }

  FuseDevice device() {
    return device;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Executor pool() {
    return pool;
  }

  /**
   * A queue has ended.
   *
   * @param before the mount has, so that what it is asked for would wait for ever
   */
  void ended(boolean before) {
    if (before) {
      LOG.log(System.Logger.Level.ERROR, "a queue of io_uring is lost, and with it the mount");
      lost.run();
    }
    if (running.decrementAndGet() == 0) {
      pool.shutdown();
      if (watch != null) {
        watch.close();
      }
    }
  }
}

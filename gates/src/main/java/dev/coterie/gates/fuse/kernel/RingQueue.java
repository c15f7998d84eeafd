package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.EventCounter;
import dev.coterie.sys.FuseDevice;
import dev.coterie.sys.IoUring;
import dev.coterie.sys.Processors;
import dev.coterie.sys.SubmissionEntry;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The requests of the processes that run on one processor, and the thread that serves them there.
 *
 * <pre>
 *   kernel ──completion──►  serve ──answered at once──────────────┐
 *                             │                                   ▼
 *                             ├──waits──► whoever answers it ► Mailbox ──► commit ──► kernel
 *                             └──slow───► the pool ─────────────► ┘
 * </pre>
 *
 * <p><b>Room.</b> A request needs an exchange from its arrival until it is answered, and the kernel
 * holds back what it has no exchange for. So that those who wait do not use up what those need who
 * would end their waiting, there are always {@link #SPARE} more registered than wait. That is not
 * quite enough: the kernel looks for requests that it has held back only when an answer is
 * committed, not when an exchange is registered, and if all that came at once wait, nothing is. So
 * after a registration a request of our own is sent through the queue: see {@link #nudge}.
 *
 * <p><b>Threads.</b> The ring and all fields that are not volatile are the thread's own. Others
 * answer an exchange by {@link Mailbox}.
 */
final class RingQueue implements Runnable, Dispatcher.Place {
  private static final System.Logger LOG = System.getLogger(RingQueue.class.getName());

  /** Registered at first, and how many at a time after that. */
  private static final int EXCHANGES = 64;

  /** So many at least are not left to somebody who may take for ever. */
  private static final int SPARE = 32;

  /** Files that are tried for {@link #nudge}. */
  private static final int NUDGES = 64;

  /** At most; what is under way fits into the completions of the ring. */
  private static final int EXCHANGES_MOST = 4096 - EXCHANGES;

  private static final int SUBMISSIONS = 128;
  private static final int COMPLETIONS = 4096;

  /** Says of a completion that the {@link Mailbox} has woken us. */
  private static final long WOKEN = -1;

  private final Rings rings;
  private final int number;
  private final FuseDevice device;
  private final Dispatcher dispatcher;
  private final Executor pool;
  private final int payloadBytes;
  private final Thread thread;
  private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> mayBegin = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> registered = new CompletableFuture<>();
  private volatile @Nullable Mailbox mailbox; // set by the thread, once
  private volatile boolean over; // atomic
  private volatile RingExchange[] exchanges = new RingExchange[0]; // replaced by the thread

  private int inKernel; // exchanges that are registered or committed and have not come back
  private int left; // exchanges that others are to answer
  private int committed; // since the kernel was last entered
  private boolean heldBack; // the kernel may have requests for which there was no exchange
  private boolean nudged; // and a request of our own is on its way to them

  RingQueue(Rings rings, int number, int payloadBytes) {
    this.rings = rings;
    this.number = number;
    this.device = rings.device();
    this.dispatcher = rings.dispatcher();
    this.pool = rings.pool();
    this.payloadBytes = payloadBytes;
    this.thread = Thread.ofPlatform().daemon().name("coterie-ring-" + number).unstarted(this);
  }

  // ---- for all threads ----

  void start() {
    thread.start();
  }

  void join() throws InterruptedException {
    thread.join();
  }

  /** Completes when the ring is there. ErrnoException. */
  CompletableFuture<@Nullable Void> opened() {
    return opened;
  }

  /** Lets the kernel know of the queue, or does not. */
  void begin(boolean really) {
    mayBegin.complete(really);
  }

  /** Completes when the kernel knows of the queue. ErrnoException. */
  CompletableFuture<@Nullable Void> registered() {
    return registered;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  boolean isServing() {
    return !over;
  }

  /** An exchange that the thread has left is answered. */
  void post(RingExchange exchange) {
    Mailbox box = mailbox;
    if (box != null) {
      box.put(exchange);
    }
  }

  /** Has those end who were signalled and of whom the kernel did not tell: see {@link Watch}. */
  void lookForSignals() {
    for (RingExchange exchange : exchanges) {
      exchange.lookForSignal();
    }
  }

  /** The mount has ended. */
  void end() {
    over = true;
    begin(false);
    Mailbox box = mailbox;
    if (box != null) {
      box.wake();
    }
  }

  @Override
  public @Nullable Exchange find(long unique) {
    for (RingExchange exchange : exchanges) {
      if (exchange.holds(unique)) {
        return exchange;
      }
    }
    return null;
  }

  // ---- the thread ----

  @Override
  public void run() {
    try (IoUring ring = IoUring.open(SUBMISSIONS, COMPLETIONS);
        Mailbox box = new Mailbox(EventCounter.open())) {
      mailbox = box;
      keepOnProcessor();
      opened.complete(null);
      if (mayBegin.join()) {
        ring.read(box.bell(), WOKEN);
        register(ring, RingExchange.make(this, 0, EXCHANGES, payloadBytes));
        ring.enter(0);
        requireRegistered(ring);
        registered.complete(null);
        serve(ring, box);
      }
      over = true;
    } catch (ErrnoException e) {
      opened.completeExceptionally(e);
      registered.completeExceptionally(e);
    } finally {
      boolean lost = !over && registered.isDone() && !registered.isCompletedExceptionally();
      over = true;
      ErrnoException ended = new ErrnoException(Errno.ENODEV);
      opened.completeExceptionally(ended);
      registered.completeExceptionally(ended);
      rings.ended(lost);
    }
  }

  /** A processor that is not there, or not for this process, is served from wherever. */
  private void keepOnProcessor() {
    try {
      Processors.keepOn(number);
    } catch (ErrnoException e) {
      System.err.println("queue " + number + e.getMessage());
    }
  }

  private void register(IoUring ring, RingExchange[] more) throws ErrnoException {
    RingExchange[] known = exchanges;
    RingExchange[] all = Arrays.copyOf(known, known.length + more.length);
    System.arraycopy(more, 0, all, known.length, more.length);
    exchanges = all;
    for (RingExchange exchange : more) {
      MemorySegment submission = ring.submission();
      device.putCommand(submission, RingCommand.REGISTER, exchange.index);
      SubmissionEntry.putBuffers(submission, exchange.buffers(), 2);
      RingCommand.put(submission, 0, number);
      inKernel++;
    }
  }

  /** What the kernel does not take it says at once. */
  private static void requireRegistered(IoUring ring) throws ErrnoException {
    if (ring.hasCompletion() && ring.result() < 0) {
      throw new ErrnoException(Errno.of(-ring.result()), "FUSE over io_uring");
    }
  }

  private void serve(IoUring ring, Mailbox box) throws ErrnoException {
    while (!over) {
      send(ring, box);
      enter(ring, box);
      while (ring.hasCompletion()) {
        long from = ring.userData();
        int result = ring.result();
        ring.seen();
        if (from == WOKEN) {
          ring.read(box.bell(), WOKEN);
        } else {
          take(ring, exchanges[(int) from], result);
        }
      }
    }
  }

  private void enter(IoUring ring, Mailbox box) throws ErrnoException {
    if (!heldBack) {
      ring.enter(box.fallAsleep() && !over ? 1 : 0);
      box.awake();
      committed = 0;
      return;
    }
    boolean asked = committed > 0;
    committed = 0;
    ring.enter(0);
    if (ring.hasCompletion()) {
      return;
    }
    if (asked) {
      heldBack = false; // the kernel has looked and found nothing
    } else if (!nudged && inKernel > 0) {
      nudge();
    } else {
      ring.enter(box.fallAsleep() && !over ? 1 : 0);
      box.awake();
    }
  }

  /**
   * Has the kernel send a request through this queue, by asking it for no bytes of what it has
   * cached of a file. It comes on one of the exchanges that were registered, and when its answer is
   * committed, the kernel looks for what it has held back.
   *
   * <p>It must be a regular file, and the kernel must know it: so one that somebody waits for.
   */
  private void nudge() {
    nudged = true;
    Errno refused = Errno.ENOENT;
    int tries = 0;
    for (RingExchange exchange : exchanges) {
      if (!exchange.isOver() && tries++ < NUDGES) {
        try {
          Notifications.retrieveNothing(device, exchange.nodeId(), number);
          return;
        } catch (ErrnoException e) {
          refused = e.errno();
        }
      }
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "queue {0}: requests may have to wait for the next one ({1})",
        number,
        refused.text());
  }

  private void send(IoUring ring, Mailbox box) throws ErrnoException {
    for (RingExchange exchange = box.takeAll(); exchange != null; ) {
      RingExchange following = exchange.next;
      exchange.next = null;
      left--;
      commit(ring, exchange);
      exchange = following;
    }
  }

  private void commit(IoUring ring, RingExchange exchange) throws ErrnoException {
    MemorySegment submission = ring.submission();
    device.putCommand(submission, RingCommand.COMMIT_AND_FETCH, exchange.index);
    RingCommand.put(submission, exchange.unique(), number);
    inKernel++;
    committed++;
  }

  private void take(IoUring ring, RingExchange exchange, int result) throws ErrnoException {
    inKernel--;
    if (result < 0) {
      lost(exchange, Errno.of(-result));
      return;
    }
    exchange.begin();
    if (exchange.opcode() == Opcode.NOTIFY_REPLY) {
      nudged = false;
      exchange.answer(0);
    } else if (mayTakeLong(exchange.opcode())) {
      pool.execute(() -> {
        dispatcher.serve(exchange);
        if (exchange.leave()) {
          post(exchange);
        }
      });
      leave(ring);
      return;
    } else {
      dispatcher.serve(exchange);
    }
    if (exchange.leave()) {
      commit(ring, exchange);
    } else {
      leave(ring);
    }
  }

  /** An exchange is left to others, and there is to be room for requests all the same. */
  private void leave(IoUring ring) throws ErrnoException {
    left++;
    int registeredSoFar = exchanges.length;
    if (registeredSoFar - left < SPARE && registeredSoFar < EXCHANGES_MOST) {
      RingExchange[] more;
      try {
        more = RingExchange.make(this, registeredSoFar, EXCHANGES, payloadBytes);
      } catch (ErrnoException e) {
        // Some may have to wait until others have been answered.
        LOG.log(System.Logger.Level.WARNING, "queue {0}: {1}", number, e.getMessage());
        return;
      }
      register(ring, more);
      heldBack = true;
    }
  }

  /** What the storage can keep waiting, while the processes of this processor ask for more. */
  private static boolean mayTakeLong(@Nullable Opcode opcode) {
    return switch (opcode) {
      case FSYNC, FSYNCDIR, FALLOCATE, COPY_FILE_RANGE, SYNCFS -> true;
      case null, default -> false;
    };
  }

  private void lost(RingExchange exchange, Errno errno) {
    switch (errno) {
      case ENOTCONN, ECONNABORTED, ENODEV -> over = true;
      // Whoever waited for it is gone.
      case ENOENT -> {}
      default -> LOG.log(System.Logger.Level.WARNING, "reply to {0}: {1}", exchange, errno.text());
    }
  }
}

package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The threads that read a mount's requests.
 *
 * <p>They share one descriptor: a reply is accepted only on the descriptor its request came from,
 * and sharing one is as fast as one each. They are platform threads, as a blocking native call pins
 * a virtual thread's carrier; there are several so that one which is kept waiting by the storage
 * leaves others to read interrupts.
 *
 * <p>Interrupts: the kernel names a request whose caller has been signalled. Where the signal ends
 * that request and it waits, its ticket is cancelled, and its own reply (EINTR, or the answer if
 * that was faster) is what the caller gets. One that a reader is at work on is cancelled as soon as
 * it waits. One that is not known (not read yet, or just answered) is answered EAGAIN, upon which
 * the kernel asks again as long as it matters.
 */
public final class Server {
  private static final System.Logger LOG = System.getLogger(Server.class.getName());

  /** Exchanges kept for reuse; each has two buffers of the largest request. */
  private static final int KEPT = 16;

  private final Kernel kernel;
  private final Handler handler;
  private final int dataBytes;
  private final Meters meters;
  private final ConcurrentLinkedQueue<Exchange> spare = new ConcurrentLinkedQueue<>();
  private final AtomicInteger spares = new AtomicInteger();
  private final ConcurrentHashMap<Long, Exchange> waiting = new ConcurrentHashMap<>(); // by unique
  private final List<Reader> readers = new ArrayList<>(); // filled by start
  private final AtomicInteger reading = new AtomicInteger();
  private final Interrupts interrupts;

  /**
   * @param dataBytes the most data one request or reply can carry
   */
  public Server(Kernel kernel, Handler handler, Meters meters, int dataBytes) {
    this.kernel = kernel;
    this.handler = handler;
    this.meters = meters;
    this.dataBytes = dataBytes;
    this.interrupts = new Interrupts(handler, this::atWorkOn);
  }

  /** Starts reading. */
  public void start(int threads) {
    reading.set(threads);
    for (int i = 0; i < threads; i++) {
      readers.add(new Reader(i));
    }
    readers.forEach(reader -> reader.thread.start());
  }

  /** Waits until the mount has ended. */
  public void join() throws InterruptedException {
    for (Reader reader : readers) {
      reader.thread.join();
    }
  }

  Meters meters() {
    return meters;
  }

  Kernel kernel() {
    return kernel;
  }

  private final class Reader implements Runnable {
    final Thread thread;
    volatile @Nullable Exchange current; // atomic; what this thread is at work on

    Reader(int number) {
      thread = Thread.ofPlatform().daemon().name("coterie-fuse-" + number).unstarted(this);
    }

    @Override
    public void run() {
      try {
        read();
      } finally {
        if (reading.decrementAndGet() == 0) {
          interrupts.close();
          handler.ended();
        }
      }
    }

    private void read() {
      Exchange exchange = take();
      for (int length = receive(exchange); length >= 0; length = receive(exchange)) {
        if (!isWhole(exchange, length)) {
          LOG.log(System.Logger.Level.ERROR, "a request of {0} bytes from the kernel", length);
          return;
        }
        exchange.begin(length);
        current = exchange;
        serve(exchange);
        if (!exchange.leave()) {
          exchange = take();
        }
      }
    }
  }

  private int receive(Exchange exchange) {
    try {
      return kernel.receive(exchange.buffer());
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.WARNING, "the mount is lost: {0}", e.getMessage());
      return -1;
    }
  }

  private static boolean isWhole(Exchange exchange, int length) {
    return length >= InHeader.BYTES && InHeader.length(exchange.buffer()) == length;
  }

  private void serve(Exchange exchange) {
    if (exchange.opcode() == Opcode.INTERRUPT) {
      interrupt(exchange);
      return;
    }
    try {
      handler.handle(exchange);
    } catch (RuntimeException | Error e) {
      // A fault of ours costs this request, not the mount.
      LOG.log(System.Logger.Level.ERROR, "fault while serving " + exchange, e);
      if (!exchange.isOver()) {
        exchange.answerError(Errno.EIO);
      }
    }
  }

  private void interrupt(Exchange exchange) {
    long unique = exchange.request().get(JAVA_LONG, InHeader.BYTES);
    if (interrupts.interrupt(unique)) {
      exchange.end();
    } else {
      exchange.answerError(Errno.EAGAIN);
    }
  }

  private @Nullable Exchange atWorkOn(long unique) {
    Exchange target = waiting.get(unique);
    for (int i = 0; target == null && i < readers.size(); i++) {
      Exchange current = readers.get(i).current;
      target = current != null && current.isAtWorkOn(unique) ? current : null;
    }
    return target;
  }

  // ---- for exchanges ----

  /** From here on an interrupt finds it. */
  void keep(long unique, Exchange exchange) {
    waiting.put(unique, exchange);
    if (!exchange.isAtWorkOn(unique)) {
      forget(unique, exchange);
    }
  }

  void forget(long unique, Exchange exchange) {
    waiting.remove(unique, exchange);
  }

  /** ENOENT: whoever waited has been killed, or the mount ended. */
  void replyFailed(Exchange exchange, ErrnoException e) {
    if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENODEV) {
      LOG.log(System.Logger.Level.WARNING, "reply to {0}: {1}", exchange, e.getMessage());
    }
  }

  private Exchange take() {
    @Nullable Exchange exchange = spare.poll();
    if (exchange == null) {
      return new Exchange(this, dataBytes);
    }
    spares.decrementAndGet();
    return exchange;
  }

  void free(Exchange exchange) {
    if (spares.incrementAndGet() <= KEPT) {
      spare.add(exchange);
    } else {
      spares.decrementAndGet();
    }
  }
}

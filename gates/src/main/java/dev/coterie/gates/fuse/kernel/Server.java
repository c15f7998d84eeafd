package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The threads that read a mount's requests from the device.
 *
 * <p>They share one descriptor: a reply is accepted only on the descriptor its request came from,
 * and sharing one is as fast as one each. They are platform threads, as a blocking native call pins
 * a virtual thread's carrier; there are several so that one which is kept waiting by the storage
 * leaves others to read interrupts ({@link Crew}).
 */
public final class Server {
  private static final System.Logger LOG = System.getLogger(Server.class.getName());

  /** Exchanges kept for reuse; each has two buffers of the largest request. */
  private static final int KEPT = 16;

  private final Kernel kernel;
  private final int dataBytes;
  private final Dispatcher dispatcher;
  private final ConcurrentLinkedQueue<DeviceExchange> spare = new ConcurrentLinkedQueue<>();
  private final AtomicInteger spares = new AtomicInteger();
  private final ConcurrentHashMap<Long, DeviceExchange> waiting =
      new ConcurrentHashMap<>(); // by unique
  private final List<Reader> readers = new ArrayList<>(); // filled by start
  private final AtomicInteger reading = new AtomicInteger();
  private final Crew crew = new Crew();
  private final int threads;
  private volatile @Nullable Rings rings; // atomic

  /**
   * @param dataBytes the most data one request or reply can carry
   * @param threads that read at most
   */
  public Server(Kernel kernel, Handler handler, Meters meters, int dataBytes, int threads) {
    this.kernel = kernel;
    this.dispatcher = new Dispatcher(kernel, handler, meters);
    this.dataBytes = dataBytes;
    this.threads = threads;
  }

  /** These end when the mount does. Before {@link #start}. */
  public void endWith(Rings beside) {
    rings = beside;
  }

  /** Starts reading. */
  public void start() {
    reading.set(threads);
    for (int i = 0; i < threads; i++) {
      readers.add(new Reader(i));
    }
    dispatcher.add(this::find);
    readers.forEach(reader -> reader.thread.start());
    Thread.ofPlatform().daemon().name("coterie-fuse-guard").start(crew::guard);
  }

  /** As {@link #join()}, for a time; false: it has not ended yet. */
  public boolean join(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (Reader reader : readers) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (!reader.thread.join(Duration.ofMillis(Math.max(left, 1)))) {
        return false;
      }
    }
    return true;
  }

  /** Waits until the mount has ended. */
  public void join() throws InterruptedException {
    for (Reader reader : readers) {
      reader.thread.join();
    }
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Kernel kernel() {
    return kernel;
  }

  private final class Reader implements Runnable {
    final int number;
    final Thread thread;
    volatile @Nullable Exchange current; // atomic; what this thread is at work on

    Reader(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("coterie-fuse-" + number).unstarted(this);
    }

    @Override
    public void run() {
      try {
        read();
      } finally {
        crew.end();
        if (reading.decrementAndGet() == 0) {
          end();
        }
      }
    }

    private void read() {
      if (!Crew.begins(number)) {
        crew.rest();
      }
      DeviceExchange exchange = take();
      int alone = 0;
      Askers askers = new Askers();
      for (int length = receive(exchange, askers);
          length >= 0;
          length = receive(exchange, askers)) {
        if (!isWhole(exchange, length)) {
          LOG.log(System.Logger.Level.ERROR, "a request of {0} bytes from the kernel", length);
          return;
        }
        exchange.begin(length);
        current = exchange;
        dispatcher.serve(exchange);
        if (!exchange.leave()) {
          exchange = take();
        }
        alone = askers.wereSeveral() ? 0 : alone + 1;
        if (crew.shouldRest(alone) && crew.rest()) {
          alone = 0;
        }
      }
    }
  }

  private void end() {
    Rings beside = rings;
    if (beside != null) {
      beside.end();
    }
    dispatcher.ended();
  }

  private int receive(DeviceExchange exchange, Askers askers) {
    int length = -1;
    crew.reads();
    try {
      length = kernel.receive(exchange.buffer());
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.WARNING, "the mount is lost: {0}", e.getMessage());
    } finally {
      crew.hasRead(length >= InHeader.BYTES && askers.areSeveral(InHeader.pid(exchange.buffer())));
    }
    return length;
  }

  private static boolean isWhole(DeviceExchange exchange, int length) {
    return length >= InHeader.BYTES && InHeader.length(exchange.buffer()) == length;
  }

  private @Nullable Exchange find(long unique) {
    Exchange target = waiting.get(unique);
    for (int i = 0; target == null && i < readers.size(); i++) {
      Exchange current = readers.get(i).current;
      target = current != null && current.isAtWorkOn(unique) ? current : null;
    }
    return target;
  }

  // ---- for exchanges ----

  /** Whether somebody receives while the calling thread does not. */
  boolean othersReceive() {
    return crew.others();
  }

  /** From here on an interrupt finds it. */
  void keep(long unique, DeviceExchange exchange) {
    waiting.put(unique, exchange);
    if (!exchange.isAtWorkOn(unique)) {
      forget(unique, exchange);
    }
  }

  void forget(long unique, DeviceExchange exchange) {
    waiting.remove(unique, exchange);
  }

  /** ENOENT: whoever waited has been killed, or the mount ended. */
  void replyFailed(Exchange exchange, ErrnoException e) {
    if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENODEV) {
      LOG.log(System.Logger.Level.WARNING, "reply to {0}: {1}", exchange, e.getMessage());
    }
  }

  private DeviceExchange take() {
    @Nullable DeviceExchange exchange = spare.poll();
    if (exchange == null) {
      return DeviceExchange.make(this, dataBytes);
    }
    spares.decrementAndGet();
    return exchange;
  }

  void free(DeviceExchange exchange) {
    if (spares.incrementAndGet() <= KEPT) {
      spare.add(exchange);
    } else {
      spares.decrementAndGet();
    }
  }
}

package dev.coterie.gates.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.EventMask;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Open files that are event counters: reading and writing can wait without end, which no thread of
 * ours does, and what is polled is told of ({@link Polls}).
 */
final class CounterRequests {
  // struct fuse_read_in and fuse_write_in: see FileRequests. struct fuse_poll_in:
  //   0    8    16      20
  //   fh   kh   flags   events
  private static final int FH = 0;
  private static final int SIZE = 16;
  private static final int FLAGS = 32;
  private static final int DATA = 40;
  private static final int KH = 8;
  private static final int POLL_FLAGS = 16;
  private static final int EVENTS = 20;

  private static final int FUSE_POLL_SCHEDULE_NOTIFY = 1;

  private static final int EPOLLRDNORM = 0x040;
  private static final int EPOLLWRNORM = 0x100;

  /** "Regular files always poll TRUE for reading and writing" (poll(3p)). */
  private static final int ALWAYS =
      EventMask.EPOLLIN | EventMask.EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;

  /** An open file that is a counter. */
  private static final class Opened {
    /** As the leader was told last. */
    volatile boolean nonblocking;

    Opened(boolean nonblocking) {
      this.nonblocking = nonblocking;
    }
  }

  private final Requests requests;
  private final Polls polls;
  private final ConcurrentHashMap<Long, Opened> open = new ConcurrentHashMap<>(); // by handle

  CounterRequests(Requests requests) {
    this.requests = requests;
    this.polls = new Polls(requests);
  }

  void opened(long handle, int flags) {
    open.put(handle, new Opened((flags & OpenFlags.O_NONBLOCK) != 0));
  }

  void released(long handle) {
    if (open.remove(handle) != null) {
      polls.released(handle);
    }
  }

  /** The mount has ended. */
  void end() {
    polls.end();
  }

  // ---- reading and writing ----

  void read(Exchange exchange) {
    asOpened(exchange, () -> reading(exchange));
  }

  private void reading(Exchange exchange) {
    long node = exchange.nodeId();
    Polls.Seen seen = polls.seen(node);
    ByteBuffer room = exchange.dataBody(exchange.int32(SIZE));
    move(
        exchange,
        new Operation.Read(FileRequests.handle(exchange, FH), 0, room),
        count -> {
          polls.changed(node, EventMask.EPOLLOUT, seen);
          exchange.answer(count);
        });
  }

  void write(Exchange exchange) {
    asOpened(exchange, () -> writing(exchange));
  }

  private void writing(Exchange exchange) {
    long node = exchange.nodeId();
    int size = exchange.int32(SIZE);
    ByteBuffer source = exchange.data(DATA, size);
    if (source.remaining() != size) {
      exchange.answerError(Errno.EINVAL);
      return;
    }
    Polls.Seen seen = polls.seen(node);
    move(
        exchange,
        new Operation.Write(FileRequests.handle(exchange, FH), 0, source),
        count -> {
          // Who has written finds what waits for that woken up when the call returns.
          polls.changed(node, EventMask.EPOLLIN, seen);
          exchange.body().set(JAVA_LONG, 0, count);
          exchange.answer(Long.BYTES);
        });
  }

  private void move(Exchange exchange, Operation<Integer> operation, Requests.Then<Integer> then) {
    Caller caller = Callers.plain(exchange);
    if (isNonblocking(exchange)) {
      requests.submit(exchange, caller, operation, then);
    } else {
      requests.submitAside(exchange, caller, operation, then);
    }
  }

  private static boolean isNonblocking(Exchange exchange) {
    return (exchange.int32(FLAGS) & OpenFlags.O_NONBLOCK) != 0;
  }

  /** Sees to it that the handle waits or not as the open file does now, then goes on. */
  private void asOpened(Exchange exchange, Runnable then) {
    long handle = FileRequests.handle(exchange, FH);
    boolean nonblocking = isNonblocking(exchange);
    Opened file = open.get(handle);
    if (file == null || file.nonblocking == nonblocking) {
      then.run();
      return;
    }
    requests.attempt(
        exchange,
        Caller.ROOT,
        new Operation.SetFlags(handle, nonblocking ? OpenFlags.O_NONBLOCK : 0),
        () -> {
          file.nonblocking = nonblocking;
          then.run();
        });
  }

  // ---- poll ----

  /** Of any file: one that is no counter is always ready, and the leader is not asked. */
  void poll(Exchange exchange) {
    if (!FileRequests.isOfCounter(exchange)) {
      answer(exchange, ALWAYS);
      return;
    }
    boolean waits = (exchange.int32(POLL_FLAGS) & FUSE_POLL_SCHEDULE_NOTIFY) != 0;
    Polls.File file =
        polls.file(
            FileRequests.handle(exchange, FH),
            exchange.nodeId(),
            exchange.int64(KH),
            exchange.wakesPolled());
    var _ =
        file.look(waits ? exchange.int32(EVENTS) : 0)
            .whenComplete((ready, failure) -> answer(exchange, ready, failure));
  }

  private static void answer(
      Exchange exchange, @Nullable Integer ready, @Nullable Throwable failure) {
    if (ready == null || failure != null) {
      exchange.answerError(Errno.EIO); // which the kernel makes EPOLLERR of
    } else {
      answer(exchange, ready);
    }
  }

  private static void answer(Exchange exchange, int ready) {
    exchange.body().set(JAVA_INT, 0, ready);
    exchange.body().set(JAVA_INT, 4, 0);
    exchange.answer(Long.BYTES);
  }
}

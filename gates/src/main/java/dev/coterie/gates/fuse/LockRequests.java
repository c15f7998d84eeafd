package dev.coterie.gates.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.FoundLock;
import dev.coterie.api.RangeLock;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.lang.foreign.MemorySegment;

/**
 * Locks of programs. Before the kernel asks, it has looked at the range and at how the file was
 * opened; it keeps no lock itself.
 *
 * <p>Whose a record lock is, it says by a number that stands for a process's table of descriptors.
 * That of an OFD lock stands for the open file instead, and nothing tells the two apart: so it is a
 * process's lock to the leader too, whose owner no FLUSH will ever name, and which ends with the
 * handle through which it was asked.
 */
final class LockRequests {
  // struct fuse_lk_in, within the body:
  //   0    8       16      24    32     36    40         44
  //   fh   owner   start   end   type   pid   lk_flags   padding
  private static final int FH = 0;
  private static final int OWNER = 8;
  private static final int START = 16;
  private static final int END = 24;
  private static final int TYPE = 32;
  private static final int PID = 36;
  private static final int LK_FLAGS = 40;

  private static final int FUSE_LK_FLOCK = 1;

  // struct fuse_lk_out: start[8] end[8] type[4] pid[4]
  private static final int OUT_BYTES = 24;

  /** In struct fuse_flush_in: {@code fh[8] unused[4] padding[4] lock_owner[8]}. */
  private static final int FLUSH_OWNER = 16;

  // Source: fcntl.h.
  private static final int F_RDLCK = 0;
  private static final int F_WRLCK = 1;
  private static final int F_UNLCK = 2;

  private final Requests requests;
  private final Lockers lockers = new Lockers();

  LockRequests(Requests requests) {
    this.requests = requests;
  }

  /** The process is who asks here, not its thread. */
  private static Caller caller(Exchange exchange) {
    return Callers.plain(exchange).withPid(exchange.int32(PID));
  }

  private static RangeLock lock(Exchange exchange) throws ErrnoException {
    RangeLock.Type type =
        switch (exchange.int32(TYPE)) {
          case F_RDLCK -> RangeLock.Type.READ;
          case F_WRLCK -> RangeLock.Type.WRITE;
          case F_UNLCK -> RangeLock.Type.UNLOCK;
          default -> throw new ErrnoException(Errno.EINVAL);
        };
    if ((exchange.int32(LK_FLAGS) & FUSE_LK_FLOCK) != 0) {
      return RangeLock.whole(RangeLock.Kind.FLOCK, type);
    }
    long start = exchange.int64(START);
    long end = exchange.int64(END);
    if (start < 0 || end < start) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long length = end == Long.MAX_VALUE ? 0 : end - start + 1;
    return new RangeLock(RangeLock.Kind.POSIX, type, start, length, exchange.int64(OWNER));
  }

  /** Answers with what stands in the way of a lock. */
  void getlk(Exchange exchange) throws ErrnoException {
    RangeLock lock = lock(exchange);
    requests.submit(
        exchange,
        caller(exchange),
        new Operation.GetLock(FileRequests.handle(exchange, FH), lock),
        found -> {
          put(exchange.body(), found);
          exchange.answer(OUT_BYTES);
        });
  }

  private static void put(MemorySegment out, FoundLock found) {
    int type =
        switch (found.type()) {
          case READ -> F_RDLCK;
          case WRITE -> F_WRLCK;
          case UNLOCK -> F_UNLCK;
        };
    long end = found.length() == 0 ? Long.MAX_VALUE : found.start() + found.length() - 1;
    out.set(JAVA_LONG, 0, found.start());
    out.set(JAVA_LONG, 8, end);
    out.set(JAVA_INT, 16, type);
    out.set(JAVA_INT, 20, Math.max(0, found.pid()));
  }

  /**
   * Locks, or unlocks.
   *
   * @param waits until it is free, which may be for ever: so by no thread of ours
   */
  void setlk(Exchange exchange, boolean waits) throws ErrnoException {
    RangeLock lock = lock(exchange);
    long handle = FileRequests.handle(exchange, FH);
    Operation.Lock operation = new Operation.Lock(handle, lock, waits);
    if (lock.kind() == RangeLock.Kind.FLOCK || lock.type() == RangeLock.Type.UNLOCK) {
      ask(exchange, operation, done -> exchange.answer(0));
      return;
    }
    long node = exchange.nodeId();
    lockers.add(node, lock.owner(), handle);
    ask(
        exchange,
        operation,
        done -> {
          lockers.add(node, lock.owner(), handle);
          exchange.answer(0);
        });
  }

  private void ask(
      Exchange exchange, Operation.Lock operation, Requests.Then<Operation.Done> then) {
    if (operation.waits()) {
      requests.submitAside(exchange, caller(exchange), operation, then);
    } else {
      requests.submit(exchange, caller(exchange), operation, then);
    }
  }

  /**
   * A descriptor of an open file was closed. No data is held back until then; but all record locks
   * that the process has on the file end by it.
   */
  void flush(Exchange exchange) {
    long owner = exchange.int64(FLUSH_OWNER);
    if (!lockers.remove(exchange.nodeId(), owner)) {
      exchange.answer(0);
      return;
    }
    RangeLock all = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK, 0, 0, owner);
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Lock(FileRequests.handle(exchange, FH), all, false));
  }

  /** The last descriptor of an open file is gone, and with it what was locked through it. */
  void released(Exchange exchange) {
    lockers.released(FileRequests.handle(exchange, FH));
  }
}

package dev.coterie.gates.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Whence;
import dev.coterie.gates.fuse.kernel.Dirent;
import dev.coterie.gates.fuse.kernel.Exchange;
import dev.coterie.gates.fuse.kernel.OpenOut;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Open files and directories. The kernel's file handle is the session's, with two bits that say how
 * a read was to mark the access time when it was opened: that is said by each READ anew, as F_SETFL
 * may change it, and a remount; and one of a file that is an event counter ({@link
 * CounterRequests}).
 */
final class FileRequests {
  /** How a file is opened to be executed (Linux's __FMODE_EXEC); no flag of open(2). */
  private static final int FMODE_EXEC = 0x20;

  /** Bytes from which on it pays to send data from where they lie. */
  private static final int PIECES_FROM = 1 << 14;

  private static final int EXECUTE = 1;

  /**
   * Left out when opening: whether a write appends is said by each WRITE, as F_SETFL may change it.
   */
  private static final int NOT_FOR_OPEN = OpenFlags.O_APPEND | FMODE_EXEC;

  // struct fuse_read_in and fuse_write_in, within the body:
  //   0    8        16     20      24           32      36        40
  //   fh   offset   size   flags   lock_owner   flags   padding   (data of a write)
  private static final int FH = 0;
  private static final int OFFSET = 8;
  private static final int SIZE = 16;
  private static final int FLAGS = 32;
  private static final int DATA = 40;

  /** How it was opened; no handle of a session is that large. */
  private static final long NOATIME = Long.MIN_VALUE;

  private static final long STRICT = 1L << 62;

  /** It is an event counter. */
  private static final long COUNTER = 1L << 61;

  private final Requests requests;
  private final AccessTimes times;
  private final CounterRequests counters;

  /** Handles that do not mark access times as they were opened, or did not once: what they do. */
  private final ConcurrentHashMap<Long, Integer> changed = new ConcurrentHashMap<>();

  private final Executed executed = new Executed();

  FileRequests(Requests requests, AccessTimes times, CounterRequests counters) {
    this.requests = requests;
    this.counters = counters;
    this.times = times;
  }

  /** The session's handle of a file handle in the body. */
  static long handle(Exchange exchange, int at) {
    return exchange.int64(at) & ~(NOATIME | STRICT | COUNTER);
  }

  /** Whether what the body begins with is a counter's. */
  static boolean isOfCounter(Exchange exchange) {
    return (exchange.int64(FH) & COUNTER) != 0;
  }

  private static boolean isCounter(Operation.Opened opened) {
    return (opened.flags() & OpenFlags.COUNTER) != 0;
  }

  private static long fileHandle(Operation.Opened opened) {
    if (isCounter(opened)) {
      return opened.handle() | COUNTER;
    }
    return switch (opened.flags() & (OpenFlags.O_NOATIME | OpenFlags.STRICTATIME)) {
      case 0 -> opened.handle();
      case OpenFlags.STRICTATIME -> opened.handle() | STRICT;
      default -> opened.handle() | NOATIME;
    };
  }

  // ---- access times ----

  /** The rule of the mount, as a flag of what is opened now. O_NOATIME may be refused there. */
  private static int forOpening(int rule) {
    return rule & OpenFlags.STRICTATIME;
  }

  /**
   * Sees to it that a handle marks the access time as it is to, then goes on.
   *
   * @param at where in the body the handle is
   * @param flags of the open file, as the kernel has them now
   * @param rule of the mount
   */
  private void marking(Exchange exchange, int at, int flags, int rule, Runnable then) {
    long given = exchange.int64(at);
    int opened =
        (given & NOATIME) != 0
            ? OpenFlags.O_NOATIME
            : (given & STRICT) != 0 ? OpenFlags.STRICTATIME : 0;
    int wanted = (flags & OpenFlags.O_NOATIME) != 0 ? OpenFlags.O_NOATIME : rule;
    long handle = handle(exchange, at);
    if (opened == wanted && changed.isEmpty() || changed.getOrDefault(handle, opened) == wanted) {
      then.run();
      return;
    }
    // The kernel has looked whether the caller of F_SETFL may. A host may refuse it all the same,
    // to a leader that is not root's; no read fails of that.
    requests.attempt(
        exchange,
        Caller.ROOT,
        new Operation.SetFlags(handle, wanted),
        () -> {
          changed.put(handle, wanted);
          then.run();
        });
  }

  // ---- opening ----

  /** {@code flags[4] open_flags[4]}. */
  void open(Exchange exchange) throws ErrnoException {
    InodeId id = requests.node(exchange);
    int flags = exchange.int32(0);
    int all = flags & ~NOT_FOR_OPEN | forOpening(times.ofFiles());
    Operation.Open operation = new Operation.Open(id, all);
    Caller caller = Callers.withGroups(exchange);
    if ((flags & FMODE_EXEC) == 0) {
      if ((flags & OpenFlags.O_TRUNC) != 0 && executed.contains(id)) {
        throw new ErrnoException(Errno.ETXTBSY);
      }
      opening(exchange, caller, operation, false);
    } else {
      // "Execute permission" is what execve(2) asks for; a program need not be readable.
      requests.submit(
          exchange,
          caller,
          new Operation.Access(id, EXECUTE),
          done -> opening(exchange, Caller.ROOT, operation, true));
    }
  }

  private void opening(
      Exchange exchange, Caller caller, Operation.Open operation, boolean isExecuted) {
    requests.submit(
        exchange,
        caller,
        operation,
        opened -> {
          if (isExecuted) {
            executed.began(opened.handle(), operation.id());
          }
          if (!exchange.answer(putFile(exchange, 0, opened))) {
            executed.released(opened.handle());
            counters.released(opened.handle());
            requests.giveBackHandle(opened.handle());
          }
        });
  }

  private int putFile(Exchange exchange, int at, Operation.Opened opened) {
    if (!isCounter(opened)) {
      return OpenOut.putFile(exchange.body(), at, fileHandle(opened));
    }
    counters.opened(opened.handle(), opened.flags());
    return OpenOut.putStream(exchange.body(), at, fileHandle(opened));
  }

  /** As open. */
  void opendir(Exchange exchange) throws ErrnoException {
    int flags = exchange.int32(0) & ~NOT_FOR_OPEN | OpenFlags.O_DIRECTORY;
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Open(requests.node(exchange), flags | forOpening(times.ofDirectories())),
        opened -> {
          if (!exchange.answer(OpenOut.putDirectory(exchange.body(), fileHandle(opened)))) {
            requests.giveBackHandle(opened.handle());
          }
        });
  }

  /** {@code flags[4] mode[4] umask[4] open_flags[4] name\0}. */
  void create(Exchange exchange) throws ErrnoException {
    InodeId dir = requests.node(exchange);
    int flags = exchange.int32(0) & ~NOT_FOR_OPEN | forOpening(times.ofFiles());
    made(
        exchange,
        new Operation.Create(dir, exchange.name(16), flags | OpenFlags.NO_FIFO, exchange.int32(4)));
  }

  /** As create; what stands for a name means nothing. */
  void tmpfile(Exchange exchange) throws ErrnoException {
    InodeId dir = requests.node(exchange);
    int flags = exchange.int32(0) & ~NOT_FOR_OPEN | forOpening(times.ofFiles());
    made(exchange, new Operation.Tmpfile(dir, flags, exchange.int32(4)));
  }

  private void made(Exchange exchange, Operation<Operation.Opened> operation) {
    requests.submit(
        exchange,
        Callers.making(exchange, exchange.int32(8)),
        operation,
        new Requests.Then<Operation.Opened>() {
          @Override
          public void done(Operation.Opened opened) {
            answerMade(exchange, opened);
          }

          // Somebody has made a FIFO of that name, or a socket, since the kernel looked: it is to
          // look again, and then opens that by itself.
          @Override
          public Errno failed(Errno errno) {
            return errno == Errno.ENXIO ? Errno.ESTALE : errno;
          }
        });
  }

  private void answerMade(Exchange exchange, Operation.Opened opened) {
    int entry = requests.putEntry(exchange, opened.stat());
    if (!exchange.answer(putFile(exchange, entry, opened))) {
      counters.released(opened.handle());
      requests.giveBackHandle(opened.handle());
      requests.untold(opened.stat());
    }
  }

  /** {@code fh[8] flags[4] release_flags[4] lock_owner[8]}. */
  void release(Exchange exchange) {
    long handle = handle(exchange, FH);
    changed.remove(handle);
    executed.released(handle);
    counters.released(handle);
    requests.submit(exchange, Callers.plain(exchange), new Operation.Close(handle));
  }

  // ---- data ----

  void read(Exchange exchange) {
    if (isOfCounter(exchange)) {
      counters.read(exchange);
      return;
    }
    int flags = exchange.int32(FLAGS);
    marking(exchange, FH, flags, times.ofFiles(), () -> reading(exchange));
  }

  private void reading(Exchange exchange) {
    int size = exchange.int32(SIZE);
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Read(
            handle(exchange, FH),
            exchange.int64(OFFSET),
            exchange.dataBody(size),
            size < PIECES_FROM ? null : exchange.pieces()),
        exchange::answerData);
  }

  void write(Exchange exchange) {
    if (isOfCounter(exchange)) {
      counters.write(exchange);
      return;
    }
    int size = exchange.int32(SIZE);
    ByteBuffer source = exchange.data(DATA, size);
    Caller caller = requests.writer(exchange);
    long handle = handle(exchange, FH);
    if (source.remaining() != size) {
      exchange.answerError(Errno.EINVAL);
    } else if ((exchange.int32(FLAGS) & OpenFlags.O_APPEND) != 0) {
      requests.submit(
          exchange,
          caller,
          new Operation.Append(handle, source),
          moved -> answerCount(exchange, moved.count()));
    } else {
      requests.submit(
          exchange,
          caller,
          new Operation.Write(handle, exchange.int64(OFFSET), source),
          count -> answerCount(exchange, count));
    }
  }

  /** struct fuse_write_out: {@code size[4] padding[4]}. */
  private static void answerCount(Exchange exchange, int count) {
    exchange.body().set(JAVA_LONG, 0, count);
    exchange.answer(Long.BYTES);
  }

  /** {@code fh[8] flags[4] padding[4]}; of a directory too. */
  void fsync(Exchange exchange) {
    boolean dataOnly = (exchange.int32(8) & 1) != 0;
    requests.submit(
        exchange, Callers.plain(exchange), new Operation.Fsync(handle(exchange, FH), dataOnly));
  }

  /** {@code fh[8] offset[8] length[8] mode[4] padding[4]}. */
  void fallocate(Exchange exchange) {
    requests.submit(
        exchange,
        requests.writer(exchange),
        new Operation.Fallocate(
            handle(exchange, FH), exchange.int32(24), exchange.int64(8), exchange.int64(16)));
  }

  /**
   * {@code fh[8] offset[8] whence[4] padding[4]}. Only data and holes are asked for; that the
   * session's own offset moves does no harm, as the kernel keeps its own.
   */
  void lseek(Exchange exchange) throws ErrnoException {
    Whence whence = whence(exchange.int32(16));
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Seek(handle(exchange, FH), whence, exchange.int64(8)),
        place -> {
          exchange.body().set(JAVA_LONG, 0, place);
          exchange.answer(Long.BYTES);
        });
  }

  /** Source: lseek(2), {@code unistd.h}. */
  private static Whence whence(int number) throws ErrnoException {
    return switch (number) {
      case 0 -> Whence.SET;
      case 1 -> Whence.CUR;
      case 2 -> Whence.END;
      case 3 -> Whence.DATA;
      case 4 -> Whence.HOLE;
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  /** {@code fh_in[8] off_in[8] nodeid_out[8] fh_out[8] off_out[8] len[8] flags[8]}. */
  void copyFileRange(Exchange exchange) {
    // It does not say how the file is open by now: as it was opened, or as the last read said.
    int opened = (exchange.int64(0) & NOATIME) != 0 ? OpenFlags.O_NOATIME : 0;
    int flags = changed.getOrDefault(handle(exchange, 0), opened);
    marking(exchange, 0, flags, times.ofFiles(), () -> copying(exchange));
  }

  private void copying(Exchange exchange) {
    requests.submit(
        exchange,
        requests.writer(exchange),
        new Operation.CopyRange(
            handle(exchange, 0),
            exchange.int64(8),
            handle(exchange, 24),
            exchange.int64(32),
            exchange.int64(40)),
        count -> {
          exchange.body().set(JAVA_INT, 0, Math.toIntExact(count));
          exchange.body().set(JAVA_INT, 4, 0);
          exchange.answer(Long.BYTES);
        });
  }

  // ---- directories ----

  void readdir(Exchange exchange) {
    beforeListing(exchange, () -> listing(exchange));
  }

  /** Sees to it that reading the directory marks its access time as it is to, then goes on. */
  void beforeListing(Exchange exchange, Runnable then) {
    marking(exchange, FH, exchange.int32(FLAGS), times.ofDirectories(), then);
  }

  private void listing(Exchange exchange) {
    int size = exchange.int32(SIZE);
    requests.submit(
        exchange,
        Callers.plain(exchange),
        new Operation.Readdir(handle(exchange, FH), exchange.int64(OFFSET), size, false),
        entries -> answerEntries(exchange, entries, size));
  }

  private static void answerEntries(Exchange exchange, List<DirEntry> entries, int size) {
    ByteBuffer body = exchange.dataBody(size);
    for (DirEntry entry : entries) {
      if (!Dirent.put(body, entry)) {
        break; // it comes again after the cookie of the one before
      }
    }
    exchange.answer(body.position());
  }
}

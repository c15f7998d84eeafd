package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A persistent set of descriptors in the kernel. Masks are those of epoll_ctl(2), as {@link
 * dev.coterie.api.EventMask} has them. For any number of threads, of which one at a time may {@link
 * #await}.
 */
public final class Epoll implements AutoCloseable {
  private static final int EPOLL_CLOEXEC = 02000000;
  private static final int ADD = 1;
  private static final int DEL = 2;
  private static final int MOD = 3;

  // struct epoll_event: uint32_t events; uint64_t data; without a gap on x86-64 alone
  private static final boolean PACKED = System.getProperty("os.arch", "").equals("amd64");
  private static final int EVENT_BYTES = PACKED ? 12 : 16;
  private static final int DATA_AT = PACKED ? 4 : 8;

  // struct pollfd: int fd; short events, revents
  private static final int POLLFD_BYTES = 8;
  private static final int REVENTS_AT = 6;
  private static final short POLLIN = 1;

  private static final MethodHandle CREATE1 = function("epoll_create1", JAVA_INT, JAVA_INT);
  private static final MethodHandle CTL =
      function("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle WAIT =
      function("epoll_wait", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);

  /** Is told what is ready. */
  public interface Report {
    void ready(long data, int mask);
  }

  private final int fd;
  private final EventCounter end;
  private MemorySegment buffer = MemorySegment.NULL; // guarded by this
  private boolean closed; // guarded by this
  private boolean awaited; // guarded by this

  private Epoll(int fd, EventCounter end) {
    this.fd = fd;
    this.end = end;
  }

  /** EMFILE, ENFILE. */
  public static Epoll open() throws ErrnoException {
    MemorySegment state = state();
    int fd;
    try {
      fd = checked(state, (int) CREATE1.invokeExact(state, EPOLL_CLOEXEC), "epoll_create1");
    } catch (Throwable t) {
      throw fault(t);
    }
    try {
      return new Epoll(fd, EventCounter.open());
    } catch (ErrnoException e) {
      DescriptorCalls.close(fd);
      throw e;
    }
  }

  /** EBADF · EEXIST · EPERM what is always ready · ENOSPC fs.epoll.max_user_watches · EINVAL. */
  public void add(int member, int mask, long data) throws ErrnoException {
    control(ADD, member, mask, data);
  }

  /** EBADF · ENOENT also: the number is another file's by now · EINVAL. */
  public void modify(int member, int mask, long data) throws ErrnoException {
    control(MOD, member, mask, data);
  }

  /** EBADF · ENOENT, as {@link #modify}. */
  public void remove(int member) throws ErrnoException {
    control(DEL, member, 0, 0);
  }

  /** {@code int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)}. */
  private synchronized void control(int operation, int member, int mask, long data)
      throws ErrnoException {
    requireOpen();
    MemorySegment event = Scratch.own().struct;
    event.set(JAVA_INT_UNALIGNED, 0, mask);
    event.set(JAVA_LONG_UNALIGNED, DATA_AT, data);
    MemorySegment state = state();
    try {
      checked(state, (int) CTL.invokeExact(state, fd, operation, member, event), "epoll_ctl");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * Takes what is ready now: {@code int epoll_wait(int epfd, struct epoll_event *events, int
   * maxevents, int timeout)}, without waiting. What the kernel says goes on unchecked.
   */
  public synchronized void take(int max, Report report) throws ErrnoException {
    requireOpen();
    if (buffer.byteSize() < (long) max * EVENT_BYTES) {
      buffer = Arena.ofAuto().allocate((long) max * EVENT_BYTES, Long.BYTES);
    }
    MemorySegment state = state();
    int count;
    try {
      count = checked(state, (int) WAIT.invokeExact(state, fd, buffer, max, 0), "epoll_wait");
    } catch (Throwable t) {
      throw fault(t);
    }
    for (int i = 0; i < Math.min(count, max); i++) {
      long at = (long) i * EVENT_BYTES;
      report.ready(
          buffer.get(JAVA_LONG_UNALIGNED, at + DATA_AT), buffer.get(JAVA_INT_UNALIGNED, at));
    }
  }

  /** Waits until there may be something to take, and takes nothing; false: closed. */
  public boolean await() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return false;
      }
      awaited = true;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment polled = arena.allocate(2 * POLLFD_BYTES, Integer.BYTES);
      polled.set(JAVA_INT, 0, fd);
      polled.set(JAVA_SHORT, 4, POLLIN);
      polled.set(JAVA_INT, POLLFD_BYTES, end.fd());
      polled.set(JAVA_SHORT, POLLFD_BYTES + 4, POLLIN);
      MountCalls.poll(polled, 2, -1);
      return polled.get(JAVA_SHORT, POLLFD_BYTES + REVENTS_AT) == 0;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINTR) {
        return true;
      }
      throw e;
    } finally {
      synchronized (this) {
        awaited = false;
        notifyAll();
      }
    }
  }

  private void requireOpen() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF, "epoll");
    }
  }

  /** Wakes who waits; the numbers are given back when nobody does. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    end.signal();
    boolean interrupted = false;
    while (awaited) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    DescriptorCalls.close(fd);
    end.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

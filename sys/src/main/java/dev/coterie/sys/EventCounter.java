package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Wakes a thread that waits in an {@link IoUring} or a {@link ClientSocket}. Source: eventfd(2).
 */
public final class EventCounter implements AutoCloseable {
  private static final int EFD_CLOEXEC = 02000000;
  private static final int EFD_NONBLOCK = 04000;

  private final int fd;
  private final MemorySegment buffer; // of the one read that is under way
  private final MemorySegment one;
  private boolean closed; // guarded by this: after close the number may be another's

  private EventCounter(int fd) {
    this.fd = fd;
    Arena arena = Arena.ofAuto();
    this.buffer = arena.allocate(JAVA_LONG);
    this.one = arena.allocateFrom(JAVA_LONG, 1);
  }

  public static EventCounter open() throws ErrnoException {
    return new EventCounter(UringCalls.eventfd(0, EFD_CLOEXEC));
  }

  /** One whose reading does not wait. */
  static EventCounter openNonblocking() throws ErrnoException {
    return new EventCounter(UringCalls.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }

  int fd() {
    return fd;
  }

  MemorySegment buffer() {
    return buffer;
  }

  /** Completes the read that is under way, or the next one. Of a closed one nothing is known. */
  public synchronized void signal() {
    if (closed) {
      return;
    }
    try {
      MountCalls.write(fd, one, Long.BYTES);
    } catch (ErrnoException e) {
      // Nothing is lost by EINTR: the counter is far from full, so the call does not wait.
      throw new AssertionError(e);
    }
  }

  /** Makes it 0, without waiting: for one that does not. */
  void drain() {
    try {
      MountCalls.read(fd, buffer, Long.BYTES);
    } catch (ErrnoException e) {
      // EAGAIN: it is on its way to be signalled, and the next wait ends at once.
      assert e.errno() == Errno.EAGAIN : e;
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      UringCalls.close(fd);
    }
  }
}

package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** The kernel's own watches of its inodes. Masks are those of inotify(7). */
public final class Inotify implements AutoCloseable {
  private static final int IN_NONBLOCK = 04000;
  private static final int IN_CLOEXEC = 02000000;
  private static final int BUFFER_BYTES = 64 << 10;

  // struct inotify_event: int wd; uint32_t mask, cookie, len; char name[len]
  private static final int MASK_AT = 4;
  private static final int COOKIE_AT = 8;
  private static final int LENGTH_AT = 12;
  private static final int NAME_AT = 16;

  // struct pollfd: int fd; short events, revents
  private static final int POLLFD_BYTES = 8;
  private static final short POLLIN = 1;

  private static final MethodHandle INIT1 = function("inotify_init1", JAVA_INT, JAVA_INT);
  private static final MethodHandle ADD =
      function("inotify_add_watch", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle REMOVE =
      function("inotify_rm_watch", JAVA_INT, JAVA_INT, JAVA_INT);

  /**
   * What happened.
   *
   * @param watch -1: the kernel's queue was full
   * @param name in the watched directory; empty: the watched inode itself
   */
  public record Event(int watch, int mask, int cookie, Name name) {}

  private final int fd;
  private final EventCounter end;
  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, Integer.BYTES);
  private boolean closed; // guarded by this
  private boolean awaited; // guarded by this

  private Inotify(int fd, EventCounter end) {
    this.fd = fd;
    this.end = end;
  }

  /** EMFILE too many of this user (fs.inotify.max_user_instances). */
  public static Inotify open() throws ErrnoException {
    MemorySegment state = state();
    int fd;
    try {
      fd =
          checked(state, (int) INIT1.invokeExact(state, IN_NONBLOCK | IN_CLOEXEC), "inotify_init1");
    } catch (Throwable t) {
      throw fault(t);
    }
    try {
      return new Inotify(fd, EventCounter.open());
    } catch (ErrnoException e) {
      DescriptorCalls.close(fd);
      throw e;
    }
  }

  /**
   * Watches the inode of a descriptor, which may be one with O_PATH. ENOSPC too many of this user.
   *
   * @return the number of the watch, that which the inode had already if it was watched
   */
  public int add(int inode, int mask) throws ErrnoException {
    return add(("/proc/self/fd/" + inode), mask);
  }

  /** Watches what a path leads to. */
  public int add(String path, int mask) throws ErrnoException {
    MemorySegment state = state();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(path);
      return checked(state, (int) ADD.invokeExact(state, fd, text, mask), "inotify_add_watch");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** EINVAL there is no such watch any more. */
  public void remove(int watch) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) REMOVE.invokeExact(state, fd, watch), "inotify_rm_watch");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /**
   * What has happened and was not read yet, or a part of it; empty: nothing. One thread at a time.
   */
  public synchronized List<Event> read() throws ErrnoException {
    if (closed) {
      return List.of();
    }
    long length;
    try {
      length = MountCalls.read(fd, buffer, BUFFER_BYTES);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN || e.errno() == Errno.EINTR) {
        return List.of();
      }
      throw e;
    }
    List<Event> events = new ArrayList<>();
    for (long at = 0; at < length; at += NAME_AT + buffer.get(JAVA_INT, at + LENGTH_AT)) {
      events.add(
          new Event(
              buffer.get(JAVA_INT, at),
              buffer.get(JAVA_INT, at + MASK_AT),
              buffer.get(JAVA_INT, at + COOKIE_AT),
              nameAt(at + NAME_AT, buffer.get(JAVA_INT, at + LENGTH_AT))));
    }
    return events;
  }

  /** Padded with NULs. */
  private Name nameAt(long at, int padded) {
    int length = 0;
    while (length < padded && buffer.get(JAVA_BYTE, at + length) != 0) {
      length++;
    }
    return Name.wrap(buffer.asSlice(at, length).toArray(JAVA_BYTE));
  }

  /** Waits until there is something to read; false: closed. From one thread. */
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
      return polled.get(JAVA_SHORT, POLLFD_BYTES + 6) == 0;
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

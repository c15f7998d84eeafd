package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.EPOLLRDHUP;
import static dev.coterie.api.EventMask.EPOLLWAKEUP;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of a set that are file descriptors of this process, in an epoll set of the kernel's.
 *
 * <p>The kernel is told a number that was never used before with each member, and gives it back in
 * its reports: what it says of any other number is dropped. It keeps to files, not to descriptors,
 * so a member whose descriptor was closed goes on being reported while a copy of it is open
 * somewhere (epoll(7), Q6). So each report is held against the file that the descriptor is now;
 * what is not the file that was added leaves, and as nothing can take it out of the kernel's set
 * any more, that set is made anew. What has no inode of its own (an eventfd, a timerfd) cannot be
 * told from another of its kind in that one case.
 */
final class PolledDescriptors implements AutoCloseable {
  private static final int WHAT = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
  private static final int UNASKED = EPOLLERR | EPOLLHUP;

  /** The number of no member. */
  private static final long NOBODY = 0;

  private static final class Entry {
    final int descriptor; // immutable
    final long number; // immutable
    final Object file; // immutable
    int mask; // guarded by the owner
    long data; // guarded by the owner
    boolean armed = true; // guarded by the owner: a report may come
    boolean known = true; // guarded by the owner: to the kernel's set
    long round; // guarded by the owner: in which it was reported last

    Entry(int descriptor, long number, Object file, int mask, long data) {
      this.descriptor = descriptor;
      this.number = number;
      this.file = file;
      this.mask = mask;
      this.data = data;
    }
  }

  private final Kernel.Maker maker; // immutable
  private volatile Kernel kernel; // written under this
  private final Map<Integer, Entry> byDescriptor = new HashMap<>(); // guarded by this
  private final Map<Long, Entry> byNumber = new HashMap<>(); // guarded by this
  private long numbers; // guarded by this: the last one given
  private long round; // guarded by this
  private boolean stale; // guarded by this: the kernel's set holds what is no member
  private boolean closed; // guarded by this
  private long examined; // guarded by this
  private long unknownMembers; // guarded by this
  private long unknownBits; // guarded by this
  private long gone; // guarded by this

  PolledDescriptors(Kernel.Maker maker) throws ErrnoException {
    this.maker = maker;
    this.kernel = maker.make();
  }

  // ---- members ----

  synchronized void add(int descriptor, int mask, long data) throws ErrnoException {
    Object file = kernel.fileOf(descriptor);
    Entry old = byDescriptor.get(descriptor);
    if (old != null && !old.known && old.file.equals(file)) {
      throw new ErrnoException(Errno.EEXIST, "add");
    }
    Entry entry = new Entry(descriptor, ++numbers, file, mask & ~EPOLLWAKEUP, data);
    try {
      kernel.add(descriptor, entry.mask, entry.number);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EEXIST || old != null) {
        throw e;
      }
      renew(); // it had left here, and there nothing could take it out
      kernel.add(descriptor, entry.mask, entry.number);
    }
    if (old != null) {
      drop(old); // the kernel says that it is another file
      gone++;
    }
    byDescriptor.put(descriptor, entry);
    byNumber.put(entry.number, entry);
  }

  synchronized void modify(int descriptor, int mask, long data) throws ErrnoException {
    Entry entry = byDescriptor.get(descriptor);
    int wanted = mask & ~EPOLLWAKEUP;
    if (entry == null) {
      kernel.modify(descriptor, wanted, NOBODY); // says why not
      throw notFound();
    }
    try {
      if (entry.known) {
        kernel.modify(descriptor, wanted, entry.number);
      } else {
        requireSame(entry);
        requireChangeable(mask);
        kernel.add(descriptor, wanted, entry.number);
      }
    } catch (ErrnoException e) {
      dropIfGone(entry, e);
      throw e;
    }
    entry.known = true;
    entry.armed = true;
    entry.mask = wanted;
    entry.data = data;
  }

  synchronized void remove(int descriptor) throws ErrnoException {
    Entry entry = byDescriptor.get(descriptor);
    if (entry != null) {
      drop(entry);
    }
    if (entry == null || entry.known) {
      kernel.remove(descriptor);
    }
    if (entry == null) {
      throw notFound();
    }
  }

  private static ErrnoException notFound() {
    return new ErrnoException(Errno.ENOENT, "member");
  }

  /** "EINVAL: op was EPOLL_CTL_MOD and events included EPOLLEXCLUSIVE" (epoll_ctl(2)). */
  private static void requireChangeable(int mask) throws ErrnoException {
    if ((mask & EPOLLEXCLUSIVE) != 0) {
      throw new ErrnoException(Errno.EINVAL, "mask");
    }
  }

  private void requireSame(Entry entry) throws ErrnoException {
    if (!kernel.fileOf(entry.descriptor).equals(entry.file)) {
      throw notFound();
    }
  }

  private void dropIfGone(Entry entry, ErrnoException e) {
    if (e.errno() == Errno.ENOENT || e.errno() == Errno.EBADF) {
      drop(entry);
      gone++;
    }
  }

  private void drop(Entry entry) {
    byDescriptor.remove(entry.descriptor, entry);
    byNumber.remove(entry.number);
  }

  // ---- reports ----

  /** Takes reports that hold, at most so many. */
  synchronized List<Event> take(int max) throws ErrnoException {
    List<Event> events = new ArrayList<>();
    if (closed) {
      return events;
    }
    round++;
    kernel.take(max, (number, mask) -> check(number, mask, max, events));
    if (stale) {
      try {
        renew();
      } catch (ErrnoException e) {
        if (events.isEmpty()) {
          throw e;
        }
      }
    }
    return events;
  }

  private void check(long number, int mask, int max, List<Event> events) {
    examined++;
    Entry entry = byNumber.get(number);
    if (entry == null || !entry.armed || entry.round == round || events.size() >= max) {
      unknownMembers++;
      stale |= entry == null;
      return;
    }
    entry.round = round;
    int asked = (entry.mask & WHAT) | UNASKED;
    if ((mask & ~asked) != 0) {
      unknownBits++;
    }
    if ((mask & asked) == 0) {
      return;
    }
    if (!isStill(entry)) {
      drop(entry);
      gone++;
      stale = true;
      return;
    }
    if ((entry.mask & EPOLLONESHOT) != 0) {
      entry.armed = false;
    }
    events.add(new Event(mask & asked, entry.data, 1));
  }

  private boolean isStill(Entry entry) {
    try {
      return kernel.fileOf(entry.descriptor).equals(entry.file);
    } catch (ErrnoException e) {
      return false;
    }
  }

  /**
   * Leaves behind what is in the kernel's set and can no longer be named. What is watched by edges
   * may be reported once more for it, which an edge always may.
   */
  private void renew() throws ErrnoException {
    Kernel fresh = maker.make();
    for (Entry entry : List.copyOf(byDescriptor.values())) {
      entry.known = entry.armed && isStill(entry) && enter(fresh, entry);
      if (entry.armed && !entry.known) {
        drop(entry);
        gone++;
      }
    }
    Kernel old = kernel;
    kernel = fresh;
    stale = false;
    old.close(); // whoever waits at it goes on to the new one
  }

  private static boolean enter(Kernel fresh, Entry entry) {
    try {
      fresh.add(entry.descriptor, entry.mask, entry.number);
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }

  /** Waits until there may be something to take; from one thread. */
  void await() throws ErrnoException {
    kernel.await();
  }

  synchronized HostReports reports() {
    return new HostReports(examined, unknownMembers, unknownBits, gone);
  }

  synchronized int size() {
    return byDescriptor.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    kernel.close();
  }
}

package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.EPOLLWAKEUP;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The members of a set that are channels of this process, in a selector of the JDK's, which on
 * Linux is itself a persistent epoll set; and the one place where a thread waits that waits for the
 * host.
 *
 * <p>A channel's descriptor cannot be had from the JDK, so it cannot be in an epoll set of ours.
 * And a selector knows levels only, and tells the end and errors as what was asked for: what else a
 * mask can say is refused.
 */
final class SelectedChannels implements AutoCloseable {
  private static final int READS = SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;
  private static final int WRITES = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
  private static final int WHAT = EPOLLIN | EPOLLOUT;
  private static final int KNOWN = WHAT | EPOLLONESHOT | EPOLLWAKEUP;

  private static final class Entry {
    int mask; // guarded by the owner
    long data; // guarded by the owner
    long turn; // guarded by the owner: when it was reported last

    Entry(int mask, long data) {
      this.mask = mask;
      this.data = data;
    }
  }

  private final Selector selector; // immutable
  private final ReentrantLock selecting = new ReentrantLock(); // held while selecting
  private long turns; // guarded by this
  private final LongAdder examined = new LongAdder(); // atomic

  SelectedChannels() throws ErrnoException {
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new ErrnoException(Errno.EMFILE, "selector: " + e.getMessage());
    }
  }

  // ---- members ----

  /** What a selector calls it. EINVAL what it cannot, or the channel cannot. */
  private static int operations(SelectableChannel channel, int mask) throws ErrnoException {
    int valid = channel.validOps();
    int reads = (mask & EPOLLIN) != 0 ? valid & READS : 0;
    int writes = (mask & EPOLLOUT) != 0 ? valid & WRITES : 0;
    if ((mask & ~KNOWN) != 0
        || (mask & WHAT) == 0
        || ((mask & EPOLLIN) != 0 && reads == 0)
        || ((mask & EPOLLOUT) != 0 && writes == 0)) {
      throw new ErrnoException(Errno.EINVAL, "mask of a channel");
    }
    return reads | writes;
  }

  void add(SelectableChannel channel, int mask, long data) throws ErrnoException {
    int operations = operations(channel, mask);
    while (!register(channel, operations, new Entry(mask, data))) {
      flush(); // it was a member and is still being forgotten
    }
    wake();
  }

  private synchronized boolean register(SelectableChannel channel, int operations, Entry entry)
      throws ErrnoException {
    SelectionKey key = channel.keyFor(selector);
    if (key != null && key.isValid()) {
      throw new ErrnoException(Errno.EEXIST, "add");
    }
    try {
      channel.register(selector, operations, entry);
      return true;
    } catch (CancelledKeyException e) {
      return false;
    } catch (ClosedChannelException | ClosedSelectorException e) {
      throw new ErrnoException(Errno.EBADF, "add");
    } catch (IllegalBlockingModeException e) {
      throw new ErrnoException(Errno.EINVAL, "a channel in blocking mode");
    } catch (IllegalSelectorException e) {
      throw new ErrnoException(Errno.EINVAL, "a channel of another provider");
    }
  }

  /** Has the selector forget what was taken out: by whoever selects, or here if nobody does. */
  private void flush() throws ErrnoException {
    if (selecting.tryLock()) {
      try {
        select(0);
      } finally {
        selecting.unlock();
      }
      wake(); // as that took the effect of a wake-up that was meant for who is about to wait
    } else {
      wake();
      Thread.onSpinWait();
    }
  }

  synchronized void modify(SelectableChannel channel, int mask, long data) throws ErrnoException {
    SelectionKey key = find(channel);
    int operations = operations(channel, mask);
    try {
      key.interestOps(operations);
    } catch (CancelledKeyException e) {
      throw new ErrnoException(Errno.ENOENT, "member");
    }
    Entry entry = (Entry) key.attachment();
    entry.mask = mask;
    entry.data = data;
    wake();
  }

  synchronized void remove(SelectableChannel channel) throws ErrnoException {
    find(channel).cancel();
    flush(); // so that the channel is free at once, and closed when it is to be
  }

  private SelectionKey find(SelectableChannel channel) throws ErrnoException {
    SelectionKey key = channel.keyFor(selector);
    if (key == null || !key.isValid()) {
      throw new ErrnoException(channel.isOpen() ? Errno.ENOENT : Errno.EBADF, "member");
    }
    return key;
  }

  // ---- reports ----

  /** Takes reports, at most so many; those that were not reported for the longest time first. */
  List<Event> take(int max) throws ErrnoException {
    List<SelectionKey> found = select(0);
    List<Event> events = new ArrayList<>();
    synchronized (this) {
      if (found.size() > max) {
        found.sort(Comparator.comparingLong(key -> ((Entry) key.attachment()).turn));
      }
      for (SelectionKey key : found) {
        Event event = events.size() < max ? report(key) : null;
        if (event != null) {
          events.add(event);
        }
      }
    }
    return events;
  }

  /** Null: it has left, or is watched for something else by now. With the monitor held. */
  private @Nullable Event report(SelectionKey key) {
    try {
      Entry entry = (Entry) key.attachment();
      int ready = key.readyOps() & key.interestOps();
      int mask = ((ready & READS) != 0 ? EPOLLIN : 0) | ((ready & WRITES) != 0 ? EPOLLOUT : 0);
      if (mask == 0) {
        return null;
      }
      if ((entry.mask & EPOLLONESHOT) != 0) {
        key.interestOps(0);
      }
      entry.turn = ++turns;
      return new Event(mask, entry.data, 1);
    } catch (CancelledKeyException e) {
      return null;
    }
  }

  /**
   * Waits until a channel is ready, and takes nothing; or until it is woken, interrupted, or the
   * time is up.
   *
   * @param nanos {@link Long#MAX_VALUE}: without end
   * @return whether a channel is ready
   */
  boolean await(long nanos) throws ErrnoException {
    selecting.lock();
    try {
      long millis = Math.max(Math.ceilDiv(nanos, TimeUnit.MILLISECONDS.toNanos(1)), 1);
      return !select(nanos == Long.MAX_VALUE ? -1 : millis).isEmpty();
    } finally {
      selecting.unlock();
    }
  }

  /** 0: looks only; -1: without end. */
  private List<SelectionKey> select(long millis) throws ErrnoException {
    List<SelectionKey> found = new ArrayList<>();
    try {
      if (millis == 0) {
        selector.selectNow(found::add);
      } else {
        selector.select(found::add, Math.max(millis, 0));
      }
    } catch (ClosedSelectorException e) {
      throw new ErrnoException(Errno.EBADF, "await");
    } catch (IOException e) {
      throw new ErrnoException(Errno.EIO, "select: " + e.getMessage());
    }
    examined.add(found.size());
    return found;
  }

  /** Has {@link #await} return: that which is under way, or else the next. */
  void wake() {
    selector.wakeup();
  }

  long examined() {
    return examined.sum();
  }

  int size() {
    return selector.isOpen() ? selector.keys().size() : 0;
  }

  /** Frees the channels. */
  @Override
  public void close() {
    try {
      selector.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e); // closing what needs no descriptor does not fail
    }
  }
}

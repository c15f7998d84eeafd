package dev.coterie.core.event;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is between the ends of a FIFO: at most 64 KiB on their way, kept while any end is open. Like
 * Linux's (fs/pipe.c) it counts pages, not bytes: a small write goes into the last page if all of
 * it has room there, else it begins a new one. So it is full when no page is free.
 *
 * <pre>
 *   read from ◀── |page|page|page| … at most 16 … |page| ◀── written to
 * </pre>
 */
public final class Pipe {
  /** "POSIX.1 requires PIPE_BUF to be at least 512 bytes. (On Linux, PIPE_BUF is 4096 bytes.)" */
  public static final int ATOMIC_BYTES = 4096;

  /** "Since Linux 2.6.11, the pipe capacity is 16 pages" (pipe(7)). */
  public static final int PAGES = 16;

  private final Deque<ByteBuffer> pages =
      new ArrayDeque<>(); // guarded by this; position: read from
  private final List<PipeEnd> ends = new ArrayList<>(2); // guarded by this
  private int readers; // guarded by this
  private int writers; // guarded by this
  private long readerOpens; // guarded by this; only grows
  private long writerOpens; // guarded by this; only grows

  /**
   * Opens an end; who waits for that is told by {@link PipeEnd#announce}. Where {@link
   * PipeEnd#isMet} says no, who did not ask for O_NONBLOCK has to wait.
   *
   * @throws ErrnoException ENXIO O_NONBLOCK, for writing alone, and nobody reads
   */
  public synchronized PipeEnd open(boolean reads, boolean writes, boolean nonblocking)
      throws ErrnoException {
    if (writes && !reads && nonblocking && readers == 0) {
      throw new ErrnoException(Errno.ENXIO);
    }
    PipeEnd end = new PipeEnd(this, reads, writes);
    end.partnersBefore = reads ? writerOpens : readerOpens;
    end.unmet = reads && !writes && nonblocking && writers == 0;
    if (reads) {
      readers++;
      readerOpens++;
    }
    if (writes) {
      writers++;
      writerOpens++;
    }
    end.first = (reads && readers == 1) || (writes && writers == 1);
    ends.add(end);
    return end;
  }

  /**
   * As wake_up_partner: those who wait for the other side, and whoever watches a side that reads.
   */
  void announce(PipeEnd end) {
    List<PipeEnd> others;
    synchronized (this) {
      if (!end.first) {
        return;
      }
      end.first = false; // who shares it later opens nothing
      others = List.copyOf(ends);
    }
    for (PipeEnd other : others) {
      if (other.reads) {
        other.changed(0);
      } else {
        other.wake();
      }
    }
  }

  synchronized boolean isMet(PipeEnd end, @Nullable Runnable waiter) {
    boolean met =
        end.reads
            ? writers > 0 || writerOpens != end.partnersBefore
            : readers > 0 || readerOpens != end.partnersBefore;
    if (!met && waiter != null) {
      end.await(waiter);
    }
    return met;
  }

  void close(PipeEnd end) {
    List<PipeEnd> left;
    synchronized (this) {
      if (!ends.remove(end)) {
        return;
      }
      readers -= end.reads ? 1 : 0;
      writers -= end.writes ? 1 : 0;
      if (ends.isEmpty()) {
        pages.clear();
      }
      // As pipe_release: told when one side is left without the other.
      left = (readers == 0) != (writers == 0) ? List.copyOf(ends) : List.of();
    }
    left.forEach(other -> other.changed(0));
  }

  int read(PipeEnd end, ByteBuffer destination, @Nullable Runnable waiter) {
    int count = 0;
    boolean wasFull = false;
    List<PipeEnd> told;
    synchronized (this) {
      if (!destination.hasRemaining()) {
        return 0;
      }
      while (destination.hasRemaining() && !pages.isEmpty()) {
        ByteBuffer page = pages.getFirst();
        int some = Math.min(page.remaining(), destination.remaining());
        destination.put(page.slice(page.position(), some));
        page.position(page.position() + some);
        count += some;
        if (!page.hasRemaining()) {
          wasFull |= pages.size() == PAGES;
          pages.removeFirst();
        }
      }
      if (count == 0 && writers > 0) {
        if (waiter != null) {
          end.await(waiter);
        }
        return -1;
      }
      told = wasFull ? ends(true) : List.of();
    }
    told.forEach(other -> other.changed(EPOLLOUT));
    return count;
  }

  int write(PipeEnd end, ByteBuffer source, @Nullable Runnable waiter) throws ErrnoException {
    int before = source.remaining();
    List<PipeEnd> told;
    synchronized (this) {
      if (before == 0) {
        return 0;
      }
      if (readers == 0) {
        throw new ErrnoException(Errno.EPIPE);
      }
      append(source);
      if (source.hasRemaining() && waiter != null) {
        end.await(waiter);
      }
      // As pipe_write: each write is an edge, even one that finds no room.
      told = ends(false);
    }
    told.forEach(other -> other.changed(EPOLLIN));
    return before - source.remaining();
  }

  /** As pipe_write: what is over whole pages goes first, behind what is there, if it has room. */
  private void append(ByteBuffer source) {
    int over = source.remaining() % ATOMIC_BYTES;
    ByteBuffer last = pages.peekLast();
    if (over != 0 && last != null && last.capacity() - last.limit() >= over) {
      int at = last.limit();
      last.limit(at + over);
      move(source, last, at, over);
    }
    while (source.hasRemaining() && pages.size() < PAGES) {
      int some = Math.min(source.remaining(), ATOMIC_BYTES);
      ByteBuffer page = ByteBuffer.allocate(ATOMIC_BYTES).limit(some);
      move(source, page, 0, some);
      pages.addLast(page);
    }
  }

  private static void move(ByteBuffer source, ByteBuffer page, int at, int count) {
    page.put(at, source, source.position(), count);
    source.position(source.position() + count);
  }

  /** Those that write, or those that read. With the monitor held. */
  private List<PipeEnd> ends(boolean writing) {
    List<PipeEnd> some = new ArrayList<>(ends.size());
    for (PipeEnd end : ends) {
      if (writing ? end.writes : end.reads) {
        some.add(end);
      }
    }
    return some;
  }

  synchronized int ready(PipeEnd end) {
    int mask = 0;
    if (end.reads) {
      mask |= pages.isEmpty() ? 0 : EPOLLIN;
      // Who came before any writer is not told that all have gone.
      boolean hadWriter = !end.unmet || writerOpens != end.partnersBefore;
      mask |= writers == 0 && hadWriter ? EPOLLHUP : 0;
    }
    if (end.writes) {
      mask |= pages.size() < PAGES ? EPOLLOUT : 0;
      mask |= readers == 0 ? EPOLLERR : 0;
    }
    return mask;
  }
}

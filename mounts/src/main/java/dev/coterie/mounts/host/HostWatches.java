package dev.coterie.mounts.host;

import dev.coterie.api.Change;
import dev.coterie.api.ErrnoException;
import dev.coterie.core.spi.OutsideWatch;
import dev.coterie.sys.Inotify;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches of a mount: the kernel's, in one inotify instance, which is opened with the first of
 * them. The kernel tells of changes by others and by us alike, so nobody else tells of ours, and
 * nothing is told twice.
 *
 * <p>Several watches of one inode are one of the kernel, for all their kinds; each takes what it
 * asked for.
 */
final class HostWatches implements AutoCloseable {
  private final Finder finder;
  private @Nullable Inotify inotify; // guarded by this, as all below
  private final Map<Integer, Watched> byNumber = new HashMap<>();
  private boolean closed;

  HostWatches(Finder finder) {
    this.finder = finder;
  }

  /** What one watch of the kernel is for. */
  private static final class Watched {
    final HostNode node;
    final List<One> all = new ArrayList<>(1);

    Watched(HostNode node) {
      this.node = node;
    }
  }

  /** One of ours. */
  private final class One implements OutsideWatch {
    private final Sink sink;
    private int number = -1; // guarded by HostWatches, as the mask
    private int mask;

    One(Sink sink, int mask) {
      this.sink = sink;
      this.mask = mask;
    }

    @Override
    public void setMask(int newMask) throws ErrnoException {
      synchronized (HostWatches.this) {
        mask = newMask;
        Watched watched = byNumber.get(number);
        if (watched != null) {
          ask(watched);
        }
      }
    }

    @Override
    public void drain() {
      HostWatches.this.drain();
    }

    @Override
    public void close() {
      remove(this);
    }
  }

  OutsideWatch add(HostNode node, int mask, OutsideWatch.Sink sink) throws ErrnoException {
    One one = new One(sink, mask);
    synchronized (this) {
      // Asked for under the lock, so that nothing is read of a number that is not known yet.
      one.number = number(node, mask | Change.MASK_ADD);
      byNumber.computeIfAbsent(one.number, key -> new Watched(node)).all.add(one);
    }
    return one;
  }

  private int number(HostNode node, int mask) throws ErrnoException {
    int asked = (mask & (Change.ALL_KINDS | Change.MASK_ADD)) | Change.EXCL_UNLINK;
    try (Descriptor d = finder.open(node)) {
      return opened().add(d.fd, asked);
    }
  }

  private Inotify opened() throws ErrnoException {
    Inotify known = inotify;
    if (known == null) {
      known = Inotify.open();
      inotify = known;
      Thread reader = new Thread(this::readOn, "coterie-host-watch");
      reader.setDaemon(true);
      reader.start();
    }
    return known;
  }

  /** Asks the kernel for what all of a watch want. */
  private void ask(Watched watched) throws ErrnoException {
    int mask = 0;
    for (One one : watched.all) {
      mask |= one.mask;
    }
    number(watched.node, mask);
  }

  private synchronized void remove(One one) {
    Watched watched = byNumber.get(one.number);
    if (watched == null || !watched.all.remove(one) || inotify == null) {
      return;
    }
    try {
      if (watched.all.isEmpty()) {
        byNumber.remove(one.number);
        inotify.remove(one.number);
      } else {
        ask(watched);
      }
    } catch (ErrnoException e) {
      // The inode is gone, and the watch with it.
    }
  }

  // ---- what the kernel tells ----

  private void readOn() {
    Inotify source;
    synchronized (this) {
      source = inotify;
    }
    try {
      while (source != null && source.await()) {
        drain();
      }
    } catch (ErrnoException e) {
      throw new AssertionError("waiting at an inotify", e);
    }
  }

  /** Tells what has happened until now. */
  private void drain() {
    Set<OutsideWatch.Sink> told = new HashSet<>();
    synchronized (this) {
      if (inotify == null || closed) {
        return;
      }
      try {
        for (List<Inotify.Event> events = inotify.read();
            !events.isEmpty();
            events = inotify.read()) {
          for (Inotify.Event event : events) {
            tell(event, told);
          }
        }
      } catch (ErrnoException e) {
        throw new AssertionError("reading an inotify", e);
      }
    }
    told.forEach(OutsideWatch.Sink::told);
  }

  private void tell(Inotify.Event event, Set<OutsideWatch.Sink> told) {
    if ((event.mask() & Change.Q_OVERFLOW) != 0) {
      for (Watched watched : List.copyOf(byNumber.values())) {
        for (One one : List.copyOf(watched.all)) {
          one.sink.overflowed();
          told.add(one.sink);
        }
      }
      return;
    }
    boolean last = (event.mask() & Change.IGNORED) != 0;
    Watched watched = last ? byNumber.remove(event.watch()) : byNumber.get(event.watch());
    if (watched != null) {
      for (One one : List.copyOf(watched.all)) {
        one.sink.changed(event.mask(), event.cookie(), event.name());
        told.add(one.sink);
      }
    }
  }

  @Override
  public void close() {
    Inotify source;
    synchronized (this) {
      closed = true;
      source = inotify;
      byNumber.clear();
    }
    if (source != null) {
      source.close();
    }
  }
}

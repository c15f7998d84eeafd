package dev.coterie.core.watch;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.core.spi.OutsideWatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What was reported and not taken yet, in the order in which it happened. A bounded queue: what
 * does not fit is counted, and the count stands where it would have stood.
 *
 * <p>Its monitor is where changes, those who wait for them, cancel and the end meet.
 */
public final class WatchQueue {

  /** Who waits for changes. Told once, with no lock held. */
  public interface Listener {
    void changed(List<Change> changes);

    void ended(Errno errno);
  }

  /** A wait at this queue. */
  public static final class Wait {
    private final Object through;
    private final int bytes;
    private final Listener listener;

    /**
     * @param through what was waited through, as {@link #closed} names it
     * @param bytes how much is taken at most
     */
    public Wait(Object through, int bytes, Listener listener) {
      this.through = through;
      this.bytes = bytes;
      this.listener = listener;
    }
  }

  private final Watches tree;
  private final ArrayDeque<Change> changes = new ArrayDeque<>(); // guarded by this, as all below
  private long bytes; // of the changes' paths
  private int lost; // of the overflow that stands last
  private final Map<Integer, Watch> byNumber = new HashMap<>();
  private final Map<InodeId, Watch> byInode = new HashMap<>();
  private final Map<Watch, OutsideWatch> feeds = new HashMap<>();
  private final ArrayDeque<Wait> waits = new ArrayDeque<>();
  private final List<Runnable> listeners = new ArrayList<>();
  private int lastNumber;
  private boolean queuedForWaking;
  private boolean closed;

  public WatchQueue(Watches tree) {
    this.tree = tree;
  }

  // ---- watches ----

  /** The watch of an inode, if there is one. */
  public synchronized @Nullable Watch watchOf(InodeId id) {
    return byInode.get(id);
  }

  /**
   * Watches an inode that the tree itself changes. EEXIST, with {@link Change#MASK_CREATE} · ENOSPC
   * too many.
   *
   * @return the number of the watch: that which it had, if it was watched already
   */
  public synchronized int add(InodeId id, Caller caller, int mask) throws ErrnoException {
    Watch watch = byInode.get(id);
    if (watch != null) {
      tree.change(watch, newMask(watch, mask));
      return watch.number;
    }
    watch = newWatch(id, caller, mask, false);
    tree.add(watch);
    return watch.number;
  }

  /** How a watch on an outside mount comes by its feed. */
  public interface Feeder {
    OutsideWatch feed(Watch watch) throws ErrnoException;
  }

  /** As {@link #add}, for an inode that others change too. */
  public int addFed(InodeId id, Caller caller, int mask, Feeder feeder) throws ErrnoException {
    Watch watch;
    OutsideWatch feed;
    synchronized (this) {
      watch = byInode.get(id);
      feed = watch == null ? null : feeds.get(watch);
      if (watch != null) {
        watch.mask = newMask(watch, mask);
      } else {
        watch = newWatch(id, caller, mask, true);
      }
    }
    if (feed != null) {
      feed.setMask(watch.mask);
      return watch.number;
    }
    try {
      feed = feeder.feed(watch);
    } catch (ErrnoException e) {
      forget(watch);
      throw e;
    }
    boolean keep;
    synchronized (this) {
      keep =
          !closed && byNumber.get(watch.number) == watch && feeds.putIfAbsent(watch, feed) == null;
    }
    if (!keep) {
      feed.close();
    } else if (watch.mask != mask) {
      feed.setMask(watch.mask); // replaced by another thread meanwhile
    }
    return watch.number;
  }

  private int newMask(Watch watch, int mask) throws ErrnoException {
    if ((mask & Change.MASK_CREATE) != 0) {
      throw new ErrnoException(Errno.EEXIST);
    }
    return (mask & Change.MASK_ADD) != 0 ? watch.mask | kept(mask) : kept(mask);
  }

  private static int kept(int mask) {
    return mask & ~(Change.MASK_ADD | Change.MASK_CREATE | Change.ONLYDIR);
  }

  private Watch newWatch(InodeId id, Caller caller, int mask, boolean fed) throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (byNumber.size() >= Limits.WATCHES_PER_QUEUE) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    Watch watch = new Watch(this, ++lastNumber, id, caller, kept(mask), fed);
    byNumber.put(watch.number, watch);
    byInode.put(id, watch);
    return watch;
  }

  /** Ends a watch, which is reported too. EINVAL there is none of this number. */
  public void remove(int number) throws ErrnoException {
    OutsideWatch feed;
    synchronized (this) {
      Watch watch = byNumber.get(number);
      if (watch == null) {
        throw new ErrnoException(Errno.EINVAL);
      }
      feed = over(watch);
    }
    close(feed);
  }

  /** The inode of a watch is no more: its last change, and the end. */
  public void end(Watch watch) {
    OutsideWatch feed;
    synchronized (this) {
      feed = byNumber.get(watch.number) == watch ? over(watch) : null;
    }
    close(feed);
  }

  private synchronized void forget(Watch watch) {
    if (byNumber.remove(watch.number, watch)) {
      byInode.remove(watch.id());
    }
  }

  /** Takes a watch away and says so; its feed is to be closed without the monitor. */
  private @Nullable OutsideWatch over(Watch watch) {
    OutsideWatch feed = takeAway(watch);
    append(Change.ignored(watch.number));
    return feed;
  }

  private @Nullable OutsideWatch takeAway(Watch watch) {
    byNumber.remove(watch.number);
    byInode.remove(watch.id());
    if (!watch.fed) {
      tree.remove(watch);
    }
    return feeds.remove(watch);
  }

  private static void close(@Nullable OutsideWatch feed) {
    if (feed != null) {
      feed.close();
    }
  }

  // ---- changes ----

  void report(Watch watch, int kinds, int cookie, Name path) {
    OutsideWatch feed = null;
    synchronized (this) {
      if (byNumber.get(watch.number) != watch || !watch.wants(kinds)) {
        return;
      }
      int told = kinds & (watch.mask | ~Change.ALL_KINDS);
      append(new Change(watch.number, told, cookie, path));
      if ((watch.mask & Change.ONESHOT) != 0) {
        feed = over(watch);
      }
    }
    close(feed);
  }

  /** The mount has lost changes of watches of this queue, nobody knows how many. */
  public synchronized void overflowed() {
    overflow(1);
  }

  private void append(Change change) {
    Change last = changes.peekLast();
    // "If successive output inotify events produced on the inotify file descriptor are identical
    // ..., then they are coalesced into a single event" (inotify(7)): whatever their cookies.
    if (last != null
        && last.mask() == change.mask()
        && last.watch() == change.watch()
        && !change.is(Change.IGNORED)
        && last.path().equals(change.path())) {
      return;
    }
    if (changes.size() >= Limits.CHANGES_PER_QUEUE
        || bytes + change.path().length() > Limits.CHANGE_BYTES_PER_QUEUE
        || change.path().length() > Limits.CHANGE_PATH_BYTES) {
      overflow(1);
      return;
    }
    changes.add(change);
    bytes += change.path().length();
    lost = 0;
    wake();
  }

  private void overflow(int more) {
    if (lost > 0) {
      changes.removeLast();
    }
    lost = lost > Integer.MAX_VALUE - more ? Integer.MAX_VALUE : lost + more;
    changes.add(Change.overflow(lost));
    wake();
  }

  private void wake() {
    if (!queuedForWaking && (!waits.isEmpty() || !listeners.isEmpty())) {
      queuedForWaking = true;
      tree.ready(this);
    }
  }

  // ---- taking ----

  /** Whether there is something to take. */
  public synchronized boolean isReady() {
    return !changes.isEmpty();
  }

  /** Has someone told, with no lock held, whenever something was added. */
  public synchronized void addListener(Runnable listener) {
    listeners.add(listener);
  }

  public synchronized void removeListener(Runnable listener) {
    listeners.remove(listener);
  }

  /** Queues what has happened on outside mounts and is not here yet. No lock is held. */
  public void drain() {
    List<OutsideWatch> all;
    synchronized (this) {
      if (feeds.isEmpty()) {
        return;
      }
      all = List.copyOf(feeds.values());
    }
    all.forEach(OutsideWatch::drain);
  }

  /** Takes what there is, as much as fits and one at least; empty: there is nothing. */
  public synchronized List<Change> take(int most) {
    return taken(most);
  }

  /** As {@link #take}; but if there is nothing, it waits and answers an empty list. */
  public synchronized List<Change> takeOrWait(Wait wait) {
    List<Change> taken = waits.isEmpty() ? taken(wait.bytes) : List.of();
    if (taken.isEmpty()) {
      waits.add(wait);
    }
    return taken;
  }

  private List<Change> taken(int most) {
    List<Change> taken = new ArrayList<>(Math.min(changes.size(), 64));
    int left = most;
    for (Change next = changes.peek(); next != null; next = changes.peek()) {
      left -= next.bytes();
      if (left < 0 && !taken.isEmpty()) {
        break;
      }
      changes.remove();
      bytes -= next.path().length();
      taken.add(next);
    }
    if (changes.isEmpty()) {
      lost = 0;
    }
    return taken;
  }

  /** Takes a wait back; false if it is over. */
  public synchronized boolean withdraw(Wait wait) {
    return waits.remove(wait);
  }

  /** Gives those who wait what there is. No lock is held. */
  void serve() {
    List<Runnable> told;
    synchronized (this) {
      queuedForWaking = false;
      told = List.copyOf(listeners);
    }
    told.forEach(Runnable::run);
    while (true) {
      Wait first;
      List<Change> taken;
      synchronized (this) {
        first = changes.isEmpty() ? null : waits.poll();
        if (first == null) {
          return;
        }
        taken = taken(first.bytes);
      }
      first.listener.changed(taken);
    }
  }

  // ---- the end ----

  /** What was waited through is closed: such waits end with EBADF. */
  public void closed(Object through) {
    endWaits(wait -> wait.through.equals(through));
  }

  private void endWaits(Predicate<Wait> which) {
    List<Wait> over = new ArrayList<>();
    synchronized (this) {
      waits.removeIf(wait -> which.test(wait) && over.add(wait));
    }
    over.forEach(wait -> wait.listener.ended(Errno.EBADF));
  }

  /** Nobody refers to the queue any more. */
  public void close() {
    List<OutsideWatch> fed = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Watch watch : List.copyOf(byNumber.values())) {
        OutsideWatch feed = takeAway(watch);
        if (feed != null) {
          fed.add(feed);
        }
      }
      changes.clear();
    }
    fed.forEach(OutsideWatch::close);
    endWaits(wait -> true);
  }
}

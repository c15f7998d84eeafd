package dev.coterie.core.event;

import static dev.coterie.api.EventMask.CHANGES_ONLY;
import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.EPOLLWAKEUP;
import static dev.coterie.api.EventMask.NOTIFY;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * A persistent list of interests and which of them may be met (analogous to Linux's struct
 * eventpoll; a member is its struct epitem).
 *
 * <p>A member is named by the handle it was added by, as a session numbers it. So a handle that a
 * session has under two numbers, as after dup(2), can be a member twice; it goes with the handle's
 * last close.
 */
public final class EventSet extends Source {
  /** Bits that say how to report, not what. */
  private static final int HOW =
      NOTIFY | CHANGES_ONLY | EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;

  /** What is told of without saying that it was this: by a change that can be anything. */
  private static final int ENDS = EPOLLERR | EPOLLHUP;

  /** What may go with EPOLLEXCLUSIVE (Linux, EPOLLEXCLUSIVE_OK_BITS). */
  private static final int WITH_EXCLUSIVE =
      EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

  /** One member of one set. */
  private static final class Item implements Watcher {
    final EventSet set; // immutable
    final Opening opening; // immutable
    final Source source; // immutable
    int mask; // guarded by the set
    long data; // guarded by the set
    boolean member = true; // guarded by the set
    int changes; // guarded by the set: since the last report
    int pending; // guarded by the set: of a NOTIFY member, what these changes were
    int ends; // guarded by the set: of a NOTIFY member, which of ENDS it was seen to have

    Item(EventSet set, Opening opening, Source source, int mask, long data) {
      this.set = set;
      this.opening = opening;
      this.source = source;
      this.mask = mask;
      this.data = data;
    }

    boolean notifies() {
      return (mask & NOTIFY) != 0;
    }

    /** What it is to be reported for. With the set's monitor held. */
    int report() {
      return notifies() ? pending : source.ready() & mask;
    }

    /** Whether a change is one of what is asked for. With the set's monitor held. */
    boolean isMet(int hint) {
      if (!notifies()) {
        return (mask & ~HOW) != 0 && (hint == 0 || (hint & mask) != 0);
      }
      int become = hint == 0 ? newEnds() : hint & mask;
      pending |= become;
      return become != 0;
    }

    private int newEnds() {
      int now = source.ready() & ENDS;
      int fresh = now & ~ends;
      ends = now;
      return fresh;
    }

    @Override
    public boolean changed(int hint) {
      return set.changed(this, hint);
    }

    @Override
    public void ended() {
      set.drop(this);
    }
  }

  private final Object nesting; // immutable: the tree's; held while sets are put into sets
  private final Map<Opening, Item> members = new HashMap<>(); // guarded by this; by opening
  private final SequencedSet<Item> nested =
      new LinkedHashSet<>(0); // guarded by this: that are sets
  private final SequencedSet<Item> ready =
      new LinkedHashSet<>(); // guarded by this: to be looked at

  /**
   * @param nesting the same object for all sets that can be members of each other
   */
  public EventSet(Object nesting) {
    this.nesting = nesting;
  }

  // ---- members ----

  /**
   * Adds a member.
   *
   * @param opening by which handle
   * @throws ErrnoException EEXIST it is one · EINVAL this set itself, or a mask that cannot be ·
   *     ELOOP a set that holds this one, or sets in sets in sets too deep · ENOSPC {@link
   *     Limits#EVENT_SET_MEMBERS}
   */
  public void add(Opening opening, Source source, int mask, long data) throws ErrnoException {
    requireAddable(source, mask);
    Item item = new Item(this, opening, source, mask | EPOLLERR | EPOLLHUP, data);
    boolean isReady;
    if (source instanceof EventSet inner) {
      synchronized (nesting) {
        requireDepth(inner);
        isReady = enter(item);
      }
    } else {
      isReady = enter(item);
    }
    if (isReady) {
      changed(EPOLLIN);
    }
  }

  @SuppressWarnings("ReferenceEquality") // this very set
  private void requireAddable(Source source, int mask) throws ErrnoException {
    boolean alone = (mask & EPOLLEXCLUSIVE) != 0;
    if (source == this
        || (alone && (source instanceof EventSet || (mask & ~WITH_EXCLUSIVE) != 0))
        || ((mask & NOTIFY) != 0 && (mask & EPOLLONESHOT) != 0)) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  private synchronized boolean enter(Item item) throws ErrnoException {
    if (members.containsKey(item.opening)) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (members.size() >= Limits.EVENT_SET_MEMBERS) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    members.put(item.opening, item);
    if (item.source instanceof EventSet) {
      nested.add(item);
    }
    // What it is already makes no notification; what it becomes from now on does.
    item.ends = item.notifies() ? item.source.ready() & ENDS : 0;
    item.source.watch(item, (item.mask & EPOLLEXCLUSIVE) != 0);
    return look(item);
  }

  /**
   * Puts a member that is ready on the list, if that is to be; whether it was not there. With the
   * monitor held.
   */
  private boolean look(Item item) {
    boolean tells = (item.mask & CHANGES_ONLY) == 0;
    boolean isReady = item.notifies() ? item.isMet(0) : item.report() != 0;
    if (!tells || !isReady) {
      return false;
    }
    item.changes++;
    return ready.add(item);
  }

  /**
   * Changes what a member is watched for, and arms it again.
   *
   * @throws ErrnoException ENOENT it is none · EINVAL EPOLLEXCLUSIVE, before or now; NOTIFY, before
   *     or now, but not both
   */
  public void modify(Opening opening, Source source, int mask, long data) throws ErrnoException {
    requireAddable(source, mask);
    if ((mask & EPOLLEXCLUSIVE) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    synchronized (this) {
      Item item = find(opening, source);
      if ((item.mask & EPOLLEXCLUSIVE) != 0 || ((item.mask ^ mask) & NOTIFY) != 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
      item.mask = mask | EPOLLERR | EPOLLHUP;
      if ((mask & CHANGES_ONLY) != 0 && item.data != data) {
        ready.remove(item);
        item.changes = 0;
      }
      item.data = data;
      if (item.notifies() && (item.pending &= item.mask) == 0) {
        item.changes = 0;
        ready.remove(item);
      }
      if (!look(item)) {
        return;
      }
    }
    changed(EPOLLIN);
  }

  /** Takes a member out. ENOENT it is none. */
  public void remove(Opening opening, Source source) throws ErrnoException {
    requireAddable(source, 0);
    synchronized (this) {
      Item item = find(opening, source);
      forget(item);
      item.source.unwatch(item);
    }
  }

  /**
   * The member of a handle; or, so that who has taken over a set can go on with what is in it, the
   * one that another session added by the same handle.
   */
  @SuppressWarnings("ReferenceEquality")
  private Item find(Opening opening, Source source) throws ErrnoException {
    Item own = members.get(opening);
    if (own != null) {
      return own;
    }
    for (Watcher watcher : source.watchers()) {
      if (watcher instanceof Item item
          && item.set == this
          && item.member
          && !item.opening.session().equals(opening.session())) {
        return item;
      }
    }
    throw new ErrnoException(Errno.ENOENT);
  }

  /** With the monitor held. */
  private void forget(Item item) {
    item.member = false;
    members.remove(item.opening);
    nested.remove(item);
    ready.remove(item);
  }

  private synchronized void drop(Item item) {
    if (item.member) {
      forget(item);
    }
  }

  /** How many members it has. */
  public synchronized int size() {
    return members.size();
  }

  @Override
  public void end() {
    super.end();
    List<Item> all;
    synchronized (this) {
      all = List.copyOf(members.values());
      all.forEach(this::forget);
    }
    all.forEach(item -> item.source.unwatch(item));
  }

  // ---- sets in sets ----

  /** ELOOP if this set is in the other, or a chain of sets would become too long. */
  private void requireDepth(EventSet inner) throws ErrnoException {
    int chain = below(inner, 1) + above(1);
    if (chain > Limits.EVENT_SET_DEPTH) {
      throw new ErrnoException(Errno.ELOOP);
    }
  }

  /** The longest chain of sets from one down to its innermost, with itself. */
  @SuppressWarnings("ReferenceEquality")
  private int below(EventSet set, int depth) throws ErrnoException {
    if (set == this || depth > Limits.EVENT_SET_DEPTH) {
      throw new ErrnoException(Errno.ELOOP);
    }
    int longest = depth;
    for (Item item : set.nestedNow()) {
      longest = Math.max(longest, below((EventSet) item.source, depth + 1));
    }
    return longest;
  }

  private synchronized List<Item> nestedNow() {
    return List.copyOf(nested);
  }

  /** The longest chain of sets from this one up to its outermost, with itself. */
  private int above(int depth) {
    int longest = depth;
    for (Watcher watcher : watchers()) {
      if (watcher instanceof Item item) {
        longest = Math.max(longest, item.set.above(depth + 1));
      }
    }
    return longest;
  }

  // ---- what is ready ----

  /** A member's source has told of a change. */
  private boolean changed(Item item, int hint) {
    boolean wakes;
    synchronized (this) {
      if (!item.member || !item.isMet(hint)) {
        return false;
      }
      item.changes = Math.max(item.changes, item.changes + 1);
      ready.add(item);
      wakes = hasWaiters();
    }
    changed(EPOLLIN);
    return wakes;
  }

  /**
   * Takes reports of members that are ready.
   *
   * @param max how many at most
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return none: the waiter, if any, is noted
   */
  public List<Event> take(int max, @Nullable Runnable waiter) {
    List<Event> events = new ArrayList<>();
    boolean others;
    synchronized (this) {
      for (int left = ready.size(); left > 0 && events.size() < max; left--) {
        Item item = ready.removeFirst();
        int mask = item.report();
        if (mask != 0) {
          events.add(new Event(mask, item.data, item.changes));
          reported(item);
        }
        item.changes = 0;
        item.pending = 0;
      }
      if (events.isEmpty() && waiter != null) {
        await(waiter);
      }
      others = !events.isEmpty() && !ready.isEmpty();
    }
    if (others) {
      wake();
    }
    return events;
  }

  /** By level a member stays on the list until it is found not to be ready. */
  private void reported(Item item) {
    if ((item.mask & EPOLLONESHOT) != 0) {
      item.mask &= HOW;
    } else if ((item.mask & (EPOLLET | NOTIFY)) == 0) {
      ready.addLast(item);
    }
  }

  /** Readable while a member is ready. */
  @Override
  public synchronized int ready() {
    while (!ready.isEmpty()) {
      Item item = ready.getFirst();
      if (item.report() != 0) {
        return EPOLLIN;
      }
      item.changes = 0;
      item.pending = 0;
      ready.removeFirst();
    }
    return 0;
  }
}

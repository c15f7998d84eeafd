package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** All inodes of a client: who refers to them, and their copies. */
final class Nodes {
  /** Names kept in all copies. */
  private static final int NAMES = 1 << 16;

  static final Completion<Done> IGNORED =
      new Completion<>() {
        @Override
        public void done(Done result) {}

        @Override
        public void failed(Errno errno) {}
      };

  private final FileService below; // immutable
  private final Keeper keeper; // immutable
  private final PagePool pool; // immutable
  private final ConcurrentHashMap<InodeId, Node> all = new ConcurrentHashMap<>();
  private final AtomicInteger names = new AtomicInteger();
  private final Set<Node> leased = ConcurrentHashMap.newKeySet();
  private final NamesLeases namesLeases; // immutable
  private final AtomicLong begun = new AtomicLong(); // own changes so far
  private final AtomicInteger underWay = new AtomicInteger(); // own changes
  private final BlindFloors blind = new BlindFloors();

  Nodes(FileService below, Keeper keeper, PagePool pool) {
    this.below = below;
    this.keeper = keeper;
    this.pool = pool;
    this.namesLeases = new NamesLeases(this, keeper);
  }

  /** Null: nothing is known. */
  @Nullable Node get(InodeId id) {
    return all.get(id);
  }

  Set<Node> leased() {
    return leased;
  }

  /** The leases on names of directories. */
  NamesLeases ofNames() {
    return namesLeases;
  }

  /** How many leases there are. */
  int leases() {
    return leased.size() + namesLeases.all().size();
  }

  /** Whether little room is left for names. */
  boolean isFullOfNames() {
    return names.get() >= NAMES - NAMES / 8;
  }

  // ---- references ----

  /** The node, which stays until {@link #release}. */
  Node hold(InodeId id) {
    while (true) {
      Node node = all.computeIfAbsent(id, Node::new);
      synchronized (node) {
        if (!node.gone) {
          node.asks++;
          return node;
        }
      }
    }
  }

  void release(Node node) {
    Rest rest;
    synchronized (node) {
      node.asks--;
      if (node.asks == 0) {
        node.hasFloor = false; // no late grant can come any more
        Names itsNames = node.names;
        if (itsNames != null) {
          itsNames.hasFloor = false;
        }
      }
      rest = settle(node);
    }
    finish(node, rest);
  }

  /** A reply brought a reference. */
  void referred(InodeId id) {
    Node node = hold(id);
    synchronized (node) {
      node.given++;
      node.real++;
      node.idle = false;
    }
    release(node);
  }

  /** One more reference for a caller, of one that this client has. False: it has none. */
  boolean give(Node node) {
    synchronized (node) {
      if (node.gone || node.real == 0) {
        return false;
      }
      node.given++;
      node.idle = false;
      return true;
    }
  }

  /** Takes back what {@link #give} gave, unseen. */
  void takeBackReference(Node node) {
    Rest rest;
    synchronized (node) {
      node.given--;
      rest = settle(node);
    }
    finish(node, rest);
  }

  /** Gives references back, to this client first. */
  void forget(InodeId id, long count) throws ErrnoException {
    Node node = all.get(id);
    if (node == null || count <= 0) {
      below.forget(Caller.ROOT, id, count);
      return;
    }
    Rest rest;
    synchronized (node) {
      if (count > node.given) {
        boolean none = node.given == 0 && node.handles == 0;
        throw new ErrnoException(none ? Errno.ESTALE : Errno.EINVAL, "forget");
      }
      node.given -= count;
      rest = settle(node);
    }
    finish(node, rest);
  }

  void pin(Node node, int by) {
    Rest rest;
    synchronized (node) {
      node.pins += by;
      rest = settle(node);
    }
    finish(node, rest);
  }

  void opened(Node node, int by) {
    Rest rest;
    synchronized (node) {
      node.handles += by;
      rest = settle(node);
    }
    finish(node, rest);
  }

  /**
   * What is left to do of a node that is gone.
   *
   * @param references that nobody needs any more
   * @param copies that it had
   * @param now whether its lease is given back at once: nothing else keeps what was unlinked
   */
  private record Rest(long references, List<Copy> copies, boolean now) {}

  /** Under the node's monitor. Null: it stays. */
  private @Nullable Rest settle(Node node) {
    node.idle = node.given == 0 && node.handles == 0 && node.pins > 0;
    if (node.isNeeded() || node.gone) {
      return null;
    }
    node.gone = true;
    List<Copy> copies = new ArrayList<>(0);
    Rest rest = new Rest(node.real, copies, node.copy != null && node.copy.rest);
    add(copies, takeBack(node));
    add(copies, node.names == null ? null : namesLeases.takeBack(node.names));
    node.real = 0;
    all.remove(node.id, node);
    return rest;
  }

  private static void add(List<Copy> copies, @Nullable Copy copy) {
    if (copy != null) {
      copies.add(copy);
    }
  }

  /** Without the monitor. */
  private void finish(Node node, @Nullable Rest rest) {
    if (rest == null) {
      return;
    }
    rest.copies().forEach(this::clear);
    if (rest.references() > 0) {
      below.submit(Caller.ROOT, new Operation.Forget(node.id, rest.references()), IGNORED);
    }
    if (rest.now()) {
      keeper.sendReturns();
    }
  }

  // ---- copies ----

  /** A reply to a request for a lease. */
  void learn(Node node, Leased reply, int ended, int epoch) {
    Copy former = null;
    synchronized (node) {
      Copy copy = node.copy;
      int seq = reply.seq();
      if (seq == 0) {
        node.unfit = !reply.stat().isRegular() && !reply.stat().isDirectory();
        node.hush(keeper.now(), Keeper.QUIET_NS);
        return;
      }
      boolean late = node.hasFloor && seq - node.floor <= 0;
      if (late || (copy != null && seq - copy.seq < 0)) {
        return;
      }
      if (copy == null || copy.seq != seq) {
        former = copy;
        copy = new Copy(seq, reply.mode() == LeaseMode.EXCLUSIVE);
        node.copy = copy;
        node.grantedAt = keeper.now();
        node.used = true;
        node.idleLooks = 0;
        leased.add(node);
      } else if (reply.mode() == LeaseMode.SHARED) {
        copy.exclusive = false; // given up meanwhile; never regained under the same number
      }
      if (node.ended == ended && node.changing == 0) {
        copy.know(reply.stat(), epoch);
      }
    }
    if (former != null) {
      clear(former);
    }
  }

  /** Others have leases too: for a while no exclusive one is asked for. */
  void shared(Node node) {
    synchronized (node) {
      node.isShared(keeper.now(), Keeper.QUIET_NS);
    }
  }

  /** What is written to it is no content from now on. */
  void counts(InodeId id) {
    Node node = all.get(id);
    if (node != null) {
      synchronized (node) {
        node.counter = true;
      }
    }
  }

  /** Requests are sent that may bring a lease of an inode that nobody has named yet. */
  void beginBlind() {
    blind.begin();
    keeper.returning().forEach(blind::raise);
  }

  /** Their replies were learned from. */
  void endBlind() {
    blind.end();
  }

  /**
   * A reply to a request for a lease that was sent blindly.
   *
   * @param quiet what {@link #quiet} answered before it was sent
   * @return the new copy, which may be filled with what was read as late; null: there is none
   */
  @Nullable Copy learnBlind(Node node, Leased reply, long quiet, int epoch) {
    synchronized (node) {
      if (node.copy != null || blind.covers(node.id, reply.seq())) {
        return null;
      }
      boolean fills = stillQuiet(quiet) && node.changing == 0;
      learn(node, reply, fills ? node.ended : node.ended - 1, epoch);
      return fills ? node.copy : null;
    }
  }

  /**
   * A lease is to be given back: its copy ends before that is said, unless it may be kept.
   *
   * @return what is to be said, when nothing is kept back of it any more
   */
  LeaseName recalled(LeaseName lease) {
    if (lease.keeps() == LeaseMode.SHARED && share(lease)) {
      return lease;
    }
    drop(lease);
    return lease.keeping(LeaseMode.NONE);
  }

  /** Keeps a copy that others may have too from now on. False: it is not held, or not yet. */
  private boolean share(LeaseName lease) {
    Node node = all.get(lease.id());
    if (node == null) {
      return false;
    }
    synchronized (node) {
      Copy copy = node.copy;
      if (copy == null || copy.seq != lease.seq()) {
        return false;
      }
      if (copy.exclusive) {
        copy.exclusive = false; // no write is kept back after this
        copy.rest = true;
        node.writes = 0;
        long now = keeper.now();
        node.isShared(now, isSoon(node, now) ? Keeper.QUIET_NS << (node.streak - 1) : 0);
      }
      return true;
    }
  }

  /** Whether a recall comes soon after the grant; counts how often that was in a row. */
  private static boolean isSoon(Node node, long now) {
    boolean soon = now - node.grantedAt < Keeper.SOON_NS;
    node.streak = soon ? Math.min(node.streak + 1, Keeper.STREAK) : 0;
    return soon;
  }

  private void drop(LeaseName lease) {
    blind.raise(lease.id(), lease.seq());
    Node node = all.get(lease.id());
    if (node == null) {
      return; // and no request is under way that could bring it
    }
    Copy former = null;
    synchronized (node) {
      Copy copy = node.copy;
      if (copy != null && copy.seq - lease.seq() <= 0) {
        former = copy;
        node.copy = null;
        leased.remove(node);
        long now = keeper.now();
        if (isSoon(node, now)) {
          node.hush(now, Keeper.QUIET_NS << (node.streak - 1));
        }
        node.changed();
        node.writes = 0;
      }
      if (node.asks > 0) {
        raiseFloor(node, lease.seq());
      }
    }
    if (former != null) {
      clear(former);
    }
  }

  /** Counts entries that are to be kept, whose children are pinned. False: too many. */
  boolean pin(List<Listing.Entry> entries) {
    if (names.addAndGet(entries.size()) > NAMES) {
      names.addAndGet(-entries.size());
      return false;
    }
    return true;
  }

  /** A child of an entry that is to be kept. */
  Node pinned(InodeId id) {
    Node child = hold(id);
    pin(child, 1);
    release(child);
    return child;
  }

  void unpin(List<Listing.Entry> entries) {
    names.addAndGet(-entries.size());
    unpinChildren(entries);
  }

  void unpinChildren(List<Listing.Entry> entries) {
    for (Listing.Entry entry : entries) {
      if (entry.child() != null) {
        pin(entry.child(), -1);
      }
    }
  }

  /** Under the node's monitor: ends a copy unasked, and has its lease given back. */
  private @Nullable Copy takeBack(Node node) {
    Copy copy = node.copy;
    if (copy == null) {
      return null;
    }
    node.copy = null;
    leased.remove(node);
    keeper.giveBack(new LeaseName(node.id, copy.seq));
    blind.raise(node.id, copy.seq); // after that: who begins then, finds it on its way
    if (node.asks > 0) {
      raiseFloor(node, copy.seq); // what is under way may bring the same grant once more
    }
    return copy;
  }

  private static void raiseFloor(Node node, int seq) {
    if (!node.hasFloor || seq - node.floor > 0) {
      node.hasFloor = true;
      node.floor = seq;
    }
  }

  /** Before a lease is asked for, of a node that is held: one that is on its way back is none. */
  void asks(Node node) {
    Integer returning = keeper.returning(node.id);
    if (returning != null) {
      synchronized (node) {
        raiseFloor(node, returning);
      }
    }
  }

  /** Ends a copy unasked, and has its lease given back. */
  void end(Node node) {
    Copy former;
    synchronized (node) {
      former = takeBack(node);
    }
    if (former != null) {
      clear(former);
    }
  }

  /** Everything that was learned is void; the leases stay. */
  void emptyAll() {
    Set<InodeId> both = new HashSet<>();
    leased.forEach(node -> both.add(node.id));
    namesLeases.all().forEach(itsNames -> both.add(itsNames.directory.id));
    for (InodeId id : both) {
      Node held = hold(id);
      end(begin(held), null, 0);
      release(held);
    }
  }

  void endAll() {
    leased.forEach(this::end);
    namesLeases.endAll();
  }

  /** Of a copy that is in no node any more. */
  void clear(Copy copy) {
    for (Copy.Entry entry : copy.drop(pool)) {
      names.decrementAndGet();
      if (entry.child() != null) {
        pin(entry.child(), -1);
      }
    }
    unpin(copy.listing.drop());
  }

  /** A reply tells what a name is of; null: of nothing. */
  void learnName(Copy copy, Caller caller, Name name, @Nullable InodeId id) {
    if (names.incrementAndGet() > NAMES) {
      names.decrementAndGet();
      return;
    }
    Node child = id == null ? null : hold(id);
    if (child != null) {
      pin(child, 1);
    }
    boolean kept = copy.name(caller, name, child);
    if (!kept) {
      names.decrementAndGet();
    }
    if (child != null) {
      pin(child, kept ? 0 : -1);
      release(child);
    }
  }

  // ---- own changes ----

  /**
   * An own change under way.
   *
   * @param copy that there was when it began
   * @param covered what was known by the directory then
   */
  record Begun(Node node, @Nullable Copy copy, @Nullable Covered covered) {}

  /** To be asked before something is sent of which no node is known; for {@link #stillQuiet}. */
  long quiet() {
    long count = begun.get() + keeper.doubted();
    return underWay.get() == 0 && !keeper.isInDoubt() ? count : -1;
  }

  /** Whether no own change was under way then, nor has begun since. */
  boolean stillQuiet(long quiet) {
    return quiet >= 0 && begun.get() + keeper.doubted() == quiet;
  }

  /** How many own changes of it are over. */
  int ended(Node node) {
    synchronized (node) {
      return node.ended;
    }
  }

  /** An own change begins: the copy is not used until it is over. The node is held. */
  Begun begin(Node node) {
    synchronized (node) {
      begun.incrementAndGet();
      underWay.incrementAndGet();
      node.changing++;
      return new Begun(node, node.copy, node.covered);
    }
  }

  /**
   * An own change is over.
   *
   * @param stat what its reply says of the inode; null: nothing
   */
  void end(Begun change, @Nullable Stat stat, int epoch) {
    Node node = change.node();
    Copy former;
    Copy formerNames;
    synchronized (node) {
      formerNames = NamesLeases.renew(node);
      NamesLeases.renew(change, stat, epoch);
      former = node.copy;
      node.ended++;
      if (former != null) {
        Copy next = former.next();
        if (stat != null && former.equals(change.copy())) { // no other has ended since
          next.know(stat, epoch);
        }
        node.copy = next; // before the change counts as over
      }
      node.changing--;
      underWay.decrementAndGet();
      node.changed();
    }
    if (former != null) {
      clear(former);
    }
    if (formerNames != null) {
      clear(formerNames);
    }
  }

  /**
   * Own writes that were kept back are written back. Under the node's monitor.
   *
   * @param size of the file; -1: not known
   */
  void end(Begun change, long size) {
    Node node = change.node();
    end(change, null, 0);
    if (node.copy != null && node.changing == 0 && size >= 0) {
      node.copy.knowSize(size);
    }
  }
}

package dev.coterie.client.copies;

import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Leases on the names of directories: as {@link Nodes} has those on inodes. */
final class NamesLeases {
  private final Nodes nodes; // immutable
  private final Keeper keeper; // immutable
  private final Set<Names> listed = ConcurrentHashMap.newKeySet(); // of which there are leases

  NamesLeases(Nodes nodes, Keeper keeper) {
    this.nodes = nodes;
    this.keeper = keeper;
  }

  /** Of which there are leases. */
  Set<Names> all() {
    return listed;
  }

  void endAll() {
    listed.forEach(this::end);
  }

  /** A reply to a request for a lease on names. */
  void learn(Node node, Leased reply, int ended, int epoch) {
    Copy former = null;
    synchronized (node) {
      Names itsNames = node.itsNames();
      Copy copy = itsNames.copy;
      int seq = reply.seq();
      if (seq == 0) {
        itsNames.refused(keeper.now());
        return;
      }
      boolean late = itsNames.hasFloor && seq - itsNames.floor <= 0;
      if (late || (copy != null && seq - copy.seq < 0)) {
        return;
      }
      if (copy == null || copy.seq != seq) {
        former = copy;
        copy = new Copy(seq, false);
        itsNames.granted(copy, keeper.now());
        listed.add(itsNames);
      }
      if (node.ended == ended && node.changing == 0) {
        copy.know(reply.stat(), epoch);
      }
    }
    if (former != null) {
      nodes.clear(former);
    }
  }

  /** As {@link Nodes#recalled}. */
  void recalled(LeaseName lease) {
    Node node = nodes.get(lease.id());
    if (node == null) {
      return; // and no request is under way that could bring it
    }
    Copy former = null;
    synchronized (node) {
      Names itsNames = node.itsNames();
      Copy copy = itsNames.copy;
      if (copy != null && copy.seq - lease.seq() <= 0) {
        former = copy;
        itsNames.copy = null;
        listed.remove(itsNames);
        itsNames.recalled(keeper.now());
      }
      if (node.asks > 0) {
        itsNames.raiseFloor(lease.seq());
      }
    }
    if (former != null) {
      nodes.clear(former);
    }
  }

  /** As {@link Nodes#asks}. */
  void asks(Node node) {
    Integer returning = keeper.returningNames(node.id);
    if (returning != null) {
      synchronized (node) {
        node.itsNames().raiseFloor(returning);
      }
    }
  }

  /** Ends a copy unasked, and has its lease given back. */
  void end(Names itsNames) {
    Copy former;
    synchronized (itsNames.directory) {
      former = takeBack(itsNames);
    }
    if (former != null) {
      nodes.clear(former);
    }
  }

  /** Under the node's monitor. */
  @Nullable Copy takeBack(Names itsNames) {
    Copy copy = itsNames.copy;
    if (copy == null) {
      return null;
    }
    itsNames.copy = null;
    listed.remove(itsNames);
    keeper.giveBack(new LeaseName(itsNames.directory.id, LeasePlane.NAMES, copy.seq));
    if (itsNames.directory.asks > 0) {
      itsNames.raiseFloor(copy.seq);
    }
    return copy;
  }

  // ---- attributes of what they name ----

  /**
   * Attributes that came with a name.
   *
   * @param copy that there was when they were asked for
   * @param epoch of the keeper then
   * @param quiet what {@link Nodes#quiet} answered then
   */
  void cover(Node child, Names itsNames, Copy copy, Stat stat, int epoch, long quiet) {
    if (!Covered.covers(stat) || !stat.id().equals(child.id)) {
      return;
    }
    synchronized (child) {
      if (child.changing == 0 && nodes.stillQuiet(quiet)) {
        child.covered = new Covered(itsNames, copy, new Copy.Known(stat, epoch));
      }
    }
  }

  /** A name without attributes: those are covered, if they come to be known. */
  void cover(Node child, Names itsNames, Copy copy) {
    synchronized (child) {
      Covered covered = child.covered;
      if (covered == null || !covered.isCurrent()) {
        child.covered = new Covered(itsNames, copy, null);
      }
    }
  }

  /** As the first, of a name that was looked up. */
  void found(Node directory, @Nullable Copy copy, Stat stat, int epoch, long quiet) {
    Names itsNames = directory.names;
    Node child = nodes.get(stat.id());
    if (itsNames != null && child != null && copy != null && copy.equals(itsNames.copy)) {
      cover(child, itsNames, copy, stat, epoch, quiet);
    }
  }

  // ---- own changes: under the node's monitor ----

  /** What was known of the names of a directory is void; the lease stays. */
  static @Nullable Copy renew(Node node) {
    Names itsNames = node.names;
    Copy former = itsNames == null ? null : itsNames.copy;
    if (itsNames != null && former != null) {
      itsNames.copy = new Copy(former.seq, false);
    }
    return former;
  }

  /** What was known of an inode by its directory is void, but what the reply says. */
  static void renew(Nodes.Begun change, @Nullable Stat stat, int epoch) {
    Covered covered = change.node().covered;
    if (covered != null) {
      Covered next = new Covered(covered.names, covered.copy, null);
      if (stat != null && covered.equals(change.covered())) { // no other has ended since
        next.know(stat, epoch);
      }
      change.node().covered = next;
    }
  }
}

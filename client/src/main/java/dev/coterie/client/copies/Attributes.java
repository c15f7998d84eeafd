package dev.coterie.client.copies;

import dev.coterie.api.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of an inode, which any of three leases may cover: its own, on its names, on its name.
 */
final class Attributes {
  private Attributes() {}

  /** What there is of a node when its attributes are asked for. */
  record Asked(@Nullable Copy copy, @Nullable Copy names, @Nullable Covered covered, int epoch) {}

  static Asked asked(Node node, Keeper keeper) {
    return new Asked(node.copy, node.namesCopy(), node.covered, keeper.epoch());
  }

  /** Attributes, asked for under copies that may have ended meanwhile. */
  static void learn(Node node, Asked asked, Stat stat) {
    synchronized (node) {
      if (node.changing != 0) {
        return;
      }
      Copy copy = node.copy;
      if (copy != null && copy.equals(asked.copy())) {
        copy.know(stat, asked.epoch());
      }
      Copy itsNames = node.namesCopy();
      if (itsNames != null && itsNames.equals(asked.names())) {
        itsNames.know(stat, asked.epoch());
      }
      Covered covered = node.covered;
      if (covered != null && covered.equals(asked.covered())) {
        covered.know(stat, asked.epoch());
        node.covered = Covered.covers(stat) ? covered : null; // then a lease of its own is
      }
    }
  }

  /** Of a copy that stands until now; null: to be asked for. */
  static @Nullable Stat of(Node node, Keeper keeper) {
    Copy copy = node.copy;
    Copy.Known known = copy == null ? null : copy.known();
    if (copy != null && known != null && keeper.stands(node, copy, known)) {
      keeper.used(node);
      return known.stat();
    }
    copy = node.namesCopy();
    known = copy == null ? null : copy.known();
    if (copy != null && known != null && keeper.stands(node, copy, known)) {
      keeper.used(node.names);
      return known.stat();
    }
    Covered covered = node.covered;
    known = covered == null ? null : covered.known();
    if (covered != null && known != null && keeper.stands(node, covered, known)) {
      keeper.used(covered.names);
      return known.stat();
    }
    return null;
  }
}

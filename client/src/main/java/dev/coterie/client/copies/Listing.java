package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The entries of a directory in their order, from the first on as far as they were listed. */
final class Listing {
  /** Entries kept of one directory. */
  static final int ENTRIES = 1 << 14;

  /**
   * An entry.
   *
   * @param bare without attributes
   * @param child whose attributes belong to it; null: of the dots
   */
  record Entry(DirEntry bare, @Nullable Node child) {}

  /** What is known; equal to itself alone. */
  static final class Filled {
    final Caller who; // immutable: listed it; others may not be allowed to
    final int epoch; // immutable: of Keeper.epoch, when it was asked for
    final List<Entry> entries; // immutable
    final boolean complete; // immutable: there are no more

    /** Immutable: of the directory; its access time may be older than the listing. */
    final @Nullable Stat dot;

    private volatile @Nullable Set<Name> names; // set once, by who asks first

    Filled(Caller who, int epoch, List<Entry> entries, boolean complete, @Nullable Stat dot) {
      this.who = who;
      this.epoch = epoch;
      this.entries = entries;
      this.complete = complete;
      this.dot = dot;
    }

    /** Whether there is no such name, for certain. One that is too long is another error. */
    boolean lacks(Name name) {
      if (!complete || name.isDots() || name.length() > Limits.NAME_BYTES) {
        return false;
      }
      Set<Name> all = names;
      if (all == null) {
        all = HashSet.newHashSet(entries.size());
        for (Entry entry : entries) {
          all.add(entry.bare().name());
        }
        names = all;
      }
      return !all.contains(name);
    }

    /** The index of the entry after a cookie; -1: not known. */
    int after(long cookie) {
      if (cookie == 0) {
        return 0;
      }
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).bare().cookie() == cookie) {
          return i + 1;
        }
      }
      return -1;
    }
  }

  private volatile @Nullable Filled filled; // written under this
  private boolean dropped; // guarded by this

  /** Null: nothing is known. */
  @Nullable Filled filled() {
    return filled;
  }

  /**
   * Keeps more. The children are pinned before.
   *
   * @return false: not kept, as something else was meanwhile
   */
  synchronized boolean fill(@Nullable Filled before, Filled after) {
    if (dropped || !Objects.equals(filled, before)) {
      return false;
    }
    filled = after;
    return true;
  }

  /** Nothing is kept any more; answers what was, whose children are pinned. */
  synchronized List<Entry> drop() {
    dropped = true;
    Filled last = filled;
    filled = null;
    return last == null ? List.of() : last.entries;
  }
}

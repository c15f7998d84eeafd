package dev.coterie.core;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Readdir;
import dev.coterie.api.Stat;
import dev.coterie.core.lease.LeaseConflict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entries of one answer of readdir, until it is full. */
final class Listing {
  static final long DOT_COOKIE = 1;
  static final long DOT_DOT_COOKIE = 2;

  private final int bytes;
  private final boolean withStat;
  private final List<DirEntry> entries = new ArrayList<>();
  private int left;
  private boolean full;
  private @Nullable LeaseConflict conflict;

  Listing(int bytes, boolean withStat) {
    this.bytes = bytes;
    this.withStat = withStat;
    this.left = bytes;
  }

  /** How many bytes of entries are asked for. */
  int bytes() {
    return bytes;
  }

  boolean withStat() {
    return withStat;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  boolean isFull() {
    return full;
  }

  /** Whether an entry of this name still fits; if not, the page is full. */
  boolean fits(Name name) {
    full |= left < Readdir.ENTRY_BYTES + name.length() + (withStat ? Readdir.STAT_BYTES : 0);
    return !full;
  }

  /**
   * Adds an entry that fits.
   *
   * @param type the type bits of {@code st_mode}
   */
  void add(Name name, InodeId id, int type, long cookie, @Nullable Stat stat) {
    left -= Readdir.ENTRY_BYTES + name.length() + (withStat ? Readdir.STAT_BYTES : 0);
    entries.add(new DirEntry(name, id, Mode.direntType(type), cookie, stat));
  }

  /** The attributes of an entry cannot be shown yet; the rest is looked at for more of them. */
  void waitsFor(LeaseConflict entry) {
    if (conflict == null) {
      conflict = entry;
    } else {
      conflict.add(entry);
    }
  }

  /** So that an answer waits for all that stands in its way at once. */
  void requireSeen() throws LeaseConflict {
    if (conflict != null) {
      throw conflict;
    }
  }

  /** What was added. EINVAL there was an entry, and not even it did fit. */
  List<DirEntry> entries() throws ErrnoException {
    if (full && entries.isEmpty()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return entries;
  }
}

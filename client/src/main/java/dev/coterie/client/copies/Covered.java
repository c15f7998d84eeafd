package dev.coterie.client.copies;

import dev.coterie.api.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of an inode that were told under the lease on the names of the directory that names
 * it. An own change of the inode puts another in its place.
 */
final class Covered {
  final Names names; // immutable: of the directory
  final Copy copy; // immutable: while the directory has it, this is in force
  private volatile Copy.@Nullable Known known; // atomic

  Covered(Names names, Copy copy, Copy.@Nullable Known known) {
    this.names = names;
    this.copy = copy;
    this.known = known;
  }

  /** Whether such attributes are covered: no change of them goes by the directory. */
  static boolean covers(Stat stat) {
    return stat.isDirectory() || stat.nlink() == 1;
  }

  Copy.@Nullable Known known() {
    return known;
  }

  void know(Stat stat, int epoch) {
    if (covers(stat)) {
      known = new Copy.Known(stat, epoch);
    }
  }

  /** Our own reading has marked the access time. */
  void forgetTimes() {
    if (known != null) {
      known = null;
    }
  }

  /** Whether the directory's names still stand. */
  boolean isCurrent() {
    return names.directory.changing == 0 && copy.equals(names.copy);
  }
}

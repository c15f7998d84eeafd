package dev.coterie.check.lease;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A file to which each client appends values that there are only once: what must be in it. */
final class Ledger {
  private final Map<Long, Long> told = new HashMap<>(); // by value: where its reply says it is

  /** A client was answered. */
  void acknowledged(long value, long offset) {
    told.put(value, offset);
  }

  int size() {
    return told.size();
  }

  /**
   * AppliedOnce: each append was made once at most, and what was answered is where the answer says.
   */
  void require(List<Long> stored) {
    Set<Long> once = new HashSet<>();
    for (long value : stored) {
      if (!once.add(value)) {
        throw new AssertionError("appended twice: " + value);
      }
    }
    told.forEach((value, offset) -> {
      int at = (int) (offset / Long.BYTES);
      if (at >= stored.size() || !stored.get(at).equals(value)) {
        throw new AssertionError(value + " is not at " + offset + ", where its reply says");
      }
    });
  }
}

package dev.coterie.check.history;

import dev.coterie.api.InodeId;

/**
 * Millions of identities, each with the object that claimed it first, in flat arrays (linear
 * probing).
 */
final class IdentityTable {
  private long[] numbers = new long[1 << 12];
  private int[] generations = new int[1 << 12];
  private int[] owners = new int[1 << 12]; // plus 1; 0 is a free place
  private int size;

  /** The object that claimed the identity first: {@code owner}, if nobody had. */
  int claim(InodeId id, int owner) {
    int at = find(id.number(), id.generation());
    if (owners[at] != 0) {
      return owners[at] - 1;
    }
    if (size * 2 >= owners.length) {
      grow();
      at = find(id.number(), id.generation());
    }
    put(at, id.number(), id.generation(), owner + 1);
    size++;
    return owner;
  }

  private int find(long number, int generation) {
    long hash = (number * 31 + generation) * 0x9E3779B97F4A7C15L;
    int at = (int) (hash >>> 40) & owners.length - 1;
    while (owners[at] != 0 && (numbers[at] != number || generations[at] != generation)) {
      at = at + 1 & owners.length - 1;
    }
    return at;
  }

  private void put(int at, long number, int generation, int owner) {
    numbers[at] = number;
    generations[at] = generation;
    owners[at] = owner;
  }

  private void grow() {
    long[] oldNumbers = numbers;
    int[] oldGenerations = generations;
    int[] oldOwners = owners;
    numbers = new long[oldOwners.length * 2];
    generations = new int[oldOwners.length * 2];
    owners = new int[oldOwners.length * 2];
    for (int i = 0; i < oldOwners.length; i++) {
      if (oldOwners[i] != 0) {
        put(find(oldNumbers[i], oldGenerations[i]), oldNumbers[i], oldGenerations[i], oldOwners[i]);
      }
    }
  }
}

package dev.coterie.gates.fuse.kernel;

/**
 * Whose requests one thread reads: whether of the last ones a good part came from another program
 * than the one before. Several that ask at the same time look like that; a script that starts one
 * program after the other does not.
 */
final class Askers {
  /** Of the last 64 requests. */
  private static final int TURNS = 16;

  private int last;
  private long turns; // bit by bit, the newest lowest: not from whom the one before came

  /** Notes who asks, as the kernel names the thread; and says whether several do. */
  boolean areSeveral(int pid) {
    turns = turns << 1 | (pid == last ? 0 : 1);
    last = pid;
    return wereSeveral();
  }

  /** What it said last. */
  boolean wereSeveral() {
    return Long.bitCount(turns) >= TURNS;
  }
}

package dev.coterie.check.posix;

import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;

/**
 * Whose clock gives files their times, and so when a step is over: the host's has ticks, and what
 * is done within one cannot be told apart by times ({@link Difference#TIME_GRAIN}).
 */
final class Pace {
  enum Kind {
    /** A fine clock of ours: no waiting. */
    OURS,
    /** The host's: a time that was shown is over before the next step. */
    HOST,
    /** The host's, with relatime: each step has its own tick. */
    HOST_SLOW
  }

  private final Kind kind;
  private Timestamp latest = Timestamp.EPOCH; // that was shown by this step

  Pace(Kind kind) {
    this.kind = kind;
  }

  boolean isOfHost() {
    return kind != Kind.OURS;
  }

  /** Attributes are shown by this step. */
  void shown(Stat stat) {
    show(stat.atime());
    if (stat.isDirectory()) {
      show(stat.mtime());
      show(stat.ctime());
    }
  }

  private void show(Timestamp time) {
    if (time.compareTo(latest) > 0) {
      latest = time;
    }
  }

  /** Waits as long as it takes before the next step. */
  void keep() {
    switch (kind) {
      case OURS -> {}
      case HOST -> HostTick.awaitAfter(latest);
      case HOST_SLOW -> HostTick.awaitNext();
    }
    latest = Timestamp.EPOCH;
  }
}

package dev.coterie.client.copies;

import org.jspecify.annotations.Nullable;

/**
 * The lease on the names of one directory, as this client has it. Its fields are guarded by the
 * monitor of the directory's node unless they say so.
 */
final class Names {
  final Node directory; // immutable
  volatile @Nullable Copy copy; // written under the node; null: no lease
  boolean hasFloor;
  int floor; // grants up to here were recalled, though not all have come yet

  // Hints, of which it does not matter that they are not exact.
  boolean used = true; // since the keeper last looked
  int idleLooks;
  private int lists; // how often it was listed
  private int streak; // recalls in a row that came soon, and refusals
  private long grantedAt;
  private long quietUntil;
  private boolean quiet; // until then no lease is asked for

  Names(Node directory) {
    this.directory = directory;
  }

  /** Whether a lease is worth asking for before it is listed: not at the first time. */
  boolean wantsLease(long now) {
    return lists++ > 0 && copy == null && !(quiet && now - quietUntil < 0);
  }

  void granted(Copy fresh, long now) {
    copy = fresh;
    grantedAt = now;
    used = true;
    idleLooks = 0;
  }

  void refused(long now) {
    hush(now);
  }

  void recalled(long now) {
    if (now - grantedAt < Keeper.SOON_NS) {
      hush(now);
    } else {
      streak = 0;
    }
  }

  private void hush(long now) {
    streak = Math.min(streak + 1, Keeper.STREAK);
    quietUntil = now + (Keeper.QUIET_NS << (streak - 1));
    quiet = true;
  }

  void raiseFloor(int seq) {
    if (!hasFloor || seq - floor > 0) {
      hasFloor = true;
      floor = seq;
    }
  }
}

package dev.coterie.client.sync;

import java.util.concurrent.TimeUnit;

/**
 * What is known of a key from what happened to it: whether other processes want it all the time,
 * and whether this one asks again as soon as it has given back. Guesses: nothing depends on them
 * but how many messages are sent, and when. For one thread at a time.
 */
final class Contention {
  /** A recall that comes so soon after the grant says that others want the key all the time. */
  private static final long SOON_NS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Doubled up to so often: for how long each use gives the lease back, then. */
  private static final int STREAK_MAX = 6;

  /** What asks again so soon after a use would have taken along what that gave back. */
  private static final long AT_ONCE_NS = TimeUnit.MICROSECONDS.toNanos(50);

  /** So many such uses in a row, and the next one is expected to be so. */
  private static final int FOLLOWED = 4;

  private long grantedAt;
  private int streak; // recalls in a row that came soon
  private long hastyUntil; // if streak is not 0: nothing is kept until then
  private boolean given; // back by the last use, at givenAt
  private long givenAt;
  private int followed; // uses in a row, each asked for at once

  void granted(long now) {
    grantedAt = now;
  }

  void recalled(long now) {
    if (now - grantedAt < SOON_NS) {
      streak = Math.min(streak + 1, STREAK_MAX);
      hastyUntil = now + (SOON_NS << streak);
    } else {
      streak = 0;
    }
  }

  /**
   * Where others want the key all the time it is quicker to give it back unasked: a recall is seen
   * by another thread, which has to come to its turn first.
   */
  boolean isHasty(long now) {
    return streak != 0 && now - hastyUntil < 0;
  }

  /** A use gives the lease back, or would if it were not expected to be asked for at once. */
  void givesBack(long now) {
    given = true;
    givenAt = now;
  }

  void asked(long now) {
    if (given && followed < FOLLOWED) {
      followed = now - givenAt < AT_ONCE_NS ? followed + 1 : 0;
    }
    given = false;
  }

  /** Whether the key is expected to be asked for as soon as it is given back. */
  boolean isFollowed() {
    return followed == FOLLOWED;
  }

  /** It was expected, and did not happen. */
  void notFollowed() {
    followed = 0;
  }
}

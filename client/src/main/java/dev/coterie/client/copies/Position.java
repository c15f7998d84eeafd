package dev.coterie.client.copies;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The offset of an open file that nobody else has: who uses it has his turn, one after the other,
 * as with Linux's f_pos lock. A turn can end in another thread than it began in.
 */
final class Position {
  private boolean taken; // guarded by this
  private @Nullable ArrayDeque<Runnable> waiting; // guarded by this; null: nobody ever has
  private boolean passing; // guarded by this: a thread is passing the turn on
  private boolean ended; // guarded by this: the turn is over, and not yet given to the next

  long offset; // of whoever has the turn
  long told; // of whoever has the turn: what the leader takes for the offset; -1: not known
  volatile boolean shared; // written by whoever has the turn; once set the leader has the offset

  /** False: somebody else has the turn. */
  synchronized boolean tryTake() {
    if (taken) {
      return false;
    }
    taken = true;
    return true;
  }

  /** Runs it when the turn has come, perhaps at once; it ends with {@link #release}. */
  void take(Runnable turn) {
    synchronized (this) {
      if (taken) {
        if (waiting == null) {
          waiting = new ArrayDeque<>();
        }
        waiting.add(turn);
        return;
      }
      taken = true;
    }
    turn.run();
  }

  /** The turn is over. Gives the next one, and those after it that are over before this returns. */
  void release() {
    synchronized (this) {
      ended = true;
      if (passing) {
        return; // the thread that gave this turn goes on
      }
      passing = true;
    }
    Runnable turn = next();
    while (turn != null) {
      turn.run();
      turn = next();
    }
  }

  /** Null: nobody waits, or the turn that was given goes on. */
  private synchronized @Nullable Runnable next() {
    Runnable turn = ended && waiting != null ? waiting.poll() : null;
    if (turn == null) {
      passing = false;
      taken = !ended;
    }
    ended = false;
    return turn;
  }
}

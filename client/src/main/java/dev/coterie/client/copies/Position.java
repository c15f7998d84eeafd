package dev.coterie.client.copies;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The offset of an open file that nobody else has: who uses it has his turn, one after the other,
 * as with Linux's f_pos lock. A turn can end in another thread than it began in.
 */
final class Position {
  private boolean taken; // guarded by this
  private boolean over; // guarded by this: the turn is, and is still to be passed on
  private boolean passing; // guarded by this: a thread passes the turn on
  private @Nullable ArrayDeque<Runnable> waiting; // guarded by this; null: nobody ever has

  long offset; // of whoever has the turn
  long told; // of whoever has the turn: what the leader takes for the offset; -1: not known
  volatile boolean shared; // written by whoever has the turn; once set the leader has the offset

  /** False: somebody else has the turn. */
  synchronized boolean tryTake() {
    if (taken && !over) {
      return false;
    }
    taken = true;
    over = false;
    return true;
  }

  /** Runs it when the turn has come, perhaps at once. */
  void take(Runnable turn) {
    synchronized (this) {
      if (!tryTake()) {
        if (waiting == null) {
          waiting = new ArrayDeque<>();
        }
        waiting.add(turn);
        return;
      }
    }
    turn.run();
  }

  /** Ends the turn, and lets the next begin. */
  void release() {
    if (end()) {
      pass();
    }
  }

  /**
   * Ends the turn. The next who waits for his begins in {@link #pass}, so that there is time to
   * tell of this one before; whoever asks in between can have it.
   *
   * @return whether the caller is to pass it on; else another thread does
   */
  synchronized boolean end() {
    over = true;
    if (passing) {
      return false;
    }
    passing = true;
    return true;
  }

  /** Lets the next begin, and those after it for as long as each ends before this returns. */
  void pass() {
    Runnable turn = next();
    while (turn != null) {
      turn.run();
      turn = next();
    }
  }

  /** Null: nobody waits, or the turn that was given goes on. */
  private synchronized @Nullable Runnable next() {
    Runnable turn = over && waiting != null ? waiting.poll() : null;
    if (turn == null) {
      passing = false;
      taken = !over;
    }
    over = false;
    return turn;
  }
}

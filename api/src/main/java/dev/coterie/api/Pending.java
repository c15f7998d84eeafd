package dev.coterie.api;

import java.util.ArrayList;
import java.util.List;

/**
 * Calls that are given up together: those that wait on behalf of something that can be closed by
 * another thread than the one that waits.
 *
 * <p>May be used by any number of threads.
 */
public final class Pending {
  private final List<Ticket> tickets = new ArrayList<>(1); // guarded by this
  private boolean over; // guarded by this

  /** A call has begun to wait; if all were cancelled before, it is cancelled at once. */
  public void add(Ticket ticket) {
    synchronized (this) {
      if (!over) {
        tickets.add(ticket);
        return;
      }
    }
    ticket.cancel();
  }

  /** The call does not wait any more. */
  @SuppressWarnings("ReferenceEquality") // the very ticket that was added
  public synchronized void remove(Ticket ticket) {
    for (int i = tickets.size() - 1; i >= 0; i--) {
      if (tickets.get(i) == ticket) {
        tickets.remove(i);
        return;
      }
    }
  }

  /** Cancels what waits now, and whatever comes later. */
  public void cancel() {
    List<Ticket> waiting;
    synchronized (this) {
      over = true;
      waiting = List.copyOf(tickets);
    }
    waiting.forEach(Ticket::cancel);
  }
}

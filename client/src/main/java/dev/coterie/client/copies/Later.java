package dev.coterie.client.copies;

import dev.coterie.api.Errno;
import dev.coterie.api.Ticket;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The ticket of what is submitted once something else is over. */
final class Later implements Ticket {
  private final Consumer<Errno> failed; // immutable
  private boolean cancelled; // guarded by this
  private @Nullable Ticket submitted; // guarded by this

  /**
   * @param failed told of EINTR, if it is given up before it was submitted
   */
  Later(Consumer<Errno> failed) {
    this.failed = failed;
  }

  /** What submits it. */
  Runnable then(Supplier<Ticket> submit) {
    return () -> {
      if (isCancelled()) {
        failed.accept(Errno.EINTR);
        return;
      }
      Ticket ticket = submit.get();
      if (submitted(ticket)) {
        ticket.cancel();
      }
    };
  }

  private synchronized boolean isCancelled() {
    return cancelled;
  }

  /** Whether it was given up meanwhile. */
  private synchronized boolean submitted(Ticket ticket) {
    submitted = ticket;
    return cancelled;
  }

  @Override
  public boolean cancel() {
    Ticket ticket;
    synchronized (this) {
      cancelled = true;
      ticket = submitted;
    }
    return ticket != null && ticket.cancel();
  }
}

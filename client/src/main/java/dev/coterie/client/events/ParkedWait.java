package dev.coterie.client.events;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A wait for members of the tree that goes on beside one for the host. Whoever began it must {@link
 * #finish} it, as its answer may hold events that nobody else will be given.
 */
final class ParkedWait implements Completion<List<Event>> {
  private final Runnable wake; // immutable
  private @Nullable Ticket ticket; // of the thread that began it
  private @Nullable List<Event> events; // guarded by this
  private @Nullable Errno errno; // guarded by this
  private volatile boolean answered; // written under this

  private ParkedWait(Runnable wake) {
    this.wake = wake;
  }

  /**
   * @param wake wakes the host's wait when there is an answer
   */
  static ParkedWait begin(FileService service, Caller caller, long set, int max, Runnable wake) {
    ParkedWait parked = new ParkedWait(wake);
    parked.ticket = service.submit(caller, new Operation.Evwait(set, max, -1), parked);
    return parked;
  }

  boolean isAnswered() {
    return answered;
  }

  @Override
  public void done(List<Event> value) {
    answer(value, null);
  }

  @Override
  public void failed(Errno error) {
    answer(null, error);
  }

  private void answer(@Nullable List<Event> value, @Nullable Errno error) {
    synchronized (this) {
      events = value;
      errno = error;
      answered = true;
      notifyAll();
    }
    wake.run();
  }

  /**
   * Gives up what is not answered yet, and waits for the one answer or the other, also if this
   * thread is interrupted, which stays so.
   *
   * @return none: it was given up
   */
  List<Event> finish() throws ErrnoException {
    if (!answered && ticket != null) {
      ticket.cancel();
    }
    boolean interrupted = false;
    synchronized (this) {
      while (!answered) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return answer();
  }

  private synchronized List<Event> answer() throws ErrnoException {
    if (events != null) {
      return events;
    }
    if (errno != null && errno != Errno.EINTR) {
      throw new ErrnoException(errno, "await");
    }
    return List.of();
  }
}

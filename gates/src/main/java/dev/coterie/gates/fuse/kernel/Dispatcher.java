package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What all who receive requests of one mount share: they hand them on, count them, and find one
 * that is to be interrupted, wherever it is served.
 *
 * <p>Interrupts: the kernel names a request whose caller has been signalled. Where the signal ends
 * that request and it waits, its ticket is cancelled, and its own reply (EINTR, or the answer if
 * that was faster) is what the caller gets. One that somebody is at work on is cancelled as soon as
 * it waits. One that is not known (not read yet, or just answered) is answered EAGAIN, upon which
 * the kernel asks again as long as it matters.
 */
final class Dispatcher {
  private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

  private final Kernel kernel;
  private final Handler handler;
  private final Meters meters;
  private final List<Place> places = new CopyOnWriteArrayList<>();
  private final Interrupts interrupts;

  /** Where requests are served. */
  interface Place {
    /** Whose request that is, not answered yet, as far as this place knows. */
    @Nullable Exchange find(long unique);
  }

  Dispatcher(Kernel kernel, Handler handler, Meters meters) {
    this.kernel = kernel;
    this.handler = handler;
    this.meters = meters;
    this.interrupts = new Interrupts(handler, this::find);
  }

  Meters meters() {
    return meters;
  }

  /** Where notifications go. */
  Kernel kernel() {
    return kernel;
  }

  void wakePolled(long kh) {
    try {
      Notifications.wakePolled(kernel, kh);
    } catch (ErrnoException e) {
      // ENODEV: the mount has ended, and who polls has been told.
      LOG.log(System.Logger.Level.DEBUG, "notification of poll: {0}", e.getMessage());
    }
  }

  void add(Place place) {
    places.add(place);
  }

  void serve(Exchange exchange) {
    if (exchange.opcode() == Opcode.INTERRUPT) {
      interrupt(exchange);
      return;
    }
    try {
      handler.handle(exchange);
    } catch (RuntimeException | Error e) {
      // A fault of ours costs this request, not the mount.
      LOG.log(System.Logger.Level.ERROR, "fault while serving " + exchange, e);
      if (!exchange.isOver()) {
        exchange.answerError(Errno.EIO);
      }
    }
  }

  private void interrupt(Exchange exchange) {
    long unique = exchange.request().get(JAVA_LONG, InHeader.BYTES);
    if (interrupt(unique)) {
      exchange.end();
    } else {
      exchange.answerError(Errno.EAGAIN);
    }
  }

  /** Who asked for that has been signalled. False: it is not known, or not any more. */
  boolean interrupt(long unique) {
    return interrupts.interrupt(unique);
  }

  private @Nullable Exchange find(long unique) {
    Exchange found = null;
    for (int i = 0; found == null && i < places.size(); i++) {
      found = places.get(i).find(unique);
    }
    return found;
  }

  void ended() {
    interrupts.close();
    handler.ended();
  }
}

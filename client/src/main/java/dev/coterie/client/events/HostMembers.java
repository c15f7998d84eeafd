package dev.coterie.client.events;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of a set that are not the tree's: this process's channels and descriptors. */
final class HostMembers implements AutoCloseable {
  private final Kernel.Maker maker; // immutable
  private final SelectedChannels channels; // immutable
  private volatile @Nullable PolledDescriptors descriptors; // written under this
  private volatile @Nullable Bridge bridge; // written under this
  private boolean closed; // guarded by this
  private boolean descriptorsFirst; // of the one who waits

  HostMembers(Kernel.Maker maker) throws ErrnoException {
    this.maker = maker;
    this.channels = new SelectedChannels();
  }

  // ---- members ----

  void add(SelectableChannel channel, int mask, long data) throws ErrnoException {
    channels.add(channel, mask, data);
  }

  void modify(SelectableChannel channel, int mask, long data) throws ErrnoException {
    channels.modify(channel, mask, data);
  }

  void remove(SelectableChannel channel) throws ErrnoException {
    channels.remove(channel);
  }

  /** EOPNOTSUPP without native access. */
  synchronized PolledDescriptors descriptors() throws ErrnoException {
    PolledDescriptors polled = descriptors;
    if (polled == null) {
      if (closed) {
        throw new ErrnoException(Errno.EBADF, "event set");
      }
      polled = new PolledDescriptors(maker);
      descriptors = polled;
      bridge = Bridge.start(polled, channels);
      wake(); // who waits already is to wait for these too
    }
    return polled;
  }

  // ---- waiting; by one thread at a time ----

  /** Takes what is ready now, at most so many, of either kind first in turn. */
  List<Event> take(int max) throws ErrnoException {
    PolledDescriptors polled = descriptors;
    if (polled == null) {
      return channels.take(max);
    }
    descriptorsFirst = !descriptorsFirst;
    List<Event> events = new ArrayList<>(descriptorsFirst ? polled.take(max) : channels.take(max));
    int room = max - events.size();
    if (room > 0) {
      try {
        events.addAll(descriptorsFirst ? channels.take(room) : polled.take(room));
      } catch (ErrnoException e) {
        if (events.isEmpty()) {
          throw e;
        }
      }
    }
    return events;
  }

  /**
   * Waits until something may be ready, and takes nothing; or until {@link #wake}, an interrupt, or
   * the end of the time.
   *
   * @param nanos {@link Long#MAX_VALUE}: without end
   * @return whether something may be ready
   */
  boolean await(long nanos) throws ErrnoException {
    Bridge waker = bridge;
    if (waker == null) {
      return channels.await(nanos);
    }
    waker.arm();
    boolean ready = channels.await(nanos);
    return waker.hasWoken() || ready;
  }

  void wake() {
    channels.wake();
  }

  HostReports reports() {
    PolledDescriptors polled = descriptors;
    long selected = channels.examined();
    if (polled == null) {
      return new HostReports(selected, 0, 0, 0);
    }
    HostReports of = polled.reports();
    return new HostReports(
        selected + of.examined(), of.unknownMembers(), of.unknownBits(), of.gone());
  }

  int size() {
    PolledDescriptors polled = descriptors;
    return channels.size() + (polled == null ? 0 : polled.size());
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (bridge != null) {
      bridge.end();
    }
    if (descriptors != null) {
      descriptors.close();
    }
    channels.close();
  }
}

package dev.coterie.client.events;

import dev.coterie.api.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * The thread that waits for a set's descriptors, as a selector cannot: when one may be ready it
 * wakes who waits at the selector, once for each {@link #arm}.
 */
final class Bridge implements Runnable {
  private final PolledDescriptors descriptors; // immutable
  private final SelectedChannels channels; // immutable
  private boolean armed; // guarded by this
  private boolean woken; // guarded by this
  private boolean over; // guarded by this
  private @Nullable ErrnoException fault; // guarded by this

  private Bridge(PolledDescriptors descriptors, SelectedChannels channels) {
    this.descriptors = descriptors;
    this.channels = channels;
  }

  static Bridge start(PolledDescriptors descriptors, SelectedChannels channels) {
    Bridge bridge = new Bridge(descriptors, channels);
    Thread.ofPlatform().daemon().name("coterie-events").start(bridge);
    return bridge;
  }

  /** Somebody is about to wait. */
  synchronized void arm() throws ErrnoException {
    if (fault != null) {
      throw fault;
    }
    armed = true;
    notifyAll();
  }

  /** Whether, since this was asked last, it has found that a descriptor may be ready. */
  synchronized boolean hasWoken() {
    boolean has = woken;
    woken = false;
    return has;
  }

  @Override
  public void run() {
    while (awaitArmed()) {
      ErrnoException failed = null;
      try {
        descriptors.await();
      } catch (ErrnoException e) {
        failed = e;
      }
      synchronized (this) {
        armed = false;
        woken = true;
        fault = failed;
      }
      channels.wake();
    }
  }

  /** False: it is over. */
  private synchronized boolean awaitArmed() {
    while (!armed && !over) {
      try {
        wait();
      } catch (InterruptedException e) {
        // It is nobody's: this thread is not handed out.
      }
    }
    return !over;
  }

  synchronized void end() {
    over = true;
    notifyAll();
  }
}

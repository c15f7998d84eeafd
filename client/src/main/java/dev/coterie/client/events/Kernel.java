package dev.coterie.client.events;

import dev.coterie.api.ErrnoException;

/**
 * A set of descriptors in the kernel, as {@link PolledDescriptors} needs one. Trusted in nothing.
 */
interface Kernel extends AutoCloseable {

  /** Makes an empty one. */
  interface Maker {
    Kernel make() throws ErrnoException;
  }

  /** Is told what is ready. */
  interface Report {
    void ready(long data, int mask);
  }

  void add(int descriptor, int mask, long data) throws ErrnoException;

  void modify(int descriptor, int mask, long data) throws ErrnoException;

  void remove(int descriptor) throws ErrnoException;

  /** Takes what is ready now, without waiting. */
  void take(int max, Report report) throws ErrnoException;

  /** Waits until there may be something to take, and takes nothing; false: closed. */
  boolean await() throws ErrnoException;

  /** Which file a descriptor is; EBADF none. */
  Object fileOf(int descriptor) throws ErrnoException;

  /** Wakes who waits. */
  @Override
  void close();
}

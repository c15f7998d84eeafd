package dev.coterie.check.mount;

/** The same over io_uring. */
class UringEventMountIT extends EventMountIT {
  @Override
  boolean uring() {
    return true;
  }
}

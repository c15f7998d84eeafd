package dev.coterie.api;

/**
 * A member of an event set is ready.
 *
 * @param mask what it is ready for: bits of {@link EventMask} that the member asked for
 * @param data what the member was given when it was added or changed
 * @param changes of readiness this report stands for, as changes that come faster than they are
 *     waited for are reported as one; 0: nothing has changed, the member merely still is ready
 */
public record Event(int mask, long data, int changes) {
  /** Size on the wire, in bytes. */
  public static final int BYTES = 16;

  public boolean isReadable() {
    return (mask & EventMask.EPOLLIN) != 0;
  }

  public boolean isWritable() {
    return (mask & EventMask.EPOLLOUT) != 0;
  }

  public boolean isHungUp() {
    return (mask & EventMask.EPOLLHUP) != 0;
  }
}

package dev.coterie.api;

/**
 * A lock that a session has granted by itself, under a lease.
 *
 * @param handle by which it was asked
 * @param lock never {@link RangeLock.Type#UNLOCK}
 * @param pid of who asked; 0: unknown
 */
public record LeasedLock(long handle, RangeLock lock, int pid) {}

package dev.coterie.api.lock;

/** A lock that is held, and by whom. */
public record HeldLock(LockOwner owner, LockRange range) {}

package dev.coterie.api.lock;

/**
 * Whether a lock could be taken.
 *
 * @param owner whose own locks do not stand in the way
 */
public record LockQuestion(LockTable.Family family, LockOwner owner, LockRange wanted) {}

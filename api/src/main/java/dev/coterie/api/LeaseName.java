package dev.coterie.api;

/**
 * One grant of a lease.
 *
 * @param id of what
 * @param seq which of the grants of that inode; never 0
 */
public record LeaseName(InodeId id, int seq) {}

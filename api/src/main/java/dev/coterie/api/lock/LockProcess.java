package dev.coterie.api.lock;

/**
 * A process that asks for locks, as its session knows it.
 *
 * @param pid 0 when unknown: then all of the session count as one
 */
public record LockProcess(Object session, int pid) {}

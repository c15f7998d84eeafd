/**
 * Sync handles: named keys, each with a small value, that threads of any number of processes use
 * shared or alone.
 *
 * <pre>
 *   SyncHandle    a key that is open here
 *   Use           a key that is in use by one thread
 *   SyncHandles   all that are open by one client
 *   SharedKey     one key in this process: who uses it, who waits, and the lease that all share
 *   Line          a session at the leader: how long its leases may be used, recalls, giving back
 * </pre>
 *
 * <p>Locks: {@code SyncHandles.gate} while keys are opened and closed, across calls that wait for
 * nobody; then that of a {@link dev.coterie.client.sync.SharedKey}, or of a {@link
 * dev.coterie.client.sync.Line}, both leaves, under which nothing is called.
 */
@NullMarked
package dev.coterie.client.sync;

import org.jspecify.annotations.NullMarked;

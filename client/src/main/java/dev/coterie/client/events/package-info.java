/**
 * Waiting for the tree and for this process's own channels and descriptors at once: {@link
 * dev.coterie.client.events.EventSet} is the door.
 *
 * <h2>Flow of a wait</h2>
 *
 * <pre>
 *  members of the tree alone:   one Evwait, which the leader holds until there is something
 *
 *  with members of the host:
 *    take what the host has ready      (PolledDescriptors, SelectedChannels); nothing:
 *    park an Evwait at the leader      (ParkedWait)     ── answered ──▶ wakes the selector
 *    wait at the selector              (SelectedChannels.await)
 *                                      (Bridge: waits for the descriptors ── ready ──▶ wakes the selector)
 *    finish the Evwait                 given up, or its events; only then
 *    take what the host has ready
 * </pre>
 *
 * <p>An event is taken where it is ready at the moment it is given to the caller, and not before;
 * so nothing has to be given back when a wait is interrupted, and none is taken from who else waits
 * at a shared set.
 *
 * <h2>Locks</h2>
 *
 * The one who waits holds the set's role, over calls to the leader. {@code HostMembers}, {@code
 * SelectedChannels} and {@code PolledDescriptors} have a monitor each, in this order, held for a
 * call of the kernel that does not wait; {@code Bridge} and {@code ParkedWait} are leaves.
 */
@NullMarked
package dev.coterie.client.events;

import org.jspecify.annotations.NullMarked;

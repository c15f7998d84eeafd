/**
 * The leader: sockets, connections, fids and dispatch in front of the core.
 *
 * <p>{@link dev.coterie.leader.Leader} is the door, for the command line and for programs that want
 * a leader of their own.
 *
 * <h2>Flow of a request</h2>
 *
 * <pre>
 *  Listener → Connection (one platform thread reads) → FrameReader → Call
 *      → PlainRequests or DialectRequests: fids become identities and handles, the message an Operation
 *          → Session.submit → done at once: the reply goes to the reader's own output
 *                           → parked or in the pool: the Call waits without a thread; who completes it sends its reply
 *      → Outbox.flush, when no further request has arrived
 * </pre>
 *
 * <h2>Threads and locks</h2>
 *
 * One thread reads a connection and answers inline what cannot take long; it never waits for
 * another client. A completion may come on any thread, so it only appends to {@link
 * dev.coterie.leader.Outbox} and never blocks in a socket. Locks, each a leaf that is held for a
 * few instructions: {@code Pending} (calls not answered yet; flush, completion and the end of the
 * connection meet on it), then {@code Outbox}.
 */
@NullMarked
package dev.coterie.leader;

import org.jspecify.annotations.NullMarked;

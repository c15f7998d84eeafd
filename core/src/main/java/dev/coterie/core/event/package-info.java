/**
 * Who waits for what: sets of things that become ready, and the things that do.
 *
 * <pre>
 *   Source              what can be ready, and tells who watches it: one for each open handle
 *     ├ EventCounter ─ Counter  eventfd(2)
 *     ├ PipeEnd ─ Pipe  an open FIFO
 *     ├ ListenedSource  a watch queue; a lock of a file, while it could be taken
 *     └ EventSet        epoll(7); itself a source, so that sets can be in sets
 *          └ Item       a member: this set watches that source, with this mask
 * </pre>
 *
 * <p><b>Two ways to wait.</b> A watcher is a set's member: it stays and is told of every change. A
 * waiter is an operation that could not go on: it is told of the next change, once, and tries
 * again. Both only learn that it is worth looking; what is so is asked of the source.
 *
 * <p><b>State belongs to the member.</b> What is armed, reported or switched off is noted in the
 * {@code Item}, which is of one set and one handle. So two sets both get an edge.
 *
 * <p><b>A notification is remembered.</b> All else asks the source what is so now. A member with
 * NOTIFY notes what it became, and that is reported, as signals are that were sent.
 *
 * <p><b>Cost.</b> A change puts a member on its set's ready list; waiting looks at that list and at
 * nothing else.
 *
 * <p><b>Lock order.</b> tree's nesting lock → EventSet, outer before inner (no set is in itself,
 * and the nesting lock sees to that) → what a source's state is guarded by (a Pipe; a Counter; a
 * WatchQueue; a LockTable) → its sources' lists of watchers. All are leaves of the other locks of
 * the core. Watchers and waiters are told with none of them held, which {@code Source} asserts.
 */
@NullMarked
package dev.coterie.core.event;

import org.jspecify.annotations.NullMarked;

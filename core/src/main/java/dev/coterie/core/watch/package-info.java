/**
 * Watches: who is to be told of which changes, and what has not been taken yet.
 *
 * <pre>
 *   Watches          the tree's: identity → its watches
 *     └ Watch        one inode, for one queue: which kinds, and how
 *   WatchQueue       what was reported and not taken yet, and who waits for more
 * </pre>
 *
 * <p>A watch is on an identity, so it survives every rename and holds nothing alive. A change is
 * queued under the operation lock that it was made under, after it was made: so whoever sees the
 * change finds it in the queue, and what changes one after the other is queued in that order.
 *
 * <p><b>Lock order.</b> A queue's monitor is a leaf of all locks of the core; only Watches' own is
 * taken under it. Those who wait at a queue are told when the thread that queued a change holds no
 * lock any more: {@link dev.coterie.core.watch.Watches#wake}.
 */
@NullMarked
package dev.coterie.core.watch;

import org.jspecify.annotations.NullMarked;

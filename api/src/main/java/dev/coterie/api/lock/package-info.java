/**
 * Advisory locks of files: who holds which bytes, who waits for them, and who would wait for ever.
 *
 * <pre>
 *   LockTable        one inode's; its monitor is where grant, cancel and disconnect meet
 *     ├ LockSpace    record locks: POSIX (owner: a process) and OFD (owner: a handle) meet here
 *     └ LockSpace    flock locks (owner: a handle), which know nothing of the others
 *          ├ holders   owner → Ranges   in the order in which owners came, as F_GETLK answers
 *          └ queue     LockWait, LockWait, …   the one that came first stands first
 *   LockQuestion     could this lock be taken? Whoever asks is told each time that it becomes so
 *   Holding          what is handed over with a table that was lent: a session alone decided on it
 *   WaitGraph        the tree's: which process waits for which, over all inodes
 * </pre>
 *
 * <p><b>A wait</b> is request → granted, or queued → granted, withdrawn or ended. Whoever takes it
 * off the queue under the table's monitor has won, and tells it when the monitor is free again.
 *
 * <p><b>Order.</b> Waits are looked at in the order in which they came. As on Linux a request that
 * meets no lock is granted at once, even if an earlier one waits; but no wait is overtaken more
 * than {@link LockSpace#OVERTAKES} times: from then on who comes later waits behind it. Only who
 * holds locks already is not held up by the queue: others may be waiting for those, and a cycle
 * would be made that the locks alone do not have. An attempt that does not wait looks at the locks
 * alone.
 *
 * <p><b>Lock order.</b> table → graph, each a leaf of all other locks of the core; listeners are
 * called with neither held.
 */
@NullMarked
package dev.coterie.api.lock;

import org.jspecify.annotations.NullMarked;

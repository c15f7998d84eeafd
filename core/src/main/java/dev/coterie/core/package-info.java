/**
 * The authority: one tree of inodes and names, its mounts, its sessions and their open files. No
 * input, no output, no sockets; clock, identities and randomness are passed in.
 *
 * <p>{@link dev.coterie.core.Vfs} is the tree; {@link dev.coterie.core.Session} is one client's
 * {@link dev.coterie.api.FileService} on it.
 *
 * <h2>Two kinds of mount</h2>
 *
 * What is the same everywhere is done first: {@link dev.coterie.core.Session} looks at references,
 * handles and arguments ({@link dev.coterie.core.Arguments}), {@link dev.coterie.core.Walk} finds
 * inodes across mounts, {@link dev.coterie.core.Offsets} moves shared offsets. Then the inode's
 * {@link dev.coterie.core.InodeOps} are asked:
 *
 * <pre>
 *                       InodeOps
 *                      /        \
 *            InsideOps            OutsideOps            an inside mount is changed by this tree alone, so
 *            NameOps RenameOp     OutsideNames          the core decides and gives it commands; an outside
 *            AttrOps XattrOps     OutsideListing        mount is changed by others too, so it decides and
 *            OpenOps DataOps      OutsideLocks          the core asks it, in the caller's name
 *            DentryCache
 * </pre>
 *
 * <h2>Locks</h2>
 *
 * Ranked by {@link dev.coterie.core.LockRank}; asserted under {@code -ea} by {@link
 * dev.coterie.core.Held}.
 *
 * <pre>
 *  operation locks (held across a bounded call of a mount):
 *    MountPoint.renameLock        renames between directories of one mount, so that "is an ancestor of" holds still
 *      → Handle.offsetLock        a shared offset, as Linux's f_pos lock
 *        → Inode.opLock, as PARENT   directories whose names change: ancestor first, else by number
 *          → Inode.opLock, as SUBDIRECTORY   directories that a rename moves or replaces
 *          → Inode.opLock, as INODE  what the names name, by number; or the file itself;
 *                                    of an outside mount all, directories too
 *            → MountPoint.shapeLock   where an inside mount's directories are, for who looks up from one: held
 *                                    while one is moved, and while watches above a change are found
 *  state locks (never across a call of a mount that can wait, or a socket write):
 *    Request (its monitor)        completion, cancel and the end of the session meet here
 *    LockTable (its monitor)      grant, cancel and disconnect of locks of files; under it the WaitGraph's
 *    LeaseTable (its monitor)      who may answer from a copy, and what waits for that to end; a leaf
 *    Keys, Key (their monitors)    named keys: which there are; who has one and who waits for it; leaves, both
 *    EventSet (its monitor)       members and which are ready; outer before inner; under it what a source's state
 *                                 is guarded by ({@link dev.coterie.core.event})
 *    WatchQueue (its monitor)     changes that were made, those who wait for them, cancel and the end; a leaf
 *    concurrent maps              inode table, dentries, references: no code of ours runs under their bins but what is
 *                                 written in InodeTable and References
 * </pre>
 *
 * Inside: two directories neither of which holds the other are locked together only under
 * renameLock; every other thread locks downwards in the tree, from a directory to what it names. So
 * no ring can close.
 *
 * <p>Outside: what is above what can be changed by others at any moment, so the order of numbers is
 * the only one. What turns out under a lock to be needed too is tried without waiting; where that
 * fails the operation starts again and waits for all in order ({@link
 * dev.coterie.core.OutsideLocks}).
 *
 * <p>Waits without bound (a barrier, leases of others, a lock of a file, a change that is watched,
 * an event, a FIFO) hold none of these: such an operation becomes a {@link
 * dev.coterie.core.Request}. At a barrier, and for leases ({@link dev.coterie.core.lease}), it
 * starts again from the beginning; at a lock ({@link dev.coterie.api.lock}) it is told that it has
 * it, at a watch queue ({@link dev.coterie.core.watch}) what has changed; for an event or a FIFO it
 * tries again ({@link dev.coterie.core.Step}) on the thread that made the change. Such a thread
 * holds none of these locks either.
 *
 * <h2>References</h2>
 *
 * An {@link dev.coterie.core.Inode} lives while someone counts on it: a session's references, an
 * open handle, a dentry, a mount point, an operation at work on a child. A {@link
 * dev.coterie.core.Handle} lives while a session, a token or an operation at work counts on it.
 * Whoever lets the last one go only puts it on the grave-yard; {@link
 * dev.coterie.core.InodeTable#reap} buries it later, when the thread holds no lock.
 */
@NullMarked
package dev.coterie.core;

import org.jspecify.annotations.NullMarked;

/**
 * A client's own copies of attributes, names and content, under leases: {@code docs/leases.md}.
 *
 * <pre>
 *   Copies     the service: answers from a copy, or asks the one below
 *   Answers    what can be answered from a copy, and when not
 *   Asks       what is sent instead of an operation, and what its reply teaches
 *   Reading    the same of reads of files
 *   Listings   the same of listings of directories
 *   Lookups    the same of names in directories
 *   Change     an own change that is under way: what it touches is not used meanwhile
 *   Nodes      what is known of each inode: references, and the copy
 *   Copy       what was learned under one lease since the last own change
 *   Names      the lease on the names of a directory; NamesLeases: all of them
 *   Listing    the entries of one; Covered: attributes of one of them
 *   WriteBack  writes that are kept back, and when they are sent
 *   Kept       what is kept back of one inode
 *   PagePool   the content of files, bounded, outside the heap
 *   OwnLocks   locks of files that this client alone has to do with
 *   FileLocks  of one file: the table
 *   Keeper     how long copies may be used; recalls, and giving back
 * </pre>
 *
 * <p>Whoever reads a copy first takes what he wants, then looks whether the copy still stands
 * ({@link dev.coterie.client.copies.Keeper#stands}), and only then answers. So nothing needs to be
 * locked while it is read: whoever ends a copy only has to take it out of its {@link
 * dev.coterie.client.copies.Node} before he says that it is out.
 *
 * <p>Locks: of a node, then of a copy, then of the pool. None is held while the service below is
 * called. That of a {@link dev.coterie.client.copies.FileLocks} comes before them and is held while
 * its table is given back, so that what is said of it is said in order.
 */
@NullMarked
package dev.coterie.client.copies;

import org.jspecify.annotations.NullMarked;

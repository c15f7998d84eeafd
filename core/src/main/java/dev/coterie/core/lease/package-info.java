/**
 * Who may answer from a copy: leases on inodes, and what stands in the way of a change until they
 * are given back.
 *
 * <pre>
 *   Leases         of the tree: whether there are any, whose operation a thread is at
 *   LeaseTable     of one inode: who holds a lease, who waits for it to be given back
 *   LeaseHolder    a session: told of recalls
 *   Key            a named key: its value, who has it, and the queue of those who want it
 *   Keys           those of a tree
 *   LeaseConflict  why a change cannot be made yet
 * </pre>
 *
 * <p>A lease is granted under the operation lock that its attributes are read under, and a change
 * looks for leases under the one that it is made under. So between a look that finds none and the
 * change none can be granted. A change that finds some lets go of everything, has them recalled,
 * waits without thread or lock, and begins again from the start.
 *
 * <p>While anybody waits nothing is granted. So whoever waits sees an end of it, and in the order
 * of coming.
 */
@NullMarked
package dev.coterie.core.lease;

import org.jspecify.annotations.NullMarked;

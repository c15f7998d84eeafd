/**
 * What a mount offers to the core: {@link dev.coterie.core.spi.Mount}.
 *
 * <p>The core owns names of sessions, permissions, handles, offsets and waiting; a mount owns what
 * is stored. Queries are plain methods. Every effect is a {@link dev.coterie.core.spi.Command} that
 * the core has validated and that carries all its decisions (time, new identity, offset), so that
 * applying it reads no clock and no counter.
 *
 * <p>Locking promise: the core holds the operation lock of every node named in a call, shared for a
 * query and exclusive for a command. A mount therefore guards only what several nodes share, such
 * as its counters of blocks and inodes.
 */
@NullMarked
package dev.coterie.core.spi;

import org.jspecify.annotations.NullMarked;

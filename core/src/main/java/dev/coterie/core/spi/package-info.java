/**
 * What a mount offers to the core: {@link dev.coterie.core.spi.InsideMount} or {@link
 * dev.coterie.core.spi.OutsideMount}.
 *
 * <p>The core owns names of sessions, handles, offsets, mount points and waiting; a mount owns what
 * is stored.
 *
 * <p><b>Inside.</b> Nobody but this tree changes the content, so the core decides: permissions,
 * times, errors. Queries are plain methods. Every effect is a {@link dev.coterie.core.spi.Command}
 * that the core has validated and that carries all its decisions (time, new identity, offset), so
 * that applying it reads no clock and no counter.
 *
 * <p><b>Outside.</b> Others change the content too, so the back end decides: it is given the caller
 * and does the whole operation, and its answer is the result.
 *
 * <p>Locking promise: the core holds the operation lock of every node named in a call, shared for a
 * query and exclusive for a change. A mount therefore guards only what several nodes share, such as
 * its counters of blocks and inodes.
 */
@NullMarked
package dev.coterie.core.spi;

import org.jspecify.annotations.NullMarked;

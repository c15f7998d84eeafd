package dev.coterie.core.spi;

import dev.coterie.api.InodeId;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * What a mount is given when it is attached to a tree.
 *
 * @param ids gives identities that were never used in this tree and never will be again; the tag in
 *     their number is 0
 * @param clock for times of what the mount itself makes, such as its root
 * @param tag from 1 to {@link #TAGS}: no other mount of the tree has it, and a tree with the same
 *     mounts gives it again. A mount that knows numbers of its own puts it into the bits from
 *     {@link #TAG_SHIFT} on, so that they are unique in the tree
 */
public record MountContext(Supplier<InodeId> ids, InstantSource clock, int tag) {
  /** Tags there are: numbers stay positive. */
  public static final int TAGS = Short.MAX_VALUE;

  /** Lowest bit of the tag in an inode's number. */
  public static final int TAG_SHIFT = 48;
}

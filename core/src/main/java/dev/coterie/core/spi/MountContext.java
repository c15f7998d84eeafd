package dev.coterie.core.spi;

import dev.coterie.api.InodeId;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * What a mount is given when it is attached to a tree.
 *
 * @param ids gives identities that were never used in this tree and never will be again
 * @param clock for times of what the mount itself makes, such as its root
 */
public record MountContext(Supplier<InodeId> ids, InstantSource clock) {}

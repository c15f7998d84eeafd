package dev.coterie.api;

import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory.
 *
 * @param name as in the directory; "." and ".." come first
 * @param id the inode it names
 * @param type as {@code d_type}, {@link Mode#direntType}
 * @param cookie where to go on after this entry; stays good while entries come and go
 * @param stat attributes when they were asked for; not a lookup, so no reference is taken
 */
public record DirEntry(Name name, InodeId id, int type, long cookie, @Nullable Stat stat) {}

/** A file system in memory: {@link dev.coterie.mounts.tmpfs.TmpFs}. */
@NullMarked
package dev.coterie.mounts.tmpfs;

import org.jspecify.annotations.NullMarked;

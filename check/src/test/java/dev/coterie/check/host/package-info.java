/** Directories of the host as mounts: what only they can get wrong. */
@NullMarked
package dev.coterie.check.host;

import org.jspecify.annotations.NullMarked;

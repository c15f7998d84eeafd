/** Back ends that are grafted into the tree. */
@NullMarked
package dev.coterie.mounts;

import org.jspecify.annotations.NullMarked;

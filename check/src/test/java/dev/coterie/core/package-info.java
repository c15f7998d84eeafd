/** Tests of the core that need a mount, and so do not fit into its own module. */
@NullMarked
package dev.coterie.core;

import org.jspecify.annotations.NullMarked;

/** The command line; assembles all other rooms, and nobody imports it. */
@NullMarked
package dev.coterie.console;

import org.jspecify.annotations.NullMarked;

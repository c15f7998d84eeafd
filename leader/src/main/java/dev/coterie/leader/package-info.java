/** The authority: transports, sessions, fids and dispatch. */
@NullMarked
package dev.coterie.leader;

import org.jspecify.annotations.NullMarked;

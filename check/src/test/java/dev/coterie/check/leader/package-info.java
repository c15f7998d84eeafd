/**
 * A real leader under real sockets: frames that were put together by hand, clients that misbehave,
 * clients that are killed.
 */
@NullMarked
package dev.coterie.check.leader;

import org.jspecify.annotations.NullMarked;

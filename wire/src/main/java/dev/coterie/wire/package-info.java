/** 9P2000.L and its extension: message records, codec and framing. */
@NullMarked
package dev.coterie.wire;

import org.jspecify.annotations.NullMarked;

/** Watches, while several processes make changes: all are told, in an order that makes sense. */
@NullMarked
package dev.coterie.check.watch;

import org.jspecify.annotations.NullMarked;

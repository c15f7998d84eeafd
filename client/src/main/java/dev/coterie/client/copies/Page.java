package dev.coterie.client.copies;

import java.nio.ByteBuffer;

/** A block of a file in the pool, until its place is needed for another. */
final class Page {
  final ByteBuffer slab; // its content: written before the page is seen, and after it is invalid
  final int at; // immutable: where in the slab
  final int slot; // immutable: which place of the pool
  volatile boolean valid = true; // cleared by the pool before the place is written again
  boolean used = true; // a hint: since the pool last looked

  Page(ByteBuffer slab, int at, int slot) {
    this.slab = slab;
    this.at = at;
    this.slot = slot;
  }
}

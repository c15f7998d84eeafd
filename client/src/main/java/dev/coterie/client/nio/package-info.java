/** A tree as a file system of {@code java.nio.file}. */
@NullMarked
package dev.coterie.client.nio;

import org.jspecify.annotations.NullMarked;

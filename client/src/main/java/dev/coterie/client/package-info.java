/** Connection, lease cache, reconnect, and the {@code java.nio.file} provider. */
@NullMarked
package dev.coterie.client;

import org.jspecify.annotations.NullMarked;

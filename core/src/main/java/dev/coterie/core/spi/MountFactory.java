package dev.coterie.core.spi;

import java.io.IOException;

/** Opens a mount for a tree: a kind with its options, such as a tmpfs of a given size. */
public interface MountFactory {
  Mount open(MountContext context) throws IOException;
}

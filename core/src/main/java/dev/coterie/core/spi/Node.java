package dev.coterie.core.spi;

import dev.coterie.api.InodeId;

/** An inode as its mount knows it: {@link InsideNode} or {@link OutsideNode}. */
public sealed interface Node permits InsideNode, OutsideNode {
  /** Never changes. */
  InodeId id();

  /** The type bits of {@code st_mode} (S_IFMT), which never change either. */
  int type();
}

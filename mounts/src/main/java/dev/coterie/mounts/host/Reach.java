package dev.coterie.mounts.host;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import org.jspecify.annotations.Nullable;

/** How an inode is reached that was found once and has no descriptor of its own. */
interface Reach extends AutoCloseable {
  /**
   * A descriptor, with O_PATH, of exactly this inode, to be closed by the caller. ESTALE it cannot
   * be found any more.
   */
  Descriptor open(HostNode node) throws ErrnoException;

  /** The node to go on with, for one that was just made of what the host said. */
  HostNode known(HostNode fresh);

  /** A name was just seen to name the node, which is open as this descriptor. */
  void seen(HostNode node, HostNode dir, Name name, Descriptor descriptor);

  /** The node of an identity, and whether it is in this mount is not known; null: none. */
  @Nullable HostNode find(InodeId id) throws ErrnoException;

  /**
   * Where an inode, which is open, was seen last, for when the kernel of the host does not know it
   * any more; null: that is not known here either.
   */
  HostNode.@Nullable Place lastPlace(InodeId id);

  /** A name of the node was removed: what is kept of it must not keep its space. */
  void removed(HostNode node);

  /** Nobody refers to the node any more. */
  void release(HostNode node);

  @Override
  void close();
}

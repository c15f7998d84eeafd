package dev.coterie.mounts.tmpfs;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.core.spi.Command;
import dev.coterie.mounts.tmpfs.TmpNode.Dir;
import dev.coterie.mounts.tmpfs.TmpNode.File;
import dev.coterie.mounts.tmpfs.TmpNode.Special;
import dev.coterie.mounts.tmpfs.TmpNode.Symlink;
import java.nio.ByteBuffer;

/**
 * Makes inodes, and takes the space that each counts for. What cannot be made has taken none.
 *
 * <p>Concurrency: any thread.
 */
final class Births {
  /** Immutable, as all fields. */
  private final InodeSpace space;

  private final InodeSpace aclSpace;
  private final PageStore store;

  Births(InodeSpace space, InodeSpace aclSpace, PageStore store) {
    this.space = space;
    this.aclSpace = aclSpace;
    this.store = store;
  }

  /** ENOSPC. */
  TmpNode make(Command.Create c) throws ErrnoException {
    long aclBytes = TmpNode.bytes(c.accessAcl()) + TmpNode.bytes(c.defaultAcl());
    takeAclSpace(aclBytes);
    boolean done = false;
    try {
      TmpNode node = makePlain(c);
      node.setAccessAcl(c.accessAcl());
      if (node instanceof Dir dir) {
        dir.setDefaultAcl(c.defaultAcl());
      }
      done = true;
      return node;
    } finally {
      if (!done) {
        aclSpace.give(aclBytes);
      }
    }
  }

  /** ENOSPC. */
  void takeAclSpace(long bytes) throws ErrnoException {
    if (bytes > 0 && !aclSpace.take(bytes)) {
      throw new ErrnoException(Errno.ENOSPC);
    }
  }

  private TmpNode makePlain(Command.Create c) throws ErrnoException {
    if (!space.take(InodeSpace.INODE_BYTES)) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    return switch (c.mode() & Mode.S_IFMT) {
      case Mode.S_IFREG -> new File(c.id(), c.mode(), c.uid(), c.gid(), c.now());
      case Mode.S_IFDIR -> new Dir(c.id(), c.mode(), c.uid(), c.gid(), c.now());
      case Mode.S_IFLNK -> makeSymlink(c);
      default -> new Special(c.id(), c.mode(), c.uid(), c.gid(), c.rdev(), c.now());
    };
  }

  private TmpNode makeSymlink(Command.Create c) throws ErrnoException {
    byte[] target = c.target();
    assert target.length > 0 && target.length <= Limits.SYMLINK_BYTES;
    if (target.length < Symlink.SHORT_BYTES) {
      byte[] kept = target.clone();
      return new Symlink(c.id(), c.mode(), c.uid(), c.gid(), kept, 0, kept.length, c.now());
    }
    int[] page = new int[1];
    if (!store.takeAll(page)) {
      space.give(InodeSpace.INODE_BYTES);
      throw new ErrnoException(Errno.ENOSPC);
    }
    store.write(page[0], 0, ByteBuffer.wrap(target), 0, target.length);
    return new Symlink(c.id(), c.mode(), c.uid(), c.gid(), null, page[0], target.length, c.now());
  }
}

package dev.coterie.mounts.host;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.DirectoryCalls;
import dev.coterie.sys.HostFlags;
import dev.coterie.sys.InodeCalls;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Proves that an inode lies in the mounted directory. A file handle opens any inode of the host's
 * file system, and ".." leads out of a directory that others have moved away; so whatever was not
 * found downwards from the root is walked to from there, along the path the kernel knows for it.
 */
final class Containment {
  /** A walk that goes down only: through no link, over no mount point. */
  private static final int DOWNWARDS =
      HostFlags.RESOLVE_BENEATH
          | HostFlags.RESOLVE_NO_SYMLINKS
          | HostFlags.RESOLVE_NO_MAGICLINKS
          | HostFlags.RESOLVE_NO_XDEV;

  private final Descriptor root;
  private final ReachByWalk.Identify identify;

  Containment(Descriptor root, ReachByWalk.Identify identify) {
    this.root = root;
    this.identify = identify;
  }

  /** Whether the inode, open as a descriptor, was found downwards from the root just now. */
  boolean holds(int fd, InodeId id) {
    try {
      byte[] path = pathTo(fd);
      return path != null && leadsTo(path, id);
    } catch (ErrnoException e) {
      return false; // no path, or none that leads there: not proved
    }
  }

  /**
   * The path from the root, where the kernel knows one, not empty; whether it still leads there is
   * not known.
   */
  byte @Nullable [] pathTo(int fd) throws ErrnoException {
    byte[] top = InodeCalls.pathOf(root.fd);
    byte[] path = InodeCalls.pathOf(fd);
    int length = top.length == 1 ? 0 : top.length; // "/" has its slash already
    boolean below =
        path.length > length + 1
            && path[length] == '/'
            && Arrays.equals(top, 0, length, path, 0, length);
    return below ? Arrays.copyOfRange(path, length + 1, path.length) : null;
  }

  private boolean leadsTo(byte[] path, InodeId id) throws ErrnoException {
    int fd = walk(path);
    try {
      return identify.of(fd).equals(id);
    } finally {
      DescriptorCalls.close(fd);
    }
  }

  /** Walks down a path, with the rights this thread acts with. */
  int walk(byte[] path) throws ErrnoException {
    return DirectoryCalls.openPath(
        root.fd, path, HostFlags.O_PATH | OpenFlags.O_NOFOLLOW, DOWNWARDS);
  }
}

package dev.coterie.mounts.host;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.sys.FileHandle;
import dev.coterie.sys.HostFlags;
import dev.coterie.sys.InodeCalls;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By the kernel's file handle, which the privileged can open whatever name the inode has now. A
 * million inodes take no descriptor: but for a few that were just used, nothing is kept to reach
 * them, so nothing can be stale.
 */
final class ReachByHandle implements Reach {
  private static final int REMEMBERED = 1 << 16;
  private static final int FLAGS = HostFlags.O_PATH | OpenFlags.O_NOFOLLOW;

  private final Descriptor root;
  private final Identities identities;
  private final RecentDescriptors recent = new RecentDescriptors(DescriptorBudget.cacheOfProcess());

  /** Of files that nobody refers to any more; never believed without looking there. */
  private final Map<InodeId, HostNode.Place> places =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<InodeId, HostNode.Place> eldest) {
              return size() > REMEMBERED;
            }
          });

  /**
   * @param root a directory of the file system, opened for reading; closed by whoever opened it
   */
  ReachByHandle(Descriptor root, Identities identities) {
    this.root = root;
    this.identities = identities;
  }

  @Override
  public Descriptor open(HostNode node) throws ErrnoException {
    Descriptor pinned = node.pinned();
    if (pinned != null) {
      return pinned;
    }
    if (node.handle == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    Descriptor known = recent.get(node.id());
    if (known != null) {
      return known;
    }
    Descriptor opened = open(node.handle);
    // A file may have been unlinked: it is kept only when it was just seen by a name.
    if (node.type() == Mode.S_IFDIR) {
      recent.keep(node.id(), opened);
    }
    return opened;
  }

  private Descriptor open(FileHandle handle) throws ErrnoException {
    try {
      return new Descriptor(handle.open(root.fd, FLAGS));
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case EMFILE, ENFILE, ENOMEM -> throw e;
        // A handle that was made up, or whose inode is gone, in the words of each file system.
        default -> throw new ErrnoException(Errno.ESTALE);
      }
    }
  }

  @Override
  public @Nullable HostNode find(InodeId id) throws ErrnoException {
    FileHandle handle = identities.handleOf(id);
    if (handle == null) {
      return null;
    }
    try (Descriptor found = open(handle)) {
      int type = InodeCalls.statx(found.fd).mode() & Mode.S_IFMT;
      return new HostNode(id, type, handle);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public HostNode known(HostNode fresh) {
    return fresh;
  }

  @Override
  public void seen(HostNode node, HostNode dir, Name name, Descriptor descriptor) {
    recent.keep(node.id(), descriptor);
    // The place of a directory that is opened by its handle is always known to the kernel.
    if (node.type() != Mode.S_IFDIR) {
      node.seenAt(dir, name);
    }
  }

  @Override
  public HostNode.@Nullable Place lastPlace(InodeId id) {
    return places.get(id);
  }

  @Override
  public void removed(HostNode node) {
    recent.drop(node.id());
  }

  @Override
  public void release(HostNode node) {
    recent.drop(node.id());
    HostNode.Place place = node.place();
    if (place != null && node.type() != Mode.S_IFDIR) {
      places.put(node.id(), place);
    }
  }

  @Override
  public void close() {
    recent.close();
  }
}

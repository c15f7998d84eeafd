package dev.coterie.core;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Of what clients may keep copies, by its owner's choice: that of a mount, and on inside mounts that
 * of the nearest directory above, or of the file itself, that has the attribute {@link
 * dev.coterie.api.XattrNames#COPIES}. A file with several names needs the consent of each. Known
 * here by identity, as an inside mount lives no longer than the tree.
 */
final class CopyChoices {
  private final ConcurrentHashMap<InodeId, Boolean> chosen = new ConcurrentHashMap<>();

  /** With the inode locked. */
  boolean allows(Inode inode) {
    boolean byDefault = inode.mountPoint.mount().copies();
    return chosen.isEmpty() || !(inode instanceof InsideInode inside)
        ? byDefault
        : allows(inside, byDefault);
  }

  private boolean allows(InsideInode inode, boolean byDefault) {
    InsideMount mount = inode.mount();
    Boolean own = chosen.get(inode.id());
    if (own != null) {
      return own;
    }
    if (inode.isDirectory()) {
      return above(mount, inode.node, byDefault);
    }
    boolean[] all = {true};
    boolean[] any = {false};
    mount.links(
        inode.node,
        (dir, name) -> {
          any[0] = true;
          all[0] &= above(mount, dir, byDefault);
        });
    return any[0] ? all[0] : byDefault;
  }

  /** The choice of a directory, or of the nearest above it. */
  private boolean above(InsideMount mount, InsideNode directory, boolean byDefault) {
    try {
      for (InsideNode dir = directory; dir != null; dir = mount.anyParent(dir)) {
        Boolean choice = chosen.get(dir.id());
        if (choice != null) {
          return choice;
        }
      }
      return byDefault;
    } catch (ErrnoException e) {
      return false; // never wrong
    }
  }

  /** Whether anybody has chosen anything but for whole mounts. */
  boolean isUsed() {
    return !chosen.isEmpty();
  }

  /** EINVAL: neither "yes" nor "no". */
  static boolean choice(byte[] value) throws ErrnoException {
    return switch (new String(value, StandardCharsets.ISO_8859_1)) {
      case "yes" -> true;
      case "no" -> false;
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  /** With the inode locked, alone. */
  void chooses(InodeId id, boolean copies) {
    chosen.put(id, copies);
  }

  /** Its owner has no opinion any more, or it is gone. */
  void forget(InodeId id) {
    chosen.remove(id);
  }
}

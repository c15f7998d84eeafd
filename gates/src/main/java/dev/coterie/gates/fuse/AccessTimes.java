package dev.coterie.gates.fuse;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFlags;
import dev.coterie.sys.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the mount's flags have reads do to access times: noatime, nodiratime, relatime, strictatime.
 *
 * <p>The kernel leaves access times to whoever serves a FUSE mount, and tells neither the flags nor
 * that a remount has changed them; they stand in its table of mounts. A thread watches that for
 * changes. STATFS looks too, so that who has remounted can make sure that it is seen.
 */
final class AccessTimes {
  private static final System.Logger LOG = System.getLogger(AccessTimes.class.getName());

  /** O_NOATIME, STRICTATIME, or 0: as the tree has it, which is relatime unless it was told. */
  private volatile int ofFiles;

  private volatile int ofDirectories;

  private volatile @Nullable MountTable table; // null: nothing to look at
  private volatile int id; // of the mount

  /** What a read of a file is to do. */
  int ofFiles() {
    return ofFiles;
  }

  /** What reading a directory is to do. */
  int ofDirectories() {
    return ofDirectories;
  }

  /** Begins to follow the mount on a directory, in this thread's mount namespace. */
  void follow(Path directory) throws IOException {
    MountTable.Entry mount = MountTable.find(directory);
    if (mount == null) {
      return; // ended already
    }
    MountTable mounts = MountTable.open();
    id = mount.id();
    table = mounts;
    look();
    Thread.ofPlatform().daemon().name("coterie-mounts").start(() -> watch(mounts));
  }

  private void watch(MountTable mounts) {
    try {
      while (look()) {
        mounts.awaitChange();
      }
      // Not closed: STATFS may be looking. It goes with the process, as a rule at once.
    } catch (ErrnoException e) {
      LOG.log(System.Logger.Level.WARNING, "a remount will not be seen: {0}", e.getMessage());
    }
  }

  /**
   * Looks what holds now.
   *
   * @return whether the mount is still there
   */
  boolean look() throws ErrnoException {
    MountTable mounts = table;
    MountTable.Entry mount = mounts == null ? null : mounts.find(id);
    if (mount == null) {
      return false;
    }
    int rule = mount.has("relatime") ? 0 : OpenFlags.STRICTATIME;
    // Through a mount that cannot be written nothing is marked (Linux: mnt_want_write).
    ofFiles = mount.has("noatime") || mount.has("ro") ? OpenFlags.O_NOATIME : rule;
    ofDirectories = mount.has("nodiratime") ? OpenFlags.O_NOATIME : ofFiles;
    return true;
  }
}

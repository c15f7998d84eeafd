package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.SetAttr;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.InodeCalls;
import dev.coterie.sys.Statx;

/**
 * A change of several attributes, of which the host takes one at a time. So that all or none is
 * done, what each needs is looked at before the first; then they are made in the order in which
 * none spoils another: a new size and a new owner clear bits of the mode and mark times.
 */
final class AttributeChange {
  private static final int WRITE = 2;

  private AttributeChange() {}

  /**
   * Makes a change, in the caller's name already.
   *
   * @param fd says the inode
   * @param through open for writing, for the size; or -1
   */
  static void apply(Caller caller, int type, int fd, int through, SetAttr change)
      throws ErrnoException {
    if (change.mode() != null && type == Mode.S_IFLNK) {
      throw new ErrnoException(Errno.EOPNOTSUPP); // fchmodat(2); older kernels do it halfway
    }
    if (parts(change) > 1) {
      requireAllowed(caller, fd, through, change);
    }
    if (change.size() != null) {
      resize(fd, through, change.size());
    }
    if (change.uid() != null || change.gid() != null) {
      InodeCalls.chown(fd, orNone(change.uid()), orNone(change.gid()));
    }
    if (change.mode() != null) {
      InodeCalls.chmod(fd, change.mode() & Mode.PERMISSIONS);
    }
    if (change.atime() != null || change.mtime() != null) {
      InodeCalls.utimens(fd, change.atime(), change.mtime());
    }
  }

  private static int orNone(@org.jspecify.annotations.Nullable Integer id) {
    return id == null ? SetAttr.SAME : id;
  }

  private static boolean isOneOf(int id, int one, int other) {
    return id == one || id == other;
  }

  private static void resize(int fd, int through, long size) throws ErrnoException {
    if (through >= 0) {
      DescriptorCalls.ftruncate(through, size);
    } else {
      InodeCalls.truncate(fd, size);
    }
  }

  private static int parts(SetAttr change) {
    return (change.size() != null ? 1 : 0)
        + (change.uid() != null || change.gid() != null ? 1 : 0)
        + (change.mode() != null ? 1 : 0)
        + (change.atime() != null || change.mtime() != null ? 1 : 0);
  }

  /**
   * What the host will ask of each part, asked before. Source: chmod(2), chown(2), utimensat(2).
   */
  private static void requireAllowed(Caller caller, int fd, int through, SetAttr change)
      throws ErrnoException {
    if (caller.isRoot()) {
      return;
    }
    Statx stat = InodeCalls.statx(fd);
    boolean owner = caller.uid() == stat.uid();
    int gid = orNone(change.gid());
    boolean keepsOwner = isOneOf(orNone(change.uid()), SetAttr.SAME, owner ? stat.uid() : -1);
    boolean keepsGroup = isOneOf(gid, SetAttr.SAME, owner ? stat.gid() : -1);
    boolean mayChown = keepsOwner && (keepsGroup || (owner && caller.inGroup(gid)));
    boolean bothNow =
        change.atime() instanceof SetAttr.Time.Now && change.mtime() instanceof SetAttr.Time.Now;
    boolean setsTimes = change.atime() != null || change.mtime() != null;
    if (!mayChown || (!owner && (change.mode() != null || (setsTimes && !bothNow)))) {
      throw new ErrnoException(Errno.EPERM);
    }
    if ((change.size() != null && through < 0) || (setsTimes && !owner)) {
      InodeCalls.access(fd, WRITE);
    }
  }
}

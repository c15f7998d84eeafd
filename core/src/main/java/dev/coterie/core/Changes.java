package dev.coterie.core;

import dev.coterie.api.Change;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import dev.coterie.core.watch.Watch;
import dev.coterie.core.watch.Watches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells watches what was changed on inside mounts, in the order and the words of Linux's fsnotify.
 * Each method is called after the change, under the operation locks that it was made under, and
 * does nothing when nobody watches such things. Outside mounts tell it themselves.
 *
 * <p>What watches a directory is told of the inodes it names, under each name that an inode has
 * there; Linux knows the one name by which a file was opened, and we know no other way to a file
 * than its identity.
 */
final class Changes {
  private static final Name NONE = Name.of("");
  private final Watches watches;

  Changes(Watches watches) {
    this.watches = watches;
  }

  /** Whether anybody watches such changes: all that an operation costs when nobody does. */
  private boolean wanted(int kinds) {
    return (watches.interest() & kinds) != 0;
  }

  // ---- names: the directory is locked, alone ----

  void made(InsideInode dir, Name name, InsideInode inode) {
    if (wanted(Change.CREATE)) {
      named(dir, name, kind(Change.CREATE, inode), 0, false);
    }
  }

  void linked(InsideInode dir, Name name, InsideInode inode) {
    if (wanted(Change.ATTRIB | Change.CREATE)) {
      self(inode, Change.ATTRIB);
      named(dir, name, Change.CREATE, 0, false);
    }
  }

  /** A name is gone, and what it named is locked too. */
  void removed(InsideInode dir, Name name, InsideInode victim) {
    if (wanted(Change.ATTRIB | Change.DELETE | Change.DELETE_SELF)) {
      if (!victim.isDirectory()) {
        self(victim, Change.ATTRIB);
      }
      endIfGone(victim);
      named(dir, name, kind(Change.DELETE, victim), 0, false);
    } else {
      endIfGone(victim);
    }
  }

  /**
   * A name was moved. Directories are moved with the mount's shape locked alone.
   *
   * @param over what the new name named before and nothing does now
   */
  void moved(
      InsideInode dir,
      Name name,
      InsideInode newDir,
      Name newName,
      InsideInode inode,
      @Nullable InsideInode over,
      boolean shapeLocked) {
    if (wanted(Change.MOVED_FROM | Change.MOVED_TO | Change.MOVE_SELF | Change.ATTRIB)) {
      int cookie = watches.nextCookie();
      named(dir, name, kind(Change.MOVED_FROM, inode), cookie, shapeLocked);
      named(newDir, newName, kind(Change.MOVED_TO, inode), cookie, shapeLocked);
      if (over != null) {
        self(over, kind(Change.ATTRIB, over));
      }
      self(inode, Change.MOVE_SELF);
    }
    if (over != null) {
      endIfGone(over);
    }
  }

  // ---- what an inode is and holds: it is locked ----

  /** Attributes, the size among them. */
  void changed(InsideInode inode, int kinds) {
    if (wanted(kinds)) {
      ofInode(inode, kind(kinds, inode), false);
    }
  }

  /** It was opened, closed, or read or written through a handle. */
  void used(InsideInode inode, int kinds) {
    if (wanted(kinds)) {
      ofInode(inode, kind(kinds, inode), inode.node.nlink() == 0);
    }
  }

  /** A handle was given back for good. No lock is held. */
  void closed(Handle handle) {
    int left = handle.inode.opens.decrementAndGet();
    assert left >= 0 : "closed twice: " + handle.inode;
    int access = handle.flags() & OpenFlags.O_ACCMODE; // 3, "for ioctl only", writes nothing
    boolean writes = access == OpenFlags.O_WRONLY || access == OpenFlags.O_RDWR;
    int kind = writes ? Change.CLOSE_WRITE : Change.CLOSE_NOWRITE;
    if (handle instanceof WatchHandle
        || !(handle.inode instanceof InsideInode inode)
        || watches.interest() == 0) {
      return;
    }
    long stamp = inode.opLock.read(LockRank.INODE);
    try {
      used(inode, kind);
      endIfGone(inode);
    } finally {
      inode.opLock.unlock(LockRank.INODE, stamp);
    }
  }

  /** Nobody refers to an inode any more that has no name. */
  void buried(InodeId id) {
    if (watches.interest() != 0) {
      end(id);
    }
  }

  // ---- telling ----

  private static int kind(int kinds, InsideInode inode) {
    return inode.isDirectory() ? kinds | Change.ISDIR : kinds;
  }

  /** Ends what watches an inode, once it has no name and nobody has it open. */
  private void endIfGone(InsideInode inode) {
    if (watches.interest() != 0 && inode.node.nlink() == 0 && inode.opens.get() == 0) {
      end(inode.id());
    }
  }

  private void end(InodeId id) {
    for (Watch watch : watches.of(id)) {
      watch.report(Change.DELETE_SELF, 0, NONE);
      watch.end();
    }
  }

  private void self(InsideInode inode, int kinds) {
    for (Watch watch : watches.of(inode.id())) {
      watch.report(kinds, 0, NONE);
    }
  }

  /** To what watches the directories that name it, then to what watches it. */
  private void ofInode(InsideInode inode, int kinds, boolean nameless) {
    InsideMount mount = inode.mount();
    mount.links(inode.node, (dir, name) -> named(inode.mountPoint, dir, name, kinds, 0, false));
    for (Watch watch : watches.of(inode.id())) {
      if (!nameless || !watch.isOfNamed()) {
        watch.report(kinds, 0, NONE);
      }
    }
  }

  private void named(InsideInode dir, Name name, int kinds, int cookie, boolean shapeLocked) {
    named(dir.mountPoint, dir.node, name, kinds, cookie, shapeLocked);
  }

  private void named(
      MountPoint mountPoint,
      InsideNode dir,
      Name name,
      int kinds,
      int cookie,
      boolean shapeLocked) {
    for (Watch watch : watches.of(dir.id())) {
      watch.report(kinds, cookie, name);
    }
    if (!wanted(Change.RECURSIVE)) {
      return;
    }
    long stamp = shapeLocked ? 0 : mountPoint.shapeLock.read(LockRank.SHAPE);
    try {
      above(mountPoint, dir, name, kinds, cookie);
    } finally {
      if (!shapeLocked) {
        mountPoint.shapeLock.unlock(LockRank.SHAPE, stamp);
      }
    }
  }

  /** A step of the way up: a name, and the directory that holds it. */
  private record Step(InsideNode dir, Name name) {}

  /**
   * To what watches a directory above, and all below it. Whether it does is decided now, by where
   * the directory is: so what came there a moment ago is watched, and nothing has to be marked.
   * With the mount's shape locked, so that the way up is one that there was at one moment.
   */
  private void above(MountPoint mountPoint, InsideNode dir, Name name, int kinds, int cookie) {
    InsideMount mount = (InsideMount) mountPoint.mount();
    List<Step> way = new ArrayList<>();
    way.add(new Step(dir, name));
    for (Step up = stepUp(mount, dir); up != null; up = stepUp(mount, up.dir())) {
      way.add(up);
      for (Watch watch : watches.of(up.dir().id())) {
        if (watch.isRecursive() && mayLook(watch, way)) {
          watch.report(kinds, cookie, path(way));
        }
      }
    }
  }

  private static @Nullable Step stepUp(InsideMount mount, InsideNode dir) {
    Step[] step = new Step[1];
    mount.links(dir, (above, name) -> step[0] = new Step(above, name));
    return step[0];
  }

  /** Whether who watches may read every directory on the way, and so could have watched it. */
  private static boolean mayLook(Watch watch, List<Step> way) {
    for (Step step : way) {
      if (!Access.may(step.dir(), watch.caller(), Access.READ | Access.EXECUTE)) {
        return false;
      }
    }
    return true;
  }

  private static Name path(List<Step> way) {
    int length = way.size() - 1;
    for (Step step : way) {
      length += step.name().length();
    }
    ByteBuffer path = ByteBuffer.allocate(length);
    for (Step step : way.reversed()) {
      step.name().putInto(path);
      if (path.hasRemaining()) {
        path.put((byte) '/');
      }
    }
    return Name.wrap(path.array());
  }
}

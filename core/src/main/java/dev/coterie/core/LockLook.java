package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LockReport;
import dev.coterie.api.RangeLock;
import dev.coterie.api.TreePath;
import dev.coterie.api.lock.LockOwner;
import dev.coterie.api.lock.LockRange;
import dev.coterie.api.lock.LockTable;
import dev.coterie.api.lock.LockTable.Family;
import dev.coterie.core.lease.LeaseConflict;
import dev.coterie.core.lease.LeaseTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at all locks of a tree, for one caller. Each file is seen at one moment, one after the
 * other.
 */
final class LockLook {
  private final Vfs vfs;
  private final Caller caller;
  private final Map<LockOwner, Integer> owners = new HashMap<>();
  private final List<LockReport.File> files = new ArrayList<>();
  private final List<LeaseTable> lent = new ArrayList<>();
  private int hidden;

  private LockLook(Vfs vfs, Caller caller) {
    this.vfs = vfs;
    this.caller = caller;
  }

  /**
   * @throws LeaseConflict some are decided on elsewhere
   */
  static LockReport report(Vfs vfs, Caller caller) throws LeaseConflict {
    LockLook look = new LockLook(vfs, caller);
    Map<InodeId, TreePath> paths = new HashMap<>();
    List<Inode> locked = vfs.inodes().locked();
    try {
      locked.forEach(inode -> paths.put(inode.id(), TreePath.of("")));
      vfs.dentries().addPaths(paths);
      locked.stream()
          .sorted(Comparator.comparing(Inode::id))
          .forEach(inode -> look.add(inode, paths.getOrDefault(inode.id(), TreePath.of(""))));
      if (!look.lent.isEmpty()) {
        throw new LeaseConflict(look.lent);
      }
    } finally {
      locked.forEach(vfs::put);
    }
    return new LockReport(vfs.locks().deadlocks(), look.hidden, 0, look.files);
  }

  private void add(Inode inode, TreePath path) {
    LockTable table = inode.lockTable();
    if (table == null) {
      return;
    }
    LockReport.File file =
        new LockReport.File(inode.id(), path, new ArrayList<>(), new ArrayList<>());
    synchronized (table) { // both at one moment
      if (table.isLent()) {
        lent.addAll(inode.lent().tables().keySet());
        return;
      }
      look(table, file);
    }
    if (file.held().isEmpty() && file.waits().isEmpty()) {
      return; // since it was found
    }
    if (mayKnowOf(inode)) {
      files.add(file);
    } else {
      hidden++;
    }
  }

  private void look(LockTable table, LockReport.File file) {
    table.look(
        (family, held) -> file.held().add(lock(family, held.owner(), held.range())),
        (family, wait) ->
            file.waits()
                .add(
                    new LockReport.Wait(
                        lock(family, wait.owner(), wait.wanted()),
                        wait.blockers().stream().map(this::number).sorted().toList())));
  }

  private boolean mayKnowOf(Inode inode) {
    try {
      new Walk(vfs).requireReachable(caller, inode);
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }

  private LockReport.Lock lock(Family family, LockOwner owner, LockRange range) {
    RangeLock.Kind kind =
        family == Family.FLOCK
            ? RangeLock.Kind.FLOCK
            : owner instanceof LockOwner.OfProcess ? RangeLock.Kind.POSIX : RangeLock.Kind.OFD;
    return new LockReport.Lock(
        kind, range.exclusive(), range.start(), range.end(), number(owner), range.pid());
  }

  private int number(LockOwner owner) {
    return owners.computeIfAbsent(owner, o -> owners.size() + 1);
  }
}

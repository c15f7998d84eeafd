package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.core.OutsideLocks.Wanted;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.core.spi.OutsideFile.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * One answer of readdir on an outside mount. Attributes of a file are those of a moment when no
 * session was changing it: where one is, the page ends before that file; where the page would be
 * empty then, we wait for it first.
 */
final class OutsideListing {
  private final Vfs vfs;
  private final OutsideOps ops;
  private final Caller caller;
  private final OutsideHandle handle;
  private final OutsideInode dir;
  private final Listing page;
  private @Nullable OutsideInode busy; // held; which ended the page

  OutsideListing(Vfs vfs, OutsideOps ops, Caller caller, OutsideHandle handle, Listing page) {
    this.vfs = vfs;
    this.ops = ops;
    this.caller = caller;
    this.handle = handle;
    this.dir = (OutsideInode) handle.inode;
    this.page = page;
  }

  void fill(long cookie) throws ErrnoException {
    // The descriptor behind the handle has one position.
    long stamp = handle.offsetLock.write(LockRank.OFFSET);
    OutsideInode awaited = null;
    try {
      do {
        OutsideInode before = awaited;
        awaited = busy;
        busy = null;
        letGo(before);
        fillUntilBusy(cookie, awaited);
      } while (busy != null && page.isEmpty());
    } finally {
      letGo(awaited);
      letGo(busy);
      handle.offsetLock.unlock(LockRank.OFFSET, stamp);
    }
  }

  private void letGo(@Nullable OutsideInode held) {
    if (held != null) {
      vfs.put(held);
    }
  }

  private void fillUntilBusy(long cookie, @Nullable OutsideInode awaited) throws ErrnoException {
    Inode below = Walk.lowest(dir);
    InodeId above =
        below != dir && cookie < Listing.DOT_DOT_COOKIE
            ? vfs.ops(below).parentId(caller, below)
            : null;
    try (OutsideLocks locks =
        awaited == null
            ? OutsideLocks.waitFor(Wanted.shared(dir))
            : OutsideLocks.waitFor(Wanted.shared(dir), Wanted.shared(awaited))) {
      dir.requireLive();
      if (cookie < Listing.DOT_COOKIE && page.fits(Name.DOT)) {
        Stat stat = page.withStat() ? dir.counted(dir.mount().stat(dir.node)) : null;
        page.add(Name.DOT, dir.id(), Mode.S_IFDIR, Listing.DOT_COOKIE, stat);
      }
      if (cookie < Listing.DOT_DOT_COOKIE && page.fits(Name.DOT_DOT)) {
        InodeId id = above != null ? above : ops.parentId(caller, dir);
        page.add(Name.DOT_DOT, id, Mode.S_IFDIR, Listing.DOT_DOT_COOKIE, null);
      }
      if (!page.isFull()) {
        OutsideFile.Directory listed = (OutsideFile.Directory) handle.file;
        listed.readdir(
            caller,
            Math.max(cookie, Listing.DOT_DOT_COOKIE),
            page.bytes(),
            page.withStat(),
            (name, id, type, next, attributes) -> add(locks, name, id, type, next, attributes));
      }
    }
  }

  private boolean add(
      OutsideLocks locks, Name name, InodeId id, int type, long cookie, Attributes attributes)
      throws ErrnoException {
    if (!page.fits(name)) {
      return false;
    }
    Inode mounted = type == Mode.S_IFDIR ? vfs.mountedOn(id) : null;
    if (mounted != null) {
      page.add(name, mounted.id(), type, cookie, null);
      return true;
    }
    if (!page.withStat()) {
      page.add(name, id, type, cookie, null);
      return true;
    }
    // Who is at work on a file refers to it, so one that is not live is not being changed.
    OutsideInode live = (OutsideInode) vfs.inodes().find(id);
    if (live == null) {
      page.add(name, id, type, cookie, attributes.get());
      return true;
    }
    long stamp = locks.has(Wanted.shared(live)) ? 0 : live.opLock.tryRead(LockRank.INODE);
    if (stamp == 0 && !locks.has(Wanted.shared(live))) {
      busy = live;
      return false;
    }
    try {
      Stat stat = attributes.get();
      page.add(name, id, type, cookie, stat == null ? null : live.counted(stat));
      return true;
    } finally {
      if (stamp != 0) {
        live.opLock.unlock(LockRank.INODE, stamp);
      }
      letGo(live);
    }
  }
}

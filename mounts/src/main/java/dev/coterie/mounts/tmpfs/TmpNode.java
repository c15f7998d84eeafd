package dev.coterie.mounts.tmpfs;

import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.Acl;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * An inode; its kind says what it holds.
 *
 * <p>Fields are plain and guarded by the inode's operation lock in the core. What {@link #stat} and
 * the accessors of {@link InsideNode} read may also be read without it: each value is an old or a
 * new one then, and the core discards what it read.
 */
abstract sealed class TmpNode implements InsideNode {
  private static final int BLOCKS_PER_PAGE = PageStore.PAGE_BYTES / 512;

  /** Immutable. */
  private final InodeId id;

  private int mode;
  private int uid;
  private int gid;
  private @Nullable Acl accessAcl;
  private int nlink;

  /** Whether a nameless inode may still get its first name. */
  private boolean linkable;

  // Records that are shared, not numbers: a new inode has one object for all four.
  private Timestamp atime;
  private Timestamp mtime;
  private Timestamp ctime;

  /** Immutable. */
  private final Timestamp btime;

  private long change;

  /**
   * A directory that names this inode; a removed directory keeps its last one, for "..". Null: none
   * does.
   */
  private @Nullable Dir parent;

  /** Its name in {@link #parent}; null: none, or the root. */
  private @Nullable Name name;

  /** Further names; null with one name, which is the rule. */
  private @Nullable SequencedSet<Link> moreNames;

  /** A name, and the directory it is in. */
  private record Link(Dir dir, Name name) {}

  /** Null without attributes. */
  @Nullable Xattrs xattrs;

  private TmpNode(InodeId id, int mode, int uid, int gid, Timestamp now) {
    this.id = id;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
    this.btime = now;
  }

  // ---- what is read ----

  @Override
  public final InodeId id() {
    return id;
  }

  @Override
  public final int mode() {
    return mode;
  }

  @Override
  public final int uid() {
    return uid;
  }

  @Override
  public final int gid() {
    return gid;
  }

  @Override
  public final @Nullable Acl accessAcl() {
    return accessAcl;
  }

  @Override
  public @Nullable Acl defaultAcl() {
    return null;
  }

  @Override
  public final long nlink() {
    return nlink;
  }

  @Override
  public final Timestamp atime() {
    return atime;
  }

  @Override
  public final Timestamp mtime() {
    return mtime;
  }

  @Override
  public final Timestamp ctime() {
    return ctime;
  }

  /** Pages allocated. */
  int pages() {
    return 0;
  }

  long rdev() {
    return 0;
  }

  final Stat stat() {
    return new Stat(
        id,
        mode,
        nlink,
        uid,
        gid,
        rdev(),
        size(),
        PageStore.PAGE_BYTES,
        (long) pages() * BLOCKS_PER_PAGE,
        atime,
        mtime,
        ctime,
        btime,
        change);
  }

  final boolean isLinkable() {
    return linkable;
  }

  /** A directory that names this inode, or did when it is a removed directory. */
  final @Nullable Dir parent() {
    return parent;
  }

  // ---- what changes ----

  /** Attributes or names of this inode changed. */
  final void changed(Timestamp now) {
    ctime = now;
    change++;
  }

  /** Content, or a directory's entries, changed. */
  final void contentChanged(Timestamp now) {
    mtime = now;
    changed(now);
  }

  final void accessed(Timestamp now) {
    atime = now;
  }

  final void setPermissions(int permissions) {
    mode = (mode & Mode.S_IFMT) | (permissions & Mode.PERMISSIONS);
  }

  final void setAccessAcl(@Nullable Acl acl) {
    accessAcl = acl;
  }

  /** What both lists take of the heap. */
  final long aclBytes() {
    return bytes(accessAcl) + bytes(defaultAcl());
  }

  static long bytes(@Nullable Acl acl) {
    return acl == null ? 0 : acl.bytes();
  }

  final void setOwner(int newUid, int newGid) {
    uid = newUid;
    gid = newGid;
  }

  final void setTimes(Timestamp newAtime, Timestamp newMtime) {
    atime = newAtime;
    mtime = newMtime;
  }

  final void setLinkable(boolean now) {
    linkable = now;
  }

  final void addLinks(int count) {
    nlink += count;
    assert nlink >= 0;
  }

  final void removeLinks() {
    nlink = 0;
  }

  /** The root has no name and is its own "..". */
  final void makeRoot() {
    parent = (Dir) this;
  }

  /** One name more, in this directory. */
  final void named(Dir dir, Name newName) {
    if (parent == null) {
      parent = dir;
      name = newName;
      return;
    }
    if (moreNames == null) {
      moreNames = new LinkedHashSet<>();
    }
    moreNames.add(new Link(dir, newName));
  }

  /**
   * One name less, in this directory. Of a directory: its only one, and the directory stays its
   * "..".
   */
  final void unnamed(Dir dir, Name oldName) {
    if (this instanceof Dir) {
      name = null;
      return;
    }
    SequencedSet<Link> more = moreNames;
    if (more != null && more.remove(new Link(dir, oldName))) {
      moreNames = more.isEmpty() ? null : more;
      return;
    }
    assert parent == dir && oldName.equals(name);
    if (more == null) {
      parent = null;
      name = null;
      return;
    }
    Link first = more.removeFirst();
    parent = first.dir();
    name = first.name();
    moreNames = more.isEmpty() ? null : more;
  }

  /** One name became another, perhaps in another directory: never without one meanwhile. */
  final void renamed(Dir from, Name oldName, Dir to, Name newName) {
    if (moreNames != null && moreNames.remove(new Link(from, oldName))) {
      moreNames.add(new Link(to, newName));
    } else {
      assert parent == from && oldName.equals(name);
      parent = to;
      name = newName;
    }
  }

  /** Gives each name. */
  final void links(InsideMount.LinkSink sink) {
    Dir dir = parent;
    Name in = name;
    if (dir != null && in != null) {
      sink.accept(dir, in);
    }
    if (moreNames != null) {
      moreNames.forEach(link -> sink.accept(link.dir(), link.name()));
    }
  }

  // ---- kinds ----

  /** A regular file. */
  static final class File extends TmpNode {
    final PageTable pages = new PageTable();
    private long size;

    File(InodeId id, int mode, int uid, int gid, Timestamp now) {
      super(id, mode, uid, gid, now);
    }

    @Override
    public long size() {
      return size;
    }

    void setSize(long bytes) {
      size = bytes;
    }

    @Override
    int pages() {
      return pages.count();
    }
  }

  /** A directory. */
  static final class Dir extends TmpNode {
    /** Source: mm/shmem.c, BOGO_DIRENT_SIZE; "." and ".." count too. */
    private static final int ENTRY_BYTES = 20;

    final Directory entries = new Directory();
    private @Nullable Acl defaultAcl;

    Dir(InodeId id, int mode, int uid, int gid, Timestamp now) {
      super(id, mode, uid, gid, now);
    }

    @Override
    public @Nullable Acl defaultAcl() {
      return defaultAcl;
    }

    void setDefaultAcl(@Nullable Acl acl) {
      defaultAcl = acl;
    }

    @Override
    public long size() {
      return (2L + entries.size()) * ENTRY_BYTES;
    }
  }

  /** A symbolic link: a short target lies in the heap, a long one in a page. */
  static final class Symlink extends TmpNode {
    /**
     * Targets shorter than this lie in the heap. Source: mm/shmem.c, SHORT_SYMLINK_LEN, which
     * counts the NUL.
     */
    static final int SHORT_BYTES = 128;

    /** The target, or null when it lies in {@code page}; immutable. */
    final byte @Nullable [] target;

    /** Immutable until the inode is released. */
    final int page;

    /** Of the target, in bytes; immutable. */
    private final int length;

    Symlink(
        InodeId id,
        int mode,
        int uid,
        int gid,
        byte @Nullable [] target,
        int page,
        int length,
        Timestamp now) {
      super(id, mode, uid, gid, now);
      this.target = target;
      this.page = page;
      this.length = length;
    }

    @Override
    public long size() {
      return length;
    }

    @Override
    int pages() {
      return target == null ? 1 : 0;
    }
  }

  /** A FIFO, socket or device node. */
  static final class Special extends TmpNode {
    /** Immutable. */
    private final long rdev;

    Special(InodeId id, int mode, int uid, int gid, long rdev, Timestamp now) {
      super(id, mode, uid, gid, now);
      this.rdev = rdev;
    }

    @Override
    public long size() {
      return 0;
    }

    @Override
    long rdev() {
      return rdev;
    }
  }
}

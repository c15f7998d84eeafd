package dev.coterie.mounts.tmpfs;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Pieces;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import dev.coterie.core.spi.MountContext;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.tmpfs.TmpNode.Dir;
import dev.coterie.mounts.tmpfs.TmpNode.File;
import dev.coterie.mounts.tmpfs.TmpNode.Symlink;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory, like the kernel's tmpfs: the same sizes, times, limits and errors where
 * a program can see them.
 *
 * <p>Here stands what each command does to inodes and their directories; what files hold is {@link
 * Contents}, what directories hold {@link Directory}. A command that throws has changed nothing.
 *
 * <p>Concurrency: {@link dev.coterie.core.spi}. Several inodes share only {@code nodes}, {@code
 * space} and {@code store}.
 */
public final class TmpFs implements InsideMount {
  /** Source: linux/magic.h, TMPFS_MAGIC. */
  private static final int TMPFS_MAGIC = 0x01021994;

  /**
   * Options of a mount, as tmpfs(5) has them.
   *
   * @param sizeBytes most bytes of content, rounded up to pages ({@code size})
   * @param inodes most inodes, further hard links and KiB of extended attributes together ({@code
   *     nr_inodes})
   * @param mode permissions of the root ({@code mode})
   * @param uid owner of the root
   * @param gid group of the root
   * @param readOnly whether every change is refused ({@code ro})
   * @param atime when a read marks the access time ({@code noatime, relatime, strictatime})
   */
  public record Options(
      long sizeBytes,
      long inodes,
      int mode,
      int uid,
      int gid,
      boolean readOnly,
      AtimePolicy atime,
      boolean copies) {

    /** One of which clients may keep copies. */
    public Options(
        long sizeBytes,
        long inodes,
        int mode,
        int uid,
        int gid,
        boolean readOnly,
        AtimePolicy atime) {
      this(sizeBytes, inodes, mode, uid, gid, readOnly, atime, true);
    }

    /** Largest {@code sizeBytes}: page numbers are ints. */
    public static final long SIZE_MAX_BYTES = (long) PageStore.PAGES_MAX * PageStore.PAGE_BYTES;

    /** Largest {@code inodes}: link counts are ints. */
    public static final long INODES_MAX = Integer.MAX_VALUE;

    public Options {
      if (sizeBytes < 1 || sizeBytes > SIZE_MAX_BYTES) {
        throw new IllegalArgumentException("size: not in 1.." + SIZE_MAX_BYTES + ": " + sizeBytes);
      }
      if (inodes < 1 || inodes > INODES_MAX) {
        throw new IllegalArgumentException("nr_inodes: not in 1.." + INODES_MAX + ": " + inodes);
      }
      if ((mode & ~Mode.PERMISSIONS) != 0) {
        throw new IllegalArgumentException(
            "mode: more than permissions: 0" + Integer.toOctalString(mode));
      }
    }

    /** What holds without options: {@link OptionParser}. */
    public static Options defaults() {
      return parse(Map.of());
    }

    /**
     * Reads options: {@code size}, {@code nr_blocks}, {@code nr_inodes}, {@code mode}, {@code uid},
     * {@code gid}, {@code copies=no}; without a value {@code ro}, {@code rw}, {@code noatime}, {@code relatime},
     * {@code strictatime}.
     *
     * @throws IllegalArgumentException with one sentence for each bad option or value
     */
    public static Options parse(Map<String, String> options) {
      return new OptionParser(options).parse();
    }

    /** Opens a new, empty file system for each tree. */
    public MountFactory factory() {
      return context -> new TmpFs(this, context);
    }
  }

  /** Immutable. */
  private final Options options;

  /** Any thread. */
  private final PageStore store;

  /** Immutable. */
  private final Contents contents;

  /** Any thread. */
  private final InodeSpace space;

  /** For access control lists, which the kernel does not count; any thread. */
  private final InodeSpace aclSpace;

  /** Immutable. */
  private final Births births;

  /** All inodes, those without a name until they are released; concurrent. */
  private final Map<InodeId, TmpNode> nodes = new ConcurrentHashMap<>();

  /** Immutable as a field; guarded as any inode. */
  private final Dir root;

  public TmpFs(Options options, MountContext context) {
    this.options = options;
    this.store = new PageStore((int) ((options.sizeBytes() - 1 >> PageStore.PAGE_SHIFT) + 1));
    this.contents = new Contents(store);
    this.space = new InodeSpace(options.inodes());
    this.aclSpace = new InodeSpace(options.inodes());
    this.births = new Births(space, aclSpace, store);
    boolean taken = space.take(InodeSpace.INODE_BYTES);
    assert taken;
    Timestamp now = Timestamp.of(context.clock().instant());
    InodeId id = context.ids().get();
    root = new Dir(id, Mode.S_IFDIR | options.mode(), options.uid(), options.gid(), now);
    root.addLinks(2);
    root.makeRoot();
    nodes.put(id, root);
  }

  @Override
  public InsideNode root() {
    return root;
  }

  @Override
  public boolean readOnly() {
    return options.readOnly();
  }

  @Override
  public boolean copies() {
    return options.copies();
  }

  @Override
  public AtimePolicy atimePolicy() {
    return options.atime();
  }

  // ---- queries ----

  @Override
  public @Nullable InsideNode lookup(InsideNode dir, Name name) {
    return ((Dir) dir).entries.get(name);
  }

  @Override
  public InsideNode parent(InsideNode dir) {
    return Objects.requireNonNull(((Dir) dir).parent());
  }

  @Override
  public @Nullable InsideNode anyParent(InsideNode node) {
    return node == root || node.nlink() == 0 ? null : ((TmpNode) node).parent();
  }

  @Override
  public void links(InsideNode node, LinkSink sink) {
    if (node.nlink() > 0) {
      ((TmpNode) node).links(sink);
    }
  }

  @Override
  public @Nullable InsideNode find(InodeId id) {
    return nodes.get(id);
  }

  @Override
  public Stat stat(InsideNode node) {
    return ((TmpNode) node).stat();
  }

  @Override
  public void readdir(InsideNode dir, long cookie, EntrySink sink) throws ErrnoException {
    ((Dir) dir).entries.after(cookie, sink);
  }

  @Override
  public boolean isEmpty(InsideNode dir) {
    return ((Dir) dir).entries.size() == 0;
  }

  @Override
  public int read(InsideNode file, long offset, ByteBuffer destination) {
    assert offset >= 0;
    File from = (File) file;
    if (offset >= from.size()) {
      return 0;
    }
    int count = (int) Math.min(destination.remaining(), from.size() - offset);
    contents.read(from.pages, offset, destination, count);
    return count;
  }

  @Override
  public int show(InsideNode file, long offset, int count, Pieces pieces) {
    assert offset >= 0;
    File from = (File) file;
    if (offset >= from.size()) {
      return 0;
    }
    int shown = (int) Math.min(count, from.size() - offset);
    contents.show(from.pages, offset, shown, pieces);
    return shown;
  }

  @Override
  public long seekData(InsideNode file, long offset) {
    assert offset >= 0 && offset < file.size();
    return contents.seekData(((File) file).pages, offset);
  }

  @Override
  public long seekHole(InsideNode file, long offset) {
    assert offset >= 0 && offset < file.size();
    return contents.seekHole(((File) file).pages, offset, file.size());
  }

  @Override
  public byte[] readlink(InsideNode link) {
    Symlink symlink = (Symlink) link;
    if (symlink.target != null) {
      return symlink.target.clone();
    }
    byte[] target = new byte[(int) symlink.size()];
    store.read(symlink.page, 0, ByteBuffer.wrap(target), 0, target.length);
    return target;
  }

  @Override
  public byte @Nullable [] getxattr(InsideNode node, Name name) {
    Xattrs xattrs = ((TmpNode) node).xattrs;
    return xattrs == null ? null : xattrs.get(name);
  }

  @Override
  public List<Name> listxattr(InsideNode node) {
    Xattrs xattrs = ((TmpNode) node).xattrs;
    return xattrs == null ? List.of() : xattrs.list();
  }

  @Override
  public StatFs statfs() {
    long free = store.free();
    return new StatFs(
        TMPFS_MAGIC,
        PageStore.PAGE_BYTES,
        store.limit(),
        free,
        free,
        space.limit(),
        space.freeInodes(),
        root.id().number() * 31 + root.id().generation(),
        Limits.NAME_BYTES);
  }

  // ---- names ----

  @Override
  public InsideNode apply(Command.Create command) throws ErrnoException {
    Dir dir = (Dir) command.dir();
    Name name = command.name();
    assert name == null || dir.entries.get(name) == null : "EEXIST is the core's";
    assert name == null || dir.nlink() > 0 : "a removed directory takes no entries";
    TmpNode node = births.make(command);
    if (name == null) {
      node.setLinkable(command.linkable());
    } else {
      node.addLinks(1);
      if (node instanceof Dir) {
        node.addLinks(1);
        dir.addLinks(1);
      }
      put(dir, name, node);
      dir.contentChanged(command.now());
    }
    // Last: whoever finds it by its identity finds it with its name.
    TmpNode before = nodes.put(node.id(), node);
    assert before == null : "identity " + node.id() + " is used twice";
    return node;
  }

  @Override
  public void apply(Command.Link command) throws ErrnoException {
    Dir dir = (Dir) command.dir();
    TmpNode node = (TmpNode) command.node();
    assert !(node instanceof Dir);
    assert dir.nlink() > 0 && dir.entries.get(command.name()) == null;
    if (node.nlink() == 0 && !node.isLinkable()) {
      // Of a nameless file that was opened with O_EXCL too: fs/namei.c, vfs_link.
      throw new ErrnoException(Errno.ENOENT);
    }
    // Each name needs memory, so each counts as an inode; the first did when the inode was made.
    if (node.nlink() > 0 && !space.take(InodeSpace.INODE_BYTES)) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    node.setLinkable(false);
    node.addLinks(1);
    node.changed(command.now());
    put(dir, command.name(), node);
    dir.contentChanged(command.now());
  }

  @Override
  public void apply(Command.Unlink command) {
    Dir dir = (Dir) command.dir();
    TmpNode node = (TmpNode) command.node();
    assert dir.entries.get(command.name()) == node;
    dir.entries.remove(command.name());
    unlinked(dir, command.name(), node, command.now());
    dir.contentChanged(command.now());
  }

  /** After a name of {@code node} in {@code dir} is gone for good. */
  private void unlinked(Dir dir, Name name, TmpNode node, Timestamp now) {
    node.unnamed(dir, name);
    if (node instanceof Dir gone) {
      assert gone.entries.size() == 0 : "ENOTEMPTY is the core's";
      gone.removeLinks();
      dir.addLinks(-1);
    } else {
      if (node.nlink() > 1) {
        space.give(InodeSpace.INODE_BYTES);
      }
      node.addLinks(-1);
    }
    node.changed(now);
  }

  @Override
  public void apply(Command.Rename command) {
    Dir dir = (Dir) command.dir();
    Dir newDir = (Dir) command.newDir();
    TmpNode node = (TmpNode) command.node();
    TmpNode replaced = (TmpNode) command.replaced();
    Timestamp now = command.now();
    assert dir.entries.get(command.name()) == node && node != replaced;
    assert newDir.entries.get(command.newName()) == replaced;
    if (command.exchange()) {
      TmpNode other = Objects.requireNonNull(replaced, "ENOENT is the core's");
      dir.entries.replace(command.name(), other);
      newDir.entries.replace(command.newName(), node);
      moved(other, newDir, command.newName(), dir, command.name());
      other.changed(now);
    } else {
      dir.entries.remove(command.name());
      if (replaced == null) {
        newDir.entries.add(command.newName(), node);
      } else {
        newDir.entries.replace(command.newName(), node);
        unlinked(newDir, command.newName(), replaced, now);
      }
    }
    moved(node, dir, command.name(), newDir, command.newName());
    node.changed(now);
    dir.contentChanged(now);
    if (newDir != dir) {
      newDir.contentChanged(now);
    }
  }

  /** After a name of {@code node} became another, perhaps in another directory. */
  private static void moved(TmpNode node, Dir from, Name name, Dir to, Name newName) {
    node.renamed(from, name, to, newName);
    if (node instanceof Dir && from != to) {
      from.addLinks(-1);
      to.addLinks(1);
    }
  }

  private static void put(Dir dir, Name name, TmpNode node) {
    dir.entries.add(name, node);
    node.named(dir, name);
  }

  // ---- attributes ----

  @Override
  public void apply(Command.SetAttr command) {
    TmpNode node = (TmpNode) command.node();
    if (command.size() >= 0) {
      File file = (File) node;
      // To the same size too: that frees pages allocated behind the end, as mm/shmem.c does.
      if (command.size() <= file.size()) {
        contents.truncate(file.pages, command.size());
      }
      file.setSize(command.size());
    }
    node.setPermissions(command.mode());
    node.setAccessAcl(command.accessAcl());
    node.setOwner(command.uid(), command.gid());
    node.setTimes(command.atime(), command.mtime());
    node.changed(command.now());
  }

  /** Counts as no change: a reader who marks the time has not made anyone's copy stale. */
  @Override
  public void apply(Command.Touch command) {
    ((TmpNode) command.node()).accessed(command.now());
  }

  @Override
  public void apply(Command.SetXattr command) throws ErrnoException {
    TmpNode node = (TmpNode) command.node();
    Name name = command.name();
    byte[] value = command.value();
    assert name.length() <= Limits.XATTR_NAME_BYTES && value.length <= Limits.XATTR_VALUE_BYTES;
    Xattrs xattrs = node.xattrs == null ? new Xattrs() : node.xattrs;
    long before = xattrs.spaceOf(name);
    boolean tooManyNames =
        before == 0 && xattrs.nameBytes() + name.length() + 1 > Limits.XATTR_LIST_BYTES;
    // The old value is given back only afterwards, as the kernel does.
    if (tooManyNames || !space.take(Xattrs.space(name, value))) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    xattrs.put(name, value);
    space.give(before);
    node.xattrs = xattrs;
    node.changed(command.now());
  }

  @Override
  public void apply(Command.RemoveXattr command) {
    TmpNode node = (TmpNode) command.node();
    Xattrs xattrs = Objects.requireNonNull(node.xattrs, "ENODATA is the core's");
    long before = xattrs.spaceOf(command.name());
    boolean removed = xattrs.remove(command.name());
    assert removed : "ENODATA is the core's";
    space.give(before);
    if (xattrs.isEmpty()) {
      node.xattrs = null;
    }
    node.changed(command.now());
  }

  @Override
  public void apply(Command.SetAcl command) throws ErrnoException {
    TmpNode node = (TmpNode) command.node();
    births.takeAclSpace(TmpNode.bytes(command.accessAcl()));
    aclSpace.give(TmpNode.bytes(node.accessAcl()));
    node.setAccessAcl(command.accessAcl());
    node.setPermissions(command.mode());
    node.changed(command.now());
  }

  @Override
  public void apply(Command.SetDefaultAcl command) throws ErrnoException {
    Dir dir = (Dir) command.dir();
    births.takeAclSpace(TmpNode.bytes(command.defaultAcl()));
    aclSpace.give(TmpNode.bytes(dir.defaultAcl()));
    dir.setDefaultAcl(command.defaultAcl());
    dir.changed(command.now());
  }

  // ---- content ----

  @Override
  public int apply(Command.Write command) throws ErrnoException {
    File file = (File) command.node();
    ByteBuffer source = command.source();
    int count = source.remaining();
    long offset = command.offset();
    assert offset >= 0 && offset <= Limits.FILE_BYTES - count;
    if (count == 0) {
      return 0;
    }
    int written = contents.write(file.pages, offset, source, count);
    if (written == 0) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    written(file, offset + written, command.mode(), command.now());
    return written;
  }

  /** After content up to {@code end} changed. */
  private static void written(File file, long end, int mode, Timestamp now) {
    if (end > file.size()) {
      file.setSize(end);
    }
    file.setPermissions(mode);
    file.contentChanged(now);
  }

  @Override
  public void apply(Command.Allocate command) throws ErrnoException {
    File file = (File) command.node();
    long offset = command.offset();
    assert offset >= 0 && command.length() > 0 && offset <= Limits.FILE_BYTES - command.length();
    long end = offset + command.length();
    boolean done =
        switch (command.kind()) {
          case ALLOCATE -> contents.allocate(file.pages, offset, end);
          case ZERO_RANGE -> contents.zero(file.pages, offset, end);
          case PUNCH_HOLE -> {
            contents.punch(file.pages, offset, end);
            yield true;
          }
        };
    if (!done) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    boolean grows = !command.keepSize() && command.kind() != Command.Allocate.Kind.PUNCH_HOLE;
    written(file, grows ? end : file.size(), command.mode(), command.now());
  }

  @Override
  public long apply(Command.CopyRange command) throws ErrnoException {
    File from = (File) command.from();
    File file = (File) command.node();
    long count = Math.min(command.length(), from.size() - command.fromOffset());
    if (count <= 0) {
      return 0;
    }
    long offset = command.offset();
    assert offset >= 0 && offset <= Limits.FILE_BYTES - count;
    assert from != file || Math.abs(offset - command.fromOffset()) >= count
        : "EINVAL is the core's";
    long copied = contents.copy(from.pages, command.fromOffset(), file.pages, offset, count);
    if (copied == 0) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    written(file, offset + copied, command.mode(), command.now());
    return copied;
  }

  // ---- the end ----

  /** Memory is as durable as it gets. */
  @Override
  public void fsync(InsideNode node, boolean dataOnly) {}

  @Override
  public void release(InsideNode node) {
    TmpNode gone = (TmpNode) node;
    if (gone.nlink() > 0 || !nodes.remove(gone.id(), gone)) {
      return;
    }
    if (gone instanceof File file) {
      contents.truncate(file.pages, 0);
    } else if (gone instanceof Symlink link && link.target == null) {
      store.free(new int[] {link.page}, 0, 1);
    }
    long xattrBytes = gone.xattrs == null ? 0 : gone.xattrs.space();
    gone.xattrs = null;
    aclSpace.give(gone.aclBytes());
    space.give(InodeSpace.INODE_BYTES + xattrBytes);
  }

  @Override
  public void close() {
    nodes.clear();
    store.close();
  }
}

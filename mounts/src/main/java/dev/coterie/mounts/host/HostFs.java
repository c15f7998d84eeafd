package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.MountContext;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.core.spi.OutsideEntry;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.spi.OutsideNode;
import dev.coterie.core.spi.OutsideWatch;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.DirectoryCalls;
import dev.coterie.sys.HostFlags;
import dev.coterie.sys.InodeCalls;
import dev.coterie.sys.Statx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the host as a mount. What is where, and what it costs, stands on the package's
 * front page.
 *
 * <p>Each call finds its inodes first, as the process, and then does one thing in the caller's
 * name. Nothing is kept of what the host said but how to find an inode again.
 */
public final class HostFs implements OutsideMount {
  /** Flags of open(2) that the host is told; O_DIRECT is not, as our buffers are not aligned. */
  private static final int PASSED_ON =
      OpenFlags.O_ACCMODE
          | OpenFlags.O_APPEND
          | OpenFlags.O_TRUNC
          | OpenFlags.O_NOATIME
          | OpenFlags.O_SYNC;

  /**
   * Which directory, and how.
   *
   * @param directory of the host; followed once if it is a link
   * @param readOnly whether every change is refused ({@code ro})
   * @param slow whether all calls are made by the leader's pool, as for a directory on a network
   *     ({@code slow})
   * @param copies whether clients may keep copies, which is the owner's word that nothing but the
   *     tree changes what is here: not another process, nor another way to the same files ({@code
   *     outside=no}, if it is not taken back with {@code copies=no})
   */
  public record Options(Path directory, boolean readOnly, boolean slow, boolean copies) {
    /** One that others may change at any moment. */
    public Options(Path directory, boolean readOnly, boolean slow) {
      this(directory, readOnly, slow, false);
    }

    /**
     * Reads options: {@code outside} and {@code copies}, each {@code yes} or {@code no}; without a
     * value {@code ro}, {@code rw}, {@code slow}.
     *
     * @throws IllegalArgumentException with one sentence for what is wrong
     */
    public static Options parse(String directory, Map<String, String> options) {
      if (directory.isEmpty() || directory.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("host: which directory? host:DIR");
      }
      for (Map.Entry<String, String> option : options.entrySet()) {
        switch (option.getKey()) {
          case "ro", "rw", "slow" -> {
            if (!option.getValue().isEmpty()) {
              throw new IllegalArgumentException(
                  "host: " + option.getKey() + " takes no value: " + option.getValue());
            }
          }
          case "outside", "copies" -> {
            if (!List.of("yes", "no").contains(option.getValue())) {
              throw new IllegalArgumentException(
                  "host: " + option.getKey() + ": neither yes nor no: " + option.getValue());
            }
          }
          default -> throw new IllegalArgumentException("host: unknown option " + option.getKey());
        }
      }
      if (options.containsKey("ro") && options.containsKey("rw")) {
        throw new IllegalArgumentException("host: ro and rw exclude each other");
      }
      boolean alone = "no".equals(options.get("outside"));
      boolean refused = "no".equals(options.get("copies"));
      if (!alone && "yes".equals(options.get("copies"))) {
        throw new IllegalArgumentException("host: copies=yes is only right with outside=no");
      }
      return new Options(
          Path.of(directory).toAbsolutePath(),
          options.containsKey("ro"),
          options.containsKey("slow"),
          alone && !refused);
    }

    /** Opens the directory for each tree. */
    public MountFactory factory() {
      return context -> HostFs.open(this, context);
    }
  }

  private final Options options;
  private final Finder finder;
  private final HostWatches watches;
  private final DescriptorBudget budget = DescriptorBudget.ofProcess();
  private final Path real; // immutable: the directory, by no link

  /**
   * Opens a mount.
   *
   * @throws IOException the directory cannot be opened, or the kernel is older than Linux 5.8
   */
  static HostFs open(Options options, MountContext context) throws IOException {
    String path = options.directory().toString();
    int fd = -1;
    try {
      fd =
          DirectoryCalls.openPath(
              path.getBytes(StandardCharsets.UTF_8), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
      Path real = options.directory().toRealPath();
      return new HostFs(options, real, new Finder(new Descriptor(fd), context.tag()));
    } catch (ErrnoException e) {
      if (fd >= 0) {
        DescriptorCalls.close(fd);
      }
      String reason = e.errno() == Errno.ENOSYS ? "needs Linux 5.8 or newer" : e.errno().text();
      throw new IOException("host directory " + path + ": " + reason, e);
    }
  }

  private HostFs(Options options, Path real, Finder finder) {
    this.options = options;
    this.real = real;
    this.finder = finder;
    this.watches = new HostWatches(finder);
    loadForActing();
  }

  /**
   * Acts once as nobody, with success and without, so that classes that have to be loaded for it
   * are loaded: as nobody that might not be allowed.
   */
  private void loadForActing() {
    try {
      access(Caller.NOBODY, finder.root(), 0);
      lookup(Caller.NOBODY, finder.root(), Name.of("\1")).close();
    } catch (ErrnoException e) {
      // As expected, one way or the other.
    }
  }

  static Stat stat(HostNode node, int fd) throws ErrnoException {
    Statx s = InodeCalls.statx(fd);
    // The kernel's own change counter is not shown to programs. Since Linux 6.13 a ctime that was
    // looked at is followed by a later one; before, by one that is later by a clock tick.
    long change = s.ctime().seconds() * 1_000_000_000L + s.ctime().nanos();
    return new Stat(
        node.id(),
        s.mode(),
        s.nlink(),
        s.uid(),
        s.gid(),
        s.rdev(),
        s.size(),
        s.blksize(),
        s.blocks(),
        s.atime(),
        s.mtime(),
        s.ctime(),
        s.btime() == null ? Timestamp.EPOCH : s.btime(),
        change);
  }

  @Override
  public OutsideNode root() {
    return finder.root();
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
  public boolean overlaps(OutsideMount other) {
    return other instanceof HostFs host
        && (real.startsWith(host.real) || host.real.startsWith(real));
  }

  @Override
  public boolean isSlow() {
    return options.slow();
  }

  // ---- finding ----

  private Descriptor open(OutsideNode node) throws ErrnoException {
    return finder.open(node);
  }

  @Override
  public OutsideEntry lookup(Caller caller, OutsideNode dir, Name name) throws ErrnoException {
    return finder.lookup(caller, (HostNode) dir, name);
  }

  @Override
  public OutsideEntry parent(Caller caller, OutsideNode dir) throws ErrnoException {
    return finder.parent(caller, dir);
  }

  @Override
  public @Nullable OutsideNode find(InodeId id) throws ErrnoException {
    return finder.find(id);
  }

  @Override
  public void requireReachable(Caller caller, OutsideNode node) throws ErrnoException {
    finder.requireReachable(caller, node);
  }

  // ---- changing names ----

  @Override
  public Made make(Caller caller, OutsideNode dir, Name name, int mode, long rdev, byte[] target)
      throws ErrnoException {
    try (Descriptor d = open(dir)) {
      Acting.making(
          caller,
          () -> {
            switch (mode & Mode.S_IFMT) {
              case Mode.S_IFDIR -> DirectoryCalls.mkdirat(d.fd, name, mode & Mode.PERMISSIONS);
              case Mode.S_IFLNK -> DirectoryCalls.symlinkat(target, d.fd, name);
              default -> DirectoryCalls.mknodat(d.fd, name, mode, rdev);
            }
            return name;
          });
      // These calls say nothing of what they made, so it is looked up: others may have moved it.
      try (HostEntry made = finder.look((HostNode) dir, d.fd, name)) {
        if (made.node().type() != (mode & Mode.S_IFMT)) {
          throw new ErrnoException(Errno.ENOENT);
        }
        return new Made(made.node(), made.stat());
      }
    }
  }

  @Override
  public void link(Caller caller, OutsideNode node, OutsideNode dir, Name name)
      throws ErrnoException {
    try (Descriptor n = open(node);
        Descriptor d = open(dir)) {
      Acting.as(
          caller,
          () -> {
            DirectoryCalls.linkat(n.fd, d.fd, name);
            return name;
          });
      ((HostNode) node).seenAt((HostNode) dir, name);
    }
  }

  @Override
  public void remove(
      Caller caller, OutsideNode dir, Name name, OutsideNode victim, boolean directory)
      throws ErrnoException {
    try (Descriptor d = open(dir);
        Descriptor v = openIfThere(victim)) {
      Acting.as(
          caller,
          () -> {
            DirectoryCalls.unlinkat(d.fd, name, directory);
            return name;
          });
      pinIfNameless((HostNode) victim, v);
    }
    finder.removed(victim);
  }

  @Override
  public void rename(
      Caller caller,
      OutsideNode dir,
      Name name,
      OutsideNode node,
      OutsideNode newDir,
      Name newName,
      @Nullable OutsideNode replaced,
      int flags)
      throws ErrnoException {
    try (Descriptor d = open(dir);
        Descriptor n = open(newDir);
        Descriptor r = replaced == null ? null : openIfThere(replaced)) {
      Acting.as(
          caller,
          () -> {
            DirectoryCalls.renameat2(d.fd, name, n.fd, newName, flags);
            return name;
          });
      ((HostNode) node).seenAt((HostNode) newDir, newName);
      if (replaced != null) {
        ((HostNode) replaced).seenAt((HostNode) dir, name);
        pinIfNameless((HostNode) replaced, r);
      }
    }
    if (replaced != null) {
      finder.removed(replaced);
    }
  }

  private @Nullable Descriptor openIfThere(OutsideNode node) throws ErrnoException {
    try {
      return open(node);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
  }

  /**
   * An inode that has lost its last name lives as long as someone has it open, so we do until
   * nobody refers to it. Where there is no descriptor left for that, it is ESTALE from now on.
   */
  private void pinIfNameless(HostNode node, @Nullable Descriptor descriptor) throws ErrnoException {
    if (descriptor == null
        || InodeCalls.statx(descriptor.fd).nlink() != 0
        || !descriptor.countIn(budget)) {
      return;
    }
    boolean used = descriptor.tryUse();
    assert used : "pinning what is closed";
    node.pin(descriptor);
  }

  // ---- attributes ----

  @Override
  public Stat stat(OutsideNode node) throws ErrnoException {
    try (Descriptor d = open(node)) {
      return stat((HostNode) node, d.fd);
    }
  }

  @Override
  public Stat setattr(
      Caller caller, OutsideNode node, OutsideFile.@Nullable Content opened, SetAttr change)
      throws ErrnoException {
    int through = opened == null ? -1 : ((HostContent) opened).fd();
    try (Descriptor d = open(node)) {
      Acting.as(
          caller,
          () -> {
            AttributeChange.apply(caller, node.type(), d.fd, through, change);
            return change;
          });
      return stat((HostNode) node, d.fd);
    }
  }

  @Override
  public void access(Caller caller, OutsideNode node, int mask) throws ErrnoException {
    try (Descriptor d = open(node)) {
      Acting.as(
          caller,
          () -> {
            InodeCalls.access(d.fd, mask);
            return mask;
          });
    }
  }

  @Override
  public byte[] readlink(Caller caller, OutsideNode link) throws ErrnoException {
    try (Descriptor d = open(link)) {
      return InodeCalls.readlink(d.fd);
    }
  }

  @Override
  public byte[] getxattr(Caller caller, OutsideNode node, Name name) throws ErrnoException {
    try (Descriptor d = open(node)) {
      return Acting.as(caller, () -> InodeCalls.getxattr(d.fd, name));
    }
  }

  @Override
  public void setxattr(Caller caller, OutsideNode node, Name name, byte[] value, int flags)
      throws ErrnoException {
    try (Descriptor d = open(node)) {
      Acting.as(
          caller,
          () -> {
            InodeCalls.setxattr(d.fd, name, value, flags);
            return name;
          });
    }
  }

  @Override
  public List<Name> listxattr(Caller caller, OutsideNode node) throws ErrnoException {
    try (Descriptor d = open(node)) {
      return Acting.as(caller, () -> InodeCalls.listxattr(d.fd));
    }
  }

  @Override
  public void removexattr(Caller caller, OutsideNode node, Name name) throws ErrnoException {
    try (Descriptor d = open(node)) {
      Acting.as(
          caller,
          () -> {
            InodeCalls.removexattr(d.fd, name);
            return name;
          });
    }
  }

  /** The host's, but that two mounts are told apart. */
  @Override
  public StatFs statfs(OutsideNode node) throws ErrnoException {
    StatFs s;
    try (Descriptor d = open(node)) {
      s = DescriptorCalls.fstatfs(d.fd);
    }
    long fsid = s.fsid() ^ finder.root().id().number() >>> MountContext.TAG_SHIFT;
    return new StatFs(
        s.type(),
        s.bsize(),
        s.blocks(),
        s.bfree(),
        s.bavail(),
        s.files(),
        s.ffree(),
        fsid,
        s.namelen());
  }

  @Override
  public OutsideWatch watch(OutsideNode node, int mask, OutsideWatch.Sink sink)
      throws ErrnoException {
    return watches.add((HostNode) node, mask, sink);
  }

  // ---- opening ----

  @Override
  public OutsideFile open(Caller caller, OutsideNode node, int flags) throws ErrnoException {
    boolean directory = node.type() == Mode.S_IFDIR;
    assert directory || node.type() == Mode.S_IFREG : "opening a " + node.type();
    int passed = flags & PASSED_ON | (directory ? OpenFlags.O_DIRECTORY : 0);
    Descriptor opened;
    try (Descriptor d = open(node)) {
      opened = opened(Acting.as(caller, () -> InodeCalls.reopen(d.fd, passed)), passed);
    }
    return directory
        ? new HostDirectory(finder, (HostNode) node, opened, options.readOnly())
        : new HostContent(opened, options.readOnly());
  }

  /** EMFILE, and then it is closed again. */
  private Descriptor opened(int fd, int flags) throws ErrnoException {
    Descriptor opened = new Descriptor(fd);
    if (!opened.countIn(budget)) {
      opened.close();
      throw new ErrnoException(Errno.EMFILE);
    }
    if (options.readOnly()) {
      leaveAtime(fd, flags);
    }
    return opened;
  }

  /** Reading does not change anything either, where the host lets us say so. */
  private static void leaveAtime(int fd, int flags) {
    try {
      DescriptorCalls.setFlags(fd, flags & OpenFlags.O_APPEND | OpenFlags.O_NOATIME);
    } catch (ErrnoException e) {
      // EPERM: not as root, and not our file.
    }
  }

  @Override
  public Opened create(Caller caller, OutsideNode dir, Name name, int flags, int mode)
      throws ErrnoException {
    int all = flags & PASSED_ON & ~OpenFlags.O_TRUNC | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    try (Descriptor d = open(dir)) {
      int fd =
          Acting.making(
              caller,
              () ->
                  DirectoryCalls.openat2(
                      d.fd, name, all, mode & Mode.PERMISSIONS, Finder.ONE_STEP));
      Descriptor opened = opened(fd, all);
      try {
        HostNode node = finder.nodeOf(fd);
        node.seenAt((HostNode) dir, name);
        return new Opened(node, new HostContent(opened, false), stat(node, fd));
      } catch (ErrnoException e) {
        opened.close();
        throw e;
      }
    }
  }

  @Override
  public Opened tmpfile(Caller caller, OutsideNode dir, int flags, int mode) throws ErrnoException {
    int all = flags & (PASSED_ON | OpenFlags.O_EXCL) & ~OpenFlags.O_TRUNC | OpenFlags.O_TMPFILE;
    try (Descriptor d = open(dir)) {
      int fd =
          Acting.making(caller, () -> DirectoryCalls.openSelf(d.fd, all, mode & Mode.PERMISSIONS));
      Descriptor opened = opened(fd, all);
      try (Descriptor where = new Descriptor(InodeCalls.reopen(fd, HostFlags.O_PATH))) {
        HostNode node = finder.nodeOf(fd);
        pinIfNameless(node, where);
        return new Opened(node, new HostContent(opened, false), stat(node, fd));
      } catch (ErrnoException e) {
        opened.close();
        throw e;
      }
    }
  }

  @Override
  public void release(OutsideNode node) {
    finder.release((HostNode) node);
  }

  @Override
  public void close() {
    watches.close();
    finder.close();
  }
}

package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.core.spi.OutsideNode;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.DirectoryCalls;
import dev.coterie.sys.FileHandle;
import dev.coterie.sys.HostFlags;
import dev.coterie.sys.InodeCalls;
import dev.coterie.sys.Statx;
import org.jspecify.annotations.Nullable;

/** From names and identities to inodes of the host, and never to one outside the directory. */
final class Finder implements AutoCloseable {
  /** One component, whatever stands there: no link is followed, no mount point crossed. */
  static final int ONE_STEP =
      HostFlags.RESOLVE_BENEATH
          | HostFlags.RESOLVE_NO_SYMLINKS
          | HostFlags.RESOLVE_NO_MAGICLINKS
          | HostFlags.RESOLVE_NO_XDEV;

  private static final int SAY_WHERE = HostFlags.O_PATH | OpenFlags.O_NOFOLLOW;

  private final Descriptor top; // of the root, opened for reading
  private final int mountId;
  private final Identities identities;
  private final Reach reach;
  private final Containment containment;
  private final HostNode root;

  /**
   * @param top of the root, opened for reading; its use passes to the finder unless this fails
   * @param tag of the mount, in its inodes' numbers
   */
  Finder(Descriptor top, int tag) throws ErrnoException {
    this.top = top;
    Statx stat = InodeCalls.statx(top.fd);
    FileHandle handle = handleOf(top.fd);
    this.mountId = (int) stat.mountId();
    this.identities = new Identities(tag, handle, stat);
    this.containment = new Containment(top, this::identityOf);
    this.reach =
        handle != null && canOpen(handle)
            ? new ReachByHandle(top, identities)
            : new ReachByWalk(this::identityOf, DescriptorBudget.cacheOfProcess());
    this.root = nodeOf(top.fd);
    root.pin(new Descriptor(InodeCalls.reopen(top.fd, HostFlags.O_PATH)));
  }

  /** Whether this process may open the file system's handles. */
  private boolean canOpen(FileHandle handle) {
    try {
      DescriptorCalls.close(handle.open(top.fd, SAY_WHERE));
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }

  HostNode root() {
    return root;
  }

  // ---- who is who ----

  /** The kernel's handle of an inode, or null where the file system has none. */
  private static @Nullable FileHandle handleOf(int fd) throws ErrnoException {
    try {
      return FileHandle.of(fd);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
    try {
      return FileHandle.identifying(fd);
    } catch (ErrnoException e) {
      return null; // EOPNOTSUPP, or EINVAL of a kernel that does not know the flag
    }
  }

  private InodeId identityOf(int fd) throws ErrnoException {
    FileHandle handle = handleOf(fd);
    return handle != null ? identities.of(handle) : identities.of(InodeCalls.statx(fd));
  }

  HostNode nodeOf(int fd) throws ErrnoException {
    Statx stat = InodeCalls.statx(fd);
    FileHandle handle = handleOf(fd);
    InodeId id = handle != null ? identities.of(handle) : identities.of(stat);
    return reach.known(new HostNode(id, stat.mode() & Mode.S_IFMT, handle));
  }

  Identities identities() {
    return identities;
  }

  /** Whether a handle is of what was reached without crossing a mount point of the host. */
  boolean isHere(FileHandle handle) {
    return handle.mountId() == mountId;
  }

  // ---- reaching what was found before ----

  Descriptor open(OutsideNode node) throws ErrnoException {
    return reach.open((HostNode) node);
  }

  void removed(OutsideNode node) {
    reach.removed((HostNode) node);
  }

  void release(HostNode node) {
    node.unpin();
    reach.release(node);
  }

  // ---- finding ----

  HostEntry lookup(Caller caller, HostNode dir, Name name) throws ErrnoException {
    try (Descriptor d = open(dir)) {
      return look(caller, dir, d.fd, name);
    }
  }

  HostEntry look(Caller caller, HostNode dir, int fd, Name name) throws ErrnoException {
    return entry(dir, name, Acting.as(caller, () -> sayWhere(fd, name)));
  }

  /** As the process, for what is not told to the caller. */
  HostEntry look(HostNode dir, int fd, Name name) throws ErrnoException {
    return entry(dir, name, sayWhere(fd, name));
  }

  private static int sayWhere(int dir, Name name) throws ErrnoException {
    return DirectoryCalls.openat2(dir, name, SAY_WHERE, 0, ONE_STEP);
  }

  private HostEntry entry(HostNode dir, Name name, int fd) throws ErrnoException {
    Descriptor descriptor = new Descriptor(fd);
    try {
      HostNode node = nodeOf(fd);
      reach.seen(node, dir, name, descriptor);
      return new HostEntry(node, descriptor);
    } catch (ErrnoException e) {
      descriptor.close();
      throw e;
    }
  }

  HostEntry parent(Caller caller, OutsideNode dir) throws ErrnoException {
    Descriptor above;
    try (Descriptor d = open(dir)) {
      above = new Descriptor(Acting.as(caller, () -> up(d.fd)));
    }
    try {
      HostNode node = nodeOf(above.fd);
      if (!node.id().equals(root.id()) && !containment.holds(above.fd, node.id())) {
        throw new ErrnoException(Errno.ESTALE);
      }
      return new HostEntry(node, above);
    } catch (ErrnoException e) {
      above.close();
      throw e;
    }
  }

  private static int up(int dir) throws ErrnoException {
    return DirectoryCalls.openat2(dir, Name.DOT_DOT, SAY_WHERE | OpenFlags.O_DIRECTORY, 0, 0);
  }

  @Nullable HostNode find(InodeId id) throws ErrnoException {
    HostNode node = reach.find(id);
    if (node == null) {
      return null;
    }
    try (Descriptor d = open(node)) {
      boolean proved =
          identityOf(d.fd).equals(id) && (containment.holds(d.fd, id) || isWhereItWas(node));
      return proved ? node : null;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Whether a file is in the directory in which it was seen last. The kernel knows no path of a
   * file that it opened by its handle after it had dropped its name from its caches.
   */
  private boolean isWhereItWas(HostNode node) {
    HostNode.Place place = reach.lastPlace(node.id());
    if (place == null) {
      return false;
    }
    try (Descriptor dir = open(place.dir())) {
      HostNode above = place.dir();
      if (!above.id().equals(root.id()) && !containment.holds(dir.fd, above.id())) {
        return false;
      }
      try (HostEntry entry = look(above, dir.fd, place.name())) {
        boolean same = entry.node().id().equals(node.id());
        if (same) {
          node.seenAt(above, place.name());
        }
        return same;
      }
    } catch (ErrnoException e) {
      return false;
    }
  }

  void requireReachable(Caller caller, OutsideNode node) throws ErrnoException {
    if (node.id().equals(root.id())) {
      return;
    }
    byte[] path;
    try (Descriptor d = open(node)) {
      path = containment.pathTo(d.fd);
    }
    if (path == null || !leadsTo(caller, path, node)) {
      throw new ErrnoException(Errno.EACCES);
    }
  }

  private boolean leadsTo(Caller caller, byte[] path, OutsideNode node) {
    try (Descriptor found = new Descriptor(Acting.as(caller, () -> containment.walk(path)))) {
      return identityOf(found.fd).equals(node.id());
    } catch (ErrnoException e) {
      return false;
    }
  }

  @Override
  public void close() {
    root.unpin();
    reach.close();
    top.close();
  }
}

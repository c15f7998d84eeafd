package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.Limits;
import dev.coterie.api.LockReport;
import dev.coterie.api.Mode;
import dev.coterie.api.MountList;
import dev.coterie.api.Name;
import dev.coterie.api.Timestamp;
import dev.coterie.api.TreeMark;
import dev.coterie.api.TreePath;
import dev.coterie.api.lock.Locks;
import dev.coterie.core.lease.Keys;
import dev.coterie.core.lease.LeaseConflict;
import dev.coterie.core.lease.Leases;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.MountContext;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.core.spi.Node;
import dev.coterie.core.spi.OutsideMount;
import dev.coterie.core.watch.Watches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The tree: mounts grafted together, and what their inodes, names and open files share. Made once
 * with all its mounts, then serves any number of {@link Session}s.
 */
public final class Vfs implements AutoCloseable {

  /**
   * What the tree is given from outside, so that a run can be repeated.
   *
   * @param clock for times of files and the ends of tokens
   * @param random for tokens and the tree's mark; must not be guessable in production
   * @param generation of all inodes this tree makes: tells its numbers from those of an earlier
   *     leader
   * @param barrier what can stand before an operation
   * @param dentries how many names are cached
   * @param alarm ends waits whose time is up
   */
  public record Config(
      InstantSource clock,
      RandomGenerator random,
      int generation,
      Barrier barrier,
      int dentries,
      Alarm alarm) {

    public Config(InstantSource clock, RandomGenerator random, int generation) {
      this(clock, random, generation, Barrier.OPEN, Limits.DENTRIES);
    }

    public Config(
        InstantSource clock,
        RandomGenerator random,
        int generation,
        Barrier barrier,
        int dentries) {
      this(clock, random, generation, barrier, dentries, Alarm.ofSystem());
    }
  }

  private final Config config;
  private final InodeTable inodes = new InodeTable();
  private final DentryCache dentries;
  private final Tokens tokens;
  private final InodeOps inside;
  private final InodeOps outside;
  private final Locks locks = new Locks();
  private final Leases leases = new Leases();
  private final Coverage coverage = new Coverage(inodes, leases);
  private final Keys keys = new Keys(this::newId, this::leaseAlarm);
  private final MountPoint anonymous; // of handles without a file
  private final Object nesting = new Object(); // held while event sets are put into event sets
  private final byte[] mark; // immutable
  private final Watches watches = new Watches();
  private final Changes changes = new Changes(watches);
  private final Counters counters = new Counters();
  private final CopyChoices choices = new CopyChoices();
  private final AtomicLong numbers = new AtomicLong();
  private final List<MountPoint> mountPoints = new ArrayList<>(); // filled by the constructor only
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();

  /**
   * Makes a tree.
   *
   * @param mounts by absolute path; "/" must be among them. A directory that a mount hides is made
   *     if there is none
   * @throws IOException a mount cannot be opened, or a path is not a directory's
   */
  public Vfs(Config config, Map<String, MountFactory> mounts) throws IOException {
    this.config = config;
    this.mark =
        ByteBuffer.allocate(16)
            .putLong(config.random().nextLong())
            .putLong(config.random().nextLong())
            .array();
    this.dentries = new DentryCache(inodes, config.dentries());
    this.tokens = new Tokens(config.clock(), config.random(), this::put);
    Walk walk = new Walk(this);
    this.inside = new InsideOps(this, walk);
    this.outside = new OutsideOps(this, walk);
    // No number of newId is 0.
    InodeId nowhere = new InodeId(0, config.generation());
    this.anonymous = new MountPoint("anonymous", new AnonymousMount(nowhere, now()), null);
    TreeMap<String, MountFactory> ordered =
        new TreeMap<>(Comparator.comparingInt(String::length).thenComparing(path -> path));
    ordered.putAll(mounts);
    if (!mounts.containsKey("/") || mounts.size() > Limits.MOUNTS) {
      throw new IllegalArgumentException("a tree has a mount at / and at most " + Limits.MOUNTS);
    }
    try {
      Set<Integer> tags = new HashSet<>();
      for (Map.Entry<String, MountFactory> mount : ordered.entrySet()) {
        graft(mount.getKey(), mount.getValue(), freeTag(mount.getKey(), tags));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** One client's view of the tree. */
  public Session openSession() {
    Session session = new Session(this);
    sessions.add(session);
    return session;
  }

  /** Ends tokens whose time is up; to be called now and then. */
  public void expire() {
    tokens.expire();
    reap();
  }

  /** What is alive now, for metrics and tests. */
  public record Counts(int sessions, int inodes, int tokens) {}

  public Counts counts() {
    reap();
    return new Counts(sessions.size(), inodes.size(), tokens.size());
  }

  /** Ends all sessions and closes the mounts. */
  @Override
  public void close() {
    sessions.forEach(Session::close);
    for (MountPoint mountPoint : mountPoints.reversed()) {
      mountPoint.mount().close();
    }
  }

  /** A tag of a path; the same next time, as paths come in the same order. */
  private static int freeTag(String path, Set<Integer> taken) {
    int tag = Math.floorMod(path.hashCode(), MountContext.TAGS);
    while (!taken.add(tag)) {
      tag = (tag + 1) % MountContext.TAGS;
    }
    return tag + 1;
  }

  private void graft(String path, MountFactory factory, int tag) throws IOException {
    Inode covered = mountPoints.isEmpty() ? null : directoryToCover(path);
    Mount mount = factory.open(new MountContext(this::newId, config.clock(), tag));
    try {
      requireAlone(path, mount);
    } catch (IOException e) {
      mount.close();
      throw e;
    }
    MountPoint mountPoint = new MountPoint(path, mount, covered);
    mountPoints.add(mountPoint);
    inodes.add(mountPoint.root());
    if (covered != null) {
      covered.cover(mountPoint);
    }
  }

  /** Where copies are kept, nothing else leads to the same files. */
  private void requireAlone(String path, Mount mount) throws IOException {
    for (MountPoint before : mountPoints) {
      if (mount instanceof OutsideMount one
          && before.mount() instanceof OutsideMount other
          && (one.copies() || other.copies())
          && one.overlaps(other)) {
        throw new IOException(
            "mounts " + before.path() + " and " + path + ": the same files, so not outside=no");
      }
    }
  }

  /**
   * The directory of a path, made where there is none, with a reference that the mount point keeps.
   */
  private Inode directoryToCover(String path) throws IOException {
    Walk walk = new Walk(this);
    Inode dir = root().get();
    for (String part : path.split("/")) {
      if (part.isEmpty()) {
        continue;
      }
      Name name = Name.of(part);
      Inode next;
      try {
        next = walk.find(Caller.ROOT, dir, name).inode();
      } catch (ErrnoException e) {
        if (e.errno() != dev.coterie.api.Errno.ENOENT) {
          throw e;
        }
        next = ops(dir).make(Caller.ROOT, dir, name, Mode.S_IFDIR | 0755, 0, new byte[0]).inode();
      }
      put(dir);
      dir = next;
    }
    if (!dir.isDirectory() || dir.covering() != null || dir == dir.mountPoint.root()) {
      throw new IOException("cannot mount on " + path + ": not a free directory");
    }
    return dir;
  }

  // ---- for the operations ----

  Inode root() {
    return mountPoints.getFirst().root();
  }

  /** What can be done with an inode, by the kind of its mount. */
  InodeOps ops(Inode inode) {
    return switch (inode) {
      case InsideInode _ -> inside;
      case OutsideInode _ -> outside;
    };
  }

  /** The root of the mount that hides this node, if it is a directory and one does. */
  @Nullable Inode mountedOn(Node node) {
    return node.type() == Mode.S_IFDIR ? mountedOn(node.id()) : null;
  }

  @Nullable Inode mountedOn(InodeId directory) {
    for (MountPoint mountPoint : mountPoints) {
      Inode covered = mountPoint.covered();
      if (covered != null && covered.id().equals(directory)) {
        return mountPoint.root();
      }
    }
    return null;
  }

  /** Whether any call of some mount may take long. */
  boolean hasSlowMount() {
    return mountPoints.stream()
        .anyMatch(m -> m.mount() instanceof OutsideMount outside && outside.isSlow());
  }

  InodeTable inodes() {
    return inodes;
  }

  DentryCache dentries() {
    return dentries;
  }

  Tokens tokens() {
    return tokens;
  }

  Locks locks() {
    return locks;
  }

  Leases leases() {
    return leases;
  }

  Coverage coverage() {
    return coverage;
  }

  Keys keys() {
    return keys;
  }

  Runnable leaseAlarm(int afterMs, Runnable action) {
    return config.alarm().set(afterMs, action);
  }

  /** Before what shows an inode's attributes or data, at any moment of the operation. */
  void requireSeen(Inode inode) throws LeaseConflict {
    leases.requireSeen(inode.leaseTable(), LeaseMode.SHARED);
  }

  /** The same before what will change it, unless it is refused: so that one recall is enough. */
  void requireSeenToChange(Inode inode) throws LeaseConflict {
    leases.requireSeen(inode.leaseTable(), LeaseMode.NONE);
  }

  /** Before a change of these, under their operation locks: others' leases stand in its way. */
  void requireUnleased(Inode inode) throws ErrnoException {
    coverage.requireUnleased(inode);
  }

  void requireUnleased(@Nullable Inode... all) throws ErrnoException {
    coverage.requireUnleased(all);
  }

  /** The inode of handles without a file. */
  Inode anonymous() {
    return anonymous.root();
  }

  Object nesting() {
    return nesting;
  }

  /** Files that are event counters. */
  Counters counters() {
    return counters;
  }

  /** Of what clients may keep copies. */
  CopyChoices choices() {
    return choices;
  }

  /** Has what is not to be copied any more given back. With no lock held. */
  void recallUnwanted() {
    sessions.forEach(session -> session.leases().recallUnwanted());
  }

  Alarm alarm() {
    return config.alarm();
  }

  Watches watches() {
    return watches;
  }

  /** Tells what watches of what was changed. */
  Changes changes() {
    return changes;
  }

  Barrier barrier() {
    return config.barrier();
  }

  List<MountPoint> mountPoints() {
    return mountPoints;
  }

  /** Where the mounts are, as {@link MountList} says it. */
  private byte[] mountList() throws ErrnoException {
    return MountList.valueOf(mountPoints.stream().map(m -> TreePath.of(m.path())).toList());
  }

  /** What only the root has, beside what its mount stores; null: no such attribute. */
  byte @Nullable [] ownAttribute(Caller caller, Name name) throws ErrnoException {
    if (name.equals(LockReport.ATTRIBUTE)) {
      return LockLook.report(this, caller).toBytes();
    }
    if (name.equals(MountList.ATTRIBUTE)) {
      return mountList();
    }
    return name.equals(TreeMark.ATTRIBUTE) ? mark.clone() : null;
  }

  /** An identity never used before. */
  InodeId newId() {
    long number = numbers.incrementAndGet();
    assert number >>> MountContext.TAG_SHIFT == 0 : "a number without tag: " + number;
    return new InodeId(number, config.generation());
  }

  Timestamp now() {
    return Timestamp.of(config.clock().instant());
  }

  void put(Inode inode) {
    inodes.put(inode);
  }

  /** Gives back a reference of a handle, and with the last one its inode's. */
  void put(Handle handle) {
    if (handle.putReference()) {
      handle.end();
      changes.closed(handle);
      inodes.put(handle.inode);
    }
  }

  /**
   * Buries inodes that nobody counts on any more, and tells those who wait what has changed; with
   * no lock held.
   */
  void reap() {
    inodes.reap(this::bury);
    watches.wake();
  }

  private void bury(Inode inode) {
    dentries.dropAll(inode);
    if (inode instanceof InsideInode && inode.endsNode()) {
      changes.buried(inode.id());
      counters.buried(inode.id());
      choices.forget(inode.id());
    }
  }

  void ended(Session session) {
    synchronized (sessions) {
      sessions.remove(session);
      sessions.notifyAll();
    }
  }

  /** Waits until a session that was closed has given back all it held. */
  public void awaitEnd(Session session) throws InterruptedException {
    synchronized (sessions) {
      while (sessions.contains(session)) {
        sessions.wait();
      }
    }
  }

  /** The mount at a path, for tests. */
  @Nullable MountPoint mountAt(String path) {
    return mountPoints.stream().filter(m -> m.path().equals(path)).findFirst().orElse(null);
  }

  @Override
  public String toString() {
    return "Vfs" + Arrays.toString(mountPoints.stream().map(MountPoint::path).toArray());
  }
}

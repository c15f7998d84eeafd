package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.MountContext;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A leader and clients that keep copies, in a world made from a seed: some are slow, some are
 * stopped for a while, some die. Whatever any of them sees must have been so at one moment while it
 * looked.
 */
final class LeaseSimulation {
  /** How a client of the simulation is made from its connection. */
  interface Clients {
    FileService make(Simulation world, Link link);
  }

  private static final Caller ME = Caller.ROOT;
  private static final int FILES = 3;
  private static final int NAMES = 3;

  /** Of one reply of a listing: enough for a part of it, or for all. */
  private static final int[] LISTING_BYTES = {500, 1 << 12};

  /** With them nothing is kept back. */
  private static final int LEDGER_FLAGS = OpenFlags.O_RDWR | OpenFlags.O_DSYNC;

  private final Simulation world;
  private final Vfs vfs;
  private final List<InsideMount> mounts = new ArrayList<>(1);
  private final InodeId directory;
  private final List<Link> links = new ArrayList<>();
  private final Map<Session, Link> linkOf = new HashMap<>();
  private final Truth truth;
  private final @Nullable HeldInodes held;
  private @Nullable Ledger ledger; // null: connections are not lost
  private long lastValue;
  private boolean parksReturns;
  private boolean takesLate;
  private boolean writesMore;
  private int names;
  private int losses;
  private int looks;
  private int changes;

  LeaseSimulation(long seed) throws IOException {
    this(seed, false);
  }

  private LeaseSimulation(long seed, boolean holds) throws IOException {
    world = new Simulation(seed);
    held = holds ? new HeldInodes(this::inodesOf) : null;
    vfs =
        new Vfs(
            new Vfs.Config(
                () -> Instant.EPOCH.plusNanos(world.now() * 1000),
                new Random(seed),
                7,
                held != null ? held : Barrier.OPEN,
                Limits.DENTRIES,
                (ms, action) -> world.cancellable(ms * 1000L, action)),
            Map.of("/", this::mount));
    Session oracle = vfs.openSession();
    InodeId root = oracle.root(ME).id();
    directory = oracle.mkdir(ME, root, Name.of("dir"), 0755).id();
    truth = new Truth(world, mounts::getFirst, oracle, directory, links);
    for (int i = 0; i < FILES; i++) {
      truth.file(oracle.create(ME, root, Name.of("file" + i), OpenFlags.O_RDWR, 0600));
    }
    oracle.create(ME, root, Name.of("ledger"), OpenFlags.O_RDWR, 0600);
    name(NAMES);
  }

  private void name(int count) {
    for (int i = 0; i < count; i++) {
      truth.name(Name.of("name" + names++));
    }
  }

  /** Has twice as many names used, each less often: more that one knows of by listings alone. */
  LeaseSimulation naming() {
    name(NAMES);
    return this;
  }

  /** One whose leader holds an inode while it waits for leases of it. */
  static LeaseSimulation holdingInodes(long seed) throws IOException {
    return new LeaseSimulation(seed, true);
  }

  /**
   * Has clients write more, mostly each its own file, and pause for so long that a lease which was
   * recalled soon is asked for again.
   */
  LeaseSimulation writingMore() {
    writesMore = true;
    return this;
  }

  /** Has connections lost, and gone on with; and clients append to the ledger. */
  LeaseSimulation losingConnections() throws ErrnoException {
    Session oracle = vfs.openSession();
    ledger = truth.ledger(oracle.lookup(ME, oracle.root(ME).id(), Name.of("ledger")).id());
    return this;
  }

  /** Has the leader keep what is given back waiting behind the changes that wait for it. */
  LeaseSimulation parkingReturns() {
    parksReturns = true;
    return this;
  }

  /** Has the leader do what a session writes that it has ended. */
  LeaseSimulation takingLate() {
    takesLate = true;
    return this;
  }

  private Mount mount(MountContext context) throws IOException {
    Mount mount = TmpFs.Options.defaults().factory().open(context);
    mounts.add((InsideMount) mount);
    return mount;
  }

  /**
   * How many looks and changes there were.
   *
   * @param keptBack how many changes counted as done before the leader heard of them
   * @param namesLeased how often all names of the directory were leased
   * @param losses connections that were lost
   * @param again changes that came to the leader a second time, having been begun
   * @param events all that happened
   */
  record Report(
      int looks, int changes, int keptBack, int namesLeased, int losses, int again, long events) {
    static final Report NONE = new Report(0, 0, 0, 0, 0, 0, 0);

    Report and(Report other) {
      return new Report(
          looks + other.looks,
          changes + other.changes,
          keptBack + other.keptBack,
          namesLeased + other.namesLeased,
          losses + other.losses,
          again + other.again,
          events + other.events);
    }
  }

  /** Lets clients be made and work; the first thing that is wrong is thrown. */
  Report run(Clients clients) {
    int count = 2 + world.random().nextInt(3);
    for (int i = 0; i < count; i++) {
      begin("client " + i, clients);
    }
    world.run();
    try {
      truth.probe();
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
    vfs.close();
    int again = links.stream().mapToInt(Link::again).sum();
    return new Report(
        looks, changes, truth.keptBack(), truth.namesLeased(), losses, again, world.moment());
  }

  private void begin(String who, Clients clients) {
    Session session = vfs.openSession();
    Link link = new Link(who, world, session, witness(), ledger != null);
    linkOf.put(session, link);
    if (takesLate) {
      link.takeLate((write, completion) -> truth.writeLate(link, write, completion));
    }
    links.add(link);
    if (parksReturns) {
      link.parkReturns(truth::somebodyWaits);
    }
    FileService service = clients.make(world, link);
    int threads = 1 + world.random().nextInt(2);
    world
    .new Fiber(() -> {
      try {
        work(who, link, service, threads);
      } catch (ErrnoException e) {
        requireFenced(link, e);
      }
    });
    if (world.chance(2)) {
      fate(link);
    }
    if (ledger != null) {
      for (int i = world.random().nextInt(writesMore ? 40 : 6); i > 0; i--) {
        world.after(
            world.between(100, writesMore ? 5_000_000 : 40_000),
            () -> {
              losses++;
              link.lose();
            });
      }
    }
  }

  private Link.Witness witness() {
    HeldInodes inodes = held;
    return inodes == null ? truth : new Releasing(truth, inodes);
  }

  /** Tells also who holds inodes. */
  private record Releasing(Truth truth, HeldInodes inodes) implements Link.Witness {
    @Override
    public <R> void answered(
        Link link, Operation<R> operation, @Nullable R result, @Nullable Errno errno) {
      truth.answered(link, operation, result, errno);
      inodes.release(operation);
    }

    @Override
    public void acknowledged(Link link, Operation<?> operation, Object result) {
      truth.acknowledged(link, operation, result);
    }

    @Override
    public void kept(Link link, InodeId file, long value, long size) {
      truth.kept(link, file, value, size);
    }

    @Override
    public void cleaned(Link link, InodeId file) {
      truth.cleaned(link, file);
    }
  }

  private Set<InodeId> inodesOf(Session session, Operation<?> operation) {
    Link link = linkOf.get(session);
    if (link == null) {
      return Set.of(); // ours
    }
    if (operation instanceof Operation.ReturnLeases(var leases)) {
      return leases.stream().map(LeaseName::id).collect(Collectors.toSet());
    }
    InodeId file = truth.fileOf(link, operation);
    return file == null ? Set.of() : Set.of(file);
  }

  private void fate(Link link) {
    world.after(
        world.between(100, writesMore ? 8_000_000 : 50_000),
        () -> {
          int what = world.random().nextInt(3);
          world.tell(() -> link + (what == 0 ? " dies" : " is stopped"));
          switch (what) {
            case 0 -> link.die();
            case 1 -> link.stop(world.between(1_000, 50_000));
            default -> link.stop(world.between(2_000_000, 3_000_000)); // to be fenced, or just not
          }
        });
  }

  private static void requireFenced(Link link, ErrnoException e) {
    boolean fenced = e.errno() == Errno.ESTALE || e.errno() == Errno.EIO; // lost what it kept back
    if (!fenced || !link.mayBeFenced()) {
      throw new AssertionError("a client failed that did no wrong", e);
    }
  }

  // ---- what clients see ----

  private static long value(FileService service, long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(Truth.VALUE_BYTES);
    service.read(ME, handle, 0, bytes);
    return bytes.position() < Truth.VALUE_BYTES ? 0 : bytes.getLong(0);
  }

  private void lookup(String who, FileService service, Name name) throws ErrnoException {
    long asked = world.moment();
    try {
      Stat stat = service.lookup(ME, directory, name);
      service.forget(ME, stat.id(), 1);
      truth.requireNamed(name, stat, asked, who);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      truth.requireName(name, Truth.ABSENT, asked, who);
    }
  }

  private void list(String who, FileService service, long handle) throws ErrnoException {
    long asked = world.moment();
    int bytes = LISTING_BYTES[world.random().nextInt(LISTING_BYTES.length)];
    boolean attributes = !world.chance(3);
    List<DirEntry> listing = new ArrayList<>();
    List<DirEntry> page = service.readdir(ME, handle, 0, bytes, attributes);
    while (!page.isEmpty()) {
      listing.addAll(page);
      page = service.readdir(ME, handle, page.getLast().cookie(), bytes, attributes);
    }
    world.tell(() -> who + " has listed " + listing);
    truth.requireListing(listing, asked, who);
  }

  /** Changes what is named, which may have lost that name, or all, by then. */
  private static void chmod(FileService service, InodeId directory, Name name, int mode)
      throws ErrnoException {
    InodeId id = service.lookup(ME, directory, name).id();
    service.setattr(ME, id, 0, SetAttr.ofMode(mode));
    service.forget(ME, id, 1);
  }

  // ---- what clients do ----

  private void work(String who, Link link, FileService service, int threads) throws ErrnoException {
    InodeId top = service.root(ME).id();
    service.lookup(ME, top, Name.of("dir"));
    List<Long> handles = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      InodeId id = service.lookup(ME, top, Name.of("file" + i)).id();
      handles.add(service.open(ME, id, OpenFlags.O_RDWR).handle());
    }
    long listed = service.open(ME, directory, OpenFlags.O_DIRECTORY).handle();
    Ledger appended = ledger;
    long ledgerHandle =
        appended == null
            ? -1
            : service
                .open(ME, service.lookup(ME, top, Name.of("ledger")).id(), LEDGER_FLAGS)
                .handle();
    for (int i = 0; i < threads; i++) {
      String thread = who + "." + i;
      world
      .new Fiber(() -> {
        try {
          int steps = 10 + world.random().nextInt(60);
          for (int step = 0; step < steps && !link.isDead(); step++) {
            link.requireAwake();
            step(thread, link, service, handles, listed);
            if (appended != null && world.chance(2)) {
              append(appended, service, ledgerHandle);
            }
            if (writesMore && world.chance(6)) {
              world.current().sleep(world.between(200_000, 1_500_000));
            } else if (world.chance(2)) {
              world.current().sleep(world.between(1, 2_000));
            }
          }
        } catch (ErrnoException e) {
          requireFenced(link, e);
        }
      });
    }
  }

  /** AppliedOnce. */
  private void append(Ledger to, FileService service, long handle) throws ErrnoException {
    long value = ++lastValue;
    world.tell(() -> "the ledger is to have " + value);
    Operation.Transferred moved =
        service.append(ME, handle, ByteBuffer.allocate(Truth.VALUE_BYTES).putLong(0, value));
    to.acknowledged(value, moved.offset());
    changes++;
  }

  private void step(String who, Link link, FileService service, List<Long> handles, long listed)
      throws ErrnoException {
    boolean own = writesMore && !world.chance(6);
    int file = own ? links.indexOf(link) % FILES : world.random().nextInt(FILES);
    Name name = Name.of("name" + world.random().nextInt(names));
    boolean writes = writesMore && world.chance(2);
    switch (world.random().nextInt(writes ? 2 : 24)) {
      case 0 -> change(() -> write(link, service, file, handles.get(file)));
      case 1 -> change(() -> append(link, service, file, handles.get(file)));
      case 2 ->
          change(() ->
              service.setattr(
                  ME, truth.file(file), 0, SetAttr.ofSize(world.random().nextInt(3) * 8L)));
      case 3 ->
          change(() ->
              service.setattr(
                  ME, truth.file(file), 0, SetAttr.ofMode(0600 | world.random().nextInt(8))));
      case 4 -> names(() -> service.mknod(ME, directory, name, 0100644, 0));
      case 5 -> names(() -> service.unlink(ME, directory, name));
      case 6 -> {
        Name other = Name.of("name" + world.random().nextInt(names));
        names(() -> service.rename(ME, directory, name, directory, other, 0));
      }
      case 7 -> {
        int mode = 0600 | world.random().nextInt(8);
        names(() -> chmod(service, directory, name, mode));
      }
      case 8, 9, 10 -> {
        long asked = world.moment();
        Stat stat = service.getattr(ME, truth.file(file));
        truth.requireStat(file, stat, asked, who);
        looks++;
      }
      case 11, 12, 13, 14, 15 -> {
        long asked = world.moment();
        world.tell(() -> who + " reads file " + file);
        long value = value(service, handles.get(file));
        world.tell(() -> who + " has read " + value + " in file " + file);
        truth.requireValue(file, value, asked, who);
        looks++;
      }
      case 16, 17, 18, 19 -> {
        list(who, service, listed);
        looks++;
      }
      default -> {
        lookup(who, service, name);
        looks++;
      }
    }
  }

  private Object write(Link link, FileService service, int file, long handle)
      throws ErrnoException {
    ByteBuffer bytes = next();
    world.tell(() -> link + " writes " + lastValue + " to file " + file);
    return service.write(ME, handle, 0, bytes);
  }

  private Object append(Link link, FileService service, int file, long handle)
      throws ErrnoException {
    ByteBuffer bytes = next();
    world.tell(() -> link + " appends " + lastValue + " to file " + file);
    return service.append(ME, handle, bytes);
  }

  private ByteBuffer next() {
    return ByteBuffer.allocate(Truth.VALUE_BYTES).putLong(0, ++lastValue);
  }

  private interface Change {
    Object make() throws ErrnoException;
  }

  private interface NameChange {
    void make() throws ErrnoException;
  }

  private void change(Change change) throws ErrnoException {
    change.make();
    changes++;
  }

  private void names(NameChange change) throws ErrnoException {
    try {
      change.make();
      changes++;
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }
}

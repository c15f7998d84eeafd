package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
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
import dev.coterie.core.spi.InsideNode;
import dev.coterie.core.spi.Mount;
import dev.coterie.core.spi.MountContext;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
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
  private static final int VALUE_BYTES = 8;
  private static final Object ABSENT = "absent";

  private final Simulation world;
  private final Vfs vfs;
  private final List<InsideMount> mounts =
      new ArrayList<>(1); // what the leader stores, without leases
  private final Session oracle;
  private final InodeId directory;
  private final List<InodeId> files = new ArrayList<>();
  private final List<Long> oracleHandles = new ArrayList<>();
  private final List<History> contents = new ArrayList<>();
  private final List<History> sizes = new ArrayList<>();
  private final List<History> modes = new ArrayList<>();
  private final Map<Name, History> names = new HashMap<>();
  private final List<Kept> kept = new ArrayList<>();
  private final Map<Link, Map<Long, InodeId>> opened = new HashMap<>();
  private final Set<Long> sent = new HashSet<>(); // values that came to the leader
  private long lastValue;
  private final List<Link> links = new ArrayList<>();
  private boolean parksReturns;
  private boolean takesLate;
  private int keptBack;
  private int looks;
  private int changes;

  LeaseSimulation(long seed) throws IOException {
    world = new Simulation(seed);
    vfs =
        new Vfs(
            new Vfs.Config(
                () -> Instant.EPOCH.plusNanos(world.now() * 1000),
                new Random(seed),
                7,
                Barrier.OPEN,
                Limits.DENTRIES,
                (ms, action) -> world.cancellable(ms * 1000L, action)),
            Map.of("/", this::mount));
    oracle = vfs.openSession();
    InodeId root = oracle.root(ME).id();
    directory = oracle.mkdir(ME, root, Name.of("dir"), 0755).id();
    for (int i = 0; i < FILES; i++) {
      Operation.Opened made = oracle.create(ME, root, Name.of("file" + i), OpenFlags.O_RDWR, 0600);
      files.add(made.stat().id());
      oracleHandles.add(made.handle());
      kept.add(new Kept(files.getLast()));
      contents.add(new History("content " + i, 0L));
      sizes.add(new History("size " + i, 0L));
      modes.add(new History("mode " + i, 0600));
    }
    for (int i = 0; i < NAMES; i++) {
      Name name = Name.of("name" + i);
      names.put(name, new History("name " + i, ABSENT));
    }
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
   */
  record Report(int looks, int changes, int keptBack) {}

  /** What one file is at the leader, and who has it otherwise. */
  private static final class Kept {
    final InodeId id;
    long value; // at the leader
    long size;
    @Nullable Link by;
    final Set<Long> pending = new HashSet<>();
    final Set<Long> lost = new HashSet<>();

    Kept(InodeId id) {
      this.id = id;
    }
  }

  /** Lets clients be made and work; the first thing that is wrong is thrown. */
  Report run(Clients clients) {
    int count = 2 + world.random().nextInt(3);
    for (int i = 0; i < count; i++) {
      String who = "client " + i;
      Link link = new Link(who, world, vfs.openSession(), witness());
      if (takesLate) {
        link.takeLate((write, completion) -> writeLate(link, write, completion));
      }
      links.add(link);
      if (parksReturns) {
        link.parkReturns(this::somebodyWaits);
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
    }
    world.run();
    vfs.close();
    return new Report(looks, changes, keptBack);
  }

  private void fate(Link link) {
    world.after(
        world.between(100, 50_000),
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
    if (e.errno() != Errno.ESTALE || !link.mayBeFenced()) {
      throw new AssertionError("a client failed that did no wrong", e);
    }
  }

  // ---- what the leader did ----

  private Link.Witness witness() {
    return new Link.Witness() {
      @Override
      public <R> void answered(
          Link link, Operation<R> operation, @Nullable R result, @Nullable Errno errno) {
        witness(link, operation, result, errno);
      }

      @Override
      public void acknowledged(Link link, Operation<?> operation, Object result) {
        LeaseSimulation.this.acknowledged(link, operation, result);
      }

      @Override
      public void kept(Link link, InodeId file, long value, long size) {
        LeaseSimulation.this.kept(link, file, value, size);
      }

      @Override
      public void cleaned(Link link, InodeId file) {
        Kept one = kept.get(files.indexOf(file));
        if (one.by == link) {
          one.by = null;
          one.pending.clear();
        }
      }
    };
  }

  /**
   * A client calls something done. If the leader has not heard of it, it was kept back, and that at
   * this moment: its caller may hear of it later than another thread of what it wrote after it.
   */
  private void acknowledged(Link link, Operation<?> operation, Object result) {
    InodeId id = fileOf(link, operation);
    int file = id == null ? -1 : files.indexOf(id);
    if (file < 0) {
      return;
    }
    if (operation instanceof Operation.Write write && write.offset() == 0) {
      long value = write.source().getLong(0);
      if (isKeptBack(file, value)) {
        kept(link, files.get(file), value, Math.max((long) sizes.get(file).last(), VALUE_BYTES));
      }
    } else if (operation instanceof Operation.Append append
        && result instanceof Operation.Transferred moved) {
      long value = append.source().getLong(0);
      if (isKeptBack(file, value)) {
        long first = moved.offset() == 0 ? value : (long) contents.get(file).last();
        kept(link, files.get(file), first, moved.offset() + VALUE_BYTES);
      }
    }
  }

  /** From now on the file is that, and the leader does not know it. */
  private void kept(Link link, InodeId file, long value, long size) {
    int i = files.indexOf(file);
    Kept one = kept.get(i);
    one.by = link;
    one.pending.add(value);
    contents.get(i).is(world.moment(), value);
    sizes.get(i).is(world.moment(), size);
    world.tell(() -> link + " keeps back " + value + " of file " + i + ", size " + size);
    keptBack++;
  }

  /**
   * Whether what was kept back has come to the leader or is lost. It is lost when its client was
   * ended and another is told of the file: until then nobody can tell.
   */
  private void settle(Link link, Operation<?> operation) {
    for (int i = 0; i < FILES; i++) {
      Kept one = kept.get(i);
      Link by = one.by;
      if (by == null) {
        continue;
      }
      if (by == link && operation instanceof Operation.ReturnLeases && !by.hasAlone(one.id)) {
        one.by = null;
        one.pending.clear();
      } else if (by != link && by.isEnded() && one.id.equals(fileOf(link, operation))) {
        one.by = null;
        one.lost.addAll(one.pending);
        one.pending.clear();
        contents.get(i).is(world.moment(), one.value);
        sizes.get(i).is(world.moment(), one.size);
      }
    }
  }

  private @Nullable InodeId fileOf(Link link, Operation<?> operation) {
    return switch (operation) {
      case Operation.Getattr(var id) -> id;
      case Operation.Lease(var id, _) -> id;
      case Operation.Setattr o -> o.id();
      case Operation.OnHandle<?> o -> opened.getOrDefault(link, Map.of()).get(o.handle());
      default -> null;
    };
  }

  /** What a leader must never do: it has ended the session. */
  private void writeLate(Link link, Operation.Write write, Completion<Integer> completion) {
    InodeId file = fileOf(link, write);
    if (file == null) {
      completion.failed(Errno.ESTALE);
      return;
    }
    long handle = oracleHandles.get(files.indexOf(file));
    oracle.submit(ME, new Operation.Write(handle, write.offset(), write.source()), completion);
  }

  private <R> void witness(
      Link link, Operation<R> operation, @Nullable R result, @Nullable Errno errno) {
    if (operation instanceof Operation.Open(var id, _)
        && result instanceof Operation.Opened handle) {
      opened.computeIfAbsent(link, _ -> new HashMap<>()).put(handle.handle(), id);
    }
    if (errno == null) {
      settle(link, operation);
      ByteBuffer source =
          switch (operation) {
            case Operation.Write o -> o.source();
            case Operation.Append o -> o.source();
            default -> ByteBuffer.allocate(0);
          };
      for (int at = 0; at + VALUE_BYTES <= source.limit(); at += VALUE_BYTES) {
        sent.add(source.getLong(at));
      }
    }
    if (operation instanceof Operation.Lease(var id, _)
        && result instanceof Operation.Leased leased
        && leased.seq() != 0) {
      requireNobodyWaits(link, id);
    }
    boolean look =
        operation instanceof Operation.Read
            || operation instanceof Operation.Getattr
            || operation instanceof Operation.Lookup
            || operation instanceof Operation.Lease
            || operation instanceof Operation.NextRecalls;
    if (look || errno == Errno.ESTALE) {
      return;
    }
    try {
      probe();
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
  }

  /** RuleD: nothing is granted while somebody else waits for leases to be given back. */
  private void requireNobodyWaits(Link link, InodeId id) {
    for (Link other : links) {
      for (Operation<?> waiting : other.waiting()) {
        boolean same =
            switch (waiting) {
              case Operation.Setattr o -> o.id().equals(id);
              // Others may wait for what a name names, and the directory is free.
              case Operation.Mknod o -> o.dir().equals(id);
              default -> false;
            };
        if (same && other != link) {
          throw new AssertionError("granted while " + waiting + " waits");
        }
      }
    }
  }

  private boolean somebodyWaits() {
    return links.stream().anyMatch(link -> !link.waiting().isEmpty());
  }

  private void probe() throws ErrnoException {
    long moment = world.moment();
    InsideMount mount = mounts.getFirst();
    for (int i = 0; i < FILES; i++) {
      InsideNode node = node(files.get(i));
      modes.get(i).is(moment, node.mode() & 07777);
      ByteBuffer bytes = ByteBuffer.allocate(VALUE_BYTES);
      long value = mount.read(node, 0, bytes) < VALUE_BYTES ? 0 : bytes.getLong(0);
      came(i, moment, value, node.size());
    }
    for (Map.Entry<Name, History> name : names.entrySet()) {
      InsideNode node = mount.lookup(node(directory), name.getKey());
      name.getValue().is(moment, node == null ? ABSENT : node.id());
    }
  }

  private InsideNode node(InodeId id) throws ErrnoException {
    return Objects.requireNonNull(mounts.getFirst().find(id));
  }

  /** What the leader has now of a file: it counts unless somebody has it otherwise. */
  private void came(int i, long moment, long value, long size) {
    Kept one = kept.get(i);
    if (value != one.value) {
      one.value = value;
      one.pending.remove(value);
      if (one.lost.contains(value)) {
        throw new AssertionError("what was lost came back: " + value);
      }
      if (one.by == null) {
        contents.get(i).is(moment, value);
      }
    }
    if (size != one.size) {
      one.size = size;
      if (one.by == null) {
        sizes.get(i).is(moment, size);
      }
    }
    if (contents.get(i).last().equals(value) && sizes.get(i).last().equals(size)) {
      one.by = null; // all has come
      one.pending.clear();
    }
  }

  private static long value(FileService service, long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(VALUE_BYTES);
    service.read(ME, handle, 0, bytes);
    return bytes.position() < VALUE_BYTES ? 0 : bytes.getLong(0);
  }

  private Object id(FileService service, Name name) throws ErrnoException {
    try {
      InodeId id = service.lookup(ME, directory, name).id();
      service.forget(ME, id, 1);
      return id;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return ABSENT;
      }
      throw e;
    }
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
    for (int i = 0; i < threads; i++) {
      String thread = who + "." + i;
      world
      .new Fiber(() -> {
        try {
          int steps = 10 + world.random().nextInt(60);
          for (int step = 0; step < steps && !link.isDead(); step++) {
            link.requireAwake();
            step(thread, link, service, handles);
            if (world.chance(2)) {
              world.current().sleep(world.between(1, 2_000));
            }
          }
        } catch (ErrnoException e) {
          requireFenced(link, e);
        }
      });
    }
  }

  private void step(String who, Link link, FileService service, List<Long> handles)
      throws ErrnoException {
    int file = world.random().nextInt(FILES);
    Name name = Name.of("name" + world.random().nextInt(NAMES));
    switch (world.random().nextInt(20)) {
      case 0 -> change(() -> write(link, service, file, handles.get(file)));
      case 1 -> change(() -> append(link, service, file, handles.get(file)));
      case 2 ->
          change(() ->
              service.setattr(
                  ME, files.get(file), 0, SetAttr.ofSize(world.random().nextInt(3) * 8L)));
      case 3 ->
          change(() ->
              service.setattr(
                  ME, files.get(file), 0, SetAttr.ofMode(0600 | world.random().nextInt(8))));
      case 4 -> names(() -> service.mknod(ME, directory, name, 0100644, 0));
      case 5 -> names(() -> service.unlink(ME, directory, name));
      case 6 -> {
        Name other = Name.of("name" + world.random().nextInt(NAMES));
        names(() -> service.rename(ME, directory, name, directory, other, 0));
      }
      case 7, 8, 9, 10 -> {
        long asked = world.moment();
        Stat stat = service.getattr(ME, files.get(file));
        sizes.get(file).requireSeen(stat.size(), asked, world.moment(), who);
        modes.get(file).requireSeen(stat.mode() & 07777, asked, world.moment(), who);
        looks++;
      }
      case 11, 12, 13, 14, 15 -> {
        long asked = world.moment();
        world.tell(() -> who + " reads file " + file);
        long value = value(service, handles.get(file));
        world.tell(() -> who + " has read " + value + " in file " + file);
        contents.get(file).requireSeen(value, asked, world.moment(), who);
        looks++;
      }
      default -> {
        long asked = world.moment();
        Object id = id(service, name);
        History history = names.get(name);
        if (history != null) {
          // The lookup is over when the forget goes, so the moment of the look is not later.
          history.requireSeen(id, asked, world.moment(), who);
        }
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

  /** Whether it counts as done, and neither the leader has heard of it nor we. */
  private boolean isKeptBack(int file, long value) {
    return !sent.contains(value) && !kept.get(file).pending.contains(value);
  }

  private ByteBuffer next() {
    return ByteBuffer.allocate(VALUE_BYTES).putLong(0, ++lastValue);
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

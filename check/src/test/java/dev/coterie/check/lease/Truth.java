package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.core.Session;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the tree of the simulated leader was at each moment, as it made it so or as a client has
 * changed it that keeps the change back; and so what a client may have seen.
 */
final class Truth implements Link.Witness {
  static final int VALUE_BYTES = Long.BYTES;

  /** What no name is of. */
  static final Object ABSENT = "absent";

  private static final Caller ME = Caller.ROOT;

  /** What one file is at the leader, and who has it otherwise. */
  private static final class Kept {
    final InodeId id;
    long value; // at the leader
    long size;
    @Nullable Link by;
    final Set<Long> pending = new HashSet<>();
    final Set<Long> lost = new HashSet<>();
    final Set<Long> came = new HashSet<>();

    Kept(InodeId id) {
      this.id = id;
    }
  }

  private final Simulation world;
  private final Supplier<InsideMount> stored; // without leases
  private final Session oracle;
  private final InodeId directory;
  private final List<Link> links;
  private final List<InodeId> files = new ArrayList<>();
  private final List<Long> oracleHandles = new ArrayList<>();
  private final List<History> contents = new ArrayList<>();
  private final List<History> sizes = new ArrayList<>();
  private final List<History> modes = new ArrayList<>();
  private final Map<Name, History> names = new HashMap<>();
  private final Map<InodeId, History> modesOfNamed = new HashMap<>(); // of what has had a name
  private final List<Kept> kept = new ArrayList<>();
  private final Map<Link, Map<Long, InodeId>> opened = new HashMap<>();
  private final Set<Long> sent = new HashSet<>(); // values that came to the leader
  private final Ledger ledger = new Ledger();
  private @Nullable InodeId ledgerFile;
  private int keptBack;
  private int namesLeased;

  /**
   * @param stored the mount, once it is there
   * @param oracle a session of our own
   * @param directory of the names
   * @param links those there are, and will be
   */
  Truth(
      Simulation world,
      Supplier<InsideMount> stored,
      Session oracle,
      InodeId directory,
      List<Link> links) {
    this.world = world;
    this.stored = stored;
    this.oracle = oracle;
    this.directory = directory;
    this.links = links;
  }

  /** One more file, empty. */
  void file(Operation.Opened made) {
    int i = files.size();
    files.add(made.stat().id());
    oracleHandles.add(made.handle());
    kept.add(new Kept(files.getLast()));
    contents.add(new History("content " + i, 0L));
    sizes.add(new History("size " + i, 0L));
    modes.add(new History("mode " + i, 0600));
  }

  /** The ledger, empty. */
  Ledger ledger(InodeId file) {
    ledgerFile = file;
    return ledger;
  }

  /** One more name, of nothing. */
  void name(Name name) {
    names.put(name, new History("name " + name, ABSENT));
  }

  InodeId file(int i) {
    return files.get(i);
  }

  /** How many changes counted as done before the leader heard of them. */
  int keptBack() {
    return keptBack;
  }

  /** How often all names of the directory were leased, with what they name. */
  int namesLeased() {
    return namesLeased;
  }

  // ---- what clients see ----

  void requireValue(int file, long value, long asked, String who) {
    contents.get(file).requireSeen(value, asked, world.moment(), who);
  }

  void requireStat(int file, Stat stat, long asked, String who) {
    sizes.get(file).requireSeen(stat.size(), asked, world.moment(), who);
    modes.get(file).requireSeen(stat.mode() & 07777, asked, world.moment(), who);
  }

  /** The lookup is over when its reference is given back, so the look was not later than this. */
  void requireName(Name name, Object id, long asked, String who) {
    Objects.requireNonNull(names.get(name)).requireSeen(id, asked, world.moment(), who);
  }

  /** The same with what was seen of the file. */
  void requireNamed(Name name, Stat stat, long asked, String who) {
    requireName(name, stat.id(), asked, who);
    History modes = modesOfNamed.get(stat.id());
    if (modes == null) {
      throw new AssertionError(who + " saw what was never there: " + stat.id());
    }
    modes.requireSeen(stat.mode() & 07777, asked, world.moment(), who);
  }

  /**
   * Of what one listing tells, in several replies, each entry must have been so at one moment, and
   * so each name that is not in it must have been of nothing.
   */
  void requireListing(List<DirEntry> listing, long asked, String who) {
    Set<Name> absent = new HashSet<>(names.keySet());
    for (DirEntry entry : listing) {
      Stat stat = entry.stat();
      if (names.containsKey(entry.name())) {
        absent.remove(entry.name());
        requireName(entry.name(), entry.id(), asked, who);
        if (stat != null) {
          requireNamed(entry.name(), stat, asked, who);
        }
      }
    }
    absent.forEach(name -> requireName(name, ABSENT, asked, who));
  }

  // ---- what the leader did ----

  /**
   * A client calls something done. If the leader has not heard of it, it was kept back, and that at
   * this moment: its caller may hear of it later than another thread of what it wrote after it.
   */
  @Override
  public void acknowledged(Link link, Operation<?> operation, Object result) {
    InodeId id = fileOf(link, operation);
    int file = id == null ? -1 : files.indexOf(id);
    if (file < 0) {
      return;
    }
    if (operation instanceof Operation.Write write && write.offset() == 0) {
      long value = write.source().getLong(0);
      if (isKeptBack(file, value)) {
        requireAlone(link, files.get(file));
        kept(link, files.get(file), value, Math.max((long) sizes.get(file).last(), VALUE_BYTES));
      }
    } else if (operation instanceof Operation.Append append
        && result instanceof Operation.Transferred moved) {
      long value = append.source().getLong(0);
      if (isKeptBack(file, value)) {
        requireAlone(link, files.get(file));
        long first = moved.offset() == 0 ? value : (long) contents.get(file).last();
        kept(link, files.get(file), first, moved.offset() + VALUE_BYTES);
      }
    }
  }

  /** ExclusiveAlone: who keeps something back has the file alone, as the leader knows. */
  private static void requireAlone(Link link, InodeId file) {
    if (!link.isDead() && !link.hasAlone(file)) {
      throw new AssertionError(link + " keeps back what it has not alone");
    }
  }

  /** From now on the file is that, and the leader does not know it. */
  @Override
  public void kept(Link link, InodeId file, long value, long size) {
    int i = files.indexOf(file);
    Kept one = kept.get(i);
    one.by = link;
    one.pending.add(value);
    contents.get(i).is(world.moment(), value);
    sizes.get(i).is(world.moment(), size);
    world.tell(() -> link + " keeps back " + value + " of file " + i + ", size " + size);
    keptBack++;
  }

  @Override
  public void cleaned(Link link, InodeId file) {
    Kept one = kept.get(files.indexOf(file));
    if (one.by == link) {
      one.by = null;
      one.pending.clear();
    }
  }

  /**
   * Whether what was kept back has come to the leader or is lost. It is lost when its client was
   * ended and another is told of the file: until then nobody can tell.
   */
  private void settle(Link link, Operation<?> operation) {
    for (int i = 0; i < files.size(); i++) {
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

  /** The file that an operation is about; null: another, or several. */
  @Nullable InodeId fileOf(Link link, Operation<?> operation) {
    return switch (operation) {
      case Operation.Getattr(var id) -> id;
      case Operation.Lease(var id, _) -> id;
      case Operation.Setattr o -> o.id();
      case Operation.OnHandle<?> o -> opened.getOrDefault(link, Map.of()).get(o.handle());
      default -> null;
    };
  }

  /** What a leader must never do: it has ended the session. */
  void writeLate(Link link, Operation.Write write, Completion<Integer> completion) {
    InodeId file = fileOf(link, write);
    if (file == null) {
      completion.failed(Errno.ESTALE);
      return;
    }
    long handle = oracleHandles.get(files.indexOf(file));
    oracle.submit(ME, new Operation.Write(handle, write.offset(), write.source()), completion);
  }

  @Override
  public <R> void answered(
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
    if (result instanceof Operation.Leased leased && leased.seq() != 0) {
      if (operation instanceof Operation.Lease(var id, _)) {
        requireNobodyWaits(link, id);
      } else if (operation instanceof Operation.LeaseNames(var id)) {
        requireNobodyWaits(link, id);
        namesLeased++;
      }
    }
    boolean look =
        operation instanceof Operation.Read
            || operation instanceof Operation.Getattr
            || operation instanceof Operation.Lookup
            || operation instanceof Operation.Readdir
            || operation instanceof Operation.Lease
            || operation instanceof Operation.LeaseNames
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
              case Operation.Setattr o ->
                  o.id().equals(id) && files.contains(id); // or for the names
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

  boolean somebodyWaits() {
    return links.stream().anyMatch(link -> !link.waiting().isEmpty());
  }

  /** Looks at all that the leader has. */
  void probe() throws ErrnoException {
    long moment = world.moment();
    InsideMount mount = mount();
    for (int i = 0; i < files.size(); i++) {
      InsideNode node = node(files.get(i));
      modes.get(i).is(moment, node.mode() & 07777);
      ByteBuffer bytes = ByteBuffer.allocate(VALUE_BYTES);
      long value = mount.read(node, 0, bytes) < VALUE_BYTES ? 0 : bytes.getLong(0);
      came(i, moment, value, node.size());
    }
    InodeId appended = ledgerFile;
    if (appended != null) {
      ledger.require(values(appended));
    }
    for (Map.Entry<Name, History> name : names.entrySet()) {
      InsideNode node = mount.lookup(node(directory), name.getKey());
      name.getValue().is(moment, node == null ? ABSENT : node.id());
      if (node != null) {
        int mode = node.mode() & 07777;
        modesOfNamed
            .computeIfAbsent(node.id(), id -> new History("mode of " + id, mode))
            .is(moment, mode);
      }
    }
  }

  private List<Long> values(InodeId file) throws ErrnoException {
    InsideNode node = node(file);
    ByteBuffer bytes = ByteBuffer.allocate((int) node.size());
    mount().read(node, 0, bytes);
    List<Long> values = new ArrayList<>();
    for (int at = 0; at + VALUE_BYTES <= bytes.position(); at += VALUE_BYTES) {
      values.add(bytes.getLong(at));
    }
    return values;
  }

  private InsideMount mount() {
    return stored.get();
  }

  private InsideNode node(InodeId id) throws ErrnoException {
    return Objects.requireNonNull(mount().find(id));
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
      if (value != 0 && !one.came.add(value)) {
        throw new AssertionError("written twice: " + value);
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

  /** Whether it counts as done, and neither the leader has heard of it nor we. */
  private boolean isKeptBack(int file, long value) {
    return !sent.contains(value) && !kept.get(file).pending.contains(value);
  }
}

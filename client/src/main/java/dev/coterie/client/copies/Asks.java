package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Lookup;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.api.XattrNames;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What is sent below for each operation, and what its reply teaches. */
final class Asks {
  private final Nodes nodes; // immutable
  private final Keeper keeper; // immutable
  private final Reading reading; // immutable
  private final Listings listings; // immutable
  private final OwnLocks locks; // immutable
  private final WriteBack writeBack; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies

  Asks(
      Nodes nodes,
      Keeper keeper,
      Reading reading,
      Listings listings,
      OwnLocks locks,
      WriteBack writeBack,
      ConcurrentHashMap<Long, Handle> handles) {
    this.locks = locks;
    this.nodes = nodes;
    this.keeper = keeper;
    this.reading = reading;
    this.listings = listings;
    this.writeBack = writeBack;
    this.handles = handles;
  }

  // ---- leases asked for beforehand ----

  /** The node whose lease is to be asked for before the operation; null: none. */
  @Nullable Node wants(Operation<?> operation) {
    Node node =
        switch (operation) {
          case Operation.Read read -> reading.wants(read);
          case Lookup lookup when !isDots(lookup) -> wantsNames(lookup.dir());
          case Operation.Readdir readdir -> listings.wants(readdir);
          case Operation.Write write ->
              writeBack.wants(write.handle(), false, write.source().remaining());
          case Operation.Append append ->
              writeBack.wants(append.handle(), true, append.source().remaining());
          default -> null;
        };
    return node != null && keeper.mayAsk() ? node : null;
  }

  private @Nullable Node wantsNames(InodeId directory) {
    Node node = nodes.get(directory);
    return node != null && node.nameable() == null && node.wantsUseLease(keeper.now())
        ? node
        : null;
  }

  /** Of the lease that is asked for before the operation. */
  private static LeaseMode mode(Operation<?> operation) {
    return operation instanceof Operation.Write || operation instanceof Operation.Append
        ? LeaseMode.EXCLUSIVE
        : LeaseMode.SHARED;
  }

  /** A lease that is worth asking for before the operation. */
  Ask<Stat, Leased> lease(Node node, Operation<?> operation) {
    return operation instanceof Operation.Readdir
        ? listings.lease(node)
        : lease(node.id, mode(operation));
  }

  /** Attributes, with a lease. */
  Ask<Stat, Leased> lease(InodeId id, LeaseMode mode) {
    Node node = nodes.hold(id);
    nodes.asks(node);
    int epoch = keeper.epoch();
    int ended = nodes.ended(node);
    return new Ask<>(
        new Operation.Lease(id, mode),
        leased -> {
          nodes.learn(node, leased, ended, epoch);
          if (mode.compareTo(leased.mode()) > 0) {
            nodes.shared(node);
          }
          nodes.release(node);
          return leased.stat();
        },
        errno -> nodes.release(node),
        false);
  }

  // ---- instead of operations ----

  /** The operation, or what answers more. */
  @SuppressWarnings("unchecked") // each answers what its operation does
  <R> Ask<R, ?> of(Caller caller, Operation<R> operation) {
    Ask<?, ?> ask =
        switch (operation) {
          case Operation.Getattr o -> stat(o.id());
          case Operation.Lease o -> leaseless(stat(o.id()));
          case Operation.LeaseNames o -> leaseless(stat(o.id()));
          case Lookup o when !isDots(o) -> child(caller, o);
          case Operation.Read o -> reading.ask(o);
          case Operation.LeaseLocks o -> leaseless(o);
          default -> plain(caller, operation);
        };
    return (Ask<R, ?>) ask;
  }

  /** The operation itself. */
  @SuppressWarnings("unchecked") // each answers what its operation does
  <R> Ask<R, ?> plain(Caller caller, Operation<R> operation) {
    Ask<?, ?> ask =
        switch (operation) {
          case Lookup o -> lookup(caller, o);
          case Operation.Read o -> reading.marking(handles.get(o.handle()), o);
          case Operation.ReadNext o -> reading.marks(o, o.handle());
          case Operation.Readdir o -> listings.ask(caller, o);
          case Operation.Root o -> referring(o, null);
          case Operation.Rebind o -> referring(o, null);
          case Operation.Take o -> taking(o);
          case Operation.Share o -> sharing(o);
          case Operation.Eventfd o -> openingOther(o);
          case Operation.Evset o -> openingOther(o);
          case Operation.OpenWatch o -> openingOther(o);
          case Operation.Close o -> close(o);
          case Operation.SetFlags o -> flags(o);
          default -> change(operation);
        };
    return (Ask<R, ?>) ask;
  }

  private Ask<?, ?> change(Operation<?> operation) {
    return switch (operation) {
      case Operation.Setattr o -> attributes(o);
      case Operation.Mknod o -> referring(o, change().of(o.dir()));
      case Operation.Mkdir o -> referring(o, change().of(o.dir()));
      case Operation.Symlink o -> referring(o, change().of(o.dir()));
      case Operation.Link o -> changing(o, change().of(o.dir()).of(o.id()));
      case Operation.Unlink o -> changing(o, change().of(o.dir()).ofNamed(o.dir(), o.name()));
      case Operation.Rmdir o -> changing(o, change().of(o.dir()).ofNamed(o.dir(), o.name()));
      case Operation.Rename o -> changing(o, rename(o));
      case Operation.Setxattr o -> changing(o, attribute(o));
      case Operation.Removexattr o -> changing(o, change().of(o.id()));
      case Operation.Create o -> create(o);
      case Operation.Tmpfile o -> opening(o, true, change().of(o.dir()));
      case Operation.Open o when (o.flags() & OpenFlags.O_TRUNC) != 0 ->
          opening(o, false, change().of(o.id()));
      case Operation.Open o -> open(o);
      case Operation.Write o -> changing(o, behind(o.handle()));
      case Operation.Append o -> changing(o, behind(o.handle()));
      case Operation.WriteNext o -> changing(o, behind(o.handle()));
      case Operation.Fallocate o -> changing(o, behind(o.handle()));
      case Operation.CopyRange o -> copyRange(o);
      default -> Ask.plain(operation);
    };
  }

  private Change change() {
    return new Change(nodes, keeper);
  }

  private Change rename(Operation.Rename o) {
    return change()
        .of(o.dir())
        .of(o.newDir())
        .ofNamed(o.dir(), o.name())
        .ofNamed(o.newDir(), o.newName());
  }

  private Change attribute(Operation.Setxattr o) {
    if (o.name().equals(XattrNames.COUNTER)) {
      nodes.counts(o.id());
    }
    return change().of(o.id());
  }

  private Change behind(long number) {
    Handle handle = handles.get(number);
    if (handle == null) {
      return change().ofSomething();
    }
    return handle.file ? change().of(handle.node.id) : change();
  }

  private static boolean isDots(Lookup lookup) {
    return lookup.name().isDots();
  }

  // ---- attributes ----

  private Ask<Stat, ?> stat(InodeId id) {
    Node node = nodes.get(id);
    if (node == null) {
      return Ask.plain(new Operation.Getattr(id)); // nobody has a reference
    }
    if (!node.isCovered() && node.wantsLookLease(keeper.now()) && keeper.mayAsk()) {
      return lease(id, LeaseMode.SHARED);
    }
    Node held = nodes.hold(id);
    Attributes.Asked asked = Attributes.asked(held, keeper);
    return new Ask<>(
        new Operation.Getattr(id),
        stat -> {
          Attributes.learn(held, asked, stat);
          nodes.release(held);
          return stat;
        },
        errno -> nodes.release(held),
        false);
  }

  private Ask<Stat, Stat> attributes(Operation.Setattr o) {
    Change change = change().of(o.id()).begin();
    return new Ask<>(
        o,
        stat -> {
          change.done(stat);
          return stat;
        },
        change::failed,
        false);
  }

  private Ask<Leased, ?> leaseless(Operation.LeaseLocks o) {
    Handle handle = handles.get(o.handle());
    return handle == null ? Ask.plain(o) : leaseless(stat(handle.node.id));
  }

  /** Leases are kept here, and not handed on. */
  private static <S> Ask<Leased, S> leaseless(Ask<Stat, S> ask) {
    return new Ask<>(
        ask.sent(),
        answer -> {
          Stat stat = ask.reply().of(answer);
          return stat == null ? null : new Leased(stat, 0);
        },
        ask.failed(),
        false);
  }

  // ---- names ----

  private Ask<Stat, ?> child(Caller caller, Lookup lookup) {
    Node directory = nodes.get(lookup.dir());
    Copy copy = directory == null ? null : directory.naming(caller, lookup.name());
    Copy.Entry entry = copy == null ? null : copy.entry(caller, lookup.name());
    Node child = entry == null ? null : entry.child();
    if (directory == null || copy == null || child == null) {
      return lookup(caller, lookup);
    }
    return child(stat(child.id), directory, copy, child);
  }

  /** The name is known: only the attributes are asked for. */
  private <S> Ask<Stat, S> child(Ask<Stat, S> stat, Node directory, Copy copy, Node child) {
    return new Ask<>(
        stat.sent(),
        answer -> {
          // The name was of this child all the while, if the copy that says so still stands.
          boolean given = nodes.give(child);
          Stat found = stat.reply().of(answer);
          if (given && keeper.stands(directory, copy)) {
            keeper.used(directory);
            return found;
          }
          if (given) {
            nodes.takeBackReference(child);
          }
          return null;
        },
        stat.failed(),
        true);
  }

  private Ask<Stat, Stat> lookup(Caller caller, Lookup lookup) {
    if (isDots(lookup)) {
      return referring(lookup, null);
    }
    Node directory = nodes.hold(lookup.dir());
    Copy copy = directory.nameable();
    Copy listed = directory.namesCopy();
    int epoch = keeper.epoch();
    long quiet = nodes.quiet();
    return new Ask<>(
        lookup,
        stat -> {
          nodes.referred(stat.id());
          searched(listed, caller);
          if (copy != null) {
            nodes.learnName(copy, caller, lookup.name(), stat.id());
          }
          nodes.ofNames().found(directory, listed, stat, epoch, quiet);
          nodes.release(directory);
          return stat;
        },
        errno -> {
          if (errno == Errno.ENOENT) {
            searched(listed, caller);
            if (copy != null) {
              nodes.learnName(copy, caller, lookup.name(), null);
            }
          }
          nodes.release(directory);
        },
        false);
  }

  /** The copy was there when it was asked for; if it is no more it is of no use. */
  private static void searched(@Nullable Copy listed, Caller caller) {
    if (listed != null) {
      listed.searchedBy(caller);
    }
  }

  /** What gives a reference. */
  private Ask<Stat, Stat> referring(Operation<Stat> operation, @Nullable Change change) {
    if (change != null) {
      change.begin();
    }
    return new Ask<>(
        operation,
        stat -> {
          nodes.referred(stat.id());
          if (change != null) {
            change.done((Stat) null);
          }
          return stat;
        },
        errno -> {
          if (change != null) {
            change.failed(errno);
          }
        },
        false);
  }

  private <R> Ask<R, R> changing(Operation<R> operation, Change change) {
    change.begin();
    return new Ask<>(
        operation,
        answer -> {
          change.done((Stat) null);
          return answer;
        },
        change::failed,
        false);
  }

  private Ask<Long, Long> copyRange(Operation.CopyRange o) {
    Change change = behind(o.toHandle()).begin();
    Ask<Long, Long> marks = reading.marks(o, o.handle());
    return new Ask<>(
        o,
        count -> {
          change.done((Stat) null);
          return marks.reply().of(count);
        },
        change::failed,
        false);
  }

  // ---- handles ----

  private Ask<Opened, Opened> create(Operation.Create o) {
    boolean empties = (o.flags() & OpenFlags.O_TRUNC) != 0;
    Change names = change().of(o.dir()).begin();
    Change content = empties ? change().ofSomething().begin() : null;
    return new Ask<>(
        o,
        opened -> {
          open(opened, true, true);
          names.done((Stat) null);
          if (content != null) {
            content.done(opened.stat().id());
          }
          return opened;
        },
        errno -> {
          names.failed(errno);
          if (content != null) {
            content.failed(errno);
          }
        },
        false);
  }

  private Ask<Opened, Opened> opening(
      Operation<Opened> operation, boolean refers, @Nullable Change change) {
    boolean alone = !(operation instanceof Operation.Take);
    if (change != null) {
      change.begin();
    }
    return new Ask<>(
        operation,
        opened -> {
          open(opened, refers, alone);
          if (change != null) {
            change.done((Stat) null);
          }
          return opened;
        },
        errno -> {
          if (change != null) {
            change.failed(errno);
          }
        },
        false);
  }

  /** Others may have it too. */
  private Ask<Opened, Opened> taking(Operation.Take o) {
    Ask<Opened, Opened> opening = opening(o, false, null);
    return new Ask<>(
        o,
        opened -> {
          Opened taken = opening.reply().of(opened);
          Handle handle = handles.get(opened.handle());
          locks.shared(handle);
          if (handle != null) {
            handle.writeThrough(1);
          }
          return taken;
        },
        opening.failed(),
        false);
  }

  /** With a lease, where it was read before. What is opened so is no use of it yet. */
  private Ask<Opened, Opened> open(Operation.Open o) {
    int flags = o.flags() & ~(OpenFlags.LEASE | OpenFlags.READ_SOON); // ours, not the caller's
    Node node = nodes.get(o.id());
    boolean wished =
        (flags & (OpenFlags.O_ACCMODE | Walks.UNKEPT | OpenFlags.O_DIRECTORY)) == 0
            && node != null
            && node.copy == null
            && node.wantsOpenLease(keeper.now())
            && keeper.mayAsk();
    if (!wished) {
      return opening(new Operation.Open(o.id(), flags), false, null);
    }
    Node held = nodes.hold(o.id());
    nodes.asks(held);
    int epoch = keeper.epoch();
    int ended = nodes.ended(held);
    return new Ask<>(
        new Operation.Open(o.id(), flags | OpenFlags.LEASE),
        opened -> {
          open(opened, false, true);
          nodes.learn(held, opened.leased(), ended, epoch);
          nodes.release(held);
          return new Opened(opened.handle(), opened.stat(), opened.flags());
        },
        errno -> nodes.release(held),
        false);
  }

  /**
   * @param alone whether nobody else can have this open file yet
   */
  void open(Opened opened, boolean refers, boolean alone) {
    InodeId id = opened.stat().id();
    if (refers) {
      nodes.referred(id);
    }
    Node node = nodes.hold(id);
    nodes.opened(node, 1);
    boolean file = opened.stat().isRegular();
    boolean own = alone && file && (opened.flags() & OpenFlags.COUNTER) == 0;
    Position position = own ? new Position() : null;
    handles.put(opened.handle(), new Handle(node, file, opened.flags(), position));
    nodes.release(node);
  }

  /** Others have it too, and may change its flags: what is written goes through. */
  private <R> Ask<R, R> sharing(Operation.OnHandle<R> o) {
    Handle handle = handles.get(o.handle());
    if (handle != null) {
      handle.writeThrough(1);
      locks.shared(handle);
    }
    return Ask.plain(o);
  }

  /** What is no file, whatever inode its reply names. */
  private Ask<Opened, Opened> openingOther(Operation<Opened> operation) {
    return new Ask<>(
        operation,
        opened -> {
          Node none = new Node(opened.stat().id());
          handles.put(opened.handle(), new Handle(none, false, opened.flags(), null));
          return opened;
        },
        errno -> {},
        false);
  }

  /** Known until it is closed for sure; its number may be another's then. */
  private Ask<Operation.Done, Operation.Done> close(Operation.Close o) {
    Handle handle = handles.get(o.handle());
    locks.closing(o.handle(), handle);
    if (handle != null) {
      handle.writeThrough(1);
    }
    return new Ask<>(
        o,
        done -> {
          if (handle != null && handles.remove(o.handle(), handle)) {
            nodes.opened(handle.node, -1);
          }
          return done;
        },
        errno -> {},
        false);
  }

  private Ask<Operation.Done, Operation.Done> flags(Operation.SetFlags o) {
    Handle handle = handles.get(o.handle());
    if (handle == null) {
      return Ask.plain(o);
    }
    handle.writeThrough(1);
    return new Ask<>(
        o,
        done -> {
          handle.flags = (handle.flags & ~OpenFlags.SETTABLE) | (o.flags() & OpenFlags.SETTABLE);
          handle.writeThrough(-1);
          return done;
        },
        errno -> handle.writeThrough(-1),
        false);
  }
}

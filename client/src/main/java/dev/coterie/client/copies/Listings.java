package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Readdir;
import dev.coterie.api.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Listings of directories, with attributes and without, under leases on their names. What one reply
 * tells of several entries is not of one moment, and so need not be what is answered here.
 */
final class Listings {
  private final Nodes nodes; // immutable
  private final Keeper keeper; // immutable
  private final Reading reading; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies

  Listings(Nodes nodes, Keeper keeper, Reading reading, ConcurrentHashMap<Long, Handle> handles) {
    this.nodes = nodes;
    this.keeper = keeper;
    this.reading = reading;
    this.handles = handles;
  }

  // ---- from a copy ----

  /** Entries, fewer than there is room for where not all is known; null: to be asked for. */
  @Nullable List<DirEntry> copied(Caller caller, Readdir o) {
    Handle handle = handles.get(o.handle());
    Copy copy = handle == null ? null : handle.node.namesCopy();
    if (handle == null || copy == null || (handle.flags & OpenFlags.STRICTATIME) != 0) {
      return null;
    }
    Listing.Filled filled = copy.listing.filled();
    int from = filled == null ? -1 : filled.after(o.cookie());
    if (filled == null || from < 0 || !filled.who.sameIdentity(caller)) {
      return null;
    }
    List<DirEntry> page = page(o, filled, from);
    boolean atEnd = filled.complete && from == filled.entries.size();
    if ((page.isEmpty() && !atEnd)
        || !keeper.stands(handle.node, copy)
        || keeper.epoch() != filled.epoch) {
      return null;
    }
    keeper.used(handle.node.names);
    return page;
  }

  /** Whether a whole listing lacks a name, as is told to who may search the directory. */
  boolean isAbsent(Caller caller, Node directory, Name name) {
    Copy copy = directory.namesCopy();
    Listing.Filled filled = copy == null ? null : copy.listing.filled();
    if (copy == null
        || filled == null
        || !copy.wasSearchedBy(caller)
        || !filled.lacks(name)
        || !keeper.stands(directory, copy)
        || keeper.epoch() != filled.epoch) {
      return false;
    }
    keeper.used(directory, copy);
    return true;
  }

  private List<DirEntry> page(Readdir o, Listing.Filled filled, int from) {
    List<DirEntry> page = new ArrayList<>();
    int left = o.bytes();
    for (Listing.Entry entry : filled.entries.subList(from, filled.entries.size())) {
      DirEntry bare = entry.bare();
      left -=
          Readdir.ENTRY_BYTES + bare.name().length() + (o.attributes() ? Readdir.STAT_BYTES : 0);
      if (left < 0) {
        return page;
      }
      if (!o.attributes() || bare.name().equals(Name.DOT_DOT)) {
        page.add(bare);
        continue;
      }
      Node child = entry.child();
      Stat stat = child == null ? filled.dot : Attributes.of(child, keeper);
      if (stat == null) {
        return page;
      }
      page.add(new DirEntry(bare.name(), bare.id(), bare.type(), bare.cookie(), stat));
    }
    return page;
  }

  // ---- from below ----

  /** The directory a lease on whose names is worth asking for; null: none. */
  @Nullable Node wants(Readdir o) {
    Handle handle = handles.get(o.handle());
    if (handle == null || o.cookie() != 0 || handle.file || !fills(handle)) {
      return null;
    }
    if (!handle.node.equals(nodes.get(handle.node.id))) {
      return null; // of what is no file
    }
    synchronized (handle.node) {
      boolean wants = handle.node.itsNames().wantsLease(keeper.now());
      return wants && !handle.node.gone ? handle.node : null;
    }
  }

  /** What is listed by others later has its access time marked already. */
  private static boolean fills(Handle handle) {
    return (handle.flags & (OpenFlags.STRICTATIME | OpenFlags.O_NOATIME)) == 0;
  }

  Ask<Stat, Leased> lease(Node directory) {
    Node node = nodes.hold(directory.id);
    nodes.ofNames().asks(node);
    int epoch = keeper.epoch();
    int ended = nodes.ended(node);
    return new Ask<>(
        new Operation.LeaseNames(node.id),
        leased -> {
          nodes.ofNames().learn(node, leased, ended, epoch);
          nodes.release(node);
          return leased.stat();
        },
        errno -> nodes.release(node),
        false);
  }

  Ask<List<DirEntry>, List<DirEntry>> ask(Caller caller, Readdir o) {
    Handle handle = handles.get(o.handle());
    Ask<List<DirEntry>, List<DirEntry>> marks = reading.marks(o, o.handle());
    Copy copy = handle == null ? null : handle.node.namesCopy();
    if (handle == null || copy == null || !fills(handle)) {
      return marks;
    }
    int epoch = keeper.epoch();
    long quiet = nodes.quiet();
    return new Ask<>(
        o,
        page -> {
          if (copy.equals(handle.node.namesCopy())) { // or it is of no use any more
            learn(new Told(caller, handle.node, copy, o, page, epoch, quiet));
          }
          return marks.reply().of(page);
        },
        marks.failed(),
        false);
  }

  /**
   * A reply.
   *
   * @param epoch of the keeper, when it was asked for
   * @param quiet what {@link Nodes#quiet} answered then
   */
  private record Told(
      Caller caller,
      Node directory,
      Copy copy,
      Readdir operation,
      List<DirEntry> page,
      int epoch,
      long quiet) {}

  private void learn(Told told) {
    Listing listing = told.copy.listing;
    Listing.Filled before = listing.filled();
    Listing.Filled first = before == null || before.epoch != told.epoch ? null : before;
    if (first == null ? told.operation.cookie() != 0 : !first.who.sameIdentity(told.caller)) {
      return;
    }
    List<Listing.Entry> known = first == null ? List.of() : first.entries;
    int from = first == null ? 0 : first.after(told.operation.cookie());
    if (from < 0) {
      return;
    }
    List<Listing.Entry> more = more(told.page, known.size() - from);
    if (known.size() + more.size() > Listing.ENTRIES || !nodes.pin(more)) {
      nodes.unpinChildren(more);
      return;
    }
    List<Listing.Entry> all = new ArrayList<>(known);
    all.addAll(more);
    boolean complete =
        (first != null && first.complete) || (told.page.isEmpty() && from == all.size());
    Stat dot = dot(told.page, first == null ? null : first.dot);
    if (!listing.fill(before, new Listing.Filled(told.caller, told.epoch, all, complete, dot))) {
      nodes.unpin(more);
      return;
    }
    if (first == null && before != null) {
      nodes.unpin(before.entries);
    }
    cover(told, all.subList(from, Math.min(all.size(), from + told.page.size())));
  }

  /** Those of a page that are not known yet, pinned. */
  private List<Listing.Entry> more(List<DirEntry> page, int known) {
    List<Listing.Entry> more = new ArrayList<>();
    for (DirEntry entry : page.subList(Math.min(known, page.size()), page.size())) {
      DirEntry bare = new DirEntry(entry.name(), entry.id(), entry.type(), entry.cookie(), null);
      more.add(new Listing.Entry(bare, entry.name().isDots() ? null : nodes.pinned(entry.id())));
    }
    return more;
  }

  private static @Nullable Stat dot(List<DirEntry> page, @Nullable Stat known) {
    for (DirEntry entry : page) {
      if (entry.name().equals(Name.DOT) && entry.stat() != null) {
        return entry.stat();
      }
    }
    return known;
  }

  private void cover(Told told, List<Listing.Entry> entries) {
    Names names = told.directory.names;
    for (int i = 0; i < entries.size() && names != null; i++) {
      Node child = entries.get(i).child();
      Stat stat = told.page.get(i).stat();
      if (child == null) {
        continue;
      }
      if (stat == null) {
        nodes.ofNames().cover(child, names, told.copy);
      } else {
        nodes.ofNames().cover(child, names, told.copy, stat, told.epoch, told.quiet);
      }
    }
  }
}

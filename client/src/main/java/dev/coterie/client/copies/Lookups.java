package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Lookup;
import dev.coterie.api.Stat;
import org.jspecify.annotations.Nullable;

/** Names looked up in copies of directories. */
final class Lookups {
  private final Nodes nodes; // immutable
  private final Keeper keeper; // immutable
  private final Listings listings; // immutable

  Lookups(Nodes nodes, Keeper keeper, Listings listings) {
    this.nodes = nodes;
    this.keeper = keeper;
    this.listings = listings;
  }

  /** What has the name, with one more reference to it; null: to be asked for. */
  @Nullable Stat copied(Caller caller, Lookup lookup) throws ErrnoException {
    Node directory = nodes.get(lookup.dir());
    if (directory == null) {
      return null;
    }
    Copy copy = directory.naming(caller, lookup.name());
    Copy.Entry entry = copy == null ? null : copy.entry(caller, lookup.name());
    if (copy == null || entry == null) {
      if (listings.isAbsent(caller, directory, lookup.name())) {
        throw new ErrnoException(Errno.ENOENT, "lookup");
      }
      return null;
    }
    Node child = entry.child();
    if (child == null) {
      if (!keeper.stands(directory, copy)) {
        return null;
      }
      keeper.used(directory, copy);
      throw new ErrnoException(Errno.ENOENT, "lookup");
    }
    Stat stat = Attributes.of(child, keeper);
    if (stat == null || !nodes.give(child)) {
      return null;
    }
    if (!keeper.stands(directory, copy)) { // until after the attributes, so the name was its
      nodes.takeBackReference(child);
      return null;
    }
    keeper.used(directory, copy);
    return stat;
  }
}

package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import org.jspecify.annotations.Nullable;

/**
 * What this client knows of one inode. Its fields are guarded by its monitor unless they say so.
 */
final class Node {
  final InodeId id; // immutable
  volatile @Nullable Copy copy; // written under this; null: no lease
  volatile @Nullable Names names; // set once, under this: of a directory that was listed
  volatile @Nullable Covered covered; // written under this: attributes, by its directory's lease
  volatile int changing; // written under this: own changes under way
  @Nullable Kept kept; // one of the changes: writes that are kept back
  boolean counter; // it may be one: what is written to it is no content
  int ended; // own changes that are over
  int asks; // requests under way that may bring a lease, and whoever else needs this to stay
  boolean hasFloor;
  int floor; // grants up to here were recalled, though not all have come yet
  long given; // references that callers have
  long real; // references that the service below has counted; not less
  int pins; // names in copies that lead here
  int handles; // open
  volatile boolean idle; // written under this: no caller may use it, a copy's name alone needs it
  boolean gone; // not in Nodes any more

  // Hints, of which it does not matter that they are not exact.
  boolean used = true; // since the keeper last looked
  int idleLooks;
  int looks; // how often attributes were asked for, since a change
  int uses; // how often content or names were
  int writes; // how often it was written, since others wanted it
  int streak; // recalls in a row that came soon
  long grantedAt;
  long quietUntil;
  boolean quiet; // until then no lease is asked for
  private long sharedUntil;
  private boolean shared; // until then no exclusive one
  boolean unfit; // neither a file nor a directory

  Node(InodeId id) {
    this.id = id;
  }

  boolean isNeeded() {
    return given > 0 || pins > 0 || handles > 0 || asks > 0;
  }

  // ---- copies ----

  /** The lease on its names. Under its monitor. */
  Names itsNames() {
    Names known = names;
    if (known == null) {
      known = new Names(this);
      names = known;
    }
    return known;
  }

  /** The copy under the lease on its names; null: there is none. */
  @Nullable Copy namesCopy() {
    Names known = names;
    return known == null ? null : known.copy;
  }

  /** Whether it is one of the copies that there are now. */
  boolean has(Copy one) {
    return one.equals(copy) || one.equals(namesCopy());
  }

  /** The copy that names are put into; null: there is none. */
  @Nullable Copy nameable() {
    Copy own = copy;
    return own != null ? own : namesCopy();
  }

  /** The copy that knows a name; null: there is none. */
  @Nullable Copy naming(Caller caller, Name name) {
    Copy own = copy;
    if (own != null && own.entry(caller, name) != null) {
      return own;
    }
    Copy listed = namesCopy();
    return listed != null && listed.entry(caller, name) != null ? listed : null;
  }

  /** Whether attributes of it are covered by a lease, if they come to be known. */
  boolean isCovered() {
    Covered told = covered;
    return copy != null || namesCopy() != null || (told != null && told.isCurrent());
  }

  /** Our own reading has marked the access time. */
  void forgetTimes() {
    Copy own = copy;
    if (own != null) {
      own.forgetTimes();
    }
    Copy listed = namesCopy();
    if (listed != null) {
      listed.forgetTimes();
    }
    Covered told = covered;
    if (told != null) {
      told.forgetTimes();
    }
  }

  // ---- hints ----

  /** Whether a lease may be asked for with attributes, and is worth it: not at the first time. */
  boolean wantsLookLease(long now) {
    return looks++ > 0 && !isHushed(now);
  }

  /** The same before content or names are asked for. */
  boolean wantsUseLease(long now) {
    return uses++ > 0 && !isHushed(now);
  }

  /** The same when it is opened to be read: who has read it before may do so again. */
  boolean wantsOpenLease(long now) {
    return uses > 0 && !isHushed(now);
  }

  /** The same of an exclusive lease. */
  boolean wantsWriteLease(long now) {
    return !isHushed(now) && !(shared && now - sharedUntil < 0);
  }

  /** Others have leases too, or want to see what is written. */
  void isShared(long now, long nanos) {
    if (!shared || now + nanos - sharedUntil > 0) {
      sharedUntil = now + nanos;
      shared = true;
    }
  }

  void changed() {
    looks = 0;
    uses = 0;
  }

  private boolean isHushed(long now) {
    return unfit || (quiet && now - quietUntil < 0);
  }

  /** No lease is asked for, for a time. */
  void hush(long now, long nanos) {
    quietUntil = now + nanos;
    quiet = true;
  }
}

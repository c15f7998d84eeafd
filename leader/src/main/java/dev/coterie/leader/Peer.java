package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.sys.Accounts;
import dev.coterie.sys.PeerCredentials;
import dev.coterie.wire.P9;
import java.util.Arrays;

/**
 * Who is at the other end, and in whose name it may act. A peer that is root or the leader's own
 * user is a <i>trusted gate</i>: it acts for many, and is believed whom. Anyone else acts as
 * itself, and claiming otherwise is EPERM. Over TCP there are no credentials: such a peer is
 * nobody, unless the leader was told to believe what it says.
 */
final class Peer {
  private final Caller self;
  private final boolean trusted;
  private final boolean anonymous;
  private final boolean overTcp;

  private Peer(Caller self, boolean trusted, boolean anonymous, boolean overTcp) {
    this.self = self;
    this.trusted = trusted;
    this.anonymous = anonymous;
    this.overTcp = overTcp;
  }

  /** The peer of a unix socket. Of more groups than we know what to do with, the first count. */
  static Peer of(PeerCredentials credentials) {
    int[] groups = credentials.groups();
    int[] known = groups.length > Limits.GROUPS ? Arrays.copyOf(groups, Limits.GROUPS) : groups;
    Caller self = new Caller(credentials.uid(), credentials.gid(), known, credentials.pid(), 0);
    boolean trusted = self.isRoot() || self.uid() == Accounts.effectiveUid();
    return new Peer(self, trusted, false, false);
  }

  /** The peer of a TCP connection. */
  static Peer overTcp(boolean believed) {
    return new Peer(Caller.NOBODY.withUmask(0), believed, !believed, true);
  }

  /**
   * The same caller with another primary group, and the former one as one among the others: a file
   * that is made for a group does not cost the rights of another.
   */
  static Caller withGroup(Caller caller, int gid) {
    int[] groups = caller.groups();
    if (gid == caller.gid()
        || Arrays.binarySearch(groups, caller.gid()) >= 0
        || groups.length == Limits.GROUPS) {
      return caller.withGid(gid);
    }
    int[] all = Arrays.copyOf(groups, groups.length + 1);
    all[groups.length] = caller.gid();
    return new Caller(caller.uid(), gid, all, caller.pid(), caller.umask());
  }

  /** For the log. */
  @Override
  public String toString() {
    return self.pid() == 0 ? "a TCP peer" : "pid " + self.pid() + " (uid " + self.uid() + ")";
  }

  Caller self() {
    return self;
  }

  boolean isOverTcp() {
    return overTcp;
  }

  /** Whether it is nobody whatever it says. */
  boolean isAnonymous() {
    return anonymous;
  }

  /**
   * The caller of an attach.
   *
   * @param uid n_uname, or {@link P9#NONUNAME}
   * @param name uname, looked at when there is no number
   * @throws ErrnoException EPERM another's identity
   */
  Caller attached(int uid, String name) throws ErrnoException {
    if (anonymous) {
      return self;
    }
    boolean unnamed = uid == P9.NONUNAME;
    if (!trusted) {
      if (!unnamed && uid != self.uid()) {
        throw new ErrnoException(Errno.EPERM, "attach");
      }
      return self;
    }
    if (!unnamed) {
      return uid == self.uid() ? self : account(uid);
    }
    // Over TCP the name is all there is; a unix peer without a number acts as itself.
    Accounts.Account named = self.uid() == Caller.NOBODY.uid() ? Accounts.byName(name) : null;
    return named == null ? self : caller(named);
  }

  private Caller account(int uid) {
    Accounts.Account known = Accounts.byUid(uid);
    return known == null ? new Caller(uid, uid, new int[0], self.pid(), 0) : caller(known);
  }

  private Caller caller(Accounts.Account account) {
    return new Caller(account.uid(), account.gid(), account.groups(), self.pid(), 0);
  }

  /**
   * The caller of a request that names one.
   *
   * @throws ErrnoException EPERM another's identity
   */
  Caller claimed(Caller claim) throws ErrnoException {
    if (trusted) {
      return claim;
    }
    if (anonymous) {
      return self.withUmask(claim.umask());
    }
    boolean own = claim.uid() == self.uid() && self.inGroup(claim.gid());
    for (int group : claim.groups()) {
      own &= self.inGroup(group);
    }
    if (!own) {
      throw new ErrnoException(Errno.EPERM, "as");
    }
    return claim;
  }
}

package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.Accounts;
import dev.coterie.sys.PeerCredentials;
import dev.coterie.wire.P9;

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

  private Peer(Caller self, boolean trusted, boolean anonymous) {
    this.self = self;
    this.trusted = trusted;
    this.anonymous = anonymous;
  }

  /** The peer of a unix socket. */
  static Peer of(PeerCredentials credentials) {
    Caller self =
        new Caller(
            credentials.uid(), credentials.gid(), credentials.groups(), credentials.pid(), 0);
    boolean trusted = self.isRoot() || self.uid() == Accounts.effectiveUid();
    return new Peer(self, trusted, false);
  }

  /** The peer of a TCP connection. */
  static Peer overTcp(boolean believed) {
    return new Peer(Caller.NOBODY.withUmask(0), believed, !believed);
  }

  /** The process at the other end, 0 when unknown. */
  int pid() {
    return self.pid();
  }

  Caller self() {
    return self;
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

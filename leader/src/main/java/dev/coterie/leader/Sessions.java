package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.core.Alarm;
import dev.coterie.leader.ClientSession.Owner;
import dev.coterie.leader.ClientSession.User;
import dev.coterie.wire.P9;
import dev.coterie.wire.SessionReply.Rsession;
import dev.coterie.wire.SessionRequest.SessionKey;
import dev.coterie.wire.SessionRequest.Tsession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sessions that their clients have named, and how one is begun, gone on with and ended. */
final class Sessions {
  private final long epoch;
  private final int leaseMs; // of a session without connections
  private final Alarm alarm = Alarm.ofSystem();
  private final Map<SessionKey, ClientSession> named = new HashMap<>(); // guarded by this

  Sessions(long epoch, int leaseMs) {
    this.epoch = epoch;
    this.leaseMs = leaseMs;
  }

  /** Runs an action when the time without a connection is over; what it returns takes that back. */
  Runnable whenForsaken(Runnable action) {
    return alarm.set(leaseMs + Limits.LEASE_MARGIN_MS, action);
  }

  /**
   * Does what a Tsession asks.
   *
   * <p>EINVAL flags that do not go together, or the connection is at something already · EACCES
   * another secret, another's session · ESTALE not the session that the client has · EUSERS too
   * many of this user
   */
  Rsession serve(Conversation conversation, Tsession r) throws ErrnoException {
    int keep = r.flags() & P9.SESSION_KEEP;
    return switch (r.flags() - keep) {
      case 0 -> answer(conversation.client(), P9.SESSION_AS_ASKED);
      case P9.SESSION_NEW -> {
        requireUnused(conversation);
        yield begin(conversation, r, keep != 0);
      }
      case P9.SESSION_RESUME, P9.SESSION_BIND -> {
        requireUnused(conversation);
        yield join(conversation, r);
      }
      case P9.SESSION_END -> end(conversation, r);
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  private Rsession answer(ClientSession session, int status) {
    boolean lasts = session.owner() != null;
    return new Rsession(
        session.number(), epoch, leaseMs, status, lasts ? Limits.SLOTS_PER_SESSION : 0);
  }

  private static void requireUnused(Conversation conversation) throws ErrnoException {
    ClientSession session = conversation.client();
    if (session.owner() != null
        || session.fids().size() > 0
        || conversation.connection().hasPending()) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  /** An older session of the client is over, and all it had given back, before this answers. */
  private Rsession begin(Conversation conversation, Tsession r, boolean keep)
      throws ErrnoException {
    ClientSession session = conversation.client();
    User user = User.of(conversation.peer());
    ClientSession before;
    synchronized (this) {
      before = own(user, r);
      if (before == null && count(user) >= Limits.SESSIONS_PER_USER) {
        throw new ErrnoException(Errno.EUSERS);
      }
      session.name(new Owner(r.client(), r.secret(), user, keep || user.overTcp()));
      named.put(r.client(), session);
    }
    if (before != null) {
      before.end();
      before.awaitEnd();
    }
    return answer(session, P9.SESSION_AS_ASKED);
  }

  private Rsession join(Conversation conversation, Tsession r) throws ErrnoException {
    ClientSession session = own(User.of(conversation.peer()), r);
    if (session == null || r.epoch() != epoch) {
      return answer(conversation.client(), P9.SESSION_GONE);
    }
    if (session.number() != r.sessionId()) {
      throw new ErrnoException(Errno.ESTALE);
    }
    if ((r.flags() & P9.SESSION_RESUME) != 0) {
      session.resume(conversation.connection());
    } else {
      session.bind(conversation.connection());
    }
    conversation.join(session);
    return answer(session, P9.SESSION_AS_ASKED);
  }

  private Rsession end(Conversation conversation, Tsession r) throws ErrnoException {
    ClientSession session = own(User.of(conversation.peer()), r);
    if (session == null) {
      return answer(conversation.client(), P9.SESSION_GONE);
    }
    if (session.number() != r.sessionId()) {
      throw new ErrnoException(Errno.ESTALE);
    }
    session.end();
    session.awaitEnd();
    return answer(session, P9.SESSION_AS_ASKED);
  }

  /** The session of this client number, if there is one; EACCES it is another's. */
  private synchronized @Nullable ClientSession own(User user, Tsession r) throws ErrnoException {
    ClientSession session = named.get(r.client());
    Owner owner = session == null ? null : session.owner();
    if (owner != null && !(owner.secret().isSame(r.secret()) && owner.user().equals(user))) {
      throw new ErrnoException(Errno.EACCES);
    }
    return session;
  }

  private long count(User user) {
    return named.values().stream()
        .map(ClientSession::owner)
        .filter(owner -> owner != null && owner.user().equals(user))
        .count();
  }

  synchronized void forget(ClientSession session) {
    Owner owner = session.owner();
    if (owner != null) {
      named.remove(owner.client(), session);
    }
  }

  /** Ends all; nothing is connected any more. */
  void close() {
    List<ClientSession> all;
    synchronized (this) {
      all = List.copyOf(named.values());
    }
    all.forEach(ClientSession::end);
  }
}

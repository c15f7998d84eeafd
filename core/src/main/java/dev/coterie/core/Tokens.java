package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Token;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Shared handles on their way from one session to another. A token not yet taken is a reference of
 * its handle; it ends when it is taken, when its time is up or when the session that made it ends.
 */
final class Tokens {
  private record Pending(Handle handle, Session from, int uid, Instant deadline) {}

  private final InstantSource clock;
  private final RandomGenerator random; // guarded by this
  private final Consumer<Handle> giveBack;
  private final Map<Token, Pending> pending =
      new LinkedHashMap<>(); // guarded by this; oldest first
  private final Map<Session, Integer> counts = new HashMap<>(); // guarded by this; none is 0

  /**
   * @param giveBack lets a handle's reference go; called without the monitor
   */
  Tokens(InstantSource clock, RandomGenerator random, Consumer<Handle> giveBack) {
    this.clock = clock;
    this.random = random;
    this.giveBack = giveBack;
  }

  /** A token for a handle. The caller's reference of the handle passes to the token. */
  Token share(Session from, Caller caller, Handle handle) throws ErrnoException {
    if (countOf(from) >= Limits.TOKENS_PER_SESSION) {
      expire();
    }
    return add(from, caller, handle);
  }

  private synchronized int countOf(Session from) {
    return counts.getOrDefault(from, 0);
  }

  private synchronized Token add(Session from, Caller caller, Handle handle) throws ErrnoException {
    if (countOf(from) >= Limits.TOKENS_PER_SESSION) {
      throw new ErrnoException(Errno.EMFILE);
    }
    Token token = new Token(random.nextLong(), random.nextLong());
    Instant deadline = clock.instant().plus(Duration.ofMillis(Limits.TOKEN_MS));
    pending.put(token, new Pending(handle, from, caller.uid(), deadline));
    counts.merge(from, 1, Integer::sum);
    return token;
  }

  /** The handle of a token, with a reference for the caller. ENOENT · EPERM. */
  Handle find(Caller caller, Token token) throws ErrnoException {
    expire();
    synchronized (this) {
      Handle handle = require(caller, token).handle();
      boolean live = handle.tryGet();
      assert live : "a token's own reference is gone";
      return handle;
    }
  }

  /** The handle of a token, whose reference passes to the caller. ENOENT · EPERM. */
  synchronized Handle take(Caller caller, Token token) throws ErrnoException {
    Pending found = require(caller, token);
    pending.remove(token);
    uncount(found);
    return found.handle();
  }

  private Pending require(Caller caller, Token token) throws ErrnoException {
    Pending found = pending.get(token);
    if (found == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (!caller.isRoot() && caller.uid() != found.uid()) {
      throw new ErrnoException(Errno.EPERM);
    }
    return found;
  }

  private void uncount(Pending token) {
    counts.computeIfPresent(token.from(), (from, count) -> count == 1 ? null : count - 1);
  }

  /**
   * Ends tokens whose time is up. All have the same time, so the first whose is not is the last to
   * look at; only a clock that was set back can let one wait for another.
   */
  void expire() {
    Instant now = clock.instant();
    List<Handle> ended = new ArrayList<>();
    synchronized (this) {
      Iterator<Pending> oldest = pending.values().iterator();
      while (oldest.hasNext()) {
        Pending token = oldest.next();
        if (!token.deadline().isBefore(now)) {
          break;
        }
        oldest.remove();
        uncount(token);
        ended.add(token.handle());
      }
    }
    ended.forEach(giveBack);
  }

  /** Ends the tokens that a session made. */
  void endAll(Session from) {
    List<Handle> ended = new ArrayList<>();
    synchronized (this) {
      if (counts.remove(from) == null) {
        return;
      }
      pending.values().removeIf(token -> token.from() == from && ended.add(token.handle()));
    }
    ended.forEach(giveBack);
  }

  synchronized int size() {
    return pending.size();
  }
}

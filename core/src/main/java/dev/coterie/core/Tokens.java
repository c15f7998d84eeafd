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
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
  private final Map<Token, Pending> pending = new HashMap<>(); // guarded by this

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

  private synchronized long countOf(Session from) {
    return pending.values().stream().filter(token -> token.from() == from).count();
  }

  private synchronized Token add(Session from, Caller caller, Handle handle) throws ErrnoException {
    if (countOf(from) >= Limits.TOKENS_PER_SESSION) {
      throw new ErrnoException(Errno.EMFILE);
    }
    Token token = new Token(random.nextLong(), random.nextLong());
    Instant deadline = clock.instant().plus(Duration.ofMillis(Limits.TOKEN_MS));
    pending.put(token, new Pending(handle, from, caller.uid(), deadline));
    return token;
  }

  /** The handle of a token, whose reference passes to the caller. ENOENT · EPERM. */
  Handle take(Caller caller, Token token) throws ErrnoException {
    expire();
    synchronized (this) {
      Pending found = pending.get(token);
      if (found == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      if (!caller.isRoot() && caller.uid() != found.uid()) {
        throw new ErrnoException(Errno.EPERM);
      }
      pending.remove(token);
      return found.handle();
    }
  }

  /** Ends tokens whose time is up. */
  void expire() {
    Instant now = clock.instant();
    end(token -> token.deadline().isBefore(now));
  }

  /** Ends the tokens that a session made. */
  void endAll(Session from) {
    end(token -> token.from() == from);
  }

  private void end(Predicate<Pending> which) {
    List<Handle> ended = new ArrayList<>();
    synchronized (this) {
      for (Pending token : pending.values()) {
        if (which.test(token)) {
          ended.add(token.handle());
        }
      }
      pending.values().removeIf(which);
    }
    ended.forEach(giveBack);
  }

  synchronized int size() {
    return pending.size();
  }
}

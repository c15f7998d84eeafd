package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead.Content;
import dev.coterie.api.StepsAhead.Opening;
import dev.coterie.api.StepsAhead.Walked;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a path, sent in one piece: each uses the fid that the one before it makes.
 *
 * <p>The leader begins the requests of a connection in the order in which they come. A step that it
 * answers at once has made its fid when the next is begun; if it waits (for leases of others to
 * come back, for a slow disk), what follows it is answered EBADF, and is asked for again by whoever
 * walks. So an answer here is that of the step alone, and EBADF says nothing. Nor does EIO where the
 * connection may have been lost under way and the session goes on: no step is sent again.
 */
final class Ahead {
  /** After a step that waited, so many walks go step by step. */
  private static final int WALKS_ALONE = 32;

  private final Connection connection; // immutable
  private final AtomicInteger alone = new AtomicInteger(); // a hint

  /** What the steps are calls of, in their order. */
  static final class Chain {
    final List<Call<Stat>> lookups = new ArrayList<>();
    @Nullable Call<Opened> open;
    @Nullable Call<Integer> read;

    List<Call<?>> calls() {
      List<Call<?>> all = new ArrayList<>(lookups);
      addTo(all, open);
      addTo(all, read);
      return all;
    }

    private static void addTo(List<Call<?>> all, @Nullable Call<?> call) {
      if (call != null) {
        all.add(call);
      }
    }
  }

  Ahead(Connection connection) {
    this.connection = connection;
  }

  /** All of them, without waiting in between; see {@link dev.coterie.api.StepsAhead}. */
  Walked walk(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException {
    if (alone.get() > 0) {
      alone.decrementAndGet();
      return Walked.NOTHING;
    }
    Chain chain = chain(dir, names, opening);
    return connection.sendAll(caller, dir, chain) ? await(chain, opening) : Walked.NOTHING;
  }

  private Chain chain(InodeId dir, List<Name> names, @Nullable Opening opening) {
    Chain chain = new Chain();
    for (Name name : names) {
      chain.lookups.add(new Call<>(connection, new Operation.Lookup(dir, name), null));
    }
    if (opening != null) {
      chain.open = new Call<>(connection, new Operation.Open(dir, opening.flagsAhead()), null);
      ByteBuffer buffer = opening.buffer();
      if (buffer != null) {
        chain.read = new Call<>(connection, new Operation.Read(0, 0, buffer), null);
      }
    }
    return chain;
  }

  // ---- what came of it ----

  private Walked await(Chain chain, @Nullable Opening opening) {
    List<Stat> found = new ArrayList<>();
    ErrnoException failure = null;
    boolean goesOn = true;
    for (Call<Stat> lookup : chain.lookups) {
      connection.await(lookup);
      Stat stat = answer(lookup);
      if (!goesOn) {
        giveBack(stat);
      } else if (stat == null) {
        failure = failure(lookup, found.isEmpty());
        goesOn = false;
      } else {
        found.add(stat);
        goesOn = stat.isDirectory() || found.size() == chain.lookups.size();
      }
    }
    Opened opened = null;
    if (chain.open != null) {
      connection.await(chain.open);
      opened = answer(chain.open);
      if (!goesOn) {
        close(opened);
        opened = null;
      } else if (opened == null && !found.getLast().isSymlink()) {
        failure = openFailure(chain.open);
      }
    }
    Integer count = chain.read == null ? null : awaited(chain.read);
    int read = opened != null && count != null ? count : -1;
    return new Walked(found, opened, read, leased(opened, opening), failure);
  }

  private static @Nullable Leased leased(@Nullable Opened opened, @Nullable Opening opening) {
    boolean asked = opening != null && opening.content() == Content.LEASED;
    return opened != null && asked ? opened.leased() : null;
  }

  private <R> @Nullable R awaited(Call<R> call) {
    connection.await(call);
    return answer(call);
  }

  private static <R> @Nullable R answer(Call<R> call) {
    try {
      return call.answer();
    } catch (ErrnoException e) {
      return null;
    }
  }

  /** Null: it says nothing, as the fid was not there. */
  private @Nullable ErrnoException failure(Call<?> call, boolean first) {
    try {
      call.answer();
      return null;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EIO && connection.lasts()) {
        return null;
      }
      if (e.errno() != Errno.EBADF || first) {
        return e;
      }
      alone.set(WALKS_ALONE);
      return null;
    }
  }

  /** ENXIO may be of the flags that are ours. */
  private @Nullable ErrnoException openFailure(Call<?> open) {
    ErrnoException e = failure(open, false);
    return e == null || e.errno() == Errno.ENXIO ? null : e;
  }

  private void giveBack(@Nullable Stat stat) {
    if (stat == null) {
      return;
    }
    try {
      connection.forget(stat.id(), 1);
    } catch (ErrnoException e) {
      // The connection is over, and so is the reference.
    }
  }

  private void close(@Nullable Opened opened) {
    if (opened == null) {
      return;
    }
    try {
      connection.closeQuietly(opened.handle(), true);
    } catch (ErrnoException e) {
      // The connection is over, and so is the handle.
    }
  }
}

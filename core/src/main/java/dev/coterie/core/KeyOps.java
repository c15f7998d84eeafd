package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.core.lease.Key;
import dev.coterie.core.lease.Keys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The named keys that one session refers to. */
final class KeyOps {
  private static final class Opened {
    final Key key;
    int count = 1; // guarded by opened

    Opened(Key key) {
      this.key = key;
    }
  }

  private final LeaseOps holder;
  private final Keys keys;
  private final Map<InodeId, Opened> opened = new HashMap<>(0); // guarded by itself

  KeyOps(LeaseOps holder, Keys keys) {
    this.holder = holder;
    this.keys = keys;
  }

  Object on(Caller caller, Operation.OnKey<?> operation) throws ErrnoException {
    return switch (operation) {
      case Operation.OpenKey(var name) -> open(caller, name);
      case Operation.ReturnKey(var id, var seq, var value) -> giveBack(caller, id, seq, value);
      case Operation.CloseKey(var id) -> close(id);
      case Operation.UseKey _ -> throw new AssertionError("a use waits with a request");
    };
  }

  private InodeId open(Caller caller, Name name) throws ErrnoException {
    Key key = keys.open(caller.uid(), name);
    boolean kept = false;
    try {
      synchronized (opened) {
        Opened before = opened.get(key.id());
        if (before != null) {
          before.count++; // one reference of the session is enough
        } else if (opened.size() >= Limits.KEYS_PER_SESSION) {
          throw new ErrnoException(Errno.ENOSPC);
        } else {
          opened.put(key.id(), new Opened(key));
          kept = true;
        }
      }
      return key.id();
    } finally {
      if (!kept) {
        keys.close(key);
      }
    }
  }

  private Key require(Caller caller, InodeId id) throws ErrnoException {
    Opened found;
    synchronized (opened) {
      found = opened.get(id);
    }
    if (found == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (found.key.uid() != caller.uid()) {
      throw new ErrnoException(Errno.EACCES);
    }
    return found.key;
  }

  /** Null: it waits, and the request will be told. */
  @Nullable KeyLease useOrWait(Caller caller, Operation.UseKey use, Request<?> request)
      throws ErrnoException {
    if (use.mode() == LeaseMode.NONE || use.timeoutMs() < -1) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Key key = require(caller, use.key());
    Key.Wait wait =
        new Key.Wait(
            holder,
            use.mode(),
            new Key.Listener() {
              @Override
              public void granted(KeyLease lease) {
                request.finished(lease);
              }

              @Override
              public void ended(Errno errno) {
                request.ended(errno);
              }
            });
    request.waitsAt(() -> key.withdraw(wait));
    Operation.ReturnKey first = use.first();
    if (first == null) {
      return key.ask(wait, use.timeoutMs());
    }
    requireFits(first.value());
    try {
      return key.askReturning(wait, use.timeoutMs(), first.seq(), first.value());
    } finally {
      holder.drop(new LeaseName(key.id(), LeasePlane.KEY, first.seq()));
    }
  }

  private static void requireFits(byte @Nullable [] value) throws ErrnoException {
    if (value != null && value.length > Limits.KEY_VALUE_BYTES) {
      throw new ErrnoException(Errno.EMSGSIZE);
    }
  }

  private boolean giveBack(Caller caller, InodeId id, int seq, byte @Nullable [] value)
      throws ErrnoException {
    requireFits(value);
    Key key = require(caller, id);
    boolean had = key.giveBack(holder, seq, value);
    if (had) {
      holder.drop(new LeaseName(id, LeasePlane.KEY, seq));
    }
    return had;
  }

  private Done close(InodeId id) throws ErrnoException {
    Opened closed;
    synchronized (opened) {
      closed = opened.get(id);
      if (closed == null) {
        throw new ErrnoException(Errno.EBADF);
      }
      if (--closed.count > 0) {
        return Done.DONE;
      }
      opened.remove(id);
    }
    closed.key.end(holder, Errno.EBADF);
    keys.close(closed.key);
    return Done.DONE;
  }

  boolean hasSome() {
    synchronized (opened) {
      return !opened.isEmpty();
    }
  }

  /** The session refers to none any more; nothing of it is at work. With no lock held. */
  void end() {
    List<Opened> all;
    synchronized (opened) {
      all = new ArrayList<>(opened.values());
      opened.clear();
    }
    for (Opened each : all) {
      each.key.end(holder, null);
      keys.close(each.key);
    }
  }
}

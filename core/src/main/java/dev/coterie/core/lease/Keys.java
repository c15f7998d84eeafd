package dev.coterie.core.lease;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The named keys of a tree: those that somebody refers to. Its monitor is a leaf.
 *
 * <p>Each user has names of its own, so that nobody can be in another's way.
 */
public final class Keys {
  /** What a key is found by. */
  record Title(int uid, Name name) {}

  private final Supplier<InodeId> ids; // immutable: each another one
  private final LeaseTable.Clock clock; // immutable
  private final Map<Title, Key> keys = new HashMap<>(); // guarded by this

  public Keys(Supplier<InodeId> ids, LeaseTable.Clock clock) {
    this.ids = ids;
    this.clock = clock;
  }

  /** Refers to a key once more; makes it if nobody does. */
  public Key open(int uid, Name name) throws ErrnoException {
    if (name.length() == 0 || name.length() > Limits.KEY_NAME_BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Title title = new Title(uid, name);
    synchronized (this) {
      Key key = keys.get(title);
      if (key == null) {
        if (keys.size() >= Limits.KEYS_PER_TREE) {
          throw new ErrnoException(Errno.ENOSPC);
        }
        key = new Key(ids.get(), title, clock);
        keys.put(title, key);
      }
      key.references++;
      return key;
    }
  }

  /** Takes back one {@link #open}; with the last the key is gone, and its value. */
  public synchronized void close(Key key) {
    if (--key.references == 0) {
      keys.remove(key.title);
    }
  }

  /** How many there are. */
  public synchronized int size() {
    return keys.size();
  }
}

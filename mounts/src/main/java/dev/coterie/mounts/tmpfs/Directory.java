package dev.coterie.mounts.tmpfs;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.core.spi.InsideMount;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one directory: by name, and in the order of their cookies, which is that of
 * insertion.
 *
 * <p>A cookie is never used again in its directory, so a reader who was told one goes on behind it
 * whatever came and went in between. Removed entries stay behind as gaps until those are the
 * greater part; then the rest moves together, in the same order. Analogous to the kernel's {@code
 * simple_offset_*} (fs/libfs.c).
 *
 * <p>Concurrency: all fields are guarded by the directory's operation lock, shared to look and
 * exclusive to change; {@link #size} is read without it too.
 */
final class Directory {
  /** 0 to 2 stand for the start, "." and "..". */
  static final long FIRST_COOKIE = 3;

  private static final int GAPS_MIN = 16;
  private static final @Nullable Entry[] NONE = new @Nullable Entry[0];

  private static final class Entry {
    final Name name;
    final long cookie;

    /** Null in a gap. */
    @Nullable TmpNode node;

    Entry(Name name, long cookie, TmpNode node) {
      this.name = name;
      this.cookie = cookie;
      this.node = node;
    }
  }

  private Map<Name, Entry> byName = new HashMap<>(4);

  /** By cookie, gaps included; there may be room behind {@code length}. */
  private @Nullable Entry[] inOrder = NONE;

  private int length;
  private long nextCookie = FIRST_COOKIE;

  /** Entries. May be asked without a lock. */
  int size() {
    return byName.size();
  }

  @Nullable TmpNode get(Name name) {
    Entry entry = byName.get(name);
    return entry == null ? null : entry.node;
  }

  /** Adds a name that is not there. */
  void add(Name name, TmpNode node) {
    if (length == inOrder.length) {
      inOrder = Arrays.copyOf(inOrder, Math.max(4, length + (length >> 1)));
    }
    Entry entry = new Entry(name, nextCookie++, node);
    Entry before = byName.putIfAbsent(name, entry);
    assert before == null : "name is there";
    inOrder[length++] = entry;
  }

  /** Gives a name that is there another node. Its cookie stays: the name was there all the time. */
  void replace(Name name, TmpNode node) {
    Objects.requireNonNull(byName.get(name)).node = node;
  }

  /** Removes a name that is there. */
  void remove(Name name) {
    Objects.requireNonNull(byName.remove(name)).node = null;
    if (gaps() >= GAPS_MIN && gaps() > byName.size()) {
      compact();
    }
  }

  int gaps() {
    return length - byName.size();
  }

  private void compact() {
    @Nullable Entry[] rest = new @Nullable Entry[byName.size()];
    int count = 0;
    for (int i = 0; i < length; i++) {
      Entry entry = inOrder[i];
      if (entry != null && entry.node != null) {
        rest[count++] = entry;
      }
    }
    assert count == rest.length;
    inOrder = rest;
    length = count;
    byName = new HashMap<>(byName); // a table never gets smaller by itself
  }

  /** Gives entries with a greater cookie until the sink has enough. */
  void after(long cookie, InsideMount.EntrySink sink) throws ErrnoException {
    for (int i = indexAfter(cookie); i < length; i++) {
      Entry entry = Objects.requireNonNull(inOrder[i]);
      TmpNode node = entry.node;
      if (node != null && !sink.accept(entry.name, node, entry.cookie)) {
        return;
      }
    }
  }

  /** Where in {@code inOrder} the first entry with a greater cookie stands. */
  private int indexAfter(long cookie) {
    int low = 0;
    int high = length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Objects.requireNonNull(inOrder[middle]).cookie <= cookie) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

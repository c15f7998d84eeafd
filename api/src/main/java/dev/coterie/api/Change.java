package dev.coterie.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One change of the tree, as a watch reports it. Source: inotify(7), whose masks these are.
 *
 * @param watch which watch reports it; -1 with {@link #Q_OVERFLOW}
 * @param mask one of the kinds below, perhaps with {@link #ISDIR}; a change of attributes can be of
 *     several kinds
 * @param cookie the same in both halves of a move, else 0; with {@link #Q_OVERFLOW} how many
 *     changes were not kept
 * @param path what changed in the watched directory: a name, or below a {@link #RECURSIVE} watch
 *     names with slashes between; empty: the watched inode itself
 */
public record Change(int watch, int mask, int cookie, Name path) {
  /** What a change counts for beside its path: its fixed part on the wire, in bytes. */
  public static final int CHANGE_BYTES = 14;

  // ---- kinds ----

  public static final int ACCESS = 0x1;
  public static final int MODIFY = 0x2;
  public static final int ATTRIB = 0x4;
  public static final int CLOSE_WRITE = 0x8;
  public static final int CLOSE_NOWRITE = 0x10;
  public static final int OPEN = 0x20;
  public static final int MOVED_FROM = 0x40;
  public static final int MOVED_TO = 0x80;
  public static final int CREATE = 0x100;
  public static final int DELETE = 0x200;
  public static final int DELETE_SELF = 0x400;
  public static final int MOVE_SELF = 0x800;

  /** All kinds that can be asked for. */
  public static final int ALL_KINDS = 0xfff;

  // ---- kinds that come unasked ----

  public static final int UNMOUNT = 0x2000;

  /** Changes came faster than they were taken, and some were not kept. */
  public static final int Q_OVERFLOW = 0x4000;

  /** The watch is over: removed, its inode gone, or its one change reported. */
  public static final int IGNORED = 0x8000;

  /** What changed is a directory. */
  public static final int ISDIR = 0x40000000;

  // ---- how to watch ----

  /** Only if it is a directory. */
  public static final int ONLYDIR = 0x1000000;

  /** Nothing of what has no name any more. */
  public static final int EXCL_UNLINK = 0x4000000;

  /** Everything below the directory too, whenever it comes there. Ours: Linux has no such thing. */
  public static final int RECURSIVE = 0x8000000;

  /** Only if it is not watched by this queue yet. */
  public static final int MASK_CREATE = 0x10000000;

  /** Adds to what is watched already. */
  public static final int MASK_ADD = 0x20000000;

  /** One change, and then no more. */
  public static final int ONESHOT = 0x80000000;

  /** All that may stand in the mask of a watch. */
  public static final int WATCHABLE =
      ALL_KINDS | ONLYDIR | EXCL_UNLINK | RECURSIVE | MASK_CREATE | MASK_ADD | ONESHOT;

  private static final Name NONE = Name.of("");

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(ACCESS, "ACCESS"),
          Map.entry(MODIFY, "MODIFY"),
          Map.entry(ATTRIB, "ATTRIB"),
          Map.entry(CLOSE_WRITE, "CLOSE_WRITE"),
          Map.entry(CLOSE_NOWRITE, "CLOSE_NOWRITE"),
          Map.entry(OPEN, "OPEN"),
          Map.entry(MOVED_FROM, "MOVED_FROM"),
          Map.entry(MOVED_TO, "MOVED_TO"),
          Map.entry(CREATE, "CREATE"),
          Map.entry(DELETE, "DELETE"),
          Map.entry(DELETE_SELF, "DELETE_SELF"),
          Map.entry(MOVE_SELF, "MOVE_SELF"),
          Map.entry(UNMOUNT, "UNMOUNT"),
          Map.entry(Q_OVERFLOW, "Q_OVERFLOW"),
          Map.entry(IGNORED, "IGNORED"),
          Map.entry(ISDIR, "ISDIR"));

  /** The names of all bits of a mask, with bars between, as inotify(7) calls them without IN_. */
  public static String kinds(int mask) {
    List<String> names = new ArrayList<>();
    for (int bit = 1; bit != 0; bit <<= 1) {
      if ((mask & bit) != 0) {
        names.add(NAMES.getOrDefault(bit, Integer.toHexString(bit)));
      }
    }
    return String.join("|", names);
  }

  /** That so many changes were not kept. */
  public static Change overflow(int lost) {
    return new Change(-1, Q_OVERFLOW, lost, NONE);
  }

  /** That a watch is over. */
  public static Change ignored(int watch) {
    return new Change(watch, IGNORED, 0, NONE);
  }

  public boolean is(int kind) {
    return (mask & kind) != 0;
  }

  /** What it counts for among the bytes that are asked for at a time. */
  public int bytes() {
    return CHANGE_BYTES + path.length();
  }
}

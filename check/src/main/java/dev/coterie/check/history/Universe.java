package dev.coterie.check.history;

/**
 * The fixed set of objects that a run works on.
 *
 * <p>The names lie in {@code directories} directories, {@code names} in each. They are dealt out in
 * <b>groups</b> of {@code groupSlots} names, each in another directory. Two-name operations
 * (rename, exchange, link) stay in one group, so that the groups are independent of each other and
 * every operation concerns exactly one group, although each rename crosses directories. A name of a
 * group is called a slot. A slot may become a directory; that directory then has one name of its
 * own, {@link #CHILD_NAME}, which belongs to the group as well.
 *
 * @param directories directories that hold the slots
 * @param names slots in each directory
 * @param groupSlots slots in each group; divides {@code directories * names}
 * @param files files whose content is shared
 * @param fileCells size around which files are kept, in cells
 */
public record Universe(int directories, int names, int groupSlots, int files, int fileCells) {
  /**
   * Small enough for real contention among 64 threads, large enough to keep each group's history
   * simple.
   */
  public static final Universe DEFAULT = new Universe(16, 24, 4, 64, 32);

  /** The place of an operation on the one name inside a directory that is itself a slot. */
  public static final int CHILD = -1;

  static final String CHILD_NAME = "in";

  public Universe {
    if (directories < groupSlots || groupSlots < 2 || names < 1 || files < 1 || fileCells < 4) {
      throw new IllegalArgumentException("universe too small");
    }
    if (directories * names % groupSlots != 0) {
      throw new IllegalArgumentException("names cannot be dealt out in groups of " + groupSlots);
    }
    if (fileCells > Stamp.CELLS_MAX) {
      throw new IllegalArgumentException("files over " + Stamp.CELLS_MAX + " cells");
    }
  }

  public int groups() {
    return directories * names / groupSlots;
  }

  /** Groups first, then files. */
  int partitions() {
    return groups() + files;
  }

  int directoryOf(int group, int slot) {
    return (group * groupSlots + slot) % directories;
  }

  String nameOf(int group, int slot) {
    return "n%02d".formatted((group * groupSlots + slot) / directories);
  }

  static String directoryName(int directory) {
    return "d%02d".formatted(directory);
  }

  static String fileName(int file) {
    return "f%02d".formatted(file);
  }

  /** How a slot is called in reports. */
  String slotPath(int group, int slot) {
    return directoryName(directoryOf(group, slot)) + "/" + nameOf(group, slot);
  }
}

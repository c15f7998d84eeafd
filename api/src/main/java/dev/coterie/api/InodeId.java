package dev.coterie.api;

/**
 * The identity of an inode: the same in every process, unchanged by rename, and as a pair never
 * used for another file.
 *
 * @param number unique across the mounts of a tree; shown as {@code st_ino} and as the path of a 9P
 *     qid
 * @param generation tells apart two files that had the same number one after the other
 */
public record InodeId(long number, int generation) implements Comparable<InodeId> {
  /** By hand: a command that asks one thing must not wait for the JVM to make this method. */
  @Override
  public boolean equals(Object other) {
    return other instanceof InodeId that && number == that.number && generation == that.generation;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(number * 0x9E3779B97F4A7C15L) ^ generation;
  }

  @Override
  public int compareTo(InodeId other) {
    int byNumber = Long.compareUnsigned(number, other.number);
    return byNumber != 0 ? byNumber : Integer.compareUnsigned(generation, other.generation);
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(number) + "." + Integer.toUnsignedString(generation);
  }
}

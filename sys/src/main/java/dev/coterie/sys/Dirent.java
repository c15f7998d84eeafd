package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry of a directory, as getdents64(2) gives it.
 *
 * @param ino number of the inode; at a mount point that of what is hidden
 * @param offset where the directory goes on behind this entry, for lseek(2)
 * @param type as {@code d_type}; 0 unknown
 */
public record Dirent(Name name, long ino, long offset, int type) {
  /** Largest entry: its fixed part, 255 bytes of name, NUL, padding. */
  private static final int LARGEST_BYTES = 280;

  /**
   * Reads the next entries of an open directory.
   *
   * @param bytes about how much
   * @return empty at the end
   */
  public static List<Dirent> read(int fd, int bytes) throws ErrnoException {
    MemorySegment buffer = Scratch.own().transfer();
    long room = Math.clamp(bytes, LARGEST_BYTES, buffer.byteSize());
    int length = DescriptorCalls.getdents64(fd, buffer.asSlice(0, room));
    List<Dirent> entries = new ArrayList<>();
    for (int at = 0; at < length; ) {
      int size = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
      entries.add(of(buffer.asSlice(at, size)));
      at += size;
    }
    return entries;
  }

  /** struct linux_dirent64: ino[8] off[8] reclen[2] type[1] name[], with a NUL and padding. */
  private static Dirent of(MemorySegment s) {
    long end = 19;
    while (s.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    return new Dirent(
        Name.wrap(s.asSlice(19, end - 19).toArray(JAVA_BYTE)),
        s.get(JAVA_LONG_UNALIGNED, 0),
        s.get(JAVA_LONG_UNALIGNED, 8),
        Byte.toUnsignedInt(s.get(JAVA_BYTE, 18)));
  }
}

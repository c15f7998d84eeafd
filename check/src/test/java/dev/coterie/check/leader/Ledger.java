package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks a file into which several clients write entries: each is whole, and those of each client
 * are there from the first on, without a gap and in order. Goes on where it was when asked again.
 */
final class Ledger {
  private static final int PIECE_BYTES = 2048 * Entry.BYTES;

  private final OpenFile file;
  private final long ignoredFrom;
  private final ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
  private final Map<Integer, Long> last = new HashMap<>(); // number, by writer
  private long checked; // bytes

  Ledger(OpenFile file) {
    this(file, Long.MAX_VALUE);
  }

  /**
   * @param ignoredFrom entries from this number on may be there or not
   */
  Ledger(OpenFile file, long ignoredFrom) {
    this.file = file;
    this.ignoredFrom = ignoredFrom;
  }

  /** Checks what has come; answers the file's size. */
  long check() throws ErrnoException {
    long size = file.fstat().size();
    assertThat(size % Entry.BYTES).as("bytes of a torn entry at the end").isZero();
    while (checked < size) {
      piece.clear().limit((int) Math.min(PIECE_BYTES, size - checked));
      while (piece.hasRemaining()) {
        int count = file.pread(piece, checked + piece.position());
        assertThat(count).as("bytes read before the end").isPositive();
      }
      checked += piece.position();
      piece.flip();
      while (piece.hasRemaining()) {
        Entry entry = Entry.of(piece);
        if (entry.number() >= ignoredFrom) {
          continue;
        }
        long before = last(entry.writer());
        assertThat(entry.number()).as("entry of writer %s", entry.writer()).isEqualTo(before + 1);
        last.put(entry.writer(), entry.number());
      }
    }
    return size;
  }

  /** The number of a writer's last entry that was checked, 0 if there is none. */
  long last(int writer) {
    return last.getOrDefault(writer, 0L);
  }
}

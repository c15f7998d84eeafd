package dev.coterie.console.demo;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The independent reader: reads the log that the writers shared and counts what is wrong in it. */
final class Log {
  private static final int BUFFER_BYTES = 1 << 20;

  private final int records; // of each writer
  private final BitSet[] seen;
  private final int[] latest;
  private long arrived;
  private long torn;
  private long doubled;
  private long misordered;

  Log(int writers, int records) {
    this.records = records;
    this.seen = new BitSet[writers];
    this.latest = new int[writers];
    for (int i = 0; i < writers; i++) {
      seen[i] = new BitSet(records);
      latest[i] = -1;
    }
  }

  void read(Tree tree, String path) throws ErrnoException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (OpenFile file = tree.open(path, OpenFlags.O_RDONLY, 0)) {
      while (file.read(buffer) > 0) {
        take(buffer);
      }
    }
    torn += buffer.position() > 0 ? 1 : 0;
  }

  /** Takes the whole lines of a buffer that is being filled, and leaves the rest in it. */
  void take(ByteBuffer buffer) {
    int end = buffer.position();
    byte[] bytes = new byte[end];
    buffer.get(0, bytes);
    int start = 0;
    for (int i = 0; i < end; i++) {
      if (bytes[i] == '\n') {
        count(LogRecord.parse(bytes, start, i));
        start = i + 1;
      }
    }
    if (start == 0 && !buffer.hasRemaining()) {
      torn++; // one line longer than the buffer
      start = end;
    }
    buffer.flip().position(start);
    buffer.compact();
  }

  private void count(@Nullable LogRecord record) {
    if (record == null || record.writer() >= seen.length || record.number() >= records) {
      torn++;
      return;
    }
    BitSet ofWriter = seen[record.writer()];
    if (ofWriter.get(record.number())) {
      doubled++;
      return;
    }
    ofWriter.set(record.number());
    arrived++;
    if (record.number() < latest[record.writer()]) {
      misordered++;
    }
    latest[record.writer()] = Math.max(latest[record.writer()], record.number());
  }

  Tally tally(double seconds) {
    long expected = (long) seen.length * records;
    long rate = seconds > 0 ? Math.round(arrived / seconds) : 0;
    return new Tally(expected, arrived, expected - arrived, torn, doubled, misordered, 0, rate, "");
  }
}

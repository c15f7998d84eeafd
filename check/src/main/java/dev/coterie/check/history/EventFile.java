package dev.coterie.check.history;

import static dev.coterie.check.history.EventLayout.*;

import dev.coterie.api.InodeId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A log that {@link EventLog} wrote, whole or as a killed worker left it. Read-only. */
final class EventFile {
  private static final Kind[] KINDS = Kind.values();

  private final Path path;
  private final MemorySegment bytes;
  private final int process;
  private final int thread;
  private final Universe universe;

  private EventFile(Path path, MemorySegment bytes) throws IOException {
    this.path = path;
    this.bytes = bytes;
    if (bytes.byteSize() < HEADER_BYTES
        || bytes.get(LONG, MAGIC_AT) != MAGIC
        || bytes.get(INT, VERSION_AT) != VERSION) {
      throw new IOException(path + ": not an event log");
    }
    process = bytes.get(INT, PROCESS_AT);
    thread = bytes.get(INT, THREAD_AT);
    universe =
        new Universe(
            bytes.get(INT, UNIVERSE_AT),
            bytes.get(INT, UNIVERSE_AT + 4),
            bytes.get(INT, UNIVERSE_AT + 8),
            bytes.get(INT, UNIVERSE_AT + 12),
            bytes.get(INT, UNIVERSE_AT + 16));
  }

  /**
   * Whether the file has come so far as to have a header, whose magic number is written last: a
   * process can be killed before that, and has then called nothing.
   */
  static boolean isBegun(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer start = ByteBuffer.allocate(Long.BYTES);
      while (start.hasRemaining() && channel.read(start) >= 0) {}
      for (byte b : start.array()) {
        if (b != 0) {
          return true;
        }
      }
      return false;
    }
  }

  /** Whether anything was called. */
  static boolean hasRecords(Path path) throws IOException {
    if (!Files.exists(path) || !isBegun(path)) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      return open(path, arena).first() != 0;
    }
  }

  /** Maps the file for as long as the arena lives. */
  static EventFile open(Path path, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new EventFile(
          path, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    }
  }

  int process() {
    return process;
  }

  Universe universe() {
    return universe;
  }

  Path path() {
    return path;
  }

  /** Where the first record begins, 0 when there is none. */
  long first() {
    return settle(HEADER_BYTES);
  }

  /** Where the record after this one begins, 0 when it was the last. */
  long next(long at) {
    return settle(at + bytes.get(INT, at + LENGTH));
  }

  private long settle(long position) {
    long at = position;
    if (at + RECORD_BYTES > bytes.byteSize()) {
      return 0;
    }
    if (bytes.get(INT, at + LENGTH) == SKIP) {
      at = (at / CHUNK_BYTES + 1) * CHUNK_BYTES;
    }
    return at + RECORD_BYTES <= bytes.byteSize() && bytes.get(INT, at + LENGTH) > 0 ? at : 0;
  }

  Kind kind(long at) {
    return KINDS[bytes.get(SHORT, at + KIND)];
  }

  int object(long at) {
    return bytes.get(INT, at + OBJECT);
  }

  long invoked(long at) {
    return bytes.get(LONG, at + INVOKED);
  }

  boolean answered(long at) {
    return (bytes.get(SHORT, at + STATUS) & ANSWERED) != 0;
  }

  long returned(long at) {
    return answered(at) ? bytes.get(LONG, at + RETURNED) : Event.NEVER;
  }

  int errno(long at) {
    return answered(at) ? bytes.get(INT, at + ERRNO) : Event.Answer.NO_ANSWER;
  }

  /** The identity in the answer. */
  @Nullable InodeId id(long at) {
    return answered(at) ? id(at, HAS_ID, ID, ID_GENERATION) : null;
  }

  /** The whole record. */
  Event event(long at) {
    Event.Arguments arguments =
        new Event.Arguments(
            bytes.get(INT, at + PLACE),
            bytes.get(INT, at + OTHER),
            id(at, HAS_DIRECTORY, DIRECTORY, DIRECTORY_GENERATION),
            id(at, HAS_SUBJECT, SUBJECT, SUBJECT_GENERATION),
            bytes.get(LONG, at + STAMP),
            bytes.get(INT, at + CELLS));
    return new Event(
        process,
        thread,
        kind(at),
        object(at),
        invoked(at),
        returned(at),
        arguments,
        answered(at) ? answer(at) : Event.Answer.NONE);
  }

  private Event.Answer answer(long at) {
    int count = bytes.get(INT, at + COUNT);
    boolean read = kind(at) == Kind.READ && bytes.get(INT, at + ERRNO) == 0;
    long[] stamps = new long[read ? count / Stamp.CELL_BYTES : 0];
    for (int i = 0; i < stamps.length; i++) {
      stamps[i] = bytes.get(LONG, at + RECORD_BYTES + (long) i * STAMP_BYTES);
    }
    return new Event.Answer(
        bytes.get(INT, at + ERRNO),
        id(at),
        bytes.get(INT, at + TYPE),
        bytes.get(LONG, at + LINKS),
        bytes.get(LONG, at + POSITION),
        count,
        stamps);
  }

  private @Nullable InodeId id(long at, short flag, long number, long generation) {
    return (bytes.get(SHORT, at + STATUS) & flag) == 0
        ? null
        : new InodeId(bytes.get(LONG, at + number), bytes.get(INT, at + generation));
  }
}

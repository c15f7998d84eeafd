package dev.coterie.check.history;

import static dev.coterie.check.history.EventLayout.*;

import dev.coterie.api.InodeId;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes the log of one thread, in the format of {@link EventLayout}, and takes the time of each
 * event.
 *
 * <p>Concurrency: belongs to the thread that made it.
 */
final class EventLog implements Closeable {
  private static final InodeId NO_ID = new InodeId(0, 0);

  private final FileChannel channel;
  private Arena arena;
  private MemorySegment chunk;
  private long chunkStart; // of `chunk` in the file
  private long end; // of what is written, in `chunk`
  private long record; // where the last record begins, in `chunk`
  private int events;

  private EventLog(FileChannel channel) throws IOException {
    this.channel = channel;
    this.arena = Arena.ofConfined();
    this.chunk = channel.map(FileChannel.MapMode.READ_WRITE, 0, CHUNK_BYTES, arena);
  }

  /** Makes the file, which must not exist yet. */
  static EventLog create(Path file, int process, int thread, long seed, Universe universe)
      throws IOException {
    EventLog log =
        new EventLog(
            FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE));
    MemorySegment header = log.chunk;
    header.set(INT, VERSION_AT, VERSION);
    header.set(INT, PROCESS_AT, process);
    header.set(INT, THREAD_AT, thread);
    header.set(INT, UNIVERSE_AT, universe.directories());
    header.set(INT, UNIVERSE_AT + 4, universe.names());
    header.set(INT, UNIVERSE_AT + 8, universe.groupSlots());
    header.set(INT, UNIVERSE_AT + 12, universe.files());
    header.set(INT, UNIVERSE_AT + 16, universe.fileCells());
    header.set(LONG, SEED_AT, seed);
    header.set(LONG, MAGIC_AT, MAGIC);
    log.end = HEADER_BYTES;
    return log;
  }

  /** How many operations were begun. */
  int events() {
    return events;
  }

  /** Records that an operation is about to be called; the call must follow at once. */
  @SuppressWarnings("EnumOrdinal") // the order of the kinds is part of the format
  void invoke(Kind kind, int object, Event.Arguments arguments) throws IOException {
    long length = RECORD_BYTES;
    if (kind == Kind.READ) {
      length += (long) arguments.cells() * STAMP_BYTES;
    }
    reserve(length);
    InodeId directory = arguments.directory();
    InodeId subject = arguments.subject();
    int status = (directory != null ? HAS_DIRECTORY : 0) | (subject != null ? HAS_SUBJECT : 0);
    chunk.set(SHORT, record + KIND, (short) kind.ordinal());
    chunk.set(SHORT, record + STATUS, (short) status);
    chunk.set(INT, record + OBJECT, object);
    chunk.set(INT, record + PLACE, arguments.place());
    chunk.set(INT, record + OTHER, arguments.other());
    chunk.set(INT, record + CELLS, arguments.cells());
    putId(DIRECTORY, DIRECTORY_GENERATION, directory);
    putId(SUBJECT, SUBJECT_GENERATION, subject);
    chunk.set(LONG, record + STAMP, arguments.stamp());
    chunk.set(LONG, record + INVOKED, System.nanoTime());
    LENGTH_HANDLE.setRelease(chunk, record + LENGTH, (int) length);
    events++;
  }

  /** Records that the last operation returned just now; {@link #answer} must follow. */
  void returned() {
    chunk.set(LONG, record + RETURNED, System.nanoTime());
  }

  /** Records what the last operation answered. */
  void answer(Event.Answer answer) {
    chunk.set(INT, record + ERRNO, answer.errno());
    chunk.set(INT, record + TYPE, answer.type());
    chunk.set(INT, record + COUNT, answer.count());
    chunk.set(LONG, record + LINKS, answer.links());
    chunk.set(LONG, record + POSITION, answer.position());
    long[] stamps = answer.stamps();
    for (int i = 0; i < stamps.length; i++) {
      chunk.set(LONG, record + RECORD_BYTES + (long) i * STAMP_BYTES, stamps[i]);
    }
    putId(ID, ID_GENERATION, answer.id());
    int status = chunk.get(SHORT, record + STATUS) | ANSWERED | (answer.id() != null ? HAS_ID : 0);
    STATUS_HANDLE.setRelease(chunk, record + STATUS, (short) status);
  }

  private void putId(long numberAt, long generationAt, @Nullable InodeId id) {
    InodeId known = id != null ? id : NO_ID;
    chunk.set(LONG, record + numberAt, known.number());
    chunk.set(INT, record + generationAt, known.generation());
  }

  private void reserve(long length) throws IOException {
    if (end + length > CHUNK_BYTES) {
      if (end < CHUNK_BYTES) {
        LENGTH_HANDLE.setRelease(chunk, end + LENGTH, SKIP);
      }
      Arena next = Arena.ofConfined();
      MemorySegment mapped =
          channel.map(FileChannel.MapMode.READ_WRITE, chunkStart + CHUNK_BYTES, CHUNK_BYTES, next);
      arena.close();
      arena = next;
      chunk = mapped;
      chunkStart += CHUNK_BYTES;
      end = 0;
    }
    record = end;
    end += length;
  }

  /** Cuts the file to what was written. */
  @Override
  public void close() throws IOException {
    arena.close();
    try (channel) {
      channel.truncate(chunkStart + end);
    }
  }
}

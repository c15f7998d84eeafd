package dev.coterie.check.history;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/** Random operations of one thread on the content of the shared files. */
final class FileOperations {
  private static final int WRITE_CELLS_MAX = 8;

  /**
   * The open files of one process, which its threads share: for each file one handle to read and
   * write, one to append.
   */
  record Handles(long[] plain, long[] append) {
    static Handles open(Workspace space) throws ErrnoException {
      int files = space.files().size();
      Handles handles = new Handles(new long[files], new long[files]);
      for (int i = 0; i < files; i++) {
        handles.plain[i] = open(space, i, OpenFlags.O_RDWR);
        handles.append[i] = open(space, i, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
      }
      return handles;
    }

    private static long open(Workspace space, int file, int flags) throws ErrnoException {
      return space.service().open(space.caller(), space.files().get(file), flags).handle();
    }
  }

  private final Workspace space;
  private final Handles handles;
  private final Recorder recorder;
  private final RandomGenerator random;
  private final int process;
  private final int thread;
  private final int fileCells;
  private final ByteBuffer buffer;
  private final int[] sizes; // by file, in cells, as this thread saw it last
  private int sequence;

  FileOperations(
      Workspace space,
      Handles handles,
      Recorder recorder,
      RandomGenerator random,
      int process,
      int thread) {
    this.space = space;
    this.handles = handles;
    this.recorder = recorder;
    this.random = random;
    this.process = process;
    this.thread = thread;
    this.fileCells = space.universe().fileCells();
    this.buffer =
        ByteBuffer.allocateDirect(2 * fileCells * Stamp.CELL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    this.sizes = new int[space.files().size()];
  }

  /** One operation on a file. */
  void step(int file) throws IOException {
    int roll = random.nextInt(100);
    if (sizes[file] > fileCells) {
      // Appends make files grow without end; whoever sees a large one cuts it.
      truncate(file, random.nextInt(fileCells / 2));
    } else if (roll < 30) {
      read(file);
    } else if (roll < 50) {
      write(file);
    } else if (roll < 65) {
      append(file);
    } else if (roll < 75) {
      writeAppend(file);
    } else if (roll < 83) {
      truncate(file, random.nextInt(fileCells));
    } else if (roll < 97) {
      size(file);
    } else {
      open(file, roll == 99);
    }
  }

  private void read(int file) throws IOException {
    boolean whole = random.nextInt(4) == 0;
    int place = whole ? 0 : random.nextInt(fileCells);
    int cells = whole ? 2 * fileCells : 1 + random.nextInt(WRITE_CELLS_MAX);
    buffer.clear().limit(cells * Stamp.CELL_BYTES);
    recorder.record(
        Kind.READ,
        file,
        Event.Arguments.ofRange(place, cells),
        () ->
            service()
                .read(space.caller(), handles.plain[file], (long) place * Stamp.CELL_BYTES, buffer),
        this::stampsRead);
  }

  private Event.Answer stampsRead(int count) {
    return readAnswer(buffer, count);
  }

  /** What a read of {@code count} bytes put into the buffer from its start. */
  static Event.Answer readAnswer(ByteBuffer buffer, int count) {
    long[] stamps = new long[count / Stamp.CELL_BYTES];
    for (int i = 0; i < stamps.length; i++) {
      int at = i * Stamp.CELL_BYTES;
      stamps[i] = Stamp.decode(buffer.getLong(at), buffer.getLong(at + 8));
    }
    return Event.Answer.read(count, stamps);
  }

  private void write(int file) throws IOException {
    int cells = 1 + random.nextInt(WRITE_CELLS_MAX);
    int place = random.nextInt(fileCells - Math.min(fileCells - 1, cells));
    long stamp = nextStamp(cells);
    recorder.record(
        Kind.WRITE,
        file,
        Event.Arguments.ofWrite(place, stamp, cells),
        () ->
            service()
                .write(
                    space.caller(), handles.plain[file], (long) place * Stamp.CELL_BYTES, buffer),
        count -> Event.Answer.at(0, count));
  }

  private void append(int file) throws IOException {
    int cells = 1 + random.nextInt(WRITE_CELLS_MAX / 2);
    long stamp = nextStamp(cells);
    boolean plain = random.nextBoolean();
    recorder.record(
        Kind.APPEND,
        file,
        Event.Arguments.ofWrite(0, stamp, cells),
        () ->
            service()
                .append(space.caller(), plain ? handles.plain[file] : handles.append[file], buffer),
        moved -> {
          sizes[file] = (int) (moved.offset() / Stamp.CELL_BYTES) + cells;
          return Event.Answer.at(moved.offset(), moved.count());
        });
  }

  private void writeAppend(int file) throws IOException {
    int cells = 1 + random.nextInt(WRITE_CELLS_MAX / 2);
    long stamp = nextStamp(cells);
    recorder.record(
        Kind.WRITE_APPEND,
        file,
        Event.Arguments.ofWrite(0, stamp, cells),
        () -> service().write(space.caller(), handles.append[file], 0, buffer),
        count -> Event.Answer.at(0, count));
  }

  private void truncate(int file, int cells) throws IOException {
    long handle = random.nextBoolean() ? handles.plain[file] : 0;
    SetAttr change = SetAttr.ofSize((long) cells * Stamp.CELL_BYTES);
    recorder.record(
        Kind.TRUNCATE,
        file,
        Event.Arguments.ofRange(cells, 0),
        () -> service().setattr(space.caller(), id(file), handle, change),
        stat -> sized(file, stat));
  }

  private void size(int file) throws IOException {
    recorder.record(
        Kind.SIZE,
        file,
        Event.Arguments.ofRange(0, 0),
        () -> service().getattr(space.caller(), id(file)),
        stat -> sized(file, stat));
  }

  /** Opens the file once more, for the sake of what that does to others, and closes it. */
  private void open(int file, boolean truncate) throws IOException {
    int flags = OpenFlags.O_RDWR | (truncate ? OpenFlags.O_TRUNC : 0);
    Opened opened =
        recorder.record(
            truncate ? Kind.OPEN_TRUNC : Kind.OPEN,
            file,
            Event.Arguments.ofRange(0, 0),
            () -> service().open(space.caller(), id(file), flags),
            answer -> sized(file, answer.stat()));
    if (opened != null) {
      recorder.quietly(() -> {
        service().close(space.caller(), opened.handle());
        return Done.DONE;
      });
    }
  }

  private Event.Answer sized(int file, Stat stat) {
    sizes[file] = (int) Math.min(stat.size() / Stamp.CELL_BYTES, Integer.MAX_VALUE);
    return Event.Answer.at(stat.size(), 0);
  }

  private long nextStamp(int cells) {
    long stamp = Stamp.of(process, thread, sequence++);
    Stamp.fill(buffer, stamp, cells);
    return stamp;
  }

  private InodeId id(int file) {
    return space.files().get(file);
  }

  private FileService service() {
    return space.service();
  }
}

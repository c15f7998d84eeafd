package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
  private static final Universe UNIVERSE = new Universe(5, 4, 2, 7, 9);

  @TempDir Path directory;

  private EventLog create() throws IOException {
    return EventLog.create(directory.resolve("t" + LogHistory.SUFFIX), 3, 14, 99, UNIVERSE);
  }

  private List<Event> read() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      EventFile file = EventFile.open(directory.resolve("t" + LogHistory.SUFFIX), arena);
      assertThat(file.universe()).isEqualTo(UNIVERSE);
      assertThat(file.process()).isEqualTo(3);
      List<Event> events = new ArrayList<>();
      for (long at = file.first(); at != 0; at = file.next(at)) {
        events.add(file.event(at));
      }
      return events;
    }
  }

  private static void record(EventLog log, Kind kind, int object, Arguments asked, Answer answer)
      throws IOException {
    log.invoke(kind, object, asked);
    log.returned();
    log.answer(answer);
  }

  @Test
  void event_everyField_comesBack() throws IOException {
    InodeId directoryId = new InodeId(-1, 2);
    InodeId subject = new InodeId(3, 4);
    Arguments asked = new Arguments(Universe.CHILD, 6, directoryId, subject, 7, 8);
    Answer answer = Answer.found(new InodeId(Long.MIN_VALUE, -9), 10, 11);
    try (EventLog log = create()) {
      record(log, Kind.LINK, 5, asked, answer);
      record(log, Kind.APPEND, 6, Arguments.ofWrite(1, 2, 3), Answer.at(1L << 40, 48));
      record(log, Kind.RMDIR, 9, Arguments.ofSlot(1), Answer.failed(Errno.ENOTEMPTY));
      assertThat(log.events()).isEqualTo(3);
    }
    List<Event> events = read();
    assertThat(events).hasSize(3);
    Event first = events.getFirst();
    assertThat(first.process()).isEqualTo(3);
    assertThat(first.thread()).isEqualTo(14);
    assertThat(first.kind()).isEqualTo(Kind.LINK);
    assertThat(first.object()).isEqualTo(5);
    assertThat(first.arguments()).isEqualTo(asked);
    assertThat(first.answer()).usingRecursiveComparison().isEqualTo(answer);
    assertThat(first.returned()).isGreaterThanOrEqualTo(first.invoked());
    assertThat(events.get(1).invoked()).isGreaterThanOrEqualTo(first.returned());
    assertThat(events.get(1).answer())
        .usingRecursiveComparison()
        .isEqualTo(Answer.at(1L << 40, 48));
    assertThat(events.get(2).answer().errno()).isEqualTo(Errno.ENOTEMPTY.number());
  }

  @Test
  void read_cells_comeBack() throws IOException {
    Answer answer = Answer.read(50, new long[] {1, Stamp.HOLE, Stamp.TORN});
    try (EventLog log = create()) {
      record(log, Kind.READ, 0, Arguments.ofRange(2, 5), answer);
      record(log, Kind.READ, 0, Arguments.ofRange(2, 5), Answer.failed(Errno.EBADF));
    }
    assertThat(read().getFirst().answer()).usingRecursiveComparison().isEqualTo(answer);
    assertThat(read().getLast().answer().stamps()).isEmpty();
  }

  /** What a killed worker leaves: no end was written, the last answer never came. */
  @Test
  void log_notClosed_isReadableUpToTheLastCall() throws IOException {
    EventLog log = create();
    record(log, Kind.SIZE, 1, Arguments.ofRange(0, 0), Answer.at(16, 0));
    log.invoke(Kind.TRUNCATE, 1, Arguments.ofRange(0, 0));
    List<Event> events = read();
    log.close();
    assertThat(events).hasSize(2);
    assertThat(events.getFirst().answer().position()).isEqualTo(16);
    assertThat(events.getLast().kind()).isEqualTo(Kind.TRUNCATE);
    assertThat(events.getLast().returned()).isEqualTo(Event.NEVER);
    assertThat(Certainty.of(events.getLast())).isEqualTo(Certainty.OPEN);
  }

  /** What a worker leaves that is killed before it has called anything. */
  @Test
  void log_withoutItsHeader_isPassedOver() throws IOException {
    try (EventLog log = create()) {
      record(log, Kind.SIZE, 1, Arguments.ofRange(0, 0), Answer.at(16, 0));
    }
    Files.createFile(directory.resolve("empty" + LogHistory.SUFFIX));
    Files.write(directory.resolve("zeros" + LogHistory.SUFFIX), new byte[1 << 16]);
    try (LogHistory history = LogHistory.open(directory)) {
      assertThat(history).isNotNull();
    }
    Path other = directory.resolve("other" + LogHistory.SUFFIX);
    Files.writeString(other, "something else altogether");
    assertThatThrownBy(() -> LogHistory.open(directory)).hasMessage(other + ": not an event log");
  }

  @Test
  void log_overManyChunks_losesNothing() throws IOException {
    int count = 100_000;
    try (EventLog log = create()) {
      for (int i = 0; i < count; i++) {
        record(log, Kind.READ, 0, Arguments.ofRange(i, i % 9), Answer.read(0, new long[0]));
      }
    }
    assertThat(Files.size(directory.resolve("t" + LogHistory.SUFFIX)))
        .isGreaterThan(2 * EventLayout.CHUNK_BYTES);
    List<Event> events = read();
    assertThat(events).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(events.get(i).arguments().place()).isEqualTo(i);
    }
  }

  @Test
  void log_empty_hasNoEvents() throws IOException {
    create().close();
    assertThat(read()).isEmpty();
  }

  @Test
  void open_ofSomethingElse_isRefused() throws IOException {
    Files.writeString(directory.resolve("t" + LogHistory.SUFFIX), "no log ".repeat(20));
    assertThatThrownBy(this::read).isInstanceOf(IOException.class);
  }

  @Test
  void stamps_tornAndForeign_areTold() {
    long stamp = Stamp.of(2, 15, 77) + 3;
    ByteBuffer buffer = ByteBuffer.allocate(64);
    Stamp.fill(buffer, stamp, 2);
    assertThat(Stamp.decode(buffer.getLong(0), buffer.getLong(8))).isEqualTo(stamp);
    assertThat(Stamp.decode(buffer.getLong(16), buffer.getLong(24))).isEqualTo(stamp + 1);
    assertThat(Stamp.decode(buffer.getLong(0), buffer.getLong(24))).isEqualTo(Stamp.TORN);
    assertThat(Stamp.decode(0, 0)).isEqualTo(Stamp.HOLE);
    assertThat(Stamp.decode(stamp, 0)).isEqualTo(Stamp.TORN);
    assertThat(Stamp.describe(stamp)).isEqualTo("P2/T15#77.3");
    assertThat(Stamp.write(stamp)).isEqualTo(Stamp.of(2, 15, 77));
  }
}

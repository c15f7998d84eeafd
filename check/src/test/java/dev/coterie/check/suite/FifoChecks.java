package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** FIFOs of the tree between processes of ours. Source: fifo(7), pipe(7). */
interface FifoChecks extends Checks {
  private static void make(Actor one) throws ErrnoException {
    one.mknod("/p", Mode.S_IFIFO | 0644, 0);
  }

  private static Sent open(Actor one, int flags) throws ErrnoException {
    return Sent.of(one, new Operation.Open(one.id("/p"), flags));
  }

  private static long handle(Sent open) throws Exception {
    return ((Opened) open.ended()).handle();
  }

  private static Sent read(Actor one, long handle, ByteBuffer into) throws ErrnoException {
    return Sent.of(one, new Operation.ReadNext(handle, into));
  }

  private static String zeros(int count) {
    return "\0".repeat(count);
  }

  // ---- opening ----

  @Test
  default void fifo_openedFromBothSides_waitsForTheOther() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one);
    Sent reader = open(one, O_RDONLY);
    assertThat(reader.waits()).isTrue();
    Sent writer = open(other, O_WRONLY);
    long in = handle(reader);
    long out = handle(writer);
    assertThat(other.writeNext(out, "hello").count()).isEqualTo(5);
    assertThat(one.readNext(in, 100)).isEqualTo("hello");
    other.close(out);
    assertThat(one.readNext(in, 100)).isEmpty();
  }

  @Test
  default void fifo_openedToWrite_waitsForAReader() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one);
    Sent writer =
        Sent.of(one, new Operation.Create(one.root(), dev.coterie.api.Name.of("p"), O_WRONLY, 0));
    assertThat(writer.waits()).isTrue();
    long in = other.open("/p", O_RDONLY);
    assertThat(one.writeNext(handle(writer), "x").count()).isEqualTo(1);
    assertThat(other.readNext(in, 9)).isEqualTo("x");
  }

  @Test
  default void fifo_openedWithoutWaiting_needsAReaderToWrite() throws ErrnoException {
    Actor one = root();
    make(one);
    fails(Errno.ENXIO, () -> one.open("/p", O_WRONLY | O_NONBLOCK));
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    assertThat(one.readNext(in, 10)).isEmpty();
    long out = one.open("/p", O_WRONLY | O_NONBLOCK);
    fails(Errno.EAGAIN, () -> one.readNext(in, 10));
    one.close(in);
    fails(Errno.EPIPE, () -> one.writeNext(out, "x"));
    long both = one.open("/p", O_RDWR);
    one.writeNext(both, "x");
    assertThat(one.readNext(both, 10)).isEqualTo("x");
  }

  @Test
  default void fifo_openingCancelled_hasNeverBeenOpen() throws Exception {
    Actor one = root();
    make(one);
    Sent reader = open(one, O_RDONLY);
    reader.ticket().cancel();
    assertThat(reader.ended()).isEqualTo("EINTR");
    fails(Errno.ENXIO, () -> one.open("/p", O_WRONLY | O_NONBLOCK));
    Actor gone = root();
    Sent lost = open(gone, O_RDONLY);
    assertThat(lost.waits()).isTrue();
    one.close(one.open("/p", O_WRONLY | O_NONBLOCK));
    assertThat(lost.ended()).isInstanceOf(Opened.class);
  }

  @Test
  default void fifo_isOpenedAsItsModeSays() throws ErrnoException {
    Actor one = root();
    make(one);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.open("/p", O_WRONLY | O_NONBLOCK));
    long in = alice.open("/p", O_RDONLY | O_NONBLOCK);
    fails(Errno.EBADF, () -> alice.writeNext(in, "x"));
    fails(Errno.ESPIPE, () -> alice.read(in, 0, 1));
    assertThat(alice.stat("/p").size()).isZero();
  }

  // ---- content ----

  @Test
  default void fifo_holdsSixteenPages() throws ErrnoException {
    Actor one = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = one.open("/p", O_WRONLY | O_NONBLOCK);
    assertThat(one.writeNext(out, zeros(70_000)).count()).isEqualTo(65_536);
    fails(Errno.EAGAIN, () -> one.writeNext(out, "x"));
    assertThat(one.readNext(in, 4095)).hasSize(4095);
    fails(Errno.EAGAIN, () -> one.writeNext(out, zeros(4096)));
    assertThat(one.readNext(in, 1)).hasSize(1);
    assertThat(one.writeNext(out, zeros(4096)).count()).isEqualTo(4096);
  }

  @Test
  default void fifo_isEmptyAfterTheLastClose() throws ErrnoException {
    Actor one = root();
    make(one);
    long both = one.open("/p", O_RDWR);
    one.writeNext(both, "lost");
    one.close(both);
    long again = one.open("/p", O_RDWR | O_NONBLOCK);
    fails(Errno.EAGAIN, () -> one.readNext(again, 10));
  }

  @Test
  default void fifo_isTheInodes() throws ErrnoException {
    Actor one = root();
    make(one);
    long both = one.open("/p", O_RDWR | O_NONBLOCK);
    one.rename("/p", "/q");
    long renamed = one.open("/q", O_RDWR | O_NONBLOCK);
    one.writeNext(renamed, "x");
    assertThat(one.readNext(both, 9)).isEqualTo("x");
    one.unlink("/q");
    one.mknod("/q", Mode.S_IFIFO | 0644, 0);
    fails(Errno.ENXIO, () -> one.open("/q", O_WRONLY | O_NONBLOCK));
    one.writeNext(renamed, "y");
    assertThat(one.readNext(both, 9)).isEqualTo("y");
  }

  @Test
  default void fifo_readThatWaits_endsWithDataOrTheLastWriter() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = other.open("/p", O_WRONLY);
    one.service().setFlags(one.caller(), in, 0);
    ByteBuffer buffer = ByteBuffer.allocate(10);
    Sent first = read(one, in, buffer);
    assertThat(first.waits()).isTrue();
    other.writeNext(out, "abc");
    assertThat(first.ended()).isEqualTo(new Transferred(0, 3));
    assertThat(new String(buffer.array(), 0, 3, StandardCharsets.UTF_8)).isEqualTo("abc");
    Sent second = read(one, in, ByteBuffer.allocate(10));
    assertThat(second.waits()).isTrue();
    other.service().close(); // as when its process dies
    assertThat(second.ended()).isEqualTo(new Transferred(0, 0));
  }

  @Test
  default void fifo_readThatWaits_canBeGivenUp() throws Exception {
    Actor one = root();
    make(one);
    long both = one.open("/p", O_RDWR);
    Sent cancelled = read(one, both, ByteBuffer.allocate(10));
    cancelled.ticket().cancel();
    assertThat(cancelled.ended()).isEqualTo("EINTR");
    Sent closed = read(one, both, ByteBuffer.allocate(10));
    one.close(both);
    assertThat(closed.ended()).isEqualTo("EBADF");
  }

  @Test
  default void fifo_writeThatWaits_goesOnWhenThereIsRoom() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = other.open("/p", O_WRONLY);
    ByteBuffer much = ByteBuffer.allocate(100_000);
    Sent writing = Sent.of(other, new Operation.WriteNext(out, much));
    assertThat(writing.waits()).isTrue();
    int got = 0;
    while (got < 100_000) {
      got += one.readNext(in, 10_000).length();
    }
    assertThat(writing.ended()).isEqualTo(new Transferred(0, 100_000));
    fails(Errno.EAGAIN, () -> one.readNext(in, 1));
  }

  /** What has been written cannot be taken back, so it is the answer. */
  @Test
  default void fifo_writeGivenUpHalfWay_saysHowMuchItWrote() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = other.open("/p", O_WRONLY);
    Sent half = Sent.of(other, new Operation.WriteNext(out, ByteBuffer.allocate(100_000)));
    half.ticket().cancel();
    assertThat(half.ended()).isEqualTo(new Transferred(0, 65_536));
    Sent none = Sent.of(other, new Operation.WriteNext(out, ByteBuffer.allocate(10)));
    assertThat(none.waits()).isTrue();
    none.ticket().cancel();
    assertThat(none.ended()).isEqualTo("EINTR");
    Sent broken = Sent.of(other, new Operation.WriteNext(out, ByteBuffer.allocate(10)));
    one.close(in);
    assertThat(broken.ended()).isEqualTo("EPIPE");
  }

  /** "POSIX.1 says that writes of less than PIPE_BUF bytes must be atomic" (pipe(7)). */
  @Test
  default void fifo_smallWritesOfMany_areNotTorn() throws Exception {
    int writers = 4;
    int records = 300;
    int bytes = 400;
    Actor reader = root();
    make(reader);
    long in = reader.open("/p", O_RDONLY | O_NONBLOCK);
    Actor[] actors = new Actor[writers];
    long[] outs = new long[writers];
    for (int i = 0; i < writers; i++) {
      actors[i] = root();
      outs[i] = actors[i].open("/p", O_WRONLY);
    }
    reader.service().setFlags(reader.caller(), in, 0);
    int[] seen = new int[writers];
    Checks.together(
        writers + 1,
        i -> {
          if (i < writers) {
            for (int n = 0; n < records; n++) {
              actors[i].writeNext(outs[i], String.valueOf((char) ('a' + i)).repeat(bytes));
            }
            actors[i].close(outs[i]);
            return 0;
          }
          StringBuilder rest = new StringBuilder();
          for (String got = reader.readNext(in, 4096);
              !got.isEmpty();
              got = reader.readNext(in, 4096)) {
            rest.append(got);
            while (rest.length() >= bytes) {
              String record = rest.substring(0, bytes);
              assertThat(record.chars().distinct().count()).isEqualTo(1);
              seen[record.charAt(0) - 'a']++;
              rest.delete(0, bytes);
            }
          }
          assertThat(rest).isEmpty();
          return 0;
        });
    assertThat(seen).containsOnly(records);
  }

  // ---- in event sets ----

  @Test
  default void fifo_hangUp_isReportedOnceByEdge() throws ErrnoException {
    Actor one = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = one.open("/p", O_WRONLY);
    long set = one.service().evset(one.caller()).handle();
    one.service().evctl(one.caller(), set, Control.ADD, in, EPOLLIN | EPOLLET, 7);
    assertThat(one.service().evwait(one.caller(), set, 9, 0)).isEmpty();
    one.close(out);
    assertThat(one.service().evwait(one.caller(), set, 9, 0))
        .containsExactly(new Event(EPOLLHUP, 7, 1));
    assertThat(one.service().evwait(one.caller(), set, 9, 0)).isEmpty();
    assertThat(one.readNext(in, 9)).isEmpty();
    assertThat(one.service().evwait(one.caller(), set, 9, 0)).isEmpty();
  }

  @Test
  default void fifo_withoutReader_isReportedAsAnError() throws ErrnoException {
    Actor one = root();
    make(one);
    long in = one.open("/p", O_RDONLY | O_NONBLOCK);
    long out = one.open("/p", O_WRONLY);
    long set = one.service().evset(one.caller()).handle();
    one.service().evctl(one.caller(), set, Control.ADD, out, EPOLLOUT, 7);
    one.close(in);
    List<Event> events = one.service().evwait(one.caller(), set, 9, 0);
    assertThat(events).hasSize(1);
    assertThat(events.getFirst().mask()).isEqualTo(EPOLLOUT | EPOLLERR);
  }
}

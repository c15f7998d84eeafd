package dev.coterie.client;

import static dev.coterie.client.FakeLeader.inThread;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Rappend;
import dev.coterie.wire.HandleReply.Rtake;
import dev.coterie.wire.HandleRequest.Tappend;
import dev.coterie.wire.LinuxReply.Rfsync;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxRequest.Tfsync;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an appender sends, when, and whom it tells of what went wrong. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AppenderTest {
  private static final Caller ME = new Caller(501, 502, new int[] {503}, 505, 0);
  private static final int MSIZE = 4096;

  /** Ten bytes, and no time limit. */
  private static final Appender.Options TEN = new Appender.Options(10, Long.MAX_VALUE);

  private static final Appender.Options AT_ONCE = TEN.withDelayMsMax(1);

  private final FakeLeader leader;
  private final FakeLeader.Pair pair;
  private final Tree tree;

  AppenderTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME).withMsizeBytes(MSIZE));
    FutureTask<?> root = inThread(() -> pair.peer().serve(Rgetattr.of(stat(1), Dialect.COTERIE_1)));
    tree = Tree.of(pair.client(), ME);
    root.get();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  private OpenFile file(Stat stat) throws Exception {
    FutureTask<?> taken = inThread(() -> pair.peer().serve(new Rtake(stat, OpenFlags.O_RDWR)));
    OpenFile file = tree.take(new Token(1, 2));
    taken.get();
    return file;
  }

  private Appender appender(Appender.Options options) throws Exception {
    return Appender.of(pair.client(), ME, file(stat(7)), options);
  }

  private interface Work {
    void run() throws ErrnoException;
  }

  private static FutureTask<Void> start(Work work) {
    return inThread(() -> {
      work.run();
      return null;
    });
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(Frame frame) {
    ByteBuffer data = ((Tappend) frame.request()).data().duplicate();
    return StandardCharsets.US_ASCII.decode(data).toString();
  }

  /** The next request must append this. */
  private Frame expect(String text) throws Exception {
    Frame frame = pair.peer().next();
    assertThat(text(frame)).isEqualTo(text);
    return frame;
  }

  private void accept(Frame frame) throws Exception {
    pair.peer().reply(frame.tag(), new Rappend(0, text(frame).length()));
  }

  private static void assertFails(FutureTask<Void> call, Errno errno, String message) {
    assertThatThrownBy(call::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno))
        .hasMessageContaining(message);
  }

  // ---- what is sent ----

  @Test
  void append_ofWhatDoesNotFit_sendsWhatIsThereAsOne() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaa"));
    appender.append(bytes("bbbb"));
    assertThat(pair.peer().hasNext()).isFalse();
    FutureTask<Void> third = start(() -> appender.append(bytes("cccc")));
    accept(expect("aaaabbbb"));
    third.get();
    FutureTask<Void> flush = start(appender::flush);
    accept(expect("cccc"));
    flush.get();
    appender.flush(); // nothing is left to send
    appender.close();
  }

  @Test
  void append_ofMoreThanIsCollected_isOneOfItsOwnBehindTheOthers() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aa"));
    ByteBuffer large = bytes("0123456789ab");
    FutureTask<Void> call = start(() -> appender.append(large));
    accept(expect("aa"));
    accept(expect("0123456789ab"));
    call.get();
    assertThat(large.hasRemaining()).isFalse();
    appender.close();
  }

  @Test
  void append_asLargeAsAMessage_isOne_andLargerIsRefused() throws Exception {
    Appender appender = appender(Appender.Options.DEFAULT);
    int most = pair.client().messageBytesMax(ME);
    assertThat(most).isBetween(MSIZE - 100, MSIZE);
    String largest = "x".repeat(most);
    appender.append(bytes(largest));
    ByteBuffer larger = bytes(largest + "y");
    assertThatThrownBy(() -> appender.append(larger))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE))
        .hasMessageContaining(Integer.toString(most));
    assertThat(larger.position()).isZero();
    FutureTask<Void> close = start(appender::close);
    accept(expect(largest));
    close.get();
  }

  /** Another caller's name is part of the message. */
  @Test
  void append_ofAnotherCaller_hasLessRoom() throws Exception {
    Caller other = new Caller(601, 602, new int[100], 0, 0);
    assertThat(pair.client().messageBytesMax(other))
        .isLessThan(pair.client().messageBytesMax(ME) - 400);
  }

  @Test
  void append_afterTheTime_isSentByItself() throws Exception {
    Appender appender = appender(AT_ONCE);
    for (int i = 0; i < 3; i++) {
      appender.append(bytes("a" + i));
      accept(expect("a" + i));
    }
    appender.close();
  }

  @Test
  void append_whileOneIsUnderWay_collectsOn() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaaaaaaaa"));
    FutureTask<Void> flush = start(appender::flush);
    Frame first = expect("aaaaaaaaaa");
    appender.append(bytes("bbbbbbbbbb")); // does not wait
    FutureTask<Void> third = start(() -> appender.append(bytes("c")));
    accept(first);
    flush.get();
    accept(expect("bbbbbbbbbb"));
    third.get();
    FutureTask<Void> close = start(appender::close);
    accept(expect("c"));
    close.get();
  }

  @Test
  void fsync_isBehindTheRecords() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("a"));
    FutureTask<Void> fsync = start(appender::fsync);
    accept(expect("a"));
    Frame frame = pair.peer().next();
    assertThat(frame.request()).isInstanceOf(Tfsync.class);
    pair.peer().reply(frame.tag(), new Rfsync());
    fsync.get();
    appender.close();
  }

  @Test
  void close_sendsWhatIsLeft_andNothingIsTakenAfterwards() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("a"));
    FutureTask<Void> close = start(appender::close);
    accept(expect("a"));
    close.get();
    appender.close();
    assertFails(start(() -> appender.append(bytes("b"))), Errno.EBADF, "closed");
    assertFails(start(appender::flush), Errno.EBADF, "closed");
  }

  @Test
  void fifo_isRefused() throws Exception {
    Stat file = stat(7);
    int mode = Mode.S_IFIFO | 0600;
    OpenFile fifo =
        file(
            new Stat(
                file.id(),
                mode,
                1,
                0,
                0,
                0,
                0,
                4096,
                0,
                file.atime(),
                file.mtime(),
                file.ctime(),
                file.btime(),
                file.change()));
    assertFails(start(() -> Appender.of(pair.client(), ME, fifo, TEN)), Errno.EINVAL, "FIFO");
  }

  // ---- what goes wrong ----

  @Test
  void flush_thatFails_saysSoOnce_andTheRecordsAreGone() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aa"));
    appender.append(bytes("bb"));
    FutureTask<Void> flush = start(appender::flush);
    pair.peer().error(expect("aabb").tag(), Errno.EFBIG);
    assertFails(flush, Errno.EFBIG, "append of 2 records");
    appender.append(bytes("c"));
    FutureTask<Void> close = start(appender::close);
    accept(expect("c"));
    close.get();
  }

  @Test
  void append_whoseSendingFails_saysSo_andDidNotTakeItsRecord() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaaaaaaaa"));
    ByteBuffer next = bytes("b");
    FutureTask<Void> call = start(() -> appender.append(next));
    pair.peer().error(expect("aaaaaaaaaa").tag(), Errno.EIO);
    assertFails(call, Errno.EIO, "append of 1 records");
    assertThat(next.remaining()).isEqualTo(1);
    appender.close();
  }

  @Test
  void failureOfTheTimeLimit_isToldToTheNextCall_once() throws Exception {
    Appender appender = appender(AT_ONCE);
    appender.append(bytes("a"));
    pair.peer().error(expect("a").tag(), Errno.EIO);
    // Whether the error has arrived or not: the flush waits for it, or finds it.
    assertFails(start(appender::flush), Errno.EIO, "append of 1 records");
    appender.flush();
    appender.append(bytes("b"));
    accept(expect("b"));
    appender.close();
  }

  @Test
  void failureNobodyWasToldOf_isToldByClose() throws Exception {
    Appender appender = appender(AT_ONCE);
    appender.append(bytes("a"));
    pair.peer().error(expect("a").tag(), Errno.EROFS);
    assertFails(start(appender::close), Errno.EROFS, "append of 1 records");
    appender.close();
  }

  @Test
  void flush_thatWaitsForAnAppendOfOthers_isToldOfItsFailureToo() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaaaaaaaa"));
    FutureTask<Void> sender = start(() -> appender.append(bytes("b")));
    Frame frame = expect("aaaaaaaaaa");
    FutureTask<Void> flush = start(appender::flush);
    appender.awaitWaiters(1);
    pair.peer().error(frame.tag(), Errno.EIO);
    assertFails(sender, Errno.EIO, "append of 1 records");
    assertFails(flush, Errno.EIO, "append of 1 records");
    appender.close();
  }

  @Test
  void close_afterAFailure_sendsTheRest() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaaaaaaaa"));
    FutureTask<Void> flush = start(appender::flush);
    Frame first = expect("aaaaaaaaaa");
    appender.append(bytes("b"));
    FutureTask<Void> close = start(appender::close);
    appender.awaitWaiters(1);
    pair.peer().error(first.tag(), Errno.EIO);
    accept(expect("b"));
    assertFails(flush, Errno.EIO, "append of 1 records");
    assertFails(close, Errno.EIO, "append of 1 records");
  }

  @Test
  void shortAppend_isNoSpace() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aaaa"));
    FutureTask<Void> flush = start(appender::flush);
    pair.peer().reply(expect("aaaa").tag(), new Rappend(0, 3));
    assertFails(flush, Errno.ENOSPC, "of 4 bytes 3");
    appender.close();
  }

  @Test
  void interruptedFlush_keepsTheRecords_inTheirOrder() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aa"));
    Thread[] flusher = new Thread[1];
    FutureTask<Void> flush =
        start(() -> {
          flusher[0] = Thread.currentThread();
          appender.flush();
        });
    Frame frame = expect("aa");
    flusher[0].interrupt();
    Frame cancel = pair.peer().next();
    assertThat(cancel.request()).isEqualTo(new Tflush(frame.tag()));
    pair.peer().reply(cancel.tag(), new Rflush());
    assertFails(flush, Errno.EINTR, "");
    appender.append(bytes("bb"));
    FutureTask<Void> close = start(appender::close);
    accept(expect("aa"));
    accept(expect("bb"));
    close.get();
  }

  @Test
  void recordsOnTheirWay_thatWereRefusedForNow_areSentAgainAfterTheTime() throws Exception {
    Appender appender = appender(AT_ONCE);
    appender.append(bytes("a"));
    pair.peer().error(expect("a").tag(), Errno.EAGAIN);
    accept(expect("a"));
    appender.close();
  }

  @Test
  void interruptedClose_sendsAllTheSame_andStaysInterrupted() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aa"));
    FutureTask<Boolean> close =
        inThread(() -> {
          Thread.currentThread().interrupt();
          appender.close();
          return Thread.currentThread().isInterrupted();
        });
    accept(expect("aa"));
    assertThat(close.get()).isTrue();
  }

  @Test
  void lostConnection_isToldByClose() throws Exception {
    Appender appender = appender(TEN);
    appender.append(bytes("aa"));
    FutureTask<Void> close = start(appender::close);
    expect("aa");
    pair.peer().close();
    assertFails(close, Errno.EIO, "append of 1 records");
  }
}

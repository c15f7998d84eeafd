package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseReply.Rwrite;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A connection that ends, in whatever way, ends all calls, once and soon. */
@Timeout(180)
class LostTest {
  private static final Caller ME = Caller.ROOT;
  private static final Operation<Stat> ROOT = new Operation.Root();

  private final FakeLeader leader;
  private final Pair pair;

  LostTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME).withCloseMsMax(60_000));
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  @Test
  void leaderCloses_endsWaitingAndSubmittedCallsWithEio() throws Exception {
    List<Calling<Stat>> calls = new ArrayList<>();
    List<Answer<Stat>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      calls.add(call());
      answers.add(submit());
    }
    for (int i = 0; i < 20; i++) {
      pair.peer().next();
    }
    pair.peer().close();
    for (int i = 0; i < 10; i++) {
      assertThat(calls.get(i).errno()).isEqualTo(Errno.EIO);
      assertThat(answers.get(i).errno()).isEqualTo(Errno.EIO);
      assertThat(answers.get(i).times()).isEqualTo(1);
    }
    assertLater(Errno.ENOTCONN);
  }

  @Test
  void leaderClosesBehindAReply_answersThatCall() throws Exception {
    Calling<Stat> call = call();
    Frame asked = pair.peer().next();
    pair.peer().reply(asked.tag(), rgetattr());
    pair.peer().close();
    assertThat(call.result()).isEqualTo(stat(1));
  }

  @Test
  void leaderClosedWhileNobodyWaited_endsTheNextCallWithEio() throws Exception {
    pair.peer().close();
    assertThat(call().errno()).isEqualTo(Errno.EIO);
    assertLater(Errno.ENOTCONN);
  }

  @Test
  void leaderClosedWhileNobodyWaited_endsTheNextSubmitWithAnError() throws Exception {
    pair.peer().close();
    // A submit wakes the reader, who may find the end before this call is sent, or after.
    assertThat(submit().errno()).isIn(Errno.EIO, Errno.ENOTCONN);
    assertThat(submit().errno()).isEqualTo(Errno.ENOTCONN);
  }

  @Test
  void close_endsWaitingAndSubmittedCallsWithEstale() throws Exception {
    Calling<Stat> first = call();
    Calling<Stat> second = call();
    Answer<Stat> third = submit();
    for (int i = 0; i < 3; i++) {
      pair.peer().next();
    }
    Closing closing = new Closing();
    assertThat(first.errno()).isEqualTo(Errno.ESTALE);
    assertThat(second.errno()).isEqualTo(Errno.ESTALE);
    assertThat(third.errno()).isEqualTo(Errno.ESTALE);
    assertThatThrownBy(() -> pair.peer().next()).isInstanceOf(EOFException.class);
    assertLater(Errno.ESTALE);
    pair.client().close(); // again, which does nothing
    pair.peer().close();
    closing.join();
  }

  @Test
  void close_waitsUntilTheLeaderHasClosed_whateverItStillSends() throws Exception {
    long handle = open();
    Calling<Integer> read = call(new Operation.Read(handle, 0, ByteBuffer.allocate(1 << 20)));
    Frame asked = pair.peer().next();
    Closing closing = new Closing();
    assertThat(read.errno()).isEqualTo(Errno.ESTALE);
    assertThatThrownBy(() -> pair.peer().next()).isInstanceOf(EOFException.class);
    pair.peer().reply(asked.tag(), new Rread(ByteBuffer.allocate(1 << 20)));
    assertThat(closing.isAlive()).isTrue();
    pair.peer().close();
    closing.join();
  }

  @Test
  void close_ofInterruptedThread_doesNotWait() throws Exception {
    Closing closing = new Closing();
    assertThatThrownBy(() -> pair.peer().next()).isInstanceOf(EOFException.class);
    closing.interrupt();
    closing.join();
    assertThat(closing.leftInterrupted).isTrue();
  }

  @Test
  void close_ofSilentLeader_waitsItsTimeOnly() throws Exception {
    try (Pair silent = leader.connect(ClientOptions.DEFAULT.withIdentity(ME).withCloseMsMax(10))) {
      silent.client().close();
    }
  }

  private final class Closing extends Thread {
    volatile boolean leftInterrupted;

    Closing() {
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      pair.client().close();
      leftInterrupted = isInterrupted();
    }
  }

  @Test
  void close_fromCompletion_works() throws Exception {
    Answer<Stat> other = submit();
    pair.client()
        .submit(
            ME,
            ROOT,
            new Answer<Stat>() {
              @Override
              public void done(Stat result) {
                pair.client().close();
              }
            });
    pair.peer().next();
    pair.peer().serve(rgetattr());
    assertThat(other.errno()).isEqualTo(Errno.ESTALE);
  }

  @Test
  void farewell_endsCallsAndSaysWhy() throws Exception {
    Calling<Stat> call = call();
    pair.peer().next();
    pair.peer().error(P9.NOTAG, Errno.ETIMEDOUT);
    assertThat(call.errno()).isEqualTo(Errno.EIO);
    assertLater(Errno.ENOTCONN);
  }

  @Test
  void replyOfUnknownTag_endsTheConnection() throws Exception {
    Calling<Stat> call = call();
    pair.peer().reply(pair.peer().next().tag() + 1, rgetattr());
    assertFault(call);
  }

  @Test
  void replyOfAnotherType_endsTheConnection() throws Exception {
    Calling<Stat> call = call();
    pair.peer().reply(pair.peer().next().tag(), new Rclunk());
    assertFault(call);
  }

  @Test
  void rflushOfWhatWasNotFlushed_endsTheConnection() throws Exception {
    Calling<Stat> call = call();
    pair.peer().reply(Tags.FLUSH | pair.peer().next().tag(), new Rflush());
    assertFault(call);
  }

  @Test
  void rclunkOfWhatWasNotClunked_endsTheConnection() throws Exception {
    Calling<Stat> call = call();
    pair.peer().next();
    pair.peer().reply(Tags.CALLS, new Rclunk());
    assertFault(call);
  }

  @Test
  void frameLargerThanAgreed_endsTheConnection() throws Exception {
    Calling<Stat> call = call();
    pair.peer().next();
    pair.peer().write(ByteBuffer.wrap(new byte[] {0, 0, 0, 127, 25, 0, 0}));
    assertFault(call);
  }

  @Test
  void attributesThatAreNotWhole_endTheConnection() throws Exception {
    Calling<Stat> call = call();
    Rgetattr whole = rgetattr();
    pair.peer()
        .reply(pair.peer().next().tag(), new Rgetattr(P9.GETATTR_BASIC, whole.qid(), whole.stat()));
    assertFault(call);
  }

  @Test
  void moreDataThanAskedFor_endsTheConnection() throws Exception {
    long handle = open();
    ByteBuffer buffer = ByteBuffer.allocate(8);
    Calling<Integer> read = call(new Operation.Read(handle, 0, buffer));
    Reply reply = new Rread(ByteBuffer.allocate(9));
    pair.peer().reply(pair.peer().next().tag(), reply);
    assertFault(read);
    assertThat(buffer.position()).isZero();
  }

  @Test
  void moreWrittenThanSent_endsTheConnection() throws Exception {
    long handle = open();
    Calling<Integer> write = call(new Operation.Write(handle, 0, ByteBuffer.allocate(8)));
    pair.peer().reply(pair.peer().next().tag(), new Rwrite(9));
    assertFault(write);
  }

  @Test
  void bufferChangedUnderWay_costsOnlyThatCall() throws Exception {
    long handle = open();
    ByteBuffer buffer = ByteBuffer.allocate(8);
    Calling<Integer> read = call(new Operation.Read(handle, 0, buffer));
    Frame asked = pair.peer().next();
    buffer.limit(2);
    pair.peer().reply(asked.tag(), new Rread(ByteBuffer.allocate(8)));
    assertThat(read.errno()).isEqualTo(Errno.EIO);
    Calling<Stat> call = call();
    pair.peer().serve(rgetattr());
    assertThat(call.result()).isEqualTo(stat(1));
  }

  @Test
  void errorNumberNobodyKnows_isEio() throws Exception {
    Calling<Stat> call = call();
    pair.peer().reply(pair.peer().next().tag(), new dev.coterie.wire.LinuxReply.Rlerror(4711));
    assertThat(call.errno()).isEqualTo(Errno.EIO);
  }

  private long open() throws Exception {
    Calling<Stat> root = call();
    pair.peer().serve(rgetattr());
    root.result();
    Calling<Operation.Opened> open = call(new Operation.Open(id(1), 2));
    pair.peer().serve(new Ropen(stat(1), 2));
    return open.result().handle();
  }

  private void assertFault(Calling<?> call) throws Exception {
    assertThat(call.errno()).isEqualTo(Errno.EIO);
    assertLater(Errno.ENOTCONN);
  }

  private void assertLater(Errno errno) throws Exception {
    assertThat(call().errno()).isEqualTo(errno);
    assertThat(submit().errno()).isEqualTo(errno);
    assertThatThrownBy(() -> pair.client().forget(ME, id(1), 1))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private Calling<Stat> call() {
    return call(ROOT);
  }

  private <R> Calling<R> call(Operation<R> operation) {
    return Calling.of(pair.client(), ME, operation);
  }

  private Answer<Stat> submit() {
    Answer<Stat> answer = new Answer<>();
    pair.client().submit(ME, ROOT, answer);
    return answer;
  }

  private static Rgetattr rgetattr() {
    return Rgetattr.of(stat(1), Dialect.COTERIE_1);
  }
}

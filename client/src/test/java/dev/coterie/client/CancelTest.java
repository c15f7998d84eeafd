package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.LinuxReply.Rgetattr;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt or a cancelled ticket asks the leader, and what the leader says counts. */
@Timeout(180)
class CancelTest {
  private static final Caller ME = Caller.ROOT;
  private static final Operation<Stat> ROOT = new Operation.Root();

  private final FakeLeader leader;
  private final Pair pair;

  CancelTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
  }

  @BeforeEach
  void refer() throws Exception {
    Calling<Stat> root = call(ROOT);
    pair.peer().serve(rgetattr(1));
    assertThat(root.result()).isEqualTo(stat(1));
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  @Test
  void interrupt_thenRflush_isEintrAndStaysSet() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    flushed(asked);
    assertThat(call.errno()).isEqualTo(Errno.EINTR);
    assertThat(call.leftInterrupted()).isTrue();
  }

  @Test
  void interrupt_thenReplyBeforeRflush_countsTheReply() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    Frame flush = pair.peer().next();
    pair.peer().reply(asked.tag(), rgetattr(1));
    assertThat(call.result()).isEqualTo(stat(1));
    assertThat(call.leftInterrupted()).isTrue();
    pair.peer().reply(flush.tag(), new Rflush());
    assertStillGood();
  }

  @Test
  void interrupt_thenErrorBeforeRflush_countsTheError() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    Frame flush = pair.peer().next();
    pair.peer().error(asked.tag(), Errno.EACCES);
    pair.peer().reply(flush.tag(), new Rflush());
    assertThat(call.errno()).isEqualTo(Errno.EACCES);
  }

  @Test
  void interrupt_twice_asksOnce() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    Frame flush = pair.peer().next();
    call.interrupt();
    pair.peer().reply(flush.tag(), new Rflush());
    assertThat(flush.request()).isEqualTo(new Tflush(asked.tag()));
    assertThat(call.errno()).isEqualTo(Errno.EINTR);
    assertStillGood();
  }

  @Test
  void interrupt_beforeTheCall_asksAtOnce() throws Exception {
    Calling<Stat> call = Calling.interrupted(pair.client(), ME, ROOT);
    Frame asked = pair.peer().next();
    Frame flush = pair.peer().next();
    assertThat(flush.request()).isEqualTo(new Tflush(asked.tag()));
    pair.peer().reply(asked.tag(), rgetattr(1));
    pair.peer().reply(flush.tag(), new Rflush());
    assertThat(call.result()).isEqualTo(stat(1));
    assertThat(call.leftInterrupted()).isTrue();
  }

  /** One of them reads, the other is parked: both ask, and the connection is as good as before. */
  @Test
  void interrupts_ofReaderAndOfParkedThread_bothAsk() throws Exception {
    Calling<Stat> first = call(ROOT);
    Frame askedFirst = pair.peer().next();
    Calling<Stat> second = call(ROOT);
    Frame askedSecond = pair.peer().next();
    second.interrupt();
    flushed(askedSecond);
    assertThat(second.errno()).isEqualTo(Errno.EINTR);
    first.interrupt();
    flushed(askedFirst);
    assertThat(first.errno()).isEqualTo(Errno.EINTR);
    assertStillGood();
  }

  @Test
  void tag_isUsedAgainOnlyAfterRflush() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    Frame flush = pair.peer().next();
    pair.peer().reply(asked.tag(), rgetattr(1));
    assertThat(call.result()).isEqualTo(stat(1));

    Calling<Stat> meanwhile = call(ROOT);
    Frame other = pair.peer().next();
    assertThat(other.tag()).isNotEqualTo(asked.tag());
    pair.peer().reply(flush.tag(), new Rflush());
    pair.peer().reply(other.tag(), rgetattr(1));
    assertThat(meanwhile.result()).isEqualTo(stat(1));

    Calling<Stat> a = call(ROOT);
    Calling<Stat> b = call(ROOT);
    Frame one = pair.peer().next();
    Frame two = pair.peer().next();
    assertThat(new int[] {one.tag(), two.tag()})
        .containsExactlyInAnyOrder(asked.tag(), other.tag());
    pair.peer().reply(one.tag(), rgetattr(1));
    pair.peer().reply(two.tag(), rgetattr(1));
    assertThat(a.result()).isEqualTo(b.result());
  }

  @Test
  void reply_afterRflush_isFaultOfTheLeader() throws Exception {
    Calling<Stat> call = call(ROOT);
    Frame asked = pair.peer().next();
    call.interrupt();
    flushed(asked);
    assertThat(call.errno()).isEqualTo(Errno.EINTR);
    Calling<Stat> other = call(ROOT);
    Frame again = pair.peer().next();
    pair.peer().reply(again.tag() + 1, rgetattr(1));
    assertThat(other.errno()).isEqualTo(Errno.EIO);
  }

  @Test
  void fidOfCancelledLookup_isUsedAgain() throws Exception {
    Calling<Stat> call = call(new Operation.Lookup(id(1), Name.of("a")));
    Frame asked = pair.peer().next();
    call.interrupt();
    flushed(asked);
    assertThat(call.errno()).isEqualTo(Errno.EINTR);
    Calling<Stat> again = call(new Operation.Lookup(id(1), Name.of("b")));
    Frame next = pair.peer().next();
    assertThat(((Tlookup) next.request()).newFid()).isEqualTo(((Tlookup) asked.request()).newFid());
    pair.peer().reply(next.tag(), new Rlookup(stat(7)));
    assertThat(again.result()).isEqualTo(stat(7));
  }

  @Test
  void cancel_ofTicket_asksOnceAndEndsOnce() throws Exception {
    Answer<Stat> answer = new Answer<>();
    Ticket ticket = pair.client().submit(ME, ROOT, answer);
    Frame asked = pair.peer().next();
    assertThat(ticket.cancel()).isFalse();
    assertThat(ticket.cancel()).isFalse();
    flushed(asked);
    assertThat(answer.errno()).isEqualTo(Errno.EINTR);
    assertThat(ticket.cancel()).isFalse();
    assertStillGood();
  }

  @Test
  void cancel_ofTicketWhenTheReplyIsUnderWay_countsTheReply() throws Exception {
    Answer<Stat> answer = new Answer<>();
    Ticket ticket = pair.client().submit(ME, ROOT, answer);
    Frame asked = pair.peer().next();
    pair.peer().reply(asked.tag(), rgetattr(1));
    assertThat(answer.result()).isEqualTo(stat(1));
    assertThat(ticket.cancel()).isFalse();
    assertStillGood();
  }

  @Test
  void close_cannotBeCancelled() throws Exception {
    Calling<Operation.Opened> open = call(new Operation.Open(id(1), 2));
    pair.peer().serve(new Ropen(stat(1), 2));
    long handle = open.result().handle();

    Calling<Operation.Done> close = call(new Operation.Close(handle));
    Frame clunk = pair.peer().next();
    assertThat(clunk.request()).isInstanceOf(Tclunk.class);
    close.interrupt();
    Calling<Stat> other = call(ROOT);
    pair.peer().serve(rgetattr(1)); // and no Tflush before it
    assertThat(other.result()).isEqualTo(stat(1));
    pair.peer().reply(clunk.tag(), new Rclunk());
    assertThat(close.result()).isEqualTo(Operation.Done.DONE);
    assertThat(close.leftInterrupted()).isTrue();
  }

  // ---- the two ends ----

  private void flushed(Frame asked) throws Exception {
    Frame flush = pair.peer().next();
    assertThat(flush.request()).isEqualTo(new Tflush(asked.tag()));
    pair.peer().reply(flush.tag(), new Rflush());
  }

  private void assertStillGood() throws Exception {
    Calling<Stat> call = call(ROOT);
    pair.peer().serve(rgetattr(1));
    assertThat(call.result()).isEqualTo(stat(1));
  }

  private static Rgetattr rgetattr(long number) {
    return Rgetattr.of(stat(number), Dialect.COTERIE_1);
  }

  private <R> Calling<R> call(Operation<R> operation) {
    return Calling.of(pair.client(), ME, operation);
  }

  @Test
  void call_fromCompletion_isRefused() throws Exception {
    Answer<Class<?>> thrown = new Answer<>();
    pair.client()
        .submit(
            ME,
            ROOT,
            new Answer<Stat>() {
              @Override
              public void done(Stat result) {
                try {
                  pair.client().call(ME, ROOT);
                } catch (ErrnoException | IllegalStateException e) {
                  thrown.done(e.getClass());
                }
              }
            });
    pair.peer().serve(rgetattr(1));
    assertThat(thrown.result()).isEqualTo(IllegalStateException.class);
    assertThatThrownBy(() -> pair.client().call(ME, new Operation.Getattr(id(9))))
        .isInstanceOf(ErrnoException.class);
  }
}

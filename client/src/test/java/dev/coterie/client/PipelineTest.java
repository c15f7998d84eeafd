package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseReply.Rwrite;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.LeaseReply;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many calls on one connection: who reads, who waits, and what happens when all is full. */
@Timeout(180)
class PipelineTest {
  private static final Caller ME = Caller.ROOT;
  private static final Operation<Stat> ROOT = new Operation.Root();
  private static final int MIB = 1 << 20;

  private final FakeLeader leader;
  private final Pair pair;
  private final Peer peer;

  PipelineTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
    peer = pair.peer();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  // ---- who reads ----

  /** Waits for recalls all the time, and notes who reads that there are none. */
  private final class Recalls extends Answer<List<LeaseName>> {
    final Set<Thread> readers;

    Recalls(Set<Thread> readers) {
      this.readers = readers;
    }

    void begin() {
      pair.client().submit(ME, new Operation.NextRecalls(1, true), this);
    }

    @Override
    public void done(List<LeaseName> recalls) {
      readers.add(Thread.currentThread());
      begin();
    }
  }

  /** Answers Tnotify with the next Tgetattr, before that. */
  private Void serveRoots() throws IOException {
    int notify = -1;
    while (true) {
      Frame frame = peer.next();
      if (frame.request() instanceof LeaseRequest.Tnotify) {
        notify = frame.tag();
        continue;
      }
      if (notify >= 0) {
        peer.reply(notify, LeaseReply.Rnotify.ofRecalls(List.of()));
        notify = -1;
      }
      peer.reply(frame.tag(), Rgetattr.of(stat(1), Dialect.COTERIE_1));
    }
  }

  @Test
  void answers_areReadByWhoWaits_thoughRecallsAreWaitedFor() throws Exception {
    Set<Thread> readers = ConcurrentHashMap.newKeySet();
    new Recalls(readers).begin();
    FakeLeader.inThread(this::serveRoots);
    do { // at first, and when nobody has waited for a while, another thread reads
      pair.client().call(ME, ROOT);
    } while (!readers.contains(Thread.currentThread()));
  }

  @Test
  void recalls_areRead_onceNobodyWaitsAnyMore() throws Exception {
    List<Calling<Stat>> calls = new ArrayList<>();
    Answer<List<LeaseName>> recalls = new Answer<>();
    pair.client().submit(ME, new Operation.NextRecalls(1, true), recalls);
    Frame notify = peer.next();
    for (int i = 0; i < 100; i++) {
      calls.add(Calling.of(pair.client(), ME, ROOT));
      peer.serve(Rgetattr.of(stat(1), Dialect.COTERIE_1));
      calls.getLast().result();
    }
    peer.reply(notify.tag(), LeaseReply.Rnotify.ofRecalls(List.of()));
    assertThat(recalls.result()).isEmpty();
  }

  // ---- order ----

  @Test
  void calls_areAllSentBeforeOneIsAnswered_andAnsweredInAnyOrder() throws Exception {
    long handle = open();
    List<Calling<Integer>> calls = new ArrayList<>();
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ByteBuffer buffer = ByteBuffer.allocate(8);
      buffers.add(buffer);
      calls.add(Calling.of(pair.client(), ME, new Operation.Read(handle, i, buffer)));
    }
    List<Frame> frames = new ArrayList<>();
    Set<Integer> tags = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Frame frame = peer.next();
      frames.add(frame);
      assertThat(tags.add(frame.tag())).isTrue();
    }
    Collections.shuffle(frames, new Random(1));
    for (Frame frame : frames) {
      long offset = ((Tread) frame.request()).offset();
      peer.reply(frame.tag(), new Rread(ByteBuffer.allocate(8).putLong(0, offset)));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(calls.get(i).result()).isEqualTo(8);
      assertThat(buffers.get(i).getLong(0)).isEqualTo(i);
    }
  }

  // ---- who reads ----

  @Test
  void threadThatHasItsAnswer_leavesTheReadingToAnother() throws Exception {
    for (int round = 0; round < 300; round++) {
      Calling<Stat> first = call();
      Frame firstAsked = peer.next();
      Calling<Stat> second = call();
      Frame secondAsked = peer.next();
      boolean swapped = round % 2 == 1;
      peer.reply(swapped ? secondAsked.tag() : firstAsked.tag(), rgetattr());
      (swapped ? second : first).result();
      peer.reply(swapped ? firstAsked.tag() : secondAsked.tag(), rgetattr());
      (swapped ? first : second).result();
    }
  }

  @Test
  void submittedCall_isReadWithoutWaitingThread() throws Exception {
    for (int round = 0; round < 300; round++) {
      Answer<Stat> answer = submit();
      peer.serve(rgetattr());
      assertThat(answer.result()).isEqualTo(stat(1));
      assertThat(answer.times()).isEqualTo(1);
    }
  }

  /** The submitted call's reader goes, and the waiting thread has to read for itself. */
  @Test
  void waitingThread_readsWhenSubmittedCallsAreOver() throws Exception {
    for (int round = 0; round < 300; round++) {
      Answer<Stat> answer = submit();
      Frame submitted = peer.next();
      Calling<Stat> call = call();
      Frame called = peer.next();
      peer.reply(submitted.tag(), rgetattr());
      answer.result();
      peer.reply(called.tag(), rgetattr());
      call.result();
    }
  }

  /** The waiting thread goes, and the submitted call's reader has to take over. */
  @Test
  void submittedCall_isReadWhenTheWaitingThreadIsGone() throws Exception {
    for (int round = 0; round < 300; round++) {
      Calling<Stat> call = call();
      Frame called = peer.next();
      Answer<Stat> answer = submit();
      Frame submitted = peer.next();
      peer.reply(called.tag(), rgetattr());
      call.result();
      peer.reply(submitted.tag(), rgetattr());
      answer.result();
    }
  }

  @Test
  void completion_maySubmit() throws Exception {
    Answer<Stat> last = new Answer<>();
    pair.client()
        .submit(
            ME,
            ROOT,
            new Answer<Stat>() {
              @Override
              public void done(Stat result) {
                pair.client().submit(ME, ROOT, last);
              }
            });
    peer.serve(rgetattr());
    peer.serve(rgetattr());
    assertThat(last.result()).isEqualTo(stat(1));
  }

  @Test
  void completion_thatThrows_hurtsNobodyElse() throws Exception {
    Calling<Stat> other = call();
    Frame called = peer.next();
    pair.client()
        .submit(
            ME,
            ROOT,
            new Answer<Stat>() {
              @Override
              public void done(Stat result) {
                throw new IllegalStateException("expected by a test");
              }
            });
    peer.serve(rgetattr());
    peer.reply(called.tag(), rgetattr());
    assertThat(other.result()).isEqualTo(stat(1));
    Answer<Stat> answer = submit();
    peer.serve(rgetattr());
    answer.result();
  }

  @Test
  void submit_thatFailsHere_isDoneAtOnce() {
    Answer<Stat> answer = new Answer<>();
    Ticket ticket = pair.client().submit(ME, new Operation.Getattr(id(5)), answer);
    assertThat(ticket).isSameAs(Ticket.DONE);
    assertThat(answer.isEnded()).isTrue();
    assertThat(ticket.cancel()).isFalse();
  }

  @Test
  void submit_ofForget_isDoneAtOnce() throws Exception {
    Calling<Stat> root = call();
    peer.serve(rgetattr());
    root.result();
    Answer<Operation.Done> answer = new Answer<>();
    assertThat(pair.client().submit(ME, new Operation.Forget(id(1), 1), answer))
        .isSameAs(Ticket.DONE);
    assertThat(answer.result()).isEqualTo(Operation.Done.DONE);
  }

  // ---- tags ----

  @Test
  void callBeyondTheLastTag_waitsForOne_andSubmitIsEagain() throws Exception {
    List<Answer<Stat>> answers = submitAllTags();
    assertThat(submit().errno()).isEqualTo(Errno.EAGAIN);
    List<Calling<Stat>> waiting = List.of(call(), call(), call());
    assertThat(submit().errno()).isEqualTo(Errno.EAGAIN);

    Set<Integer> freed = new HashSet<>();
    for (Calling<Stat> _ : waiting) {
      Frame frame = tagsInUse.removeLast();
      freed.add(frame.tag());
      peer.reply(frame.tag(), rgetattr());
      Frame next = peer.next();
      assertThat(freed).contains(next.tag());
      tagsInUse.addFirst(next);
    }
    for (Frame frame : tagsInUse) {
      peer.reply(frame.tag(), rgetattr());
    }
    for (Calling<Stat> call : waiting) {
      assertThat(call.result()).isEqualTo(stat(1));
    }
    for (Answer<Stat> answer : answers) {
      assertThat(answer.result()).isEqualTo(stat(1));
    }
  }

  @Test
  void interrupt_ofCallThatWaitsForATag_isEintrWithoutAMessage() throws Exception {
    submitAllTags();
    Calling<Stat> waiting = call();
    waiting.interrupt();
    assertThat(waiting.errno()).isEqualTo(Errno.EINTR);
    assertThat(waiting.leftInterrupted()).isTrue();
    peer.reply(tagsInUse.removeLast().tag(), rgetattr());
    Calling<Stat> next = call();
    assertThat(peer.serve(rgetattr())).isInstanceOf(Tgetattr.class);
    next.result();
  }

  @Test
  void close_endsCallsThatWaitForATag() throws Exception {
    submitAllTags();
    Calling<Stat> waiting = call();
    Thread closing = Thread.ofPlatform().start(pair.client()::close);
    assertThat(waiting.errno()).isEqualTo(Errno.ESTALE);
    peer.close();
    closing.join();
  }

  /** All else may wait for leases of others, who wait for ours. */
  @Test
  void leases_areGivenBack_whenNoTagIsFree() throws Exception {
    submitAllTags();
    Calling<Stat> waiting = call();
    LeaseName lease = new LeaseName(id(1), 7);
    Calling<List<LeaseName>> next = call(new Operation.NextRecalls(1, true));
    peer.serve(LeaseReply.Rnotify.ofRecalls(List.of(lease)));
    assertThat(next.result()).containsExactly(lease);
    Calling<List<LeaseName>> more = call(new Operation.NextRecalls(1, true));
    Frame asked = peer.next();
    Calling<Operation.Done> given = call(new Operation.ReturnLeases(List.of(lease)));
    assertThat(peer.serve(new LeaseReply.Rleaseret()))
        .isEqualTo(LeaseRequest.Tleaseret.of(List.of(lease)));
    given.result();
    peer.reply(tagsInUse.removeLast().tag(), rgetattr());
    assertThat(peer.serve(rgetattr())).isInstanceOf(Tgetattr.class);
    waiting.result();
    peer.reply(asked.tag(), LeaseReply.Rnotify.ofRecalls(List.of(lease)));
    more.result();
  }

  private final List<Frame> tagsInUse = new ArrayList<>();

  private List<Answer<Stat>> submitAllTags() throws Exception {
    List<Answer<Stat>> answers = new ArrayList<>();
    for (int i = 0; i < Tags.CALLS - Tags.FOR_LEASES; i++) {
      answers.add(submit());
      tagsInUse.add(peer.next());
    }
    return answers;
  }

  // ---- full sockets ----

  /** The leader writes without reading; we must read although we cannot write. */
  @Test
  void bothDirectionsFull_goOn() throws Exception {
    long handle = open();
    List<Calling<Integer>> reads = new ArrayList<>();
    List<Frame> asked = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      reads.add(call(new Operation.Read(handle, 0, ByteBuffer.allocate(MIB))));
      asked.add(peer.next());
    }
    List<Calling<Integer>> writes = new ArrayList<>();
    List<Answer<Integer>> submitted = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      writes.add(call(new Operation.Write(handle, 0, ByteBuffer.allocate(MIB))));
      Answer<Integer> answer = new Answer<>();
      pair.client().submit(ME, new Operation.Write(handle, 1, ByteBuffer.allocate(MIB)), answer);
      submitted.add(answer);
    }
    for (Frame frame : asked) {
      peer.reply(frame.tag(), new Rread(ByteBuffer.allocate(MIB)));
    }
    for (Calling<Integer> read : reads) {
      assertThat(read.result()).isEqualTo(MIB);
    }
    for (int i = 0; i < 16; i++) {
      peer.serve(new Rwrite(MIB));
    }
    for (int i = 0; i < 8; i++) {
      assertThat(writes.get(i).result()).isEqualTo(MIB);
      assertThat(submitted.get(i).result()).isEqualTo(MIB);
    }
  }

  @Test
  void interrupt_ofCallThatWaitsForRoom_isEintrWithoutAMessage() throws Exception {
    long handle = open();
    List<Answer<Integer>> submitted = fillOutput(handle, 4);
    Calling<Stat> waiting = call();
    waiting.interrupt();
    assertThat(waiting.errno()).isEqualTo(Errno.EINTR);
    assertThat(waiting.leftInterrupted()).isTrue();
    for (Answer<Integer> answer : submitted) {
      assertThat(peer.serve(new Rwrite(MIB))).isInstanceOf(Twrite.class);
      answer.result();
    }
    Calling<Stat> next = call();
    assertThat(peer.serve(rgetattr())).isInstanceOf(Tgetattr.class);
    next.result();
  }

  @Test
  void close_ofInterruptedThreadWhenThereIsNoRoom_isSentAllTheSame() throws Exception {
    long handle = open();
    Calling<Operation.Opened> open = call(new Operation.Open(id(1), 2));
    peer.serve(new Ropen(stat(1), 2));
    List<Answer<Integer>> submitted = fillOutput(handle, 4);
    Calling<Operation.Done> close =
        Calling.interrupted(pair.client(), ME, new Operation.Close(open.result().handle()));
    for (Answer<Integer> answer : submitted) {
      assertThat(peer.serve(new Rwrite(MIB))).isInstanceOf(Twrite.class);
      answer.result();
    }
    assertThat(peer.serve(new Rclunk())).isInstanceOf(Tclunk.class);
    assertThat(close.result()).isEqualTo(Operation.Done.DONE);
    assertThat(close.leftInterrupted()).isTrue();
  }

  @Test
  void callThatWaitsForRoom_isSentWhenThereIs() throws Exception {
    long handle = open();
    List<Answer<Integer>> submitted = fillOutput(handle, 4);
    Calling<Stat> waiting = call();
    for (Answer<Integer> answer : submitted) {
      assertThat(peer.serve(new Rwrite(MIB))).isInstanceOf(Twrite.class);
      answer.result();
    }
    assertThat(peer.serve(rgetattr())).isInstanceOf(Tgetattr.class);
    waiting.result();
  }

  @Test
  void leaderGoneWhileCallsWaitForRoom_endsThem() throws Exception {
    long handle = open();
    List<Answer<Integer>> submitted = fillOutput(handle, 4);
    Calling<Stat> waiting = call();
    peer.close();
    for (Answer<Integer> answer : submitted) {
      assertThat(answer.errno()).isEqualTo(Errno.EIO);
    }
    assertThat(waiting.errno()).isIn(Errno.EIO, Errno.ENOTCONN);
  }

  @Test
  void submitOfFarTooMuch_isEagain() throws Exception {
    long handle = open();
    List<Answer<Integer>> submitted = new ArrayList<>();
    Answer<Integer> last;
    do {
      last = new Answer<>();
      pair.client().submit(ME, new Operation.Write(handle, 0, ByteBuffer.allocate(MIB)), last);
      submitted.add(last);
    } while (!last.isEnded());
    assertThat(last.errno()).isEqualTo(Errno.EAGAIN);
    assertThat(submitted).hasSizeBetween(16, 32);
    submitted.removeLast();
    for (Answer<Integer> answer : submitted) {
      peer.serve(new Rwrite(MIB));
      assertThat(answer.result()).isEqualTo(MIB);
    }
  }

  /** So much that the socket is full and the output crowded. */
  private List<Answer<Integer>> fillOutput(long handle, int mebibytes) {
    List<Answer<Integer>> answers = new ArrayList<>();
    for (int i = 0; i < mebibytes; i++) {
      Answer<Integer> answer = new Answer<>();
      pair.client().submit(ME, new Operation.Write(handle, 0, ByteBuffer.allocate(MIB)), answer);
      answers.add(answer);
    }
    return answers;
  }

  // ---- the two ends ----

  private long open() throws Exception {
    Calling<Stat> root = call();
    peer.serve(rgetattr());
    root.result();
    Calling<Operation.Opened> open = call(new Operation.Open(id(1), 2));
    peer.serve(new Ropen(stat(1), 2));
    return open.result().handle();
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

package dev.coterie.client;

import static dev.coterie.client.FakeLeader.inThread;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead.Content;
import dev.coterie.api.StepsAhead.Opening;
import dev.coterie.api.StepsAhead.Walked;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rattach;
import dev.coterie.wire.BaseReply.Rversion;
import dev.coterie.wire.BaseRequest.Tversion;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.LeaseReply.Rlease;
import dev.coterie.wire.LeaseReply.Rleaseret;
import dev.coterie.wire.LeaseRequest.Tlease;
import dev.coterie.wire.LeaseRequest.Tleaseret;
import dev.coterie.wire.LeaseRequest.Tnotify;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.P9;
import dev.coterie.wire.Qid;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply.Rsession;
import dev.coterie.wire.SessionRequest.Tsession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is sent again when a connection was lost whose session goes on, and what is not used. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class LastingTest {
  private static final Caller ME = Caller.ROOT;

  /** Of the heartbeat's, and for how long a new connection is tried for. */
  private static final int LONG_MS = 600_000;

  private final FakeLeader leader;
  private Client client;
  private Peer peer;
  private InodeId root;

  LastingTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
  }

  @BeforeEach
  void connect() throws Exception {
    connect(LONG_MS, ClientOptions.DEFAULT);
  }

  private void connect(int leaseMs, ClientOptions options) throws Exception {
    ClientOptions mine = options.withIdentity(ME).withCloseMsMax(1);
    FutureTask<Client> connecting = inThread(() -> Client.connectLasting(leader.address(), mine));
    peer = leader.accept();
    begin(P9.SESSION_NEW | P9.SESSION_KEEP, leaseMs);
    peer.serve(new Rattach(new Qid(0x80, 0, 1)));
    client = connecting.get();
    Answer<Stat> answer = submit(new Operation.Root());
    peer.reply(next().tag(), rgetattr());
    root = answer.result().id();
  }

  private void begin(int flags, int leaseMs) throws IOException {
    Frame version = peer.next();
    Tversion asked = (Tversion) version.request();
    peer.reply(version.tag(), new Rversion(asked.msize(), asked.version()));
    Frame session = peer.next();
    assertThat(((Tsession) session.request()).flags()).isEqualTo(flags);
    peer.reply(
        session.tag(), new Rsession(1, 2, leaseMs, P9.SESSION_AS_ASKED, Limits.SLOTS_PER_SESSION));
  }

  /** The next request; what only keeps the session or its leases comes when time has gone by. */
  private Frame next() throws IOException {
    Frame frame = peer.next();
    while (frame.request() instanceof Tleaseret(var leases) && leases.isEmpty()) {
      peer.reply(frame.tag(), new Rleaseret());
      frame = peer.next();
    }
    return frame;
  }

  /** The connection is lost, and another in its place. */
  private void again() throws IOException {
    peer.close();
    peer = leader.accept();
    begin(P9.SESSION_RESUME, LONG_MS);
  }

  @AfterEach
  void close() throws Exception {
    leader.close();
    peer.close();
    client.close();
  }

  private <R> Answer<R> submit(Operation<R> operation) {
    Answer<R> answer = new Answer<>();
    client.submit(ME, operation, answer);
    return answer;
  }

  private static Rgetattr rgetattr() {
    return Rgetattr.of(stat(1), Dialect.COTERIE_1);
  }

  /** Which lease is given back says which request it is. */
  private Answer<Operation.Done> giveBack(int seq) {
    return submit(new Operation.ReturnLeases(List.of(new LeaseName(root, seq))));
  }

  private static int seqOf(Request request) {
    return ((Tleaseret) request).leases().getFirst().seq();
  }

  @Test
  void whatHasNoAnswer_isSentAgain_inTheOrderOfBefore() throws Exception {
    giveBack(1);
    Answer<Operation.Done> second = giveBack(2);
    giveBack(3);
    List<Frame> frames = new ArrayList<>(List.of(peer.next(), peer.next(), peer.next()));
    peer.reply(frames.get(1).tag(), new Rleaseret());
    second.result();
    giveBack(4); // by the tag of the second
    assertThat(peer.next().tag()).isEqualTo(frames.get(1).tag());
    for (int i = 0; i < 2; i++) {
      again();
      assertThat(seqOf(peer.next().request())).isEqualTo(1);
      assertThat(seqOf(peer.next().request())).isEqualTo(3);
      assertThat(seqOf(peer.next().request())).isEqualTo(4);
    }
  }

  /** Each step by itself finds out what is there. */
  @Test
  void stepsSentAhead_sayNothing_andAreNotSentAgain() throws Exception {
    FutureTask<Walked> walking =
        inThread(() ->
            client.walkAhead(
                ME,
                root,
                List.of(Name.of("a"), Name.of("b")),
                new Opening(OpenFlags.O_RDONLY, Content.NOW, ByteBuffer.allocate(10))));
    for (int i = 0; i < 4; i++) {
      peer.next(); // two names, open, read
    }
    again();
    assertThat(walking.get().found()).isEmpty();
    assertThat(walking.get().failure()).isNull();
    giveBack(5);
    assertThat(seqOf(peer.next().request())).isEqualTo(5);
  }

  @Test
  void heartbeat_takesNoRecall() throws Exception {
    client.close();
    connect(3, ClientOptions.DEFAULT);
    for (int i = 0; i < 3; i++) {
      Frame beat = peer.next();
      assertThat(beat.request()).isEqualTo(new Tleaseret(List.of()));
      peer.reply(beat.tag(), new Rleaseret());
    }
  }

  /** Leases end by the clock, so what is asked once more may be one that has become too old. */
  private void assertFromTheCopy() throws Exception {
    Answer<Stat> answer = submit(new Operation.Getattr(root));
    for (int i = 0; i < 100 && !answer.isEnded(); i++) {
      reply(next());
      answer.result();
      answer = submit(new Operation.Getattr(root));
    }
    assertThat(answer.isEnded()).as("from the copy").isTrue();
  }

  private void reply(Frame asked) throws IOException {
    peer.reply(
        asked.tag(),
        asked.request() instanceof Tlease
            ? new Rlease(LeaseMode.SHARED.number(), 7, stat(1))
            : rgetattr());
  }

  @Test
  void copies_areNotUsed_untilTheLeaderHasAnswered() throws Exception {
    client.close();
    connect(LONG_MS, ClientOptions.DEFAULT.withCopies(1 << 20));
    Answer<Stat> first = submit(new Operation.Getattr(root));
    reply(next());
    first.result();
    Answer<Stat> second = submit(new Operation.Getattr(root));
    Frame asked = next();
    while (!(asked.request() instanceof Tlease)) {
      assertThat(asked.request()).isInstanceOf(Tnotify.class); // parked
      asked = next();
    }
    reply(asked);
    second.result();
    assertFromTheCopy();

    again();
    assertThat(next().request()).isInstanceOf(Tnotify.class);
    Answer<Stat> third = submit(new Operation.Getattr(root));
    assertThat(third.isEnded()).as("from the copy").isFalse();
    reply(next());
    third.result();
    assertFromTheCopy();
  }

  @Test
  void whatCannotBeBegunAgain_endsWithEio() throws Exception {
    Answer<Operation.Opened> set = submit(new Operation.Evset());
    peer.next();
    again();
    assertThat(set.errno()).isEqualTo(Errno.EIO);
  }
}

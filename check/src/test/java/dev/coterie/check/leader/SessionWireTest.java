package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that outlive their connections, and changes that are applied once; frame by frame. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SessionWireTest {
  private static final int NEW = P9.SESSION_NEW | P9.SESSION_KEEP;
  private static final long CLIENT = 11;
  private static final long SECRET = 22;
  private static final int FILE = 1;
  private static final int CONNECTIONS = Limits.SESSIONS_PER_USER + 10;
  private static final int TAG = 7; // and slot

  @TempDir private Path folder;
  private Served served;
  private RawClient client;
  private Answer session = new Answer(0, 0, 0, 0);

  /** An Rsession. */
  private record Answer(long id, long epoch, int status, int slots) {}

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder, builder -> builder.tcp(0, true).connections(CONNECTIONS));
    client = connect();
    session = ask(client, NEW, CLIENT, SECRET, 0, 0);
    client.attach(ROOT, P9.NONUNAME);
    client.create(FILE, "f");
  }

  @AfterEach
  void stop() throws IOException {
    served.gate.keepNothing();
    served.gate.release();
    client.close();
    await().until(() -> served.leader.counts().connections() == 0);
    assertThat(served.leader.counts().faults()).isZero();
    served.close();
  }

  private RawClient connect() throws IOException {
    RawClient fresh = RawClient.connect(served.socket);
    fresh.version(RawClient.MSIZE, RawClient.DIALECT);
    return fresh;
  }

  private static Frame sessionFrame(int flags, long who, long secret, long id, long epoch) {
    return Frame.of(P9.TSESSION).u8(who).u8(1).u8(secret).u8(2).u4(flags).u8(id).u8(epoch);
  }

  private static Answer ask(RawClient of, int flags, long who, long secret, long id, long epoch)
      throws IOException {
    ByteBuffer body = of.ok(sessionFrame(flags, who, secret, id, epoch)).body();
    long number = body.getLong();
    long start = body.getLong();
    assertThat(body.getInt()).isEqualTo(Limits.LEASE_MS);
    Answer answer = new Answer(number, start, body.get(), body.getShort());
    assertThat(body.hasRemaining()).isFalse();
    return answer;
  }

  private Frame again(int flags) {
    return sessionFrame(flags, CLIENT, SECRET, session.id, session.epoch);
  }

  /** Another connection of the session, in place of the one there is. */
  private RawClient resumed() throws IOException {
    RawClient next = connect();
    assertThat(ask(next, P9.SESSION_RESUME, CLIENT, SECRET, session.id, session.epoch))
        .isEqualTo(session);
    return next;
  }

  private void resume() throws IOException {
    RawClient before = client;
    client = resumed();
    assertThat(before.isEnded()).isTrue();
    before.close();
  }

  private static Frame once(int seq, Frame inner) {
    return Frame.of(P9.TONCE).u4(0).u4(seq).u1(inner.type()).bytes(inner.body());
  }

  private static Frame append(String text) {
    return Frame.of(P9.TAPPEND).u4(FILE).data(text.getBytes(StandardCharsets.US_ASCII));
  }

  private Reply send(RawClient by, int slot, Frame frame) throws IOException {
    by.send(slot, frame);
    Reply reply = by.receive();
    assertThat(reply.tag()).isEqualTo(slot);
    return reply;
  }

  private void assertAppended(Reply reply, long offset, int count) {
    assertThat(reply.type()).as("%s", reply).isEqualTo(P9.RAPPEND);
    assertThat(reply.body().getLong(0)).isEqualTo(offset);
    assertThat(reply.body().getInt(8)).isEqualTo(count);
  }

  private static void assertFails(Errno errno, Reply reply) {
    assertThat(reply.isError()).as("%s", reply).isTrue();
    assertThat(Errno.of(reply.errno())).isEqualTo(errno);
  }

  private void assertSize(long size) throws IOException {
    assertThat(client.getattr(FILE).size()).isEqualTo(size);
  }

  // ---- applied once ----

  @Test
  void change_withTheNextNumber_isApplied() throws IOException {
    assertThat(session.slots).isEqualTo(Limits.SLOTS_PER_SESSION);
    assertAppended(send(client, TAG, once(1, append("ab"))), 0, 2);
    assertAppended(send(client, TAG, once(2, append("c"))), 2, 1);
    assertAppended(send(client, TAG + 1, once(1, append("d"))), 3, 1);
    assertSize(4);
  }

  @Test
  void change_withTheSameNumber_isAnsweredAsBefore_andNotAppliedAgain() throws IOException {
    send(client, TAG, once(1, append("ab")));
    assertAppended(send(client, TAG, once(1, append("ab"))), 0, 2);
    resume();
    assertAppended(send(client, TAG, once(1, append("ab"))), 0, 2);
    assertSize(2);
  }

  @Test
  void change_thatFailed_failsAgain_thoughItNowCould() throws IOException {
    Frame rmdir = RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR);
    assertFails(Errno.ENOENT, send(client, TAG, once(1, rmdir)));
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    assertFails(Errno.ENOENT, send(client, TAG, once(1, rmdir)));
    assertThat(send(client, TAG, once(2, rmdir)).isError()).isFalse();
  }

  @Test
  void change_withAnyOtherNumber_isRefused() throws IOException {
    send(client, TAG, once(1, append("ab")));
    send(client, TAG, once(2, append("c")));
    for (int seq : new int[] {0, 1, 4, -1}) {
      assertFails(Errno.EPROTO, send(client, TAG, once(seq, append("x"))));
    }
    assertFails(Errno.EPROTO, send(client, TAG + 1, once(0, append("x"))));
    assertFails(Errno.EPROTO, send(client, TAG + 1, once(2, append("x"))));
    assertSize(3);
  }

  @Test
  void change_thatStillRuns_isAnsweredWhenItIsDone() throws IOException {
    served.gate.keep(Operation.Append.class::isInstance);
    client.send(TAG, once(1, append("ab")));
    served.gate.awaitHeld(1);
    resume();
    client.send(TAG, once(1, append("ab")));
    assertSize(0);
    assertFails(Errno.EPROTO, send(client, TAG + 1, once(2, append("x"))));
    served.gate.keepNothing();
    served.gate.release();
    assertAppended(client.receive(), 0, 2);
    assertSize(2);
    assertAppended(send(client, TAG, once(1, append("ab"))), 0, 2);
  }

  /** Through another connection, as a tag is in use once on one. */
  @Test
  void nextChange_inASlotThatIsTaken_isRefused() throws IOException {
    served.gate.keep(Operation.Append.class::isInstance);
    client.send(TAG, once(1, append("ab")));
    served.gate.awaitHeld(1);
    try (RawClient bound = connect()) {
      bound.ok(again(P9.SESSION_BIND));
      assertFails(Errno.EPROTO, send(bound, TAG, once(2, append("x"))));
      bound.send(TAG, once(1, append("ab")));
      bound.getattr(FILE);
      served.gate.keepNothing();
      served.gate.release();
      assertAppended(client.receive(), 0, 2);
      assertAppended(bound.receive(), 0, 2);
    }
    assertSize(2);
  }

  @Test
  void change_thatIsGivenUp_isNotApplied_andSaysSoAgain() throws IOException {
    served.gate.keep(Operation.Append.class::isInstance);
    client.send(TAG, once(1, append("ab")));
    served.gate.awaitHeld(1);
    assertThat(client.ok(RawClient.flushFrame(TAG)).type()).isEqualTo(P9.RFLUSH);
    served.gate.keepNothing();
    assertFails(Errno.EINTR, send(client, TAG, once(1, append("ab"))));
    assertAppended(send(client, TAG, once(2, append("c"))), 0, 1);
  }

  // ---- several in one message ----

  private static Frame several(Frame... inner) {
    Frame frame = Frame.of(P9.TDO).u4(0).u2(inner.length);
    for (int i = 0; i < inner.length; i++) {
      frame.bytes(inner[i].toBytes(i));
    }
    return frame;
  }

  private static Frame readNext(int count) {
    return Frame.of(P9.TREADSEQ).u4(FILE).u4(count);
  }

  @Test
  void several_areAppliedOnce_andAnsweredAsBefore() throws IOException {
    client.write(FILE, 0, "0123456789".getBytes(StandardCharsets.US_ASCII));
    Frame both = once(1, several(append("ab"), readNext(4), append("c")));
    ByteBuffer first = send(client, TAG, both).body();
    assertThat(first.getShort(0)).isEqualTo((short) 3);
    assertThat(send(client, TAG, both).body()).isEqualTo(first);
    resume();
    assertThat(send(client, TAG, both).body()).isEqualTo(first);
    assertSize(13);
    ByteBuffer next = client.ok(readNext(1)).body();
    assertThat(next.getLong()).as("read once").isEqualTo(4);
  }

  @Test
  void several_whoseConnectionIsLostInTheMiddle_areGoneOnWith() throws IOException {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    Frame make = Frame.of(P9.TMAKE).u4(ROOT).u4(9).name("d").u4(040755).u8(0).name("");
    Frame all = once(1, several(append("ab"), make, append("c")));
    client.send(TAG, all);
    served.gate.awaitHeld(1);
    resume();
    client.send(TAG, all);
    assertSize(2);
    served.gate.keepNothing();
    served.gate.release();
    ByteBuffer answer = client.receive().body();
    assertThat(answer.getShort()).isEqualTo((short) 3);
    assertSize(3);
    client.getattr(9);
    answer.rewind();
    assertThat(send(client, TAG, all).body()).isEqualTo(answer);
    assertSize(3);
  }

  /** What is kept of each slot is bounded. */
  @Test
  void several_whoseReplyIsTooLongToBeKept_stopAtThat() throws IOException {
    client.write(FILE, 0, new byte[5000]);
    int most = Limits.KEPT_REPLY_BYTES - 9 - 19 - 19;
    ByteBuffer answer = send(client, TAG, once(1, several(append("x"), readNext(most)))).body();
    assertThat(answer.getShort()).isEqualTo((short) 2);
    assertThat(answer.remaining()).isEqualTo(19 + 19 + most);
    answer = send(client, TAG, once(2, several(append("y"), readNext(most + 1)))).body();
    assertThat(answer.getInt(answer.limit() - 4)).isEqualTo(Errno.EMSGSIZE.number());
    assertSize(5002);
    Frame notify = several(append("z"), Frame.of(P9.TNOTIFY).u2(1).u1(0));
    assertFails(Errno.EINVAL, send(client, TAG, once(3, notify)));
    assertSize(5002);
  }

  @Test
  void once_whereItCannotBe_isRefused() throws IOException {
    assertFails(Errno.EPROTO, send(client, Limits.SLOTS_PER_SESSION, once(1, append("x"))));
    assertFails(Errno.EINVAL, send(client, TAG, once(1, RawClient.readFrame(FILE, 0, 1))));
    Frame flags = Frame.of(P9.TONCE).u4(1).u4(1).u1(P9.TCLUNK).u4(FILE);
    assertFails(Errno.EINVAL, send(client, TAG, flags));
    try (RawClient unnamed = served.dialect()) {
      assertFails(Errno.EPROTO, send(unnamed, TAG, once(1, RawClient.clunkFrame(ROOT))));
    }
    assertAppended(send(client, TAG, once(1, append("ab"))), 0, 2);
  }

  @Test
  void repliesOfTheOldSession_areNotThoseOfTheNew() throws IOException {
    send(client, TAG, once(1, append("ab")));
    try (RawClient next = connect()) {
      Answer other = ask(next, NEW, CLIENT, SECRET, 0, 0);
      assertThat(other.id).isNotEqualTo(session.id);
      next.attach(ROOT, P9.NONUNAME);
      next.walk(ROOT, FILE, "f");
      next.ok(RawClient.openFrame(FILE, 2));
      assertAppended(send(next, TAG, once(1, append("c"))), 2, 1);
    }
  }

  // ---- resume, bind, new ----

  @Test
  void resume_hasAllThatTheSessionHad() throws IOException {
    client.write(FILE, 0, new byte[] {1, 2, 3});
    client.ok(lockFrame(FILE));
    resume();
    assertThat(client.read(FILE, 0, 10)).containsExactly(1, 2, 3);
    try (RawClient other = other()) {
      other.fails(Errno.EAGAIN, lockFrame(FILE));
      client.clunk(FILE);
      other.ok(lockFrame(FILE));
    }
  }

  @Test
  void resume_afterTheConnectionWasLost_withinItsTime() throws IOException {
    client.ok(lockFrame(FILE));
    client.close();
    await().until(() -> served.leader.counts().connections() == 0);
    client = resumed();
    try (RawClient other = other()) {
      other.fails(Errno.EAGAIN, lockFrame(FILE));
    }
  }

  @Test
  void sessionWithoutConnection_goesWhenItsTimeIsOver() throws IOException {
    client.ok(lockFrame(FILE));
    client.close();
    try (RawClient other = other()) {
      await().until(() -> !other.call(lockFrame(FILE)).isError());
    }
    client = connect();
    assertThat(ask(client, P9.SESSION_RESUME, CLIENT, SECRET, session.id, session.epoch).status)
        .isEqualTo(P9.SESSION_GONE);
    assertThat(ask(client, NEW, CLIENT, SECRET, 0, 0).status).isEqualTo(P9.SESSION_AS_ASKED);
  }

  @Test
  void sessionOfAUnixSocket_goesWithIt_unlessItAskedToBeKept() throws IOException {
    RawClient short1 = connect();
    Answer brief = ask(short1, P9.SESSION_NEW, 5, 6, 0, 0);
    short1.close();
    await().until(() -> served.leader.counts().connections() == 1);
    try (RawClient late = connect()) {
      assertThat(ask(late, P9.SESSION_RESUME, 5, 6, brief.id, brief.epoch).status)
          .isEqualTo(P9.SESSION_GONE);
    }
  }

  @Test
  void resume_waitsOfTheOldConnection_areGivenUp() throws IOException {
    try (RawClient other = other()) {
      other.ok(lockFrame(FILE));
      client.send(TAG, waitFrame(FILE));
      client.getattr(FILE);
      resume();
      other.clunk(FILE);
      other.walk(ROOT, FILE, "f");
      other.ok(RawClient.openFrame(FILE, 2));
      other.ok(lockFrame(FILE));
    }
  }

  @Test
  void resume_tellsOutstandingRecallsAgain() throws IOException {
    ByteBuffer lease = client.ok(Frame.of(P9.TLEASE).u4(FILE).u1(0).u1(1)).body();
    assertThat(lease.get()).isEqualTo((byte) 1);
    int seq = lease.getInt();
    byte[] id = new byte[12];
    lease.get(lease.position() + 13, id, 0, 8).get(lease.position() + 137, id, 8, 4);
    try (RawClient other = other()) {
      other.send(TAG, RawClient.writeFrame(FILE, 0, new byte[] {1}));
      client.ok(Frame.of(P9.TNOTIFY).u2(9).u1(P9.NOTIFY_WAIT));
      resume();
      Reply told = client.ok(Frame.of(P9.TNOTIFY).u2(9).u1(0));
      assertThat(told.body().getShort()).isEqualTo((short) 1);
      client.ok(Frame.of(P9.TLEASERET).u2(1).bytes(id).u1(0).u4(seq).u1(0));
      assertThat(other.receive().type()).isEqualTo(P9.RWRITE);
      client.fails(Errno.EAGAIN, Frame.of(P9.TNOTIFY).u2(9).u1(0));
    }
  }

  @Test
  void bind_sharesAllThatTheSessionHas() throws IOException {
    client.ok(lockFrame(FILE));
    try (RawClient bound = connect()) {
      bound.ok(again(P9.SESSION_BIND));
      bound.ok(lockFrame(FILE));
      bound.write(FILE, 0, new byte[] {1});
      client.close();
      await().until(() -> served.leader.counts().connections() == 1);
      assertThat(bound.getattr(FILE).size()).isEqualTo(1);
    }
  }

  @Test
  void newOne_fencesTheOldFirst() throws IOException {
    client.ok(lockFrame(FILE));
    try (RawClient next = connect()) {
      ask(next, NEW, CLIENT, SECRET, 0, 0);
      next.attach(ROOT, P9.NONUNAME);
      next.walk(ROOT, FILE, "f");
      next.ok(RawClient.openFrame(FILE, 2));
      next.ok(lockFrame(FILE));
      client.fails(Errno.ESTALE, RawClient.getattrFrame(FILE));
      client.fails(Errno.ESTALE, Frame.of(P9.TPING).u8(1));
      assertFails(Errno.ESTALE, send(client, TAG, once(1, append("x"))));
      assertThat(next.getattr(FILE).size()).isZero();
    }
  }

  @Test
  void newOne_endsWhatTheOldWaitedWith() throws IOException {
    served.gate.keep(Operation.Append.class::isInstance);
    client.send(TAG, once(1, append("ab")));
    served.gate.awaitHeld(1);
    try (RawClient next = connect()) {
      ask(next, NEW, CLIENT, SECRET, 0, 0);
      assertFails(Errno.ESTALE, client.receive());
    }
  }

  @Test
  void end_givesAllBackAtOnce() throws IOException {
    client.ok(lockFrame(FILE));
    client.ok(again(P9.SESSION_END));
    client.fails(Errno.ESTALE, RawClient.getattrFrame(FILE));
    try (RawClient other = other()) {
      other.ok(lockFrame(FILE));
    }
  }

  @Test
  void versionAgain_endsTheSession() throws IOException {
    client.version(RawClient.MSIZE, RawClient.DIALECT);
    assertThat(ask(client, P9.SESSION_RESUME, CLIENT, SECRET, session.id, session.epoch).status)
        .isEqualTo(P9.SESSION_GONE);
  }

  // ---- who may not ----

  @Test
  void forged_isRefusedByName_andTheSessionGoesOn() throws IOException {
    long id = session.id;
    long epoch = session.epoch;
    try (RawClient thief = connect()) {
      for (int flag : new int[] {2, 4, 16}) {
        thief.fails(Errno.EACCES, sessionFrame(flag, CLIENT, SECRET + 1, id, epoch));
        thief.fails(Errno.ESTALE, sessionFrame(flag, CLIENT, SECRET, id + 1, epoch));
        assertThat(ask(thief, flag, CLIENT + 1, SECRET, id, epoch).status)
            .isEqualTo(P9.SESSION_GONE);
      }
      assertThat(ask(thief, P9.SESSION_RESUME, CLIENT, SECRET, id, epoch + 1).status)
          .isEqualTo(P9.SESSION_GONE);
      thief.fails(Errno.EACCES, sessionFrame(NEW, CLIENT, SECRET + 1, 0, 0));
      for (int flags : new int[] {3, 6, 18, 32, -1}) {
        thief.fails(Errno.EINVAL, sessionFrame(flags, CLIENT, SECRET, id, epoch));
      }
    }
    try (RawClient other = RawClient.connect(served.leader.tcpPort())) {
      other.version(RawClient.MSIZE, RawClient.DIALECT);
      other.fails(Errno.EACCES, again(P9.SESSION_RESUME)); // nobody, or whom it says
    }
    assertSize(0);
  }

  @Test
  void moreSessionsOfAUserThanThereMayBe_areRefused_andOthersAreNot() throws IOException {
    List<RawClient> all = new ArrayList<>();
    try {
      for (int i = 1; i < Limits.SESSIONS_PER_USER; i++) {
        RawClient one = connect();
        all.add(one);
        ask(one, NEW, CLIENT + i, SECRET, 0, 0);
      }
      try (RawClient more = connect();
          RawClient stranger = RawClient.connect(served.leader.tcpPort())) {
        Frame begin = sessionFrame(NEW, CLIENT - 1, SECRET, 0, 0);
        more.fails(Errno.EUSERS, begin);
        stranger.version(RawClient.MSIZE, RawClient.DIALECT);
        ask(stranger, NEW, CLIENT - 2, SECRET, 0, 0); // another user
        more.attach(ROOT, P9.NONUNAME); // a session of its own, that ends with its connection
      }
      try (RawClient more = connect();
          RawClient again = connect()) {
        Answer its = ask(again, NEW, CLIENT + 1, SECRET, 0, 0); // in place of its own
        more.fails(Errno.EUSERS, sessionFrame(NEW, CLIENT - 1, SECRET, 0, 0));
        ask(again, P9.SESSION_END, CLIENT + 1, SECRET, its.id, its.epoch);
        ask(more, NEW, CLIENT - 1, SECRET, 0, 0);
      }
    } finally {
      for (RawClient one : all) {
        one.close();
      }
    }
  }

  @Test
  void connectionThatIsInUse_joinsNoSession() throws IOException {
    client.fails(Errno.EINVAL, again(P9.SESSION_BIND));
    client.fails(Errno.EINVAL, sessionFrame(NEW, 8, 9, 0, 0));
    try (RawClient attached = served.dialect()) {
      attached.fails(Errno.EINVAL, again(P9.SESSION_BIND));
      attached.fails(Errno.EINVAL, sessionFrame(NEW, 8, 9, 0, 0));
    }
  }

  /** One that has both files open in a session of its own. */
  private RawClient other() throws IOException {
    RawClient other = served.dialect();
    other.walk(ROOT, FILE, "f");
    other.ok(RawClient.openFrame(FILE, 2));
    return other;
  }

  private static Frame lockFrame(int fid) {
    return Frame.of(P9.TLOCKX).u4(fid).u1(0).u1(1).u4(0).u8(0).u8(0).u8(0);
  }

  private static Frame waitFrame(int fid) {
    return Frame.of(P9.TLOCKX).u4(fid).u1(0).u1(1).u4(P9.LOCKX_WAIT).u8(0).u8(0).u8(0);
  }
}

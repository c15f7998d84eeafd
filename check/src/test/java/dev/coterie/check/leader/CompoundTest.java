package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several requests in one message, frame by frame. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompoundTest {
  private static final int FILE = 1; // open, of f
  private static final int NODE = 2; // of f
  private static final int NEW = 10; // fids that the tests make, from here on
  private static final int ASKED = 61_000; // tags
  private static final int FLUSH = 62_000;
  private static final int PARTS = Limits.COMPOUND_OPERATIONS;

  @TempDir private Path folder;
  private Served served;
  private RawClient client;
  private RawClient other;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    client = served.dialect();
    other = served.dialect();
    client.create(FILE, "f");
    client.walk(ROOT, NODE, "f");
    other.walk(ROOT, NODE, "f");
    other.walk(ROOT, FILE, "f");
    other.ok(RawClient.openFrame(FILE, 2));
  }

  @AfterEach
  void stop() throws IOException {
    served.gate.keepNothing();
    served.gate.release();
    client.close();
    other.close();
    await().until(() -> served.leader.counts().connections() == 0);
    assertThat(served.leader.counts().faults()).isZero();
    served.close();
  }

  // ---- frames ----

  private static Frame several(int flags, Frame... inner) {
    return several(flags, List.of(inner));
  }

  private static Frame several(int flags, List<Frame> inner) {
    Frame frame = Frame.of(P9.TDO).u4(flags).u2(inner.size());
    for (int i = 0; i < inner.size(); i++) {
      frame.bytes(inner.get(i).toBytes(i));
    }
    return frame;
  }

  /** The replies inside. */
  private static List<Reply> parts(Reply reply) {
    assertThat(reply.type()).as("%s", reply).isEqualTo(P9.RDO);
    ByteBuffer body = reply.body();
    int count = body.getShort();
    List<Reply> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int start = body.position();
      int size = body.getInt();
      int type = Byte.toUnsignedInt(body.get());
      assertThat(body.getShort()).isEqualTo((short) i);
      parts.add(new Reply(type, i, body.slice(start + 7, size - 7).order(ByteOrder.LITTLE_ENDIAN)));
      body.position(start + size);
    }
    assertThat(body.hasRemaining()).isFalse();
    return parts;
  }

  private List<Reply> run(Frame... inner) throws IOException {
    return parts(client.call(several(0, inner)));
  }

  private Reply answer(RawClient one, int tag) throws IOException {
    Reply reply = one.receive();
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
    return reply;
  }

  private static List<Integer> types(List<Reply> parts) {
    return parts.stream().map(Reply::type).toList();
  }

  private static void assertFails(Errno errno, Reply part) {
    assertThat(part.isError()).as("%s", part).isTrue();
    assertThat(Errno.of(part.errno())).isEqualTo(errno);
  }

  private static Frame lookup(int dir, int made, String name) {
    return Frame.of(P9.TLOOKUP).u4(dir).u4(made).name(name);
  }

  private static Frame open(int fid, int made, int flags) {
    return Frame.of(P9.TOPEN).u4(fid).u4(made).u4(flags);
  }

  private static Frame append(String text) {
    return append(FILE, text);
  }

  private static Frame append(int fid, String text) {
    return Frame.of(P9.TAPPEND).u4(fid).data(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static Frame readNext(int count) {
    return Frame.of(P9.TREADSEQ).u4(FILE).u4(count);
  }

  private static Frame lock(int flags) {
    return Frame.of(P9.TLOCKX).u4(FILE).u1(0).u1(1).u4(flags).u8(0).u8(0).u8(0);
  }

  private static Frame unlock() {
    return Frame.of(P9.TLOCKX).u4(FILE).u1(0).u1(2).u4(0).u8(0).u8(0).u8(0);
  }

  private static Frame mkdir(String name) {
    return Frame.of(P9.TMAKE).u4(ROOT).u4(NEW + 9).name(name).u4(040755).u8(0).name("");
  }

  private String content() throws IOException {
    return new String(other.read(FILE, 0, 4096), StandardCharsets.US_ASCII);
  }

  // ---- one after the other ----

  @Test
  void requests_useWhatThoseBeforeThemMake() throws IOException {
    List<Reply> parts =
        run(
            lookup(ROOT, NEW, "f"),
            open(NEW, NEW + 1, 2),
            append(NEW + 1, "abc"),
            RawClient.readFrame(NEW + 1, 1, 100),
            RawClient.clunkFrame(NEW + 1),
            RawClient.clunkFrame(NEW));
    assertThat(types(parts))
        .containsExactly(P9.RLOOKUP, P9.ROPEN, P9.RAPPEND, P9.RREAD, P9.RCLUNK, P9.RCLUNK);
    assertThat(parts.get(3).data()).containsExactly('b', 'c');
    client.fails(Errno.EBADF, RawClient.getattrFrame(NEW));
  }

  @Test
  void firstThatFails_isTheLast_andWhatWasDoneStays() throws IOException {
    List<Reply> parts =
        run(lookup(ROOT, NEW, "f"), append("ab"), lookup(ROOT, NEW + 1, "none"), append("cd"));
    assertThat(types(parts)).containsExactly(P9.RLOOKUP, P9.RAPPEND, P9.RLERROR);
    assertFails(Errno.ENOENT, parts.getLast());
    assertThat(content()).isEqualTo("ab");
    assertThat(client.getattr(NEW).size()).as("its fid was kept").isEqualTo(2);
    parts = run(RawClient.readFrame(99, 0, 1), append("ef"));
    assertThat(types(parts)).containsExactly(P9.RLERROR);
    assertFails(Errno.EBADF, parts.getFirst());
    assertThat(content()).isEqualTo("ab");
  }

  @Test
  void fids_ofOneThatFailed_areGivenBackIfThatWasAsked() throws IOException {
    int before = served.leader.counts().fids();
    Frame create = Frame.of(P9.TCREATE).u4(ROOT).u4(NEW).u4(NEW + 1).name("g").u4(0102).u4(0644);
    Frame failing =
        several(P9.DO_UNDO_FIDS, create, lookup(ROOT, NEW + 2, "f"), RawClient.clunkFrame(99));
    assertThat(types(parts(client.call(failing))))
        .containsExactly(P9.RCREATE, P9.RLOOKUP, P9.RLERROR);
    for (int fid = NEW; fid < NEW + 3; fid++) {
      client.fails(Errno.EBADF, RawClient.getattrFrame(fid));
    }
    assertThat(served.leader.counts().fids()).isEqualTo(before);
    client.ok(lookup(ROOT, NEW, "g")); // the file stays
    // With the last reference the file goes: nothing holds the open one.
    client.ok(RawClient.unlinkFrame(ROOT, "g", 0));
    client.clunk(NEW);

    List<Reply> parts =
        parts(client.call(several(P9.DO_UNDO_FIDS, lookup(ROOT, NEW, "f"), append("x"))));
    assertThat(types(parts)).containsExactly(P9.RLOOKUP, P9.RAPPEND);
    client.clunk(NEW);
  }

  /** What the client has clunked and made anew by then is none of the message's. */
  @Test
  void undo_leavesWhatTheMessageItselfGaveBack() throws IOException {
    Frame failing =
        several(
            P9.DO_UNDO_FIDS,
            lookup(ROOT, NEW, "f"),
            RawClient.clunkFrame(NEW),
            lookup(ROOT, NEW + 1, "none"));
    assertThat(types(parts(client.call(failing))))
        .containsExactly(P9.RLOOKUP, P9.RCLUNK, P9.RLERROR);
    client.fails(Errno.EBADF, RawClient.getattrFrame(NEW));
    client.ok(lookup(ROOT, NEW, "f"));
    client.clunk(NEW);
  }

  @Test
  void sixtyFour_areDoneInTheSmallestFrames_more_endTheConnection() throws IOException {
    try (RawClient small = RawClient.connect(served.socket)) {
      small.version(Limits.MSIZE_MIN_BYTES, RawClient.DIALECT);
      small.attach(ROOT, P9.NONUNAME);
      for (int fid = 0; fid < PARTS; fid++) {
        small.walk(ROOT, NEW + fid);
      }
      List<Frame> clunks = new ArrayList<>();
      for (int fid = 0; fid < PARTS; fid++) {
        clunks.add(RawClient.clunkFrame(NEW + fid));
      }
      assertThat(types(parts(small.call(several(0, clunks)))))
          .isEqualTo(Collections.nCopies(PARTS, P9.RCLUNK));
      clunks.add(RawClient.clunkFrame(ROOT));
      small.send(1, several(0, clunks));
      assertThat(small.isEnded()).isTrue();
    }
  }

  @Test
  void opening_withALease_isAsAlone() throws IOException {
    client.fails(Errno.EAGAIN, Frame.of(P9.TNOTIFY).u2(1).u1(0)); // who never asked gets none
    List<Reply> parts = run(open(NODE, NEW, 0x4000000), RawClient.readFrame(NEW, 0, 9));
    assertThat(types(parts)).containsExactly(P9.ROPEN, P9.RREAD);
    ByteBuffer body = parts.getFirst().body();
    assertThat(body.remaining()).isEqualTo(153 + 1 + 18 + 4);
    assertThat(body.get(153)).as("leases").isEqualTo((byte) 1);
  }

  @Test
  void caller_isNamedForAll() throws IOException {
    Frame both = several(0, append("a"), mkdir("theirs"));
    Frame as = Frame.of(P9.TAS).u4(1234).u4(1234).u2(0).u4(5).u4(0).u1(P9.TDO).bytes(both.body());
    client.send(ASKED, as);
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RAPPEND, P9.RMAKE);
    assertThat(client.getattr(NEW + 9).uid()).isEqualTo(1234);
  }

  // ---- what may not be inside ----

  @Test
  void whatMayNotBeInside_isRefused_andNothingIsDone() throws IOException {
    Frame notify = Frame.of(P9.TNOTIFY).u2(1).u1(P9.NOTIFY_WAIT);
    for (Frame refused :
        List.of(
            several(2, append("x")),
            several(0, append("x"), RawClient.walkFrame(ROOT, NEW)),
            several(0, append("x"), RawClient.openFrame(NODE, 0)),
            several(0, append("x"), notify, append("y")),
            several(0, notify, append("y")),
            several(0, append("x"), lock(P9.LOCKX_WAIT), append("y")))) {
      client.fails(Errno.EINVAL, refused);
    }
    assertThat(content()).isEmpty();
    assertThat(types(run(lock(P9.LOCKX_WAIT), append("x"), unlock())))
        .containsExactly(P9.RLOCKX, P9.RAPPEND, P9.RLOCKX);
    assertThat(types(run(append("y"), lock(P9.LOCKX_WAIT)))).containsExactly(P9.RAPPEND, P9.RLOCKX);
    List<Reply> unknown = run(append("z"), Frame.of(198).u4(1), append("no"));
    assertThat(types(unknown)).containsExactly(P9.RAPPEND, P9.RLERROR);
    assertFails(Errno.EOPNOTSUPP, unknown.getLast());
    assertThat(content()).isEqualTo("xyz");
  }

  // ---- waiting, and giving up ----

  /** The bytes of later requests lie in a buffer that others would be received into meanwhile. */
  @Test
  void requestThatWaits_holdsUpTheRestOfItsMessage_andNothingElse() throws IOException {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    client.send(ASKED, several(0, append("a"), mkdir("d"), append("b"), append("c")));
    served.gate.awaitHeld(1);
    for (int i = 0; i < 200; i++) {
      client.ok(RawClient.writeFrame(FILE, 1, new byte[1000]));
    }
    client.ok(RawClient.setSizeFrame(NODE, 1));
    other.ok(append("-"));
    assertThat(content()).isEqualTo("a-");
    served.gate.keepNothing();
    Threads.inOther(served.gate::release);
    assertThat(types(parts(answer(client, ASKED))))
        .containsExactly(P9.RAPPEND, P9.RMAKE, P9.RAPPEND, P9.RAPPEND);
    assertThat(content()).isEqualTo("a-bc");
  }

  /** As above: a value that is given back is such bytes too. */
  @Test
  void valueOfAKey_isWhatWasSent_thoughItsMessageWaits() throws IOException {
    ByteBuffer opened = client.ok(Frame.of(P9.TOPENKEY).name("key")).body();
    byte[] key = new byte[12];
    opened.get(key);
    int seq = client.ok(useKey(key, 0, 0, "")).body().getInt(1);
    String value = "v".repeat(500);
    served.gate.keep(Operation.Mkdir.class::isInstance);
    Frame givingBack = useKey(key, P9.KEY_RETURNS | P9.KEY_CHANGED, seq, value);
    client.send(ASKED, several(0, mkdir("d"), givingBack));
    served.gate.awaitHeld(1);
    for (int i = 0; i < 200; i++) {
      client.ok(RawClient.writeFrame(FILE, 1, new byte[1000]));
    }
    served.gate.keepNothing();
    Threads.inOther(served.gate::release);
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RMAKE, P9.RUSEKEY);
    ByteBuffer body = parts.get(1).body();
    byte[] held = new byte[body.getInt(6)];
    body.get(10, held);
    assertThat(new String(held, StandardCharsets.US_ASCII)).isEqualTo(value);
  }

  private static Frame useKey(byte[] key, int flags, int seq, String value) {
    Frame frame = Frame.of(P9.TUSEKEY).bytes(key).u1(2).u4(-1).u1(flags).u4(seq);
    return frame.data(value.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void waiting_forALease_isAsForOneAlone_andEndsWhenItIsGivenBack() throws IOException {
    ByteBuffer lease = other.ok(Frame.of(P9.TLEASE).u4(NODE).u1(0).u1(2)).body();
    assertThat(lease.get()).isEqualTo((byte) P9.LEASE_EXCLUSIVE);
    int seq = lease.getInt();
    byte[] id = new byte[12];
    lease.get(lease.position() + 13, id, 0, 8).get(lease.position() + 137, id, 8, 4);
    client.send(ASKED, several(0, mkdir("d"), append("x"), RawClient.readFrame(FILE, 0, 10)));
    other.ok(Frame.of(P9.TNOTIFY).u2(9).u1(P9.NOTIFY_WAIT));
    other.ok(lookup(ROOT, NEW, "d")); // what came before the wait is there for all
    other.clunk(NEW);
    other.ok(append("kept")); // what the holder kept back
    other.ok(Frame.of(P9.TLEASERET).u2(1).bytes(id).u1(0).u4(seq).u1(0));
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RMAKE, P9.RAPPEND, P9.RREAD);
    assertThat(new String(parts.get(2).data(), StandardCharsets.US_ASCII)).isEqualTo("keptx");
  }

  @Test
  void flush_inTheMiddle_saysHowFarItIs_andWhatWasDoneStays() throws IOException {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    client.send(ASKED, several(0, append("a"), mkdir("d"), append("b")));
    served.gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(ASKED));
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RAPPEND, P9.RLERROR);
    assertFails(Errno.EINTR, parts.getLast());
    assertThat(answer(client, FLUSH).type()).isEqualTo(P9.RFLUSH);
    assertThat(content()).isEqualTo("a");
    client.fails(Errno.ENOENT, lookup(ROOT, NEW, "d"));
  }

  @Test
  void flush_beforeAnythingIsDone_hasNoAnswerButRflush() throws IOException {
    other.ok(lock(0));
    client.send(ASKED, several(0, lock(P9.LOCKX_WAIT), append("x")));
    client.send(FLUSH, RawClient.flushFrame(ASKED));
    assertThat(answer(client, FLUSH).type()).isEqualTo(P9.RFLUSH);
    other.ok(unlock());
    other.ok(lock(0));
    assertThat(content()).isEmpty();
  }

  /** It has taken the fid away: if its Close were given up, nobody could close the file. */
  @Test
  void flush_ofAClunkThatWaits_waitsForIt() throws IOException {
    served.gate.keep(Operation.Close.class::isInstance);
    client.send(ASKED, several(0, append("a"), RawClient.clunkFrame(FILE), mkdir("d")));
    served.gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(ASKED));
    client.getattr(NODE);
    assertThat(served.gate.held()).hasSize(1);
    served.gate.keepNothing();
    served.gate.release();
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RAPPEND, P9.RCLUNK, P9.RLERROR);
    assertFails(Errno.EINTR, parts.getLast());
    assertThat(answer(client, FLUSH).type()).isEqualTo(P9.RFLUSH);
  }

  @Test
  void connection_lostInTheMiddle_nothingMoreIsDone_andNothingIsLeft() throws IOException {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    client.send(ASKED, several(0, lookup(ROOT, NEW, "f"), append("a"), mkdir("d"), append("b")));
    served.gate.awaitHeld(1);
    client.close();
    await().until(() -> served.gate.held().isEmpty());
    await().until(() -> served.leader.counts().connections() == 1);
    assertThat(content()).isEqualTo("a");
  }

  // ---- the size of a message ----

  /** readseq shows what was begun: it moves the offset. */
  @Test
  void replyThatMightNotFit_isEmsgsize_beforeItsRequestIsBegun() throws IOException {
    for (int i = 0; i < 4; i++) {
      client.write(FILE, i * 60_000L, new byte[60_000]);
    }
    int room = client.msize() - 9;
    int header = 7 + 8 + 4;
    int half = room / 2 - header;
    int rest = room - header - half - header;
    List<Reply> parts = run(readNext(half), readNext(rest));
    assertThat(types(parts)).containsExactly(P9.RREADSEQ, P9.RREADSEQ);
    assertThat(parts.get(1).body().getLong(0)).isEqualTo(half);
    assertThat(parts.get(1).body().getInt(8)).isEqualTo(rest);

    long offset = (long) half + rest;
    parts = run(readNext(half), readNext(rest + 1));
    assertThat(types(parts)).containsExactly(P9.RREADSEQ, P9.RLERROR);
    assertFails(Errno.EMSGSIZE, parts.getLast());
    parts = run(readNext(1));
    assertThat(parts.getFirst().body().getLong(0)).as("not read").isEqualTo(offset + half);

    // Where another follows, there must be room for the error that this one could have.
    parts = run(readNext(half), readNext(rest), mkdir("d"));
    assertThat(types(parts)).containsExactly(P9.RREADSEQ, P9.RLERROR);
    parts = run(readNext(half), readNext(rest - 11), mkdir("d"));
    assertThat(types(parts)).containsExactly(P9.RREADSEQ, P9.RREADSEQ, P9.RLERROR);
    assertFails(Errno.EMSGSIZE, parts.getLast());
    client.fails(Errno.ENOENT, lookup(ROOT, NEW, "d"));
  }

  /** What is short takes no more room than it has. */
  @Test
  void shortReads_leaveRoomForOthers() throws IOException {
    client.write(FILE, 0, new byte[10]);
    Frame most = RawClient.readFrame(FILE, 0, client.msize() / 2);
    List<Reply> parts = run(most, most, most, most);
    assertThat(types(parts)).isEqualTo(Collections.nCopies(4, P9.RREAD));
    assertThat(parts.get(3).data()).hasSize(10);
  }

  /** Otherwise what waits could hold any amount of what was read before. */
  @Test
  void dataReadBeforeAWait_isBounded() throws IOException {
    client.write(FILE, 0, new byte[60_000]);
    served.gate.keep(Operation.Unlink.class::isInstance);
    Frame both =
        several(0, RawClient.readFrame(FILE, 0, 60_000), RawClient.unlinkFrame(ROOT, "d", 0));
    int sent = 0;
    Reply reply;
    do {
      assertThat(sent).isLessThan(Limits.REQUESTS_PER_CONNECTION);
      client.send(++sent, both);
      client.send(ASKED, Frame.of(P9.TPING).u8(1));
      reply = client.receive();
    } while (reply.tag() == ASKED);
    assertFails(Errno.EAGAIN, parts(reply).getFirst());
    answer(client, ASKED);
    assertThat(60_000L * sent).isLessThan(Limits.PARKED_BYTES_PER_CONNECTION + 100_000);
    other.ok(RawClient.readFrame(FILE, 0, 10));
  }

  // ---- what is written back ----

  /** As what it holds, a message of both has room however many requests wait. */
  @Test
  void writeBackWithItsReturn_hasRoom_whenTheConnectionIsFull() throws IOException {
    ByteBuffer lease = client.ok(Frame.of(P9.TLEASE).u4(NODE).u1(0).u1(2)).body();
    assertThat(lease.get()).isEqualTo((byte) P9.LEASE_EXCLUSIVE);
    int seq = lease.getInt();
    InodeId id =
        new InodeId(
            lease.getLong(lease.position() + 13), (int) lease.getLong(lease.position() + 137));
    served.gate.keep(Operation.Mkdir.class::isInstance);
    for (int tag = 1; tag <= Limits.REQUESTS_PER_CONNECTION; tag++) {
      client.send(tag, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    }
    served.gate.awaitHeld(Limits.REQUESTS_PER_CONNECTION);
    other.send(ASKED, RawClient.readFrame(FILE, 0, 100));
    client.send(ASKED, several(0, append("x"), RawClient.getattrFrame(ROOT)));
    assertFails(Errno.EAGAIN, answer(client, ASKED));
    Frame back = Frame.of(P9.TLEASERET).u2(1).u8(id.number()).u4(id.generation()).u1(0);
    client.send(ASKED, several(0, append("kept"), append("back"), back.u4(seq).u1(0)));
    assertThat(types(parts(answer(client, ASKED))))
        .containsExactly(P9.RAPPEND, P9.RAPPEND, P9.RLEASERET);
    assertThat(answer(other, ASKED).data()).hasSize(8);
  }

  // ---- a directory moves under a path ----

  /** Each name is looked up in the directory that was found, wherever that has come to be. */
  @Test
  void rename_ofADirectory_inTheMiddleOfAPath_isFollowed() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "a", 0755, 0));
    client.ok(RawClient.mkdirFrame(ROOT, "b", 0755, 0));
    other.walk(ROOT, NEW, "a");
    other.walk(ROOT, NEW + 1, "b");
    other.ok(RawClient.mkdirFrame(NEW, "d", 0755, 0));
    other.walk(NEW, NEW + 2, "d");
    Frame create = Frame.of(P9.TCREATE).u4(NEW + 2).u4(NEW + 3).u4(NEW + 4);
    other.ok(create.name("file").u4(0102).u4(0644));
    served.gate.keep(operation ->
        operation instanceof Operation.Lookup one && one.name().toString().equals("d"));
    Frame path =
        several(
            0,
            lookup(ROOT, NEW, "a"),
            lookup(NEW, NEW + 1, "d"),
            lookup(NEW + 1, NEW + 2, "file"),
            lookup(NEW + 1, NEW + 3, ".."));
    Frame move = Frame.of(P9.TRENAMEX).u4(NEW).name("d").u4(NEW + 1).name("e").u4(0);

    client.send(ASKED, path); // before the name was looked at: it is gone
    served.gate.awaitHeld(1);
    other.ok(move);
    served.gate.release();
    List<Reply> parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RLOOKUP, P9.RLERROR);
    assertFails(Errno.ENOENT, parts.getLast());
    client.clunk(NEW);

    other.ok(Frame.of(P9.TRENAMEX).u4(NEW + 1).name("e").u4(NEW).name("d").u4(0));
    served.gate.keepNothing();
    served.gate.keep(operation ->
        operation instanceof Operation.Lookup one && one.name().toString().equals("file"));
    client.send(ASKED, path); // after it: what was found is gone on with
    served.gate.awaitHeld(1);
    other.ok(Frame.of(P9.TRENAMEX).u4(NEW).name("d").u4(NEW + 1).name("e").u4(0));
    served.gate.keepNothing();
    served.gate.release();
    parts = parts(answer(client, ASKED));
    assertThat(types(parts)).containsExactly(P9.RLOOKUP, P9.RLOOKUP, P9.RLOOKUP, P9.RLOOKUP);
    assertThat(client.getattr(NEW + 3).number()).isEqualTo(other.getattr(NEW + 1).number());
  }
}

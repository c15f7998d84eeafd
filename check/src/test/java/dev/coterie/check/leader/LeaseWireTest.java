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
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The messages about leases, frame by frame; who changes things is a plain 9P client. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseWireTest {
  private static final int FILE = 1;
  private static final int CHANGE = 61_000; // tags
  private static final int NOTIFY = 61_001;
  private static final int FLUSH = 61_002;

  @TempDir private Path folder;
  private Served served;
  private LogLines log;
  private RawClient holder;
  private RawClient plain;
  private InodeId file = new InodeId(0, 0);

  @BeforeEach
  void serve() throws IOException {
    log = new LogLines();
    served = Served.in(folder, builder -> builder.tcp(0, true));
    holder = served.dialect();
    plain = served.plain();
    plain.create(FILE, "f");
    holder.walk(ROOT, FILE, "f");
  }

  @AfterEach
  void stop() throws IOException {
    served.gate.keepNothing();
    holder.close();
    plain.close();
    await().until(() -> served.leader.counts().connections() == 0);
    assertThat(served.leader.counts().faults()).isZero();
    served.close();
    log.close();
  }

  private static Frame leaseFrame(int fid, int plane, int mode) {
    return Frame.of(P9.TLEASE).u4(fid).u1(plane).u1(mode);
  }

  private static Frame notifyFrame(int max, int flags) {
    return Frame.of(P9.TNOTIFY).u2(max).u1(flags);
  }

  private Frame returnFrame(int seq) {
    return Frame.of(P9.TLEASERET).u2(1).bytes(lease(file, 0, seq, 0));
  }

  private static byte[] lease(InodeId id, int plane, int seq, int mode) {
    Frame lease = Frame.of(0).u8(id.number()).u4(id.generation()).u1(plane).u4(seq).u1(mode);
    return lease.body();
  }

  /** Takes the lease on the file; its number. */
  private int take(RawClient one) throws IOException {
    ByteBuffer body = one.ok(leaseFrame(FILE, P9.PLANE_INODE, P9.LEASE_SHARED)).body();
    int mode = body.get();
    int seq = body.getInt();
    assertThat(body.remaining()).isEqualTo(153);
    assertThat(mode).isEqualTo(seq == 0 ? 0 : 1);
    int attrs = body.position();
    file = new InodeId(body.getLong(attrs + 13), (int) body.getLong(attrs + 137));
    return seq;
  }

  private int take() throws IOException {
    int seq = take(holder);
    assertThat(seq).isNotZero();
    return seq;
  }

  private void change() throws IOException {
    plain.send(CHANGE, RawClient.writeFrame(FILE, 0, new byte[] {1, 2, 3}));
  }

  private void assertWaits() throws IOException {
    assertThat(plain.getattr(FILE).size()).as("answered while the change waits").isZero();
  }

  private void expect(RawClient one, int type, int tag) throws IOException {
    Reply reply = one.receive();
    assertThat(reply.type()).as("%s", reply).isEqualTo(type);
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
  }

  private void assertChanged() throws IOException {
    expect(plain, P9.RWRITE, CHANGE);
    assertThat(plain.getattr(FILE).size()).isEqualTo(3);
  }

  private void assertNotice(Reply reply, int seq) {
    ByteBuffer body = reply.body();
    assertThat(body.getShort()).isEqualTo((short) 1);
    assertThat(body.get()).isEqualTo((byte) P9.NOTICE_RECALL);
    assertThat(new InodeId(body.getLong(), body.getInt())).isEqualTo(file);
    assertThat(body.get()).isEqualTo((byte) P9.PLANE_INODE);
    assertThat(body.getInt()).isEqualTo(seq);
    assertThat(body.get()).isEqualTo((byte) P9.LEASE_NONE);
    assertThat(body.get()).isEqualTo((byte) P9.RECALL_CHANGE);
    assertThat(body.hasRemaining()).isFalse();
  }

  // ---- session ----

  @Test
  void session_tellsHowLongLeasesLast() throws IOException {
    try (RawClient fresh = RawClient.connect(served.socket)) {
      fresh.version(8192, RawClient.DIALECT);
      ByteBuffer first = fresh.ok(sessionFrame(P9.SESSION_NEW)).body();
      ByteBuffer other = holder.ok(sessionFrame(0)).body();
      assertThat(first.getLong()).isNotEqualTo(other.getLong());
      assertThat(first.getLong()).isEqualTo(other.getLong());
      assertThat(first.getInt()).isEqualTo(Limits.LEASE_MS);
      assertThat(other.getInt()).isEqualTo(Limits.LEASE_MS);
      assertThat(first.get()).isEqualTo((byte) P9.SESSION_AS_ASKED);
      assertThat(other.get()).isEqualTo((byte) P9.SESSION_AS_ASKED);
      assertThat(first.getShort()).isEqualTo((short) Limits.SLOTS_PER_SESSION);
      assertThat(other.getShort()).isZero();
    }
  }

  private static Frame sessionFrame(int flags) {
    return Frame.of(P9.TSESSION).u8(1).u8(2).u8(3).u8(4).u4(flags).u8(0).u8(0);
  }

  // ---- leases ----

  @Test
  void changeOfAPlainClient_waitsForTheLease() throws IOException {
    int seq = take();
    holder.send(NOTIFY, notifyFrame(10, P9.NOTIFY_WAIT));
    change();
    Reply notice = holder.receive();
    assertThat(notice.type()).isEqualTo(P9.RNOTIFY);
    assertNotice(notice, seq);
    assertWaits();
    holder.ok(returnFrame(seq));
    assertChanged();
  }

  @Test
  void changeOfAPlainClient_isGivenUpByTflush() throws IOException {
    int seq = take();
    change();
    assertWaits();
    plain.send(FLUSH, RawClient.flushFrame(CHANGE));
    expect(plain, P9.RFLUSH, FLUSH);
    holder.ok(returnFrame(seq));
    assertThat(plain.getattr(FILE).size()).isZero();
    take();
  }

  @Test
  void holderWhoseConnectionEnds_isNotWaitedFor() throws IOException {
    take();
    change();
    assertWaits();
    holder.close();
    assertChanged();
  }

  /** The leader breaks off; until the client has noticed, what it shows is not changed. */
  @Test
  void holderWhoBreaksTheProtocol_isNotWaitedForWithoutEnd() throws IOException {
    take();
    change();
    assertWaits();
    holder.send(1, Frame.of(P9.TLEASERET).u2(2).bytes(lease(file, 0, 1, 0)));
    assertThat(holder.isEnded()).isTrue();
    assertChanged();
  }

  @Test
  void silentHolder_isDisconnected_andThatIsLogged() throws IOException {
    take();
    change();
    assertThat(holder.isEnded()).isTrue();
    assertChanged();
    assertThat(log.lines())
        .singleElement()
        .asString()
        .matches(
            "WARNING connection of pid \\d+ \\(uid \\d+\\) ended: it did not give back a lease");
  }

  /** Its session is over before its connection is: what it says in between is answered so. */
  @Test
  void holderWhoTalks_andGivesNothingBack_isDisconnected() throws IOException {
    take();
    change();
    Frame ping = Frame.of(P9.TPING).u8(1);
    boolean over = false;
    while (!over) {
      try {
        Reply reply = holder.call(ping);
        over = reply.isError();
        assertThat(over ? Errno.of(reply.errno()) : Errno.ESTALE).isEqualTo(Errno.ESTALE);
      } catch (IOException e) {
        over = true;
      }
    }
    assertThat(holder.isEnded()).isTrue();
    assertChanged();
    assertThat(log.lines()).hasSize(1);
  }

  @Test
  void lease_overTcp_isNone_withoutSuchASession() throws IOException {
    try (RawClient tcp = RawClient.connect(served.leader.tcpPort())) {
      tcp.version(RawClient.MSIZE, RawClient.DIALECT);
      tcp.attach(ROOT, 0);
      tcp.walk(ROOT, FILE, "f");
      assertThat(take(tcp)).isZero();
    }
    plain.write(FILE, 0, new byte[1]);
  }

  /** The leader keeps it for as long as its client may not have noticed that it is alone. */
  @Test
  void lease_overTcp_isGranted_toASessionThatOutlivesItsConnections() throws IOException {
    RawClient tcp = RawClient.connect(served.leader.tcpPort());
    try (tcp) {
      tcp.version(RawClient.MSIZE, RawClient.DIALECT);
      tcp.ok(Frame.of(P9.TSESSION).u8(5).u8(5).u8(6).u8(6).u4(P9.SESSION_NEW).u8(0).u8(0));
      tcp.attach(ROOT, 0);
      tcp.walk(ROOT, FILE, "f");
      assertThat(take(tcp)).isNotZero();
    }
    change();
    assertWaits();
    assertChanged(); // when its time is over
  }

  @Test
  void lease_ofAnotherKind_isRefused() throws IOException {
    holder.fails(Errno.EINVAL, leaseFrame(FILE, 1, 2));
    holder.fails(Errno.EINVAL, leaseFrame(FILE, 0, 3));
    holder.fails(Errno.EINVAL, leaseFrame(FILE, 0, 0));
    holder.fails(Errno.EBADF, leaseFrame(77, 0, 1));
    int seq = take();
    holder.fails(Errno.EINVAL, Frame.of(P9.TLEASERET).u2(1).bytes(lease(file, 5, seq, 0)));
    holder.fails(Errno.EINVAL, Frame.of(P9.TLEASERET).u2(1).bytes(lease(file, 0, seq, 2)));
    change();
    assertWaits();
    holder.ok(returnFrame(seq + 1));
    assertWaits();
    holder.ok(returnFrame(seq));
    assertChanged();
  }

  @Test
  void leaseret_ofMoreThanAllowed_isRefused() throws IOException {
    byte[] one = lease(file, 0, 1, 0);
    Frame most = Frame.of(P9.TLEASERET).u2(Limits.LEASES_PER_MESSAGE);
    Frame over = Frame.of(P9.TLEASERET).u2(Limits.LEASES_PER_MESSAGE + 1).bytes(one);
    for (int i = 0; i < Limits.LEASES_PER_MESSAGE; i++) {
      most.bytes(one);
      over.bytes(one);
    }
    holder.ok(most);
    holder.fails(Errno.EINVAL, over);
  }

  @Test
  void beforeAttach_thereAreNoLeases() throws IOException {
    try (RawClient fresh = RawClient.connect(served.socket)) {
      fresh.version(8192, RawClient.DIALECT);
      fresh.fails(Errno.EBADF, notifyFrame(1, 0));
      fresh.fails(Errno.EBADF, Frame.of(P9.TLEASERET).u2(0));
      fresh.fails(Errno.EBADF, leaseFrame(FILE, 0, 1));
    }
  }

  // ---- notify ----

  @Test
  void notify_flushed_losesNoRecall() throws IOException {
    int seq = take();
    holder.send(NOTIFY, notifyFrame(10, P9.NOTIFY_WAIT));
    holder.send(FLUSH, RawClient.flushFrame(NOTIFY));
    expect(holder, P9.RFLUSH, FLUSH);
    change();
    assertWaits();
    assertNotice(holder.ok(notifyFrame(10, 0)), seq);
    holder.fails(Errno.EAGAIN, notifyFrame(10, 0));
    holder.ok(returnFrame(seq));
    assertChanged();
  }

  @Test
  void notify_ofNoOrUnknownKind_isRefused() throws IOException {
    holder.fails(Errno.EINVAL, notifyFrame(0, 1));
    holder.fails(Errno.EINVAL, notifyFrame(1, 2));
    holder.send(NOTIFY, notifyFrame(0xFFFF, P9.NOTIFY_WAIT));
    holder.fails(Errno.EBUSY, notifyFrame(1, P9.NOTIFY_WAIT));
    holder.send(FLUSH, RawClient.flushFrame(NOTIFY));
    expect(holder, P9.RFLUSH, FLUSH);
  }

  /** All that may wait waits, perhaps for leases of others, who wait for these. */
  @Test
  void fullConnection_takesRecallsAndGivesBack() throws IOException {
    int seq = take();
    served.gate.keep(operation -> operation instanceof Operation.Mkdir);
    holder.send(NOTIFY, notifyFrame(10, P9.NOTIFY_WAIT));
    for (int tag = 1; tag <= Limits.REQUESTS_PER_CONNECTION; tag++) {
      holder.send(tag, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    }
    served.gate.awaitHeld(Limits.REQUESTS_PER_CONNECTION);
    holder.send(50_000, RawClient.getattrFrame(ROOT));
    Reply full = holder.receive();
    assertThat(full.tag()).isEqualTo(50_000);
    assertThat(full.errno()).isEqualTo(Errno.EAGAIN.number());
    change();
    Reply notice = holder.receive();
    assertThat(notice.tag()).isEqualTo(NOTIFY);
    assertNotice(notice, seq);
    holder.send(NOTIFY, notifyFrame(10, P9.NOTIFY_WAIT));
    holder.send(50_001, returnFrame(seq));
    expect(holder, P9.RLEASERET, 50_001);
    assertChanged();
    holder.send(50_002, RawClient.getattrFrame(ROOT));
    assertThat(holder.receive().errno()).isEqualTo(Errno.EAGAIN.number());
  }

  /** However long the list is, it is told in pieces that fit. */
  @Test
  void recalls_beyondAFrame_areTakenInPieces() throws IOException {
    int files = 300;
    try (RawClient small = RawClient.connect(served.socket)) {
      small.version(Limits.MSIZE_MIN_BYTES, RawClient.DIALECT);
      small.attach(ROOT, P9.NONUNAME);
      for (int i = 0; i < files; i++) {
        plain.create(10 + i, "f" + i);
        small.walk(ROOT, 10 + i, "f" + i);
        small.ok(leaseFrame(10 + i, 0, 1));
      }
      for (int i = 0; i < files; i++) {
        plain.send(20_000 + i, RawClient.writeFrame(10 + i, 0, new byte[1]));
      }
      plain.getattr(FILE);
      int taken = 0;
      for (int size : List.of(203, 97)) {
        ByteBuffer body = small.ok(notifyFrame(0xFFFF, 0)).body();
        assertThat(body.getShort()).isEqualTo((short) size);
        taken += size;
      }
      assertThat(taken).isEqualTo(files);
      small.fails(Errno.EAGAIN, notifyFrame(1, 0));
    }
    for (int i = 0; i < files; i++) {
      assertThat(plain.receive().type()).isEqualTo(P9.RWRITE);
    }
  }
}

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
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that has a file alone, frame by frame, beside plain 9P clients that know of no leases.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseExclusiveWireTest {
  private static final int FILE = 1;
  private static final int HANDLE = 2;
  private static final int SECOND = 3;
  private static final int ASKED = 61_000; // tags
  private static final int FLUSH = 61_001;
  private static final int BACK = 40_000;
  private static final int WRITES = 2_000;
  private static final int AT_A_TIME = 200;

  @TempDir private Path folder;
  private Served served;
  private LogLines log;
  private RawClient holder;
  private RawClient plain;
  private InodeId file = new InodeId(0, 0);

  @BeforeEach
  void serve() throws IOException {
    log = new LogLines();
    served = Served.in(folder);
    holder = served.dialect();
    plain = served.plain();
    plain.create(FILE, "f");
    holder.walk(ROOT, FILE, "f");
    holder.walk(ROOT, HANDLE, "f");
    holder.ok(RawClient.openFrame(HANDLE, 2));
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

  private int take() throws IOException {
    Frame frame = Frame.of(P9.TLEASE).u4(FILE).u1(P9.PLANE_INODE).u1(P9.LEASE_EXCLUSIVE);
    ByteBuffer body = holder.ok(frame).body();
    assertThat(body.get()).isEqualTo((byte) P9.LEASE_EXCLUSIVE);
    int seq = body.getInt();
    int attrs = body.position();
    file = new InodeId(body.getLong(attrs + 13), (int) body.getLong(attrs + 137));
    return seq;
  }

  private Frame returnFrame(int seq) {
    byte[] lease = Frame.of(0).u8(file.number()).u4(file.generation()).u1(0).u4(seq).u1(0).body();
    return Frame.of(P9.TLEASERET).u2(1).bytes(lease);
  }

  /** Until the leader has sent the holder a recall, so that what was sent to it waits there. */
  private void awaitRecall() throws IOException {
    ByteBuffer notice = holder.ok(Frame.of(P9.TNOTIFY).u2(10).u1(P9.NOTIFY_WAIT)).body();
    assertThat(notice.getShort()).isEqualTo((short) 1);
  }

  /** Many at a time: the holder of what was recalled is not waited for until each has come back. */
  private void writeBack() throws IOException {
    for (int at = 0; at < WRITES; at += AT_A_TIME) {
      for (int i = 0; i < AT_A_TIME; i++) {
        holder.send(BACK + i, RawClient.writeFrame(HANDLE, at + i, new byte[] {1}));
      }
      for (int i = 0; i < AT_A_TIME; i++) {
        assertThat(answer(holder, BACK + i).type()).isEqualTo(P9.RWRITE);
      }
    }
  }

  private Reply answer(RawClient one, int tag) throws IOException {
    Reply reply = one.receive();
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
    return reply;
  }

  // ---- plain clients ----

  @Test
  void plainClient_writesToWhatAnotherHasAlone_afterWhatThatKeptBack() throws IOException {
    int seq = take();
    plain.send(ASKED, RawClient.writeFrame(FILE, 2, new byte[] {9, 9}));
    awaitRecall();
    assertThat(holder.write(HANDLE, 0, new byte[] {1, 2, 3, 4, 5})).isEqualTo(5);
    holder.ok(returnFrame(seq));
    assertThat(answer(plain, ASKED).type()).isEqualTo(P9.RWRITE);
    assertThat(plain.read(FILE, 0, 10)).containsExactly(1, 2, 9, 9, 5);
  }

  @Test
  void plainClient_looksAtWhatAnotherHasAlone_andSeesWhatThatKeptBack() throws IOException {
    int seq = take();
    plain.send(ASKED, RawClient.readFrame(FILE, 0, 10));
    awaitRecall();
    holder.write(HANDLE, 0, new byte[] {1, 2, 3});
    holder.ok(RawClient.fsyncFrame(HANDLE));
    holder.ok(returnFrame(seq));
    assertThat(answer(plain, ASKED).data()).containsExactly(1, 2, 3);
    seq = take();
    plain.send(ASKED, RawClient.getattrFrame(FILE));
    awaitRecall();
    holder.write(HANDLE, 3, new byte[7]);
    holder.ok(returnFrame(seq));
    assertThat(RawClient.Attrs.of(answer(plain, ASKED).body()).size()).isEqualTo(10);
    seq = take();
    plain.send(ASKED, RawClient.walkFrame(ROOT, SECOND, "f"));
    awaitRecall();
    holder.ok(returnFrame(seq));
    assertThat(answer(plain, ASKED).type()).isEqualTo(P9.RWALK);
  }

  @Test
  void plainReader_isGivenUpByTflush() throws IOException {
    take();
    plain.send(ASKED, RawClient.readFrame(FILE, 0, 10));
    plain.send(FLUSH, RawClient.flushFrame(ASKED));
    assertThat(answer(plain, FLUSH).type()).isEqualTo(P9.RFLUSH);
  }

  /** The leader has broken off with it, so that what it kept back comes nowhere. */
  @Test
  void holderThatDoesNotGiveBack_isCutOff_andOthersGoOn() throws IOException {
    take();
    plain.send(ASKED, RawClient.readFrame(FILE, 0, 10));
    assertThat(holder.isEnded()).isTrue();
    assertThat(answer(plain, ASKED).data()).isEmpty();
  }

  // ---- limits ----

  /** The other's connection has no room for more, and much is to be written back. */
  @Test
  void writeBack_ofManyWrites_isDoneWhileTheOthersConnectionIsFull() throws IOException {
    int seq = take();
    for (int tag = 1; tag <= Limits.REQUESTS_PER_CONNECTION; tag++) {
      plain.send(tag, RawClient.getattrFrame(FILE));
    }
    plain.send(ASKED, RawClient.getattrFrame(ROOT));
    assertThat(answer(plain, ASKED).errno()).isEqualTo(Errno.EAGAIN.number());
    awaitRecall();
    writeBack();
    holder.ok(returnFrame(seq));
    Set<Integer> tags = new HashSet<>();
    for (int i = 0; i < Limits.REQUESTS_PER_CONNECTION; i++) {
      Reply reply = plain.receive();
      tags.add(reply.tag());
      assertThat(RawClient.Attrs.of(reply.body()).size()).isEqualTo(WRITES);
    }
    assertThat(tags).hasSize(Limits.REQUESTS_PER_CONNECTION);
  }

  /** Its own requests may all wait, perhaps for those who wait for what it keeps back. */
  @Test
  void writeBack_hasRoom_whenItsOwnConnectionIsFull() throws IOException {
    holder.create(SECOND, "second");
    int seq = take();
    served.gate.keep(operation -> operation instanceof Operation.Mkdir);
    for (int tag = 1; tag <= Limits.REQUESTS_PER_CONNECTION; tag++) {
      holder.send(tag, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    }
    served.gate.awaitHeld(Limits.REQUESTS_PER_CONNECTION);
    plain.send(ASKED, RawClient.getattrFrame(FILE));
    holder.send(50_000, RawClient.writeFrame(SECOND, 0, new byte[1]));
    assertThat(answer(holder, 50_000).errno()).isEqualTo(Errno.EAGAIN.number());
    holder.send(50_001, RawClient.getattrFrame(FILE));
    assertThat(answer(holder, 50_001).errno()).isEqualTo(Errno.EAGAIN.number());
    writeBack();
    holder.send(50_003, RawClient.setSizeFrame(FILE, 77));
    assertThat(answer(holder, 50_003).type()).isEqualTo(P9.RSETATTR);
    holder.send(50_004, RawClient.fsyncFrame(HANDLE));
    assertThat(answer(holder, 50_004).type()).isEqualTo(P9.RFSYNC);
    holder.send(50_005, RawClient.clunkFrame(HANDLE));
    assertThat(answer(holder, 50_005).type()).isEqualTo(P9.RCLUNK);
    holder.send(50_006, returnFrame(seq));
    assertThat(answer(holder, 50_006).type()).isEqualTo(P9.RLEASERET);
    assertThat(RawClient.Attrs.of(answer(plain, ASKED).body()).size()).isEqualTo(77);
    holder.send(50_007, RawClient.setSizeFrame(FILE, 1));
    assertThat(answer(holder, 50_007).errno()).as("not alone any more").isEqualTo(11);
  }

  /** What waits keeps the bytes it brought, and there is a limit for those. */
  @Test
  void writeBack_hasRoom_whenItsWaitingWritesHoldAllBytes() throws IOException {
    holder.create(SECOND, "second");
    int seq = take();
    served.gate.keep(
        operation -> operation instanceof Operation.Write write && write.source().remaining() > 9);
    int sent = fill(0, holder.msize() - P9.IOHDR);
    fill(sent, 10); // a buffer that has come to be smaller may still find room
    holder.send(50_001, RawClient.writeFrame(SECOND, 0, new byte[1]));
    assertThat(answer(holder, 50_001).errno()).isEqualTo(Errno.EAGAIN.number());
    plain.send(ASKED, RawClient.getattrFrame(FILE));
    holder.send(50_002, RawClient.writeFrame(HANDLE, 0, new byte[5]));
    assertThat(answer(holder, 50_002).type()).isEqualTo(P9.RWRITE);
    holder.send(50_003, returnFrame(seq));
    assertThat(answer(holder, 50_003).type()).isEqualTo(P9.RLEASERET);
    assertThat(RawClient.Attrs.of(answer(plain, ASKED).body()).size()).isEqualTo(5);
  }

  /** Sends writes of so many bytes that wait, until one is refused; the last one's tag. */
  private int fill(int last, int bytes) throws IOException {
    int tag = last;
    while (true) {
      holder.send(++tag, RawClient.writeFrame(SECOND, 0, new byte[bytes]));
      holder.send(50_000, RawClient.getattrFrame(ROOT));
      Reply reply = holder.receive();
      if (reply.tag() == tag) {
        assertThat(reply.errno()).isEqualTo(Errno.EAGAIN.number());
        answer(holder, 50_000);
        return tag;
      }
    }
  }
}

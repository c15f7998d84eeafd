package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tflush of requests that are queued, running, parked, answered or unknown. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FlushTest {
  private static final int OLD = 61_000;
  private static final int FLUSH = 62_000;
  private static final int POOL_THREADS = 4;

  @TempDir private Path folder;
  private final CountDownLatch sync = new CountDownLatch(1);
  private final AtomicInteger running = new AtomicInteger();
  private Served served;
  private Gate gate;
  private RawClient client;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    gate = served.gate;
    client = served.dialect();
  }

  @AfterEach
  void stop() throws IOException {
    sync.countDown();
    gate.keepNothing();
    client.close();
    served.close();
  }

  private void expect(int type, int tag) throws IOException {
    Reply reply = client.receive();
    assertThat(reply.type()).as("%s", reply).isEqualTo(type);
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
  }

  private void expectNoMore() throws IOException {
    client.ok(Frame.of(P9.TPING).u8(1));
  }

  @Test
  void flush_unknownTag_isAnsweredAtOnce() throws IOException {
    client.send(FLUSH, RawClient.flushFrame(OLD));
    expect(P9.RFLUSH, FLUSH);
    client.send(FLUSH, RawClient.flushFrame(FLUSH));
    expect(P9.RFLUSH, FLUSH);
    client.send(FLUSH, RawClient.flushFrame(P9.NOTAG));
    expect(P9.RFLUSH, FLUSH);
  }

  @Test
  void flush_answeredRequest_comesBehindItsReply() throws IOException {
    client.sendTogether(
        RawClient.getattrFrame(ROOT).toBytes(OLD), RawClient.flushFrame(OLD).toBytes(FLUSH));
    expect(P9.RGETATTR, OLD);
    expect(P9.RFLUSH, FLUSH);
  }

  @Test
  void flush_parkedRequest_hasHadNoEffectAndNoReply() throws IOException {
    gate.keep(operation -> operation instanceof Operation.Mkdir);
    client.send(OLD, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));

    expect(P9.RFLUSH, FLUSH);
    gate.keepNothing();
    gate.release();
    client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 1, "d"));
    client.send(OLD, RawClient.getattrFrame(ROOT));
    expect(P9.RGETATTR, OLD);
  }

  @Test
  void flush_parkedRequestReleasedFirst_comesBehindItsReply() throws IOException {
    gate.keep(operation -> operation instanceof Operation.Mkdir);
    client.send(OLD, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    gate.awaitHeld(1);
    gate.release();
    client.send(FLUSH, RawClient.flushFrame(OLD));

    expect(P9.RMKDIR, OLD);
    expect(P9.RFLUSH, FLUSH);
    gate.keepNothing();
    client.walk(ROOT, 1, "d");
  }

  @Test
  void flush_parkedWalk_makesNoFid() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    gate.keep(operation -> operation instanceof Operation.Lookup);
    client.send(OLD, RawClient.walkFrame(ROOT, 1, "d"));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));
    expect(P9.RFLUSH, FLUSH);

    gate.keepNothing();
    client.fails(Errno.EBADF, RawClient.getattrFrame(1));
    client.walk(ROOT, 1, "d");
  }

  /** The second step is begun by another thread before the first one's ticket is noted. */
  @Test
  void flush_walkWhoseSecondStepParks_cancelsThatStep() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
    gate.keep(operation -> operation instanceof Operation.Lookup);
    gate.onKept(() -> {
      gate.onKept(() -> {});
      Threads.inOther(gate::release);
    });
    client.send(OLD, RawClient.walkFrame(ROOT, 1, "d", "."));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));

    expect(P9.RFLUSH, FLUSH);
    assertThat(gate.held()).isEmpty();
  }

  @Test
  void flush_severalOfOneTag_areAnsweredInOrder() throws IOException {
    client.create(1, "f");
    blockFsync(1);
    client.send(OLD, RawClient.fsyncFrame(1));
    awaitRunning(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));
    client.send(FLUSH + 1, RawClient.flushFrame(OLD));
    client.send(FLUSH + 2, RawClient.flushFrame(OLD));
    expectNoMore();
    sync.countDown();

    expect(P9.RFSYNC, OLD);
    expect(P9.RFLUSH, FLUSH);
    expect(P9.RFLUSH, FLUSH + 1);
    expect(P9.RFLUSH, FLUSH + 2);
  }

  /** After the Rflush of a flush that flush's own tag is free, so its reply must have come. */
  @Test
  void flush_ofFlush_comesBehindIt() throws IOException {
    client.create(1, "f");
    blockFsync(1);
    client.send(OLD, RawClient.fsyncFrame(1));
    awaitRunning(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));
    client.send(FLUSH + 1, RawClient.flushFrame(FLUSH));
    expectNoMore();
    sync.countDown();

    expect(P9.RFSYNC, OLD);
    expect(P9.RFLUSH, FLUSH);
    expect(P9.RFLUSH, FLUSH + 1);
  }

  @Test
  void request_withTagOfWaitingFlush_endsTheConnection() throws IOException {
    client.create(1, "f");
    blockFsync(1);
    client.send(OLD, RawClient.fsyncFrame(1));
    awaitRunning(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));
    client.send(FLUSH, RawClient.getattrFrame(ROOT));

    assertThat(client.isEnded()).isTrue();
    sync.countDown();
  }

  /** "A flush does not wait behind the request it cancels, however busy the leader is." */
  @Test
  void flush_requestQueuedForThePool_isCancelledAtOnce() throws IOException {
    client.create(1, "f");
    blockFsync(POOL_THREADS);
    for (int i = 0; i < POOL_THREADS; i++) {
      client.send(OLD + i, RawClient.fsyncFrame(1));
    }
    awaitRunning(POOL_THREADS);
    client.send(OLD + POOL_THREADS, RawClient.fsyncFrame(1));
    client.send(FLUSH, RawClient.flushFrame(OLD + POOL_THREADS));
    expect(P9.RFLUSH, FLUSH);
    sync.countDown();

    for (int i = 0; i < POOL_THREADS; i++) {
      assertThat(client.receive().type()).isEqualTo(P9.RFSYNC);
    }
    expectNoMore();
    assertThat(gate.passed().stream().filter(Operation.Fsync.class::isInstance))
        .hasSize(POOL_THREADS);
  }

  @Test
  void flush_requestOfThePoolThatParks_isCancelledAtOnce() throws IOException {
    client.create(1, "f");
    gate.keep(operation -> operation instanceof Operation.Fsync);
    client.send(OLD, RawClient.fsyncFrame(1));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));

    expect(P9.RFLUSH, FLUSH);
    assertThat(gate.held()).isEmpty();
  }

  /** The fid is gone at once, so what it held must go too: nobody can clunk it again. */
  @Test
  void flush_parkedClunk_isCarriedOutAndComesFirst() throws IOException {
    client.create(1, "f");
    client.ok(RawClient.unlinkFrame(ROOT, "f", 0));
    int open = served.leader.counts().tree().inodes();
    gate.keep(operation -> operation instanceof Operation.Close);
    client.send(OLD, RawClient.clunkFrame(1));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));
    expectNoMore();
    gate.release();

    expect(P9.RCLUNK, OLD);
    expect(P9.RFLUSH, FLUSH);
    assertThat(served.leader.counts().tree().inodes()).isEqualTo(open - 1);
    client.fails(Errno.EBADF, RawClient.clunkFrame(1));
  }

  /** An `as` has no other tag than its own. */
  @Test
  void flush_as_cancelsTheRequestInside() throws IOException {
    gate.keep(operation -> operation instanceof Operation.Mkdir);
    Frame inner = RawClient.mkdirFrame(ROOT, "d", 0755, 0);
    client.send(
        OLD, Frame.of(P9.TAS).u4(0).u4(0).u2(0).u4(1).u4(022).u1(inner.type()).bytes(inner.body()));
    gate.awaitHeld(1);
    client.send(FLUSH, RawClient.flushFrame(OLD));

    expect(P9.RFLUSH, FLUSH);
    assertThat(gate.held()).isEmpty();
  }

  @Test
  void parkedWrite_whileReaderGoesOn_keepsItsBytes() throws IOException {
    client.create(1, "f");
    gate.keep(operation -> operation instanceof Operation.Write);
    byte[] first = "first".getBytes(StandardCharsets.UTF_8);
    client.send(OLD, RawClient.writeFrame(1, 0, first));
    gate.awaitHeld(1);
    for (int i = 0; i < 100; i++) {
      client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 2, "x".repeat(200), "y".repeat(200)));
    }
    gate.release();
    expect(P9.RWRITE, OLD);
    gate.keepNothing();

    assertThat(client.read(1, 0, 100)).isEqualTo(first);
  }

  @Test
  void parkedRead_whileReaderGoesOn_answersItsOwnBytes() throws IOException {
    client.create(1, "f");
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    client.write(1, 0, content);
    gate.keep(operation -> operation instanceof Operation.Read);
    client.send(OLD, RawClient.readFrame(1, 0, 1000));
    client.send(OLD + 1, RawClient.readFrame(1, 3, 1000));
    gate.awaitHeld(2);
    for (int i = 0; i < 100; i++) {
      client.getattr(1);
    }
    List.copyOf(gate.held()).reversed().forEach(Gate.Held::release);

    Reply second = client.receive();
    assertThat(second.tag()).isEqualTo(OLD + 1);
    assertThat(second.data()).isEqualTo("tent".getBytes(StandardCharsets.UTF_8));
    Reply firstReply = client.receive();
    assertThat(firstReply.tag()).isEqualTo(OLD);
    assertThat(firstReply.data()).isEqualTo(content);
  }

  /** Has so many fsyncs take a thread of the pool until {@code sync} is open. */
  private void blockFsync(int count) {
    gate.keep(operation -> {
      if (operation instanceof Operation.Fsync && running.getAndIncrement() < count) {
        Threads.await(sync);
      }
      return false;
    });
  }

  private void awaitRunning(int count) {
    await().until(() -> running.get() >= count);
  }
}

package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A leader that comes and goes, with clients in the middle of things. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifecycleTest {
  @TempDir private Path folder;

  // ---- counts ----

  @Test
  void requests_areCounted_thoseOfTheGoneIncluded() throws IOException {
    try (Served served = Served.in(folder);
        RawClient stays = served.plain()) {
      stays.create(1, "a");
      long before = served.leader.requests();
      stays.write(1, 0, new byte[1]);
      stays.write(1, 0, new byte[1]);
      assertThat(served.leader.requests()).isEqualTo(before + 2);
      served.plain().close();
      await().until(() -> served.leader.counts().connections() == 1);
      // It agreed on a version and attached.
      await().until(() -> served.leader.requests() == before + 4);
    }
  }

  // ---- close ----

  @Test
  void close_clientsInMidRequest_endsThemAll() throws IOException {
    Served served = Served.in(folder);
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      RawClient client = served.plain();
      client.create(1, "f" + i);
      client.write(1, 0, new byte[1000]);
      clients.add(client);
    }
    AtomicInteger answers = new AtomicInteger();
    List<Thread> threads =
        clients.stream().map(client -> pipelining(client, answers)).map(Thread::new).toList();
    threads.forEach(Thread::start);
    await().until(() -> answers.get() > 2000);
    served.close();
    threads.forEach(Threads::join);

    assertThat(served.leader.counts().connections()).isZero();
    assertThat(served.leader.counts().tree().sessions()).isZero();
    assertThat(served.leader.counts().faults()).isZero();
    for (RawClient client : clients) {
      client.close();
    }
  }

  private static Runnable pipelining(RawClient client, AtomicInteger answers) {
    return () -> {
      try {
        while (true) {
          for (int tag = 1; tag <= 16; tag++) {
            client.send(tag, RawClient.readFrame(1, 0, 1000));
          }
          for (int tag = 1; tag <= 16; tag++) {
            client.receive();
            answers.incrementAndGet();
          }
        }
      } catch (IOException e) {
        // The leader is gone.
      }
    };
  }

  /** The client has stopped reading, so the leader waits in the socket, on the reader's thread. */
  @Test
  void close_inTheMiddleOfABlockedSend_returns() throws IOException {
    Served served = Served.in(folder);
    try (RawClient client = served.plain()) {
      client.create(1, "f");
      client.write(1, 0, new byte[60_000]);
      SlowClients.fill(client, RawClient.readFrame(1, 0, 60_000));
      served.close();
    }
    assertThat(served.leader.counts().connections()).isZero();
    assertThat(served.leader.counts().faults()).isZero();
  }

  /** As before, but what waits in the socket is the thread for late replies. */
  @Test
  void close_inTheMiddleOfABlockedLateSend_returns() throws IOException {
    Served served = Served.in(folder);
    try (RawClient client = served.plain()) {
      client.create(1, "f");
      client.write(1, 0, new byte[60_000]);
      served.gate.keep(operation -> operation instanceof Operation.Read);
      for (int tag = 1; tag <= 64; tag++) {
        client.send(tag, RawClient.readFrame(1, 0, 60_000));
      }
      served.gate.awaitHeld(64);
      served.gate.release();
      served.close();
    }
    assertThat(served.leader.counts().connections()).isZero();
    assertThat(served.leader.counts().faults()).isZero();
  }

  @Test
  void close_requestsParked_returns() throws IOException {
    Served served = Served.in(folder);
    try (RawClient client = served.plain()) {
      served.gate.keep(operation -> true);
      for (int tag = 1; tag <= 100; tag++) {
        client.send(tag, RawClient.getattrFrame(ROOT));
      }
      served.gate.awaitHeld(100);
      served.close();

      assertThat(client.isEnded()).isTrue();
    }
    assertThat(served.leader.counts().tree().sessions()).isZero();
  }

  @Test
  void close_requestsQueuedForThePool_waitsForThoseThatRun() throws IOException {
    Served served = Served.in(folder);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    served.gate.keep(operation -> {
      if (operation instanceof Operation.Fsync) {
        running.incrementAndGet();
        Threads.await(go);
      }
      return false;
    });
    try (RawClient client = served.plain()) {
      client.create(1, "f");
      for (int tag = 1; tag <= 100; tag++) {
        client.send(tag, RawClient.fsyncFrame(1));
      }
      await().until(() -> running.get() == 4);
      Thread closing = Thread.ofPlatform().start(served::close);
      await().until(() -> served.leader.counts().connections() == 0);
      go.countDown();
      Threads.join(closing);
    }
    assertThat(running).hasValue(4);
    assertThat(served.leader.counts().faults()).isZero();
  }

  @Test
  void close_sessionsOfThisProcess_areEndedToo() throws IOException {
    Served served = Served.in(folder);
    FileService session = served.leader.openSession();
    served.close();
    session.close();
    served.close();

    assertThat(served.leader.counts().tree().sessions()).isZero();
  }

  // ---- again and again ----

  @Test
  void startAndStop_manyTimes_leaksNothing() throws IOException {
    for (int i = 0; i < 10; i++) {
      liveOnce();
    }
    int descriptors = descriptors();
    int threads = threads();
    long direct = Memory.directBytesInUse();
    for (int i = 0; i < 100; i++) {
      liveOnce();
    }

    await().atMost(Duration.ofSeconds(60)).until(() -> threads() <= threads);
    assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
    // Freed when the collector gets to it, which may be later than it was asked.
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Memory.directBytesInUse() < direct + (4 << 20));
  }

  private void liveOnce() throws IOException {
    Path socket = folder.resolve("s");
    try (Leader leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .tcp(0, false)
            .start()) {
      try (RawClient client = RawClient.attached(socket, RawClient.PLAIN);
          RawClient overTcp = RawClient.connect(leader.tcpPort())) {
        client.create(1, "f");
        client.write(1, 0, new byte[10_000]);
        overTcp.version(8192, RawClient.PLAIN);
        overTcp.attach(ROOT, P9.NONUNAME);
      }
    }
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return (int) open.count();
    }
  }

  private static int threads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("coterie-"))
            .count();
  }
}

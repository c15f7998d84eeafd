package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one client can make a leader keep: requests, replies and buffers. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BoundsTest {
  private static final int LARGE = 1 << 20;
  private static final int MSIZE = Limits.MSIZE_MAX_BYTES;

  @TempDir private Path folder;
  private Served served;
  private RawClient bystander;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    bystander = served.plain();
    bystander.create(1, "f");
    bystander.ok(RawClient.setSizeFrame(1, LARGE));
  }

  @AfterEach
  void stop() throws IOException {
    served.gate.keepNothing();
    assertThat(bystander.getattr(1).size()).isEqualTo(LARGE);
    bystander.ok(RawClient.unlinkFrame(ROOT, "f", 0));
    bystander.close();
    served.awaitIdle();
    served.close();
  }

  private RawClient large() throws IOException {
    RawClient client = RawClient.connect(served.socket);
    client.version(MSIZE, RawClient.PLAIN);
    client.attach(ROOT, P9.NONUNAME);
    client.walk(ROOT, 1, "f");
    client.ok(RawClient.openFrame(1, 2));
    return client;
  }

  // ---- requests ----

  @Test
  void requests_parked_areAtMostSoMany() throws IOException {
    try (RawClient client = served.plain()) {
      served.gate.keep(operation -> operation instanceof Operation.Mkdir);
      for (int tag = 1; tag <= Limits.REQUESTS_PER_CONNECTION; tag++) {
        client.send(tag, RawClient.mkdirFrame(ROOT, "d" + tag, 0755, 0));
      }
      served.gate.awaitHeld(Limits.REQUESTS_PER_CONNECTION);
      client.send(50_000, RawClient.getattrFrame(ROOT));
      assertThat(client.receive().errno()).isEqualTo(Errno.EAGAIN.number());
      bystander.getattr(ROOT);

      client.send(50_001, RawClient.flushFrame(1));
      assertThat(client.receive().type()).isEqualTo(P9.RFLUSH);
      client.send(50_000, RawClient.getattrFrame(ROOT));
      assertThat(client.receive().type()).isEqualTo(P9.RGETATTR);
    }
  }

  @Test
  void reads_parked_holdAtMostSoManyBytes() throws IOException {
    try (RawClient client = large()) {
      served.gate.keep(operation -> operation instanceof Operation.Read);
      long before = Memory.directBytesInUse();
      int refused = park(client, RawClient.readFrame(1, 0, LARGE), 100);

      int parked = 100 - refused;
      assertThat(parked)
          .isBetween(
              (int) (Limits.PARKED_BYTES_PER_CONNECTION / LARGE) - 2,
              (int) (Limits.PARKED_BYTES_PER_CONNECTION / LARGE));
      assertThat(Memory.directBytes() - before)
          .isLessThan(Limits.PARKED_BYTES_PER_CONNECTION + 4 * LARGE);
      client.getattr(1);
      bystander.write(1, 0, new byte[1]);

      served.gate.keepNothing();
      Thread releasing = Thread.ofPlatform().start(served.gate::release);
      for (int i = 0; i < parked; i++) {
        assertThat(client.receive().data()).hasSize(LARGE);
      }
      Threads.join(releasing);
      served.gate.keep(operation -> operation instanceof Operation.Read);
      assertThat(park(client, RawClient.readFrame(1, 0, LARGE), 20)).isZero();
    }
  }

  @Test
  void writes_parked_holdAtMostSoManyBytes() throws IOException {
    try (RawClient client = large()) {
      served.gate.keep(operation -> operation instanceof Operation.Write);
      long before = Memory.directBytesInUse();
      int refused = park(client, RawClient.writeFrame(1, 0, new byte[LARGE / 2]), 100);

      assertThat(refused).isPositive();
      assertThat(Memory.directBytes() - before)
          .isLessThan(Limits.PARKED_BYTES_PER_CONNECTION + 8 * LARGE);
      client.getattr(1);
      bystander.getattr(1);
    }
  }

  /** Sends so many requests, of which some are refused and the others are kept. */
  private int park(RawClient client, Frame frame, int count) throws IOException {
    int refused = 0;
    for (int tag = 40_001; tag <= 40_000 + count; tag++) {
      int known = served.gate.held().size();
      client.send(tag, frame);
      int tagNow = tag;
      await()
          .pollInterval(Duration.ofMillis(1))
          .until(() -> served.gate.held().size() > known || client.hasReply());
      if (served.gate.held().size() == known) {
        Reply reply = client.receive();
        assertThat(reply.tag()).isEqualTo(tagNow);
        assertThat(reply.errno()).isEqualTo(Errno.EAGAIN.number());
        refused++;
      }
    }
    return refused;
  }

  // ---- replies ----

  @Test
  void replies_neverRead_holdBoundedMemory() throws IOException {
    long before = Memory.directBytesInUse();
    try (RawClient client = large()) {
      int taken = SlowClients.fill(client, RawClient.readFrame(1, 0, LARGE));

      assertThat(taken).isLessThan(100_000);
      assertThat(Memory.directBytes() - before).isLessThan(8 * LARGE);
      bystander.read(1, 0, 1000);
    }
    await().until(() -> served.leader.counts().connections() == 1);
  }

  /** Replies that come late do not gather without end either. */
  @Test
  void lateReplies_neverRead_holdBoundedMemory() throws IOException {
    long before = Memory.directBytesInUse();
    try (RawClient client = large()) {
      int taken = SlowClients.fill(client, RawClient.fsyncFrame(1));

      assertThat(taken).isLessThan(1_000_000);
      assertThat(Memory.directBytes() - before).isLessThan(8 * LARGE);
      bystander.ok(RawClient.fsyncFrame(1));
    }
    await().until(() -> served.leader.counts().connections() == 1);
  }

  // ---- buffers ----

  @Test
  void frames_largeAgainAndAgain_useTheSameMemory() throws IOException {
    try (RawClient client = large()) {
      byte[] data = new byte[LARGE];
      client.write(1, 0, data);
      client.read(1, 0, LARGE);
      long before = Memory.directBytesInUse();
      for (int i = 0; i < 100; i++) {
        client.write(1, 0, data);
        client.read(1, 0, LARGE);
      }
      assertThat(Memory.directBytes() - before).isLessThan(8 * LARGE);
    }
  }

  @Test
  void buffers_ofIdleClients_areSmallAgain() throws IOException {
    long before = Memory.directBytesInUse();
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      RawClient client = large();
      client.write(1, 0, new byte[LARGE]);
      client.read(1, 0, LARGE);
      clients.add(client);
    }
    assertThat(Memory.directBytesInUse() - before).isLessThan(30L * LARGE);
    for (RawClient client : clients) {
      client.close();
    }
  }

  /** Seven bytes are not worth a MiB. */
  @Test
  void buffers_ofFramesThatOnlySayTheyAreLarge_areSmall() throws IOException {
    long before = Memory.directBytesInUse();
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      RawClient client = large();
      byte[] frame = RawClient.writeFrame(1, 0, new byte[LARGE]).toBytes(1);
      client.sendBytes(Arrays.copyOf(frame, 1000));
      clients.add(client);
    }
    assertThat(Memory.directBytes() - before).isLessThan(20L * LARGE);
    for (RawClient client : clients) {
      client.close();
    }
  }
}

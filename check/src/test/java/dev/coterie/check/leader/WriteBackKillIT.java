package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Another process keeps its writes back; it may be killed with SIGKILL. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WriteBackKillIT {
  private static final Caller ME = Caller.ROOT;

  @TempDir private Path folder = Path.of("");

  @Test
  void killedWriter_losesOnlyTheEndOfWhatItDidNotSync() throws Exception {
    try (Served served = Served.in(folder);
        Client reader = client(served);
        Child writer = Child.start(folder, WriteBackMain.class, served.socket, "f")) {
      writer.ask("append 1");
      writer.say("forever");
      long synced = 0;
      for (int i = 0; i < 5; i++) {
        synced = Long.parseLong(writer.hear("synced"));
      }
      writer.kill();
      writer.awaitEnd();
      await().until(() -> served.leader.counts().tree().sessions() == 1);
      long records = requireRecords(reader);
      assertThat(records).isGreaterThanOrEqualTo(synced);
    }
  }

  @Test
  void whatIsKept_isThereForAnotherProcess_atOnce() throws Exception {
    try (Served served = Served.in(folder);
        Client reader = client(served);
        Child writer = Child.start(folder, WriteBackMain.class, served.socket, "f")) {
      long records = 0;
      for (int i = 0; i < 10; i++) {
        records = Long.parseLong(writer.ask("append 1000"));
        assertThat(requireRecords(reader)).isEqualTo(records);
      }
      writer.end();
      assertThat(requireRecords(reader)).isEqualTo(records);
    }
  }

  /** It is stopped for longer than a lease lasts: what it had kept is lost, and that is told. */
  @Test
  void stoppedWriter_isFenced_andToldThatItsWritesAreLost() throws Exception {
    try (Served served = Served.in(folder);
        Client reader = client(served);
        Child writer = Child.start(folder, WriteBackMain.class, served.socket, "f")) {
      writer.ask("append 1000");
      writer.say("flood");
      writer.hear("flooding");
      signal(writer, "STOP");
      long there = requireRecords(reader); // once the leader has given the writer up
      signal(writer, "CONT");
      String[] told = writer.hear("flood").split(" ");
      assertThat(told[1]).isEqualTo("EIO");
      assertThat(Long.parseLong(told[0])).isGreaterThanOrEqualTo(there);
      assertThat(requireRecords(reader)).as("nothing comes later").isEqualTo(there);
    }
  }

  private static void signal(Child child, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(child.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Without a sync, and nobody looks. */
  @Test
  void clientThatIsClosed_losesNothing() throws Exception {
    try (Served served = Served.in(folder);
        Client reader = client(served);
        Child writer = Child.start(folder, WriteBackMain.class, served.socket, "f")) {
      writer.ask("append 12345");
      writer.end();
      assertThat(requireRecords(reader)).isEqualTo(12345);
    }
  }

  private static Client client(Served served) throws Exception {
    return Client.connect(new Address.Unix(served.socket.toString()), ClientOptions.DEFAULT);
  }

  /** How many there are, each in its place. */
  private static long requireRecords(Client reader) throws Exception {
    Stat file = reader.lookup(ME, reader.root(ME).id(), Name.of("f"));
    long handle = reader.open(ME, file.id(), OpenFlags.O_RDONLY).handle();
    assertThat(file.size() % Long.BYTES).isZero();
    long records = file.size() / Long.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES << 10);
    for (long record = 0; record < records; ) {
      int count = reader.read(ME, handle, Long.BYTES * record, bytes.clear());
      assertThat(count).isPositive();
      for (int at = 0; at < count; at += Long.BYTES) {
        assertThat(bytes.getLong(at)).isEqualTo(record++);
      }
    }
    reader.close(ME, handle);
    return records;
  }
}

package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFlags;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that are event counters, for clients that speak plain 9P2000.L. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlainCounterTest {
  private static final int FILE = 1;
  private static final int XATTR = 2;
  private static final int OLD = 61_000;
  private static final int FLUSH = 62_000;
  private static final byte[] THREE = {3, 0, 0, 0, 0, 0, 0, 0};

  @TempDir private Path folder;
  private Served served;
  private RawClient client;
  private RawClient other;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    client = served.plain();
    client.create(FILE, "c");
    client.clunk(FILE);
    client.walk(ROOT, XATTR, "c");
    byte[] value = "0".getBytes(StandardCharsets.UTF_8);
    client.ok(
        Frame.of(P9.TXATTRCREATE).u4(XATTR).name("system.coterie.counter").u8(value.length).u4(0));
    client.write(XATTR, 0, value);
    client.clunk(XATTR);
    open(client);
    other = served.plain();
    open(other);
  }

  private static void open(RawClient client) throws IOException {
    client.walk(ROOT, FILE, "c");
    client.ok(RawClient.openFrame(FILE, OpenFlags.O_RDWR));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    other.close();
    served.close();
    assertThat(served.leader.counts().faults()).isZero();
  }

  private void expect(int type, int tag) throws IOException {
    Reply reply = client.receive();
    assertThat(reply.type()).as("%s", reply).isEqualTo(type);
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
  }

  @Test
  void read_ofAnother_givesWhatWasAdded() throws IOException {
    assertThat(client.write(FILE, 77, THREE)).isEqualTo(8);
    assertThat(other.read(FILE, 5, 100)).isEqualTo(THREE);
    other.fails(Errno.EINVAL, RawClient.readFrame(FILE, 0, 7));
  }

  /** It holds up nobody else of its connection. */
  @Test
  void read_ofNothing_waitsForAnother() throws IOException {
    client.send(OLD, RawClient.readFrame(FILE, 0, 8));
    client.ok(RawClient.getattrFrame(FILE));
    assertThat(other.write(FILE, 0, THREE)).isEqualTo(8);
    expect(P9.RREAD, OLD);
  }

  @Test
  void read_flushed_hasTakenNothing() throws IOException {
    client.send(OLD, RawClient.readFrame(FILE, 0, 8));
    client.ok(RawClient.getattrFrame(FILE));
    client.send(FLUSH, RawClient.flushFrame(OLD));
    expect(P9.RFLUSH, FLUSH);
    assertThat(other.write(FILE, 0, THREE)).isEqualTo(8);
    assertThat(other.read(FILE, 0, 8)).isEqualTo(THREE);
  }

  @Test
  void read_ofAClientThatGoes_hasTakenNothing() throws IOException {
    client.send(OLD, RawClient.readFrame(FILE, 0, 8));
    client.ok(RawClient.getattrFrame(FILE));
    client.send(OLD + 1, RawClient.clunkFrame(FILE));
    Reply first = client.receive();
    Reply second = client.receive();
    assertThat(java.util.List.of(first.tag(), second.tag())).contains(OLD, OLD + 1);
    assertThat(other.write(FILE, 0, THREE)).isEqualTo(8);
    assertThat(other.read(FILE, 0, 8)).isEqualTo(THREE);
  }
}

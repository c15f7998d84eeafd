package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Frames that are not of the protocol: what ends a connection, what is only refused, and that
 * nobody else notices.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadInputTest {
  @TempDir private Path folder;
  private Served served;
  private RawClient bystander;
  private LogLines log;

  @BeforeEach
  void serve() throws IOException {
    log = new LogLines();
    served = Served.in(folder);
    bystander = served.plain();
    bystander.create(1, "theirs");
  }

  @AfterEach
  void stop() throws IOException {
    served.gate.keepNothing();
    bystander.write(1, 0, new byte[100]);
    assertThat(bystander.getattr(1).size()).isEqualTo(100);
    bystander.ok(RawClient.unlinkFrame(ROOT, "theirs", 0));
    bystander.close();
    served.awaitIdle();
    served.close();
    log.close();
    assertThat(served.leader.counts().faults()).isZero();
  }

  private void awaitLogged(String text) {
    await().until(() -> log.lines().stream().anyMatch(line -> line.contains(text)));
    assertThat(log.lines()).hasSize(1).first().asString().startsWith("WARNING connection of pid ");
  }

  // ---- what ends the connection ----

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, RawClient.MSIZE + 1, Integer.MAX_VALUE, -1})
  void size_outOfRange_endsTheConnection(int size) throws IOException {
    try (RawClient client = served.plain()) {
      byte[] frame = RawClient.getattrFrame(ROOT).toBytes(1);
      for (int i = 0; i < 4; i++) {
        frame[i] = (byte) (size >>> 8 * i);
      }
      client.sendBytes(frame);

      assertThat(client.isEnded()).isTrue();
      awaitLogged("frame of " + Integer.toUnsignedString(size) + " bytes");
    }
  }

  @Test
  void size_saysLessThanThereIs_endsTheConnection() throws IOException {
    try (RawClient client = served.plain()) {
      byte[] frame = RawClient.getattrFrame(ROOT).toBytes(1);
      frame[0]--;
      client.sendBytes(frame);

      assertThat(client.isEnded()).isTrue();
      awaitLogged("type 24: ends early");
    }
  }

  @Test
  void size_saysMoreThanThereIs_endsTheConnection() throws IOException {
    try (RawClient client = served.plain()) {
      byte[] frame = RawClient.getattrFrame(ROOT).toBytes(1);
      frame[0]++;
      client.sendBytes(Arrays.copyOf(frame, frame.length + 1));

      assertThat(client.isEnded()).isTrue();
      awaitLogged("type 24: 1 bytes too many");
    }
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("count beyond the frame", Frame.of(P9.TWRITE).u4(1).u8(0).u4(100).u1(0)),
        Arguments.of("count negative", Frame.of(P9.TWRITE).u4(1).u8(0).u4(-1).u1(0)),
        Arguments.of("name beyond the frame", Frame.of(P9.TMKDIR).u4(0).u2(65_535).u1(0)),
        Arguments.of("17 names in a walk", RawClient.walkFrame(0, 1, "a ".repeat(17).split(" "))),
        Arguments.of("names missing in a walk", Frame.of(P9.TWALK).u4(0).u4(1).u2(16).name("a")),
        Arguments.of("nothing in an open", Frame.of(P9.TLOPEN)),
        Arguments.of("nothing in a flush", Frame.of(P9.TFLUSH)),
        Arguments.of("half an offset", Frame.of(P9.TREAD).u4(1).u4(0)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void malformed(String what, Frame frame) throws IOException {
    try (RawClient client = served.plain()) {
      client.send(1, frame);

      assertThat(client.isEnded()).as(what).isTrue();
      awaitLogged("ended: ");
    }
  }

  static Stream<Arguments> malformedInDialect() {
    Frame as = Frame.of(P9.TAS).u4(0).u4(0);
    return Stream.of(
        Arguments.of("as around flush", head().u1(P9.TFLUSH).u2(1)),
        Arguments.of("as around as", head().u1(P9.TAS).u4(0).u4(0).u2(0).u4(0).u4(0).u1(24)),
        Arguments.of("as around version", head().u1(P9.TVERSION).u4(8192).name("9P2000.L")),
        Arguments.of("as around nothing", head()),
        Arguments.of("groups beyond the frame", as.u2(1000)),
        Arguments.of("too many groups", Frame.of(P9.TAS).u4(0).u4(0).u2(1025)),
        Arguments.of("leases beyond the frame", Frame.of(P9.TLEASERET).u2(65_535).u8(1).u4(1)),
        Arguments.of("no number of leases", Frame.of(P9.TLEASERET).u1(1)),
        Arguments.of("half a session", Frame.of(P9.TSESSION).u8(1).u8(1)),
        Arguments.of("once around once", Frame.of(P9.TONCE).u4(0).u4(1).u1(P9.TONCE).u4(0).u4(1)),
        Arguments.of("once around nothing", Frame.of(P9.TONCE).u4(0).u4(1)),
        Arguments.of("half a notify", Frame.of(P9.TNOTIFY).u2(1)),
        Arguments.of("half a token", Frame.of(P9.TTAKE).u8(1).u4(1)));
  }

  private static Frame head() {
    return Frame.of(P9.TAS).u4(0).u4(0).u2(0).u4(0).u4(0);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void malformedInDialect(String what, Frame frame) throws IOException {
    try (RawClient client = served.dialect()) {
      client.send(1, frame);

      assertThat(client.isEnded()).as(what).isTrue();
      awaitLogged("ended: ");
    }
  }

  @Test
  void tag_inUse_endsTheConnection() throws IOException {
    try (RawClient client = served.plain()) {
      served.gate.keep(operation -> operation instanceof Operation.Getattr);
      client.send(5, RawClient.getattrFrame(ROOT));
      served.gate.awaitHeld(1);
      client.send(5, RawClient.getattrFrame(ROOT));

      assertThat(client.isEnded()).isTrue();
      awaitLogged("tag 5 is in use");
    }
  }

  @Test
  void noTag_onAnythingButVersion_endsTheConnection() throws IOException {
    try (RawClient client = served.plain()) {
      client.send(P9.NOTAG, RawClient.getattrFrame(ROOT));

      assertThat(client.isEnded()).isTrue();
      awaitLogged("type 24 without a tag");
    }
  }

  /** Some simple clients number it like any other request. */
  @Test
  void version_underAnotherTag_isAnsweredUnderThat() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      client.send(3, Frame.of(P9.TVERSION).u4(8192).name(RawClient.PLAIN));
      Reply reply = client.receive();

      assertThat(reply.type()).isEqualTo(P9.RVERSION);
      assertThat(reply.tag()).isEqualTo(3);
    }
  }

  /** Requests in front of the malformed one were good, and are answered. */
  @Test
  void malformed_behindGoodRequests_endsTheConnectionAfterThem() throws IOException {
    try (RawClient client = served.plain()) {
      client.send(1, RawClient.mkdirFrame(ROOT, "d", 0755, 0));
      // Together, as nothing can be sent any more once the leader has seen the first of these.
      client.sendTogether(
          Frame.of(P9.TLOPEN).toBytes(2), RawClient.mkdirFrame(ROOT, "e", 0755, 0).toBytes(3));

      if (!client.isEnded()) { // the first may have been answered before the second came
        assertThat(client.isEnded()).isTrue();
      }
      awaitLogged("type 12: ends early");
    }
    bystander.walk(ROOT, 2, "d");
    bystander.clunk(2);
    bystander.ok(RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR));
    bystander.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 2, "e"));
  }

  @Test
  void end_inTheMiddleOfAFrame_isQuiet() throws IOException {
    byte[] frame = RawClient.writeFrame(1, 0, new byte[1000]).toBytes(1);
    for (int length : List.of(1, 3, 4, 6, 7, 8, 500, frame.length - 1)) {
      try (RawClient client = served.plain()) {
        client.sendBytes(Arrays.copyOf(frame, length));
      }
    }
    await().until(() -> served.leader.counts().connections() == 1);
    assertThat(log.lines()).isEmpty();
  }

  // ---- what is only refused ----

  static Stream<Integer> unknownTypes() {
    return Stream.of(
        0, 1, 5, 6, 7, 9, 98, 99, 106, 107, 112, 114, 124, 126, 160, 162, 164, 166, 168, 190, 206,
        230, 234, 238, 255);
  }

  @ParameterizedTest
  @MethodSource("unknownTypes")
  void type_unknown_isRefusedAndTheSessionGoesOn(int type) throws IOException {
    try (RawClient client = served.plain()) {
      for (byte[] body : List.of(new byte[0], new byte[] {1, 2, 3}, new byte[60_000])) {
        client.send(9, Frame.of(type).bytes(body));
        Reply reply = client.receive();
        assertThat(reply.tag()).isEqualTo(9);
        assertThat(reply.errno()).isEqualTo(Errno.EOPNOTSUPP.number());
      }
      client.getattr(ROOT);
    }
    assertThat(log.lines()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 106, 112, 196, 198, 238, 255})
  void type_unknownInDialect_isRefusedAlsoInsideAs(int type) throws IOException {
    try (RawClient client = served.dialect()) {
      client.send(9, Frame.of(type).bytes(new byte[5]));
      assertThat(client.receive().errno()).isEqualTo(Errno.EOPNOTSUPP.number());
      client.send(9, head().u1(type).bytes(new byte[5]));
      assertThat(client.receive().errno()).isEqualTo(Errno.EOPNOTSUPP.number());
      client.getattr(ROOT);
    }
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(Errno.EBADF, RawClient.readFrame(1, 0, 10)),
        Arguments.of(Errno.EBADF, RawClient.getattrFrame(P9.NOFID)),
        Arguments.of(Errno.EBADF, RawClient.walkFrame(ROOT, P9.NOFID)),
        Arguments.of(Errno.EBADF, RawClient.walkFrame(9, 1, "theirs")),
        Arguments.of(Errno.EBADF, RawClient.readFrame(ROOT, 0, 10)),
        Arguments.of(Errno.EBADF, Frame.of(P9.TREADDIR).u4(ROOT).u8(0).u4(1000)),
        Arguments.of(Errno.EBADF, RawClient.fsyncFrame(ROOT)),
        Arguments.of(Errno.ENOENT, RawClient.mkdirFrame(ROOT, "", 0755, 0)),
        Arguments.of(Errno.EINVAL, RawClient.mkdirFrame(ROOT, "a/b", 0755, 0)),
        Arguments.of(Errno.EINVAL, RawClient.mkdirFrame(ROOT, "a\0b", 0755, 0)),
        Arguments.of(Errno.ENAMETOOLONG, RawClient.mkdirFrame(ROOT, "x".repeat(256), 0755, 0)),
        Arguments.of(Errno.ENAMETOOLONG, RawClient.walkFrame(ROOT, 1, "x".repeat(60_000))),
        Arguments.of(Errno.EEXIST, RawClient.mkdirFrame(ROOT, "theirs", 0755, 0)),
        Arguments.of(Errno.EISDIR, RawClient.openFrame(ROOT, 2)),
        Arguments.of(Errno.EISDIR, RawClient.setSizeFrame(ROOT, 0)),
        Arguments.of(Errno.EBUSY, Frame.of(P9.TRENAME).u4(ROOT).u4(ROOT).name("x")),
        Arguments.of(Errno.EINVAL, Frame.of(P9.TREADLINK).u4(ROOT)));
  }

  @ParameterizedTest
  @MethodSource
  void refused(Errno errno, Frame frame) throws IOException {
    try (RawClient client = served.plain()) {
      client.fails(errno, frame);
      client.getattr(ROOT);
    }
    assertThat(log.lines()).isEmpty();
  }
}

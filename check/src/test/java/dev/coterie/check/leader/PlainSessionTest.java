package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tversion, Tauth, Tattach and fids as such. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlainSessionTest {
  @TempDir private Path folder;
  private Served served;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  // ---- version ----

  @ParameterizedTest
  @CsvSource({
    "9P2000.L, 9P2000.L",
    "9P2000.L.coterie.1, 9P2000.L.coterie.1",
    "9P2000.L.coterie.2, 9P2000.L",
    "9P2000.L.anything, 9P2000.L",
    "9P2000, unknown",
    "9P2000.u, unknown",
    "9P2000.Lx, unknown"
  })
  void version_proposed_answersWhatItKnows(String proposed, String answered) throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      Reply reply = client.version(8192, proposed);

      assertThat(reply.type()).isEqualTo(P9.RVERSION);
      assertThat(reply.body().getInt()).isEqualTo(8192);
      assertThat(reply.name()).isEqualTo(answered);
    }
  }

  @ParameterizedTest
  @CsvSource({"4096, 4096", "65536, 65536", "1048576, 1048576", "-1, 1048600"})
  void version_msize_isAtMostTheLargest(int proposed, int answered) throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      assertThat(client.version(proposed, RawClient.PLAIN).body().getInt()).isEqualTo(answered);
    }
  }

  @Test
  void version_msizeTooSmall_isRefusedAndMayBeProposedAgain() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      assertThat(client.version(4095, RawClient.PLAIN).errno()).isEqualTo(Errno.EMSGSIZE.number());
      client.fails(Errno.EOPNOTSUPP, RawClient.attachFrame(ROOT, P9.NONUNAME, ""));
      assertThat(client.version(4096, RawClient.PLAIN).isError()).isFalse();
      client.attach(ROOT, P9.NONUNAME);
    }
  }

  /** "Sent again, it begins anew", and when it is refused nothing is agreed. */
  @Test
  void version_refusedInTheMiddle_leavesNothingAgreed() throws IOException {
    try (RawClient client = served.plain()) {
      client.version(0, RawClient.PLAIN);

      client.fails(Errno.EOPNOTSUPP, RawClient.getattrFrame(ROOT));
    }
  }

  @Test
  void version_again_clunksAllFids() throws IOException {
    try (RawClient client = served.plain()) {
      client.create(1, "f");
      client.ok(RawClient.unlinkFrame(ROOT, "f", 0));
      client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
      client.version(RawClient.MSIZE, RawClient.PLAIN);

      client.fails(Errno.EBADF, RawClient.getattrFrame(ROOT));
      client.fails(Errno.EBADF, RawClient.getattrFrame(1));
      client.attach(ROOT, P9.NONUNAME);
      client.walk(ROOT, 1, "d");
      client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 2, "f"));
      client.ok(RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR));
      assertThat(served.leader.counts().tree().sessions()).isEqualTo(1);
    }
    served.awaitIdle();
  }

  @Test
  void version_again_mayChangeTheDialect() throws IOException {
    try (RawClient client = served.plain()) {
      client.fails(Errno.EOPNOTSUPP, Frame.of(P9.TPING).u8(7));
      client.version(RawClient.MSIZE, RawClient.DIALECT);
      assertThat(client.ok(Frame.of(P9.TPING).u8(7)).body().getLong()).isEqualTo(7);
      client.version(RawClient.MSIZE, RawClient.PLAIN);
      client.fails(Errno.EOPNOTSUPP, Frame.of(P9.TPING).u8(7));
    }
  }

  @Test
  void version_smallerMsizeThanBefore_boundsFramesAndReplies() throws IOException {
    try (RawClient client = served.plain()) {
      client.create(1, "f");
      client.write(1, 0, new byte[10_000]);
      client.version(4096, RawClient.PLAIN);
      client.attach(ROOT, P9.NONUNAME);
      client.walk(ROOT, 1, "f");
      client.ok(RawClient.openFrame(1, 0));

      assertThat(client.read(1, 0, -1)).hasSize(4096 - P9.IOHDR);
      client.sendBytes(new byte[] {1, 16, 0, 0});
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void request_beforeVersion_isUnknown() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      client.fails(Errno.EOPNOTSUPP, RawClient.attachFrame(ROOT, P9.NONUNAME, ""));
      client.fails(Errno.EOPNOTSUPP, Frame.of(P9.TCLUNK));
      client.version(RawClient.MSIZE, RawClient.PLAIN);
      client.attach(ROOT, P9.NONUNAME);
    }
  }

  @Test
  void frame_over4096BeforeVersion_endsTheConnection() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      client.sendBytes(new byte[] {1, 16, 0, 0});

      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void frame_over4096AfterUnknown_endsTheConnection() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      client.version(1 << 20, "9P2000.u");
      client.sendBytes(new byte[] {1, 16, 0, 0});

      assertThat(client.isEnded()).isTrue();
    }
  }

  /** A proposal is looked at once, however long it is and whatever it is made of. */
  @Test
  void version_longTextOfPeriods_isAnsweredAtOnce() throws IOException {
    try (RawClient client = RawClient.connect(served.socket)) {
      client.version(1 << 20, RawClient.PLAIN);
      for (int i = 0; i < 200; i++) {
        assertThat(client.version(1 << 20, "9P2000.L" + ".".repeat(65_000)).isError()).isFalse();
      }
    }
  }

  // ---- auth and attach ----

  @Test
  void auth_any_isNotNeeded() throws IOException {
    try (RawClient client = served.plain()) {
      client.fails(
          Errno.EOPNOTSUPP, Frame.of(P9.TAUTH).u4(9).name("root").name("").u4(P9.NONUNAME));
      client.fails(Errno.EBADF, RawClient.clunkFrame(9));
    }
  }

  @Test
  void attach_severalUsers_eachActsAsItself() throws IOException {
    try (RawClient client = served.plain()) {
      client.ok(RawClient.setattrFrame(ROOT, P9.SETATTR_MODE, 01777, 0, 0, 0));
      client.attach(1, 1000);
      client.attach(2, 1001);
      client.ok(RawClient.mkdirFrame(1, "a", 0700, 1000));
      client.ok(RawClient.mkdirFrame(2, "b", 0700, 1001));

      client.walk(ROOT, 3, "a");
      assertThat(client.getattr(3).uid()).isEqualTo(1000);
      client.walk(ROOT, 4, "b");
      assertThat(client.getattr(4).uid()).isEqualTo(1001);
      client.walk(2, 5, "a");
      client.fails(Errno.EACCES, RawClient.mkdirFrame(5, "c", 0700, 1001));
    }
  }

  @Test
  void attach_belowATree_isTheRootOfIt() throws IOException {
    try (RawClient client = served.plain()) {
      client.ok(RawClient.mkdirFrame(ROOT, "a", 0755, 0));
      client.walk(ROOT, 1, "a");
      client.ok(RawClient.mkdirFrame(1, "b", 0755, 0));
      client.ok(RawClient.attachFrame(2, P9.NONUNAME, "/a/./b/"));
      client.walk(1, 3, "b");
      long below = client.getattr(3).number();

      assertThat(client.getattr(2).number()).isEqualTo(below);
      client.walk(2, 4, "..", "..", ".");
      assertThat(client.getattr(4).number()).isEqualTo(below);
    }
  }

  @Test
  void attach_fidInUseOrNone_isRefused() throws IOException {
    try (RawClient client = served.plain()) {
      client.fails(Errno.EBADF, RawClient.attachFrame(ROOT, P9.NONUNAME, ""));
      client.fails(Errno.EBADF, RawClient.attachFrame(P9.NOFID, P9.NONUNAME, ""));
    }
  }

  /** What was walked on the way to a name that is not there must not be kept. */
  @Test
  void attach_toMissingTree_keepsNothing() throws IOException {
    try (RawClient client = served.plain()) {
      client.ok(RawClient.mkdirFrame(ROOT, "a", 0755, 0));
      int before = served.leader.counts().tree().inodes();
      client.fails(Errno.ENOENT, RawClient.attachFrame(1, P9.NONUNAME, "/a/missing"));
      client.ok(RawClient.unlinkFrame(ROOT, "a", P9.UNLINKAT_REMOVEDIR));

      assertThat(served.leader.counts().tree().inodes()).isLessThan(before);
      client.attach(1, P9.NONUNAME);
    }
  }

  @Test
  void attach_deepTree_doesNotExhaustTheStack() throws IOException {
    try (RawClient client = served.plain()) {
      String deep = "./".repeat(Limits.PATH_BYTES / 2 - 1);
      client.ok(RawClient.attachFrame(1, P9.NONUNAME, deep));
      client.fails(
          Errno.ENAMETOOLONG,
          RawClient.attachFrame(2, P9.NONUNAME, "./".repeat(Limits.PATH_BYTES / 2 + 1)));
    }
    assertThat(served.leader.counts().faults()).isZero();
  }

  // ---- fids ----

  @Test
  void clunk_unknownFid_isRefusedAndTheSessionGoesOn() throws IOException {
    try (RawClient client = served.plain()) {
      client.fails(Errno.EBADF, RawClient.clunkFrame(77));
      client.getattr(ROOT);
    }
  }

  @Test
  void clunk_fid_canBeMadeAgainAtOnce() throws IOException {
    try (RawClient client = served.plain()) {
      for (int i = 0; i < 100; i++) {
        client.walk(ROOT, 1);
        client.fails(Errno.EBADF, RawClient.walkFrame(ROOT, 1));
        client.clunk(1);
      }
    }
    served.awaitIdle();
  }

  @ParameterizedTest
  @ValueSource(strings = {RawClient.PLAIN, RawClient.DIALECT})
  void end_ofConnection_givesAllBack(String version) throws IOException {
    try (RawClient client = RawClient.attached(served.socket, version)) {
      client.create(1, "f");
      client.write(1, 0, new byte[4096]);
      client.walk(ROOT, 2, "f");
      client.ok(RawClient.unlinkFrame(ROOT, "f", 0));
      assertThat(served.leader.counts().connections()).isEqualTo(1);
    }
    served.awaitIdle();
  }
}

package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are done on another thread, when the client has meanwhile gone on. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LateAnswerTest {
  private static final int LATE = 61_000;

  @TempDir private Path folder;
  private Served served;
  private Gate gate;
  private RawClient client;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    gate = served.gate;
    client = served.plain();
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 0));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    served.close();
    assertThat(served.leader.counts().faults()).isZero();
  }

  private void again() throws IOException {
    client.version(RawClient.MSIZE, RawClient.PLAIN);
    client.attach(ROOT, P9.NONUNAME);
  }

  private static boolean isLookup(Operation<?> operation) {
    return operation instanceof Operation.Lookup;
  }

  // ---- Tversion in the middle ----

  @Test
  void version_whileRequestRuns_itsReplyNeverComes() throws IOException {
    gate.keepAnswers(operation -> operation instanceof Operation.Getattr);
    client.send(LATE, RawClient.getattrFrame(ROOT));
    gate.awaitAnswers(1);
    gate.keepNothing();
    again();
    gate.releaseAnswers();
    client.send(LATE, RawClient.walkFrame(ROOT, 1));

    assertThat(client.receive().type()).isEqualTo(P9.RWALK);
    client.getattr(ROOT);
  }

  @Test
  void version_whileWalkRuns_itsFidIsNotMade() throws IOException {
    gate.keepAnswers(LateAnswerTest::isLookup);
    client.send(LATE, RawClient.walkFrame(ROOT, 1, "d"));
    gate.awaitAnswers(1);
    gate.keepNothing();
    again();
    gate.releaseAnswers();

    client.fails(Errno.EBADF, RawClient.getattrFrame(1));
    client.walk(ROOT, 1, "d");
    client.getattr(1);
  }

  /** The old walk gives back what it had looked up; that must not be what the new session has. */
  @Test
  void version_whileWalkRuns_itsReferencesAreNotTheNewSessions() throws IOException {
    gate.keepAnswers(LateAnswerTest::isLookup);
    client.send(LATE, RawClient.walkFrame(ROOT, 1, "d", "missing"));
    gate.awaitAnswers(1);
    gate.keepNothing();
    again();
    client.walk(ROOT, 1, "d");
    gate.releaseAnswers();

    client.getattr(ROOT);
    client.getattr(1);
  }

  @Test
  void version_whileWalkRuns_itsReservationIsNotTheNewSessions() throws IOException {
    gate.keepAnswers(LateAnswerTest::isLookup);
    client.send(LATE, RawClient.walkFrame(ROOT, 1, "missing"));
    gate.awaitAnswers(1);
    again();
    client.send(LATE, RawClient.walkFrame(ROOT, 1, "d"));
    gate.awaitAnswers(2);
    gate.keepNothing();
    gate.releaseAnswers();

    assertThat(client.receive().type()).isEqualTo(P9.RWALK);
    client.getattr(1);
  }

  // ---- the fid is clunked in the middle ----

  @Test
  void walkInPlace_fidClunkedMeanwhile_isAnError() throws IOException {
    client.walk(ROOT, 1);
    gate.keepAnswers(LateAnswerTest::isLookup);
    client.send(LATE, RawClient.walkFrame(1, 1, "d"));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    gate.releaseAnswers();

    assertThat(client.receive().errno()).isEqualTo(Errno.EBADF.number());
    client.fails(Errno.EBADF, RawClient.getattrFrame(1));
    awaitGone();
  }

  @Test
  void walk_fromFidClunkedMeanwhile_arrives() throws IOException {
    client.walk(ROOT, 1);
    gate.keepAnswers(LateAnswerTest::isLookup);
    client.send(LATE, RawClient.walkFrame(1, 2, "d", ".."));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    gate.releaseAnswers();

    assertThat(client.receive().type()).isEqualTo(P9.RWALK);
    client.getattr(2);
  }

  @Test
  void create_fidClunkedMeanwhile_keepsNothing() throws IOException {
    client.walk(ROOT, 1, "d");
    gate.keepAnswers(operation -> operation instanceof Operation.Create);
    client.send(LATE, RawClient.createFrame(1, "f", 2, 0644));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    gate.releaseAnswers();
    assertThat(client.receive().errno()).isEqualTo(Errno.EBADF.number());

    client.walk(ROOT, 1, "d");
    client.ok(RawClient.unlinkFrame(1, "f", 0));
    client.clunk(1);
    awaitGone();
  }

  /** Two fids of one directory, each with a lookup of its own: neither may take the other's. */
  @Test
  void create_fidClunkedMeanwhile_leavesOtherFidsOfTheDirectory() throws IOException {
    client.walk(ROOT, 1, "d");
    client.walk(ROOT, 2, "d");
    gate.keepAnswers(operation -> operation instanceof Operation.Create);
    client.send(LATE, RawClient.createFrame(1, "f", 2, 0644));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    gate.releaseAnswers();
    assertThat(client.receive().isError()).isTrue();

    client.getattr(2);
    client.ok(RawClient.unlinkFrame(2, "f", 0));
    client.clunk(2);
    awaitGone();
  }

  @Test
  void open_fidClunkedMeanwhile_isClosed() throws IOException {
    client.create(1, "f");
    client.clunk(1);
    client.walk(ROOT, 1, "f");
    gate.keepAnswers(operation -> operation instanceof Operation.Open);
    client.send(LATE, RawClient.openFrame(1, 0));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    gate.releaseAnswers();
    assertThat(client.receive().errno()).isEqualTo(Errno.EBADF.number());

    client.ok(RawClient.unlinkFrame(ROOT, "f", 0));
    awaitGone();
  }

  @Test
  void rename_fidsClunkedMeanwhile_keepsNothing() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "e", 0755, 0));
    client.walk(ROOT, 1, "e");
    client.walk(ROOT, 2, "d");
    client.walk(ROOT, 3, "d");
    gate.keepAnswers(operation -> operation instanceof Operation.Rename);
    client.send(LATE, Frame.of(P9.TRENAME).u4(1).u4(2).name("e"));
    gate.awaitAnswers(1);
    gate.keepNothing();
    client.clunk(1);
    client.clunk(2);
    gate.releaseAnswers();
    assertThat(client.receive().type()).isEqualTo(P9.RRENAME);

    client.ok(RawClient.unlinkFrame(3, "e", P9.UNLINKAT_REMOVEDIR));
    client.clunk(3);
    awaitGone();
  }

  /** Once "d" is removed, only the root is left: nothing else is held by anybody. */
  private void awaitGone() throws IOException {
    client.ok(RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR));
    assertThat(served.leader.counts().tree().inodes()).isEqualTo(1);
  }
}

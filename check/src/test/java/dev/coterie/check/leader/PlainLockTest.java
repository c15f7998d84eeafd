package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.OpenFlags;
import dev.coterie.leader.Leader;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tlock and Tgetlock. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlainLockTest {
  private static final int FILE = 1;
  private static final int SECOND = 2;
  private static final int READ = P9.LOCK_TYPE_RDLCK;
  private static final int WRITE = P9.LOCK_TYPE_WRLCK;
  private static final int UNLOCK = P9.LOCK_TYPE_UNLCK;
  private static final int SUCCESS = P9.LOCK_SUCCESS;
  private static final int BLOCKED = P9.LOCK_BLOCKED;
  private static final int OFD = -1;
  private static final int TAG = 61_000;
  private static final int FLUSH = 62_000;
  private static final long FOREVER = Leader.LOCK_HOLD_FOREVER_MS;

  /** So short that a place is given up while a test waits for it. */
  private static final long SHORT_MS = 20;

  /** So long that a test asks again in time. */
  private static final long LONG_MS = 2000;

  @TempDir private Path folder;
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private @Nullable Served opened;

  private void serve(long holdMs) throws IOException {
    opened = Served.in(folder, builder -> builder.lockHoldMs(holdMs));
  }

  private Served served() {
    return Objects.requireNonNull(opened);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : toClose) {
      each.close();
    }
    served().close();
    assertThat(served().leader.counts().faults()).isZero();
  }

  /** A client that has the file open. */
  private RawClient client() throws IOException {
    RawClient client = served().plain();
    toClose.add(client);
    Reply walked = client.call(RawClient.walkFrame(ROOT, FILE, "f"));
    if (walked.isError()) {
      client.create(FILE, "f");
    } else {
      client.ok(RawClient.openFrame(FILE, OpenFlags.O_RDWR));
    }
    return client;
  }

  private static void open(RawClient client, int fid, int flags) throws IOException {
    client.walk(ROOT, fid, "f");
    client.ok(RawClient.openFrame(fid, flags));
  }

  private static Frame lock(int fid, int type, int flags, long start, long length, int process) {
    return Frame.of(P9.TLOCK)
        .u4(fid)
        .u1(type)
        .u4(flags)
        .u8(start)
        .u8(length)
        .u4(process)
        .name("guest");
  }

  private static Frame waiting(int type, long start, long length, int process) {
    return lock(FILE, type, P9.LOCK_FLAGS_BLOCK, start, length, process);
  }

  private static int lock(RawClient client, int type, long start, long length, int process)
      throws IOException {
    return status(client.ok(lock(FILE, type, 0, start, length, process)));
  }

  private static int status(Reply reply) {
    assertThat(reply.type()).isEqualTo(P9.RLOCK);
    return reply.body().get(0);
  }

  private static Frame getlock(int fid, int type, long start, long length, int process) {
    return Frame.of(P9.TGETLOCK).u4(fid).u1(type).u8(start).u8(length).u4(process).name("guest");
  }

  /** {@code type start length process}. */
  private static String found(RawClient client, int type, long start, long length, int process)
      throws IOException {
    var body = client.ok(getlock(FILE, type, start, length, process)).body();
    return body.get() + " " + body.getLong() + " " + body.getLong() + " " + body.getInt();
  }

  /** The next thing that comes is a lock's reply. */
  private static void expect(RawClient client, int tag, int status) throws IOException {
    Reply reply = client.receive();
    assertThat(reply.tag()).as("%s", reply).isEqualTo(tag);
    assertThat(status(reply)).isEqualTo(status);
  }

  // ---- what conflicts ----

  @Test
  void lock_ofTwoSessions_conflictsWhereRangesMeet() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    assertThat(lock(one, WRITE, 10, 10, 7)).isEqualTo(SUCCESS);
    assertThat(lock(other, WRITE, 0, 10, 7)).as("the same number elsewhere").isEqualTo(SUCCESS);
    assertThat(lock(other, WRITE, 20, 0, 7)).isEqualTo(SUCCESS);
    assertThat(lock(other, READ, 19, 1, 7)).isEqualTo(BLOCKED);
    assertThat(lock(one, READ, 10, 10, 7)).isEqualTo(SUCCESS);
    assertThat(lock(other, READ, 0, 0, 7)).isEqualTo(SUCCESS);
    assertThat(lock(one, WRITE, 12, 2, 7)).isEqualTo(BLOCKED);
    assertThat(lock(other, UNLOCK, 12, 2, 7)).isEqualTo(SUCCESS);
    assertThat(lock(one, WRITE, 12, 2, 7)).isEqualTo(SUCCESS);
  }

  @Test
  void lock_ofTwoProcesses_orTwoClientNames_isEachOnesOwn() throws IOException {
    serve(FOREVER);
    RawClient client = client();
    assertThat(lock(client, WRITE, 0, 0, 7)).isEqualTo(SUCCESS);
    assertThat(lock(client, READ, 5, 1, 8)).isEqualTo(BLOCKED);
    Frame named = Frame.of(P9.TLOCK).u4(FILE).u1(READ).u4(0).u8(5).u8(1).u4(7).name("another");
    assertThat(status(client.ok(named))).isEqualTo(BLOCKED);
    assertThat(lock(client, READ, 0, 0, 7)).isEqualTo(SUCCESS);
    assertThat(lock(client, READ, 5, 1, 8)).isEqualTo(SUCCESS);
  }

  @Test
  void lock_reclaimed_isAskedForAnew() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    Frame reclaim = lock(FILE, WRITE, P9.LOCK_FLAGS_RECLAIM, 0, 1, 7);
    assertThat(status(one.ok(reclaim))).isEqualTo(SUCCESS);
    assertThat(status(other.ok(reclaim))).isEqualTo(BLOCKED);
  }

  @Test
  void lock_thatIsNone_isRefused() throws IOException {
    serve(FOREVER);
    RawClient client = client();
    client.fails(Errno.EINVAL, lock(FILE, 3, 0, 0, 0, 7));
    client.fails(Errno.EINVAL, lock(FILE, WRITE, 4, 0, 0, 7));
    client.fails(Errno.EINVAL, lock(FILE, WRITE, 0, -1, 1, 7));
    client.fails(Errno.EINVAL, getlock(FILE, 3, 0, 0, 7));
    client.fails(Errno.EBADF, lock(ROOT, READ, 0, 0, 0, 7));
    client.fails(Errno.EBADF, getlock(99, READ, 0, 0, 7));
    open(client, SECOND, OpenFlags.O_RDONLY);
    client.fails(Errno.EBADF, lock(SECOND, WRITE, 0, 0, 0, 7));
    client.fails(Errno.EBADF, lock(SECOND, WRITE, P9.LOCK_FLAGS_BLOCK, 0, 0, 7));
    assertThat(status(client.ok(lock(SECOND, READ, 0, 0, 0, 7)))).isEqualTo(SUCCESS);
  }

  @Test
  void lock_ofTooManyClientNames_isENOLCK() throws IOException {
    serve(FOREVER);
    RawClient client = client();
    for (int i = 0; i < Limits.LOCK_CLIENTS_PER_CONNECTION; i++) {
      client.ok(getlock(FILE, READ, 0, 0, 7, "client" + i));
    }
    client.fails(Errno.ENOLCK, getlock(FILE, READ, 0, 0, 7, "one more"));
    client.ok(getlock(FILE, READ, 0, 0, 8, "client0"));
  }

  private static Frame getlock(
      int fid, int type, long start, long length, int process, String name) {
    return Frame.of(P9.TGETLOCK).u4(fid).u1(type).u8(start).u8(length).u4(process).name(name);
  }

  // ---- who holds ----

  @Test
  void getlock_tellsRangeAndProcessOfTheHolder() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    assertThat(found(other, WRITE, 3, 4, 9)).isEqualTo("2 3 4 9");
    lock(one, READ, 100, 50, 7);
    assertThat(found(other, WRITE, 0, 0, 9)).isEqualTo("0 100 50 7");
    assertThat(found(other, READ, 0, 0, 9)).isEqualTo("2 0 0 9");
    assertThat(found(other, UNLOCK, 0, 0, 9)).as("as Linux asks").isEqualTo("0 100 50 7");
    assertThat(found(other, UNLOCK, 0, 100, 9)).isEqualTo("2 0 100 9");
    assertThat(found(one, WRITE, 0, 0, 7)).as("its own").isEqualTo("2 0 0 7");
    lock(one, WRITE, 200, 0, 8);
    assertThat(found(other, READ, 150, 1000, 9)).isEqualTo("1 200 0 8");
  }

  // ---- how long it is held ----

  @Test
  void wait_isHeldUntilItIsFree_andDelaysNobody() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 5, 7));
    other.send(TAG + 1, waiting(WRITE, 5, 5, 8));
    other.getattr(FILE);
    assertThat(other.hasReply()).isFalse();
    lock(one, UNLOCK, 5, 5, 7);
    expect(other, TAG + 1, SUCCESS);
    assertThat(other.hasReply()).isFalse();
    one.clunk(FILE);
    expect(other, TAG, SUCCESS);
  }

  @Test
  void wait_isBlockedAfterItsTime_andGrantedWhenAskedAgain() throws IOException {
    serve(SHORT_MS);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    for (int i = 0; i < 3; i++) {
      other.send(TAG, waiting(WRITE, 0, 5, 7));
      expect(other, TAG, BLOCKED);
    }
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(status(other.ok(waiting(WRITE, 0, 5, 7)))).isEqualTo(SUCCESS);
  }

  /** The place of who was told to ask again comes before that of who came later. */
  @Test
  void wait_blocked_keepsItsPlace() throws IOException {
    serve(LONG_MS);
    RawClient one = client();
    RawClient first = client();
    RawClient second = client();
    lock(one, WRITE, 0, 0, 7);
    first.send(TAG, waiting(WRITE, 0, 0, 7));
    expect(first, TAG, BLOCKED);
    second.send(TAG, waiting(WRITE, 0, 0, 7));
    second.getattr(FILE);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(found(one, WRITE, 0, 0, 7)).as("kept for who asks again").isEqualTo("1 0 0 7");
    assertThat(second.hasReply()).isFalse();
    assertThat(status(first.ok(waiting(WRITE, 0, 0, 7)))).isEqualTo(SUCCESS);
    assertThat(lock(first, UNLOCK, 0, 0, 7)).isEqualTo(SUCCESS);
    expect(second, TAG, SUCCESS);
  }

  /** Asked again while it waits still, it is held anew. */
  @Test
  void wait_askedAgain_isServedWhenItIsFree() throws IOException {
    serve(LONG_MS);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    expect(other, TAG, BLOCKED);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    other.getattr(FILE);
    lock(one, UNLOCK, 0, 0, 7);
    expect(other, TAG, SUCCESS);
  }

  @Test
  void wait_notAskedAgain_losesItsPlaceAndWhatItGot() throws IOException {
    serve(SHORT_MS);
    RawClient one = client();
    RawClient gone = client();
    lock(one, WRITE, 0, 0, 7);
    gone.send(TAG, waiting(WRITE, 0, 0, 7));
    expect(gone, TAG, BLOCKED);
    lock(one, UNLOCK, 0, 0, 7);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> lock(one, WRITE, 0, 0, 7) == SUCCESS);
  }

  /** What the process has already would be lost with a grant that nobody asks for. */
  @ParameterizedTest
  @ValueSource(ints = {FILE, SECOND})
  void upgrade_blocked_keepsWhatTheProcessHas(int through) throws IOException {
    serve(SHORT_MS);
    RawClient one = client();
    RawClient other = client();
    open(other, SECOND, OpenFlags.O_RDWR);
    lock(one, READ, 0, 10, 7);
    assertThat(status(other.ok(lock(through, READ, 0, 0, 10, 7)))).isEqualTo(SUCCESS);
    other.send(TAG, waiting(WRITE, 0, 10, 7));
    expect(other, TAG, BLOCKED);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(found(one, WRITE, 0, 0, 7)).isEqualTo("0 0 10 7");
    assertThat(status(other.ok(waiting(WRITE, 0, 10, 7)))).isEqualTo(SUCCESS);
  }

  /** Who gave up the wait and then locks otherwise, has what he asked for then, and no more. */
  @Test
  void place_kept_isGivenUpByTheNextRequestOfItsOwner() throws IOException {
    serve(LONG_MS);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 10, 7));
    expect(other, TAG, BLOCKED);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(lock(other, WRITE, 20, 5, 7)).isEqualTo(SUCCESS);
    assertThat(found(one, WRITE, 0, 0, 7)).isEqualTo("1 20 5 7");
    assertThat(lock(other, UNLOCK, 0, 0, 7)).isEqualTo(SUCCESS);
    assertThat(found(one, WRITE, 0, 0, 7)).isEqualTo("2 0 0 7");
  }

  @Test
  void wait_ofNoTime_isBlockedAtOnce() throws IOException {
    serve(0);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    assertThat(status(other.ok(waiting(WRITE, 0, 0, 7)))).isEqualTo(BLOCKED);
  }

  // ---- how it ends otherwise ----

  @Test
  void wait_flushed_leavesNoLock() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    other.getattr(FILE);
    other.send(FLUSH, RawClient.flushFrame(TAG));
    Reply reply = other.receive();
    assertThat(reply.type()).isEqualTo(P9.RFLUSH);
    assertThat(reply.tag()).isEqualTo(FLUSH);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(lock(one, WRITE, 0, 0, 7)).isEqualTo(SUCCESS);
    other.getattr(FILE);
    assertThat(other.hasReply()).isFalse();
  }

  @Test
  void wait_askedAgainAndFlushed_leavesNoLock() throws IOException {
    serve(LONG_MS);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    expect(other, TAG, BLOCKED);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    other.send(FLUSH, RawClient.flushFrame(TAG));
    assertThat(other.receive().type()).isEqualTo(P9.RFLUSH);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(found(one, WRITE, 0, 0, 7)).isEqualTo("2 0 0 7");
  }

  @Test
  void clunk_givesBackWhatWasLockedThroughTheFid() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    open(one, SECOND, OpenFlags.O_RDWR);
    lock(one, WRITE, 0, 10, 7);
    assertThat(status(one.ok(lock(SECOND, WRITE, 0, 20, 10, 8)))).isEqualTo(SUCCESS);
    one.clunk(FILE);
    assertThat(lock(other, WRITE, 0, 20, 7)).isEqualTo(SUCCESS);
    assertThat(lock(other, WRITE, 20, 1, 7)).isEqualTo(BLOCKED);
  }

  @Test
  void clunk_ofWhoWaits_endsTheWait() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 0, 7);
    other.send(TAG, waiting(WRITE, 0, 0, 7));
    other.send(TAG + 1, RawClient.clunkFrame(FILE));
    List<Reply> replies = List.of(other.receive(), other.receive());
    assertThat(replies).extracting(Reply::type).containsExactlyInAnyOrder(P9.RLERROR, P9.RCLUNK);
    lock(one, UNLOCK, 0, 0, 7);
    assertThat(found(one, WRITE, 0, 0, 7)).isEqualTo("2 0 0 7");
  }

  /** A connection that ends takes along what it held, and its places. */
  @Test
  void connection_ended_leavesNothing() throws Exception {
    serve(LONG_MS);
    RawClient one = client();
    RawClient blocked = client();
    RawClient last = client();
    lock(one, WRITE, 0, 0, 7);
    blocked.send(TAG, waiting(WRITE, 0, 0, 7));
    expect(blocked, TAG, BLOCKED);
    last.send(TAG, waiting(WRITE, 0, 0, 7));
    last.getattr(FILE);
    one.close();
    blocked.close();
    expect(last, TAG, SUCCESS);
  }

  @Test
  void wait_thatClosesACycle_isEDEADLK() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    lock(one, WRITE, 0, 1, 7);
    lock(other, WRITE, 1, 1, 7);
    one.send(TAG, waiting(WRITE, 1, 1, 7));
    one.getattr(FILE);
    other.fails(Errno.EDEADLK, waiting(WRITE, 0, 1, 7));
    lock(other, UNLOCK, 0, 0, 7);
    expect(one, TAG, SUCCESS);
  }

  /** They all come under one number; the open file says whose they are. */
  @Test
  void ofdLock_isOfItsFid() throws IOException {
    serve(FOREVER);
    RawClient one = client();
    RawClient other = client();
    open(one, SECOND, OpenFlags.O_RDWR);
    assertThat(lock(one, WRITE, 0, 10, OFD)).isEqualTo(SUCCESS);
    assertThat(status(one.ok(lock(SECOND, WRITE, 0, 10, 10, OFD)))).isEqualTo(SUCCESS);
    assertThat(lock(one, WRITE, 0, 5, OFD)).isEqualTo(SUCCESS);
    assertThat(found(other, WRITE, 0, 5, 7)).isEqualTo("1 0 10 -1");
    one.clunk(FILE);
    assertThat(lock(other, WRITE, 0, 10, 7)).isEqualTo(SUCCESS);
    assertThat(lock(other, WRITE, 10, 1, 7)).isEqualTo(BLOCKED);
  }
}

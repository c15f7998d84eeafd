package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.LockReport;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lock tables that are lent, as the core keeps to it whatever a borrower does. */
class LockLeaseTest {
  private static final Caller ME = Caller.ROOT.withPid(1);
  private static final Caller THEM = Caller.ROOT.withPid(2);
  private static final RangeLock WRITE =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
  private static final RangeLock READ = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.READ);
  private static final RangeLock UNLOCK =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK);
  private static final RangeLock OFD = RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.WRITE);

  private final HandAlarm alarm = new HandAlarm();
  private final List<String> ends = new ArrayList<>();
  private Vfs vfs = tree();
  private FileService one = vfs.openSession();
  private FileService other = vfs.openSession();
  private InodeId file = new InodeId(0, 0);
  private long mine;
  private long theirs;

  private Vfs tree() {
    try {
      return new Vfs(
          new Vfs.Config(
              Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
              new Random(1),
              7,
              Barrier.OPEN,
              Limits.DENTRIES,
              alarm),
          Map.of("/", TmpFs.Options.defaults().factory()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void open() throws ErrnoException {
    mine = open(one, ME);
    theirs = open(other, THEM);
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
    vfs.close();
  }

  private long open(FileService session, Caller caller) throws ErrnoException {
    Operation.Opened opened =
        session.create(caller, session.root(caller).id(), Name.of("f"), OpenFlags.O_RDWR, 0600);
    file = opened.stat().id();
    return opened.handle();
  }

  private int ask() throws ErrnoException {
    return one.call(ME, new Operation.LeaseLocks(mine)).seq();
  }

  private LeaseName lent() throws ErrnoException {
    int seq = ask();
    assertThat(seq).isNotZero();
    return new LeaseName(file, LeasePlane.LOCKS, seq);
  }

  private void giveBack(LeaseName lease, LeasedLock... held) throws ErrnoException {
    one.call(ME, new Operation.ReturnLocks(lease, List.of(held)));
  }

  private void send(FileService session, Caller caller, Operation<?> operation) {
    session.submit(
        caller,
        operation,
        new Completion<Object>() {
          @Override
          public void done(Object result) {
            ends.add(result instanceof Operation.FoundLock found ? found.type().name() : "done");
          }

          @Override
          public void failed(Errno errno) {
            ends.add(errno.name());
          }
        });
  }

  static Stream<Arguments> questions() {
    return Stream.of(
        Arguments.of("lock", asks(h -> new Operation.Lock(h, READ, false)), "EAGAIN"),
        Arguments.of("unlock", asks(h -> new Operation.Lock(h, UNLOCK, false)), "done"),
        Arguments.of("test", asks(h -> new Operation.GetLock(h, READ)), "WRITE"),
        Arguments.of("watch", asks(h -> new Operation.Evlock(h, READ)), "done"));
  }

  private static Function<Long, Operation<?>> asks(Function<Long, Operation<?>> of) {
    return of;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("questions")
  void whoeverAsks_waitsUntilTheTableIsBack(
      String what, Function<Long, Operation<?>> question, String answer) throws Exception {
    LeaseName lease = lent();
    send(other, THEM, question.apply(theirs));
    assertThat(ends).as(what).isEmpty();
    assertThat(one.nextRecalls(ME, 9, false)).containsExactly(lease);
    assertThat(ask()).as("none while somebody waits").isZero();
    giveBack(lease, new LeasedLock(mine, WRITE, 1));
    assertThat(ends).containsExactly(answer);
    assertThat(other.getLock(THEM, theirs, WRITE))
        .isEqualTo(new Operation.FoundLock(RangeLock.Type.WRITE, 0, 0, 1));
  }

  @Test
  void borrowerWhoAsksHere_waitsToo() throws Exception {
    LeaseName lease = lent();
    send(one, ME, new Operation.Lock(mine, READ, true));
    assertThat(ends).isEmpty();
    assertThat(one.nextRecalls(ME, 9, false)).containsExactly(lease);
    giveBack(lease, new LeasedLock(mine, WRITE, 1));
    assertThat(ends).containsExactly("done");
    send(other, THEM, new Operation.Lock(theirs, READ, false));
    assertThat(ends).as("what was asked here came after").containsExactly("done", "done");
  }

  @Test
  void report_hasWhatWasDecidedElsewhere() throws Exception {
    LeaseName lease = lent();
    InodeId root = other.root(THEM).id();
    List<byte[]> report = new ArrayList<>();
    other.submit(
        THEM,
        new Operation.Getxattr(root, LockReport.ATTRIBUTE),
        new Completion<byte[]>() {
          @Override
          public void done(byte[] result) {
            report.add(result);
          }

          @Override
          public void failed(Errno errno) {
            ends.add(errno.name());
          }
        });
    assertThat(report).isEmpty();
    giveBack(lease, new LeasedLock(mine, WRITE, 1));
    assertThat(ends).isEmpty();
    assertThat(report.getFirst())
        .isEqualTo(other.getxattr(THEM, root, LockReport.ATTRIBUTE))
        .isNotEqualTo(emptyReport());
  }

  private byte[] emptyReport() throws ErrnoException {
    try (Vfs empty = tree();
        FileService session = empty.openSession()) {
      return session.getxattr(ME, session.root(ME).id(), LockReport.ATTRIBUTE);
    }
  }

  @Test
  void table_isLentToWhoIsAlone() throws Exception {
    other.lock(THEM, theirs, READ, false);
    assertThat(ask()).as("another's lock").isZero();
    other.lock(THEM, theirs, UNLOCK, false);
    one.lock(ME, mine, READ, false);
    assertThat(ask()).as("an own lock").isZero();
    one.lock(ME, mine, UNLOCK, false);
    long watch = other.call(THEM, new Operation.Evlock(theirs, READ)).handle();
    assertThat(ask()).as("a question").isZero();
    other.close(THEM, watch);
    LeaseName lease = lent();
    assertThat(other.call(THEM, new Operation.LeaseLocks(theirs)).seq()).as("lent").isZero();
    giveBack(lease);
    assertThat(ask()).isNotZero();
  }

  @Test
  void lockByAHandleThatIsClosed_isNone() throws Exception {
    LeaseName lease = lent();
    long second = open(one, ME);
    one.close(ME, second);
    RangeLock posix = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 0, 1, 5);
    RangeLock kept = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 7, 1, 6);
    giveBack(
        lease,
        new LeasedLock(mine, posix, 1),
        new LeasedLock(second, posix, 1), // its process closed that
        new LeasedLock(second, OFD, 1),
        new LeasedLock(mine, kept, 1));
    assertThat(other.getLock(THEM, theirs, WRITE))
        .isEqualTo(new Operation.FoundLock(RangeLock.Type.WRITE, 7, 1, 1));
  }

  @Test
  void ofdLock_endsWithItsHandle() throws Exception {
    LeaseName lease = lent();
    giveBack(lease, new LeasedLock(mine, OFD, 1));
    assertThat(other.getLock(THEM, theirs, WRITE).pid()).isEqualTo(-1);
    one.close(ME, mine);
    assertThat(other.getLock(THEM, theirs, WRITE).type()).isEqualTo(RangeLock.Type.UNLOCK);
  }

  @Test
  void whatCannotBe_isRefused_andTheTableStaysLent() throws Exception {
    LeaseName lease = lent();
    RangeLock wrong = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, -1, 1, 0);
    for (RangeLock lock : List.of(UNLOCK, wrong)) {
      assertThatThrownBy(() -> giveBack(lease, new LeasedLock(mine, lock, 1)))
          .isInstanceOf(ErrnoException.class);
    }
    giveBack(new LeaseName(file, LeasePlane.LOCKS, lease.seq() + 1), new LeasedLock(mine, OFD, 1));
    send(other, THEM, new Operation.Lock(theirs, WRITE, false));
    assertThat(ends).isEmpty();
    giveBack(lease);
    assertThat(ends).containsExactly("done");
  }

  @Test
  void borrowerThatSaysNothing_isEnded_andItsLocksWithIt() throws Exception {
    lent();
    send(other, THEM, new Operation.Lock(theirs, WRITE, false));
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    assertThat(ends).isEmpty();
    alarm.pass(1);
    assertThat(ends).containsExactly("done");
    assertThatThrownBy(this::ask).isInstanceOf(ErrnoException.class);
  }

  @Test
  void manyTables_areNoMoreThanLocks() throws Exception {
    int most = Limits.LOCKS_PER_SESSION / Limits.LOCKS_PER_LEASE;
    InodeId root = one.root(ME).id();
    for (int i = 0; i < most; i++) {
      long handle = one.create(ME, root, Name.of("f" + i), OpenFlags.O_RDWR, 0600).handle();
      assertThat(one.call(ME, new Operation.LeaseLocks(handle)).seq()).isNotZero();
    }
    assertThat(ask()).as("no room").isZero();
    one.lock(ME, mine, WRITE, false);
    assertThat(other.getLock(THEM, theirs, WRITE).type()).isEqualTo(RangeLock.Type.WRITE);
  }
}

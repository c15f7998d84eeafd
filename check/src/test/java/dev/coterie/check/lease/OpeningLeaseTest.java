package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Timestamp;
import dev.coterie.api.XattrNames;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases that come with an opening: when they are granted, and when not. */
class OpeningLeaseTest {
  private static final Caller ME = Caller.ROOT;
  private static final int WISHING = OpenFlags.O_RDONLY | OpenFlags.LEASE;

  private final HandAlarm alarm = new HandAlarm();
  private long second; // the tree's clock
  private Vfs vfs;
  private InodeId root;
  private InodeId file;
  private FileService holder;
  private FileService other;
  private long otherHandle;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(
                () -> Instant.ofEpochSecond(++second),
                new Random(1),
                7,
                Barrier.OPEN,
                Limits.DENTRIES,
                alarm),
            Map.of("/", TmpFs.Options.defaults().factory()));
    holder = vfs.openSession();
    other = vfs.openSession();
    root = holder.root(ME).id();
    other.root(ME);
    Opened made = other.create(ME, root, Name.of("file"), OpenFlags.O_RDWR, 0644);
    file = made.stat().id();
    otherHandle = made.handle();
    other.write(ME, otherHandle, 0, bytes("content"));
    holder.lookup(ME, root, Name.of("file"));
  }

  @AfterEach
  void close() {
    vfs.close();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }

  private Operation.Write change() {
    return new Operation.Write(otherHandle, 0, bytes("changed"));
  }

  private static void nothingIsRecalled(FileService service) {
    assertThatThrownBy(() -> service.nextRecalls(ME, 1, false))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
  }

  @Test
  void opening_bringsALease_asOneThatIsAskedFor() throws Exception {
    Opened opened = holder.open(ME, file, WISHING);
    assertThat(opened.mode()).isEqualTo(LeaseMode.SHARED);
    assertThat(opened.seq()).isNotZero();
    assertThat(opened.flags()).as("flags that only steer").isEqualTo(OpenFlags.O_RDONLY);
    assertThat(opened.stat()).isEqualTo(holder.getattr(ME, file));
    assertThat(holder.lease(ME, file).seq()).isEqualTo(opened.seq());
    assertThat(holder.open(ME, file, WISHING).seq()).as("the same").isEqualTo(opened.seq());
    Asked<Integer> change = new Asked<>(other, change());
    assertThat(change.waits()).isTrue();
    LeaseName lease = new LeaseName(file, opened.seq());
    assertThat(holder.nextRecalls(ME, 9, false)).containsExactly(lease);
    holder.returnLeases(ME, List.of(lease));
    assertThat(change.waits()).isFalse();
  }

  @Test
  void withoutTheWish_orOnError_nothingIsGranted() throws Exception {
    assertThat(holder.open(ME, file, OpenFlags.O_RDONLY | OpenFlags.READ_SOON).seq()).isZero();
    assertThatThrownBy(() -> holder.open(ME, file, WISHING | OpenFlags.O_DIRECTORY))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR));
    assertThat(new Asked<>(other, change()).waits()).isFalse();
    nothingIsRecalled(holder);
  }

  @Test
  void whatTheSessionHasAlready_isTold() throws Exception {
    Leased alone = holder.call(ME, new Operation.Lease(file, LeaseMode.EXCLUSIVE));
    Opened opened = holder.open(ME, file, WISHING);
    assertThat(opened.mode()).isEqualTo(LeaseMode.EXCLUSIVE);
    assertThat(opened.seq()).isEqualTo(alone.seq());
  }

  /** RuleD: while somebody waits nothing is granted; it is open all the same. */
  @Test
  void whileSomebodyWaits_itIsOpen_withoutALease() throws Exception {
    Opened first = holder.open(ME, file, WISHING);
    FileService third = vfs.openSession();
    third.lookup(ME, third.root(ME).id(), Name.of("file"));
    Asked<Integer> change = new Asked<>(other, change());
    assertThat(change.waits()).isTrue();
    assertThat(third.open(ME, file, WISHING).seq()).isZero();
    assertThat(holder.open(ME, file, WISHING).seq()).as("it is recalled").isZero();
    holder.returnLeases(ME, List.of(new LeaseName(file, first.seq())));
    assertThat(change.waits()).isFalse();
    assertThat(third.open(ME, file, WISHING).seq()).isNotZero();
  }

  @Test
  void afterManyRecalls_noneIsGranted_forAWhile() throws Exception {
    for (int i = 0; i < Limits.LEASE_RECALLS_IN_A_ROW; i++) {
      LeaseName lease = new LeaseName(file, holder.open(ME, file, WISHING).seq());
      Asked<Integer> change = new Asked<>(other, change());
      holder.returnLeases(ME, List.of(lease));
      assertThat(change.waits()).isFalse();
    }
    assertThat(holder.open(ME, file, WISHING).seq()).isZero();
    alarm.pass(Limits.LEASE_QUIET_MS);
    assertThat(holder.open(ME, file, WISHING).seq()).isNotZero();
  }

  /** It waits for what is kept back, and shows it. */
  @Test
  void besideAnExclusiveLease_itWaits_andShowsWhatWasKeptBack() throws Exception {
    Leased alone = other.call(ME, new Operation.Lease(file, LeaseMode.EXCLUSIVE));
    Asked<Opened> opening = new Asked<>(holder, new Operation.Open(file, WISHING));
    assertThat(opening.waits()).isTrue();
    other.append(ME, otherHandle, bytes("!"));
    other.returnLeases(ME, List.of(new LeaseName(file, alone.seq()).keeping(LeaseMode.SHARED)));
    assertThat(((Opened) opening.answer()).stat().size()).isEqualTo(8);
  }

  // ---- the access time ----

  @Test
  void readSoon_marksTheAccessTime_asTheReadThatFollowsWould() throws Exception {
    Timestamp before = holder.getattr(ME, file).atime();
    Opened plain = holder.open(ME, file, WISHING);
    assertThat(plain.stat().atime()).isEqualTo(before);
    Opened soon = holder.open(ME, file, WISHING | OpenFlags.READ_SOON);
    assertThat(soon.stat().atime()).isNotEqualTo(before);
    holder.read(ME, soon.handle(), 0, ByteBuffer.allocate(9));
    assertThat(holder.getattr(ME, file)).as("the read finds it marked").isEqualTo(soon.stat());
  }

  @Test
  void readSoon_whereAReadMarksNothing_marksNothing() throws Exception {
    Timestamp before = holder.getattr(ME, file).atime();
    int soon = OpenFlags.LEASE | OpenFlags.READ_SOON;
    holder.open(ME, file, soon | OpenFlags.O_NOATIME);
    holder.open(ME, file, soon | OpenFlags.O_WRONLY);
    assertThat(holder.getattr(ME, file).atime()).isEqualTo(before);
  }

  // ---- what is no use of a lease ----

  @Test
  void counterAndFifo_areNotLeased() throws Exception {
    Opened counter = other.create(ME, root, Name.of("c"), OpenFlags.O_RDWR, 0644);
    other.setxattr(ME, counter.stat().id(), XattrNames.COUNTER, bytes("1").array(), 0);
    holder.lookup(ME, root, Name.of("c"));
    assertThat(holder.open(ME, counter.stat().id(), WISHING).seq()).isZero();
    InodeId fifo = holder.mknod(ME, root, Name.of("p"), Mode.S_IFIFO | 0644, 0).id();
    int flags = WISHING | OpenFlags.O_NONBLOCK;
    assertThat(holder.open(ME, fifo, flags).seq()).isZero();
  }
}

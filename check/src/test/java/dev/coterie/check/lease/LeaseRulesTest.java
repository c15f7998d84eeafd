package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The leader's rules of leases, on its core alone, with time moved by hand. */
class LeaseRulesTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name FILE = Name.of("file");

  private final HandAlarm alarm = new HandAlarm();
  private Vfs vfs;
  private FileService holder;
  private FileService writer;
  private InodeId file;
  private long handle;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(
                InstantSource.system(), new Random(1), 7, Barrier.OPEN, Limits.DENTRIES, alarm),
            Map.of("/", TmpFs.Options.defaults().factory()));
    holder = vfs.openSession();
    writer = vfs.openSession();
    Opened made = writer.create(ME, writer.root(ME).id(), FILE, OpenFlags.O_RDWR, 0644);
    file = made.stat().id();
    handle = made.handle();
    holder.lookup(ME, holder.root(ME).id(), FILE);
  }

  @AfterEach
  void close() {
    vfs.close();
  }

  private Asked<Integer> write(FileService service, long through, String text) {
    return new Asked<>(
        service, new Operation.Write(through, 0, ByteBuffer.wrap(text.getBytes(US_ASCII))));
  }

  private Asked<Integer> write(String text) {
    return write(writer, handle, text);
  }

  private LeaseName leased() throws ErrnoException {
    Leased leased = holder.lease(ME, file);
    assertThat(leased.seq()).isNotZero();
    return new LeaseName(file, leased.seq());
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private long size() throws ErrnoException {
    return writer.getattr(ME, file).size();
  }

  @Test
  void change_waitsUntilTheLeaseIsGivenBack_andIsDoneOnce() throws Exception {
    LeaseName lease = leased();
    Asked<Integer> change = write("abc");
    assertThat(change.waits()).isTrue();
    assertThat(size()).isZero();
    assertThat(holder.nextRecalls(ME, 10, false)).containsExactly(lease);
    holder.returnLeases(ME, List.of(lease));
    assertThat(change.end).isEqualTo(3);
    assertThat(size()).isEqualTo(3);
    assertThat(vfs.counts().sessions()).isEqualTo(2);
    assertThat(alarm.waiting()).as("only what counts recalls").isEqualTo(1);
  }

  @Test
  void call_thatIsWaitedFor_waitsToo() throws Exception {
    LeaseName lease = leased();
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              try {
                writer.write(ME, handle, 0, ByteBuffer.wrap(new byte[5]));
              } catch (ErrnoException e) {
                throw new AssertionError(e);
              }
            });
    assertThat(holder.nextRecalls(ME, 1, true)).containsExactly(lease);
    assertThat(size()).isZero();
    holder.returnLeases(ME, List.of(lease));
    other.join();
    assertThat(size()).isEqualTo(5);
  }

  @Test
  void ownChange_recallsNothing_butOthersLeases() throws Exception {
    LeaseName own = leased();
    Opened opened = holder.open(ME, file, OpenFlags.O_WRONLY);
    assertThat(write(holder, opened.handle(), "x").end).isEqualTo(1);
    Leased others = writer.lease(ME, file);
    assertThat(others.seq()).isNotZero().isNotEqualTo(own.seq());
    Asked<Integer> change = write(holder, opened.handle(), "y");
    assertThat(change.waits()).isTrue();
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
    writer.returnLeases(ME, List.of(new LeaseName(file, others.seq())));
    assertThat(change.waits()).isFalse();
    assertThat(holder.lease(ME, file).seq()).isEqualTo(own.seq());
  }

  @Test
  void nothingIsGranted_whileSomebodyWaits() throws Exception {
    LeaseName lease = leased();
    FileService third = vfs.openSession();
    third.lookup(ME, third.root(ME).id(), FILE);
    assertThat(third.lease(ME, file).seq()).isNotZero();
    Asked<Integer> change = write("a");
    assertThat(writer.lease(ME, file).seq()).isZero();
    holder.returnLeases(ME, List.of(lease));
    assertThat(change.waits()).as("the third has not given back").isTrue();
    assertThat(holder.lease(ME, file).seq()).isZero();
    third.close();
    assertThat(change.waits()).isFalse();
    assertThat(holder.lease(ME, file).seq()).isNotZero().isNotEqualTo(lease.seq());
  }

  @Test
  void changes_areDoneInTheOrderOfComing() throws Exception {
    LeaseName lease = leased();
    FileService third = vfs.openSession();
    third.lookup(ME, third.root(ME).id(), FILE);
    long thirds = third.open(ME, file, OpenFlags.O_WRONLY | OpenFlags.O_APPEND).handle();
    List<Asked<?>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      FileService from = i % 2 == 0 ? third : writer;
      long through = i % 2 == 0 ? thirds : handle;
      all.add(
          new Asked<>(
              from, new Operation.Append(through, ByteBuffer.wrap(("" + i).getBytes(US_ASCII)))));
    }
    assertThat(all).allMatch(Asked::waits);
    assertThat(holder.nextRecalls(ME, 10, false)).containsExactly(lease);
    holder.returnLeases(ME, List.of(lease));
    ByteBuffer content = ByteBuffer.allocate(20);
    writer.read(ME, handle, 0, content);
    assertThat(new String(content.array(), 0, content.position(), US_ASCII))
        .isEqualTo("0123456789");
  }

  @Test
  void cancelledChange_isNotDone_andStandsInNobodysWay() throws Exception {
    LeaseName lease = leased();
    Asked<Integer> change = write("abc");
    assertThat(change.ticket.cancel()).isTrue();
    assertThat(change.end).isEqualTo(Errno.EINTR);
    assertThat(change.ticket.cancel()).isFalse();
    holder.returnLeases(ME, List.of(lease));
    assertThat(size()).isZero();
    leased();
  }

  @Test
  void sessionOfTheWaiter_ends_andStandsInNobodysWay() throws Exception {
    LeaseName lease = leased();
    Asked<Integer> change = write("abc");
    writer.close();
    assertThat(change.end).isEqualTo(Errno.ESTALE);
    holder.returnLeases(ME, List.of(lease));
    assertThat(holder.getattr(ME, file).size()).isZero();
    leased();
  }

  @Test
  void deadHolder_holdsUpNobody() throws Exception {
    leased();
    Asked<Integer> change = write("abc");
    holder.close();
    assertThat(change.end).isEqualTo(3);
  }

  @Test
  void silentHolder_isFencedWhenItsTimeIsUp() throws Exception {
    LeaseName lease = leased();
    Asked<Integer> change = write("abc");
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    assertThat(change.waits()).isTrue();
    alarm.pass(1);
    assertThat(change.end).isEqualTo(3);
    fails(Errno.ESTALE, () -> holder.getattr(ME, file));
    fails(Errno.ESTALE, () -> holder.returnLeases(ME, List.of(lease)));
  }

  @Test
  void wrongNumbers_giveNothingBack() throws Exception {
    LeaseName lease = leased();
    Asked<Integer> change = write("abc");
    holder.returnLeases(
        ME,
        List.of(
            new LeaseName(file, lease.seq() + 1), new LeaseName(new InodeId(99, 9), lease.seq())));
    FileService third = vfs.openSession();
    third.returnLeases(ME, List.of(lease));
    assertThat(change.waits()).isTrue();
    holder.returnLeases(ME, List.of(lease, lease));
    assertThat(change.waits()).isFalse();
  }

  @Test
  void contendedInode_isNotLeasedForAWhile() throws Exception {
    for (int i = 0; i < Limits.LEASE_RECALLS_IN_A_ROW; i++) {
      LeaseName lease = leased();
      Asked<Integer> change = write("abc");
      holder.returnLeases(ME, List.of(lease));
      assertThat(change.waits()).isFalse();
    }
    assertThat(holder.lease(ME, file).seq()).isZero();
    alarm.pass(Limits.LEASE_QUIET_MS);
    leased();
  }

  @Test
  void rename_waitsForAllThatItChanges() throws Exception {
    InodeId root = holder.root(ME).id();
    InodeId other = writer.mkdir(ME, root, Name.of("other"), 0755).id();
    holder.lookup(ME, root, Name.of("other"));
    List<LeaseName> held = new ArrayList<>();
    for (InodeId id : List.of(root, other, file)) {
      held.add(new LeaseName(id, holder.lease(ME, id).seq()));
    }
    Asked<?> change =
        new Asked<>(writer, new Operation.Rename(root, FILE, other, Name.of("new"), 0));
    assertThat(holder.nextRecalls(ME, 10, false)).containsExactlyInAnyOrderElementsOf(held);
    for (LeaseName lease : held) {
      assertThat(change.waits()).isTrue();
      assertThat(holder.lookup(ME, root, FILE).id()).isEqualTo(file);
      holder.returnLeases(ME, List.of(lease));
    }
    assertThat(change.waits()).isFalse();
    assertThat(holder.lookup(ME, other, Name.of("new")).id()).isEqualTo(file);
  }
}

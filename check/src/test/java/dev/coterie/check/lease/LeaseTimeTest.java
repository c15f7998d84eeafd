package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * When leases end that are not given back: no sooner than the holder has stopped using them, by its
 * own reckoning. Time is moved by hand.
 */
class LeaseTimeTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name FILE = Name.of("file");
  private static final TmpFs.Options OPTIONS =
      new TmpFs.Options(1 << 20, 100_000, 0755, 0, 0, false, AtimePolicy.RELATIME);
  private static final long RECALL = Limits.LEASE_RECALL_MS;

  private final HandAlarm alarm = new HandAlarm();
  private final List<String> told = new ArrayList<>();
  private Vfs vfs;
  private Session holder;
  private Session writer;
  private InodeId root;
  private InodeId file;
  private LeaseName lease;
  private @Nullable Object end; // of the change

  /** A holder with a lease, as a leader makes its sessions; few names are cached. */
  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7, Barrier.OPEN, 1, alarm),
            Map.of("/", OPTIONS.factory()));
    holder = vfs.openSession();
    writer = vfs.openSession();
    root = writer.root(ME).id();
    Opened made = writer.create(ME, root, FILE, OpenFlags.O_RDWR, 0644);
    file = made.stat().id();
    writer.close(ME, made.handle());
    holder.root(ME);
    holder.lookup(ME, root, FILE);
    lease = new LeaseName(file, holder.lease(ME, file).seq());
    assertThat(lease.seq()).isNotZero();
    holder.onExpire(() -> {
      assertThat(changed()).as("told before the change is made").isFalse();
      told.add("expired");
    });
  }

  @AfterEach
  void close() {
    vfs.close();
  }

  private boolean changed() {
    return end != null;
  }

  /** Another session changes the file, and waits. */
  private void change() {
    end = null;
    writer.submit(ME, new Operation.Setattr(file, 0, SetAttr.ofSize(5)), new End<>());
    assertThat(changed()).isFalse();
  }

  private final class End<R> implements Completion<R> {
    @Override
    public void done(R result) {
      end = result;
    }

    @Override
    public void failed(Errno errno) {
      end = errno;
    }
  }

  private static final class Ignored<R> implements Completion<R> {
    @Override
    public void done(R result) {}

    @Override
    public void failed(Errno errno) {}
  }

  private void assertFenced() {
    assertThatThrownBy(() -> holder.root(ME))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
  }

  @Test
  void silentHolder_isFencedAndItsLeasesEnd() throws Exception {
    change();
    alarm.pass(RECALL - 1);
    assertThat(told).isEmpty();
    assertThat(changed()).isFalse();
    alarm.pass(1);
    assertThat(told).containsExactly("expired");
    assertThat(changed()).isTrue();
    assertFenced();
  }

  /** It can have been answered just now, and so use its lease for the whole time once more. */
  @Test
  void talkingHolder_isFenced_andItsLeasesEndLater() throws Exception {
    change();
    alarm.pass(1);
    holder.getattr(ME, file);
    alarm.pass(RECALL - 1);
    assertThat(told).containsExactly("expired");
    assertFenced();
    alarm.pass(RECALL - 1);
    assertThat(changed()).isFalse();
    alarm.pass(1);
    assertThat(changed()).isTrue();
    assertThat(told).containsExactly("expired");
  }

  /** As what is answered without the core: a ping, an error of the message alone. */
  @Test
  void holderThatIsOnlyHeard_countsAsTalking() throws Exception {
    change();
    holder.heard();
    alarm.pass(RECALL);
    assertThat(told).containsExactly("expired");
    assertThat(changed()).isFalse();
    alarm.pass(RECALL);
    assertThat(changed()).isTrue();
  }

  /** What it says between fence and end is not answered, and renews nothing. */
  @Test
  void fencedHolder_thatGoesOnTalking_holdsUpNobodyLonger() throws Exception {
    change();
    holder.heard();
    alarm.pass(RECALL);
    alarm.pass(RECALL - 1);
    holder.heard();
    assertFenced();
    alarm.pass(1);
    assertThat(changed()).isTrue();
  }

  /** Talking before the second recall is talking after the first. */
  @Test
  void secondRecall_makesNobodySilent() throws Exception {
    InodeId other = writer.mkdir(ME, root, Name.of("other"), 0755).id();
    holder.lookup(ME, root, Name.of("other"));
    assertThat(holder.lease(ME, other).seq()).isNotZero();
    change();
    alarm.pass(10);
    holder.getattr(ME, file);
    writer.submit(ME, new Operation.Mkdir(other, FILE, 0755), new Ignored<>());
    alarm.pass(RECALL - 10);
    assertThat(told).containsExactly("expired");
    assertThat(changed()).isFalse();
    alarm.pass(RECALL);
    assertThat(changed()).isTrue();
  }

  @Test
  void connectionThatThePeerCloses_endsItsLeasesAtOnce() throws Exception {
    change();
    holder.heard();
    holder.close();
    assertThat(changed()).isTrue();
    assertThat(told).isEmpty();
  }

  /** A leader that breaks off tells the client by breaking off; it finds out when it looks. */
  @Test
  void sessionThatIsEndedFromHere_keepsItsLeasesForTheirTime() throws Exception {
    change();
    holder.endHere();
    assertFenced();
    alarm.pass(RECALL - 1);
    assertThat(changed()).isFalse();
    alarm.pass(1);
    assertThat(changed()).isTrue();
    assertThat(told).isEmpty();
    assertThat(vfs.counts().sessions()).isEqualTo(1);
  }

  /** Also those that nobody had recalled yet. */
  @Test
  void changeAfterTheEndFromHere_waitsForTheTimeToBeOver() throws Exception {
    holder.endHere();
    alarm.pass(10);
    change();
    alarm.pass(RECALL - 11);
    assertThat(changed()).isFalse();
    alarm.pass(1);
    assertThat(changed()).isTrue();
  }

  @Test
  void givenBackInTime_nobodyIsFenced() throws Exception {
    change();
    alarm.pass(RECALL - 1);
    holder.returnLeases(ME, List.of(lease));
    assertThat(changed()).isTrue();
    alarm.pass(10 * RECALL);
    assertThat(told).isEmpty();
    holder.getattr(ME, file);
    assertThat(alarm.waiting()).isZero();
  }

  /** The file is known by a name alone by then, and met as another inode would be. */
  @Test
  void forgottenInode_isStillLeased() throws Exception {
    holder.forget(ME, file, 1);
    writer.forget(ME, file, 1);
    writer.mkdir(ME, root, Name.of("other"), 0755); // takes the place in the cache of names
    writer.lookup(ME, root, FILE);
    change();
    assertThat(holder.nextRecalls(ME, 1, false)).containsExactly(lease);
    holder.returnLeases(ME, List.of(lease));
    assertThat(changed()).isTrue();
  }

  @Test
  void leases_areBounded() throws Exception {
    holder.returnLeases(ME, List.of(lease));
    List<LeaseName> all = new ArrayList<>();
    for (int i = 0; i < Limits.LEASES_PER_SESSION; i++) {
      all.add(made(i));
    }
    assertThat(all).allMatch(one -> one.seq() != 0);
    LeaseName over = made(Limits.LEASES_PER_SESSION);
    assertThat(over.seq()).isZero();
    for (int i = 0; i < 1_000_000; i++) {
      assertThat(holder.lease(ME, over.id()).seq()).isZero();
    }
    assertThat(holder.lease(ME, all.get(7).id()).seq()).isEqualTo(all.get(7).seq());
    holder.returnLeases(ME, all.subList(0, 1));
    assertThat(holder.lease(ME, over.id()).seq()).isNotZero();
    assertThat(holder.lease(ME, all.get(0).id()).seq()).isZero();
  }

  private LeaseName made(int number) throws ErrnoException {
    Name name = Name.of("f" + number);
    InodeId id = writer.mknod(ME, root, name, 0644, 0).id();
    holder.lookup(ME, root, name);
    return new LeaseName(id, holder.lease(ME, id).seq());
  }
}

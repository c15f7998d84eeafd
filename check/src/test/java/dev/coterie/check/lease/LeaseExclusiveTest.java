package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Token;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Who has a file alone and keeps changes back: how they come to the leader while others wait for
 * them, and what becomes of those that come too late.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseExclusiveTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name FILE = Name.of("file");
  private static final Name ATTRIBUTE = Name.of("user.a");

  private final HandAlarm alarm = new HandAlarm();
  private Vfs vfs;
  private InodeId root;
  private InodeId file;
  private FileService holder;
  private FileService other;
  private long holderHandle;
  private long otherHandle;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(
                InstantSource.system(), new Random(1), 7, Barrier.OPEN, Limits.DENTRIES, alarm),
            Map.of("/", TmpFs.Options.defaults().factory()));
    holder = vfs.openSession();
    other = vfs.openSession();
    root = holder.root(ME).id();
    Opened made = holder.create(ME, root, FILE, OpenFlags.O_RDWR, 0644);
    file = made.stat().id();
    holderHandle = made.handle();
    otherHandle = open(other);
  }

  @AfterEach
  void close() {
    vfs.close();
  }

  private long open(FileService service) throws ErrnoException {
    service.lookup(ME, service.root(ME).id(), FILE);
    return service.open(ME, file, OpenFlags.O_RDWR).handle();
  }

  private Leased lease(FileService service, LeaseMode mode) throws ErrnoException {
    return service.call(ME, new Operation.Lease(file, mode));
  }

  private LeaseName exclusive() throws ErrnoException {
    Leased leased = lease(holder, LeaseMode.EXCLUSIVE);
    assertThat(leased.mode()).isEqualTo(LeaseMode.EXCLUSIVE);
    return new LeaseName(file, leased.seq());
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }

  private void recalled(LeaseName lease) throws ErrnoException {
    assertThat(holder.nextRecalls(ME, 10, false)).containsExactly(lease);
  }

  /** What shows something alone leaves the holder a shared one. */
  private void recalledToShared(LeaseName lease) throws ErrnoException {
    assertThat(holder.nextRecalls(ME, 10, false)).containsExactly(lease.keeping(LeaseMode.SHARED));
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static <R> R now(Asked<R> asked, Class<R> type) {
    assertThat(asked.waits()).isFalse();
    return type.cast(asked.answer());
  }

  private String content(FileService service, long handle) throws ErrnoException {
    ByteBuffer read = ByteBuffer.allocate(100);
    service.read(ME, handle, 0, read);
    return new String(read.array(), 0, read.position(), US_ASCII);
  }

  // ---- write-back ----

  /** RuleC: what the holder sends before it gives back waits for nobody, whatever it is. */
  @Test
  void writeBack_ofEveryKind_isDoneWhileOthersWait() throws Exception {
    LeaseName lease = exclusive();
    List<Asked<?>> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(new Asked<>(other, new Operation.Getattr(file)));
      waiting.add(new Asked<>(other, new Operation.Write(otherHandle, 90, bytes("z"))));
    }
    recalled(lease);
    long second = holder.open(ME, file, OpenFlags.O_RDWR).handle();
    List<Operation<?>> writeBack = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      writeBack.add(new Operation.Write(holderHandle, i % 50, bytes("a")));
    }
    writeBack.add(new Operation.Append(holderHandle, bytes("b")));
    writeBack.add(new Operation.WriteNext(holderHandle, bytes("c")));
    writeBack.add(new Operation.Setattr(file, 0, SetAttr.ofMode(0600)));
    writeBack.add(new Operation.Setattr(file, holderHandle, SetAttr.ofSize(60)));
    writeBack.add(new Operation.Fallocate(holderHandle, 0, 60, 10));
    writeBack.add(new Operation.Fsync(holderHandle, false));
    writeBack.add(new Operation.Getattr(file));
    writeBack.add(new Operation.Close(second));
    for (Operation<?> operation : writeBack) {
      Asked<?> done = new Asked<>(holder, operation);
      assertThat(done.waits()).as("%s", operation).isFalse();
      assertThat(done.end).as("%s", operation).isNotInstanceOf(Errno.class);
    }
    assertThat(waiting).allMatch(Asked::waits);
    holder.returnLeases(ME, List.of(lease));
    assertThat(waiting).noneMatch(Asked::waits);
    assertThat(((Stat) waiting.getFirst().answer()).size()).isEqualTo(70);
    assertThat(((Stat) waiting.get(2).answer()).size()).isEqualTo(91);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
  }

  /** The same with threads that wait inside their calls. */
  @Test
  void writeBack_isDoneWhileThreadsWait() throws Exception {
    LeaseName lease = exclusive();
    List<Thread> readers = new ArrayList<>();
    List<String> read = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  read.add(content(other, otherHandle));
                } catch (ErrnoException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    assertThat(holder.nextRecalls(ME, 1, true)).containsExactly(lease.keeping(LeaseMode.SHARED));
    for (int i = 0; i < 10; i++) {
      holder.append(ME, holderHandle, bytes("" + i));
    }
    holder.fsync(ME, holderHandle, false);
    holder.returnLeases(ME, List.of(lease));
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(read).hasSize(8).containsOnly("0123456789");
  }

  @Test
  void ownOperations_recallNothing_throughAnyHandle() throws Exception {
    LeaseName lease = exclusive();
    long second = holder.open(ME, file, OpenFlags.O_WRONLY | OpenFlags.O_TRUNC).handle();
    holder.write(ME, second, 0, bytes("abc"));
    assertThat(content(holder, holderHandle)).isEqualTo("abc");
    holder.setattr(ME, file, 0, SetAttr.ofSize(1));
    holder.close(ME, second);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
    assertThat(lease(holder, LeaseMode.EXCLUSIVE).seq()).isEqualTo(lease.seq());
    assertThat(lease(holder, LeaseMode.SHARED).mode()).isEqualTo(LeaseMode.EXCLUSIVE);
  }

  /** A truncation and an append by others, and between them what the holder kept back. */
  @Test
  void appendAndTruncate_meetWhatWasKeptBack() throws Exception {
    LeaseName lease = exclusive();
    Asked<Transferred> appended =
        new Asked<>(other, new Operation.Append(otherHandle, bytes("end")));
    Asked<Stat> cut = new Asked<>(other, new Operation.Setattr(file, 0, SetAttr.ofSize(4)));
    Asked<Transferred> again = new Asked<>(other, new Operation.Append(otherHandle, bytes("new")));
    recalled(lease);
    holder.write(ME, holderHandle, 0, bytes("kept back"));
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(appended, Transferred.class)).isEqualTo(new Transferred(9, 3));
    assertThat(now(cut, Stat.class).size()).isEqualTo(4);
    assertThat(now(again, Transferred.class)).isEqualTo(new Transferred(4, 3));
    assertThat(content(other, otherHandle)).isEqualTo("keptnew");
  }

  /** Whether somebody may do a thing shows the mode, which may have been kept back too. */
  @Test
  void refusal_isThatOfWhatWasWrittenBack() throws Exception {
    Caller stranger = new Caller(1000, 1000, new int[0], 0, 1);
    LeaseName lease = exclusive();
    Asked<Stat> cut =
        new Asked<>(other, stranger, new Operation.Setattr(file, 0, SetAttr.ofSize(5)));
    Asked<?> set =
        new Asked<>(other, stranger, new Operation.Setxattr(file, ATTRIBUTE, new byte[1], 0));
    Asked<?> removed = new Asked<>(other, stranger, new Operation.Removexattr(file, ATTRIBUTE));
    assertThat(List.of(cut, set, removed)).allMatch(Asked::waits);
    holder.setattr(ME, file, 0, SetAttr.ofMode(0666));
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(cut, Stat.class).size()).isEqualTo(5);
    assertThat(List.of(set, removed))
        .extracting(asked -> asked.end)
        .containsOnly(Operation.Done.DONE);
  }

  // ---- what the holder keeps ----

  private void keepsShared(LeaseName lease) throws ErrnoException {
    holder.returnLeases(ME, List.of(lease.keeping(LeaseMode.SHARED)));
  }

  @Test
  void look_leavesTheHolderASharedLease_ofTheSameNumber() throws Exception {
    LeaseName lease = exclusive();
    Asked<Stat> look = new Asked<>(other, new Operation.Getattr(file));
    recalledToShared(lease);
    holder.write(ME, holderHandle, 0, bytes("abc"));
    keepsShared(lease);
    assertThat(now(look, Stat.class).size()).isEqualTo(3);
    assertThat(content(other, otherHandle)).isEqualTo("abc");
    assertThat(lease(holder, LeaseMode.SHARED))
        .extracting(Leased::mode, Leased::seq)
        .containsExactly(LeaseMode.SHARED, lease.seq());
    assertThat(lease(other, LeaseMode.SHARED).mode()).isEqualTo(LeaseMode.SHARED);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
    Asked<Integer> change = new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x")));
    assertThat(change.waits()).isTrue();
    recalled(lease);
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(change, Integer.class)).isEqualTo(1);
  }

  @Test
  void holderOfARestOfALease_hasItAloneAgain_byAnotherNumber() throws Exception {
    LeaseName lease = exclusive();
    keepsShared(lease); // of itself
    LeaseName again = exclusive();
    assertThat(again.seq()).isNotEqualTo(lease.seq());
    Asked<Stat> look = new Asked<>(other, new Operation.Getattr(file));
    keepsShared(lease);
    assertThat(look.waits()).as("that was another grant").isTrue();
    recalledToShared(again);
    keepsShared(again);
    assertThat(look.waits()).isFalse();
  }

  @Test
  void change_afterALook_takesTheRestToo() throws Exception {
    LeaseName lease = exclusive();
    Asked<Stat> look = new Asked<>(other, new Operation.Getattr(file));
    recalledToShared(lease);
    Asked<Integer> change = new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x")));
    recalled(lease);
    assertThat(lease(holder, LeaseMode.EXCLUSIVE).seq()).as("it is recalled").isZero();
    keepsShared(lease); // the answer to the first
    assertThat(look.waits()).isFalse();
    assertThat(change.waits()).isTrue();
    assertThat(lease(holder, LeaseMode.SHARED).seq()).as("it is recalled").isZero();
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(change, Integer.class)).isEqualTo(1);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
  }

  /** Whoever was not told of the first is told of the second alone, and of no third. */
  @Test
  void recalls_ofALookAndAChange_areToldAsOne() throws Exception {
    LeaseName lease = exclusive();
    List<Asked<?>> waiting = new ArrayList<>();
    waiting.add(new Asked<>(other, new Operation.Getattr(file)));
    waiting.add(new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x"))));
    waiting.add(new Asked<>(other, new Operation.Getattr(file)));
    recalled(lease);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
    holder.returnLeases(ME, List.of(lease));
    assertThat(waiting).noneMatch(Asked::waits);
  }

  /** A recall is not over by an answer that keeps more than it lets. */
  @Test
  void change_waitsForTheWholeLease() throws Exception {
    LeaseName lease = exclusive();
    Asked<Integer> change = new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x")));
    recalled(lease);
    keepsShared(lease);
    assertThat(change.waits()).isTrue();
    assertThat(other.getattr(ME, file).size()).as("a look does not wait").isZero();
    alarm.pass(Limits.LEASE_RECALL_MS);
    fails(Errno.ESTALE, () -> holder.getattr(ME, file));
    alarm.pass(Limits.LEASE_RECALL_MS);
    assertThat(now(change, Integer.class)).isEqualTo(1);
  }

  @Test
  void holderThatKeepsWhatItMay_isNotFenced() throws Exception {
    LeaseName lease = exclusive();
    Asked<Stat> look = new Asked<>(other, new Operation.Getattr(file));
    recalledToShared(lease);
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    Asked<Integer> change = new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x")));
    keepsShared(lease);
    assertThat(look.waits()).isFalse();
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    assertThat(change.waits()).as("its own time has begun with it").isTrue();
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(change, Integer.class)).isEqualTo(1);
    alarm.pass(2L * Limits.LEASE_RECALL_MS);
    assertThat(holder.getattr(ME, file).size()).isEqualTo(1);
  }

  @Test
  void holderThatAnswersNothing_isFencedByTheFirstRecall() throws Exception {
    exclusive();
    Asked<Stat> look = new Asked<>(other, new Operation.Getattr(file));
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    Asked<Integer> change = new Asked<>(other, new Operation.Write(otherHandle, 0, bytes("x")));
    alarm.pass(1);
    assertThat(look.waits()).isFalse();
    assertThat(change.waits()).isFalse();
    fails(Errno.ESTALE, () -> holder.getattr(ME, file));
  }

  // ---- too late ----

  @Test
  void holderThatDoesNotGiveBack_isFenced_andItsLateWriteIsRefused() throws Exception {
    LeaseName lease = exclusive();
    Asked<Stat> reader = new Asked<>(other, new Operation.Getattr(file));
    recalledToShared(lease);
    holder.write(ME, holderHandle, 0, bytes("in time"));
    alarm.pass(Limits.LEASE_RECALL_MS - 1);
    assertThat(reader.waits()).as("a write alone is no return").isTrue();
    alarm.pass(1);
    fails(Errno.ESTALE, () -> holder.write(ME, holderHandle, 0, bytes("too late, and lost")));
    fails(Errno.ESTALE, () -> holder.returnLeases(ME, List.of(lease)));
    // Its time was renewed by what it was answered last, so that others wait as long once more.
    alarm.pass(Limits.LEASE_RECALL_MS);
    assertThat(now(reader, Stat.class).size()).isEqualTo(7);
    assertThat(content(other, otherHandle)).isEqualTo("in time");
  }

  @Test
  void holderWhoSessionEnds_holdsUpNobody() throws Exception {
    exclusive();
    Asked<Stat> reader = new Asked<>(other, new Operation.Getattr(file));
    assertThat(reader.waits()).isTrue();
    holder.close();
    assertThat(now(reader, Stat.class).size()).isZero();
    fails(Errno.ESTALE, () -> holder.write(ME, holderHandle, 0, bytes("late")));
  }

  // ---- crossings ----

  /** Two who have it shared, and both want it alone. */
  @Test
  void upgrades_ofTwo_areRefused_andNobodyWaits() throws Exception {
    Leased one = lease(holder, LeaseMode.SHARED);
    Leased two = lease(other, LeaseMode.SHARED);
    assertThat(lease(holder, LeaseMode.EXCLUSIVE)).isEqualTo(one);
    assertThat(lease(other, LeaseMode.EXCLUSIVE)).isEqualTo(two);
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
    fails(Errno.EAGAIN, () -> other.nextRecalls(ME, 1, false));
    other.returnLeases(ME, List.of(new LeaseName(file, two.seq())));
    Leased alone = lease(holder, LeaseMode.EXCLUSIVE);
    assertThat(alone.mode()).isEqualTo(LeaseMode.EXCLUSIVE);
    assertThat(alone.seq()).isNotEqualTo(one.seq());
  }

  /** Each changes the file and is in the other's way. */
  @Test
  void changes_ofTwoWhoShareIt_bothGoOn() throws Exception {
    Leased one = lease(holder, LeaseMode.SHARED);
    Leased two = lease(other, LeaseMode.SHARED);
    Asked<Integer> first = new Asked<>(holder, new Operation.Write(holderHandle, 0, bytes("a")));
    Asked<Integer> second = new Asked<>(other, new Operation.Write(otherHandle, 1, bytes("b")));
    assertThat(first.waits()).isTrue();
    assertThat(second.waits()).isTrue();
    assertThat(lease(holder, LeaseMode.EXCLUSIVE).seq()).as("it is recalled").isZero();
    other.returnLeases(ME, List.of(new LeaseName(file, two.seq())));
    assertThat(first.end).isEqualTo(1);
    holder.returnLeases(ME, List.of(new LeaseName(file, one.seq())));
    assertThat(second.end).isEqualTo(1);
    assertThat(content(other, otherHandle)).isEqualTo("ab");
    assertThat(exclusive().seq()).isNotEqualTo(one.seq());
  }

  /** The number of the shared one is no longer right when the upgrade was granted. */
  @Test
  void returnOfTheSharedOne_thatCrossesItsUpgrade_givesNothingBack() throws Exception {
    Leased shared = lease(holder, LeaseMode.SHARED);
    LeaseName upgraded = exclusive();
    Asked<Stat> reader = new Asked<>(other, new Operation.Getattr(file));
    holder.returnLeases(ME, List.of(new LeaseName(file, shared.seq())));
    assertThat(reader.waits()).isTrue();
    recalledToShared(upgraded);
    holder.returnLeases(ME, List.of(upgraded));
    assertThat(reader.waits()).isFalse();
  }

  /** Given back of itself when the recall was on its way already. */
  @Test
  void recall_thatCrossesAReturn_isNoneOfTheNextLease() throws Exception {
    LeaseName first = exclusive();
    Asked<Stat> reader = new Asked<>(other, new Operation.Getattr(file));
    recalledToShared(first); // on its way
    holder.write(ME, holderHandle, 0, bytes("abc"));
    holder.returnLeases(ME, List.of(first)); // of itself
    assertThat(now(reader, Stat.class).size()).isEqualTo(3);
    LeaseName next = exclusive();
    assertThat(next.seq()).isNotEqualTo(first.seq());
    holder.returnLeases(ME, List.of(first)); // the answer to the recall
    Asked<Stat> again = new Asked<>(other, new Operation.Getattr(file));
    assertThat(again.waits()).as("the next one is held").isTrue();
    recalledToShared(next);
    holder.returnLeases(ME, List.of(next));
    assertThat(again.waits()).isFalse();
    alarm.pass(2L * Limits.LEASE_RECALL_MS);
    assertThat(holder.getattr(ME, file).size()).as("nobody was fenced").isEqualTo(3);
  }

  /** Given back of itself before the recall was taken: then there is none. */
  @Test
  void recall_thatWasNotTaken_endsWithTheReturn() throws Exception {
    LeaseName lease = exclusive();
    Asked<Stat> reader = new Asked<>(other, new Operation.Getattr(file));
    holder.returnLeases(ME, List.of(lease));
    assertThat(reader.waits()).isFalse();
    fails(Errno.EAGAIN, () -> holder.nextRecalls(ME, 1, false));
  }

  @Test
  void sharedLease_isNotGrantedBesideAnExclusiveOne() throws Exception {
    LeaseName lease = exclusive();
    Asked<Leased> wish = new Asked<>(other, new Operation.Lease(file, LeaseMode.SHARED));
    recalledToShared(lease);
    holder.write(ME, holderHandle, 0, bytes("abc"));
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(wish, Leased.class).stat().size()).isEqualTo(3);
    assertThat(lease(other, LeaseMode.SHARED).mode()).isEqualTo(LeaseMode.SHARED);
    assertThat(lease(holder, LeaseMode.EXCLUSIVE).mode()).isEqualTo(LeaseMode.SHARED);
  }

  @Test
  void directory_cannotBeHadAlone() throws Exception {
    Leased leased = holder.call(ME, new Operation.Lease(root, LeaseMode.EXCLUSIVE));
    assertThat(leased.mode()).isEqualTo(LeaseMode.SHARED);
  }

  // ---- what must not be done twice ----

  /** All that is in the way is asked for at once, and what others have no part in is left. */
  @Test
  void listing_waitsForAllItsFilesAtOnce() throws Exception {
    List<LeaseName> held = new ArrayList<>(List.of(exclusive()));
    for (int i = 0; i < 20; i++) {
      Opened made = holder.create(ME, root, Name.of("f" + i), OpenFlags.O_RDWR, 0644);
      Leased leased = holder.call(ME, new Operation.Lease(made.stat().id(), LeaseMode.EXCLUSIVE));
      held.add(new LeaseName(made.stat().id(), leased.seq()));
    }
    long directory = other.open(ME, root, OpenFlags.O_RDONLY).handle();
    assertThat(other.readdir(ME, directory, 0, 1 << 16, false)).hasSize(23);
    Asked<List<DirEntry>> listing =
        new Asked<>(other, new Operation.Readdir(directory, 0, 1 << 16, true));
    assertThat(holder.nextRecalls(ME, 100, false))
        .containsExactlyInAnyOrderElementsOf(
            held.stream().map(lease -> lease.keeping(LeaseMode.SHARED)).toList());
    holder.write(ME, holderHandle, 0, bytes("abc"));
    for (LeaseName lease : held) {
      assertThat(listing.waits()).isTrue();
      holder.returnLeases(ME, List.of(lease));
    }
    assertThat(listing.waits()).isFalse();
    assertThat((List<?>) listing.end)
        .hasSize(23)
        .map(DirEntry.class::cast)
        .filteredOn(entry -> entry.name().equals(FILE))
        .singleElement()
        .satisfies(entry -> assertThat(requireNonNull(entry.stat()).size()).isEqualTo(3));
  }

  /** A token is good for one taking; one that waits, and is given up, has taken nothing. */
  @Test
  void take_thatIsGivenUp_leavesTheToken() throws Exception {
    LeaseName lease = exclusive();
    Token token = other.share(ME, otherHandle);
    FileService third = vfs.openSession();
    Asked<Opened> taken = new Asked<>(third, new Operation.Take(token));
    assertThat(taken.waits()).isTrue();
    assertThat(taken.ticket.cancel()).isTrue();
    Asked<Opened> again = new Asked<>(third, new Operation.Take(token));
    holder.write(ME, holderHandle, 0, bytes("abc"));
    holder.returnLeases(ME, List.of(lease));
    assertThat(now(again, Opened.class).stat().size()).isEqualTo(3);
    fails(Errno.ENOENT, () -> third.take(ME, token));
  }

  /** Whoever watches hears of one opening, however often it had to begin. */
  @Test
  void openThatWaits_isToldOnce() throws Exception {
    LeaseName lease = new LeaseName(file, lease(holder, LeaseMode.SHARED).seq());
    FileService watcher = vfs.openSession();
    InodeId seen = watcher.root(ME).id();
    long watch = watcher.call(ME, new Operation.OpenWatch()).handle();
    watcher.call(ME, new Operation.AddWatch(watch, seen, Change.OPEN | Change.MODIFY));
    Asked<Opened> opened =
        new Asked<>(other, new Operation.Open(file, OpenFlags.O_RDWR | OpenFlags.O_TRUNC));
    assertThat(opened.waits()).isTrue();
    holder.returnLeases(ME, List.of(lease));
    assertThat(opened.waits()).isFalse();
    List<Change> told = watcher.call(ME, new Operation.NextChanges(watch, 4096, false));
    assertThat(told).filteredOn(change -> (change.mask() & Change.OPEN) != 0).hasSize(1);
  }
}

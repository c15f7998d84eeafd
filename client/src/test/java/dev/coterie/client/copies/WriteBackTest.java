package dev.coterie.client.copies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.RangeLock;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Ticket;
import dev.coterie.api.XattrNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each rule of kept-back writes in docs/leases.md, with a leader that does what the test wants. */
@Timeout(120)
class WriteBackTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name F = Name.of("f");
  private static final long MS = 1_000_000;

  private final ScriptedLeader leader = new ScriptedLeader();
  private final ScriptedLeader.File file = leader.file("f", "old");
  private long now = Long.MAX_VALUE - 1000 * MS; // and it wraps around on the way
  private volatile Runnable atClock = () -> {};
  private final Copies copies = new Copies(leader, 4 << 20, this::clock, 2);
  private final List<Object> answers = new ArrayList<>();

  private long clock() {
    atClock.run();
    return now;
  }

  @BeforeEach
  void refer() throws ErrnoException {
    leader.grantsExclusive = true;
    copies.root(ME);
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    leader.came();
  }

  private <R> Ticket send(Operation<R> operation) {
    return copies.submit(
        ME,
        operation,
        new Completion<R>() {
          @Override
          public void done(R result) {
            answers.add(result);
          }

          @Override
          public void failed(Errno errno) {
            answers.add(errno);
          }
        });
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private String content() {
    return new String(file.content, StandardCharsets.UTF_8);
  }

  private long open(int flags) throws ErrnoException {
    long handle = copies.open(ME, file.id, flags).handle();
    leader.came();
    return handle;
  }

  /** A handle whose next write is kept back: "ol" was written at 0, then "d" at 2. */
  private long warm(int flags) throws ErrnoException {
    long handle = open(flags | OpenFlags.O_RDWR);
    copies.write(ME, handle, 0, bytes("ol"));
    copies.write(ME, handle, 2, bytes("d"));
    copies.fsync(ME, handle, false);
    leader.came();
    leader.writes.clear();
    return handle;
  }

  private long dirty() throws ErrnoException {
    long handle = warm(0);
    assertThat(copies.write(ME, handle, 3, bytes("er"))).isEqualTo(2);
    assertThat(leader.came()).isEmpty();
    return handle;
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      now += Limits.LEASE_MS / 3 * MS;
      copies.look();
    }
  }

  private static void assertErrno(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Errno errno) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  // ---- what it costs ----

  @Test
  void smallWrites_oneAfterTheOther_costAFewMessages() throws ErrnoException {
    long handle = open(OpenFlags.O_RDWR);
    for (int i = 0; i < 20_000; i++) {
      copies.write(ME, handle, 100L * i, ByteBuffer.allocate(100));
    }
    copies.fsync(ME, handle, false);
    assertThat(leader.came())
        .containsExactly("write", "lease", "write", "write", "fsync"); // 2 MB: the first is 100
    assertThat(file.content).hasSize(2_000_000);
  }

  @Test
  void appends_areKept_andSayWhere() throws ErrnoException {
    long handle = open(OpenFlags.O_RDWR | OpenFlags.O_APPEND);
    copies.write(ME, handle, 0, bytes("1"));
    copies.write(ME, handle, 0, bytes("2"));
    assertThat(copies.append(ME, handle, bytes("34"))).isEqualTo(new Transferred(5, 2));
    assertThat(copies.append(ME, handle, bytes("5"))).isEqualTo(new Transferred(7, 1));
    assertThat(leader.came()).containsExactly("write", "lease");
    copies.close(ME, handle);
    assertThat(leader.came()).containsExactly("write", "close");
    assertThat(content()).isEqualTo("old12345");
  }

  @Test
  void afterAWriteBack_theSizeIsKnown() throws ErrnoException {
    long handle = dirty();
    copies.fsync(ME, handle, false);
    leader.came();
    assertThat(copies.append(ME, handle, bytes("!"))).isEqualTo(new Transferred(5, 1));
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void withoutBeingAsked_nothingIsKept() throws ErrnoException {
    Copies plain = new Copies(leader, 4 << 20, () -> now);
    plain.lookup(ME, ScriptedLeader.ROOT, F);
    long handle = plain.open(ME, file.id, OpenFlags.O_RDWR).handle();
    leader.came();
    for (int i = 0; i < 3; i++) {
      plain.write(ME, handle, i, bytes("x"));
    }
    assertThat(leader.came()).containsExactly("write", "write", "write");
  }

  // ---- what is kept, and what not ----

  @Test
  void withASharedLease_nothingIsKept_andAnExclusiveOneIsAskedForOnceASecond()
      throws ErrnoException {
    leader.grantsExclusive = false;
    long handle = open(OpenFlags.O_RDWR);
    for (int i = 0; i < 4; i++) {
      copies.write(ME, handle, i, bytes("x"));
    }
    assertThat(leader.came()).containsExactly("write", "lease", "write", "write", "write");
    now += Limits.LEASE_QUIET_MS * MS;
    leader.grantsExclusive = true;
    copies.write(ME, handle, 4, bytes("x"));
    assertThat(leader.came()).containsExactly("lease");
  }

  @Test
  void throughSomeHandles_nothingIsKept() throws ErrnoException {
    long handle = warm(0);
    for (int flags : new int[] {OpenFlags.O_SYNC, OpenFlags.O_DSYNC, OpenFlags.O_DIRECT}) {
      long other = open(OpenFlags.O_RDWR | flags);
      copies.write(ME, other, 0, bytes("x"));
      assertThat(leader.came()).as("%o", flags).containsExactly("write");
    }
    copies.share(ME, handle);
    leader.came();
    copies.write(ME, handle, 0, bytes("x"));
    copies.write(ME, handle, 1, bytes("x"));
    assertThat(leader.came()).containsExactly("write", "write");
  }

  @Test
  void toWhatBecameACounter_nothingIsKept() throws ErrnoException {
    long handle = warm(0);
    copies.setxattr(ME, file.id, XattrNames.COUNTER, new byte[0], 0);
    leader.came();
    copies.write(ME, handle, 0, ByteBuffer.allocate(8));
    copies.write(ME, handle, 0, ByteBuffer.allocate(8));
    assertThat(leader.came()).containsExactly("write", "write");
  }

  @Test
  void whatTheLeaderRefuses_isRefusedAtOnce() throws ErrnoException {
    long handle = warm(0);
    leader.toFail.put("write", Errno.EINVAL);
    assertErrno(() -> copies.write(ME, handle, -1, bytes("x")), Errno.EINVAL);
    leader.toFail.put("write", Errno.EFBIG);
    assertErrno(() -> copies.write(ME, handle, Limits.FILE_BYTES, bytes("x")), Errno.EFBIG);
    assertThat(leader.came()).contains("write", "write");
  }

  @Test
  void aLongWrite_andAnEmptyOne_areSent() throws ErrnoException {
    long handle = warm(0);
    copies.write(ME, handle, 0, ByteBuffer.allocate(WriteBack.WRITE_BYTES + 1));
    copies.write(ME, handle, 0, ByteBuffer.allocate(0));
    assertThat(leader.came()).containsExactly("write", "write");
  }

  @Test
  void aWriteWithin_isPutInPlace_oneElsewhereSendsWhatIsThere() throws ErrnoException {
    long handle = warm(0);
    copies.write(ME, handle, 3, bytes("abcd"));
    copies.write(ME, handle, 4, bytes("BC"));
    copies.write(ME, handle, 6, bytes("DEF"));
    assertThat(leader.came()).isEmpty();
    copies.write(ME, handle, 0, bytes("O"));
    assertThat(leader.came()).containsExactly("write");
    copies.fsync(ME, handle, false);
    assertThat(content()).isEqualTo("OldaBCDEF");
    assertThat(leader.writes).containsExactly("3+6", "0+1");
  }

  @Test
  void beyondTheBoundOfAll_writesAreSent() throws ErrnoException {
    Copies small = new Copies(leader, 16, () -> now, 1);
    small.lookup(ME, ScriptedLeader.ROOT, F);
    long handle = small.open(ME, file.id, OpenFlags.O_RDWR).handle();
    leader.came();
    small.write(ME, handle, 0, ByteBuffer.allocate(16));
    assertThat(leader.came()).containsExactly("lease");
    small.write(ME, handle, 16, ByteBuffer.allocate(1));
    assertThat(leader.came()).contains("write", "write");
    assertThat(leader.writes).containsExactly("0+16", "16+1");
  }

  // ---- what goes first ----

  @Test
  void beforeAnyOtherOperation_whatIsKeptIsWrittenBack() throws ErrnoException {
    long handle = warm(0);
    RangeLock lock = RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.WRITE);
    List<Operation<?>> all =
        List.of(
            new Operation.Getattr(file.id),
            new Operation.Setattr(file.id, 0, SetAttr.ofMode(0600)),
            new Operation.Setattr(file.id, 0, SetAttr.ofSize(2)),
            new Operation.Setxattr(file.id, Name.of("user.a"), new byte[0], 0),
            new Operation.Read(handle, 0, ByteBuffer.allocate(1)),
            new Operation.Fallocate(handle, 0, 0, 1),
            new Operation.Fsync(handle, true),
            new Operation.Lock(handle, lock, true),
            new Operation.SetFlags(handle, 0),
            new Operation.Open(file.id, OpenFlags.O_RDONLY),
            new Operation.Open(file.id, OpenFlags.O_RDWR | OpenFlags.O_TRUNC),
            new Operation.Rename(ScriptedLeader.ROOT, Name.of("g"), ScriptedLeader.ROOT, F, 0),
            new Operation.Create(
                ScriptedLeader.ROOT, F, OpenFlags.O_RDWR | OpenFlags.O_TRUNC, 0600),
            new Operation.Unlink(ScriptedLeader.ROOT, F));
    for (Operation<?> operation : all) {
      copies.write(ME, handle, 0, bytes("x")); // after a change the lease is there, not the size
      leader.came();
      answers.clear();
      leader.toHold.add("write");
      send(operation);
      assertThat(leader.came()).as(operation.label()).containsExactly("write");
      assertThat(answers).as(operation.label()).isEmpty();
      leader.deliver();
      assertThat(leader.came()).as(operation.label()).containsExactly(operation.label());
      assertThat(answers).as(operation.label()).hasSize(1).doesNotContain(Errno.ENOSYS);
    }
  }

  @Test
  void aNameThatIsLookedUp_showsWhatWasKept() throws ErrnoException {
    dirty();
    assertThat(copies.lookup(ME, ScriptedLeader.ROOT, F).size()).isEqualTo(5);
    assertThat(leader.references).containsEntry(file.id, 2L);
    copies.write(ME, 1, 5, bytes("!"));
    send(new Operation.Lookup(ScriptedLeader.ROOT, F));
    assertThat(((dev.coterie.api.Stat) answers.getFirst()).size()).isEqualTo(6);
  }

  @Test
  void whileAnotherChangeIsUnderWay_nothingIsKept() throws ErrnoException {
    long handle = warm(0);
    leader.toHold.add("setattr");
    send(new Operation.Setattr(file.id, 0, SetAttr.ofSize(0)));
    copies.append(ME, handle, bytes("x"));
    assertThat(leader.came()).containsExactly("setattr", "append");
    assertThat(content()).isEqualTo("x");
  }

  @Test
  void whileItIsNotKnownWhatAChangeTouches_nothingIsKept() throws ErrnoException {
    long handle = warm(0);
    leader.toHold.add("unlink");
    send(new Operation.Unlink(ScriptedLeader.ROOT, F));
    copies.append(ME, handle, bytes("x"));
    assertThat(leader.came()).containsExactly("unlink", "append");
  }

  @Test
  void attributesFromBeforeAWrite_areNotKept() throws ErrnoException {
    long handle = warm(0);
    leader.toHold.add("getattr");
    send(new Operation.Getattr(file.id));
    copies.write(ME, handle, 3, bytes("er"));
    leader.deliver();
    assertThat(copies.getattr(ME, file.id).size()).isEqualTo(5);
    copies.write(ME, handle, 5, bytes("!"));
    assertThat(copies.getattr(ME, file.id).size()).isEqualTo(6);
  }

  @Test
  void readOfWhatIsKept_andOfACopyFromBefore() throws ErrnoException {
    long handle = warm(0);
    ByteBuffer read = ByteBuffer.allocate(10);
    copies.read(ME, handle, 0, read.clear());
    copies.read(ME, handle, 0, read.clear());
    copies.write(ME, handle, 1, bytes("LD!"));
    assertThat(copies.read(ME, handle, 0, read.clear())).isEqualTo(4);
    assertThat(read.flip()).isEqualTo(bytes("oLD!"));
  }

  @Test
  void whatIsGivenUpBeforeItWasSent_isNotSent() throws ErrnoException {
    dirty();
    leader.toHold.add("write");
    Ticket ticket = send(new Operation.Setattr(file.id, 0, SetAttr.ofSize(0)));
    assertThat(ticket.cancel()).isFalse();
    leader.deliver();
    assertThat(answers).containsExactly(Errno.EINTR);
    assertThat(content()).isEqualTo("older");
  }

  // ---- sending ----

  @Test
  void afterASecond_itIsWrittenBack() throws ErrnoException {
    dirty();
    look(1);
    assertThat(leader.writes).isEmpty();
    look(1);
    assertThat(leader.writes).containsExactly("3+2");
    assertThat(leader.came()).doesNotContain("returnleases");
  }

  @Test
  void oneRunIsUnderWay_andOneFull_theNextWriteWaits() throws ErrnoException {
    long handle = warm(0);
    leader.toHold.add("write");
    for (long at = 0; at < 2L * WriteBack.RUN_BYTES; at += 1 << 18) {
      copies.write(ME, handle, at, ByteBuffer.allocate(1 << 18));
    }
    assertThat(leader.came()).containsExactly("write");
    send(new Operation.Write(handle, 2L * WriteBack.RUN_BYTES, bytes("end")));
    assertThat(answers).isEmpty();
    assertThat(leader.came()).isEmpty();
    leader.deliver();
    assertThat(answers).containsExactly(3);
    assertThat(leader.came()).containsExactly("write");
    copies.close(ME, handle);
    assertThat(file.content).hasSize(2 * WriteBack.RUN_BYTES + 3);
  }

  @Test
  void whatIsTakenInPart_isGoneOnWith() throws ErrnoException {
    long handle = dirty();
    leader.writeBytes = 1;
    copies.fsync(ME, handle, false);
    assertThat(leader.writes).containsExactly("3+1", "4+1");
    assertThat(content()).isEqualTo("older");
  }

  @Test
  void tooMuchUnderWay_isTriedAgain() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.EAGAIN);
    send(new Operation.Fsync(handle, false));
    assertThat(answers).isEmpty();
    look(1);
    assertThat(answers).containsExactly(Done.DONE);
    assertThat(content()).isEqualTo("older");
    copies.write(ME, handle, 5, bytes("!"));
    leader.toFail.put("write", Errno.EAGAIN);
    copies.fsync(ME, handle, false);
    assertThat(content()).isEqualTo("older!");
  }

  @Test
  void closeOfTheClient_writesBackFirst() throws ErrnoException {
    dirty();
    copies.close();
    assertThat(content()).isEqualTo("older");
  }

  // ---- recalls ----

  @Test
  void recall_isAnsweredWhenAllIsWrittenBack() throws ErrnoException {
    long handle = dirty();
    leader.toHold.add("write");
    leader.recall(file);
    assertThat(leader.came()).containsExactly("write");
    assertThat(file.held).isNotZero();
    send(new Operation.Write(handle, 5, bytes("!"))); // not kept any more, and waits its turn
    assertThat(answers).isEmpty();
    leader.deliver();
    assertThat(leader.came()).containsExactlyInAnyOrder("returnleases", "write");
    assertThat(file.held).isZero();
    assertThat(answers).containsExactly(1);
    assertThat(content()).isEqualTo("older!");
  }

  @Test
  void recallWhileARunIsUnderWay_bothAreAwaited() throws ErrnoException {
    long handle = warm(0);
    leader.toHold.add("write");
    leader.toHold.add("write");
    copies.write(ME, handle, 3, bytes("er"));
    copies.write(ME, handle, 0, bytes("O"));
    leader.recall(file);
    assertThat(leader.came()).containsExactly("write");
    leader.deliver();
    assertThat(leader.came()).containsExactly("write");
    assertThat(file.held).isNotZero();
    leader.deliver();
    assertThat(leader.came()).containsExactly("returnleases");
    assertThat(content()).isEqualTo("Older");
  }

  @Test
  void secondRecallOfTheSame_waitsToo() throws ErrnoException {
    dirty();
    leader.toHold.add("write");
    leader.recall(file);
    leader.recall(file);
    assertThat(leader.came()).containsOnlyOnce("write").doesNotContain("returnleases");
    leader.deliver();
    assertThat(leader.came()).contains("returnleases", "returnleases").doesNotContain("write");
  }

  private LeaseName shared() {
    return new LeaseName(file.id, file.held).keeping(LeaseMode.SHARED);
  }

  private String read(long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    int count = copies.read(ME, handle, 0, bytes);
    return new String(bytes.array(), 0, count, StandardCharsets.UTF_8);
  }

  // ---- recalls to shared ----

  /** Somebody looks: who has stopped writing goes on to read and stat for nothing. */
  @Test
  void recallToShared_leavesTheCopies() throws ErrnoException {
    long handle = warm(0);
    read(handle);
    long size = copies.getattr(ME, file.id).size();
    leader.came();
    leader.recallToShared(file);
    assertThat(leader.came()).containsExactly("returnleases");
    assertThat(leader.returned).containsExactly(shared());
    assertThat(read(handle)).isEqualTo("old");
    assertThat(copies.getattr(ME, file.id).size()).isEqualTo(size);
    assertThat(leader.came()).isEmpty();
    copies.write(ME, handle, 0, bytes("O"));
    assertThat(leader.came()).as("not kept back any more").containsExactly("write");
    assertThat(read(handle)).isEqualTo("Old");
    leader.recall(file);
    assertThat(file.held).isZero();
  }

  @Test
  void recallToShared_isAnsweredWhenAllIsWrittenBack() throws ErrnoException {
    long handle = dirty();
    leader.toHold.add("write");
    leader.recallToShared(file);
    assertThat(leader.came()).containsExactly("write");
    send(new Operation.Write(handle, 5, bytes("!"))); // not kept any more, and waits its turn
    assertThat(answers).isEmpty();
    leader.deliver();
    assertThat(leader.came()).containsExactlyInAnyOrder("returnleases", "write");
    assertThat(leader.returned).containsExactly(shared());
    assertThat(content()).isEqualTo("older!");
    copies.getattr(ME, file.id);
    assertThat(leader.came()).as("the lease is there still").containsExactly("getattr");
    copies.getattr(ME, file.id);
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void recallOfAll_whileThatToSharedIsNotAnswered() throws ErrnoException {
    dirty();
    LeaseName lease = new LeaseName(file.id, file.held);
    leader.toHold.add("write");
    leader.recallToShared(file);
    leader.recall(file);
    assertThat(leader.came()).containsOnlyOnce("write").doesNotContain("returnleases");
    leader.deliver();
    assertThat(leader.came()).containsSubsequence("returnleases", "returnleases");
    assertThat(leader.returned).containsExactly(lease.keeping(LeaseMode.SHARED), lease);
    copies.getattr(ME, file.id);
    copies.getattr(ME, file.id);
    assertThat(leader.came()).as("no copy").containsExactly("getattr", "getattr");
  }

  /** What is not held cannot be kept, though its grant may be on the way. */
  @Test
  void recallToShared_thatOvertakesTheGrant_isAnsweredWithNone() throws ErrnoException {
    long handle = open(OpenFlags.O_RDWR);
    copies.write(ME, handle, 0, bytes("o"));
    leader.toHold.add("lease");
    send(new Operation.Write(handle, 1, bytes("l")));
    LeaseName lease = new LeaseName(file.id, file.held);
    leader.recallToShared(file);
    assertThat(leader.returned).containsExactly(lease);
    leader.deliver();
    leader.came();
    copies.write(ME, handle, 2, bytes("d"));
    assertThat(leader.came()).as("not kept back under it").containsExactly("lease");
  }

  /** As if all had been given back then: the leader keeps an unlinked file as long. */
  @Test
  void whatWasLeft_isGivenBackAtOnce_whenTheFileIsForgotten() throws ErrnoException {
    long handle = dirty();
    leader.recallToShared(file);
    copies.close(ME, handle);
    leader.came();
    copies.forget(ME, file.id, 1);
    assertThat(leader.came()).containsExactlyInAnyOrder("forget", "returnleases");
    assertThat(file.held).isZero();
  }

  /** Told again, as after a lost connection. */
  @Test
  void recallToShared_ofWhatIsSharedAlready_isAnsweredAtOnce() throws ErrnoException {
    warm(0);
    leader.recallToShared(file);
    leader.recallToShared(file);
    assertThat(leader.returned).containsExactly(shared(), shared());
  }

  /** One asked for again: its reply was sent before the recall, and comes after it. */
  @Test
  void replyFromBeforeARecallToShared_givesNothingBackThatWasGivenUp() throws ErrnoException {
    long handle = warm(0);
    copies.setxattr(ME, file.id, Name.of("user.a"), new byte[0], 0); // the size is not known now
    leader.came();
    leader.toHold.add("lease");
    send(new Operation.Append(handle, bytes("x")));
    leader.recallToShared(file);
    leader.deliver();
    leader.came();
    copies.append(ME, handle, bytes("y"));
    assertThat(leader.came()).as("not kept back").contains("append");
  }

  @Test
  void recallToShared_soon_noWriteIsKeptForAWhile() throws ErrnoException {
    long handle = warm(0);
    leader.recallToShared(file);
    leader.came();
    for (int i = 0; i < 3; i++) {
      copies.write(ME, handle, i, bytes("x"));
    }
    assertThat(leader.came()).containsExactly("write", "write", "write");
    now += Limits.LEASE_QUIET_MS * MS;
    copies.write(ME, handle, 3, bytes("x"));
    assertThat(leader.came()).containsExactly("lease");
  }

  @Test
  void recallSoon_noWriteIsKeptForAWhile() throws ErrnoException {
    long handle = dirty();
    leader.recall(file);
    leader.came();
    copies.write(ME, handle, 0, bytes("x"));
    copies.write(ME, handle, 1, bytes("x"));
    copies.write(ME, handle, 2, bytes("x"));
    assertThat(leader.came()).containsExactly("write", "write", "write");
    now += Limits.LEASE_QUIET_MS * MS;
    copies.write(ME, handle, 3, bytes("x"));
    assertThat(leader.came()).containsExactly("lease");
  }

  @Test
  void leaseThatIsGivenBackUnasked_isWrittenBackBefore() throws ErrnoException {
    dirty();
    leader.toHold.add("write");
    look(16);
    assertThat(leader.came()).contains("write").doesNotContain("returnleases");
    leader.deliver();
    look(1);
    assertThat(leader.came()).contains("returnleases");
    assertThat(file.held).isZero();
  }

  @Test
  void deadlinePassed_nothingMoreIsKept_andWhatIsGoesFirst() throws ErrnoException {
    long handle = dirty();
    now += Limits.LEASE_MS * MS;
    copies.write(ME, handle, 5, bytes("!"));
    assertThat(leader.writes).containsExactly("3+2", "5+1");
  }

  @Test
  void deadlinePassesWhileTheBytesGoIn_theWriteIsNotDone() throws ErrnoException {
    long handle = dirty();
    atClock =
        () -> {
          now += Limits.LEASE_MS * MS; // whoever looks at the clock finds it late
          atClock = () -> {};
        };
    leader.written.clear();
    copies.write(ME, handle, 3, bytes("XYZ"));
    assertThat(leader.written).containsExactly("er", "XYZ");
  }

  // ---- at the same time ----

  /** Has another thread do something while a write is being kept, from its last look on. */
  private void whileKeeping(long handle, String text, Runnable other) throws Exception {
    Thread thread = new Thread(other);
    atClock =
        () -> {
          atClock = () -> {};
          thread.start();
          while (thread.getState() != Thread.State.BLOCKED) { // at the lock that the writer has
            Thread.onSpinWait();
          }
        };
    copies.write(ME, handle, 3, bytes(text));
    thread.join();
  }

  @Test
  void recallWhileAWriteIsBeingKept_comesAfterIt() throws Exception {
    long handle = warm(0);
    whileKeeping(handle, "er", () -> leader.recall(file));
    assertThat(leader.came()).containsSubsequence("write", "returnleases");
    assertThat(content()).isEqualTo("older");
  }

  @Test
  void changeWhileAWriteIsBeingKept_comesAfterIt() throws Exception {
    long handle = warm(0);
    whileKeeping(handle, "er", () -> send(new Operation.Setattr(file.id, 0, SetAttr.ofSize(1))));
    assertThat(leader.came()).containsExactly("write", "setattr");
    assertThat(content()).isEqualTo("o");
  }

  @Test
  void changeOfSomethingWhileAWriteIsBeingKept_comesAfterIt() throws Exception {
    long handle = warm(0);
    whileKeeping(handle, "er", () -> send(new Operation.Unlink(ScriptedLeader.ROOT, F)));
    assertThat(leader.came()).containsExactly("write", "unlink");
  }

  // ---- errors ----

  @Test
  void errorOfAWriteBack_isToldOnceAtEachHandleThatWrote() throws ErrnoException {
    long handle = dirty();
    long other = copies.open(ME, file.id, OpenFlags.O_RDWR).handle();
    long idle = copies.open(ME, file.id, OpenFlags.O_RDWR).handle();
    copies.write(ME, handle, 3, bytes("er"));
    leader.toHold.add("write");
    copies.write(ME, other, 5, bytes("!")); // the first run is on its way
    leader.toFail.clear();
    file.content = bytes("old").array();
    failHeldWrite(Errno.ENOSPC);
    assertErrno(() -> copies.fsync(ME, handle, false), Errno.ENOSPC);
    copies.fsync(ME, handle, false);
    assertErrno(() -> copies.write(ME, other, 0, bytes("x")), Errno.ENOSPC);
    copies.write(ME, other, 0, bytes("x"));
    copies.fsync(ME, idle, false);
    copies.close(ME, other);
  }

  /** What is held back ends with an error instead. */
  private void failHeldWrite(Errno errno) {
    leader.heldBack.clear();
    Completion<?> held = leader.lastHeld;
    if (held != null) {
      held.failed(errno);
    }
  }

  @Test
  void errorIsTold_atClose_whichClosesAllTheSame() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.EFBIG);
    assertErrno(() -> copies.close(ME, handle), Errno.EFBIG);
    assertThat(leader.handles).isEmpty();
    assertThat(leader.came()).containsExactly("write", "close");
  }

  @Test
  void errorIsTold_alsoWhereNobodyWaits() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.EDQUOT);
    send(new Operation.Fsync(handle, false));
    send(new Operation.Fsync(handle, false));
    assertThat(answers).containsExactly(Errno.EDQUOT, Done.DONE);
  }

  @Test
  void errorIsTold_byTheWriteThatHadToWaitForIt() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.ENOSPC);
    assertErrno(
        () -> copies.write(ME, handle, 0, ByteBuffer.allocate(WriteBack.WRITE_BYTES + 1)),
        Errno.ENOSPC);
    assertThat(leader.writes).isEmpty();
    copies.write(ME, handle, 3, bytes("er"));
    leader.toFail.put("write", Errno.ENOSPC);
    send(new Operation.Write(handle, 0, ByteBuffer.allocate(WriteBack.WRITE_BYTES + 1)));
    assertThat(answers).containsExactly(Errno.ENOSPC);
  }

  @Test
  void afterAnError_theSizeIsAskedFor() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.ENOSPC);
    assertErrno(() -> copies.fsync(ME, handle, false), Errno.ENOSPC);
    assertThat(copies.append(ME, handle, bytes("!"))).isEqualTo(new Transferred(3, 1));
  }

  @Test
  void lostSession_isEioAtEachHandleOnce_andNothingIsSentLater() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.ESTALE);
    look(2);
    assertThat(leader.came()).containsOnlyOnce("write");
    assertErrno(() -> copies.fsync(ME, handle, false), Errno.EIO);
    copies.fsync(ME, handle, false);
    assertThat(leader.writes).isEmpty();
  }

  @Test
  void lostConnection_isEio() throws ErrnoException {
    long handle = dirty();
    leader.toFail.put("write", Errno.ENOTCONN);
    assertErrno(() -> copies.close(ME, handle), Errno.EIO);
    assertThat(leader.writes).isEmpty();
  }
}

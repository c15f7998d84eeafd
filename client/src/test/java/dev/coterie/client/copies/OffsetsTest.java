package dev.coterie.client.copies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Ticket;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where the offset of an open file is, with a leader that does what the test wants. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OffsetsTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name F = Name.of("f");
  private static final Token TOKEN = new Token(1, 2);

  private final ScriptedLeader leader = new ScriptedLeader();
  private final ScriptedLeader.File file = leader.file("f", "0123456789");
  private long now;
  private final Copies copies = new Copies(leader, 1 << 20, () -> now, 2);
  private final List<Object> answers = new ArrayList<>();

  @BeforeEach
  void refer() throws ErrnoException {
    leader.grantsExclusive = true;
    copies.root(ME);
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    leader.came();
  }

  private long open(int flags) throws ErrnoException {
    long handle = copies.open(ME, file.id, OpenFlags.O_RDWR | flags).handle();
    leader.came();
    return handle;
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

  private static Operation.ReadNext reading(long handle, int count) {
    return new Operation.ReadNext(handle, ByteBuffer.allocate(count));
  }

  private String content() {
    return new String(file.content, StandardCharsets.UTF_8);
  }

  private String read(long handle, int count) throws ErrnoException {
    ByteBuffer destination = ByteBuffer.allocate(count);
    Transferred moved = copies.readNext(ME, handle, destination);
    assertThat(destination.position()).isEqualTo(moved.count());
    return new String(destination.array(), 0, moved.count(), StandardCharsets.UTF_8);
  }

  private long seek(long handle, Whence whence, long offset) throws ErrnoException {
    return copies.seek(ME, handle, whence, offset);
  }

  private static void fails(
      Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  // ---- what it costs ----

  @Test
  void whileAlone_movingCostsNothing_andReadingNothingUnderALease() throws ErrnoException {
    long handle = open(0);
    assertThat(seek(handle, Whence.SET, 4)).isEqualTo(4);
    assertThat(seek(handle, Whence.CUR, -1)).isEqualTo(3);
    assertThat(leader.came()).isEmpty();
    assertThat(read(handle, 2)).isEqualTo("34");
    assertThat(read(handle, 2)).isEqualTo("56");
    assertThat(leader.came()).containsExactly("read", "lease", "read");
    assertThat(read(handle, 2)).isEqualTo("78");
    assertThat(read(handle, 2)).isEqualTo("9");
    assertThat(read(handle, 2)).isEmpty();
    assertThat(seek(handle, Whence.END, -3)).isEqualTo(7);
    assertThat(read(handle, 9)).isEqualTo("789");
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void theEnd_isAskedForUntilALeaseCoversIt() throws ErrnoException {
    leader.refusesLeases = true;
    long handle = open(0);
    assertThat(seek(handle, Whence.END, 0)).isEqualTo(10);
    assertThat(leader.came()).containsExactly("getattr");
    file.content = new byte[20]; // by somebody else
    assertThat(seek(handle, Whence.END, 1)).isEqualTo(21);
    assertThat(leader.came()).hasSize(1);
    fails(Errno.EINVAL, () -> seek(handle, Whence.END, -21));
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(21);
  }

  @Test
  void theEnd_isAskedFor_whenTheLeaseIsNotUsable() throws ErrnoException {
    long handle = open(0);
    seek(handle, Whence.END, 0);
    seek(handle, Whence.END, 0);
    leader.came();
    assertThat(seek(handle, Whence.END, 0)).isEqualTo(10);
    assertThat(leader.came()).isEmpty();
    leader.toHold.add("setattr");
    send(new Operation.Setattr(file.id, handle, SetAttr.ofSize(4))); // own, and on its way
    assertThat(seek(handle, Whence.END, 0)).isEqualTo(4);
    leader.deliver();
    leader.came();
    now += TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS);
    file.content = new byte[30]; // by somebody else
    assertThat(seek(handle, Whence.END, 0)).isEqualTo(30);
    assertThat(leader.came()).hasSize(1);
  }

  @Test
  void writesInARow_areKeptBack_alsoTheirEnd() throws ErrnoException {
    long handle = open(0);
    for (int i = 0; i < 100; i++) {
      assertThat(copies.writeNext(ME, handle, bytes("ab"))).isEqualTo(new Transferred(2 * i, 2));
    }
    assertThat(seek(handle, Whence.END, 0)).isEqualTo(200);
    assertThat(leader.came()).containsExactly("write", "lease");
    copies.fsync(ME, handle, false);
    assertThat(content()).isEqualTo("ab".repeat(100));
    assertThat(leader.offset(handle)).as("the leader's").isZero();
  }

  // ---- append ----

  @Test
  void appended_movesBehindWhatWasWritten() throws ErrnoException {
    long handle = open(OpenFlags.O_APPEND);
    assertThat(read(handle, 2)).isEqualTo("01");
    assertThat(copies.writeNext(ME, handle, bytes("xy"))).isEqualTo(new Transferred(10, 2));
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(12);
    copies.setFlags(ME, handle, 0);
    seek(handle, Whence.SET, 1);
    assertThat(copies.writeNext(ME, handle, bytes("!"))).isEqualTo(new Transferred(1, 1));
    copies.fsync(ME, handle, false);
    assertThat(content()).isEqualTo("0!23456789xy");
  }

  /** Else it would be told to go to an offset, and go to the end, and nobody knew where. */
  @Test
  void flagsThatAreOnTheirWay_areWaitedForByTheNextWrite() throws ErrnoException {
    long handle = open(0);
    leader.toHold.add("setflags");
    send(new Operation.SetFlags(handle, OpenFlags.O_APPEND));
    send(new Operation.WriteNext(handle, bytes("x")));
    assertThat(leader.came()).containsExactly("setflags");
    leader.deliver();
    assertThat(answers).containsExactly(Done.DONE, new Transferred(10, 1));
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(11);
  }

  @Test
  void appendAtALargeOffset_isRefusedAsByLinux() throws ErrnoException {
    long handle = open(OpenFlags.O_APPEND);
    seek(handle, Whence.SET, Long.MAX_VALUE);
    leader.came();
    copies.setattr(ME, file.id, 0, SetAttr.ofMode(0600)); // nothing of it is leased
    leader.came();
    leader.toFail.put("write", Errno.EINVAL);
    fails(Errno.EINVAL, () -> copies.writeNext(ME, handle, bytes("x")));
    assertThat(leader.came()).containsExactly("write");
  }

  // ---- others ----

  @Test
  void share_tellsTheOffsetFirst_ifItHasMoved() throws ErrnoException {
    long handle = open(0);
    copies.share(ME, handle);
    assertThat(leader.came()).containsExactly("share");

    long moved = open(0);
    seek(moved, Whence.SET, 7);
    assertThat(copies.share(ME, moved)).isEqualTo(TOKEN);
    assertThat(leader.came()).containsExactly("seek", "share");
    assertThat(leader.byOther(reading(moved, 2))).isEqualTo(new Transferred(7, 2));
    assertThat(read(moved, 9)).isEqualTo("9");
    assertThat(seek(moved, Whence.CUR, 0)).isEqualTo(10);
    copies.writeNext(ME, moved, bytes("a"));
    copies.share(ME, moved);
    assertThat(leader.came()).containsExactly("readnext", "seek", "writenext", "share");
  }

  @Test
  void share_thatCannotTellTheOffset_fails_andTheOffsetStays() throws ErrnoException {
    long handle = open(0);
    seek(handle, Whence.SET, 7);
    leader.toFail.put("seek", Errno.EIO);
    fails(Errno.EIO, () -> copies.share(ME, handle));
    assertThat(leader.came()).containsExactly("seek");
    assertThat(read(handle, 1)).isEqualTo("7");
    seek(handle, Whence.SET, 0);
    leader.came();
    copies.share(ME, handle);
    assertThat(leader.came()).as("that seek may have come").containsExactly("seek", "share");
    assertThat(leader.offset(handle)).isZero();
  }

  @Test
  void taken_isTheLeadersFromTheBeginning() throws ErrnoException {
    long handle = open(0);
    read(handle, 3);
    Opened taken = copies.take(ME, copies.share(ME, handle));
    leader.came();
    assertThat(read(taken.handle(), 3)).isEqualTo("345");
    assertThat(leader.came()).containsExactly("readnext");
  }

  /** The reference's race: the right to the offset ends in the middle of a read at it. */
  @Test
  void share_inTheMiddleOfARead_waitsForIt() throws ErrnoException {
    long handle = open(0);
    leader.toHold.add("read");
    send(reading(handle, 4));
    send(new Operation.Share(handle));
    send(reading(handle, 2));
    assertThat(leader.came()).containsExactly("read");
    assertThat(answers).isEmpty();
    leader.deliver();
    assertThat(answers).containsExactly(new Transferred(0, 4), TOKEN, new Transferred(4, 2));
    assertThat(leader.came()).containsExactly("seek", "share", "readnext");
    assertThat(leader.byOther(reading(handle, 2))).isEqualTo(new Transferred(6, 2));
  }

  @Test
  void share_inTheMiddleOfAWrite_waitsForIt_alsoIfThatFails() throws ErrnoException {
    long handle = open(0);
    leader.writeBytes = 1;
    leader.toHold.add("write");
    send(new Operation.WriteNext(handle, bytes("ab")));
    send(new Operation.Share(handle));
    leader.deliver();
    assertThat(answers).containsExactly(new Transferred(0, 1), TOKEN);
    assertThat(leader.offset(handle)).isEqualTo(1);

    long other = open(0);
    answers.clear();
    leader.toHold.add("write");
    leader.toFail.put("write", Errno.ENOSPC);
    send(new Operation.WriteNext(other, bytes("ab")));
    send(new Operation.Share(other));
    leader.deliver();
    assertThat(answers).containsExactly(Errno.ENOSPC, TOKEN);
    assertThat(leader.offset(other)).isZero();
  }

  /** What comes while the offset is on its way to the leader is done there, after it. */
  @Test
  void whatWaitsBehindAShare_isDoneByTheLeader() throws ErrnoException {
    long handle = open(0);
    read(handle, 1);
    leader.toHold.add("seek");
    send(new Operation.Share(handle));
    send(new Operation.Seek(handle, Whence.CUR, 2));
    send(new Operation.WriteNext(handle, bytes("x")));
    assertThat(leader.came()).containsExactly("read", "seek");
    leader.deliver();
    assertThat(leader.came()).containsExactly("share", "seek", "writenext");
    assertThat(answers).containsExactly(TOKEN, 3L, new Transferred(3, 1));
    assertThat(content()).isEqualTo("012x456789");
  }

  // ---- turns ----

  @Test
  void manyThatWait_areDoneInOrder_eachOnce() throws ErrnoException {
    long handle = open(0);
    file.content = new byte[100_000];
    leader.toHold.add("read");
    for (int i = 0; i < 20_000; i++) {
      send(reading(handle, 3));
    }
    assertThat(answers).isEmpty();
    leader.deliver();
    for (int i = 0; i < 20_000; i++) {
      assertThat(answers.get(i)).isEqualTo(new Transferred(3 * i, 3));
    }
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(60_000);
  }

  @Test
  void whatIsGivenUpWhileItWaits_isNotDone() throws ErrnoException {
    long handle = open(0);
    leader.toHold.add("read");
    send(reading(handle, 4));
    Ticket second = send(reading(handle, 4));
    send(reading(handle, 4));
    second.cancel();
    leader.deliver();
    assertThat(answers).containsExactly(new Transferred(0, 4), Errno.EINTR, new Transferred(4, 4));
  }

  @Test
  void aThreadThatWaits_isAnswered_whenItsTurnComes() throws Exception {
    long handle = open(0);
    leader.toHold.add("read");
    send(reading(handle, 4));
    FutureTask<String> second = new FutureTask<>(() -> read(handle, 4));
    Thread thread = Thread.ofPlatform().start(second);
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    leader.deliver();
    assertThat(second.get()).isEqualTo("4567");
    assertThat(answers).containsExactly(new Transferred(0, 4));
  }

  /** Of an operation that had to be asked for, and one that was answered here. */
  @Test
  void whoIsAnswered_canUseTheOffsetAtOnce() throws ErrnoException {
    long handle = open(0);
    leader.toHold.add("read");
    for (int i = 0; i < 2; i++) {
      copies.submit(
          ME,
          reading(handle, 2),
          new Completion<Transferred>() {
            @Override
            public void done(Transferred moved) {
              try {
                answers.add(moved);
                answers.add(read(handle, 1));
                answers.add(seek(handle, Whence.CUR, 0));
              } catch (ErrnoException e) {
                throw new AssertionError(e);
              }
            }

            @Override
            public void failed(Errno errno) {
              throw new AssertionError(errno);
            }
          });
    }
    leader.deliver();
    assertThat(answers)
        .containsExactly(new Transferred(0, 2), "2", 3L, new Transferred(3, 2), "5", 6L);
  }

  // ---- what no offset can be ----

  @Test
  void impossiblePlaces_areRefusedHere() throws ErrnoException {
    long handle = open(0);
    seek(handle, Whence.SET, 5);
    fails(Errno.EINVAL, () -> seek(handle, Whence.SET, -1));
    fails(Errno.EINVAL, () -> seek(handle, Whence.CUR, -6));
    fails(Errno.EINVAL, () -> seek(handle, Whence.CUR, Long.MAX_VALUE));
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(5);
    assertThat(leader.came()).isEmpty();
    fails(Errno.EBADF, () -> copies.seek(ME, 12_345, Whence.SET, 0), "seek");
  }

  private void fails(
      Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String came) {
    leader.toFail.put(came, errno);
    fails(errno, call);
    assertThat(leader.came()).containsExactly(came);
  }

  /** Not each file system has places so far behind. */
  @Test
  void farPlaces_andHoles_areTheLeadersToKnow() throws ErrnoException {
    long handle = open(0);
    assertThat(seek(handle, Whence.SET, 1L << 40)).isEqualTo(1L << 40);
    assertThat(seek(handle, Whence.CUR, 1)).isEqualTo((1L << 40) + 1);
    assertThat(leader.came()).containsExactly("seek", "seek");
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo((1L << 40) + 1);
    assertThat(leader.came()).isEmpty();
    fails(Errno.EINVAL, () -> seek(handle, Whence.SET, 1L << 41), "seek");
    assertThat(seek(handle, Whence.END, 1L << 40)).isEqualTo((1L << 40) + 10);
    assertThat(leader.came()).containsExactly("getattr", "seek");
    assertThat(seek(handle, Whence.DATA, 0)).isEqualTo(1000);
    assertThat(seek(handle, Whence.CUR, 0)).isEqualTo(1000);
  }

  @Test
  void whatIsNoFile_isTheLeaders() throws ErrnoException {
    long directory = copies.open(ME, ScriptedLeader.ROOT, OpenFlags.O_RDONLY).handle();
    leader.came();
    seek(directory, Whence.SET, 3);
    assertThat(leader.came()).containsExactly("seek");
  }
}

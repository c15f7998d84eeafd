package dev.coterie.client.copies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each rule of the client in docs/leases.md, with a leader that does what the test wants. */
class CopiesTest {
  private static final Caller ME = Caller.ROOT;
  private static final Caller OTHER = new Caller(1000, 1000, new int[0], 0, 0);
  private static final Name F = Name.of("f");
  private static final long MS = 1_000_000;

  private final ScriptedLeader leader = new ScriptedLeader();
  private final ScriptedLeader.File file = leader.file("f", "old");
  private long now = Long.MAX_VALUE - 1000 * MS; // and it wraps around on the way
  private final Copies copies = new Copies(leader, 1 << 20, () -> now);
  private final List<Object> answers = new ArrayList<>();

  @BeforeEach
  void refer() throws ErrnoException {
    copies.root(ME);
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    leader.came();
  }

  private <R> void send(Operation<R> operation) {
    copies.submit(
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

  private int mode() throws ErrnoException {
    return copies.getattr(ME, file.id).mode() & 07777;
  }

  /** Until a copy of the attributes is used. */
  private void warm() throws ErrnoException {
    mode();
    mode();
    leader.came();
    mode();
    assertThat(leader.came()).isEmpty();
  }

  private long open(int flags) throws ErrnoException {
    long handle = copies.open(ME, file.id, flags).handle();
    leader.came();
    return handle;
  }

  private String read(long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    int count = copies.read(ME, handle, 0, bytes);
    assertThat(bytes.position()).isEqualTo(count);
    return new String(bytes.array(), 0, count, StandardCharsets.UTF_8);
  }

  private long warmRead() throws ErrnoException {
    long handle = open(OpenFlags.O_RDWR);
    read(handle);
    assertThat(read(handle)).isEqualTo("old");
    leader.came();
    assertThat(read(handle)).isEqualTo("old");
    assertThat(leader.came()).isEmpty();
    return handle;
  }

  // ---- a connection that is lost ----

  @Test
  void lostConnection_endsTheUseOfCopies_untilSomethingIsAnswered() throws ErrnoException {
    warm();
    copies.lost();
    mode();
    assertThat(leader.came()).containsExactly("getattr");
    mode();
    assertThat(leader.came()).as("the session goes on, and so does its lease").isEmpty();
  }

  // ---- what it costs ----

  @Test
  void getattr_fromTheThird_costsNothing() throws ErrnoException {
    mode();
    mode();
    assertThat(leader.came()).containsExactly("getattr", "lease");
    mode();
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void read_fromTheThird_costsNothing() throws ErrnoException {
    long handle = open(OpenFlags.O_RDONLY);
    read(handle);
    read(handle);
    assertThat(leader.came()).containsExactly("read", "lease", "read");
    assertThat(read(handle)).isEqualTo("old");
    assertThat(copies.read(ME, handle, 1, ByteBuffer.allocate(1))).isEqualTo(1);
    assertThat(copies.read(ME, handle, 3, ByteBuffer.allocate(1))).isZero();
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void read_ofWhatIsNotInTheSameBlock_isAskedFor() throws ErrnoException {
    file.content = new byte[3 * PagePool.BLOCK + 5];
    file.content[2 * PagePool.BLOCK] = 7;
    long handle = open(OpenFlags.O_RDONLY);
    read(handle);
    read(handle);
    leader.came();
    ByteBuffer across = ByteBuffer.allocate(PagePool.BLOCK);
    copies.read(ME, handle, PagePool.BLOCK + 1, across);
    assertThat(across.get(PagePool.BLOCK - 1)).isEqualTo((byte) 7);
    assertThat(leader.came()).containsExactly("read");
    across.clear();
    copies.read(ME, handle, PagePool.BLOCK + 1, across);
    assertThat(across.get(PagePool.BLOCK - 1)).isEqualTo((byte) 7);
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void lookup_ofAKnownName_costsNothing_alsoOfAnAbsentOne() throws ErrnoException {
    Name absent = Name.of("absent");
    for (int i = 0; i < 4; i++) {
      copies.lookup(ME, ScriptedLeader.ROOT, F);
      assertThatThrownBy(() -> copies.lookup(ME, ScriptedLeader.ROOT, absent))
          .isInstanceOf(ErrnoException.class);
    }
    leader.came();
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    assertThatThrownBy(() -> copies.lookup(ME, ScriptedLeader.ROOT, absent))
        .hasMessageContaining("lookup");
    assertThat(leader.came()).isEmpty();
  }

  // ---- leases that come with an opening ----

  /** Read once before, so that it is worth a lease now. */
  private void readOnce() throws ErrnoException {
    long handle = open(OpenFlags.O_RDONLY);
    read(handle);
    copies.close(ME, handle);
    leader.came();
  }

  @Test
  void secondOpening_bringsTheLease() throws ErrnoException {
    readOnce();
    long handle = copies.open(ME, file.id, OpenFlags.O_RDONLY).handle();
    assertThat(file.held).isNotZero();
    mode();
    assertThat(leader.came()).containsExactly("open");
    read(handle);
    assertThat(leader.came()).as("no lease of its own").containsExactly("read");
    assertThat(read(handle)).isEqualTo("old");
    assertThat(leader.came()).isEmpty();
    leader.recall(file);
    file.content = "new".getBytes(StandardCharsets.UTF_8);
    assertThat(read(handle)).isEqualTo("new");
  }

  @Test
  void openings_ofWhatWasNotRead_orNotToBeReadFromCopies_bringNone() throws ErrnoException {
    open(OpenFlags.O_RDONLY);
    open(OpenFlags.O_RDONLY);
    assertThat(file.held).as("used by nobody").isZero();
    readOnce();
    open(OpenFlags.O_RDONLY | OpenFlags.O_DIRECT);
    open(OpenFlags.O_RDONLY | OpenFlags.O_NOATIME);
    open(OpenFlags.O_WRONLY);
    open(OpenFlags.O_RDWR);
    assertThat(file.held).isZero();
    Operation.Opened opened = copies.open(ME, file.id, OpenFlags.O_RDONLY);
    assertThat(file.held).isNotZero();
    assertThat(opened.seq()).as("kept here").isZero();
  }

  @Test
  void callersOwnWishForALease_isNotPassedOn() throws ErrnoException {
    Operation.Opened opened =
        copies.open(ME, file.id, OpenFlags.O_RDONLY | OpenFlags.LEASE | OpenFlags.READ_SOON);
    assertThat(opened.seq()).isZero();
    assertThat(file.held).isZero();
  }

  @Test
  void openingWhoseLeaseWasRecalledMeanwhile_bringsNone() throws ErrnoException {
    readOnce();
    leader.toHold.add("open");
    send(new Operation.Open(file.id, OpenFlags.O_RDONLY));
    leader.recall(file); // overtakes the grant
    assertThat(leader.came()).containsSubsequence("open", "returnleases");
    file.mode = Mode.S_IFREG | 0600;
    leader.deliver();
    copies.lookup(ME, ScriptedLeader.ROOT, F); // which adds time
    assertThat(mode()).isEqualTo(0600);
  }

  @Test
  void openingBesideAnOwnChange_bringsNoAttributes() throws ErrnoException {
    readOnce();
    leader.toHold.add("open");
    send(new Operation.Open(file.id, OpenFlags.O_RDONLY));
    copies.setattr(ME, file.id, 0, SetAttr.ofMode(0600));
    leader.deliver();
    copies.lookup(ME, ScriptedLeader.ROOT, F); // which adds time
    assertThat(mode()).isEqualTo(0600);
  }

  /** Nobody hears of it: its recall finds nothing, and is answered. */
  @Test
  void openingThatFails_leavesALeaseThatNobodyKnows() throws ErrnoException {
    readOnce();
    leader.toFail.put("open", Errno.EINTR);
    send(new Operation.Open(file.id, OpenFlags.O_RDONLY));
    assertThat(answers).containsExactly(Errno.EINTR);
    leader.recall(file.id, 1);
    assertThat(leader.came()).containsSubsequence("open", "returnleases");
  }

  // ---- recalls ----

  @Test
  void recall_endsTheCopy_beforeItIsGivenBack() throws ErrnoException {
    warm();
    leader.atReturn =
        () -> {
          file.mode = Mode.S_IFREG | 0600;
          send(new Operation.Getattr(file.id));
        };
    leader.recall(file);
    assertThat(leader.came()).containsExactly("returnleases", "getattr");
    assertThat(answers)
        .singleElement()
        .extracting(stat -> ((Stat) stat).mode() & 07777)
        .isEqualTo(0600);
    assertThat(leader.taker).as("asks for the next recall").isNotNull();
  }

  @Test
  void recallSoonAfterTheGrant_noLeaseForAWhile() throws ErrnoException {
    warm();
    leader.recall(file);
    leader.came();
    mode();
    mode();
    mode();
    assertThat(leader.came()).containsExactly("getattr", "getattr", "getattr");
    now += Keeper.QUIET_NS;
    mode();
    assertThat(leader.came()).containsExactly("lease");
  }

  @Test
  void grantThatComesAfterItsRecall_isNotUsed() throws ErrnoException {
    mode();
    leader.toHold.add("lease");
    send(new Operation.Getattr(file.id));
    leader.recall(file); // overtakes the grant
    file.mode = Mode.S_IFREG | 0600;
    leader.deliver();
    assertThat(mode()).isEqualTo(0600);
  }

  @Test
  void recallOfWhatIsNotHeld_isAnswered() throws ErrnoException {
    warm();
    leader.recall(new InodeId(77, 1), 5);
    assertThat(leader.came()).containsExactly("returnleases");
  }

  // ---- time ----

  @Test
  void copy_isUsedUntilTheDeadline_fromTheSendingOn() throws ErrnoException {
    mode();
    leader.toHold.add("lease");
    send(new Operation.Getattr(file.id));
    now += 1500 * MS;
    leader.deliver();
    leader.came();
    now += (Limits.LEASE_MS - 1500) * MS - 1;
    mode();
    assertThat(leader.came()).isEmpty();
    now += 1;
    mode();
    assertThat(leader.came()).containsExactly("getattr");
    mode();
    assertThat(leader.came()).as("the answer gave time").isEmpty();
  }

  @Test
  void replyWhileNoRequestForRecallsIsAtTheLeader_addsNoTime() throws ErrnoException {
    warm();
    now += 1000 * MS;
    leader.beforeRecalls = () -> send(new Operation.Getattr(ScriptedLeader.ROOT));
    leader.recall(new InodeId(77, 1), 5);
    now += (Limits.LEASE_MS - 1000) * MS - 1;
    assertThat(answers).hasSize(1);
    leader.came();
    mode();
    assertThat(leader.came()).isEmpty();
    now += 1;
    mode();
    assertThat(leader.came()).containsExactly("getattr");
  }

  @Test
  void usedCopies_areKeptAliveByALook_unusedAreNot() throws ErrnoException {
    warm();
    copies.look();
    leader.came();
    now += Limits.LEASE_MS / 3 * MS;
    mode();
    copies.look();
    assertThat(leader.came()).containsExactly("returnleases");
    copies.look();
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void unusedLease_isGivenBack() throws ErrnoException {
    warm();
    assertThat(file.held).isNotZero();
    for (int i = 0; i < 20; i++) {
      copies.look();
    }
    assertThat(file.held).isZero();
  }

  @Test
  void grantOnItsWayBack_isNotUsed() throws ErrnoException {
    warm();
    leader.toFail.put("returnleases", Errno.EAGAIN); // so that it is not sent at once
    for (int i = 0; i < 16; i++) {
      copies.look();
    }
    assertThat(file.held).isNotZero();
    leader.came();
    mode(); // asks, and is told of the same grant
    copies.look(); // gives it back
    assertThat(file.held).isZero();
    file.mode = Mode.S_IFREG | 0600;
    assertThat(mode()).isEqualTo(0600);
  }

  @Test
  void sessionThatIsOver_isNeverAnsweredFromCopies() throws ErrnoException {
    warm();
    Completion<?> taker = leader.taker;
    assertThat(taker).isNotNull();
    taker.failed(Errno.ESTALE);
    mode();
    mode();
    mode();
    assertThat(leader.came()).containsExactly("getattr", "getattr", "getattr");
  }

  @Test
  void lostConnection_isNotAnsweredFromCopies() throws ErrnoException {
    warm();
    leader.toFail.put("statfs", Errno.ENOTCONN);
    assertThatThrownBy(() -> copies.statfs(ME, file.id)).isInstanceOf(ErrnoException.class);
    leader.came();
    mode();
    assertThat(leader.came()).containsExactly("getattr");
  }

  // ---- own changes ----

  @Test
  void ownChangeUnderWay_theCopyIsNotUsed_andAfterItTheNewOne() throws ErrnoException {
    warm();
    leader.toHold.add("setattr");
    send(new Operation.Setattr(file.id, 0, SetAttr.ofMode(0600)));
    assertThat(mode()).isEqualTo(0600);
    leader.came();
    leader.deliver();
    assertThat(mode()).isEqualTo(0600);
    assertThat(leader.came()).as("the reply had them").isEmpty();
  }

  @Test
  void ownWriteUnderWay_theCopyIsNotUsed_norAfterIt() throws ErrnoException {
    long handle = warmRead();
    leader.toHold.add("write");
    send(new Operation.Write(handle, 0, bytes("newer")));
    assertThat(read(handle)).isEqualTo("newer");
    leader.deliver();
    assertThat(read(handle)).isEqualTo("newer");
    assertThat(copies.getattr(ME, file.id).size()).isEqualTo(5);
  }

  @Test
  void attributesFromBeforeAnOwnChange_areNotKept() throws ErrnoException {
    mode();
    leader.toHold.add("lease");
    send(new Operation.Getattr(file.id));
    copies.setattr(ME, file.id, 0, SetAttr.ofMode(0600));
    leader.deliver();
    assertThat(mode()).isEqualTo(0600);
  }

  @Test
  void replyOfAnOwnChange_isNotKept_ifAnotherEndedMeanwhile() throws ErrnoException {
    warm();
    leader.toHold.add("setattr");
    send(new Operation.Setattr(file.id, 0, SetAttr.ofMode(0600)));
    copies.setattr(ME, file.id, 0, SetAttr.ofMode(0640));
    leader.deliver();
    assertThat(mode()).isEqualTo(0640);
  }

  @Test
  void unlinkOfAnUnknownName_touchesAllAttributes() throws ErrnoException {
    warm();
    leader.toHold.add("unlink");
    send(new Operation.Unlink(ScriptedLeader.ROOT, F));
    assertThat(copies.getattr(ME, file.id).nlink()).isZero();
    leader.deliver();
    assertThat(copies.getattr(ME, file.id).nlink()).isZero();
  }

  @Test
  void unlinkOfAnUnknownName_endsAllAttributes() throws ErrnoException {
    warm();
    copies.unlink(ME, ScriptedLeader.ROOT, F);
    assertThat(copies.getattr(ME, file.id).nlink()).isZero();
  }

  @Test
  void unlinkOfAKnownName_leavesOthersAlone() throws ErrnoException {
    ScriptedLeader.File other = leader.file("g", "");
    copies.lookup(ME, ScriptedLeader.ROOT, Name.of("g"));
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    for (int i = 0; i < 3; i++) {
      copies.getattr(ME, other.id);
      copies.getattr(ME, file.id);
    }
    leader.came();
    copies.unlink(ME, ScriptedLeader.ROOT, F);
    copies.getattr(ME, other.id);
    assertThat(leader.came()).containsExactly("unlink");
    assertThat(copies.getattr(ME, file.id).nlink()).isZero();
  }

  @Test
  void createThatEmpties_endsTheCopyOfWhatItWas() throws ErrnoException {
    long handle = warmRead();
    leader.toHold.add("create");
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
    send(new Operation.Create(ScriptedLeader.ROOT, F, flags, 0644));
    assertThat(read(handle)).isEmpty();
    leader.deliver();
    assertThat(read(handle)).isEmpty();
  }

  // ---- filling ----

  @Test
  void contentFromBeforeARecall_isNotKeptUnderTheNextGrant() throws ErrnoException {
    long handle = open(OpenFlags.O_RDONLY);
    read(handle);
    leader.toHold.add("read");
    send(new Operation.Read(handle, 0, ByteBuffer.allocate(10)));
    leader.recall(file);
    file.content = "new".getBytes(StandardCharsets.UTF_8);
    now += Keeper.QUIET_NS;
    mode();
    mode();
    assertThat(file.held).isEqualTo(2);
    leader.deliver();
    assertThat(read(handle)).isEqualTo("new");
  }

  @Test
  void inodeOfANameFromBeforeARecall_isNotKeptUnderTheNextGrant() throws ErrnoException {
    copies.lookup(ME, ScriptedLeader.ROOT, F); // with a lease
    Name name = Name.of("g");
    leader.file("g", "");
    leader.toHold.add("lookup");
    send(new Operation.Lookup(ScriptedLeader.ROOT, name));
    ScriptedLeader.File root = leader.files.get(ScriptedLeader.ROOT);
    assertThat(root).isNotNull();
    leader.recall(root);
    InodeId later = leader.file("g", "").id;
    now += Keeper.QUIET_NS;
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    assertThat(root.held).isEqualTo(2);
    leader.deliver();
    assertThat(copies.lookup(ME, ScriptedLeader.ROOT, name).id()).isEqualTo(later);
  }

  @Test
  void recallOfANewerGrant_endsTheOlderToo() throws ErrnoException {
    warm();
    leader.recall(file.id, file.held + 1); // whose grant has not come yet
    file.mode = Mode.S_IFREG | 0600;
    assertThat(mode()).isEqualTo(0600);
  }

  @Test
  void nameFromBeforeARecall_isNotKeptUnderTheNextGrant() throws ErrnoException {
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    Name name = Name.of("g");
    leader.toHold.add("lookup");
    send(new Operation.Lookup(ScriptedLeader.ROOT, name));
    ScriptedLeader.File root = leader.files.get(ScriptedLeader.ROOT);
    assertThat(root).isNotNull();
    leader.recall(root);
    leader.file("g", "");
    now += Keeper.QUIET_NS;
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    copies.lookup(ME, ScriptedLeader.ROOT, F);
    assertThat(root.held).isEqualTo(2);
    leader.deliver();
    copies.lookup(ME, ScriptedLeader.ROOT, name);
  }

  // ---- who may know ----

  @Test
  void knownName_isAskedForByAnother() throws ErrnoException {
    for (int i = 0; i < 4; i++) {
      copies.lookup(ME, ScriptedLeader.ROOT, F);
    }
    leader.came();
    copies.lookup(OTHER, ScriptedLeader.ROOT, F);
    assertThat(leader.came()).containsExactly("lookup");
  }

  @Test
  void handlesThatMarkEachRead_orReadDirectly_areAskedFor() throws ErrnoException {
    warmRead();
    for (int flag : new int[] {OpenFlags.O_DIRECT, OpenFlags.STRICTATIME}) {
      long handle = open(OpenFlags.O_RDONLY | flag);
      read(handle);
      read(handle);
      read(handle);
      assertThat(leader.came()).hasSize(3).containsOnly("read");
    }
    long writing = open(OpenFlags.O_WRONLY);
    read(writing);
    assertThat(leader.came()).containsExactly("read");
  }

  @Test
  void refusedLease_isNotAskedForAgainSoon() throws ErrnoException {
    leader.refusesLeases = true;
    mode();
    mode();
    mode();
    mode();
    assertThat(leader.came()).containsExactly("getattr", "lease", "getattr", "getattr");
  }

  // ---- references ----

  @Test
  void references_goBackBelow_whenTheLastIsBackAndNoCopyLeadsThere() throws ErrnoException {
    for (int i = 0; i < 5; i++) {
      copies.lookup(ME, ScriptedLeader.ROOT, F);
    }
    long below = leader.references.getOrDefault(file.id, 0L);
    assertThat(below).isLessThan(6);
    copies.forget(ME, file.id, 5);
    assertThat(leader.references).containsEntry(file.id, below);
    assertThatThrownBy(() -> copies.forget(ME, file.id, 2))
        .extracting(e -> ((ErrnoException) e).errno())
        .isEqualTo(Errno.EINVAL);
    copies.forget(ME, file.id, 1);
    assertThatThrownBy(() -> copies.getattr(ME, file.id))
        .extracting(e -> ((ErrnoException) e).errno())
        .isEqualTo(Errno.ESTALE);
    ScriptedLeader.File root = leader.files.get(ScriptedLeader.ROOT);
    assertThat(root).isNotNull();
    leader.recall(root);
    assertThat(leader.references).containsEntry(file.id, 0L);
  }

  // ---- the bound ----

  @Test
  void moreThanFits_isAskedForAgain_andRight() throws ErrnoException {
    Copies small = new Copies(leader, 2L * PagePool.BLOCK, () -> now);
    small.root(ME);
    small.lookup(ME, ScriptedLeader.ROOT, F);
    file.content = new byte[8 * PagePool.BLOCK];
    for (int i = 0; i < 8; i++) {
      file.content[i * PagePool.BLOCK] = (byte) i;
    }
    long handle = small.open(ME, file.id, OpenFlags.O_RDONLY).handle();
    for (int i = 0; i < 40; i++) {
      ByteBuffer one = ByteBuffer.allocate(1);
      small.read(ME, handle, (long) (i % 8) * PagePool.BLOCK, one);
      assertThat(one.get(0)).isEqualTo((byte) (i % 8));
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}

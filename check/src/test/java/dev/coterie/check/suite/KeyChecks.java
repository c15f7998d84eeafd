package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.KeyCalls;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.KeyLease;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Named keys: who has them, in which order, and with which value. */
interface KeyChecks extends Checks {
  Name KEY = Name.of("some key");

  private static KeyCalls calls(Actor one) {
    return new KeyCalls(one.service());
  }

  private static InodeId open(Actor one) throws ErrnoException {
    return calls(one).openKey(one.caller(), KEY);
  }

  private static Operation.UseKey use(InodeId key, LeaseMode mode) {
    return new Operation.UseKey(key, mode, -1);
  }

  private static KeyLease take(Actor one, InodeId key, LeaseMode mode) throws ErrnoException {
    return calls(one).useKey(one.caller(), key, mode, 0);
  }

  private static boolean giveBack(Actor one, InodeId key, int seq, @Nullable String value)
      throws ErrnoException {
    byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.US_ASCII);
    return calls(one).returnKey(one.caller(), key, seq, bytes);
  }

  private static KeyLease granted(Sent sent) throws Exception {
    Object end = sent.ended();
    assertThat(end).isInstanceOf(KeyLease.class);
    return (KeyLease) end;
  }

  @SuppressWarnings("unchecked") // what NextRecalls answers
  private static void hearsOf(Actor one, InodeId key, int seq) throws Exception {
    Object end = Sent.send(one, new Operation.NextRecalls(10, true)).ended();
    assertThat(end).isEqualTo(List.of(new LeaseName(key, LeasePlane.KEY, seq)));
  }

  private static void noRecall(Actor one) {
    fails(Errno.EAGAIN, () -> one.service().nextRecalls(one.caller(), 10, false));
  }

  @Test
  default void key_ofOneUser_isTheSameForAllItsSessions() throws Exception {
    InodeId key = open(process(ALICE));
    assertThat(open(process(ALICE))).isEqualTo(key);
    assertThat(open(process(BOB))).isNotEqualTo(key);
  }

  @Test
  default void key_isUsedShared_besideOthers() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    KeyLease first = take(one, key, LeaseMode.SHARED);
    KeyLease second = take(other, key, LeaseMode.SHARED);
    assertThat(first.mode()).isEqualTo(LeaseMode.SHARED);
    assertThat(first.value()).isEmpty();
    assertThat(second.seq()).isNotZero().isNotEqualTo(first.seq());
    noRecall(one);
  }

  @Test
  default void key_usedExclusively_isRecalled_andItsValuePassesOn() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    KeyLease lease = take(one, key, LeaseMode.EXCLUSIVE);
    Sent reader = Sent.of(other, use(key, LeaseMode.SHARED));
    hearsOf(one, key, lease.seq());
    assertThat(reader.waits()).isTrue();
    assertThat(giveBack(one, key, lease.seq(), "left")).isTrue();
    assertThat(granted(reader).value()).asString().isEqualTo("left");
    assertThat(giveBack(one, key, lease.seq(), "late")).as("given back before").isFalse();
    assertThat(take(one, key, LeaseMode.SHARED).value()).asString().isEqualTo("left");
  }

  @Test
  default void key_goesToWhoCameFirst() throws Exception {
    Actor holder = process(ALICE);
    Actor writer = process(ALICE);
    Actor reader = process(ALICE);
    InodeId key = open(holder);
    open(writer);
    open(reader);
    KeyLease lease = take(holder, key, LeaseMode.SHARED);
    Sent first = Sent.of(writer, use(key, LeaseMode.EXCLUSIVE));
    Sent second = Sent.of(reader, use(key, LeaseMode.SHARED));
    hearsOf(holder, key, lease.seq());
    assertThat(second.waits()).as("a reader does not overtake a writer").isTrue();
    Sent third = Sent.of(holder, use(key, LeaseMode.EXCLUSIVE));
    giveBack(holder, key, lease.seq(), null);
    KeyLease written = granted(first);
    assertThat(written.recalled()).isTrue();
    assertThat(second.waits()).isTrue();
    giveBack(writer, key, written.seq(), "1");
    KeyLease read = granted(second);
    assertThat(read.value()).asString().isEqualTo("1");
    assertThat(third.waits()).isTrue();
    assertThat(read.recalled()).isTrue();
    giveBack(reader, key, read.seq(), null);
    assertThat(granted(third).mode()).isEqualTo(LeaseMode.EXCLUSIVE);
  }

  @Test
  default void key_usedShared_byOneAlone_becomesExclusive() throws Exception {
    Actor one = process(ALICE);
    InodeId key = open(one);
    KeyLease shared = take(one, key, LeaseMode.SHARED);
    KeyLease exclusive = take(one, key, LeaseMode.EXCLUSIVE);
    assertThat(exclusive.seq()).isNotEqualTo(shared.seq());
    assertThat(take(one, key, LeaseMode.SHARED)).usingRecursiveComparison().isEqualTo(exclusive);
    assertThat(giveBack(one, key, shared.seq(), null)).as("it is no more").isFalse();
    assertThat(giveBack(one, key, exclusive.seq(), "1")).isTrue();
  }

  @Test
  default void key_ofASessionThatEnds_goesToTheNext_withTheValueGivenBackLast() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    giveBack(one, key, take(one, key, LeaseMode.EXCLUSIVE).seq(), "kept");
    take(one, key, LeaseMode.EXCLUSIVE);
    Sent next = Sent.of(other, use(key, LeaseMode.EXCLUSIVE));
    one.service().close();
    assertThat(granted(next).value()).asString().isEqualTo("kept");
  }

  @Test
  default void key_thatNobodyHasOpen_isNoMore() throws Exception {
    Actor one = process(ALICE);
    InodeId key = open(one);
    assertThat(open(one)).isEqualTo(key);
    giveBack(one, key, take(one, key, LeaseMode.EXCLUSIVE).seq(), "value");
    calls(one).closeKey(ALICE, key);
    assertThat(take(one, key, LeaseMode.SHARED).value()).hasSize(5);
    calls(one).closeKey(ALICE, key);
    fails(Errno.EBADF, () -> calls(one).closeKey(ALICE, key));
    fails(Errno.EBADF, () -> take(one, key, LeaseMode.SHARED));
    InodeId again = open(one);
    assertThat(again).isNotEqualTo(key);
    assertThat(take(one, again, LeaseMode.SHARED).value()).isEmpty();
  }

  @Test
  default void keyThatIsClosed_isWaitedForNoMore_andGivenUp() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    take(one, key, LeaseMode.EXCLUSIVE);
    Sent waiting = Sent.of(other, use(key, LeaseMode.EXCLUSIVE));
    calls(other).closeKey(ALICE, key);
    assertThat(waiting.ended()).isEqualTo("EBADF");
    open(other);
    Sent next = Sent.of(other, use(key, LeaseMode.SHARED));
    calls(one).closeKey(ALICE, key);
    granted(next);
  }

  @Test
  default void keys_ofOthers_cannotBeUsed() throws Exception {
    Actor gate = root();
    Actor bob = process(BOB);
    InodeId key = calls(gate).openKey(ALICE, KEY);
    fails(Errno.EACCES, () -> calls(gate).useKey(BOB, key, LeaseMode.SHARED, 0));
    int seq = calls(gate).useKey(ALICE, key, LeaseMode.EXCLUSIVE, 0).seq();
    fails(Errno.EACCES, () -> calls(gate).returnKey(BOB, key, seq, new byte[1]));
    fails(Errno.EBADF, () -> take(bob, key, LeaseMode.SHARED));
    fails(Errno.EBADF, () -> giveBack(bob, key, seq, "forged"));
    fails(Errno.EBADF, () -> calls(bob).closeKey(BOB, key));
    assertThat(calls(gate).returnKey(ALICE, key, seq + 1, new byte[1])).isFalse();
    assertThat(calls(gate).useKey(ALICE, key, LeaseMode.SHARED, 0).value()).isEmpty();
  }

  @Test
  default void keys_names_areAnyBytes_butNotTooMany() throws Exception {
    Actor one = process(ALICE);
    calls(one).openKey(ALICE, Name.of(new byte[] {0, '/', -1}));
    calls(one).openKey(ALICE, Name.wrap(new byte[Limits.KEY_NAME_BYTES]));
    fails(Errno.EINVAL, () -> calls(one).openKey(ALICE, Name.of("")));
    Name tooLong = Name.wrap(new byte[Limits.KEY_NAME_BYTES + 1]);
    fails(Errno.EINVAL, () -> calls(one).openKey(ALICE, tooLong));
  }

  @Test
  default void keys_values_areSmall() throws Exception {
    Actor one = process(ALICE);
    InodeId key = open(one);
    int seq = take(one, key, LeaseMode.EXCLUSIVE).seq();
    byte[] most = new byte[Limits.KEY_VALUE_BYTES];
    byte[] more = new byte[Limits.KEY_VALUE_BYTES + 1];
    fails(Errno.EMSGSIZE, () -> calls(one).returnKey(ALICE, key, seq, more));
    assertThat(calls(one).returnKey(ALICE, key, seq, most)).isTrue();
    KeyLease shared = take(one, key, LeaseMode.SHARED);
    assertThat(shared.value()).isEqualTo(most);
    fails(Errno.EPERM, () -> giveBack(one, key, shared.seq(), "no"));
    assertThat(giveBack(one, key, shared.seq(), null)).isTrue();
  }

  @Test
  default void keys_ofASession_areSoMany() throws Exception {
    Actor one = process(ALICE);
    for (int i = 0; i < Limits.KEYS_PER_SESSION; i++) {
      calls(one).openKey(ALICE, Name.of("key " + i));
    }
    fails(Errno.ENOSPC, () -> open(one));
    calls(one).openKey(ALICE, Name.of("key 7"));
    open(process(ALICE));
  }

  @Test
  default void useKey_waitsNoLongerThanItsLimit() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    int seq = take(one, key, LeaseMode.EXCLUSIVE).seq();
    fails(Errno.ETIMEDOUT, () -> take(other, key, LeaseMode.SHARED));
    hearsOf(one, key, seq);
    fails(Errno.ETIMEDOUT, () -> calls(other).useKey(ALICE, key, LeaseMode.SHARED, 20));
    fails(Errno.EINVAL, () -> calls(other).useKey(ALICE, key, LeaseMode.SHARED, -2));
    fails(Errno.EINVAL, () -> calls(other).useKey(ALICE, key, LeaseMode.NONE, 0));
    giveBack(one, key, seq, null);
    take(other, key, LeaseMode.SHARED);
  }

  @Test
  default void useKey_afterARecall_waitsForTheOwnReturn() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    int seq = take(one, key, LeaseMode.EXCLUSIVE).seq();
    fails(Errno.ETIMEDOUT, () -> take(other, key, LeaseMode.SHARED));
    Sent again = Sent.of(one, use(key, LeaseMode.SHARED));
    assertThat(again.waits()).isTrue();
    assertThat(giveBack(one, key, seq, "1")).isTrue();
    assertThat(granted(again).value()).asString().isEqualTo("1");
  }

  @Test
  default void useKey_thatGivesBack_goesBehindWhoWaits_andTellsThemSo() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    KeyLease lease = take(one, key, LeaseMode.EXCLUSIVE);
    assertThat(lease.recalled()).isFalse();
    Sent next = Sent.of(other, use(key, LeaseMode.EXCLUSIVE));
    hearsOf(one, key, lease.seq());
    Sent again = Sent.of(one, using(key, lease.seq(), "1"));
    KeyLease others = granted(next);
    assertThat(others.value()).asString().isEqualTo("1");
    assertThat(others.recalled()).isTrue();
    noRecall(other);
    assertThat(again.waits()).isTrue();
    assertThat(giveBack(other, key, others.seq(), "2")).isTrue();
    KeyLease last = granted(again);
    assertThat(last.value()).asString().isEqualTo("2");
    assertThat(last.recalled()).isFalse();
    assertThat(giveBack(one, key, lease.seq(), "late")).as("given back before").isFalse();
  }

  @Test
  default void useKey_thatGivesBack_alone_hasTheKeyAgain() throws Exception {
    Actor one = process(ALICE);
    InodeId key = open(one);
    KeyLease lease = take(one, key, LeaseMode.EXCLUSIVE);
    KeyLease again = granted(Sent.of(one, using(key, lease.seq(), "1")));
    assertThat(again.seq()).isNotEqualTo(lease.seq());
    assertThat(again.value()).asString().isEqualTo("1");
  }

  @Test
  default void useKey_thatGivesBackWhatItMayNot_doesNothing() throws Exception {
    Actor one = process(ALICE);
    InodeId key = open(one);
    KeyLease lease = take(one, key, LeaseMode.EXCLUSIVE);
    assertThat(Sent.send(one, using(key, lease.seq() + 1, "1")).ended()).isEqualTo("EINVAL");
    String tooMuch = "1".repeat(Limits.KEY_VALUE_BYTES + 1);
    assertThat(Sent.send(one, using(key, lease.seq(), tooMuch)).ended()).isEqualTo("EMSGSIZE");
    assertThat(giveBack(one, key, lease.seq(), null)).as("still held").isTrue();
    KeyLease shared = take(one, key, LeaseMode.SHARED);
    assertThat(shared.value()).isEmpty();
    assertThat(Sent.send(one, using(key, shared.seq(), "1")).ended()).isEqualTo("EPERM");
    assertThat(giveBack(one, key, shared.seq(), null)).as("still held").isTrue();
  }

  @Test
  default void useKey_thatGivesBack_doesSo_thoughItsTimeIsUp() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    KeyLease lease = take(one, key, LeaseMode.EXCLUSIVE);
    Sent next = Sent.of(other, use(key, LeaseMode.SHARED));
    Operation.ReturnKey back = using(key, lease.seq(), "1").first();
    Operation.UseKey now = new Operation.UseKey(key, LeaseMode.EXCLUSIVE, 0, back);
    assertThat(Sent.send(one, now).ended()).isEqualTo("ETIMEDOUT");
    assertThat(granted(next).value()).asString().isEqualTo("1");
    assertThat(giveBack(one, key, lease.seq(), null)).isFalse();
  }

  private static Operation.UseKey using(InodeId key, int seq, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    Operation.ReturnKey back = new Operation.ReturnKey(key, seq, bytes);
    return new Operation.UseKey(key, LeaseMode.EXCLUSIVE, -1, back);
  }

  /** Whoever wins, the lease is granted to him who is told so, and to nobody else. */
  @Test
  default void useKey_grantAgainstCancel_hasOneWinner() throws Exception {
    Actor one = process(ALICE);
    Actor other = process(ALICE);
    InodeId key = open(one);
    open(other);
    for (int round = 0; round < 100; round++) {
      int seq = take(one, key, LeaseMode.EXCLUSIVE).seq();
      Sent waiting = Sent.of(other, use(key, LeaseMode.EXCLUSIVE));
      hearsOf(one, key, seq);
      Checks.together(
          2,
          i -> {
            if (i == 0) {
              giveBack(one, key, seq, null);
            } else {
              waiting.ticket().cancel();
            }
            return 0;
          });
      Object end = waiting.ended();
      if (end instanceof KeyLease lease) {
        assertThat(giveBack(other, key, lease.seq(), null)).isTrue();
      } else {
        assertThat(end).isEqualTo("EINTR");
      }
    }
    int seq = take(one, key, LeaseMode.EXCLUSIVE).seq();
    Sent waiting = Sent.of(other, use(key, LeaseMode.EXCLUSIVE));
    waiting.ticket().cancel();
    assertThat(waiting.ended()).isEqualTo("EINTR");
    assertThat(giveBack(one, key, seq, null)).isTrue();
  }
}

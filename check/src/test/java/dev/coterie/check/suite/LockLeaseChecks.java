package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.RangeLock;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lock tables that are lent: what holds whether or not one can be had. */
interface LockLeaseChecks extends Checks {
  @Test
  default void lockTable_canBeAskedFor_andGivenBack() throws Exception {
    Actor one = root();
    long handle = one.make("/f");
    Leased leased = one.service().call(one.caller(), new Operation.LeaseLocks(handle));
    assertThat(leased.stat().id()).isEqualTo(one.id("/f"));
    LeaseName name = new LeaseName(one.id("/f"), LeasePlane.LOCKS, leased.seq());
    one.service().call(one.caller(), new Operation.ReturnLocks(name, List.of()));
    // Not had any more, which is no error.
    one.service().call(one.caller(), new Operation.ReturnLocks(name, List.of()));
  }

  @Test
  default void lockTable_ofWhatIsNotOpen_isRefused() throws Exception {
    Actor one = root();
    fails(Errno.EBADF, () -> one.service().call(one.caller(), new Operation.LeaseLocks(12_345)));
  }

  @Test
  default void lockTable_givenBackWithTooMuch_isRefused() throws Exception {
    Actor one = root();
    LeasedLock lock =
        new LeasedLock(
            one.make("/f"), RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE), 1);
    List<LeasedLock> many = Collections.nCopies(Limits.LOCKS_PER_RETURN + 1, lock);
    LeaseName name = new LeaseName(one.id("/f"), LeasePlane.LOCKS, 1);
    fails(
        Errno.EINVAL,
        () -> one.service().call(one.caller(), new Operation.ReturnLocks(name, many)));
  }
}

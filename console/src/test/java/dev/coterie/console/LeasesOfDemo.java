package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.FileService;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Ticket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Services that see which leases are granted, and one that forgets them. */
final class LeasesOfDemo {
  private LeasesOfDemo() {}

  /** Counts what is granted to all sessions. */
  static final class Counting extends FaultyService {
    private final AtomicInteger granted;

    Counting(FileService right, AtomicInteger granted) {
      super(right);
      this.granted = granted;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lease)) {
        return right.submit(caller, operation, completion);
      }
      Completion<Leased> asked = of(completion);
      return right.submit(
          caller,
          operation,
          then(
              completion,
              answer -> {
                Leased leased = (Leased) answer;
                granted.addAndGet(leased.seq() == 0 ? 0 : 1);
                asked.done(leased);
              }));
    }
  }

  /** Tells of leases that it does not keep: what changes then, their holders do not learn. */
  static final class Forgetting extends FaultyService {
    Forgetting(FileService right) {
      super(right);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lease)) {
        return right.submit(caller, operation, completion);
      }
      Completion<Leased> asked = of(completion);
      return right.submit(
          caller, operation, then(completion, answer -> giveBack(caller, (Leased) answer, asked)));
    }

    private void giveBack(Caller caller, Leased leased, Completion<Leased> asked) {
      if (leased.seq() == 0) {
        asked.done(leased);
        return;
      }
      LeaseName name = new LeaseName(leased.stat().id(), leased.seq());
      right.submit(
          caller,
          new Operation.ReturnLeases(List.of(name)),
          FaultyService.<Done>then(asked, _ -> asked.done(leased)));
    }
  }
}

package dev.coterie.api.lock;

import dev.coterie.api.Errno;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request for a lock: what is wanted, for whom, and who is told when it need not wait on. */
public final class LockWait {
  /** Told once, with no lock held, unless the wait was withdrawn. Must not block. */
  public interface Listener {
    void granted();

    /** EBADF: what it waited through was closed. ENOLCK: its turn came, but not its room. */
    void ended(Errno errno);
  }

  final LockOwner owner;
  final Object through;
  final LockProcess process;
  final LockRange wanted;
  final Listener listener;

  int overtaken; // guarded by the table: how often a later request went before
  boolean queued; // guarded by the table
  @Nullable Errno refusal; // written under the table before the listener is told
  Set<LockOwner> blockers = Set.of(); // guarded by the graph

  /**
   * @param through the open handle by which it is asked; compared by {@code equals}
   * @param process that asks, which the owner need not show
   */
  public LockWait(
      LockOwner owner, Object through, LockProcess process, LockRange wanted, Listener listener) {
    this.owner = owner;
    this.through = through;
    this.process = process;
    this.wanted = wanted;
    this.listener = listener;
  }

  /** Tells the listener how it ended; with no lock held. */
  void tell() {
    if (refusal == null) {
      listener.granted();
    } else {
      listener.ended(refusal);
    }
  }

  /** Whether it enters the search for deadlocks: as on Linux, for POSIX locks alone. */
  boolean isOfProcess() {
    return owner instanceof LockOwner.OfProcess;
  }

  /** Whether one of the two must be held up while the other is held. */
  boolean conflicts(LockWait other) {
    return !owner.equals(other.owner) && wanted.conflicts(other.wanted);
  }

  @Override
  public String toString() {
    return owner + " for " + wanted;
  }
}

package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long copies may be used, and the leader's wishes to have leases back.
 *
 * <p>Time is added by a reply only if one request for recalls was at the leader all the while, from
 * before its request was sent. For then the leader, when it answered, had no recall that it could
 * not tell: all that it told came before the reply, and were heeded when they came. Without that a
 * thread that is held up between two requests for recalls would have the others go on using what
 * the leader, after {@link Limits#LEASE_RECALL_MS}, takes for given up.
 */
final class Keeper {
  /** How long an inode is left alone whose lease was refused, or recalled soon. */
  static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_QUIET_MS);

  /** A recall this long after the grant is soon. */
  static final long SOON_NS = QUIET_NS;

  /** After so many of them in a row it is left alone 2^n times as long, no longer. */
  static final int STREAK = 6;

  /** Looks without use, one each {@link Limits#LEASE_MS} / 3, until a lease is given back. */
  private static final int IDLE_LOOKS = 15;

  private static final long LEASE_NS = TimeUnit.MILLISECONDS.toNanos(Limits.LEASE_MS);
  private static final int RECALLS = 256;

  private final FileService below; // immutable
  private final LongSupplier nanoTime; // immutable
  private final int leasesMax; // immutable
  private volatile @Nullable Nodes nodes; // set once
  private volatile @Nullable OwnLocks locks; // set once
  private volatile @Nullable WriteBack writeBack; // set once
  private volatile boolean over; // atomic: nothing is usable any more
  private volatile long deadline; // written under this
  private volatile int parked; // written under this: the request for recalls that is sent, or 0
  private int asking; // guarded by this: the one that is sent or being sent, or 0
  private int lastAsked; // guarded by this
  private final AtomicInteger uncertain = new AtomicInteger();
  private final AtomicLong doubted = new AtomicLong(); // how often that rose
  private volatile int epoch; // written under this
  private final ConcurrentHashMap<InodeId, Integer> returning = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<InodeId, Integer> returningNames = new ConcurrentHashMap<>();
  private final List<LeaseName> toReturn = new ArrayList<>(); // guarded by itself
  private volatile boolean hit; // a hint: a copy was used since the last look
  private volatile boolean renewed; // a hint: since the last look

  Keeper(FileService below, LongSupplier nanoTime, int leasesMax) {
    this.below = below;
    this.nanoTime = nanoTime;
    this.leasesMax = leasesMax;
    this.deadline = nanoTime.getAsLong();
  }

  void start(Nodes all, OwnLocks theLocks, WriteBack writes) {
    nodes = all;
    locks = theLocks;
    writeBack = writes;
  }

  private OwnLocks locks() {
    OwnLocks all = locks;
    if (all == null) {
      throw new AssertionError("not started");
    }
    return all;
  }

  private Nodes nodes() {
    Nodes all = nodes;
    if (all == null) {
      throw new AssertionError("not started");
    }
    return all;
  }

  long now() {
    return nanoTime.getAsLong();
  }

  // ---- whether a copy may be used ----

  /**
   * Whether a copy of this node, which was found before anything of it was looked at, has stood
   * until now. In this order: a change that ends between two looks has put another copy in its
   * place by the second.
   */
  boolean stands(Node node, Copy copy) {
    return uncertain.get() == 0
        && node.changing == 0
        && node.has(copy)
        && !over
        && nanoTime.getAsLong() - deadline < 0;
  }

  /** The same of attributes that the lease on its directory's names covers. */
  boolean stands(Node node, Covered covered, Copy.Known known) {
    return uncertain.get() == 0
        && known.epoch() == epoch
        && node.changing == 0
        && covered.equals(node.covered)
        && covered.isCurrent()
        && keeps();
  }

  /** As {@link #stands}, of attributes too. */
  boolean stands(Node node, Copy copy, Copy.Known known) {
    return uncertain.get() == 0 && known.epoch() == epoch && stands(node, copy);
  }

  /** Whether the leader has not taken for given up what this client has. */
  boolean isInTime() {
    return !over && nanoTime.getAsLong() - deadline < 0;
  }

  /** Something was answered here, so that time is of use. */
  void hit() {
    if (!hit) {
      hit = true;
    }
  }

  /** Whether a write may be kept back now, as far as it is not for its inode to say. */
  boolean keeps() {
    return uncertain.get() == 0 && !over && nanoTime.getAsLong() - deadline < 0;
  }

  /** A copy was used. */
  void used(Node node) {
    if (!node.used) {
      node.used = true;
    }
    hit();
  }

  /** That copy of it was used. */
  void used(Node node, Copy copy) {
    if (copy.equals(node.copy)) {
      used(node);
    } else {
      used(node.names);
    }
  }

  void used(@Nullable Names names) {
    if (names != null && !names.used) {
      names.used = true;
    }
    hit();
  }

  /** From when on attributes are asked for: those from before a doubt are void. */
  int epoch() {
    return epoch;
  }

  /** A change begins of which it is not known what it touches; no copy is used until it is over. */
  void doubts() {
    doubted.incrementAndGet();
    uncertain.incrementAndGet();
  }

  /** How many such changes have begun. */
  long doubted() {
    return doubted.get();
  }

  /** Whether one is under way. */
  boolean isInDoubt() {
    return uncertain.get() != 0;
  }

  /** It is over. {@code all}: and may have touched the attributes of anything. */
  void doubtsEnd(boolean all) {
    if (all) {
      synchronized (this) {
        epoch++;
      }
    }
    uncertain.decrementAndGet();
  }

  // ---- time ----

  /** What is to be remembered of a request when it is sent. */
  record Sending(long at, int parked) {}

  Sending sending() {
    int now = parked; // before the clock: what it adds to must have been there all the while
    return new Sending(nanoTime.getAsLong(), now);
  }

  /** Something was answered by the leader itself. */
  void answered(Operation<?> operation, Object answer, Sending sending) {
    boolean travelled =
        switch (operation) {
          case Operation.Lease o -> true;
          case Operation.Getattr o -> true;
          case Operation.Lookup o -> true;
          case Operation.LeaseNames o -> true;
          case Operation.Readdir o -> true;
          case Operation.ReturnLeases o -> true;
          case Operation.LeaseLocks o -> true;
          case Operation.ReturnLocks o -> true;
          case Operation.Read o -> answer instanceof Integer count && count > 0;
          case Operation.Write o -> answer instanceof Integer count && count > 0;
          case Operation.Setattr o -> true;
          case Operation.Open o -> true;
          default -> false; // perhaps, but these are enough
        };
    if (!travelled || sending.parked() == 0) {
      return;
    }
    synchronized (this) {
      long until = sending.at() + LEASE_NS;
      if (parked == sending.parked() && until - deadline > 0) {
        deadline = until;
        renewed = true;
      }
    }
  }

  /** Something was answered with an error. */
  void failed(Errno errno) {
    if (errno == Errno.ENOTCONN) {
      end();
    } else if (errno == Errno.ESTALE || errno == Errno.EIO) {
      stop(); // perhaps of the session; a reply that comes after it shows that it was not
    }
  }

  /** Nothing is usable until something is answered. */
  synchronized void stop() {
    long now = nanoTime.getAsLong();
    if (now - deadline < 0) {
      deadline = now;
    }
  }

  /** Nothing is usable any more. */
  void end() {
    over = true;
    nodes().endAll();
    synchronized (toReturn) {
      toReturn.clear();
    }
  }

  // ---- recalls ----

  /** Whether leases may be asked for; sees to it that recalls are heard of. */
  boolean mayAsk() {
    if (over || nodes().leases() >= leasesMax) {
      return false;
    }
    park();
    return parked != 0;
  }

  private void park() {
    int number = begin();
    if (number == 0) {
      return;
    }
    below.submit(
        Caller.ROOT,
        new Operation.NextRecalls(RECALLS, true),
        new Completion<List<LeaseName>>() {
          @Override
          public void done(List<LeaseName> recalls) {
            unpark();
            List<LeaseName> ofCopies = new ArrayList<>(recalls.size());
            for (LeaseName lease : recalls) {
              if (lease.plane() == LeasePlane.LOCKS) {
                locks().recalled(lease);
                continue;
              }
              if (lease.plane() == LeasePlane.NAMES) {
                nodes().ofNames().recalled(lease);
                ofCopies.add(lease);
              } else {
                ofCopies.add(nodes().recalled(lease));
              }
            }
            if (!ofCopies.isEmpty() || recalls.isEmpty()) {
              send(ofCopies);
            }
            park();
          }

          @Override
          public void failed(Errno errno) {
            unpark();
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
              stop();
              nodes().endAll(); // the next look asks again
              locks().endAll();
            } else {
              end();
            }
          }
        });
    sent(number);
  }

  private synchronized int begin() {
    if (over || asking != 0) {
      return 0;
    }
    lastAsked = lastAsked == Integer.MAX_VALUE ? 1 : lastAsked + 1;
    asking = lastAsked;
    return asking;
  }

  /** It is on its way, and what is sent from now on comes after it; unless it has ended already. */
  private synchronized void sent(int number) {
    if (asking == number) {
      parked = number;
    }
  }

  /** No reply that is read after this adds time, but those to what is sent after the next. */
  private synchronized void unpark() {
    asking = 0;
    parked = 0;
  }

  // ---- giving back ----

  /** Has a lease given back that was not recalled, with others. */
  void giveBack(LeaseName lease) {
    if (over) {
      return;
    }
    (lease.plane() == LeasePlane.NAMES ? returningNames : returning).put(lease.id(), lease.seq());
    synchronized (toReturn) {
      toReturn.add(lease);
    }
  }

  /** The grants that are on their way back. */
  Map<InodeId, Integer> returning() {
    return returning;
  }

  /** The grant that is on its way back; null: none. */
  @Nullable Integer returning(InodeId id) {
    return returning.get(id);
  }

  /** The same of the names of a directory. */
  @Nullable Integer returningNames(InodeId id) {
    return returningNames.get(id);
  }

  private void returned(LeaseName lease) {
    if (lease.plane() == LeasePlane.NAMES) {
      returningNames.remove(lease.id(), lease.seq());
    } else if (lease.keeps() == LeaseMode.NONE) {
      returning.remove(lease.id(), lease.seq());
    }
  }

  /** What is to be given back goes now. */
  void sendReturns() {
    while (!over) {
      List<LeaseName> some;
      synchronized (toReturn) {
        List<LeaseName> head =
            toReturn.subList(0, Math.min(toReturn.size(), Limits.LEASES_PER_MESSAGE));
        some = List.copyOf(head);
        head.clear();
      }
      if (some.isEmpty()) {
        return;
      }
      if (!send(some)) {
        return;
      }
    }
  }

  /**
   * Gives back now, but what writes are kept back of: that when they are written back. False: it
   * could not be sent, and is kept for the next look.
   */
  private boolean send(List<LeaseName> leases) {
    WriteBack writes = writeBack;
    if (writes == null || leases.isEmpty()) {
      return sendReturns(leases);
    }
    List<LeaseName> clean = new ArrayList<>(leases.size());
    for (LeaseName lease : leases) {
      Node node = nodes().get(lease.id());
      if (node != null && writes.isDirty(node)) {
        writes.drain(node, () -> sendReturns(List.of(lease)));
      } else {
        clean.add(lease);
      }
    }
    return clean.isEmpty() || sendReturns(clean);
  }

  private boolean sendReturns(List<LeaseName> leases) {
    Sending sending = sending();
    Operation.ReturnLeases operation = new Operation.ReturnLeases(leases);
    AtomicBoolean refused = new AtomicBoolean();
    below.submit(
        Caller.ROOT,
        operation,
        new Completion<Done>() {
          @Override
          public void done(Done result) {
            answered(operation, result, sending);
            leases.forEach(Keeper.this::returned);
          }

          @Override
          public void failed(Errno errno) {
            refused.set(true);
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
              synchronized (toReturn) {
                toReturn.addAll(leases);
              }
            } else {
              Keeper.this.failed(errno);
            }
          }
        });
    return !refused.get();
  }

  // ---- looks ----

  /** To be called each {@link Limits#LEASE_MS} / 3, by one thread. */
  void look() {
    if (over) {
      return;
    }
    Nodes all = nodes();
    if (parked == 0 && (locks().hasAny() || all.leases() > 0)) {
      park();
    }
    boolean wasHit = hit;
    boolean wasRenewed = renewed;
    hit = false;
    renewed = false;
    boolean full = all.leases() >= leasesMax - leasesMax / 8;
    for (Node node : all.leased()) {
      if (node.used) {
        node.used = false;
        node.idleLooks = 0;
      } else if (++node.idleLooks >= IDLE_LOOKS || full) {
        all.end(node);
      }
    }
    for (Names names : all.ofNames().all()) {
      if (names.used) {
        names.used = false;
        names.idleLooks = 0;
      } else if (++names.idleLooks >= IDLE_LOOKS || full || all.isFullOfNames()) {
        all.ofNames().end(names);
      }
    }
    locks().look();
    sendReturns();
    if ((wasHit || locks().hasAny()) && !wasRenewed) {
      send(List.of()); // says that both are alive
    }
  }
}

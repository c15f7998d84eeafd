package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Any operation may have to wait: what it holds meanwhile (nothing), and who ends it (one of
 * three).
 */
@Timeout(120)
class ParkingTest {
  private static final Caller ROOT = Caller.ROOT;
  private static final Name F = Name.of("f");
  private static final Name G = Name.of("g");

  private final TestBarrier barrier = new TestBarrier();
  private final HookedTmpFs tmpfs = new HookedTmpFs();
  private Vfs vfs;
  private Session session;
  private Session other;
  private InodeId root;
  private InodeId file;
  private long handle;

  ParkingTest() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 1, barrier, 1000),
            Map.of("/", tmpfs.factory()));
    session = vfs.openSession();
    other = vfs.openSession();
    root = session.root(ROOT).id();
    file = session.create(ROOT, root, F, OpenFlags.O_CREAT, 0644).stat().id();
    handle = session.open(ROOT, file, OpenFlags.O_RDWR).handle();
  }

  @BeforeEach
  void visitAsOther() throws ErrnoException {
    other.root(ROOT);
  }

  @AfterEach
  void close() {
    vfs.close();
    assertThat(Held.total()).isZero();
  }

  /** Operations that have no look of waiting. */
  enum Parked {
    GETATTR,
    WRITE,
    RENAME
  }

  private Operation<?> operation(Parked kind) {
    return switch (kind) {
      case GETATTR -> new Operation.Getattr(file);
      case WRITE -> new Operation.Write(handle, 0, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      case RENAME -> new Operation.Rename(root, F, root, G, 0);
    };
  }

  private <R> Ticket park(Operation<R> operation, Answer<R> answer) {
    barrier.shutBefore(operation::equals);
    return session.submit(ROOT, operation, answer);
  }

  /** What the operations above would change, seen from another session. */
  private boolean isUnchanged() throws ErrnoException {
    return other.lookup(ROOT, root, F).size() == 0;
  }

  private boolean isDone(Parked kind) throws ErrnoException {
    Name name = kind == Parked.RENAME ? G : F;
    return other.lookup(ROOT, root, name).size() == (kind == Parked.WRITE ? 3 : 0);
  }

  @ParameterizedTest
  @EnumSource
  void parked_cancelled_endsWithEintrAndNoEffect(Parked kind) throws ErrnoException {
    Answer<Object> answer = new Answer<>();
    Ticket ticket = parkAny(kind, answer);
    assertThat(answer.count()).isZero();
    assertThat(ticket.cancel()).isTrue();
    assertThat(answer.errno()).isEqualTo(Errno.EINTR);
    assertThat(ticket.cancel()).isFalse();
    assertThat(barrier.kept()).isZero();
    barrier.open();
    assertThat(answer.count()).isEqualTo(1);
    assertThat(isUnchanged()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void parked_resumed_completes(Parked kind) throws ErrnoException {
    Answer<Object> answer = new Answer<>();
    Ticket ticket = parkAny(kind, answer);
    assertThat(isUnchanged()).isTrue();
    barrier.open();
    assertThat(answer.count()).isEqualTo(1);
    assertThat(answer.result()).isNotNull();
    assertThat(ticket.cancel()).isFalse();
    assertThat(isDone(kind)).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void parked_whenItsSessionEnds_endsWithEstaleAndNoEffect(Parked kind) throws ErrnoException {
    Answer<Object> answer = new Answer<>();
    Ticket ticket = parkAny(kind, answer);
    session.close();
    assertThat(answer.errno()).isEqualTo(Errno.ESTALE);
    assertThat(barrier.kept()).isZero();
    assertThat(ticket.cancel()).isFalse();
    barrier.open();
    assertThat(answer.count()).isEqualTo(1);
    assertThat(isUnchanged()).isTrue();
    assertThat(vfs.counts().sessions()).isEqualTo(1);
  }

  @SuppressWarnings("unchecked")
  private Ticket parkAny(Parked kind, Answer<Object> answer) {
    return park((Operation<Object>) operation(kind), answer);
  }

  @ParameterizedTest
  @EnumSource
  void parked_holdsNoThreadAndNoLock(Parked kind) throws ErrnoException {
    int threads = ManagementFactory.getThreadMXBean().getThreadCount();
    List<Answer<Object>> answers = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      answers.add(new Answer<>());
      parkAny(kind, answers.getLast());
    }
    assertThat(barrier.kept()).isEqualTo(1000);
    assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
        .isLessThanOrEqualTo(threads + 2);
    assertThat(Held.total()).isZero();
    // Others, and this very thread, go on with the same inodes and the same session.
    long theirs = other.create(ROOT, root, Name.of("h"), OpenFlags.O_RDWR, 0644).handle();
    other.write(ROOT, theirs, 0, ByteBuffer.wrap(new byte[1]));
    other.setattr(ROOT, other.lookup(ROOT, root, F).id(), 0, dev.coterie.api.SetAttr.ofMode(0600));
    session.lookup(ROOT, root, F);
    session.close();
    assertThat(answers).allMatch(answer -> answer.count() == 1);
  }

  /** Whoever waited starts again from the beginning: everything may have changed. */
  @Test
  void parked_resumed_looksAtEverythingAnew() throws ErrnoException {
    Answer<Operation.Done> answer = new Answer<>();
    park(new Operation.Rename(root, F, root, G, 0), answer);
    other.unlink(ROOT, root, F);
    barrier.open();
    assertThat(answer.errno()).isEqualTo(Errno.ENOENT);
  }

  @Test
  void barrier_thatResumesBeforeItAnswers_isAskedAgain() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    Barrier eager =
        request -> {
          if (asked.incrementAndGet() > 1) {
            return true;
          }
          request.resume();
          return false;
        };
    try (Vfs tree = treeWith(eager)) {
      assertThat(tree.openSession().root(ROOT).isDirectory()).isTrue();
      assertThat(asked).hasValue(2);
    }
  }

  /** A request that is cancelled while it asks must not stay behind at the barrier. */
  @Test
  void barrier_thatKeepsARequestCancelledMeanwhile_isToldToForgetIt() throws IOException {
    List<Barrier.Waiting> kept = new ArrayList<>();
    Barrier slow =
        new Barrier() {
          @Override
          public boolean admit(Waiting request) {
            request.session().close();
            kept.add(request);
            return false;
          }

          @Override
          public void withdraw(Waiting request) {
            kept.remove(request);
          }
        };
    try (Vfs tree = treeWith(slow)) {
      Answer<dev.coterie.api.Stat> answer = new Answer<>();
      tree.openSession().submit(ROOT, new Operation.Root(), answer);
      assertThat(answer.errno()).isEqualTo(Errno.ESTALE);
      assertThat(kept).isEmpty();
    }
  }

  private static Vfs treeWith(Barrier barrier) throws IOException {
    return new Vfs(
        new Vfs.Config(InstantSource.system(), new Random(1), 1, barrier, 1000),
        Map.of("/", new HookedTmpFs().factory()));
  }

  @Test
  void interrupt_ofTheWaitingThread_cancels() throws Exception {
    barrier.shutBefore(operation -> operation instanceof Operation.Getattr);
    AtomicReference<Errno> errno = new AtomicReference<>();
    AtomicBoolean stillInterrupted = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(() -> {
              errno.set(
                  catchThrowableOfType(ErrnoException.class, () -> session.getattr(ROOT, file))
                      .errno());
              stillInterrupted.set(Thread.currentThread().isInterrupted());
            });
    barrier.awaitKept(1);
    waiting.interrupt();
    waiting.join();
    assertThat(errno).hasValue(Errno.EINTR);
    assertThat(stillInterrupted).isTrue();
    assertThat(barrier.kept()).isZero();
  }

  /** A fault of our own: told to who runs it, and answered, as somebody may be waiting. */
  @Test
  void operation_thatBreaksDown_isAnsweredWithEioAndLeavesNothingLocked() throws ErrnoException {
    Answer<Object> answer = new Answer<>();
    parkAny(Parked.RENAME, answer);
    tmpfs.set((method, arguments) -> {
      if (method.equals("apply")) {
        throw new IllegalStateException("broken");
      }
    });
    assertThatThrownBy(barrier::open).isInstanceOf(IllegalStateException.class);
    assertThat(answer.errno()).isEqualTo(Errno.EIO);
    assertThat(answer.count()).isEqualTo(1);
    assertThat(Held.total()).isZero();
    tmpfs.set((method, arguments) -> {});
    session.rename(ROOT, root, F, root, G, 0);
    session.close();
    assertThat(vfs.counts().sessions()).isEqualTo(1);
  }

  // ---- the race ----

  /** How one round ended. */
  private enum Winner {
    RESUMED,
    CANCELLED,
    ENDED
  }

  @Test
  void completionCancelAndEndOfSession_atATime_haveOneWinner() throws Exception {
    long seed = Long.getLong("coterie.seed", 1);
    int rounds = Boolean.getBoolean("coterie.full") ? 100_000 : 2_000;
    Random random = new Random(seed);
    Map<Winner, Integer> wins = new EnumMap<>(Winner.class);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      CyclicBarrier start = new CyclicBarrier(3);
      for (int round = 0; round < rounds; round++) {
        int[] spins = {random.nextInt(200), random.nextInt(200), random.nextInt(200)};
        int first = random.nextInt(3);
        Winner winner = race(threads, start, spins, first, "seed " + seed + " round " + round);
        wins.merge(winner, 1, Integer::sum);
      }
    }
    assertThat(wins).as("seed " + seed).hasSize(3);
  }

  private Winner race(
      ExecutorService threads, CyclicBarrier start, int[] spins, int first, String label)
      throws Exception {
    Session racing = vfs.openSession();
    InodeId dir = racing.root(ROOT).id();
    Operation<Operation.Done> rename = new Operation.Rename(dir, F, dir, G, 0);
    barrier.shutBefore(rename::equals);
    Answer<Operation.Done> answer = new Answer<>();
    Ticket ticket = racing.submit(ROOT, rename, answer);
    AtomicBoolean cancelled = new AtomicBoolean();
    List<Runnable> parts =
        List.of(barrier::open, () -> cancelled.set(ticket.cancel()), racing::close);
    List<Future<?>> running = new ArrayList<>();
    // The last to come goes on at once, and where there is but one processor before the others.
    for (int i = 0; i < parts.size(); i++) {
      int part = (i + first) % parts.size();
      running.add(
          threads.submit(() -> {
            start.await(60, TimeUnit.SECONDS);
            for (int spin = 0; spin < spins[part]; spin++) {
              Thread.onSpinWait();
            }
            parts.get(part).run();
            return null;
          }));
    }
    for (Future<?> part : running) {
      part.get(60, TimeUnit.SECONDS);
    }
    return judge(answer, cancelled.get(), label);
  }

  private Winner judge(Answer<Operation.Done> answer, boolean cancelled, String label)
      throws ErrnoException {
    assertThat(answer.count()).as(label).isEqualTo(1);
    assertThat(barrier.kept()).as(label).isZero();
    assertThat(cancelled).as(label).isEqualTo(answer.errno() == Errno.EINTR);
    boolean done = answer.result() != null;
    Name now = done ? G : F;
    other.forget(ROOT, other.lookup(ROOT, root, now).id(), 1);
    if (done) {
      other.rename(ROOT, root, G, root, F, 0);
      return Winner.RESUMED;
    }
    assertThat(Objects.requireNonNull(answer.errno())).as(label).isIn(Errno.EINTR, Errno.ESTALE);
    return cancelled ? Winner.CANCELLED : Winner.ENDED;
  }
}

package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.client.sync.SyncHandle;
import dev.coterie.client.sync.SyncHandles;
import dev.coterie.client.sync.SyncMode;
import dev.coterie.client.sync.Use;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sync handles of several processes, played by sessions of one core; time is moved by hand. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SyncHandleTest {
  private static final Duration SHORT = Duration.ofMillis(30);

  private final HandAlarm alarm = new HandAlarm();
  private final AtomicLong now = new AtomicLong(TimeUnit.DAYS.toNanos(1));
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
  private final List<SyncHandles> all = new ArrayList<>();
  private Vfs vfs;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7, Barrier.OPEN, 1, alarm),
            Map.of("/", TmpFs.Options.defaults().factory()));
  }

  @AfterEach
  void close() {
    all.forEach(SyncHandles::close);
    vfs.close();
  }

  /** Counts what is asked for. */
  private final class Counted implements FileService {
    private final FileService below;

    Counted(FileService below) {
      this.below = below;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      asked.computeIfAbsent(operation.label(), label -> new AtomicInteger()).incrementAndGet();
      return below.submit(caller, operation, deaf(operation, completion));
    }

    /** Nobody hears how a wait for recalls fails, as if that message were still on its way. */
    private <R> Completion<? super R> deaf(
        Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.NextRecalls)) {
        return completion;
      }
      return new Completion<R>() {
        @Override
        public void done(R result) {
          completion.done(result);
        }

        @Override
        public void failed(Errno errno) {}
      };
    }

    @Override
    public void close() {
      below.close();
    }
  }

  private SyncHandles process() {
    SyncHandles process =
        new SyncHandles(() -> new Counted(vfs.openSession()), Caller.ROOT, now::get);
    all.add(process);
    return process;
  }

  private int asked(String label) {
    AtomicInteger count = asked.get(label);
    return count == null ? 0 : count.get();
  }

  private void pass(long ms) {
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
    alarm.pass(ms);
  }

  private static void set(SyncHandle handle, String value) throws ErrnoException {
    try (Use use = handle.use(SyncMode.EXCLUSIVE)) {
      use.setValue(value.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static String get(SyncHandle handle) throws ErrnoException {
    try (Use use = handle.use(SyncMode.SHARED)) {
      return text(use);
    }
  }

  private static String text(Use use) {
    return new String(use.value(), StandardCharsets.US_ASCII);
  }

  private static void fails(Errno errno, ThrowingCallable action) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  /** Something done in a thread of its own. */
  private static <R> CompletableFuture<R> async(java.util.concurrent.Callable<R> action) {
    CompletableFuture<R> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            end.complete(action.call());
          } catch (Throwable e) {
            end.completeExceptionally(e);
          }
        });
    return end;
  }

  @Test
  void use_again_asksForNothing() throws Exception {
    SyncHandle handle = process().open("key");
    set(handle, "0");
    for (int i = 1; i < 1000; i++) {
      assertThat(get(handle)).isEqualTo(Integer.toString(i - 1));
      set(handle, Integer.toString(i));
    }
    assertThat(asked("usekey")).isEqualTo(1);
    assertThat(asked("returnkey")).isZero();
  }

  @Test
  void value_passesFromProcessToProcess() throws Exception {
    SyncHandle one = process().open("key");
    SyncHandle other = process().open("key");
    set(one, "a");
    assertThat(get(other)).isEqualTo("a");
    set(other, "b");
    assertThat(get(one)).isEqualTo("b");
    assertThat(get(other)).isEqualTo("b");
    int before = asked("usekey");
    get(one);
    get(other);
    assertThat(asked("usekey")).as("shared by both").isEqualTo(before);
    set(one, "c");
    one.close();
    assertThat(get(other)).isEqualTo("c");
    other.close();
    assertThat(get(process().open("key"))).as("nobody had it open").isEmpty();
  }

  @Test
  void recall_inAUse_isAnsweredWhenItEnds() throws Exception {
    SyncHandle one = process().open("key");
    SyncHandle other = process().open("key");
    Use use = one.use(SyncMode.EXCLUSIVE);
    CompletableFuture<String> read = async(() -> get(other));
    await().until(() -> asked("usekey") == 2);
    fails(Errno.ETIMEDOUT, () -> process().open("key").use(SyncMode.SHARED, Duration.ZERO));
    use.setValue("left".getBytes(StandardCharsets.US_ASCII));
    assertThat(read).isNotDone();
    use.close();
    assertThat(read.get()).isEqualTo("left");
  }

  @Test
  void use_thatOutlastsItsTime_alone_counts() throws Exception {
    SyncHandle handle = process().open("key");
    Use use = handle.use(SyncMode.EXCLUSIVE);
    use.setValue("late".getBytes(StandardCharsets.US_ASCII));
    pass(10L * Limits.LEASE_MS);
    use.close();
    assertThat(get(handle)).isEqualTo("late");
    pass(10L * Limits.LEASE_MS);
    assertThat(get(handle)).isEqualTo("late");
    assertThat(asked("usekey")).isEqualTo(1);
  }

  @Test
  void use_thatOthersWaitForTooLong_isTakenAway_andSaysSo() throws Exception {
    SyncHandle mute = process().open("key");
    SyncHandle other = process().open("key");
    set(mute, "given back");
    assertThat(get(other)).isEqualTo("given back");
    Use use = mute.use(SyncMode.EXCLUSIVE);
    use.setValue("too late".getBytes(StandardCharsets.US_ASCII));
    int before = asked("usekey");
    CompletableFuture<String> read = async(() -> get(other));
    await().until(() -> asked("usekey") == before + 1 && alarm.waiting() > 0);
    pass(Limits.LEASE_RECALL_MS);
    pass(Limits.LEASE_RECALL_MS);
    assertThat(read.get()).isEqualTo("given back");
    fails(Errno.ESTALE, use::close);
    set(mute, "in another session");
    assertThat(get(other)).isEqualTo("in another session");
  }

  @Test
  void value_thatWasKept_andIsLost_isToldOnce() throws Exception {
    List<FileService> sessions = new ArrayList<>();
    SyncHandles process =
        new SyncHandles(
            () -> {
              sessions.add(vfs.openSession());
              return sessions.getLast();
            },
            Caller.ROOT,
            now::get);
    all.add(process);
    SyncHandle handle = process.open("key");
    SyncHandle witness = process().open("key");
    set(handle, "kept");
    sessions.getFirst().close();
    fails(
        Errno.ESTALE,
        () -> {
          try (Use use = handle.use(SyncMode.SHARED)) {
            assertThat(text(use)).isEqualTo("kept");
          }
        });
    assertThat(get(handle)).isEmpty();
    set(handle, "new");
    assertThat(get(witness)).isEqualTo("new");
  }

  @Test
  void threads_ofAProcess_areReadersTogether_andWritersAlone() throws Exception {
    SyncHandle handle = process().open("key");
    Use first = handle.use(SyncMode.SHARED);
    Use second = handle.use(SyncMode.SHARED);
    fails(Errno.ETIMEDOUT, () -> handle.use(SyncMode.EXCLUSIVE, SHORT));
    CompletableFuture<Use> writer = async(() -> handle.use(SyncMode.EXCLUSIVE));
    await()
        .until(() -> {
          try {
            handle.use(SyncMode.SHARED, Duration.ZERO).close();
            return false;
          } catch (ErrnoException e) {
            return e.errno() == Errno.ETIMEDOUT; // behind the writer
          }
        });
    first.close();
    assertThat(writer).isNotDone();
    second.close();
    writer.get().close();
    handle.use(SyncMode.SHARED, Duration.ZERO).close();
  }

  @Test
  void use_thatIsInterrupted_isNotBegun() throws Exception {
    SyncHandle one = process().open("key");
    SyncHandle other = process().open("key");
    Use use = one.use(SyncMode.EXCLUSIVE);
    for (SyncHandle handle : List.of(one, other)) {
      int before = asked("usekey");
      CompletableFuture<Thread> waits = new CompletableFuture<>();
      CompletableFuture<Use> waiting =
          async(() -> {
            waits.complete(Thread.currentThread());
            return handle.use(SyncMode.EXCLUSIVE);
          });
      Thread thread = waits.get();
      await().until(() -> handle.equals(one) || asked("usekey") > before);
      thread.interrupt();
      assertThatThrownBy(waiting::get)
          .cause()
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINTR));
    }
    use.close();
    other.use(SyncMode.EXCLUSIVE).close();
  }

  @Test
  void handle_thatIsClosed_isOver_andAUseGoesOn() throws Exception {
    SyncHandles process = process();
    SyncHandle handle = process.open("key");
    SyncHandle other = process().open("key");
    Use use = handle.use(SyncMode.EXCLUSIVE);
    handle.close();
    handle.close();
    fails(Errno.EBADF, () -> handle.use(SyncMode.SHARED));
    use.setValue("left".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> use.setValue(new byte[Limits.KEY_VALUE_BYTES + 1]))
        .isInstanceOf(IllegalArgumentException.class);
    use.close();
    assertThatThrownBy(() -> use.setValue(new byte[1])).isInstanceOf(IllegalStateException.class);
    assertThat(asked("closekey")).isEqualTo(1);
    assertThat(get(other)).isEqualTo("left");
    fails(Errno.EINVAL, () -> process.open(""));
    fails(Errno.EINVAL, () -> process.open("x".repeat(Limits.KEY_NAME_BYTES + 1)));
  }

  private static int addUpTo(SyncHandle handle, int times) throws ErrnoException {
    int before = 0;
    for (int i = 0; i < times; i++) {
      try (Use use = handle.use(SyncMode.EXCLUSIVE)) {
        before = text(use).isEmpty() ? 0 : Integer.parseInt(text(use));
        use.setValue(Integer.toString(before + 1).getBytes(StandardCharsets.US_ASCII));
      }
    }
    return before;
  }

  /** Who is done with it keeps nobody waiting, though no use of his takes it along any more. */
  @Test
  void key_thatIsUsedInTurn_isGivenBackByTheMessageThatAsksForIt() throws Exception {
    int times = 2000;
    SyncHandle one = process().open("key");
    SyncHandle other = process().open("key");
    for (int i = 0; i < 3; i++) {
      addUpTo(one, 1);
      addUpTo(other, 1);
    }
    CompletableFuture<Integer> few = async(() -> addUpTo(one, times / 2));
    CompletableFuture<Integer> many = async(() -> addUpTo(other, times));
    few.get();
    many.get();
    assertThat(get(process().open("key"))).isEqualTo(Integer.toString(6 + times / 2 + times));
    assertThat(asked("usekey")).isGreaterThan(times);
    assertThat(asked("returnkey")).isLessThan(asked("usekey") / 2);
  }

  /** Another thread holds its message up until this one waits for it, or has gone on. */
  private final class HeldUp implements FileService {
    private final FileService below = new Counted(vfs.openSession());
    private final Thread closer = Thread.currentThread();
    private final AtomicBoolean held;

    HeldUp(AtomicBoolean held) throws ErrnoException {
      this.held = held;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.ReturnKey && !Thread.currentThread().equals(closer)) {
        held.set(true);
        await().until(() -> asked("closekey") > 0 || closer.getState() == Thread.State.WAITING);
      }
      return below.submit(caller, operation, completion);
    }

    @Override
    public void close() {
      below.close();
    }
  }

  @Test
  void close_whenAnotherThreadIsAboutToGiveBack_waitsForThat() throws Exception {
    AtomicBoolean held = new AtomicBoolean();
    SyncHandles process = new SyncHandles(() -> new HeldUp(held), Caller.ROOT, now::get);
    all.add(process);
    SyncHandle one = process.open("key");
    SyncHandle other = process().open("key");
    int expected = 0;
    int before;
    do {
      addUpTo(other, 1);
      addUpTo(one, 3);
      before = asked("returnkey");
      held.set(false);
      addUpTo(one, 1);
      expected += 5;
    } while (asked("returnkey") > before && !held.get() || expected < 50);
    await().untilTrue(held); // it is left to another thread
    one.close();
    assertThat(get(other)).isEqualTo(Integer.toString(expected));
  }

  @Test
  void value_givenBackWithAnAskingThatIsInterrupted_isNotLost() throws Exception {
    SyncHandle one = process().open("key");
    SyncHandle other = process().open("key");
    for (int i = 0; i < 10; i++) {
      addUpTo(one, 2);
      addUpTo(other, 2);
    }
    for (int i = 0; i < 20; i++) {
      int before = asked("usekey");
      Use use = one.use(SyncMode.EXCLUSIVE);
      CompletableFuture<Use> next = async(() -> other.use(SyncMode.EXCLUSIVE));
      await().until(() -> asked("usekey") == before + 2);
      use.setValue(new byte[] {'1'});
      CompletableFuture<Thread> waits = new CompletableFuture<>();
      CompletableFuture<Use> again =
          async(() -> {
            waits.complete(Thread.currentThread());
            use.close();
            return one.use(SyncMode.EXCLUSIVE);
          });
      await().until(() -> asked("usekey") == before + 3);
      waits.get().interrupt();
      assertThatThrownBy(again::get)
          .cause()
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINTR));
      try (Use taken = next.get()) {
        assertThat(text(taken)).isEqualTo("1");
        taken.setValue(new byte[] {'2'});
      }
      assertThat(get(one)).isEqualTo("2");
    }
  }

  /** Several processes of several threads each: what is counted is exact. */
  @Test
  void counter_ofThreadsAndProcesses_isExact() throws Exception {
    int processes = 3;
    int threads = 3;
    int each = 300;
    List<CompletableFuture<Integer>> ends = new ArrayList<>();
    SyncHandle reader = process().open("key");
    for (int p = 0; p < processes; p++) {
      SyncHandles process = process();
      for (int t = 0; t < threads; t++) {
        SyncHandle handle = process.open("key");
        ends.add(
            async(() -> {
              for (int i = 0; i < each; i++) {
                try (Use use = handle.use(SyncMode.EXCLUSIVE)) {
                  int before = text(use).isEmpty() ? 0 : Integer.parseInt(text(use));
                  use.setValue(Integer.toString(before + 1).getBytes(StandardCharsets.US_ASCII));
                }
                if (i % 10 == 0) {
                  get(handle);
                }
              }
              handle.close();
              return 0;
            }));
      }
    }
    for (CompletableFuture<Integer> end : ends) {
      end.get();
    }
    assertThat(get(reader)).isEqualTo(Integer.toString(processes * threads * each));
  }
}

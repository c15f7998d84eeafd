package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Locks of programs on two mounts of one tree, by a leader and two gates that are processes. How
 * soon something happened is printed; what is asserted is that it does.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockMountIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder = Path.of("");
  private Path program = folder;
  private final List<LockActor> actors = new ArrayList<>();
  private final List<AutoCloseable> toClose = new ArrayList<>();

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  @BeforeEach
  void compile() throws Exception {
    program = LockActor.compile(folder);
  }

  private Mounts mount(boolean uring) throws IOException {
    if (uring) {
      toClose.add(UringSwitch.set(true));
    }
    Mounts mounts =
        uring ? new Mounts(folder, "tmpfs", 2, 0, "--uring") : new Mounts(folder, "tmpfs", 2);
    toClose.add(mounts);
    return mounts;
  }

  @AfterEach
  void endAll() throws Exception {
    actors.forEach(LockActor::close);
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  private LockActor actor() throws IOException {
    LockActor actor = LockActor.start(program);
    actors.add(actor);
    return actor;
  }

  /** One that has a file open. */
  private LockActor opener(Path mount, String name) throws IOException, InterruptedException {
    LockActor actor = actor();
    open(actor, 0, mount, name);
    return actor;
  }

  private static void open(LockActor actor, int slot, Path mount, String name)
      throws IOException, InterruptedException {
    does(actor, "open " + slot + " " + mount.resolve(name) + " rw");
  }

  private static void does(LockActor actor, String line) throws IOException, InterruptedException {
    assertThat(actor.ask(line)).as(line).isEqualTo("ok");
  }

  private static void awaitInKernel(LockActor actor) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(2)).until(actor::waitsForLock);
  }

  /** Until the lock is free, as the one who asks is told by all it tries. */
  private static void awaitFree(LockActor actor, String line) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> actor.ask(line).equals("ok"));
  }

  private static void tell(String what, long since) {
    System.out.printf("%s: %.1f ms%n", what, (System.nanoTime() - since) / 1e6);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lock_onOneMount_excludesTheOther(boolean uring) throws Exception {
    Mounts mounts = mount(uring);
    LockActor one = opener(mounts.first, "f");
    LockActor other = opener(mounts.second, "f");
    does(one, "lock 0 w 10 10");
    does(other, "lock 0 w 0 10");
    assertThat(other.ask("lock 0 r 0 0")).isEqualTo("EAGAIN");
    assertThat(other.ask("getlk 0 w 5 0")).isEqualTo("w 10 10 " + one.pid);
    does(other, "flock 0 w");
    assertThat(one.ask("flock 0 r")).isEqualTo("EAGAIN");
    other.say("wlock 0 w 19 1");
    awaitInKernel(other);
    long before = System.nanoTime();
    does(one, "lock 0 u 0 0");
    assertThat(other.answer()).isEqualTo("ok");
    tell("handed over to the other mount", before);
    does(other, "flock 0 u");
    does(one, "flock 0 w");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void wait_signalled_isEINTRAndNothingIsLeft(boolean uring) throws Exception {
    Mounts mounts = mount(uring);
    LockActor holder = opener(mounts.first, "f");
    does(holder, "lock 0 w 0 0");
    does(holder, "flock 0 w");
    LockActor waiter = opener(mounts.second, "f");
    for (String line : List.of("wlock 0 w 0 0", "owlock 0 w 0 0", "wflock 0 w")) {
      waiter.say(line);
      awaitInKernel(waiter);
      long before = System.nanoTime();
      waiter.signal();
      assertThat(waiter.answer()).as(line).isEqualTo("EINTR");
      tell("a signal ended " + line, before);
    }
    does(holder, "lock 0 u 0 0");
    LockActor third = opener(mounts.first, "f");
    does(third, "lock 0 w 0 0");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void killedHolderAndKilledWaiter_leaveNothing(boolean uring) throws Exception {
    Mounts mounts = mount(uring);
    LockActor holder = opener(mounts.first, "f");
    does(holder, "lock 0 w 0 0");
    does(holder, "flock 0 w");
    LockActor killed = opener(mounts.second, "f");
    killed.say("wlock 0 w 0 0");
    awaitInKernel(killed);
    LockActor waiter = opener(mounts.second, "f");
    waiter.say("wlock 0 w 0 0");
    awaitInKernel(waiter);
    killed.kill();
    long before = System.nanoTime();
    holder.kill();
    assertThat(waiter.answer()).isEqualTo("ok");
    tell("a killed holder's lock", before);
    awaitFree(waiter, "flock 0 w");
    waiter.kill();
    awaitFree(opener(mounts.first, "f"), "lock 0 w 0 0");
  }

  /** Neither by FLUSH, which does not name it, nor by one of several descriptors. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofdLock_endsWithTheLastDescriptorOfItsFile(boolean uring) throws Exception {
    Mounts mounts = mount(uring);
    LockActor one = opener(mounts.first, "f");
    LockActor other = opener(mounts.second, "f");
    does(one, "olock 0 w 0 5");
    does(one, "flock 0 w");
    does(one, "dup 0 1");
    LockActor child = one.fork(folder);
    actors.add(child);
    does(child, "olock 0 w 5 5"); // of the same open file
    does(child, "lock 1 w 10 5"); // its own
    does(one, "close 0");
    assertThat(other.ask("lock 0 w 0 1")).isEqualTo("EAGAIN");
    one.kill();
    assertThat(other.ask("lock 0 w 0 1")).isEqualTo("EAGAIN");
    assertThat(other.ask("flock 0 w")).isEqualTo("EAGAIN");
    does(child, "close 0");
    does(other, "lock 0 w 10 5"); // a process's lock ends with any close
    assertThat(other.ask("lock 0 w 5 1")).isEqualTo("EAGAIN");
    does(child, "close 1");
    awaitFree(other, "lock 0 w 0 0");
    awaitFree(other, "flock 0 w");
  }

  /** Three who wait for each other in a ring, on two mounts: one is refused, two are served. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cycleOfThree_overTwoMounts_isRefusedOnce(boolean uring) throws Exception {
    Mounts mounts = mount(uring);
    List<LockActor> ring = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      LockActor actor = opener(i == 1 ? mounts.second : mounts.first, "f" + i);
      open(actor, 1, i == 1 ? mounts.second : mounts.first, "f" + (i + 1) % 3);
      does(actor, "lock 0 w 0 1");
      ring.add(actor);
    }
    for (LockActor actor : ring) {
      actor.say("wlock 1 w 0 1");
    }
    await().atMost(PATIENCE).until(() -> ring.stream().anyMatch(LockActor::hasAnswered));
    List<String> answers = new ArrayList<>();
    // Who is refused has to give way; then one after the other is served, and gives way too.
    while (!ring.isEmpty()) {
      LockActor answered =
          await()
              .atMost(PATIENCE)
              .pollDelay(Duration.ZERO)
              .until(
                  () -> ring.stream().filter(LockActor::hasAnswered).findAny(),
                  found -> found.isPresent())
              .orElseThrow();
      answers.add(answered.answer());
      does(answered, "close 0");
      does(answered, "close 1");
      ring.remove(answered);
    }
    assertThat(answers).containsExactly("EDEADLK", "ok", "ok");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gate", "unmounted"})
  void endOfAMount_endsItsLocks(String how) throws Exception {
    Mounts mounts = mount(false);
    LockActor holder = opener(mounts.first, "f");
    does(holder, "lock 0 w 0 0");
    LockActor waiter = opener(mounts.second, "f");
    waiter.say("wlock 0 w 0 0");
    awaitInKernel(waiter);
    long before = System.nanoTime();
    if (how.equals("gate")) {
      mounts.gate().kill();
    } else {
      Shell.run(Coterie.line("unmount", "--force", mounts.first.toString()), java.util.Map.of())
          .ok();
    }
    assertThat(waiter.answer()).isEqualTo("ok");
    tell("a lock of a mount that is " + how, before);
  }
}

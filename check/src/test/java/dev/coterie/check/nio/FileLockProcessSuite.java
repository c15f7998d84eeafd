package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.check.leader.Child;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks of channels between processes, as their documentation has them. */
@Timeout(180)
abstract class FileLockProcessSuite {
  private static final String WHOLE = " 0 0 exclusive";

  @TempDir Path folder;
  private final List<Child> children = new ArrayList<>();

  /** What a process is told to work in. */
  abstract String place() throws IOException;

  /** How many requests of this process wait for a lock. */
  abstract int waiting(Child process) throws IOException;

  @AfterEach
  void endProcesses() {
    children.forEach(Child::close);
  }

  final Child process() throws IOException {
    Child child = Child.start(folder, FileLockMain.class, place());
    children.add(child);
    child.hear("ready");
    return child;
  }

  final void awaitWaiting(Child process) {
    await().until(() -> waiting(process) == 1);
  }

  /** Two processes: the first has the whole file "f" locked, the second waits for it. */
  private List<Child> holderAndWaiter(String open) throws IOException {
    Child holder = process();
    Child waiter = process();
    holder.ask("open a f");
    assertThat(holder.ask("try a" + WHOLE)).isEqualTo("locked");
    waiter.ask(open + " b f");
    waiter.ask("begin b" + WHOLE);
    awaitWaiting(waiter);
    return List.of(holder, waiter);
  }

  /** The first lets go, and then nobody holds anything. */
  private void assertNothingLeft(Child holder, Child other) throws IOException {
    assertThat(waiting(other)).isZero();
    holder.ask("release a");
    Child third = process();
    third.ask("open c f");
    assertThat(third.ask("try c" + WHOLE)).isEqualTo("locked");
    holder.end();
    other.end();
    third.end();
  }

  @Test
  void ranges_ofTwoProcesses_excludeWriters() throws IOException {
    Child one = process();
    Child other = process();
    one.ask("open a f");
    other.ask("open b f");
    assertThat(one.ask("try a 0 10 exclusive")).isEqualTo("locked");
    assertThat(one.ask("try a 20 10 shared")).isEqualTo("locked");
    assertThat(other.ask("try b 9 5 shared")).isEqualTo("busy");
    assertThat(other.ask("try b 25 1 exclusive")).isEqualTo("busy");
    assertThat(other.ask("try b 10 5 exclusive")).isEqualTo("locked");
    assertThat(other.ask("try b 20 0 shared")).isEqualTo("locked");
    assertThat(one.ask("try a 10 1 shared")).isEqualTo("busy");
    assertThat(one.ask("try a 10 1 shared")).isEqualTo("busy"); // and nothing of it has stayed
    one.ask("close a");
    other.ask("release b");
    assertThat(other.ask("try b 15 0 exclusive")).isEqualTo("locked");
    one.end();
    other.end();
  }

  @Test
  void lock_waitsUntilTheOtherReleases() throws IOException {
    List<Child> both = holderAndWaiter("open");
    both.getFirst().ask("release a");
    assertThat(both.getLast().ask("end b")).isEqualTo("locked");
    assertThat(both.getFirst().ask("try a 3 1 shared")).isEqualTo("busy");
    both.forEach(Child::end);
  }

  @Test
  void lock_waitsUntilTheOtherCloses() throws IOException {
    List<Child> both = holderAndWaiter("open");
    both.getFirst().ask("close a");
    assertThat(both.getLast().ask("end b")).isEqualTo("locked");
    both.forEach(Child::end);
  }

  @Test
  void lockOfAKilledProcess_reachesWhoWaits() throws IOException {
    List<Child> both = holderAndWaiter("open");
    long killed = System.nanoTime();
    both.getFirst().kill();
    assertThat(both.getLast().ask("end b")).isEqualTo("locked");
    System.out.printf(
        "%s: %.1f ms from SIGKILL to the waiter's answer%n",
        getClass().getSimpleName(), (System.nanoTime() - killed) / 1e6);
    both.getLast().end();
  }

  @Test
  void interrupt_endsTheWaitAndClosesTheChannel() throws IOException {
    List<Child> both = holderAndWaiter("open");
    both.getLast().ask("interrupt b");
    assertThat(both.getLast().ask("end b"))
        .isEqualTo("FileLockInterruptionException interrupted closed");
    assertNothingLeft(both.getFirst(), both.getLast());
  }

  @Test
  void closeByAnotherThread_endsTheWait() throws IOException {
    List<Child> both = holderAndWaiter("open");
    both.getLast().ask("close b");
    assertThat(both.getLast().ask("end b")).isEqualTo("AsynchronousCloseException closed");
    assertNothingLeft(both.getFirst(), both.getLast());
  }

  @Test
  void async_waitsUntilTheOtherReleases() throws IOException {
    List<Child> both = holderAndWaiter("async");
    both.getFirst().ask("release a");
    assertThat(both.getLast().ask("end b")).isEqualTo("locked");
    assertThat(both.getFirst().ask("try a 3 1 shared")).isEqualTo("busy");
    both.getLast().ask("close b");
    assertThat(both.getFirst().ask("try a 3 1 shared")).isEqualTo("locked");
    both.forEach(Child::end);
  }

  @Test
  void async_closed_endsTheWait() throws IOException {
    List<Child> both = holderAndWaiter("async");
    both.getLast().ask("close b");
    assertThat(both.getLast().ask("end b")).isEqualTo("AsynchronousCloseException closed");
    assertNothingLeft(both.getFirst(), both.getLast());
  }

  @Test
  void cycleOfThree_isRefusedForExactlyOne() throws IOException {
    List<Child> all = List.of(process(), process(), process());
    for (int i = 0; i < 3; i++) {
      all.get(i).ask("open own f" + i);
      all.get(i).ask("open next f" + (i + 1) % 3);
      assertThat(all.get(i).ask("try own 0 0 exclusive")).isEqualTo("locked");
    }
    for (Child child : all) {
      child.ask("begin next 5 5 exclusive");
    }
    // Whoever closes the cycle is refused; the others come to their ends one by one behind it.
    await().until(() -> waiting(all.get(0)) + waiting(all.get(1)) + waiting(all.get(2)) == 2);
    int refused = 0;
    while (waiting(all.get(refused)) != 0) {
      refused++;
    }
    List<String> ends = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Child child = all.get(Math.floorMod(refused - i, 3)); // who waits for the one before
      ends.add(child.ask("end next"));
      child.ask("close next");
      child.ask("close own");
    }
    assertThat(ends).containsExactly("deadlock open", "locked", "locked");
    assertThat(Collections.frequency(ends, "deadlock open")).isOne();
    all.forEach(Child::end);
  }
}

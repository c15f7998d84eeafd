package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An event counter of a tree, which programs read, write and poll on two mounts, by a leader and
 * two gates that are processes. How soon something happened is printed; what is asserted is that it
 * does.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventMountIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String LONG = " 60000"; // as long as we have patience, in milliseconds

  private static final int IN = 0x1;
  private static final int OUT = 0x4;
  private static final int ERR = 0x8;
  private static final long ONESHOT = 1L << 30;
  private static final long ET = 1L << 31;

  /** More than a gate has threads. */
  private static final int MANY = 20;

  private static final int CYCLES = 1000;

  private Path folder = Path.of("");
  private Path program = folder;
  private String name = "";
  private int counters;
  private @Nullable Mounts mounts;
  private final List<LockActor> actors = new ArrayList<>();
  private final List<AutoCloseable> toClose = new ArrayList<>();

  /** Whether the requests come over io_uring. */
  boolean uring() {
    return false;
  }

  @BeforeAll
  void mount(@TempDir Path place) throws Exception {
    folder = place;
    MountTools.require();
    MountTools.requireProgram("/usr/bin/setfattr");
    program = LockActor.compile(folder, "event_actor");
    if (uring()) {
      toClose.add(UringSwitch.set(true));
    }
    mounts = mounts("all");
  }

  private Mounts mounts(String place) throws IOException {
    Path there = Files.createDirectory(folder.resolve(place));
    Mounts made =
        uring() ? new Mounts(there, "tmpfs", 2, 0, "--uring") : new Mounts(there, "tmpfs", 2);
    toClose.add(made);
    return made;
  }

  @AfterEach
  void endActors() {
    actors.forEach(LockActor::close);
    actors.clear();
  }

  @AfterAll
  void endMounts() throws Exception {
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  /** The mounts, with a new counter, of which those that follow are told. */
  private Mounts counter(String value) throws Exception {
    return counterIn(Objects.requireNonNull(mounts), value);
  }

  private Mounts counterIn(Mounts there, String value) throws Exception {
    name = "c" + counters++;
    Shell.run(
            ": > \"$1\" && setfattr -n system.coterie.counter -v \"$2\" \"$1\"",
            there.first.resolve(name),
            value)
        .ok();
    return there;
  }

  private LockActor actor() throws IOException {
    LockActor actor = LockActor.start(program);
    actors.add(actor);
    return actor;
  }

  /** One that has the counter open in slot 0. */
  private LockActor opener(Path mount, String how) throws IOException, InterruptedException {
    LockActor actor = actor();
    does(actor, "open 0 " + mount.resolve(name) + " " + how, "0");
    return actor;
  }

  /** One that waits for it with an event set in slot 1. */
  private LockActor waiter(Path mount, long mask) throws IOException, InterruptedException {
    LockActor actor = opener(mount, "rw");
    does(actor, "epoll 1", "0");
    does(actor, "ctl 1 add 0 " + mask, "0");
    return actor;
  }

  private static void does(LockActor actor, String line, String answer)
      throws IOException, InterruptedException {
    assertThat(actor.ask(line)).as(line).isEqualTo(answer);
  }

  private static void awaitAsleep(LockActor actor, String function) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> actor.sleepsIn(function));
  }

  private static void tell(String what, long since) {
    System.out.printf("%s: %.1f ms%n", what, (System.nanoTime() - since) / 1e6);
  }

  // ---- reading and writing ----

  @Test
  void counter_onTwoMounts_isOne() throws Exception {
    Mounts both = counter("2");
    LockActor one = opener(both.first, "rw");
    LockActor other = opener(both.second, "rw");
    does(other, "write 0 5", "8");
    does(one, "read 0", "7");
    does(other, "read 0", "EAGAIN");
    does(one, "short 0", "EINVAL EINVAL");
    does(one, "write 0 18446744073709551614", "8");
    does(other, "write 0 1", "EAGAIN");
    does(other, "write 0 18446744073709551615", "EINVAL");
    assertThat(shown(both.second)).isEqualTo("regular empty file 0 18446744073709551614");
    does(other, "nonblock 0 0", "0");
    other.say("write 0 9");
    awaitAsleep(other, "request_wait_answer");
    does(one, "read 0", "18446744073709551614");
    assertThat(other.answer()).isEqualTo("8");
    does(one, "read 0", "9");
    LockActor reader = opener(both.first, "r");
    does(reader, "write 0 1", "EBADF");
  }

  private String shown(Path mount) throws Exception {
    return Shell.run(
            "echo $(stat -c '%F %s' \"$1\")"
                + " $(getfattr --absolute-names --only-values -n system.coterie.counter \"$1\")",
            mount.resolve(name))
        .ok();
  }

  @Test
  void counter_removedWhileOpen_livesOn() throws Exception {
    Mounts both = counter("3 semaphore");
    LockActor one = opener(both.first, "rw");
    LockActor other = opener(both.second, "rw");
    Shell.run("mv \"$1/$3\" \"$1/moved\" && rm \"$2/moved\"", both.first, both.second, name).ok();
    does(one, "read 0", "1");
    does(other, "read 0", "1");
    does(other, "poll 0 " + IN + " 0", "1");
    does(other, "write 0 1", "8");
    does(one, "read 0", "1");
    does(one, "read 0", "1");
    does(one, "read 0", "EAGAIN");
  }

  /** Who waits in a call on an open file does not keep others from it who share it. */
  @Test
  void openFileThatIsShared_isReadAndWrittenAtATime() throws Exception {
    Mounts both = counter("0");
    LockActor one = opener(both.first, "rw b");
    LockActor child = one.fork(Files.createDirectory(folder.resolve("fifos")));
    actors.add(child);
    one.say("read 0");
    awaitAsleep(one, "request_wait_answer");
    does(child, "write 0 6", "8");
    assertThat(one.answer()).isEqualTo("6");
  }

  /** Who waits has no thread of the gate, so others go on. */
  @Test
  void manyReaders_waitAndHoldUpNobody() throws Exception {
    Mounts both = counter("0 semaphore");
    List<LockActor> readers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      LockActor reader = opener(i % 2 == 0 ? both.first : both.second, "r b");
      reader.say("read 0");
      readers.add(reader);
    }
    readers.forEach(reader -> awaitAsleep(reader, "request_wait_answer"));
    Shell.run("echo content > \"$1/f\" && cat \"$1/f\"", both.first).ok();
    LockActor writer = opener(both.first, "w");
    does(writer, "write 0 " + MANY, "8");
    for (LockActor reader : readers) {
      assertThat(reader.answer()).isEqualTo("1");
    }
    assertThat(shown(both.first)).isEqualTo("regular empty file 0 0 semaphore");
  }

  @Test
  void wait_signalled_isEINTRAndHasTakenNothing() throws Exception {
    Mounts both = counter("0");
    LockActor reader = opener(both.first, "r b");
    reader.say("read 0");
    awaitAsleep(reader, "request_wait_answer");
    long before = System.nanoTime();
    reader.signal();
    assertThat(reader.answer()).isEqualTo("EINTR");
    tell("a signal ended a read", before);
    LockActor writer = opener(both.second, "rw b");
    does(writer, "write 0 18446744073709551614", "8");
    writer.say("write 0 7");
    awaitAsleep(writer, "request_wait_answer");
    before = System.nanoTime();
    writer.signal();
    assertThat(writer.answer()).isEqualTo("EINTR");
    tell("a signal ended a write", before);
    does(reader, "read 0", "18446744073709551614");
    LockActor polling = waiter(both.first, IN);
    polling.say("wait 1" + LONG);
    awaitAsleep(polling, "do_epoll_wait");
    polling.signal();
    assertThat(polling.answer()).isEqualTo("EINTR");
  }

  @Test
  void killedReader_takesNothing() throws Exception {
    Mounts both = counter("0");
    LockActor killed = opener(both.first, "r b");
    killed.say("read 0");
    awaitAsleep(killed, "request_wait_answer");
    LockActor polling = waiter(both.first, IN);
    polling.say("wait 1" + LONG);
    awaitAsleep(polling, "do_epoll_wait");
    killed.kill();
    polling.kill();
    LockActor other = opener(both.second, "rw");
    does(other, "write 0 4", "8");
    does(other, "read 0", "4");
  }

  // ---- poll ----

  @Test
  void pollSelectAndEpoll_wakeUpFromWherever() throws Exception {
    Mounts both = counter("0");
    LockActor writer = opener(both.second, "rw");
    LockActor same = opener(both.first, "rw");
    try (Client client =
        Client.connect(
            new Address.Unix(folder.resolve("all/socket").toString()), ClientOptions.DEFAULT)) {
      InodeId id = client.lookup(Caller.ROOT, client.root(Caller.ROOT).id(), Name.of(name)).id();
      long handle = client.open(Caller.ROOT, id, OpenFlags.O_RDWR).handle();
      List<Write> writes =
          List.of(
              () -> does(writer, "write 0 1", "8"),
              () -> does(same, "write 0 1", "8"),
              () -> assertThat(put(client, handle)).isEqualTo(8));
      LockActor waiter = waiter(both.first, IN);
      for (Write write : writes) {
        for (String wait : List.of("poll 0 1", "select 0 r", "wait 1")) {
          waiter.say(wait + LONG);
          awaitAsleep(waiter, wait.startsWith("wait") ? "do_epoll_wait" : "poll_schedule_timeout");
          long before = System.nanoTime();
          write.run();
          assertThat(waiter.answer())
              .as(wait)
              .isEqualTo(wait.startsWith("wait") ? "events 0:1" : "1");
          tell(wait + " woke up", before);
          does(waiter, "read 0", "1");
        }
      }
    }
  }

  private interface Write {
    void run() throws Exception;
  }

  private static int put(FileService service, long handle) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1);
    return service.write(Caller.ROOT, handle, 0, one);
  }

  /** Full, it cannot be written; a take through the other mount makes room. */
  @Test
  void full_roomMadeOnTheOtherMount_wakesUp() throws Exception {
    Mounts both = counter("18446744073709551614");
    LockActor waiter = waiter(both.first, OUT);
    does(waiter, "wait 1 0", "events");
    waiter.say("wait 1" + LONG);
    awaitAsleep(waiter, "do_epoll_wait");
    does(opener(both.second, "r"), "read 0", "18446744073709551614");
    assertThat(waiter.answer()).isEqualTo("events 0:4");
  }

  /** An edge for each write, once; one shot until it is armed again. */
  @Test
  void edgesAndOneShots_fromTheOtherMount() throws Exception {
    Mounts both = counter("1");
    LockActor edge = waiter(both.first, IN | ET);
    LockActor once = waiter(both.first, IN | ONESHOT);
    LockActor writer = opener(both.second, "w");
    for (LockActor each : List.of(edge, once)) {
      does(each, "wait 1 0", "events 0:1");
      does(each, "wait 1 0", "events");
    }
    edge.say("wait 1" + LONG);
    awaitAsleep(edge, "do_epoll_wait");
    does(writer, "write 0 1", "8");
    assertThat(edge.answer()).isEqualTo("events 0:1");
    does(edge, "wait 1 0", "events");
    does(once, "wait 1 0", "events");
    does(once, "ctl 1 mod 0 " + (IN | ONESHOT), "0");
    does(once, "wait 1 0", "events 0:1");
    does(edge, "read 0", "2");
    does(once, "ctl 1 mod 0 " + (IN | ONESHOT), "0");
    once.say("wait 1" + LONG);
    awaitAsleep(once, "do_epoll_wait");
    does(writer, "write 0 1", "8");
    assertThat(once.answer()).isEqualTo("events 0:1");
  }

  /** As many notifications as there was something to be notified of. */
  @Test
  void thousandWritesEachDrained_areThousandWakeUps() throws Exception {
    Mounts both = counter("0");
    LockActor waiter = waiter(both.first, IN | ET);
    LockActor writer = opener(both.second, "w");
    waiter.say("drain 1 0 " + CYCLES);
    for (int i = 0; i < CYCLES; i++) {
      does(writer, "write 0 1", "8");
      assertThat(waiter.answer()).isEqualTo("1");
    }
    assertThat(waiter.answer()).isEqualTo(CYCLES + " " + CYCLES);
  }

  /** What is no counter is always ready, as it was before. */
  @Test
  void otherFiles_areAlwaysReady() throws Exception {
    Mounts both = counter("0");
    Shell.run("echo content > \"$1/f\"", both.first).ok();
    LockActor actor = actor();
    does(actor, "open 0 " + both.first.resolve("f") + " rw", "0");
    does(actor, "poll 0 " + (IN | OUT) + " 0", "5");
    does(actor, "select 0 w 0", "1");
    does(actor, "epoll 1", "0");
    does(actor, "ctl 1 add 0 " + (IN | OUT), "0");
    does(actor, "wait 1 0", "events 0:5");
  }

  /** Who waits is not left waiting for a leader that is gone. */
  @Test
  void endOfTheLeader_wakesUpWithAnError() throws Exception {
    Mounts both = counterIn(mounts("ending"), "0");
    LockActor polling = waiter(both.first, IN);
    polling.say("wait 1" + LONG);
    awaitAsleep(polling, "do_epoll_wait");
    both.leader().kill();
    assertThat(polling.answer()).isEqualTo("events 0:" + ERR);
  }
}

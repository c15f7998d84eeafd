package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A drawn script, done in lock step by processes on a kernel file system and by as many on mounts.
 *
 * <p>Where Linux leaves open what happens, nothing is drawn: whom of several waiters it serves
 * first, and by which of several holders it looks for a deadlock. So either there is one waiter at
 * a time; or one for each file, and then all locks are exclusive and waits are for one byte.
 */
final class LockScript implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;
  private static final int ACTORS = 5;
  private static final int FILES = 3;
  private static final int SLOTS = 5;

  /** How often something happened in all scripts, and what the mounts are to have been told. */
  static final class Closes {
    final long[] descriptors = new long[2];
    final long[] files = new long[2];
    final Map<String, Integer> done = new TreeMap<>();
  }

  /** An open file, and how many descriptors refer to it. */
  private static final class Open {
    final int file;
    int references;

    Open(int file) {
      this.file = file;
    }
  }

  /** The same process in both worlds. */
  private static final class Pair {
    final int number;
    final int mount;
    final LockActor kernel;
    final LockActor ours;
    final Map<Integer, Open> slots = new TreeMap<>();
    @Nullable String waitsFor; // family and file

    Pair(int number, int mount, LockActor kernel, LockActor ours) {
      this.number = number;
      this.mount = mount;
      this.kernel = kernel;
      this.ours = ours;
    }
  }

  private final Path program;
  private final Path kernel;
  private final LockMounts mounts;
  private final Path fifos;
  private final Closes closes;
  private final long seed;
  private final Random random;
  private final boolean exclusive; // all locks are, and there may be several waiters
  private final List<Pair> actors = new ArrayList<>();
  private final Map<Long, Integer> numbers = new TreeMap<>(); // by pid
  private final List<String> log = new ArrayList<>();
  private int started;

  LockScript(Path program, Path kernel, LockMounts mounts, Path fifos, Closes closes, long seed) {
    this.program = program;
    this.kernel = kernel;
    this.mounts = mounts;
    this.fifos = fifos;
    this.closes = closes;
    this.seed = seed;
    this.random = new Random(seed);
    this.exclusive = seed % 2 == 0;
  }

  void step() throws IOException, InterruptedException {
    if (actors.size() < 3) {
      start();
    }
    Pair actor = actors.get(random.nextInt(actors.size()));
    if (actor.waitsFor != null) {
      switch (random.nextInt(6)) {
        case 0 -> kill(actor);
        case 1, 2 -> signal(actor);
        default -> {}
      }
      return;
    }
    int draw = random.nextInt(100);
    if (actor.slots.isEmpty() || draw < 10) {
      open(actor);
    } else if (draw < 13) {
      dup(actor);
    } else if (draw < 22) {
      close(actor);
    } else if (draw < 26 && actors.size() < ACTORS) {
      fork(actor);
    } else if (draw < 28) {
      kill(actor);
    } else {
      lock(actor);
    }
  }

  private int slotOf(Pair actor) {
    List<Integer> all = List.copyOf(actor.slots.keySet());
    return all.get(random.nextInt(all.size()));
  }

  private static Open at(Pair actor, int slot) {
    return Objects.requireNonNull(actor.slots.get(slot));
  }

  // ---- what can be drawn ----

  private void start() throws IOException {
    int number = started++;
    add(
        new Pair(
            number,
            number % mounts.places.size(),
            LockActor.start(program),
            LockActor.start(program)));
    log.add(number + " starts");
  }

  private void add(Pair actor) {
    actors.add(actor);
    numbers.put(actor.kernel.pid, actor.number);
    numbers.put(actor.ours.pid, actor.number);
  }

  private void open(Pair actor) throws IOException, InterruptedException {
    int slot = random.nextInt(SLOTS);
    if (actor.slots.containsKey(slot)) {
      return;
    }
    int file = random.nextInt(FILES);
    String mode = random.nextInt(6) == 0 ? random.nextBoolean() ? "r" : "w" : "rw";
    String name = "seed" + seed + "-" + file;
    String first = "open " + slot + " " + kernel.resolve(name) + " " + mode;
    String second =
        "open " + slot + " " + mounts.places.get(actor.mount).resolve(name) + " " + mode;
    Open opened = new Open(file);
    opened.references = 1;
    actor.slots.put(slot, opened);
    both(actor, first, second);
  }

  private void dup(Pair actor) throws IOException, InterruptedException {
    int from = slotOf(actor);
    int to = random.nextInt(SLOTS);
    if (!actor.slots.containsKey(to)) {
      Open opened = at(actor, from);
      opened.references++;
      actor.slots.put(to, opened);
      both(actor, "dup " + from + " " + to);
    }
  }

  private void close(Pair actor) throws IOException, InterruptedException {
    int slot = slotOf(actor);
    closed(actor, at(actor, slot));
    actor.slots.remove(slot);
    both(actor, "close " + slot);
  }

  private void closed(Pair actor, Open opened) {
    closes.descriptors[actor.mount]++;
    if (--opened.references == 0) {
      closes.files[actor.mount]++;
    }
  }

  private void fork(Pair actor) throws IOException, InterruptedException {
    int number = started++;
    Path folder = Files.createDirectory(fifos.resolve("fork" + number));
    log.add(actor.number + " forks " + number);
    Pair child = new Pair(number, actor.mount, actor.kernel.fork(folder), actor.ours.fork(folder));
    actor.slots.forEach((slot, opened) -> {
      opened.references++;
      child.slots.put(slot, opened);
    });
    add(child);
  }

  private void kill(Pair actor) throws InterruptedException {
    log.add(actor.number + " is killed");
    actors.remove(actor);
    actor.slots.values().forEach(opened -> closed(actor, opened));
    actor.kernel.kill();
    actor.ours.kill();
    settle();
  }

  private void signal(Pair actor) throws IOException, InterruptedException {
    log.add(actor.number + " is signalled");
    actor.kernel.signal();
    actor.ours.signal();
    awaitAnswer(actor, false);
    settle();
  }

  private void lock(Pair actor) throws IOException, InterruptedException {
    int slot = slotOf(actor);
    int file = at(actor, slot).file;
    boolean ofFile = random.nextInt(4) == 0;
    boolean waits = mayWait((ofFile ? "flock " : "record ") + file) && random.nextBoolean();
    String type = random.nextInt(3) == 0 ? "u" : exclusive || random.nextBoolean() ? "w" : "r";
    if (ofFile) {
      locking(actor, (waits ? "wflock " : "flock ") + slot + " " + type, "flock " + file);
      return;
    }
    int start = random.nextInt(8);
    int length = exclusive && waits ? 1 : random.nextInt(5);
    String verb =
        waits ? "wlock" : List.of("lock", "lock", "olock", "getlk").get(random.nextInt(4));
    if (verb.equals("getlk") && type.equals("u")) {
      type = "w";
    }
    locking(actor, "%s %d %s %d %d".formatted(verb, slot, type, start, length), "record " + file);
  }

  private boolean mayWait(String place) {
    return actors.stream()
        .noneMatch(a -> exclusive ? place.equals(a.waitsFor) : a.waitsFor != null);
  }

  private void locking(Pair actor, String line, String place)
      throws IOException, InterruptedException {
    actor.waitsFor = place; // until it has answered
    both(actor, line);
  }

  // ---- doing it ----

  private void both(Pair actor, String line) throws IOException, InterruptedException {
    both(actor, line, line);
  }

  private void both(Pair actor, String first, String second)
      throws IOException, InterruptedException {
    log.add(actor.number + ": " + second);
    actor.kernel.say(first);
    awaitKernel(actor.kernel);
    actor.ours.say(second);
    if (actor.kernel.hasAnswered()) {
      awaitAnswer(actor, true);
    } else {
      count("waits");
    }
    settle();
  }

  /** Until the kernel's process has answered or sleeps for a lock, which is certain there. */
  private void awaitKernel(LockActor actor) throws InterruptedException {
    for (long end = deadline();
        !actor.hasAnswered() && !actor.waitsForLock();
        Thread.sleep(0, 100_000)) {
      assertThat(System.nanoTime()).as(this::text).isLessThan(end);
    }
  }

  private static long deadline() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
  }

  private void awaitAnswer(Pair actor, boolean own) throws InterruptedException {
    String expected = holderNamed(actor.kernel.answer());
    String answer;
    try {
      answer = holderNamed(actor.ours.answer());
    } catch (AssertionError e) {
      throw new AssertionError(text() + "\nexpected " + expected, e);
    }
    if (expected.endsWith(" -1")) {
      // Of an open file, which the kernel does not tell a mount: the process that asked is named.
      answer = answer.substring(0, answer.lastIndexOf(' ')) + " -1";
    }
    log.add((own ? "   " : "   " + actor.number + " has waited: ") + answer);
    assertThat(answer).as(this::text).isEqualTo(expected);
    count(answer.contains(" ") ? "holder" : own ? answer : answer + " after waiting");
    actor.waitsFor = null;
  }

  private void count(String what) {
    closes.done.merge(what, 1, Integer::sum);
  }

  /** A pid is another in either world. */
  private String holderNamed(String answer) {
    int end = answer.lastIndexOf(' ');
    if (end < 0) {
      return answer;
    }
    Integer number = numbers.get(Long.parseLong(answer.substring(end + 1)));
    return number == null ? answer : answer.substring(0, end) + " actor" + number;
  }

  /** Until whoever needs not wait any more has said so, in both worlds. */
  private void settle() throws InterruptedException {
    for (int i = 0; i < mounts.places.size(); i++) {
      mounts.awaitClosed(i, closes.descriptors[i], closes.files[i]);
    }
    for (Pair waiting : List.copyOf(actors)) {
      if (waiting.waitsFor != null) {
        awaitKernel(waiting.kernel);
        if (waiting.kernel.hasAnswered()) {
          awaitAnswer(waiting, false);
        }
      }
    }
    long left = actors.stream().filter(actor -> actor.waitsFor != null).count();
    mounts.awaitWaiting((int) left);
    for (Pair waiting : actors) {
      if (waiting.waitsFor != null) {
        assertThat(waiting.ours.answered()).as(this::text).isNull();
      }
    }
  }

  /** All end, one after the other, and what they had is given on. */
  void end() throws InterruptedException {
    while (!actors.isEmpty()) {
      kill(actors.getFirst());
    }
  }

  private String text() {
    return "seed " + seed + "\n" + String.join("\n", log);
  }

  @Override
  public void close() {
    for (Pair actor : actors) {
      actor.kernel.close();
      actor.ours.close();
    }
  }
}

package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Processes that share an open file read, write, poll and wait by a drawn script, with an eventfd
 * of the kernel and with a counter on a mount of ours, and are to see the same at each step: by
 * level, edge, one-shot and exclusive.
 *
 * <p>All poll for the same of the file, as FUSE does not tell the kernel what it has become ready
 * for: who polls for other things than others do may be told of an edge once more.
 */
@Timeout(value = 3000, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventScriptIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS = FULL ? 60 : 6;
  private static final int STEPS = FULL ? 2000 : 400;
  private static final int[] INTERESTS = {0x1, 0x5, 0x4};
  private static final String[] HOWS = {"", "0x80000000", "0x40000000", "0x10000000", "0x90000000"};

  @TempDir Path folder = Path.of("");
  private final Map<String, Integer> outcomes = new TreeMap<>();

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/setfattr");
  }

  /** Whether the gate is a process of its own, and whether over io_uring. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void script_asWithAnEventfd(boolean uring) throws Exception {
    Path program = LockActor.compile(folder, "event_actor");
    Long given = Long.getLong("coterie.seed");
    try (AutoCloseable offered = uring ? UringSwitch.set(true) : () -> {};
        Mounts mounts =
            uring ? new Mounts(folder, "tmpfs", 1, 0, "--uring") : new Mounts(folder, "tmpfs", 1)) {
      assertThat(offered).isNotNull();
      for (int i = 0; i < (given != null ? 1 : SEEDS); i++) {
        compare(program, mounts, given != null ? given : draw(i));
      }
    }
    System.out.println("events as with an eventfd: " + outcomes);
    if (given == null) {
      // A script that sees no event, or nothing but events, compares nothing.
      assertThat(outcomes.keySet()).contains("8", "EAGAIN", "events", "events 2:1", "EEXIST");
    }
  }

  /** One of each interest in turn, so that each is met. */
  private static long draw(int index) {
    return (long) new Random().nextInt(1 << 20) * INTERESTS.length + index % INTERESTS.length;
  }

  /** One after the other in both worlds; each has two processes, and the second is a fork. */
  private void compare(Path program, Mounts mounts, long seed) throws Exception {
    Random random = new Random(seed);
    boolean semaphore = random.nextBoolean();
    int interest = INTERESTS[(int) (seed % INTERESTS.length)];
    Path counter = mounts.first.resolve("c" + seed);
    Shell.run(
            ": > \"$1\" && setfattr -n system.coterie.counter -v \"0$2\" \"$1\"",
            counter,
            semaphore ? " semaphore" : "")
        .ok();
    Path fifos = Files.createDirectory(folder.resolve("seed" + seed + mounts.hashCode()));
    List<LockActor> kernel = new ArrayList<>();
    List<LockActor> ours = new ArrayList<>();
    try {
      kernel.add(LockActor.start(program));
      ours.add(LockActor.start(program));
      assertThat(kernel.getFirst().ask("eventfd 2 0 " + (semaphore ? "s" : "n"))).isEqualTo("0");
      assertThat(ours.getFirst().ask("open 2 " + counter + " rw")).isEqualTo("0");
      both(kernel, ours, 0, "dup 2 3", "");
      both(kernel, ours, 0, "epoll 0", "");
      kernel.add(kernel.getFirst().fork(fifos));
      ours.add(ours.getFirst().fork(fifos));
      both(kernel, ours, 0, "epoll 1", "");
      both(kernel, ours, 1, "epoll 1", "");
      List<String> before = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        int actor = random.nextInt(2);
        String line = line(random, interest);
        before.add(actor + ": " + line);
        String as = "seed " + seed + ", step " + step + ", after " + tail(before);
        outcomes.merge(both(kernel, ours, actor, line, as), 1, Integer::sum);
      }
    } finally {
      kernel.forEach(LockActor::close);
      ours.forEach(LockActor::close);
    }
  }

  private static List<String> tail(List<String> lines) {
    return lines.subList(Math.max(0, lines.size() - 40), lines.size());
  }

  private static String both(
      List<LockActor> kernel, List<LockActor> ours, int actor, String line, String as)
      throws Exception {
    String expected = kernel.get(actor).ask(line);
    assertThat(ours.get(actor).ask(line)).as("%s: %s; %s", actor, line, as).isEqualTo(expected);
    return expected;
  }

  /** Sets are 0, which both processes have, and 1, each its own; 3 is a dup of 2. */
  private static String line(Random random, int interest) {
    int set = random.nextInt(2);
    int file = 2 + random.nextInt(2);
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> "write " + file + " " + number(random);
      case 3, 4 -> "read " + file;
      case 5 -> "ctl " + set + " add " + file + " " + mask(random, interest, true);
      case 6 -> "ctl " + set + " mod " + file + " " + mask(random, interest, false);
      case 7 -> "ctl " + set + " del " + file;
      case 8 -> "poll " + file + " " + interest + " 0";
      case 9 -> "select " + file + (interest == 4 ? " w 0" : " r 0");
      default -> "wait " + set + " 0";
    };
  }

  private static String number(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> "18446744073709551614";
      case 1 -> "18446744073709551615";
      case 2 -> "0";
      default -> "" + random.nextInt(1, 4);
    };
  }

  private static String mask(Random random, int interest, boolean adding) {
    String how = HOWS[random.nextInt(adding ? HOWS.length : 3)];
    long mask = interest | (how.isEmpty() ? 0 : Long.decode(how));
    return "0x" + Long.toHexString(mask);
  }
}

package dev.coterie.check.posix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Mode;
import dev.coterie.api.Tree;
import dev.coterie.check.host.HostTools;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.sys.Inotify;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same random system calls on a tmpfs of the kernel under inotify(7) and on ours: after each,
 * both tell the same changes, in the same order, by watches of the same numbers.
 *
 * <p>Different by nature, and so not in the scripts: second names of a file, as the kernel tells
 * the one that was used and we tell all; opening FIFOs and devices, which our tree has no life for.
 * Nor copying, where this test itself does more with ours. All watches have EXCL_UNLINK, as of what
 * has no name any more our directories tell nothing.
 */
@TestInstance(Lifecycle.PER_CLASS)
class WatchPosixIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int STEPS = Integer.getInteger("coterie.until", FULL ? 40_000 : 4000);
  private static final int SEEDS = FULL ? 10 : 3;
  private static final int STEPS_BETWEEN_WATCHES = 25;
  private static final Set<String> LEFT_OUT =
      Set.of("link", "linkfd", "mknod", "copy", "statfs", "usage", "valuexattr");

  @TempDir static Path directory = Path.of("");
  private @Nullable KernelTools tools;
  private int told;

  @BeforeAll
  void findTools() throws IOException, InterruptedException {
    tools = new KernelTools(directory);
  }

  @AfterAll
  void giveBackTools() {
    if (tools != null) {
      tools.close();
    }
  }

  static LongStream seeds() {
    Long only = Long.getLong("coterie.seed");
    return only != null
        ? LongStream.of(only)
        : LongStream.concat(
            LongStream.range(1, SEEDS), LongStream.of(ThreadLocalRandom.current().nextLong()));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomSteps_onBoth_areToldAlike(long seed) throws Exception {
    Path place = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-watch-");
    Map<String, TmpfsOptions> mounts =
        Map.of("/", new TmpfsOptions(256L << 20, 20_000, false, AtimePolicy.STRICTATIME));
    try (KernelWorld kernel =
            new KernelWorld(
                Objects.requireNonNull(tools).program(), List.of(), place.toString(), List.of());
        CoreWorld ours =
            new CoreWorld(
                Map.of("/", Objects.requireNonNull(mounts.get("/")).toCoterie()), Pace.Kind.OURS);
        Inotify inotify = Inotify.open();
        FileService session = ours.openSession()) {
      run(seed, kernel, ours, new Watchers(place, inotify, session));
    } finally {
      try (Stream<Path> all = Files.walk(place)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private void run(long seed, World kernel, World ours, Watchers watchers) throws Exception {
    List<Step> steps =
        Stream.concat(StepGenerator.steps(seed, STEPS).stream(), StepGenerator.ending().stream())
            .filter(step -> !LEFT_OUT.contains(step.op()))
            .toList();
    Random random = new Random(seed);
    int before = told;
    for (int i = 0; i < steps.size(); i++) {
      if (i % STEPS_BETWEEN_WATCHES == 0) {
        watchers.watchSome(random);
      }
      List<Step> one = List.of(steps.get(i));
      kernel.begin(one);
      ours.begin(one);
      String theirAnswer = kernel.answers().getFirst();
      String ourAnswer = ours.answers().getFirst();
      List<String> expected = watchers.kernel();
      List<String> actual = watchers.ours();
      if (!actual.equals(expected) && isNameless(ours, steps.get(i))) {
        expected.removeIf(line -> !line.endsWith(" "));
      }
      assertThat(actual)
          .as(
              "-Dcoterie.seed=%d -Dcoterie.until=%d: %s; kernel %s, coterie %s, watches %s",
              seed, i, one, theirAnswer, ourAnswer, watchers.paths)
          .isEqualTo(expected);
      told += expected.size();
    }
    System.out.printf("seed %d: %d steps, %d changes told%n", seed, steps.size(), told - before);
    assertThat(told - before).isGreaterThan(steps.size() / 10);
  }

  /**
   * Whether the step was about an open file without a name: of its attributes the kernel tells the
   * directory where it was all the same, EXCL_UNLINK or not.
   */
  private static boolean isNameless(World world, Step step) throws IOException {
    if (!step.word(1).matches("[0-9]")) {
      return false;
    }
    world.begin(List.of(Step.of(step.process(), 0, "fstat", step.word(1))));
    String answer = world.answers().getFirst();
    return answer.startsWith("S ") && answer.split(" ")[2].equals("0");
  }

  /** Who watches both. */
  private static final class Watchers {
    private static final int MASK = Change.ALL_KINDS | Change.EXCL_UNLINK;

    final List<String> paths = new ArrayList<>();
    private final Path place;
    private final Inotify inotify;
    private final Tree tree;
    private final ChangeQueue queue;
    private final Set<Integer> moves = new HashSet<>();

    Watchers(Path place, Inotify inotify, FileService session) throws IOException {
      this.place = place;
      this.inotify = inotify;
      this.tree = Tree.of(session, dev.coterie.api.Caller.ROOT);
      this.queue = ChangeQueue.open(session, tree.caller());
      Files.setAttribute(place, "unix:mode", tree.stat("/").mode() & Mode.PERMISSIONS);
    }

    /** Watches about half of what there is, in both the same, and ends some watches. */
    void watchSome(Random random) throws Exception {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(place)) {
        all = walk.sorted().toList();
      }
      for (Path path : all) {
        String relative = "/" + place.relativize(path);
        boolean plain = relative.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (random.nextBoolean() && plain && !Files.isSymbolicLink(path)) {
          int theirs = inotify.add(path.toString(), MASK);
          assertThat(tree.watch(relative, queue, MASK)).as(relative).isEqualTo(theirs);
          paths.add(theirs + " " + relative);
        }
      }
      int last = paths.size();
      if (last > 0 && random.nextInt(3) == 0) {
        int number = 1 + random.nextInt(last);
        assertThat(errno(() -> queue.remove(number)))
            .isEqualTo(errno(() -> inotify.remove(number)));
      }
      // What the walk itself did was told to both, or to the kernel alone.
      ours();
      kernel();
    }

    private interface Call {
      void run() throws ErrnoException;
    }

    private static @Nullable Errno errno(Call call) {
      try {
        call.run();
        return null;
      } catch (ErrnoException e) {
        return e.errno();
      }
    }

    List<String> kernel() throws ErrnoException {
      List<String> all = new ArrayList<>();
      for (List<Inotify.Event> some = inotify.read(); !some.isEmpty(); some = inotify.read()) {
        for (Inotify.Event event : some) {
          all.add(event.watch() + " " + Change.kinds(event.mask()) + " " + event.name());
        }
      }
      return all;
    }

    List<String> ours() throws ErrnoException {
      List<String> all = new ArrayList<>();
      for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
        for (Change change : some) {
          all.add(change.watch() + " " + Change.kinds(change.mask()) + " " + change.path());
          boolean moved = change.is(Change.MOVED_FROM | Change.MOVED_TO);
          assertThat(change.cookie() != 0).as("%s", change).isEqualTo(moved);
          moves.add(change.cookie());
        }
      }
      return all;
    }
  }
}

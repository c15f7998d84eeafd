package dev.coterie.bench;

import static java.lang.Double.NaN;

import dev.coterie.bench.MockupRun.Group;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** All runs, by name, and how to start them. */
public final class Bench {
  /** A quarter more time than the same in C. */
  private static final double SAME = 1 / 1.25;

  private static final double LARGE = 0.95;

  /** With a processor for each client. */
  private static final double URING = 1.6;

  private static final List<Run> RUNS =
      List.of(
          new P9Run("getattr", "attributes of an open file: diod"),
          new P9Run("stat", "walk, getattr, clunk: diod"),
          new P9Run("openread", "walk, open, read 4 KiB, clunk: diod"),
          new P9Run("read", "4 KiB of an open file at random: diod"),
          new P9Run("write", "4 KiB to an open file at random: diod"),
          new P9Run("create", "walk, create, write 4 KiB, remove: diod"),
          new P9Run("readdir", "walk, open, one readdir of 100 names, clunk: diod"),
          new EchoRun(),
          new LocksRun(),
          new CopiesRun(),
          new EventsRun(),
          new MockupRun(
              "mockup-simple",
              "records to a file nobody shares: the mock-up",
              "private",
              List.of(Group.single(8))),
          new MockupRun(
              "mockup-append",
              "records appended to one file: the mock-up",
              "append",
              List.of(Group.single(Double.NaN), new Group(4, true, 2), new Group(4, false, 2))),
          new MockupRun(
              "mockup-shared",
              "records at the offset of one open file: the mock-up",
              "shared",
              List.of(Group.single(Double.NaN), new Group(4, true, 15), new Group(4, false, 15))),
          new WritesRun.Contested(),
          new WritesRun.Alone(),
          new FlatRun.Files(
              "flat-getattr", "stat", "walk, getattr, clunk among many files: ours among 100"),
          new FlatRun.Files(
              "flat-create", "create", "create and remove among many files: ours among 100"),
          new FlatRun.Files(
              "flat-readdir", "page", "one page of readdir of many files: ours of 100"),
          new FlatRun.Connections(),
          mount("stat", "attributes of a file by name", SAME, NaN),
          mount("read", "4 KiB of an open file at random", SAME, NaN),
          mount("write", "4 KiB to an open file at random", SAME, NaN),
          mount("seqread", "1 MiB of an open file, one after the other", LARGE, NaN),
          mount("seqwrite", "1 MiB to an open file, one after the other", LARGE, NaN),
          mount("open", "open and close a file", NaN, 1),
          mount("create", "create, close and unlink a file", NaN, 1),
          mount("readdir", "open a folder of 1,000 files, all names, close", NaN, NaN),
          mount("untar", "tar unpacks 2,000 files; for each file", NaN, 1),
          new NioRun("stat", "attributes by path: Jimfs, and the JDK's file system", 0.5, 10),
          new NioRun("read", "4 KiB of an open file: Jimfs, and the JDK's", 1 / 1.2, 1),
          new NioRun("write", "4 KiB to an open file: Jimfs, and the JDK's", 1 / 1.2, 1),
          new NioRun("create", "create and delete a file: Jimfs, and the JDK's", 1 / 3.0, 1),
          new NioRun("walk", "a folder of 10,000 files: Jimfs, and the JDK's", 0.5, 1));

  private Bench() {}

  private static Run mount(String operation, String what, double memfs, double loopback) {
    String summary = what + ": kernel mounts in C, and the kernel's tmpfs";
    double uring = operation.equals("read") ? URING : NaN;
    return new MountRun(operation, summary, memfs, loopback, uring, memfs == SAME ? 1 : NaN);
  }

  /** What there is: name → one line, in order. */
  public static Map<String, String> list() {
    Map<String, String> all = new LinkedHashMap<>();
    RUNS.forEach(run -> all.put(run.name(), run.summary()));
    return all;
  }

  /**
   * The runs of some names; a name is that of a run or of a group of them.
   *
   * @throws BenchException a name is neither
   */
  public static List<String> select(List<String> names) throws BenchException {
    if (names.isEmpty()) {
      return List.copyOf(list().keySet());
    }
    List<String> selected = new ArrayList<>();
    for (String name : names) {
      List<String> found =
          list().keySet().stream()
              .filter(run -> run.equals(name) || run.startsWith(name + "-"))
              .toList();
      if (found.isEmpty()) {
        throw new BenchException("no run '" + name + "'; see coterie bench --list");
      }
      found.stream().filter(run -> !selected.contains(run)).forEach(selected::add);
    }
    return selected;
  }

  /**
   * Runs some of them.
   *
   * @param names of {@link #select}
   * @param rows is given each line as it is done
   * @return why runs could not be done, by name
   */
  public static Map<String, BenchException> run(
      List<String> names, Settings settings, Consumer<Row> rows) throws IOException {
    Map<String, BenchException> failures = new TreeMap<>();
    Rounds rounds = new Rounds(settings, rows);
    try (Arena arena = new Arena(settings)) {
      for (Run run : RUNS) {
        if (names.contains(run.name())) {
          try {
            run.run(arena, rounds);
          } catch (BenchException e) {
            failures.put(run.name(), e);
          }
        }
      }
    }
    return failures;
  }
}

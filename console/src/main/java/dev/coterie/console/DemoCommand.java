package dev.coterie.console;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Tree;
import dev.coterie.console.demo.Demo;
import dev.coterie.console.demo.Tally;
import dev.coterie.leader.Leader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** {@code coterie demo}. */
final class DemoCommand implements Command {
  private static final Option PROCESSES =
      Option.value("--processes", "N", "processes at work (default 4)");
  private static final Option RECORDS =
      Option.value("--records", "N", "records each process writes (default 10000)");
  private static final Option ROUNDS =
      Option.value("--rounds", "N", "rounds of the simple demo (default 1000)");
  private static final Option MOUNT =
      Option.values(
          "--mount", "PATH=KIND[:SOURCE][,option=value...]", "as in up; the last one is used");
  private static final Option SILENCE =
      Option.value(
          "--silence", "MS", "how long a process may say nothing and not hang (default 30000)");

  private static final Option COPIES =
      Option.flag("--copies", "each process keeps copies under leases, and answers from them");

  private static final long COPIES_BYTES = 16 << 20;
  private static final int PROCESSES_MAX = 64;
  private static final int RECORDS_MAX = 100_000_000;
  private static final int SILENCE_MS = 30_000;
  private static final int WORD_WIDTH = 16;

  /** What stands between the demo's own leader and its clients; tests put faults here. */
  private final UnaryOperator<FileService> decorator;

  DemoCommand() {
    this(UnaryOperator.identity());
  }

  DemoCommand(UnaryOperator<FileService> decorator) {
    this.decorator = decorator;
  }

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "demo",
        "Runs processes on one tree and counts what went wrong.",
        "[simple|append|shared-handle|locks|events]",
        0,
        1,
        List.of(
            PROCESSES,
            RECORDS,
            ROUNDS,
            MOUNT,
            SILENCE,
            COPIES,
            Synopsis.JSON,
            Synopsis.SOCKET,
            Synopsis.HELP),
        List.of(
            "",
            "simple         one process makes, writes, renames, truncates and removes a file;"
                + " after",
            "               each step every other process looks by stat, open, read and list",
            "append         each process opens one log for itself and appends its records",
            "shared-handle  one process opens the log, all write at its one offset",
            "locks          each process writes where a counter says, in several steps under a"
                + " lock;",
            "               a tenth of the records",
            "events         all that follow; a tenth of the records",
            "  events-counters  each process adds to a counter of its own; two share the set that",
            "                   all are in, and take what is there: each unit once",
            "  events-notified  the same, and each write is told of, exactly once",
            "  events-cycles    one edge at a time, answered by one of two who wait at one set",
            "  events-two-sets  two processes with a set each, which are told of every edge",
            "  events-given-up  one edge at a time, for waits that are interrupted and run out of"
                + " time",
            "  events-fifo      each process writes records into one FIFO of a tree in memory",
            "  events-watch     each process makes and removes files, and one watches: what is not",
            "                   told, an overflow must count",
            "  events-killed    processes are killed in their waits; the next edge is another's",
            "",
            "Without an argument the first four, on a leader of its own unless --socket names one."
                + " Each",
            "process is a JVM of its own. The count is that of an independent reader, of events"
                + " that of",
            "all who wait: lost, torn, doubled, misordered and stale must be 0, else the exit"
                + " status is 1.",
            "A wake-up that a dead process's set has taken is stale. The reader keeps no copies.",
            "",
            "Examples:",
            "  coterie demo",
            "  coterie demo --copies",
            "  coterie demo append --processes 8 --records 50000",
            "  coterie demo events --processes 8",
            "  coterie demo --json | jq '.append.lost'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<Demo.Kind> kinds = kinds(arguments);
    Demo.Options options =
        new Demo.Options(
            arguments.number(PROCESSES, 4, 2, PROCESSES_MAX),
            arguments.number(RECORDS, 10_000, 1, RECORDS_MAX),
            arguments.number(ROUNDS, 1000, 1, RECORDS_MAX),
            arguments.number(SILENCE, SILENCE_MS, 1, Integer.MAX_VALUE),
            arguments.has(COPIES) ? COPIES_BYTES : 0);
    List<MountSpec> mounts = new ArrayList<>();
    for (String text : arguments.values(MOUNT)) {
      mounts.add(MountSpec.parse(ByteText.decoded(text)));
    }
    String socket = arguments.value(Synopsis.SOCKET);
    if (socket != null && !mounts.isEmpty()) {
      throw Failure.usage("--socket names a leader that has its mounts already; no --mount");
    }
    Map<Demo.Kind, Tally> tallies =
        socket != null
            ? runAll(kinds, options, socket, "/")
            : runOnOwnLeader(kinds, options, mounts);
    if (arguments.has(Synopsis.JSON)) {
      printJson(tallies, console);
    } else {
      print(tallies, console);
    }
    return status(tallies, console);
  }

  private static int status(Map<Demo.Kind, Tally> tallies, Console console) {
    boolean good = true;
    for (Map.Entry<Demo.Kind, Tally> tally : tallies.entrySet()) {
      good &= tally.getValue().isGood();
      if (!tally.getValue().failure().isEmpty()) {
        console.complain(tally.getKey().word() + ": " + tally.getValue().failure());
      }
    }
    return good ? console.status() : Failure.FAILED;
  }

  private static List<Demo.Kind> kinds(Arguments arguments) throws Failure {
    if (arguments.operands().isEmpty()) {
      return Stream.of(Demo.Kind.values()).filter(kind -> !kind.isOfEvents()).toList();
    }
    String word = arguments.operands().getFirst();
    List<Demo.Kind> found =
        Stream.of(Demo.Kind.values())
            .filter(kind -> kind.word().equals(word) || kind.word().startsWith(word + "-"))
            .toList();
    if (found.isEmpty()) {
      throw Failure.usage(
          "no demo '" + word + "'; there are simple, append, shared-handle, locks and events");
    }
    return found;
  }

  private Map<Demo.Kind, Tally> runOnOwnLeader(
      List<Demo.Kind> kinds, Demo.Options options, List<MountSpec> mounts)
      throws IOException, Failure {
    String place = mounts.isEmpty() ? "/" : mounts.getLast().path();
    UpCommand.requireDistinct(mounts);
    Path folder = Files.createTempDirectory("coterie-demo-");
    Path socket = folder.resolve("socket");
    List<Path> leftovers = List.of(folder, socket, folder.resolve("socket.lock"));
    // When it is stopped from outside; they are removed in reverse order.
    leftovers.forEach(path -> path.toFile().deleteOnExit());
    Leader.Builder builder = Leader.builder().listen(socket).decorate(decorator);
    for (MountSpec mount : mounts) {
      builder.mount(mount.path(), mount.factory());
    }
    try (Leader leader = builder.start()) {
      Map<Demo.Kind, Tally> tallies = runAll(kinds, options, ByteText.local(socket), place);
      if (leader.counts().faults() > 0) {
        throw Failure.of("the leader counts broken invariants: " + leader.counts().faults());
      }
      return tallies;
    } finally {
      for (Path path : leftovers.reversed()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static Map<Demo.Kind, Tally> runAll(
      List<Demo.Kind> kinds, Demo.Options options, String address, String place) throws Failure {
    Map<Demo.Kind, Tally> tallies = new LinkedHashMap<>();
    String folder = ByteText.join(place, "coterie-demo-" + ProcessHandle.current().pid());
    try (LeaderLink link = LeaderLink.open(address)) {
      Tree tree = link.tree();
      try {
        tree.mkdir(folder, 0700);
        for (Demo.Kind kind : kinds) {
          tallies.put(kind, new Demo(options, workerProgram(), address, tree, folder).run(kind));
        }
        clear(tree, folder);
      } catch (ErrnoException e) {
        throw Failure.of(folder, e);
      }
    }
    return tallies;
  }

  /** Leaves nothing behind, also after a demo that ended early. */
  private static void clear(Tree tree, String folder) throws ErrnoException {
    for (var entry : tree.list(folder, false)) {
      tree.unlink(folder + "/" + entry.name());
    }
    tree.rmdir(folder);
  }

  /** This very program, as {@link WorkerCommand}. */
  private static List<String> workerProgram() {
    List<String> line = new ArrayList<>();
    line.add(System.getProperty("java.home") + "/bin/java");
    line.add("-XX:+UseSerialGC");
    line.add("-XX:TieredStopAtLevel=1");
    line.add("-Xmx64m");
    line.add("-Xlog:disable");
    String cache = System.getProperty("coterie.aot");
    if (cache != null) {
      line.add("-XX:AOTCache=" + cache);
    }
    if (Boolean.getBoolean("coterie.trace")) {
      line.add("-Dcoterie.trace=true");
    }
    line.add("-cp");
    line.add(System.getProperty("java.class.path"));
    line.add(Main.class.getName());
    line.add(WorkerCommand.WORD);
    return line;
  }

  private static void print(Map<Demo.Kind, Tally> tallies, Console console) {
    PrintStream out = console.out();
    boolean first = true;
    for (Map.Entry<Demo.Kind, Tally> row : tallies.entrySet()) {
      Map<String, Long> columns = row.getValue().columns();
      if (first) {
        StringBuilder heading = new StringBuilder(word("demo"));
        columns.keySet().forEach(name -> heading.append(padded(name)));
        out.println(heading);
        first = false;
      }
      StringBuilder line = new StringBuilder(word(row.getKey().word()));
      columns.values().forEach(value -> line.append(padded(Long.toString(value))));
      out.println(line);
    }
  }

  private static String word(String text) {
    return text + " ".repeat(WORD_WIDTH - text.length());
  }

  private static String padded(String text) {
    return " ".repeat(Math.max(1, 11 - text.length())) + text;
  }

  private static void printJson(Map<Demo.Kind, Tally> tallies, Console console) {
    try (Json json = new Json(console)) {
      json.beginObject();
      tallies.forEach((kind, tally) -> {
        json.beginObject(kind.word());
        tally.columns().forEach(json::field);
        if (!tally.failure().isEmpty()) {
          json.field("failure", tally.failure());
        }
        json.endObject();
      });
      json.endObject();
    }
  }
}

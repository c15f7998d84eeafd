package dev.coterie.check.history;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options of a run, each given as {@code --name value}. The same form goes to the worker processes.
 *
 * @param connector class name of the {@link Connector}
 * @param socket its address
 * @param directory to make below the root, new for each run
 * @param output where the logs go; null for a temporary directory that is removed if all is well
 * @param processes worker processes
 * @param threads in each of them
 * @param teams into how many teams threads and objects are divided, see {@link Worker#teams}
 * @param seconds for how long
 * @param operations at most, for each thread
 * @param seed of all random choices
 * @param kill how many of the processes to kill half way
 * @param universe what to work on
 * @param jvm options for the JVMs of the workers, separated by blanks
 * @param process number of this process; for a worker only
 */
public record RunOptions(
    String connector,
    String socket,
    String directory,
    @Nullable Path output,
    int processes,
    int threads,
    int teams,
    int seconds,
    int operations,
    long seed,
    int kill,
    Universe universe,
    String jvm,
    int process) {

  static final String USAGE =
      """
      usage: HistoryRun --connector CLASS --socket ADDRESS [--NAME VALUE]...
             HistoryRun --logs DIRECTORY      (checks the logs of a run again)
        directory   to make below the root      history-SEED
        output      where the logs go           a temporary directory
        processes   worker processes            4
        threads     in each of them             16
        sharers     threads that share a file   12
        seconds     for how long                60
        operations  at most, for each thread    no limit
        seed        of all random choices       1
        kill        processes to kill half way  0
        universe    directories,names,group slots,files,file cells
        jvm         options for the workers     -Xmx512m
      """;

  private static final int SHARERS = 12;

  /** However slow this process is to kill it. */
  private static final int UNTIL_KILLED_S = 3600;

  private static final Set<String> NAMES =
      Set.of(
          "connector",
          "socket",
          "directory",
          "output",
          "processes",
          "threads",
          "sharers",
          "teams",
          "seconds",
          "operations",
          "seed",
          "kill",
          "universe",
          "jvm",
          "process");

  /**
   * Reads options.
   *
   * @throws IllegalArgumentException with a line for the user
   */
  public static RunOptions parse(String... args) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!NAMES.contains(name) || i + 1 == args.length) {
        throw new IllegalArgumentException("what is " + args[i] + "?");
      }
      given.put(name, args[i + 1]);
    }
    String seed = given.getOrDefault("seed", "1");
    String output = given.get("output");
    int processes = number(given, "processes", 4);
    int threads = number(given, "threads", 16);
    int teams = Worker.teams(processes, threads, number(given, "sharers", SHARERS));
    RunOptions options =
        new RunOptions(
            required(given, "connector"),
            required(given, "socket"),
            given.getOrDefault("directory", "history-" + seed),
            output == null ? null : Path.of(output),
            processes,
            threads,
            number(given, "teams", teams),
            number(given, "seconds", 60),
            number(given, "operations", Integer.MAX_VALUE),
            Long.parseLong(seed),
            number(given, "kill", 0),
            universe(given.get("universe")),
            given.getOrDefault("jvm", "-Xmx512m"),
            number(given, "process", 0));
    if (options.processes < 1 || options.threads < 1 || options.kill > options.processes) {
      throw new IllegalArgumentException("at least one process and thread, and no more to kill");
    }
    return options;
  }

  private static String required(Map<String, String> given, String name) {
    String value = given.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  private static int number(Map<String, String> given, String name, int otherwise) {
    String value = given.get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  private static Universe universe(@Nullable String text) {
    if (text == null) {
      return Universe.DEFAULT;
    }
    List<Integer> n = List.of(text.split(",")).stream().map(Integer::valueOf).toList();
    if (n.size() != 5) {
      throw new IllegalArgumentException("a universe is five numbers");
    }
    return new Universe(n.get(0), n.get(1), n.get(2), n.get(3), n.get(4));
  }

  private boolean isToBeKilled(int number) {
    return number < kill;
  }

  /** The arguments for one worker process. */
  List<String> workerArguments(int number, Path logs) {
    return List.of(
        "--connector",
        connector,
        "--socket",
        socket,
        "--directory",
        directory,
        "--output",
        logs.toString(),
        "--threads",
        String.valueOf(threads),
        "--teams",
        String.valueOf(teams),
        "--seconds",
        String.valueOf(isToBeKilled(number) ? UNTIL_KILLED_S : seconds),
        "--operations",
        String.valueOf(isToBeKilled(number) ? Integer.MAX_VALUE : operations),
        "--seed",
        String.valueOf(seed),
        "--universe",
        "%d,%d,%d,%d,%d"
            .formatted(
                universe.directories(),
                universe.names(),
                universe.groupSlots(),
                universe.files(),
                universe.fileCells()),
        "--process",
        String.valueOf(number));
  }
}

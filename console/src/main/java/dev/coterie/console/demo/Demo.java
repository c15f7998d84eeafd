package dev.coterie.console.demo;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The coordinator: runs a demo with worker processes on one leader, and counts. */
public final class Demo {
  /**
   * What a demo takes.
   *
   * @param processes workers, at least 2
   * @param records of each writer
   * @param rounds of the first demo
   * @param silenceMsMax how long a worker may say nothing before it counts as hanging
   * @param copiesBytes of files that each worker may answer from copies; 0: it asks for everything
   */
  public record Options(
      int processes, int records, int rounds, long silenceMsMax, long copiesBytes) {}

  /** Which demo. */
  public enum Kind {
    SIMPLE("simple"),
    APPEND("append"),
    SHARED_HANDLE("shared-handle"),
    LOCKS("locks"),
    COUNTERS("events-counters"),
    NOTIFIED("events-notified"),
    CYCLES("events-cycles"),
    TWO_SETS("events-two-sets"),
    GIVEN_UP("events-given-up"),
    FIFO("events-fifo"),
    WATCH("events-watch"),
    KILLED("events-killed");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }

    /** Whether it is one of the group {@code events}. */
    public boolean isOfEvents() {
      return word.startsWith("events-");
    }
  }

  private final Options options;
  private final List<String> program;
  private final String address;
  private final Tree tree;
  private final String folder;

  /**
   * @param program command line that starts a worker; its arguments are added
   * @param address where workers find the leader
   * @param tree a session of its own at the same leader: the independent reader
   * @param folder an empty directory of the tree
   */
  public Demo(Options options, List<String> program, String address, Tree tree, String folder) {
    this.options = options;
    this.program = List.copyOf(program);
    this.address = address;
    this.tree = tree;
    this.folder = folder;
  }

  /** Runs one demo. */
  public Tally run(Kind kind) {
    try (Workers workers = new Workers(options.silenceMsMax())) {
      for (int i = 0; i < Events.workers(kind, options.processes()); i++) {
        workers.start(commandLine(kind, i));
      }
      if (kind.isOfEvents()) {
        return new Events(workers, tree, folder, options.processes(), records(kind)).run(kind);
      }
      return kind == Kind.SIMPLE ? simple(workers) : log(workers, kind);
    } catch (IOException e) {
      return Tally.failed("cannot start a worker: " + e.getMessage());
    }
  }

  private List<String> commandLine(Kind kind, int index) {
    List<String> line = new ArrayList<>(program);
    line.add(kind.word());
    line.add(address);
    line.add(folder);
    line.add(Integer.toString(index));
    line.add(Integer.toString(records(kind)));
    line.add(Long.toString(options.copiesBytes()));
    return line;
  }

  /** A record that is written under a lock, or an event, takes several operations, and turns. */
  private int records(Kind kind) {
    boolean slow = kind == Kind.LOCKS || kind.isOfEvents();
    return slow ? Math.max(1, options.records() / 10) : options.records();
  }

  // ---- append, shared-handle and locks ----

  private Tally log(Workers workers, Kind kind) {
    String path = folder + "/log";
    String failure = "";
    double seconds = 0;
    try {
      if (kind == Kind.SHARED_HANDLE) {
        handOver(workers);
      }
      workers.awaitAll("ready");
      long begin = System.nanoTime();
      workers.sendAll("go");
      workers.awaitAll("done");
      seconds = (System.nanoTime() - begin) / 1e9;
      workers.awaitEnds();
    } catch (DemoFailure e) {
      failure = e.why();
    }
    // What the dead have left unfinished must not change while it is counted.
    workers.close();
    try {
      Log log = new Log(options.processes(), records(kind));
      log.read(tree, path);
      tree.unlink(path);
      return log.tally(seconds).because(failure);
    } catch (ErrnoException e) {
      return Tally.failed(failure.isEmpty() ? path + ": " + e.errno().text() : failure);
    }
  }

  /**
   * The first worker has opened the log and shares it; each of the others takes one reference. All
   * tokens are heard before the first is handed on: whoever has one says next that it is ready.
   */
  private static void handOver(Workers workers) throws DemoFailure {
    int others = workers.count() - 1;
    workers.send(0, "share " + others);
    List<String> secrets = new ArrayList<>(others);
    while (secrets.size() < others) {
      Workers.Line line = workers.next();
      String secret = line.after("token");
      if (secret == null) {
        throw workers.unexpected(line);
      }
      secrets.add(secret);
    }
    for (int i = 1; i <= others; i++) {
      workers.send(i, "token " + secrets.get(i - 1));
    }
  }

  // ---- simple ----

  private Tally simple(Workers workers) {
    Watch watch = new Watch(workers, options.rounds());
    try {
      workers.awaitAll("ready");
      watch.run();
      workers.sendAll("end");
      workers.awaitEnds();
      return watch.tally();
    } catch (DemoFailure e) {
      return watch.tally().because(e.why());
    }
  }
}

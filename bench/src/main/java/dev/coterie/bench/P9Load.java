package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code p9load} on one server: a load, described.
 *
 * @param operation as p9load has it
 * @param directory below the root
 * @param files in it
 * @param connections with requests under way
 * @param depth requests under way on each
 * @param idle connections that are only open
 * @param bytes of a read, write or readdir
 * @param single whether both ends are on one processor
 */
record P9Load(
    String operation,
    String directory,
    int files,
    int connections,
    int depth,
    int idle,
    int bytes,
    boolean single) {
  private static final int WARM_MS = 50;
  private static final int PAGE_BYTES = 4096;

  /** One request at a time, both ends on one processor: what a request takes. */
  static P9Load single(String operation) {
    return new P9Load(operation, "bench", 0, 1, 1, 0, PAGE_BYTES, true);
  }

  /** The same, free to move: what a request takes where each hop wakes another processor. */
  P9Load free() {
    return new P9Load(operation, directory, files, connections, depth, idle, bytes, false);
  }

  /** Several connections with requests under way, free to move: what a server can do. */
  static P9Load many(String operation, int connections, int depth) {
    return new P9Load(operation, "bench", 0, connections, depth, 0, PAGE_BYTES, false);
  }

  /** The same by so many connections, each with one request under way, free to move. */
  P9Load among(int count) {
    return new P9Load(operation, directory, files, count, 1, idle, bytes, false);
  }

  P9Load in(String name, int count) {
    return new P9Load(operation, name, count, connections, depth, idle, bytes, single);
  }

  P9Load withIdle(int count) {
    return new P9Load(operation, directory, files, connections, depth, count, bytes, single);
  }

  P9Load withBytes(int count) {
    return new P9Load(operation, directory, files, connections, depth, idle, count, single);
  }

  P9Load withOperation(String name) {
    return new P9Load(name, directory, files, connections, depth, idle, bytes, single);
  }

  /** What is compared for such a load. */
  Measure measure() {
    return connections * depth == 1 ? Measure.LATENCY : Measure.RATE;
  }

  /** How a line of the result names it. */
  String label() {
    return single ? "1 at a time, 1 CPU" : connections + " × " + depth;
  }

  /** This load on a server. */
  Side on(Arena arena, Arena.Server server) {
    return new Loading(this, arena, server);
  }

  /** One that says at its end, as teams do, how far its connections were from one another. */
  private static final class Loading implements Side {
    private final P9Load load;
    private final Arena arena;
    private final Arena.Server server;
    private double fairness = 1; // in the worst round

    Loading(P9Load load, Arena arena, Arena.Server server) {
      this.load = load;
      this.arena = arena;
      this.server = server;
    }

    @Override
    public Sample measure() throws IOException, BenchException {
      arena.pin(server.pid(), load.single);
      Figures figures = load.run(arena, server);
      double ops = figures.get("all_ops");
      fairness = Math.min(fairness, figures.get("fairness"));
      double value =
          load.measure() == Measure.LATENCY
              ? figures.get("p50_us")
              : figures.get("ops") / figures.get("seconds");
      return new Sample(
          value,
          figures.get("server_cpu_us") / ops,
          figures.get("client_cpu_us") / ops,
          figures.get("requests") / ops);
    }

    @Override
    public String remark() {
      return load.connections == 1 ? "" : String.format(Locale.ROOT, "fairness %.2f", fairness);
    }
  }

  /** Makes the files, where they are not there yet. */
  void fill(Arena arena, Arena.Server server) throws IOException, BenchException {
    if (arena.isNew("files " + server.address() + " " + directory + " " + files)) {
      withOperation("fill").output(arena, server);
    }
  }

  private Figures run(Arena arena, Arena.Server server) throws IOException, BenchException {
    return Figures.parse(output(arena, server));
  }

  private String output(Arena arena, Arena.Server server) throws IOException, BenchException {
    List<String> line = new ArrayList<>();
    line.add(Tools.compiled("p9load").toString());
    if (!server.aname().isEmpty()) {
      line.addAll(List.of("-a", server.aname(), "-D", directory));
    }
    line.addAll(List.of("-n", Integer.toString(files), "-c", Integer.toString(connections)));
    line.addAll(List.of("-d", Integer.toString(depth), "-i", Integer.toString(idle)));
    line.addAll(List.of("-b", Integer.toString(bytes), "-w", Integer.toString(WARM_MS)));
    line.addAll(List.of("-t", Integer.toString(arena.settings().roundMs())));
    line.addAll(List.of("-s", Long.toString(server.pid())));
    if (single) {
      line.addAll(List.of("-p", Integer.toString(Arena.processor())));
    }
    line.addAll(List.of(server.address(), operation));
    return Tools.output(arena.errors("p9load"), line);
  }
}

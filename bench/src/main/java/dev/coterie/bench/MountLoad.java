package dev.coterie.bench;

import dev.coterie.bench.Mounts.Mounted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code mountload} on one mount: a load, described.
 *
 * @param operation as mountload has it
 * @param processes that work at a time; a single one shares a processor with the server
 * @param files in the folder, or in the archive
 * @param archive for untar; else empty
 */
record MountLoad(String operation, int processes, int files, String archive) {
  private static final int WARM_MS = 50;

  /** Of one file. */
  private static final int DATA_MIB = 64;

  private static final int DATA_MIB_SMALL = 4;

  /** Most processes of any load: each has a file. */
  private static final int PROCESSES_MOST = 2;

  private boolean isSingle() {
    return processes == 1;
  }

  Measure measure() {
    return isSingle() ? Measure.LATENCY : Measure.RATE;
  }

  /** This load on a mount. */
  Side on(Arena arena, Mounted mounted) {
    return new OnMount(this, arena, mounted);
  }

  /** Makes the files, where they are not there yet. */
  void fill(Arena arena, Mounted mounted, int count) throws IOException, BenchException {
    if (arena.isNew("fill " + mounted.folder())) {
      List<String> line = line(arena, count, PROCESSES_MOST);
      line.addAll(List.of(mounted.folder().toString(), "fill"));
      Tools.output(arena.errors("mountload"), line);
    }
  }

  private static List<String> line(Arena arena, int files, int processes)
      throws IOException, BenchException {
    List<String> line = new ArrayList<>();
    line.add(Tools.compiled("mountload").toString());
    line.addAll(List.of("-n", Integer.toString(files), "-c", Integer.toString(processes)));
    int mib = arena.settings().size(DATA_MIB, DATA_MIB_SMALL);
    line.addAll(List.of("-m", Integer.toString(mib)));
    return line;
  }

  private Figures run(Arena arena, Mounted mounted) throws IOException, BenchException {
    List<String> line = line(arena, files, processes);
    // Unpacking begins anew each time, and what was unpacked is removed: it warms up by rounds.
    line.addAll(List.of("-w", Integer.toString(archive.isEmpty() ? WARM_MS : 0)));
    line.addAll(List.of("-t", Integer.toString(arena.settings().roundMs())));
    for (long pid : mounted.servers()) {
      line.addAll(List.of("-s", Long.toString(pid)));
    }
    if (isSingle()) {
      line.addAll(List.of("-p", Integer.toString(Arena.processor())));
    }
    if (!archive.isEmpty()) {
      line.addAll(List.of("-a", Path.of(archive).toString()));
    }
    line.addAll(List.of(mounted.folder().toString(), operation));
    return Figures.parse(Tools.output(arena.errors("mountload"), line));
  }

  private static final class OnMount implements Side {
    private final MountLoad load;
    private final Arena arena;
    private final Mounted mounted;
    private final List<Sample> all = new ArrayList<>();

    OnMount(MountLoad load, Arena arena, Mounted mounted) {
      this.load = load;
      this.arena = arena;
      this.mounted = mounted;
    }

    @Override
    public Sample measure() throws IOException, BenchException {
      for (long pid : mounted.servers()) {
        arena.pin(pid, load.isSingle());
      }
      double requests = -mounted.requests();
      Figures figures = load.run(arena, mounted);
      requests += mounted.requests();
      double ops = figures.get("all_ops");
      Sample sample =
          new Sample(
              figures.get(load.isSingle() ? "p50_us" : "rate"),
              figures.get("server_cpu_us") / ops,
              figures.get("client_cpu_us") / ops,
              requests / ops,
              Double.NaN,
              figures.get("p90_us"),
              figures.get("rate"));
      all.add(sample);
      return sample;
    }

    @Override
    public String remark() {
      return String.format(
          Locale.ROOT,
          "p90 %.1f µs, %,.0f/s",
          Row.median(all, Sample::p90Micros),
          Row.median(all, Sample::rate));
    }
  }
}

package dev.coterie.bench;

import dev.coterie.bench.Mounts.Mounted;
import java.io.IOException;
import java.util.List;

/**
 * One operation of programs on the kernel mount. Ours: gate and leader in one process, on a tree in
 * memory and on a folder; and a gate whose leader is another process. Peers: the same file system
 * in C on libfuse ({@code memfs.c}), a folder once more in C ({@code loopback.c}), and the kernel's
 * own tmpfs. None of the mounts keeps anything in the kernel.
 *
 * <p>One process at a time on one processor with the server: how long a call takes. Two, free to
 * move: what can be had.
 *
 * @param operation of {@code mountload}
 * @param memfs least ratio of latency to the same in C; NaN: no target
 * @param loopback least ratio of latency to the folder in C
 * @param uring least ratio of two clients over io_uring to the same in C; NaN: not measured
 * @param apart least ratio to the same in C plus {@link #ROUND_TRIPS} for each request
 */
record MountRun(
    String operation, String summary, double memfs, double loopback, double uring, double apart)
    implements Run {
  /** What a leader in another process may cost for each request of the kernel, in round trips. */
  private static final double ROUND_TRIPS = 1.3;

  private static final double SERVER_CPU = 1 / 1.3;

  private static final int FILES = 1000;
  private static final int FEW_FILES = 50;

  @Override
  public String name() {
    return "mount-" + operation;
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    int files = arena.settings().size(FILES, FEW_FILES);
    MountLoad single = new MountLoad(operation, 1, files, "");
    if (operation.equals("untar")) {
      Archive archive = Archive.in(arena);
      single = new MountLoad(operation, 1, archive.files(), archive.path().toString());
    }
    compareSingle(arena, rounds, single, files);
    MountLoad two = new MountLoad(operation, 2, single.files(), single.archive());
    compareTwo(arena, rounds, two, files);
    if (!Double.isNaN(uring)) {
      compareUring(arena, rounds, two, files);
    }
  }

  private void compareSingle(Arena arena, Rounds rounds, MountLoad load, int files)
      throws IOException, BenchException {
    Mounts mounts = arena.mounts();
    Side same = side(arena, load, mounts.memfs("single"), files);
    Side loop = side(arena, load, mounts.loopback("single"), files);
    Side kernel = side(arena, load, mounts.plain(), files);
    Side echo = P9Load.single("echo").on(arena, arena.echo());
    Side tmpfs = side(arena, load, mounts.ours("tmpfs"), files);
    Side host = side(arena, load, mounts.ours("host"), files);
    Side leader = side(arena, load, mounts.apart(), files);
    Side copies = side(arena, load, mounts.apartWithCopies(), files);
    rounds.compareAll(
        List.of(same, loop, kernel, echo, tmpfs, host, leader, copies),
        List.of(
            Rounds.Line.of(latency("tmpfs, peer: libfuse", memfs), tmpfs, same),
            Rounds.Line.of(
                new Case(name(), "tmpfs, peer: libfuse", Measure.SERVER_CPU, SERVER_CPU),
                tmpfs,
                same),
            Rounds.Line.of(latency("tmpfs, peer: C loop-back", loopback), tmpfs, loop),
            Rounds.Line.of(latency("tmpfs, peer: kernel", Double.NaN), tmpfs, kernel),
            Rounds.Line.of(latency("host, peer: C loop-back", loopback), host, loop),
            Rounds.Line.of(
                new Case(name(), "host, peer: C loop-back", Measure.SERVER_CPU, Double.NaN),
                host,
                loop),
            Rounds.Line.of(
                latency("leader apart, copies, peer: libfuse", Double.NaN), copies, same),
            new Rounds.Line(
                latency("leader apart, peer: libfuse + 1.3 RTT", apart),
                leader,
                turn ->
                    turn.of(same)
                        .later(ROUND_TRIPS * turn.of(leader).messages() * turn.of(echo).value()),
                same)));
  }

  private void compareTwo(Arena arena, Rounds rounds, MountLoad load, int files)
      throws IOException, BenchException {
    Mounts mounts = arena.mounts();
    Side same = side(arena, load, mounts.memfs("single"), files);
    Side threads = side(arena, load, mounts.memfs("threads"), files);
    Side loop = side(arena, load, mounts.loopback("threads"), files);
    Side tmpfs = side(arena, load, mounts.ours("tmpfs"), files);
    Side host = side(arena, load, mounts.ours("host"), files);
    Side leader = side(arena, load, mounts.apart(), files);
    rounds.compareAll(
        List.of(same, threads, loop, tmpfs, host, leader),
        List.of(
            Rounds.Line.of(two("tmpfs, 2 clients, peer: libfuse"), tmpfs, same),
            Rounds.Line.of(two("tmpfs, 2 clients, peer: libfuse's threads"), tmpfs, threads),
            Rounds.Line.of(two("host, 2 clients, peer: C loop-back"), host, loop),
            Rounds.Line.of(two("leader apart, 2 clients, peer: libfuse"), leader, same)));
  }

  private void compareUring(Arena arena, Rounds rounds, MountLoad load, int files)
      throws IOException, BenchException {
    Mounts mounts = arena.mounts();
    Side same = side(arena, load, mounts.memfs("single"), files);
    Side threads = side(arena, load, mounts.memfs("threads"), files);
    Side rings = side(arena, load, mounts.uring(), files);
    rounds.compareAll(
        List.of(same, threads, rings),
        List.of(
            Rounds.Line.of(
                new Case(name(), "tmpfs --uring, 2 clients, peer: libfuse", Measure.RATE, uring),
                rings,
                same),
            Rounds.Line.of(
                new Case(
                    name(),
                    "tmpfs --uring, 2 clients, peer: libfuse's threads",
                    Measure.RATE,
                    uring),
                rings,
                threads)));
  }

  private Side side(Arena arena, MountLoad load, Mounted mounted, int files)
      throws IOException, BenchException {
    load.fill(arena, mounted, files);
    return load.on(arena, mounted);
  }

  private Case latency(String label, double target) {
    return new Case(name(), label, Measure.LATENCY, target);
  }

  private Case two(String label) {
    return new Case(name(), label, Measure.RATE, Double.NaN);
  }
}

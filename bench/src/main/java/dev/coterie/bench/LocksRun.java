package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Locks of files: handed to and fro between two processes, beside the kernel's own; and taken where
 * nobody else is, beside two round trips to a server in C that does nothing, and, under a lease of
 * the lock table, beside the kernel's own.
 */
final class LocksRun implements Run {
  /** The kernel's hand-over is a wake-up; ours is one more, and two messages. */
  private static final double HAND_OVER = 0.25;

  private static final double TWO_ROUND_TRIPS = 1;
  private static final double KERNEL = 1;

  @Override
  public String name() {
    return "locks";
  }

  @Override
  public String summary() {
    return "hand-over between 2 processes: fcntl; lock and unlock: 2 C round trips, leased: fcntl";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    Clients both = Clients.start(arena, leader, LockerMain.class, "locker", 2);
    String handOver = "pingpong /pingpong " + Clients.seconds(arena);
    Side kernel = () -> kernel(arena);
    Side ours = () -> both.sample(false, List.of(handOver, handOver));
    Side echo = P9Load.single("echo").on(arena, arena.echo());
    List<String> order = List.of("alone /alone " + Clients.seconds(arena));
    Side alone = () -> both.first().sample(true, order);
    rounds.compareAll(
        List.of(kernel, ours, echo, alone),
        List.of(
            Rounds.Line.of(
                new Case(name(), "hand-over, 2 processes", Measure.RATE, HAND_OVER), ours, kernel),
            new Rounds.Line(
                new Case(name(), "lock + unlock, 1 CPU", Measure.LATENCY, TWO_ROUND_TRIPS),
                alone,
                turn -> turn.of(echo).later(turn.of(echo).value()),
                echo)));
    Clients one = Clients.start(arena, leader, LeasedLockerMain.class, "leased-locker", 1);
    Side pair = () -> kernelPair(arena);
    Side leased = () -> one.sample(true, List.of("alone /leased " + Clients.seconds(arena)));
    rounds.compareAll(
        List.of(pair, leased),
        List.of(
            Rounds.Line.of(
                new Case(
                    name(),
                    "a lock held under its lease: lock + unlock, 1 CPU",
                    Measure.LATENCY,
                    KERNEL),
                leased,
                pair)));
  }

  private static Sample kernel(Arena arena) throws IOException, BenchException {
    Path file = arena.folder().resolve("pingpong");
    List<String> line =
        List.of(Tools.compiled("pingpong").toString(), file.toString(), Clients.seconds(arena));
    Figures figures = Figures.parse(Tools.output(arena.errors("pingpong"), line));
    double ops = figures.get("ops");
    return new Sample(ops / figures.get("seconds"), 0, figures.get("cpu_us") / ops, 0);
  }

  private static Sample kernelPair(Arena arena) throws IOException, BenchException {
    Path file = arena.folder().resolve("lockpair");
    List<String> line =
        List.of(Tools.compiled("lockpair").toString(), file.toString(), Clients.seconds(arena));
    Figures figures = Figures.parse(Tools.output(arena.errors("lockpair"), line));
    return new Sample(figures.get("p50_us"), 0, 0, 0);
  }
}

package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Locks of files: handed to and fro between two processes, beside the kernel's own; and taken where
 * nobody else is, beside two round trips to a server in C that does nothing.
 */
final class LocksRun implements Run {
  /** The kernel's hand-over is a wake-up; ours is one more, and two messages. */
  private static final double HAND_OVER = 0.25;

  private static final double TWO_ROUND_TRIPS = 1;
  private static final long WAIT_MS = 60_000;

  @Override
  public String name() {
    return "locks";
  }

  @Override
  public String summary() {
    return "hand-over between 2 processes: fcntl of the kernel; lock and unlock: 2 C round trips";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    List<Child> both = List.of(locker(arena, leader, 0), locker(arena, leader, 1));
    Side kernel = () -> kernel(arena);
    Side ours = () -> pingpong(arena, leader, both);
    Side echo = P9Load.single("echo").on(arena, arena.echo());
    Side alone = () -> alone(arena, leader, both.getFirst());
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
  }

  private static Child locker(Arena arena, Arena.Server leader, int index)
      throws IOException, BenchException {
    List<String> command = Arena.java(List.of("-XX:+UseSerialGC", "-Xmx64m"), LockerMain.class);
    command.add(leader.address());
    Child child = arena.child("locker-" + index, command);
    child.await("ready", WAIT_MS);
    return child;
  }

  private static String seconds(Arena arena) {
    return String.format(Locale.ROOT, "%.3f", arena.settings().roundMs() / 1000.0);
  }

  private static Sample kernel(Arena arena) throws IOException, BenchException {
    Path file = arena.folder().resolve("pingpong");
    List<String> line =
        List.of(Tools.compiled("pingpong").toString(), file.toString(), seconds(arena));
    Figures figures = Figures.parse(Tools.output(arena.errors("pingpong"), line));
    double ops = figures.get("ops");
    return new Sample(ops / figures.get("seconds"), 0, figures.get("cpu_us") / ops, 0);
  }

  private static Sample pingpong(Arena arena, Arena.Server leader, List<Child> both)
      throws IOException, BenchException {
    arena.pin(leader.pid(), false);
    for (Child one : both) {
      arena.pin(one.pid(), false);
    }
    return sample(leader, both, "pingpong /pingpong " + seconds(arena));
  }

  private static Sample alone(Arena arena, Arena.Server leader, Child one)
      throws IOException, BenchException {
    arena.pin(leader.pid(), true);
    arena.pin(one.pid(), true);
    return sample(leader, List.of(one), "alone /alone " + seconds(arena));
  }

  /** Has lockers do something at the same time. */
  private static Sample sample(Arena.Server leader, List<Child> lockers, String order)
      throws IOException, BenchException {
    double messages = -messages(leader);
    double server = -ProcessCpu.ticksNanos(leader.pid());
    double clients = -cpu(lockers);
    for (Child locker : lockers) {
      locker.say(order);
    }
    List<Figures> all = new ArrayList<>();
    for (Child locker : lockers) {
      all.add(Figures.parse(locker.hear(WAIT_MS)));
    }
    server += ProcessCpu.ticksNanos(leader.pid());
    clients += cpu(lockers);
    messages += messages(leader);
    double ops = 0;
    double rate = 0;
    for (Figures figures : all) {
      ops += figures.get("ops");
      rate += lockers.size() > 1 ? figures.get("ops") / figures.get("seconds") : 0;
    }
    double value = lockers.size() > 1 ? rate : all.getFirst().get("p50_us");
    return new Sample(value, server / ops / 1000, clients / ops / 1000, messages / ops);
  }

  private static double cpu(List<Child> lockers) throws IOException {
    double sum = 0;
    for (Child locker : lockers) {
      sum += ProcessCpu.ticksNanos(locker.pid());
    }
    return sum;
  }

  private static double messages(Arena.Server leader) throws BenchException {
    leader.process().say("counts");
    return Figures.parse(leader.process().hear(WAIT_MS)).get("requests");
  }
}

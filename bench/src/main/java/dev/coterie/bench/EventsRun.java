package dev.coterie.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Event sets: what a wait takes where one of many members is ready, beside a set that has no other;
 * the same of the kernel's epoll; and wake-ups between two processes, beside the kernel's and two
 * round trips to a server in C that does nothing.
 */
final class EventsRun implements Run {
  /** A wait for one of many may take a fifth longer than a wait for the only one. */
  private static final double FLAT = 1 / 1.2;

  private static final int MEMBERS = 100_000;
  private static final int MEMBERS_SMALL = 1000;

  /** As many as ours, or as the limit of descriptors allows. */
  private static final int ALL = 0;

  @Override
  public String name() {
    return "events";
  }

  @Override
  public String summary() {
    return "1 of 100,000 members ready: ours with 1 member; wake-ups: eventfd and epoll";
  }

  @Override
  public void run(Arena arena, Rounds rounds) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    Clients both = Clients.start(arena, leader, WaiterMain.class, "waiter", 2);
    both.ask(1, "take " + both.ask(0, "share"));
    Clients one = both.first();
    int many = arena.settings().size(MEMBERS, MEMBERS_SMALL);
    one.ask(0, "members 1");
    Figures setUp = Figures.parse(one.ask(0, "members " + many));
    Side few = wait(one, 1, "1 member");
    double seconds = setUp.get("seconds");
    Side flat =
        wait(one, many, String.format(Locale.ROOT, "%,d members set up in %.1f s", many, seconds));
    Kernel kernelOne = new Kernel(arena, 1);
    Kernel kernelAll = new Kernel(arena, arena.settings().size(ALL, MEMBERS_SMALL));
    List<String> pingpong =
        List.of("ping " + Clients.seconds(arena), "pong " + Clients.seconds(arena));
    Side wakeUp = () -> both.sample(false, pingpong);
    Side kernelWakeUp = () -> kernelPingPong(arena);
    Side echo = P9Load.single("echo").on(arena, arena.echo());
    rounds.compareAll(
        List.of(few, flat, kernelOne, kernelAll, kernelWakeUp, wakeUp, echo),
        List.of(
            Rounds.Line.of(
                of(String.format(Locale.ROOT, "1 of %,d, peer: 1 of 1", many), FLAT), flat, few),
            Rounds.Line.of(of("epoll: 1 of many, peer: 1 of 1"), kernelAll, kernelOne),
            Rounds.Line.of(of("1 of 1, peer: epoll", Measure.LATENCY), few, kernelOne),
            Rounds.Line.of(of("wake-up, peer: epoll", Measure.RATE), wakeUp, kernelWakeUp),
            new Rounds.Line(
                of("wake-up, peer: 2 round trips", Measure.RATE),
                wakeUp,
                turn -> rate(turn.of(echo)),
                echo)));
  }

  private Case of(String label) {
    return of(label, Double.NaN);
  }

  private Case of(String label, double target) {
    return new Case(name(), label, Measure.LATENCY, target);
  }

  private Case of(String label, Measure measure) {
    return new Case(name(), label, measure, Double.NaN);
  }

  /** A wait alone: that the member becomes ready, and is not any more, is not in its time. */
  private static Side wait(Clients one, int members, String remark) {
    return new Side() {
      @Override
      public Sample measure() throws IOException, BenchException {
        return one.sample(true, List.of("wait " + members + " " + Clients.seconds(one.arena())));
      }

      @Override
      public String remark() {
        return remark;
      }
    };
  }

  /** How many pairs of round trips there would be in a second, and what a pair takes. */
  private static Sample rate(Sample echo) {
    return new Sample(
        1e6 / (2 * echo.value()), 2 * echo.serverMicros(), 2 * echo.clientMicros(), 2);
  }

  private static Figures eventload(Arena arena, String... words)
      throws IOException, BenchException {
    List<String> line = new ArrayList<>(List.of(Tools.compiled("eventload").toString()));
    line.addAll(List.of(words));
    line.add(Clients.seconds(arena));
    return Figures.parse(Tools.output(arena.errors("eventload"), line));
  }

  private static Sample kernelPingPong(Arena arena) throws IOException, BenchException {
    Figures figures = eventload(arena, "pingpong");
    double ops = figures.get("ops");
    return new Sample(ops / figures.get("seconds"), 0, figures.get("cpu_us") / ops, 0);
  }

  /** A wait of epoll. */
  private static final class Kernel implements Side {
    private final Arena arena;
    private final int members;
    private double had;

    Kernel(Arena arena, int members) {
      this.arena = arena;
      this.members = members;
    }

    @Override
    public Sample measure() throws IOException, BenchException {
      Figures figures = eventload(arena, "wait", Integer.toString(members));
      had = figures.get("members");
      double cpu = figures.get("cpu_us") / figures.get("ops");
      return new Sample(figures.get("p50_us"), 0, cpu, 0);
    }

    @Override
    public String remark() {
      return had == 1 ? "1 member" : String.format(Locale.ROOT, "%,.0f members", had);
    }
  }
}

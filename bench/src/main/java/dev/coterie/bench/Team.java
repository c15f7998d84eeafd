package dev.coterie.bench;

import dev.coterie.bench.ProcessCpu.Reading;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The client processes of one side of {@link MockupRun}. They live over all rounds; in each they
 * connect, open, write for a window of time, go on for a while each longer than the one before, and
 * disconnect, so that some leave while others write.
 */
abstract class Team implements Side, AutoCloseable {
  private static final long WAIT_MS = 120_000;

  /** What each process goes on longer than the one before. */
  private static final double TAIL_SECONDS = 0.02;

  private final double window;
  private final List<Child> members = new ArrayList<>();
  private int round;
  private long written;
  private long lost;
  private double fairness = 1;

  Team(Arena arena) {
    this.window = arena.settings().roundMs() / 1000.0;
  }

  /** For subclasses that are being made: all start at a time. */
  final void await(List<Child> team) throws BenchException {
    members.addAll(team);
    for (Child member : team) {
      member.await("ready", WAIT_MS);
    }
  }

  /** Has all members connect and open a new file. */
  abstract void open(List<Child> team, int number, List<String> times)
      throws IOException, BenchException;

  abstract long serverPid();

  /** Messages the server was sent so far; 0 when the members count them. */
  abstract long messages() throws BenchException;

  /** What is in the file of this round, which is then removed. */
  abstract byte[] takeFile(int number) throws IOException;

  @Override
  public Sample measure() throws IOException, BenchException {
    List<String> times = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      times.add(String.format(Locale.ROOT, "%.3f %.3f", window, i * TAIL_SECONDS));
    }
    open(members, round, times);
    Reading serverBefore = Reading.of(serverPid());
    List<Reading> clientsBefore = Clients.readings(members);
    long messages = -messages();
    for (Child member : members) {
      member.say("go");
    }
    long[] counts = new long[members.size()];
    double[] inWindow = new double[members.size()];
    for (int i = 0; i < counts.length; i++) {
      Figures figures = Figures.parse(members.get(i).hear(WAIT_MS));
      counts[i] = (long) figures.get("written");
      inWindow[i] = figures.get("window");
      messages += (long) figures.get("messages");
    }
    messages += messages();
    double server = serverBefore.until(Reading.of(serverPid()));
    double clients = Clients.used(clientsBefore, Clients.readings(members));
    long all = count(counts, takeFile(round++));
    weigh(inWindow);
    return new Sample(
        sum(inWindow) / window, server / all / 1000, clients / all / 1000, (double) messages / all);
  }

  private long count(long[] counts, byte[] content) {
    long all = 0;
    for (long one : counts) {
      all += one;
    }
    written += all;
    lost += all - Records.arrived(content, counts);
    return all;
  }

  private void weigh(double[] inWindow) {
    double least = inWindow[0];
    double most = inWindow[0];
    for (double one : inWindow) {
      least = Math.min(least, one);
      most = Math.max(most, one);
    }
    fairness = Math.min(fairness, most > 0 ? least / most : 0);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  @Override
  public String remark() {
    String lines = String.format(Locale.ROOT, "lost %,d of %,d lines", lost, written);
    return members.size() == 1
        ? lines
        : String.format(Locale.ROOT, "%s (fairness %.2f)", lines, fairness);
  }

  @Override
  public void close() {
    members.forEach(Child::close);
  }
}

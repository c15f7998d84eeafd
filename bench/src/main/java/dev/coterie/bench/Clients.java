package dev.coterie.bench;

import dev.coterie.bench.ProcessCpu.Reading;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Processes of ours that are told in lines what to do at a leader, and measured while they do it.
 *
 * @param leader whose clients they are
 * @param all of them
 */
record Clients(Arena arena, Arena.Server leader, List<Child> all) {
  private static final long WAIT_MS = 60_000;

  /**
   * Starts some.
   *
   * @param main says "ready" when it is connected to its argument
   */
  static Clients start(Arena arena, Arena.Server leader, Class<?> main, String name, int count)
      throws IOException, BenchException {
    List<Child> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> command = Arena.java(List.of("-XX:+UseSerialGC", "-Xmx64m"), main);
      command.add(leader.address());
      Child child = arena.child(name + "-" + i, command);
      child.await("ready", WAIT_MS);
      all.add(child);
    }
    return new Clients(arena, leader, List.copyOf(all));
  }

  /** The first of them alone. */
  Clients first() {
    return new Clients(arena, leader, List.of(all.getFirst()));
  }

  /** Tells one something; what it answers. */
  String ask(int index, String order) throws BenchException {
    all.get(index).say(order);
    return all.get(index).hear(WAIT_MS);
  }

  /** The time of one turn as it stands in an order. */
  static String seconds(Arena arena) {
    return String.format(Locale.ROOT, "%.3f", arena.settings().roundMs() / 1000.0);
  }

  /**
   * Has them do something at the same time: what several do is a rate, what one does a time.
   *
   * @param single whether on one processor, with the leader
   * @param orders one for each
   */
  Sample sample(boolean single, List<String> orders) throws IOException, BenchException {
    arena.pin(leader.pid(), single);
    for (Child one : all) {
      arena.pin(one.pid(), single);
    }
    double messages = -messages();
    Reading leaderBefore = Reading.of(leader.pid());
    List<Reading> before = readings(all);
    for (int i = 0; i < orders.size(); i++) {
      all.get(i).say(orders.get(i));
    }
    List<Figures> answers = new ArrayList<>();
    for (Child one : all) {
      answers.add(Figures.parse(one.hear(WAIT_MS)));
    }
    double server = leaderBefore.until(Reading.of(leader.pid()));
    double clients = used(before, readings(all));
    messages += messages();
    double ops = 0;
    double rate = 0;
    for (Figures figures : answers) {
      ops += figures.get("ops");
      rate += all.size() > 1 ? figures.get("ops") / figures.get("seconds") : 0;
    }
    double value = all.size() > 1 ? rate : answers.getFirst().get("p50_us");
    return new Sample(value, server / ops / 1000, clients / ops / 1000, messages / ops);
  }

  static List<Reading> readings(List<Child> processes) throws IOException {
    List<Reading> readings = new ArrayList<>();
    for (Child one : processes) {
      readings.add(Reading.of(one.pid()));
    }
    return readings;
  }

  static long used(List<Reading> before, List<Reading> after) {
    long sum = 0;
    for (int i = 0; i < before.size(); i++) {
      sum += before.get(i).until(after.get(i));
    }
    return sum;
  }

  private double messages() throws BenchException {
    leader.process().say("counts");
    return Figures.parse(leader.process().hear(WAIT_MS)).get("requests");
  }
}

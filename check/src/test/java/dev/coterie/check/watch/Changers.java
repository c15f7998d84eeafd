package dev.coterie.check.watch;

import dev.coterie.check.leader.Child;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Some processes that change names: {@link ChangerMain}. */
final class Changers implements AutoCloseable {
  private final List<Child> all = new ArrayList<>();

  Changers(Path folder, Path socket, int count) throws IOException {
    boolean done = false;
    try {
      for (int i = 0; i < count; i++) {
        all.add(Child.start(folder, ChangerMain.class, socket, name(i)));
      }
      all.forEach(child -> child.hear("connected"));
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** What the names of a process's own begin with. */
  static String name(int process) {
    return "p" + process + "-";
  }

  /** Tells each something, all at a time. */
  void begin(IntFunction<String> line) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).say(line.apply(i));
    }
  }

  /** Waits until all have done it; how much they did together. */
  int await(String word) {
    int sum = 0;
    for (Child child : all) {
      sum += Integer.parseInt(child.hear(word));
    }
    return sum;
  }

  void end() {
    all.forEach(Child::end);
  }

  @Override
  public void close() {
    all.forEach(Child::close);
  }
}

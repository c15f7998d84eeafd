package dev.coterie.check.nio;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code Files} or of what it gave.
 *
 * @param seed of all that it draws
 */
record FilesStep(String name, long seed, Call call) {
  /** The call: what it answers is compared as {@link FilesWorld#show} has it. */
  interface Call {
    @Nullable Object run(FilesWorld world, FilesDraw draw) throws Exception;
  }

  private record Kind(String name, int weight, Call call) {}

  /** The kinds of steps there are, each as often as its weight has it. */
  static final class Table {
    private final List<Kind> kinds = new ArrayList<>();
    private int sum;

    void add(int weight, String name, Call call) {
      kinds.add(new Kind(name, weight, call));
      sum += weight;
    }

    List<String> names() {
      return kinds.stream().map(Kind::name).toList();
    }

    List<FilesStep> draw(long seed, int count) {
      Random random = new Random(seed);
      List<FilesStep> steps = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Kind kind = pick(random.nextInt(sum));
        steps.add(new FilesStep(kind.name, random.nextLong(), kind.call));
      }
      return steps;
    }

    private Kind pick(int at) {
      int left = at;
      for (Kind kind : kinds) {
        left -= kind.weight;
        if (left < 0) {
          return kind;
        }
      }
      throw new IllegalArgumentException("beyond the table: " + at);
    }
  }

  static Table all() {
    Table table = new Table();
    NameSteps.addTo(table);
    ContentSteps.addTo(table);
    AttributeSteps.addTo(table);
    DirectorySteps.addTo(table);
    return table;
  }
}

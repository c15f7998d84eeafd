package dev.coterie.check.history;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Checks a history object by object. */
public final class Checker {
  /** Configurations side by side at which the search of an object goes on depth first. */
  static final int BREADTH_MAX = 1 << 12;

  /** Configurations that a depth-first search may see; one more makes the object undecided. */
  static final int DEPTH_MAX = 1 << 20;

  private static final int BREADTH_TOLD = 1 << 14;

  private final int breadthMax;
  private final int depthMax;
  private final int threads;

  /** A checker for {@code threads} objects at a time. */
  public Checker(int threads) {
    this(threads, BREADTH_MAX, DEPTH_MAX);
  }

  Checker(int threads, int breadthMax, int depthMax) {
    this.threads = threads;
    this.breadthMax = breadthMax;
    this.depthMax = depthMax;
  }

  /** What became of one object: what it took, and a finding if it is not in order. */
  private record Outcome(Verdict verdict, @Nullable String finding) {}

  public Report check(History history) {
    long began = System.nanoTime();
    resetPeaks();
    Report.Builder report = new Report.Builder(history.census());
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<Outcome>> outcomes = new ArrayList<>();
      for (int i = 0; i < history.universe().partitions(); i++) {
        int partition = i;
        outcomes.add(pool.submit(() -> check(history, partition)));
      }
      for (Future<Outcome> outcome : outcomes) {
        report.add(outcome.get().verdict, outcome.get().finding);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a check of one object failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return report.build(System.nanoTime() - began, peakBytes());
  }

  private Outcome check(History history, int partition) {
    Universe universe = history.universe();
    List<Event> events = history.events(partition);
    if (partition < universe.groups()) {
      NamesHistory names = new NamesHistory(events);
      return check(
          new NamesModel(names, universe, partition),
          names.time(),
          new Narrative(universe, "names of group " + partition));
    }
    FileHistory content = new FileHistory(events);
    String name = Universe.fileName(partition - universe.groups());
    return check(
        new FileModel(content), content.time(), new Narrative(universe, "content of " + name));
  }

  private <A> Outcome check(Model<A> model, Timeline<A> time, Narrative narrative) {
    Verdict verdict = new Search<>(model, time, breadthMax, depthMax).run();
    return switch (verdict) {
      case Verdict.Linearizable fine -> new Outcome(fine, null);
      case Verdict.Undecided undecided -> new Outcome(undecided, narrative.tell(undecided));
      case Verdict.Violation<?> violation -> {
        // A plain model may need too many configurations; then the account of the first search has
        // to do.
        Model<A> plain = model.withoutForesight();
        Verdict again = new Search<>(plain, time, BREADTH_TOLD, 0).run();
        yield again instanceof Verdict.Violation<?> told
            ? new Outcome(violation, narrative.tell(own(told), plain, time))
            : new Outcome(violation, narrative.tell(own(violation), model, time));
      }
    };
  }

  @SuppressWarnings("unchecked") // a search answers with its own steps
  private static <A> Verdict.Violation<A> own(Verdict.Violation<?> violation) {
    return (Verdict.Violation<A>) violation;
  }

  private static void resetPeaks() {
    ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  /** The most heap that was in use, garbage included. */
  private static long peakBytes() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .mapToLong(pool -> pool.getPeakUsage().getUsed())
        .sum();
  }
}

package dev.coterie.check.posix;

import dev.coterie.api.FileService;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A tree of ours, through {@link dev.coterie.api.Tree} on sessions of the core in this process. */
final class CoreWorld implements World {
  private final Vfs vfs;
  private final ProcessCalls[] processes = new ProcessCalls[PROCESSES];
  private List<Step> batch = List.of();

  CoreWorld(Map<String, MountFactory> mounts, Pace.Kind pace) throws IOException {
    vfs = new Vfs(new Vfs.Config(new FineClock(), new Random(1), 1), mounts);
    for (int p = 0; p < PROCESSES; p++) {
      processes[p] = new ProcessCalls(p, vfs.openSession(), new Pace(pace));
    }
  }

  /** One more process, which does no steps. */
  FileService openSession() {
    return vfs.openSession();
  }

  @Override
  public void begin(List<Step> steps) {
    batch = steps;
  }

  @Override
  public List<String> answers() {
    return batch.stream().map(this::act).toList();
  }

  private String act(Step step) {
    String answer = processes[step.process()].act(step);
    Step taking = ProcessCalls.taking(step, answer);
    return taking == null ? answer : act(taking);
  }

  @Override
  public void close() {
    for (ProcessCalls process : processes) {
      process.close();
    }
    vfs.close();
  }
}

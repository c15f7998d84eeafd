package dev.coterie.check.posix;

import dev.coterie.core.Vfs;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A tree of ours, through {@link dev.coterie.api.Tree} on sessions of the core in this process. */
final class CoreWorld implements World {
  private final Vfs vfs;
  private final ProcessCalls[] processes = new ProcessCalls[PROCESSES];
  private @Nullable Step step;

  CoreWorld(Map<String, MountFactory> mounts) throws IOException {
    vfs = new Vfs(new Vfs.Config(new FineClock(), new Random(1), 1), mounts);
    for (int p = 0; p < PROCESSES; p++) {
      processes[p] = new ProcessCalls(p, vfs.openSession());
    }
  }

  @Override
  public void begin(Step next) {
    step = next;
  }

  @Override
  public String answer() {
    Step first = Objects.requireNonNull(step);
    String answer = act(first);
    Step taking = ProcessCalls.taking(first, answer);
    return taking == null ? answer : act(taking);
  }

  private String act(Step one) {
    return processes[one.process()].act(one);
  }

  @Override
  public void close() {
    for (ProcessCalls process : processes) {
      process.close();
    }
    vfs.close();
  }
}

package dev.coterie.check.posix;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Token;
import dev.coterie.core.Vfs;
import java.io.IOException;
import java.util.Map;
import java.util.Random;

/** Our tmpfs, through {@link dev.coterie.api.Tree} on sessions of the core in this process. */
final class CoreWorld implements World {
  private final Vfs vfs;
  private final ProcessCalls[] processes = new ProcessCalls[PROCESSES];

  CoreWorld(Options options) throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(new FineClock(), new Random(1), 1), Map.of("/", options.toCoterie()));
    for (int p = 0; p < PROCESSES; p++) {
      processes[p] = new ProcessCalls(p, vfs.openSession());
    }
  }

  @Override
  public String act(Step step) {
    ProcessCalls process = processes[step.process()];
    if (!step.op().equals("share")) {
      return process.act(step);
    }
    Token token;
    try {
      token = process.share(step);
    } catch (ErrnoException e) {
      return ProcessCalls.failed(e.errno());
    }
    int heir = step.integer(2);
    return processes[heir].act(Step.of(heir, step.user(), "take", step.word(3), token.toSecret()));
  }

  @Override
  public void close() {
    for (ProcessCalls process : processes) {
      process.close();
    }
    vfs.close();
  }
}

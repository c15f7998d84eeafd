package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.MountFactory;
import java.io.IOException;
import java.util.Map;
import java.util.Random;

/** The core itself, in this process. */
class CoreTarget implements Target {
  private final MovableClock clock = new MovableClock();
  private final Vfs vfs;

  CoreTarget(Map<String, MountFactory> mounts) throws IOException {
    vfs = new Vfs(new Vfs.Config(clock, new Random(1), 7), mounts);
  }

  @Override
  public FileService openSession() {
    return vfs.openSession();
  }

  @Override
  public MovableClock clock() {
    return clock;
  }

  @Override
  public void expire() {
    vfs.expire();
  }

  @Override
  public int sessions() {
    return vfs.counts().sessions();
  }

  @Override
  public int tokens() {
    return vfs.counts().tokens();
  }

  @Override
  public void close() {
    vfs.close();
  }
}

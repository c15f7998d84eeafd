package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.PatientAlarm;
import java.io.IOException;
import java.util.Map;
import java.util.Random;

/** The core itself, in this process. */
class CoreTarget implements Target {
  private final MovableClock clock = new MovableClock();
  private final PatientAlarm alarm = new PatientAlarm();
  private final Vfs vfs;

  CoreTarget(Map<String, MountFactory> mounts) throws IOException {
    Vfs.Config config =
        new Vfs.Config(clock, new Random(1), 7, Barrier.OPEN, Limits.DENTRIES, alarm);
    vfs = new Vfs(config, mounts);
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
  public PatientAlarm alarm() {
    return alarm;
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

package dev.coterie.check.suite;

import static org.awaitility.Awaitility.await;

import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientAlarm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A leader on a unix socket, and a client for each session. */
class WireTarget implements Target {
  /** Checks count on what a closed session held to be free, however slow the leader is. */
  private static final int CLOSE_MS = 60_000;

  private final MovableClock clock = new MovableClock();
  private final PatientAlarm alarm = new PatientAlarm();
  private final Path folder;
  private final Leader leader;
  private final ClientOptions options;

  WireTarget(Map<String, MountFactory> mounts) throws IOException {
    this(mounts, ClientOptions.DEFAULT);
  }

  WireTarget(Map<String, MountFactory> mounts, ClientOptions options) throws IOException {
    this.options = options.withCloseMsMax(CLOSE_MS);
    folder = Files.createTempDirectory("coterie-suite-");
    Leader.Builder builder =
        Leader.builder().clock(clock).alarm(alarm).listen(folder.resolve("socket"));
    mounts.forEach(builder::mount);
    leader = builder.start();
  }

  @Override
  public FileService openSession() throws IOException {
    String socket = folder.resolve("socket").toString();
    return Client.connect(new Address.Unix(socket), options);
  }

  @Override
  public MovableClock clock() {
    return clock;
  }

  @Override
  public PatientAlarm alarm() {
    return alarm;
  }

  /** The leader does so by itself, every second. */
  @Override
  public void expire() {
    await().until(() -> tokens() == 0);
  }

  @Override
  public int sessions() {
    return leader.counts().tree().sessions();
  }

  @Override
  public int tokens() {
    return leader.counts().tree().tokens();
  }

  @Override
  public void close() {
    leader.close();
    try {
      Files.deleteIfExists(folder.resolve("socket.lock"));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new AssertionError("the leader left something behind", e);
    }
  }
}

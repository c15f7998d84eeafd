package dev.coterie.check.leader;

import static org.awaitility.Awaitility.await;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** A leader of one tmpfs on a socket in a test's folder, and what it counted when it was new. */
final class Served implements AutoCloseable {
  final Path socket;
  final Leader leader;
  final Gate gate;
  final Leader.Counts idle;

  private Served(Path socket, Leader leader, Gate gate) {
    this.socket = socket;
    this.gate = gate;
    this.leader = leader;
    this.idle = leader.counts();
  }

  static Served in(Path folder) throws IOException {
    return in(folder, builder -> builder);
  }

  static Served in(Path folder, UnaryOperator<Leader.Builder> more) throws IOException {
    Path socket = folder.resolve("s");
    Leader.Builder builder =
        Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket);
    Gate gate = new Gate();
    return new Served(socket, more.apply(builder.decorate(gate)).start(), gate);
  }

  RawClient plain() throws IOException {
    return RawClient.attached(socket, RawClient.PLAIN);
  }

  RawClient dialect() throws IOException {
    return RawClient.attached(socket, RawClient.DIALECT);
  }

  /** Waits until nothing is alive that was not when the leader was new. */
  void awaitIdle() {
    awaitCounts(idle);
  }

  void awaitCounts(Leader.Counts counts) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(2))
        .until(leader::counts, counts::equals);
  }

  @Override
  public void close() {
    leader.close();
  }
}

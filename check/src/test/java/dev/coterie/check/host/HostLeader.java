package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.check.leader.Child;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A leader process for a directory of the host, and clients in this process. */
final class HostLeader implements AutoCloseable {
  private final Path socket;
  private final Child child;

  private HostLeader(Path socket, Child child) {
    this.socket = socket;
    this.child = child;
  }

  /**
   * Starts one and waits until it serves.
   *
   * @param around words before the command, beside those of the privilege
   * @param folder for the socket and what it says on stderr
   */
  static HostLeader start(
      Privilege privilege, List<String> around, List<String> jvm, Path folder, Path directory)
      throws IOException {
    HostTools.requireRoot();
    HostTools.requireTool("setpriv", "util-linux");
    List<String> words = new ArrayList<>(around);
    words.addAll(privilege.around());
    Path socket = folder.resolve("socket");
    Child child = Child.start(words, jvm, folder, HostLeaderMain.class, socket, directory);
    child.hear("serving");
    return new HostLeader(socket, child);
  }

  static HostLeader start(Privilege privilege, Path folder, Path directory) throws IOException {
    return start(privilege, List.of(), List.of("-XX:TieredStopAtLevel=1"), folder, directory);
  }

  Client connect() throws IOException {
    return Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT);
  }

  Path socket() {
    return socket;
  }

  int descriptors() {
    return Integer.parseInt(child.ask("descriptors"));
  }

  /** Stops all its threads, until it goes on. */
  void stop() throws IOException {
    HostTools.run("kill", "-STOP", Long.toString(child.pid()));
    await().until(this::isStopped);
  }

  /** What stands behind a task's name in brackets is its state. Source: proc_pid_stat(5). */
  private boolean isStopped() throws IOException {
    List<Path> tasks;
    try (Stream<Path> all = Files.list(Path.of("/proc/" + child.pid() + "/task"))) {
      tasks = all.toList();
    }
    for (Path task : tasks) {
      String stat = Files.readString(task.resolve("stat"));
      if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
        return false;
      }
    }
    return true;
  }

  void goOn() throws IOException {
    HostTools.run("kill", "-CONT", Long.toString(child.pid()));
  }

  /** Has it end, which must be a good end. */
  void end() {
    assertThat(child.ask("faults")).as("broken invariants").isEqualTo("0");
    child.end();
  }

  /** Has it gone, so that nothing of the directory is open any more. */
  @Override
  public void close() {
    child.close();
    child.awaitEnd();
  }
}

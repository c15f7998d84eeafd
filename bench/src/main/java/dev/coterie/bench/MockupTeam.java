package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Clients of the mock-up, on a folder in memory. */
final class MockupTeam extends Team {
  private static final long WAIT_MS = 60_000;

  /** For as long Python runs one thread while another wants to: it decided in the first version. */
  private static final String KEEPS_SECONDS = "0.005";

  private final Arena arena;
  private final String mode;
  private final Child server;

  MockupTeam(Arena arena, String mode, MockupRun.Group group) throws IOException, BenchException {
    super(arena);
    this.arena = arena;
    this.mode = mode;
    String python = Tools.find("python3").toString();
    Path script = Files.write(arena.folder().resolve("mockup.py"), Tools.resource("mockup.py"));
    Path socket = arena.folder().resolve("mockup.sock");
    Files.deleteIfExists(socket);
    server =
        arena.child(
            "mockup-server", List.of(python, script.toString(), "server", socket.toString()));
    server.await("ready", WAIT_MS);
    List<Child> team = new ArrayList<>();
    String keep = group.keeps() ? KEEPS_SECONDS : "0";
    for (int i = 0; i < group.processes(); i++) {
      String index = Integer.toString(i);
      team.add(
          arena.child(
              "mockup-" + i,
              List.of(python, script.toString(), "client", socket.toString(), index, keep)));
    }
    await(team);
  }

  private Path file(int number) {
    return arena.folder().resolve("mockup." + number);
  }

  @Override
  void open(List<Child> team, int number, List<String> times) throws BenchException {
    for (int i = 0; i < team.size(); i++) {
      // A file that nobody else writes is a file of its own.
      team.get(i).say(file(number) + " " + mode + " " + times.get(i));
      team.get(i).await("open", WAIT_MS);
    }
  }

  @Override
  long serverPid() {
    return server.pid();
  }

  @Override
  long messages() {
    return 0;
  }

  @Override
  byte[] takeFile(int number) throws IOException {
    byte[] content = Files.readAllBytes(file(number));
    Files.delete(file(number));
    return content;
  }

  @Override
  public void close() {
    super.close();
    server.close();
  }
}

package dev.coterie.bench;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Our clients ({@link WriterMain}), at our leader with a tmpfs. */
final class LeaderTeam extends Team {
  private static final long WAIT_MS = 60_000;
  private static final int BUFFER_BYTES = 1 << 20;

  private final Arena arena;
  private final Arena.Server leader;
  private final String mode;

  LeaderTeam(Arena arena, String mode, int processes) throws IOException, BenchException {
    super(arena);
    this.arena = arena;
    this.mode = mode;
    this.leader = arena.leader("tmpfs");
    List<Child> team = new ArrayList<>();
    for (int i = 0; i < processes; i++) {
      List<String> command = Arena.java(List.of("-XX:+UseSerialGC", "-Xmx64m"), WriterMain.class);
      command.add(leader.address());
      command.add(Integer.toString(i));
      team.add(arena.child("writer-" + i, command));
    }
    await(team);
  }

  private static String file(int number) {
    return "/mockup." + number;
  }

  @Override
  void open(List<Child> team, int number, List<String> times) throws IOException, BenchException {
    arena.pin(leader.pid(), false); // others may have had it on one processor
    boolean shared = mode.equals("shared");
    for (int i = 0; i < team.size(); i++) {
      String how = shared && i > 0 ? tokenOf(team.getFirst()) : mode;
      team.get(i).say(file(number) + " " + how + " " + times.get(i));
      team.get(i).await("open", WAIT_MS);
    }
  }

  /** As a forked process has the open file of its parent. */
  private static String tokenOf(Child first) throws BenchException {
    first.say("share");
    return first.hear(WAIT_MS);
  }

  @Override
  long serverPid() {
    return leader.pid();
  }

  @Override
  long messages() throws BenchException {
    leader.process().say("counts");
    return (long) Figures.parse(leader.process().hear(WAIT_MS)).get("requests");
  }

  @Override
  byte[] takeFile(int number) throws IOException {
    try (FileService service =
            Client.connect(Address.parse("unix:" + leader.address()), ClientOptions.DEFAULT);
        Tree tree = Tree.of(service, ProcessIdentity.self())) {
      byte[] content = read(tree, file(number));
      tree.unlink(file(number));
      return content;
    }
  }

  private static byte[] read(Tree tree, String path) throws ErrnoException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (OpenFile file = tree.open(path, OpenFlags.O_RDONLY, 0)) {
      while (file.read(buffer) > 0) {
        content.write(buffer.array(), 0, buffer.position());
        buffer.clear();
      }
    }
    return content.toByteArray();
  }
}

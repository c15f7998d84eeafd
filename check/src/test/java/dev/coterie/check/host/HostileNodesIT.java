package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * FIFOs, sockets and devices of the host are shown and never opened, also when they take a file's
 * place at the worst moment: opening a FIFO would hold up the leader until someone writes to it.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileNodesIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 50_000 : 3_000;
  private static final Caller ROOT = Caller.ROOT;
  private static final Map<String, Integer> NODES =
      new TreeMap<>(
          Map.of(
              "fifo", Mode.S_IFIFO,
              "socket", Mode.S_IFSOCK,
              "null", Mode.S_IFCHR,
              "tty", Mode.S_IFCHR,
              "disk", Mode.S_IFBLK));

  @TempDir private Path folder = Path.of("");
  private Path directory = Path.of("");

  @BeforeEach
  void make() throws IOException {
    HostTools.requireRoot();
    directory = Files.createTempDirectory("coterie-nodes-");
    HostTools.run("mkfifo", at("fifo"));
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(directory.resolve("socket")));
    }
    HostTools.run("mknod", at("null"), "c", "1", "3");
    HostTools.run("mknod", at("tty"), "c", "5", "0");
    HostTools.run("mknod", at("disk"), "b", "7", "200");
  }

  @AfterEach
  void remove() throws IOException {
    HostTools.removeAll(directory);
  }

  private String at(String name) {
    return directory.resolve(name).toString();
  }

  private interface Attempt {
    void run() throws ErrnoException;
  }

  private static void requireRefused(Errno errno, Attempt attempt) {
    try {
      attempt.run();
      fail("was not refused: %s", errno);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(errno);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void nodes_areShownAndNotOpened(Privilege privilege) throws Exception {
    try (HostLeader leader = HostLeader.start(privilege, folder, directory)) {
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        for (var node : NODES.entrySet()) {
          Name name = Name.of(node.getKey());
          Stat found = service.lookup(ROOT, root, name);
          assertThat(found.mode() & Mode.S_IFMT).isEqualTo(node.getValue());
          for (int how : List.of(OpenFlags.O_RDONLY, OpenFlags.O_WRONLY, OpenFlags.O_RDWR)) {
            for (int also : List.of(0, OpenFlags.O_NONBLOCK, OpenFlags.O_TRUNC)) {
              requireRefused(Errno.ENXIO, () -> service.open(ROOT, found.id(), how | also));
              int flags = OpenFlags.O_CREAT | how | also;
              requireRefused(Errno.ENXIO, () -> service.create(ROOT, root, name, flags, 0666));
            }
          }
          requireRefused(
              Errno.EINVAL, () -> service.setattr(ROOT, found.id(), 0, SetAttr.ofSize(0)));
          service.setattr(ROOT, found.id(), 0, SetAttr.ofMode(0640));
          assertThat(service.getattr(ROOT, found.id()).mode() & 0777).isEqualTo(0640);
        }
        var opened = service.open(ROOT, root, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        List<DirEntry> listed = service.readdir(ROOT, opened.handle(), 0, 8192, true);
        assertThat(listed.stream().map(entry -> entry.name().toString()))
            .containsAll(NODES.keySet());
        service.close(ROOT, opened.handle());
      }
      leader.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void fifoInPlaceOfAFile_isNotOpened(Privilege privilege) throws Exception {
    Files.writeString(directory.resolve("file"), "content");
    Path swapper = CProgram.compile("swapper", folder);
    Process process =
        new ProcessBuilder(swapper.toString(), "10000", "x", at("file"), at("fifo"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (HostLeader leader = HostLeader.start(privilege, folder, directory);
        var from = process.inputReader()) {
      assertThat(from.readLine()).isEqualTo("swapping");
      Map<String, Integer> outcomes = new TreeMap<>();
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        for (int round = 0; round < ROUNDS; round++) {
          outcomes.merge(open(service, root, round), 1, Integer::sum);
        }
      }
      System.out.printf("HostileNodesIT, %s: %s%n", privilege, outcomes);
      assertThat(outcomes.getOrDefault("opened", 0)).isGreaterThan(ROUNDS / 10);
      assertThat(outcomes.getOrDefault("ENXIO", 0)).isGreaterThan(ROUNDS / 10);
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
      leader.end();
    } finally {
      process.destroyForcibly();
    }
  }

  /** In one of the ways there are; what came of it. */
  private static String open(FileService service, InodeId root, int round) {
    int[] flags = {OpenFlags.O_RDONLY, OpenFlags.O_WRONLY, OpenFlags.O_RDWR};
    int how = flags[round % flags.length];
    Name name = Name.of(round % 2 == 0 ? "file" : "fifo");
    try {
      var opened =
          round % 4 < 2
              ? service.create(ROOT, root, name, how | OpenFlags.O_CREAT, 0666)
              : service.open(ROOT, service.lookup(ROOT, root, name).id(), how);
      assertThat(opened.stat().isRegular()).isTrue();
      service.close(ROOT, opened.handle());
      return "opened";
    } catch (ErrnoException e) {
      return e.errno().name();
    }
  }
}

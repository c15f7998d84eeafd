package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.leader.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A program swaps directories and files of the mount for symbolic links that lead out of it, and
 * carries a directory out and back, while clients work through these names. Nothing outside is
 * read, made, changed or removed.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EscapeRaceIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SWAPS_LEAST = FULL ? 100_000 : 10_000;
  private static final int ROUNDS = FULL ? 50_000 : 3_000;
  private static final int CLIENTS = 2;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({"HANDLES,tmpfs", "WALKING,ext4"})
  void swappedNames_leadNowhere(Privilege privilege, String type) throws Exception {
    Path place = type.equals("tmpfs") ? HostTools.onTmpfs() : HostTools.onExt4();
    Path swapper = CProgram.compile("swapper", folder);
    Path top = Files.createTempDirectory(place, "coterie-escape-");
    List<Child> clients = new ArrayList<>();
    try {
      Path outside = makeOutside(top);
      List<String> swapping = makeInside(top);
      Map<String, String> before = look(outside);
      List<Object> arguments = new ArrayList<>();
      try (Stream<Path> all = Files.walk(outside)) {
        for (Path path : all.toList()) {
          arguments.add(Files.getAttribute(path, "unix:ino"));
        }
      }
      arguments.add(Files.getAttribute(top, "unix:ino"));

      try (HostLeader leader = HostLeader.start(privilege, folder, top.resolve("in"))) {
        for (int i = 0; i < CLIENTS; i++) {
          List<Object> own = new ArrayList<>(List.of(leader.socket(), i));
          own.addAll(arguments);
          clients.add(Child.start(folder, IntruderMain.class, own.toArray()));
        }
        clients.forEach(client -> client.hear("connected"));
        long swaps = race(swapper, swapping, clients, privilege + " on " + type);
        assertThat(swaps).isGreaterThanOrEqualTo(SWAPS_LEAST);
        assertThat(look(outside)).as("the outside").isEqualTo(before);
        clients.forEach(Child::end);
        leader.end();
      }
    } finally {
      clients.forEach(Child::close);
      HostTools.removeAll(top);
    }
  }

  /** Has the clients try while the names are swapped; how often they were. */
  private static long race(Path swapper, List<String> swapping, List<Child> clients, String how)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(swapper.toString(), "" + SWAPS_LEAST));
    command.addAll(swapping);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var from = process.inputReader()) {
      assertThat(from.readLine()).isEqualTo("swapping");
      clients.forEach(client -> client.say("try " + ROUNDS));
      for (Child client : clients) {
        String reached = client.hear("try");
        System.out.printf(
            "EscapeRaceIT, %s: %d rounds; directories, links, files, parents, made: %s%n",
            how, ROUNDS, reached);
        // Each kind was met, so there was something to be swapped between.
        assertThat(Arrays.stream(reached.split(" ")).mapToInt(Integer::parseInt))
            .as("directories, links, files, parents, made")
            .allMatch(count -> count > ROUNDS / 100);
      }
      process.getOutputStream().close();
      long swaps = Long.parseLong(String.valueOf(from.readLine()));
      assertThat(process.waitFor()).isZero();
      System.out.printf("EscapeRaceIT, %s: %d swaps%n", how, swaps);
      return swaps;
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path makeOutside(Path top) throws IOException {
    Path outside = openToAll(Files.createDirectory(top.resolve("out")));
    openToAll(Files.writeString(outside.resolve("canary"), IntruderMain.SECRET));
    openToAll(Files.writeString(outside.resolve(IntruderMain.ONLY_OUTSIDE), IntruderMain.SECRET));
    openToAll(Files.createDirectory(outside.resolve("sub")));
    openToAll(Files.writeString(outside.resolve("sub/canary"), IntruderMain.SECRET));
    return outside;
  }

  private static Path openToAll(Path path) throws IOException {
    Files.setAttribute(path, "unix:mode", 0777);
    return path;
  }

  /** The mount's directory; what the swapper is to do with it. */
  private static List<String> makeInside(Path top) throws IOException {
    Path inside = openToAll(Files.createDirectory(top.resolve("in")));
    Path deep = openToAll(Files.createDirectory(inside.resolve("deep")));
    List<String> swaps = new ArrayList<>();
    for (Path dir : List.of(inside, deep)) {
      String up = dir.equals(inside) ? "../out" : "../../out";
      swaps.addAll(pair(dir, "x", "y", up));
      swaps.addAll(pair(dir, "v", "w", top.resolve("out").toString()));
      openToAll(Files.writeString(dir.resolve("f"), IntruderMain.INSIDE));
      Files.createSymbolicLink(dir.resolve("g"), Path.of(up, "canary"));
      swaps.addAll(List.of("x", dir.resolve("f").toString(), dir.resolve("g").toString()));
    }
    openToAll(Files.createDirectories(inside.resolve("m/sub")));
    swaps.addAll(List.of("m", inside.resolve("m").toString(), top.resolve("out/m").toString()));
    return swaps;
  }

  /** A directory and a link that leads out, to be exchanged. */
  private static List<String> pair(Path in, String name, String link, String target)
      throws IOException {
    Path directory = openToAll(Files.createDirectory(in.resolve(name)));
    openToAll(Files.writeString(directory.resolve("canary"), IntruderMain.INSIDE));
    Files.createSymbolicLink(in.resolve(link), Path.of(target));
    return List.of("x", directory.toString(), in.resolve(link).toString());
  }

  /**
   * All that can be told of everything there, but the directory itself, in which another is put and
   * taken again.
   */
  private static Map<String, String> look(Path outside) throws IOException {
    Map<String, String> seen = new TreeMap<>();
    try (Stream<Path> all = Files.walk(outside)) {
      for (Path path : all.filter(path -> !path.equals(outside)).toList()) {
        Map<String, Object> attributes =
            Files.readAttributes(
                path,
                "unix:ino,mode,nlink,uid,gid,size,lastModifiedTime,ctime",
                LinkOption.NOFOLLOW_LINKS);
        String content = Files.isRegularFile(path) ? Files.readString(path) : "";
        seen.put(outside.relativize(path).toString(), new TreeMap<>(attributes) + content);
      }
    }
    return seen;
  }
}

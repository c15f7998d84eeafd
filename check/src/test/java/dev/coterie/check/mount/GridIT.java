package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every call, with every kind of name, file, right and owner, has the result on a mount that it has
 * on a tmpfs of the kernel: errno, and what it changes of which file (grid.c).
 *
 * <p>A run takes a share of all cases, another each time, {@code -Dcoterie.seed=N} the N-th; {@code
 * -Dfull} takes all.
 */
@Timeout(3600)
class GridIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final List<String> PARTS =
      List.of("paths", "names", "rights", "times", "files", "readonly");

  /** One in so many cases is tried. */
  private static final int SHARE = 199;

  private static final int SHOWN = 40;

  /** A line that differs by what the kernel itself does with a FUSE mount. */
  private record Known(Pattern line, String why) {
    Known(String line, String why) {
      this(Pattern.compile(line), why);
    }
  }

  private static final List<Known> KNOWN =
      List.of(
          new Known("read_none of .*", "a FUSE mount is not asked for no bytes"),
          new Known("(pread|write)_bad of .*", "nor for bytes that go nowhere or come from there"),
          new Known("readahead of .*", "what is read ahead is read"),
          new Known("sendfile_self of .* a\\).*", "nor of a splice behind the end"),
          new Known("map_\\w+ of .*", "a FUSE mount is not told of a mapping, but of what is read"),
          new Known("write of fifo .*", "nor of what goes through a FIFO"),
          new Known("map-write .* \\| o a\\+", "a FUSE mount is not told of a mapping"),
          new Known("map flags .*", "a FUSE mount is not told of a mapping, but of what is read"),
          new Known("(sendfile|splice) flags .*: 0.*", "nor of a splice behind the end"),
          new Known("allocate-keep .* limit [1-9].*", "FALLOC_FL_KEEP_SIZE: no RLIMIT_FSIZE"));

  @TempDir static Path folder = Path.of("");
  private static Path program = folder;
  private Path kernel = folder;
  private Path ours = folder;
  private Path host = folder;

  @BeforeAll
  static void compile() throws Exception {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/gcc");
    Path sources = Path.of(System.getProperty("basedir", ""), "src/test/c");
    program = folder.resolve("grid");
    Shell.run("gcc -O1 -o \"$1\" \"$2\"/grid*.c", program, sources).ok();
  }

  @AfterEach
  void unmount() throws Exception {
    Shell.run("umount -l \"$@\" 2>/dev/null; true", kernel, ours, host);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void everyCall_onAMount_isLikeThatOfTheKernel(String kind) throws Exception {
    Path own = Files.createDirectory(folder.resolve(kind));
    kernel = Files.createDirectory(own.resolve("kernel"));
    ours = Files.createDirectory(own.resolve("ours"));
    Path socket = own.resolve("socket");
    host = Files.createDirectory(own.resolve("host"));
    // What is above the tree can be seen from in it: the root of a tmpfs, on both sides.
    Shell.run(
            "mount -t tmpfs -o nosuid,nodev,size=64m grid \"$1\" && mkdir \"$1\"/tree"
                + " && mount -t tmpfs -o nosuid,nodev,size=64m grid \"$2\"",
            kernel,
            host)
        .ok();
    String mount = kind.equals("host") ? "/=host:" + host : "/=tmpfs,size=64m";
    try (Coterie leader = Coterie.start("up", "--socket", socket.toString(), "--mount", mount);
        Coterie gate = Coterie.start("mount", socket.toString(), ours.toString())) {
      Shell.run("mkdir \"$1\"/tree", ours).ok();
      for (String part : PARTS) {
        List<String> expected = run(kernel, part);
        List<String> got = run(ours, part).stream().map(line -> comparable(part, line)).toList();
        assertThat(differences(expected, got)).as(again(kind, part)).isEmpty();
        assertThat(got).hasSameSizeAs(expected).hasSizeGreaterThan(10);
        System.out.printf("GridIT: %s %s, %d cases%n", kind, part, got.size());
      }
      assertThat(gate.terminate()).isZero();
      assertThat(leader.terminate()).isZero();
    }
  }

  private static String again(String kind, String part) {
    return kind + " " + part + ": < the kernel's, > ours; case " + seed() + " of each " + SHARE;
  }

  private static final long FRESH = ThreadLocalRandom.current().nextInt(SHARE);

  private static long seed() {
    return Long.getLong("coterie.seed", FRESH) % SHARE;
  }

  private static List<String> run(Path directory, String part)
      throws IOException, InterruptedException {
    Shell ran =
        FULL
            ? Shell.run("exec \"$1\" \"$2\" $3", program, directory, part)
            : Shell.run("exec \"$1\" \"$2\" $3 $4 $5", program, directory, part, SHARE, seed());
    return ran.ok().lines().toList();
  }

  /** Following a symbolic link goes by the tree's own rule, also on a read-only mount of it. */
  private static String comparable(String part, String line) {
    return part.equals("readonly") ? line.replaceAll(" \\| l\\w* a\\+(?= \\||$)", "") : line;
  }

  private static List<String> differences(List<String> expected, List<String> got) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < Math.min(expected.size(), got.size()); i++) {
      String line = expected.get(i);
      if (!line.equals(got.get(i))
          && KNOWN.stream().noneMatch(k -> k.line.matcher(line).matches())) {
        differences.add("< " + line);
        differences.add("> " + got.get(i));
      }
      if (differences.size() >= SHOWN) {
        break;
      }
    }
    return differences;
  }
}

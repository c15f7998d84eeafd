package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands on files, over a socket, as a user types them. */
class CommandsIT {
  @TempDir private Path folder = Path.of("");
  private Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();

  CommandsIT() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    leader.close();
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .start();
  }

  @AfterEach
  void stop() {
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Ran run(String... words) {
    return runWith("", words);
  }

  private Ran runWith(String in, String... words) {
    return Ran.command(Map.of(SocketPath.VARIABLE, folder.resolve("socket").toString()), in, words);
  }

  private String good(String... words) {
    Ran ran = run(words);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    return ran.out();
  }

  private void bad(int status, String message, String... words) {
    assertThat(run(words)).isEqualTo(new Ran(status, "", message + "\n"));
  }

  @Test
  void putAndCat_stdin_comesBack() {
    assertThat(runWith("hello\n", "put", "-", "/a").status()).isZero();
    assertThat(good("cat", "/a", "/a")).isEqualTo("hello\nhello\n");
    assertThat(good("get", "/a", "-")).isEqualTo("hello\n");
    assertThat(good("ls")).isEqualTo("a\n");
  }

  @Test
  void ls_options_chooseWhatIsShown() {
    good("mkdir", "-p", "/d/sub");
    assertThat(runWith("abc", "put", "-", "/d/.hidden").status()).isZero();
    good("ln", "-s", "sub", "/d/link");
    assertThat(good("ls", "/d")).isEqualTo("link\nsub\n");
    assertThat(good("ls", "-a", "/d")).isEqualTo(".\n..\n.hidden\nlink\nsub\n");
    assertThat(good("ls", "/d/link")).isEmpty();
    assertThat(good("ls", "-l", "/d/link")).matches("lrwx.* /d/link -> sub\n");
    assertThat(good("ls", "-d", "/d", "/")).isEqualTo("/\n/d\n");
    assertThat(good("ls", "/d/.hidden", "/d", "/d/sub"))
        .isEqualTo("/d/.hidden\n\n/d:\nlink\nsub\n\n/d/sub:\n");
    assertThat(good("ls", "-la", "/d")).containsPattern("\n-rw-[-rw]{6} 1 +\\d+ +\\d+ +3 .*hidden");
    JsonNode json = JsonMapper.shared().readTree(good("ls", "--json", "/d"));
    assertThat(json.get(0).get("target").asString()).isEqualTo("sub");
    assertThat(json.get(1).get("type").asString()).isEqualTo("directory");
  }

  @Test
  void failures_areOneLine() {
    bad(1, "coterie: ls: /none: No such file or directory", "ls", "/none");
    bad(1, "coterie: cat: /: Is a directory", "cat", "/");
    bad(1, "coterie: cat: /a\0b: Invalid argument", "cat", "/a\0b");
    bad(1, "coterie: mkdir: /: File exists", "mkdir", "/");
    String name = "/" + "n".repeat(256);
    bad(1, "coterie: mkdir: " + name + ": File name too long", "mkdir", name);
    bad(1, "coterie: rm: /none: No such file or directory", "rm", "/none");
    bad(1, "coterie: mv: /x -> /y: No such file or directory", "mv", "/x", "/y");
    bad(1, "coterie: put: /none here: No such file or directory", "put", "/none here", "/x");
    bad(2, "coterie: rm: Missing argument: PATH...; see coterie rm --help", "rm");
    bad(2, "coterie: ls: Unknown option: '-Z'; see coterie ls --help", "ls", "-Z");
    bad(2, "coterie: nothing: no such command; see coterie help", "nothing");
    String gone = folder + "/gone";
    bad(1, "coterie: ls: no leader at " + gone + "; coterie up starts one", "ls", "--socket", gone);
  }

  @Test
  void ls_oneOfSeveralMissing_showsTheOthers() {
    good("mkdir", "/d");
    Ran ran = run("ls", "-d", "/none", "/d");
    assertThat(ran)
        .isEqualTo(new Ran(1, "/d\n", "coterie: ls: /none: No such file or directory\n"));
  }

  @Test
  void append_lines_areAdded() {
    assertThat(runWith("a\nb\nc", "append", "/log").status()).isZero();
    assertThat(runWith("d\n" + "x".repeat(100_000), "append", "/log").status()).isZero();
    assertThat(good("cat", "/log")).isEqualTo("a\nb\ncd\n" + "x".repeat(100_000));
  }

  @Test
  void mvLnRmCp_moveThings() {
    assertThat(runWith("1", "put", "-", "/a").status()).isZero();
    assertThat(runWith("2", "put", "-", "/b").status()).isZero();
    good("mkdir", "-p", "-m", "700", "/d/e");
    good("mv", "/a", "/b", "/d");
    assertThat(good("ls", "/d")).isEqualTo("a\nb\ne\n");
    bad(1, "coterie: mv: /d/a -> /d/b: File exists", "mv", "-n", "/d/a", "/d/b");
    good("mv", "--exchange", "/d/a", "/d/b");
    assertThat(good("cat", "/d/a", "/d/b")).isEqualTo("21");
    good("ln", "/d/a", "/hard");
    bad(1, "coterie: ln: /hard: File exists", "ln", "/d/b", "/hard");
    good("ln", "-f", "/d/b", "/hard");
    good("cp", "/hard", "/d/e");
    assertThat(good("cat", "/d/e/hard")).isEqualTo("1");
    bad(1, "coterie: cp: /d: Is a directory; -r copies it", "cp", "/d", "/copy");
    bad(1, "coterie: cp: /hard: the same file as /hard", "cp", "/hard", "/hard");
    assertThat(good("cp", "-r", "/d", "/copy")).startsWith("3 files, 2 directories, 0 links");
    Ran inside = run("cp", "-r", "/d", "/d/e/again");
    assertThat(inside.status()).isEqualTo(1);
    assertThat(inside.err()).contains("not copied into itself");
    bad(1, "coterie: rm: /d: Is a directory", "rm", "/d");
    bad(1, "coterie: rm: /d/..: refused: the root, \".\" or \"..\"", "rm", "-r", "/d/..");
    good("rm", "-r", "/d", "/copy");
    good("rm", "-f", "/d", "/hard");
    assertThat(good("ls")).isEmpty();
  }

  @Test
  void stat_everyKind_isShown() {
    good("mkdir", "/d");
    good("ln", "-s", "d", "/l");
    assertThat(good("stat", "/l")).contains("path    /l -> d\n").contains("type    symlink\n");
    JsonNode json = JsonMapper.shared().readTree(good("stat", "-L", "--json", "/l", "/d"));
    assertThat(json.get(0).get("inode")).isEqualTo(json.get(1).get("inode"));
    assertThat(json.get(0).get("mode").asString()).isEqualTo("0755");
  }

  // ---- real directory trees ----

  private Path makeTree() throws IOException {
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Path sub = Files.createDirectories(tree.resolve("sub/empty"));
    Files.write(tree.resolve("small"), new byte[] {1, 2, 3});
    Files.write(tree.resolve("none"), new byte[0]);
    byte[] large = new byte[3_000_001];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31 >>> 7);
    }
    Files.write(sub.resolve("large"), large);
    for (int i = 0; i < 300; i++) {
      Files.writeString(tree.resolve("sub/f" + i), "file " + i);
    }
    Files.write(ByteText.local(tree + "/sub/raw \u00ff\u00fe"), new byte[] {9});
    Files.createSymbolicLink(tree.resolve("link"), Path.of("../nowhere"));
    Files.setAttribute(tree.resolve("small"), "unix:mode", 04751);
    Files.setAttribute(tree.resolve("sub/empty"), "unix:mode", 0510);
    FileTime old = FileTime.from(Instant.parse("2001-02-03T04:05:06.123456Z"));
    for (String path : Set.of("small", "link", "sub/empty", "sub")) {
      Files.getFileAttributeView(
              tree.resolve(path), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setTimes(old, old, null);
    }
    return tree;
  }

  /** All there is to know of the files below a directory, one line each. */
  private static Set<String> describe(Path root) throws IOException {
    Set<String> lines = new TreeSet<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        Map<String, Object> found =
            Files.readAttributes(path, "unix:mode,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        String content =
            Files.isSymbolicLink(path)
                ? Files.readSymbolicLink(path).toString()
                : Files.isRegularFile(path) ? ByteText.of(Files.readAllBytes(path)) : "";
        lines.add(
            ByteText.local(root.relativize(path))
                + " "
                + found.get("mode")
                + " "
                + found.get("lastModifiedTime")
                + " "
                + content.length()
                + " "
                + content.hashCode());
      }
    }
    return lines;
  }

  @Test
  void putAndGet_recursive_keepEverything() throws IOException {
    Path tree = makeTree();
    String totals = "304 files, 3 directories, 1 links, 2.9 MiB in ";
    assertThat(good("put", "-r", tree.toString(), "/tree")).startsWith(totals);
    assertThat(good("cp", "-r", "/tree", "/copy")).startsWith(totals);
    Path back = folder.resolve("back");
    JsonNode json =
        JsonMapper.shared().readTree(good("get", "-r", "--json", "/copy", back.toString()));
    assertThat(json.get("files").asInt()).isEqualTo(304);
    assertThat(describe(back)).isEqualTo(describe(tree));
    // Once more over what is there.
    assertThat(good("get", "-r", "/tree/.", back.toString())).startsWith(totals);
    Set<String> expected = describe(tree);
    Set<String> found = describe(back);
    // The directory that was there keeps its time.
    expected.removeIf(line -> line.startsWith(" "));
    found.removeIf(line -> line.startsWith(" "));
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void put_severalFiles_goIntoTheDirectory() throws IOException {
    Path tree = makeTree();
    good("mkdir", "/d");
    good("put", tree + "/small", tree + "/none", "/d");
    assertThat(good("ls", "-l", "/d")).containsPattern("-rwsr-x--x .* 3 2001-02-03 04:05 small\n");
    bad(1, "coterie: put: /e: Not a directory", "put", tree + "/small", tree + "/none", "/e");
    good("get", "/d/small", tree.resolve("sub").toString());
    assertThat(tree.resolve("sub/small")).hasBinaryContent(new byte[] {1, 2, 3});
  }
}

package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be done ends in one line and an exit status, and leaves nothing half done unsaid. */
@Timeout(120)
class BadInputIT {
  private static final int SPACE_BYTES = 1 << 20;

  @TempDir private Path folder = Path.of("");
  private final List<Leader> leaders = new ArrayList<>();

  private Path serve(String size, String inodes) throws IOException {
    Path socket = folder.resolve("socket");
    leaders.add(
        Leader.builder()
            .mount("/", TmpFs.Options.parse(Map.of("size", size, "nr_inodes", inodes)).factory())
            .listen(socket)
            .start());
    return socket;
  }

  @AfterEach
  void stop() {
    for (Leader leader : leaders) {
      assertThat(leader.counts().faults()).isZero();
      leader.close();
    }
  }

  private Ran runWith(String in, String... words) {
    return Ran.command(Map.of(SocketPath.VARIABLE, folder.resolve("socket").toString()), in, words);
  }

  private Ran run(String... words) {
    return runWith("", words);
  }

  private void good(String... words) {
    assertThat(run(words)).extracting(Ran::err, Ran::status).containsExactly("", 0);
  }

  /** Fails with one line that ends like this. */
  private void bad(String end, Ran ran) {
    assertThat(ran.status()).as("status of %s", ran).isEqualTo(1);
    assertThat(ran.err().lines().toList()).hasSize(1);
    assertThat(ran.err()).startsWith("coterie: ").endsWith(end + "\n");
  }

  // ---- names ----

  /** Each command with this path in each place that takes one of the tree. */
  private List<String[]> withPath(String path) {
    String file = folder.resolve("file").toString();
    return List.of(
        new String[] {"ls", path},
        new String[] {"stat", path},
        new String[] {"cat", path},
        new String[] {"append", path},
        new String[] {"mkdir", path},
        new String[] {"mkdir", "-p", path},
        new String[] {"rm", path},
        new String[] {"rm", "-r", path},
        new String[] {"mv", path, "/b"},
        new String[] {"mv", "/a", path},
        new String[] {"cp", path, "/b"},
        new String[] {"cp", "/a", path},
        new String[] {"ln", path, "/b"},
        new String[] {"ln", "/a", path},
        new String[] {"ln", "-s", "a", path},
        new String[] {"put", file, path},
        new String[] {"put", "-", path},
        new String[] {"get", path, file},
        new String[] {"get", path, "-"});
  }

  private void eachIsRefused(String path, String end) throws IOException {
    Files.writeString(folder.resolve("file"), "content");
    assertThat(runWith("1", "put", "-", "/a").status()).isZero();
    for (String[] words : withPath(path)) {
      Ran ran = run(words);
      assertThat(ran.out()).as(String.join(" ", words)).isEmpty();
      bad(end, ran);
    }
    assertThat(run("ls")).isEqualTo(new Ran(0, "a\n", ""));
    assertThat(run("cat", "/a").out()).isEqualTo("1");
    assertThat(folder.resolve("file")).hasContent("content");
  }

  @Test
  void path_withNul_isRefusedByEachCommand() throws IOException {
    serve("16m", "1000");
    eachIsRefused("/x\0y", ": Invalid argument");
  }

  @Test
  void name_over255Bytes_isRefusedByEachCommand() throws IOException {
    serve("16m", "1000");
    eachIsRefused("/" + "n".repeat(256), ": File name too long");
  }

  @Test
  void path_over4095Bytes_isRefusedByEachCommand() throws IOException {
    serve("16m", "1000");
    eachIsRefused("/n".repeat(2048), ": File name too long");
  }

  // ---- a full tree ----

  private String large() throws IOException {
    return Files.write(folder.resolve("large"), new byte[2 * SPACE_BYTES]).toString();
  }

  @Test
  void put_ontoAFullTree_saysThatTheCopyIsIncomplete() throws IOException {
    serve("1m", "1000");
    String large = large();
    String end = ": No space left on device; the copy is incomplete";
    bad(large + " -> /x" + end, run("put", large, "/x"));
    // It says so, and what there is can be looked at and removed.
    assertThat(run("stat", "/x").status()).isZero();
    bad("put: /y: No space left on device; it is incomplete", runWith("abc", "put", "-", "/y"));
    bad(": No space left on device", runWith("abc", "append", "/y"));
    bad(": No space left on device; the copy is incomplete", run("cp", "/x", "/z"));
    good("rm", "-f", "/x", "/y", "/z");
    assertThat(runWith("abc", "put", "-", "/y").status()).isZero();
    assertThat(run("cat", "/y").out()).isEqualTo("abc");
  }

  /** The others are copied, and the status tells that one was not. */
  @Test
  void put_recursively_complainsOfWhatHadNoRoom() throws IOException {
    serve("1m", "1000");
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Files.writeString(tree.resolve("small"), "s");
    Files.write(tree.resolve("large"), new byte[2 * SPACE_BYTES]);
    Files.createDirectory(tree.resolve("sub"));
    Ran ran = run("put", "-r", tree.toString(), "/t");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("/t/large: No space left on device; the copy is incomplete\n");
    assertThat(run("ls", "/t").out()).contains("large\n", "sub\n");
  }

  @Test
  void inodes_none_eachCommandSaysSo() throws IOException {
    serve("16m", "3");
    assertThat(runWith("1", "put", "-", "/a").status()).isZero();
    assertThat(runWith("1", "put", "-", "/b").status()).isZero();
    String end = ": No space left on device";
    bad("put: /c" + end, runWith("1", "put", "-", "/c"));
    bad(end, run("put", large(), "/c"));
    bad("mkdir: /c" + end, run("mkdir", "/c"));
    bad(end, run("ln", "-s", "a", "/c"));
    bad("append: /c" + end, runWith("1", "append", "/c"));
    assertThat(run("ls")).isEqualTo(new Ran(0, "a\nb\n", ""));
  }

  // ---- what a leader is started with ----

  private Ran up(String... words) {
    List<String> line = new ArrayList<>(List.of("--socket", folder.resolve("socket").toString()));
    line.addAll(List.of(words));
    return Ran.command(new UpCommand(), line);
  }

  private Ran upWith(byte[] config) throws IOException {
    Path file = Files.write(folder.resolve("c.toml"), config);
    return up("--config", file.toString());
  }

  private Ran upWith(String config) throws IOException {
    return upWith(ByteText.bytes(config));
  }

  private void refused(int status, String end, Ran ran) {
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("coterie: up: ").endsWith(end + "\n");
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.status()).isEqualTo(status);
    assertThat(folder.resolve("socket")).doesNotExist();
  }

  @Test
  void up_corruptConfig_isRefusedInOneLine() throws IOException {
    refused(2, "c.toml: not UTF-8 text", upWith(new byte[] {'t', 'c', 'p', '=', (byte) 0xFF, 1}));
    for (String text :
        List.of(
            "tcp = ",
            "[[mount",
            "mount = 3",
            "[mount]\npath = '/'",
            "socket = \"unterminated",
            "\0\0\0\0",
            "tcp = 99999999999999999999",
            "[[mount]]\npath = '/'\nkind = 'tmpfs'\noptions = 3",
            "a.b.c = 1\na.b = 2")) {
      Ran ran = upWith(text);
      refused(2, "", ran);
      assertThat(ran.err()).as(text).contains("c.toml:").doesNotContain("Exception");
    }
  }

  @Test
  void up_configThatIsNone_isRefusedInOneLine() throws IOException {
    refused(1, "none.toml: No such file or directory", up("--config", folder + "/none.toml"));
    refused(1, ": Is a directory", up("--config", folder.toString()));
    refused(2, "tcp: not a port: 70000", upWith("tcp = 70000"));
    refused(2, "mount a: not an absolute path", upWith("[[mount]]\npath='a'\nkind='tmpfs'"));
    refused(
        2, "unknown option sizze", upWith("[[mount]]\npath='/'\nkind='tmpfs'\noptions={sizze=1}"));
    assertThat(upWith("[[mount]]\npath='/'\nkind='nofs'").err()).contains("unknown kind 'nofs'");
    refused(2, "mount /: given twice", up("--mount", "/=tmpfs", "--mount", "/=tmpfs"));
  }

  @Test
  void up_socketThatCannotBe_isRefusedInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "content");
    refused(1, file + " exists and is not a socket", up("--socket", file.toString()));
    refused(1, " for the socket", up("--socket", folder + "/none/s"));
    assertThat(up("--socket", folder + "/" + "s".repeat(200)).status()).isEqualTo(2);
    assertThat(up("--socket", "s\0t").status()).isEqualTo(2);
    assertThat(file).hasContent("content");
  }
}

package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.MountList;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.StatFs;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What shows the tree as a whole: its mounts, and its directories. */
class DfTreeIT {
  private static final int LEVELS = 600;
  private static final Map<String, String> UTF8 = Map.of("LANG", "C.UTF-8");

  @TempDir private Path folder = Path.of("");
  private Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
  private FileService session = leader.openSession();
  private Tree tree = Tree.of(session, Caller.ROOT);

  DfTreeIT() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    stop();
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.parse(Map.of("size", "1m", "nr_inodes", "100")).factory())
            .mount("/data", TmpFs.Options.parse(Map.of("size", "3g")).factory())
            .mount("/data/d \u00e4", TmpFs.Options.parse(Map.of("size", "16k")).factory())
            .listen(folder.resolve("socket"))
            .start();
    session = leader.openSession();
    tree = Tree.of(session, Caller.ROOT);
  }

  @AfterEach
  void stop() {
    tree.close();
    session.close();
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Ran runWith(Map<String, String> environment, String... words) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(SocketPath.VARIABLE, folder.resolve("socket").toString());
    return Ran.command(all, "", words);
  }

  private String good(String... words) {
    Ran ran = runWith(Map.of(), words);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    return ran.out();
  }

  private void file(String path, int size) throws IOException {
    try (OpenFile file = tree.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0644)) {
      file.pwrite(ByteBuffer.wrap(new byte[size]), 0);
    }
  }

  // ---- df ----

  @Test
  void df_withoutPaths_showsEveryMount() throws IOException {
    file("/f", 5000);
    assertThat(good("df"))
        .isEqualTo(
            ByteText.encoded(
                """
                type      KiB used available use% path
                tmpfs    1024    8      1016   1% /
                tmpfs 3145728    0   3145728   0% /data
                tmpfs      16    0        16   0% /data/d \u00e4
                """));
    assertThat(good("df", "-h", "/data"))
        .isEqualTo(
            """
            type  size used available use% path
            tmpfs 3.0G    0      3.0G   0% /data
            """);
    String[] inodes = good("df", "-i", "/f").lines().toList().get(1).split(" +");
    StatFs statfs = tree.statfs("/");
    assertThat(inodes)
        .containsExactly(
            "tmpfs",
            "100",
            Long.toString(100 - statfs.ffree()),
            Long.toString(statfs.ffree()),
            DfCommand.percent(100 - statfs.ffree(), statfs.ffree()),
            "/f");
  }

  @Test
  void df_json_hasAllOfEachMount() throws IOException {
    file("/f", 5000);
    JsonNode json = JsonMapper.shared().readTree(ByteText.bytes(good("df", "--json")));
    assertThat(json.size()).isEqualTo(3);
    assertThat(json.get(0).get("used").asLong()).isEqualTo(8192);
    assertThat(json.get(1).get("size").asLong()).isEqualTo(3L << 30);
    assertThat(json.get(2).get("path").asString()).isEqualTo("/data/d \u00e4");
    assertThat(json.get(2).get("fsid")).isNotEqualTo(json.get(1).get("fsid"));
  }

  @Test
  void df_missingPath_isComplainedAbout_andOthersAreShown() {
    Ran ran = runWith(Map.of(), "df", "/none", "/data");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).isEqualTo("coterie: df: /none: No such file or directory\n");
    assertThat(ran.out()).endsWith(" /data\n");
  }

  /** Everybody may read it, on the root alone, on both sides of the wire; nobody can set it. */
  @Test
  void mountList_isAnAttributeOfTheRootAlone() throws IOException {
    byte[] expected = ByteText.bytes(ByteText.encoded("/\0/data\0/data/d \u00e4\0"));
    String name = MountList.ATTRIBUTE.toString();
    try (FileService client =
            Client.connect(
                Address.parse("unix:" + folder.resolve("socket")), ClientOptions.DEFAULT);
        Tree across = Tree.of(client, ProcessIdentity.self());
        Tree nobody = tree.as(Caller.NOBODY)) {
      for (Tree each : List.of(tree, across, nobody)) {
        assertThat(each.getxattr("/", name, true)).isEqualTo(expected);
        assertThat(each.listxattr("/", true)).isEmpty();
        for (String path : List.of("/data", "/data/..//data")) {
          assertThat(errnoOf(() -> each.getxattr(path, name, true))).isEqualTo(Errno.EOPNOTSUPP);
        }
      }
      assertThat(errnoOf(() -> tree.setxattr("/", name, new byte[0], 0, true)))
          .isEqualTo(Errno.EOPNOTSUPP);
    }
  }

  private interface Attempt {
    void run() throws ErrnoException;
  }

  private static Errno errnoOf(Attempt attempt) {
    try {
      attempt.run();
    } catch (ErrnoException e) {
      return e.errno();
    }
    throw new AssertionError("no error");
  }

  @Test
  void human_isRoundedUp_asByLs() {
    List<String> shown = new ArrayList<>();
    for (long count :
        new long[] {
          0,
          1023,
          1024,
          1025,
          1536,
          10240,
          10241,
          1023 * 1024,
          1023 * 1024 + 1,
          1 << 20,
          5L << 40,
          Long.MAX_VALUE
        }) {
      shown.add(DfCommand.human(count));
    }
    assertThat(shown)
        .containsExactly(
            "0", "1023", "1.0K", "1.1K", "1.5K", "10K", "11K", "1023K", "1.0M", "1.0M", "5.0T",
            "8.0E");
    assertThat(DfCommand.percent(1, 1000)).isEqualTo("1%");
    assertThat(DfCommand.percent(0, 0)).isEqualTo("-");
  }

  // ---- tree ----

  private void makeTree() throws IOException {
    tree.mkdir("/t", 0755);
    tree.mkdir("/t/b", 0755);
    tree.mkdir("/t/b/inner", 0755);
    tree.mkdir("/t/a", 0755);
    file("/t/b/inner/f", 2000);
    file("/t/b/z", 3);
    file("/t/.hidden", 1);
    tree.symlink("../none", "/t/l");
  }

  @Test
  void tree_drawsWhatIsThere() throws IOException {
    makeTree();
    String plain =
        """
        /t
        |-- a
        |-- b
        |   |-- inner
        |   |   `-- f
        |   `-- z
        `-- l -> ../none

        3 directories, 3 files
        """;
    assertThat(good("tree", "/t")).isEqualTo(plain);
    String drawn =
        plain
            .replace("|-- ", "\u251c\u2500\u2500 ")
            .replace("`-- ", "\u2514\u2500\u2500 ")
            .replace("|   ", "\u2502   ");
    assertThat(ByteText.decoded(runWith(UTF8, "tree", "/t").out())).isEqualTo(drawn);
    assertThat(good("tree", "-d", "-L", "1", "/t"))
        .isEqualTo("/t\n|-- a\n`-- b\n\n2 directories\n");
    assertThat(good("tree", "-a", "-s", "-L", "1", "/t"))
        .contains("|-- [          1]  .hidden\n")
        .endsWith("\n2 directories, 2 files\n");
    assertThat(good("tree", "-h", "/t/b")).contains("    `-- [2.0K]  f\n".substring(4));
    // Several, counted together.
    assertThat(good("tree", "/t/a", "/t/b"))
        .startsWith("/t/a\n/t/b\n")
        .endsWith("1 directory, 2 files\n");
  }

  @Test
  void tree_json_isNested() throws IOException {
    makeTree();
    JsonNode json = JsonMapper.shared().readTree(good("tree", "--json", "/t"));
    assertThat(json.get(0).get("name").asString()).isEqualTo("/t");
    JsonNode inner = json.get(0).get("contents").get(1).get("contents").get(0);
    assertThat(inner.get("contents").get(0).get("size").asInt()).isEqualTo(2000);
    assertThat(json.get(0).get("contents").get(2).get("target").asString()).isEqualTo("../none");
    assertThat(json.get(1).get("directories").asInt()).isEqualTo(3);
    assertThat(json.get(1).get("files").asInt()).isEqualTo(3);
  }

  @Test
  void tree_ofManyLevels_isShownToTheEnd() throws IOException {
    // Deeper than JSON is written without being asked to, in a mount that has the inodes.
    StringBuilder path = new StringBuilder("/data");
    for (int i = 0; i < LEVELS; i++) {
      tree.mkdir(path.append("/e").toString(), 0755);
    }
    assertThat(good("tree", "/data")).endsWith("\n" + (LEVELS + 1) + " directories, 0 files\n");
    assertThat(good("tree", "--json", "/data"))
        .endsWith("\"directories\":" + (LEVELS + 1) + ",\"files\":0}]\n");
  }

  @Test
  void tree_whatCannotBeShown_isComplainedAbout() throws IOException {
    file("/f", 1);
    Ran ran = runWith(Map.of(), "tree", "/none", "/f");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err().lines())
        .containsExactly(
            "coterie: tree: /none: No such file or directory",
            "coterie: tree: /f: Not a directory");
    assertThat(runWith(Map.of(), "tree", "-L", "0").status()).isEqualTo(2);
  }

  @Test
  void tree_onATerminal_takesNoOrdersFromNames() throws IOException {
    tree.mkdir("/x\u001b[31m", 0755);
    tree.symlink("\u0007", "/y");
    List<String> words = Arrays.asList("--socket", folder.resolve("socket").toString());
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Console console =
        new Console("tree", java.io.InputStream.nullInputStream(), out, out, Map.of(), "1");
    assertThat(Main.run("tree", words, console)).isZero();
    assertThat(ByteText.of(out.toByteArray()))
        .contains("x?[31m\n", "y -> ?\n")
        .doesNotContain("\u001b", "\u0007");
  }
}

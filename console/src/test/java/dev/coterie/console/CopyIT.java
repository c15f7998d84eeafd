package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What copies keep beside the content: names of one file, holes, owners, attributes, times. */
class CopyIT {
  private static final int STRANGER = 12345;
  private static final int LARGE = 8 << 20;
  private static final int BLOCK_BYTES = 512;

  @TempDir private Path folder = Path.of("");
  private Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
  private FileService session = leader.openSession();
  private Tree tree = Tree.of(session, Caller.ROOT);

  CopyIT() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    stop();
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .start();
    session = leader.openSession();
    tree = Tree.of(session, Caller.ROOT);
    tree.chmod("/", 0777);
  }

  @AfterEach
  void stop() {
    tree.close();
    session.close();
    assertThat(leader.counts().faults()).isZero();
    leader.close();
  }

  private Ran run(String... words) {
    return Ran.command(Map.of(SocketPath.VARIABLE, folder.resolve("socket").toString()), "", words);
  }

  private void good(String... words) {
    Ran ran = run(words);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
  }

  private Path local(String name) {
    return folder.resolve(name);
  }

  private static boolean isRoot() {
    return ProcessIdentity.self().uid() == 0;
  }

  /** Giving files away needs root. */
  private static void requireRoot() {
    if (!isRoot()) {
      assertThat(Boolean.getBoolean("coterie.requireTools")).as("this is root").isFalse();
      abort("only root can give files away");
    }
  }

  // ---- names of one file ----

  private static Object key(Path path) throws IOException {
    return Files.getAttribute(path, "unix:fileKey", LinkOption.NOFOLLOW_LINKS);
  }

  private Path makeLinked() throws IOException {
    Path made = Files.createDirectory(local("linked"));
    Files.createDirectory(made.resolve("sub"));
    for (int i = 0; i < 50; i++) {
      Path first = Files.writeString(made.resolve("f" + i), "content " + i);
      Files.createLink(made.resolve("sub/g" + i), first);
      Files.createLink(made.resolve("h" + i), first);
    }
    Files.createLink(
        made.resolve("sub/soft"), Files.createSymbolicLink(made.resolve("soft"), Path.of("f1")));
    Files.writeString(made.resolve("alone"), "alone");
    return made;
  }

  private void assertLinked(String top) throws IOException {
    for (int i = 0; i < 50; i++) {
      Stat first = tree.lstat(top + "/f" + i);
      assertThat(first.nlink()).as("names of f%d", i).isEqualTo(3);
      assertThat(tree.lstat(top + "/sub/g" + i).id()).isEqualTo(first.id());
      assertThat(tree.lstat(top + "/h" + i).id()).isEqualTo(first.id());
    }
    assertThat(tree.lstat(top + "/soft")).isEqualTo(tree.lstat(top + "/sub/soft"));
    assertThat(tree.lstat(top + "/alone").nlink()).isEqualTo(1);
  }

  @Test
  void recursive_severalNames_staySo() throws IOException {
    Path made = makeLinked();
    for (String option : new String[] {"-r", "-a"}) {
      String top = "/t" + option;
      good("put", option, made.toString(), top);
      assertLinked(top);
      good("cp", option, top, top + "2");
      assertLinked(top + "2");
      Path back = local("back" + option);
      good("get", option, top + "2", back.toString());
      for (int i = 0; i < 50; i++) {
        assertThat(key(back.resolve("sub/g" + i))).isEqualTo(key(back.resolve("f" + i)));
        assertThat(key(back.resolve("h" + i))).isEqualTo(key(back.resolve("f" + i)));
        assertThat(back.resolve("h" + i)).hasContent("content " + i);
      }
      assertThat(key(back.resolve("sub/soft"))).isEqualTo(key(back.resolve("soft")));
      // Over what is there: also where a name has become another file's in the meantime.
      tree.unlink(top + "/h7");
      tree.link(top + "/alone", top + "/h7", false);
      good("put", option, made + "/.", top);
      assertLinked(top);
    }
  }

  @Test
  void recursive_severalSources_keepNamesAcross() throws IOException {
    Path made = makeLinked();
    tree.mkdir("/d", 0777);
    good("put", "-r", made + "/f3", made + "/sub", "/d");
    assertThat(tree.lstat("/d/f3").id()).isEqualTo(tree.lstat("/d/sub/g3").id());
    // Not recursive: each is a file of its own, as with cp(1).
    good("put", made + "/f3", made + "/h3", "/");
    assertThat(tree.lstat("/f3").id()).isNotEqualTo(tree.lstat("/h3").id());
  }

  @Test
  void recursive_firstNameFails_othersAreNotLinkedToWhatIsThere() throws IOException {
    Path made = Files.createDirectory(local("d"));
    Files.createLink(made.resolve("b"), Files.writeString(made.resolve("a"), "new"));
    good("mkdir", "-p", "/t/a", "/t/b");
    Ran ran = run("put", "-r", made + "/.", "/t");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err().lines().toList())
        .hasSize(2)
        .anyMatch(line -> line.endsWith(": Is a directory"))
        .anyMatch(line -> line.endsWith(": another name of a file that was not copied"));
  }

  // ---- holes ----

  private long stored(String path) throws IOException {
    return tree.stat(path).blocks() * BLOCK_BYTES;
  }

  /** What is stored of a local file, by stat(1). */
  private static long stored(Path path) throws IOException {
    Process process =
        new ProcessBuilder("stat", "-c", "%b", path.toString()).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return Long.parseLong(text.strip()) * BLOCK_BYTES;
  }

  private void assertHasHoles(Path path, byte[] middle) throws IOException {
    assertThat(Files.size(path)).isEqualTo(LARGE);
    assertThat(stored(path)).isBetween(1L, LARGE / 8L);
    byte[] all = Files.readAllBytes(path);
    assertThat(ByteBuffer.wrap(all, LARGE / 2, middle.length)).isEqualTo(ByteBuffer.wrap(middle));
  }

  @Test
  void holesOfTheTree_stayInEachKindOfCopy() throws IOException {
    byte[] middle = "in the middle".getBytes(StandardCharsets.US_ASCII);
    tree.mkdir("/s", 0777);
    try (OpenFile file = tree.open("/s/f", OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644)) {
      file.pwrite(ByteBuffer.wrap(middle), LARGE / 2);
      file.ftruncate(LARGE);
    }
    try (OpenFile file = tree.open("/s/none", OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644)) {
      file.ftruncate(LARGE);
    }
    for (String option : new String[] {"-r", "-a"}) {
      good("cp", option, "/s", "/s" + option);
      assertThat(tree.stat("/s" + option + "/f").size()).isEqualTo(LARGE);
      assertThat(stored("/s" + option + "/f")).isEqualTo(stored("/s/f")).isLessThan(LARGE / 8);
      Path back = local("s" + option);
      good("get", option, "/s" + option, back.toString());
      assertHasHoles(back.resolve("f"), middle);
      assertThat(Files.size(back.resolve("none"))).isEqualTo(LARGE);
      assertThat(stored(back.resolve("none"))).isLessThan(LARGE / 8);
    }
    good("get", "/s/f", local("single").toString());
    assertHasHoles(local("single"), middle);
  }

  @Test
  void zerosOfThisMachine_becomeHolesWhenAskedFor() throws IOException {
    Path made = Files.createDirectory(local("z"));
    try (FileChannel file =
        FileChannel.open(made.resolve("f"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), LARGE / 2);
      file.write(ByteBuffer.wrap(new byte[] {0}), LARGE - 1);
    }
    good("put", "-a", made.toString(), "/a");
    good("put", "--sparse", made + "/f", "/f");
    good("put", "-r", made.toString(), "/r");
    good("cp", "--sparse", "/r/f", "/g");
    for (String path : new String[] {"/a/f", "/f", "/g"}) {
      assertThat(tree.stat(path).size()).isEqualTo(LARGE);
      assertThat(stored(path)).as(path).isBetween(1L, LARGE / 8L);
      assertThat(run("get", path, "-").out().indexOf(1)).isEqualTo(LARGE / 2);
    }
    assertThat(stored("/r/f")).isEqualTo(LARGE);
  }

  // ---- owners, modes, attributes, times ----

  private static final Timestamp OLD = new Timestamp(981_173_106, 123_456_789);

  private void makeOwned(String path, int uid, int gid, int mode) throws IOException {
    tree.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0600).close();
    tree.setxattr(path, "user.note", new byte[] {0, 1, (byte) 0xff}, 0, true);
    tree.setxattr(path, "trusted.note", new byte[] {1}, 0, true);
    tree.chown(path, uid, gid);
    tree.chmod(path, mode);
    SetAttr.Time time = new SetAttr.Time.At(OLD);
    tree.utimens(path, time, time, true);
  }

  @Test
  void archive_asRoot_keepsOwnerModeAttributesAndTimes() throws IOException {
    requireRoot();
    tree.mkdir("/o", 0777);
    makeOwned("/o/f", STRANGER, STRANGER + 1, 06451);
    tree.symlink("a//b/", "/o/l");
    tree.lchown("/o/l", STRANGER, STRANGER + 1);
    tree.mknod("/o/p", Mode.S_IFIFO | 0640, 0);
    tree.chown("/o/p", STRANGER, STRANGER + 1);
    tree.setxattr("/o", "user.of directory \u00e4", new byte[0], 0, true);
    tree.chown("/o", STRANGER, 0);
    tree.chmod("/o", 02750);
    tree.utimens("/o", new SetAttr.Time.At(OLD), new SetAttr.Time.At(OLD), true);
    good("cp", "-a", "/o", "/copy");
    good("get", "-a", "/copy", local("back").toString());
    good("put", "-a", local("back").toString(), "/again");
    for (String top : new String[] {"/copy", "/again"}) {
      assertSame("/o", top);
      for (String name : new String[] {"/f", "/l", "/p"}) {
        assertSame("/o" + name, top + name);
      }
      assertThat(tree.listxattr(top + "/f", true)).containsExactly(Name.of("user.note"));
      assertThat(tree.getxattr(top + "/f", "user.note", true))
          .isEqualTo(new byte[] {0, 1, (byte) 0xff});
      assertThat(tree.listxattr(top, true)).isEqualTo(tree.listxattr("/o", true));
      assertThat(tree.readlink(top + "/l")).isEqualTo(tree.readlink("/o/l"));
    }
  }

  private void assertSame(String path, String copy) throws IOException {
    Stat one = tree.lstat(path);
    Stat other = tree.lstat(copy);
    assertThat(other.mode()).as("mode of %s", copy).isEqualTo(one.mode());
    assertThat(other.uid()).as("owner of %s", copy).isEqualTo(one.uid());
    assertThat(other.gid()).as("group of %s", copy).isEqualTo(one.gid());
    assertThat(other.mtime()).as("time of %s", copy).isEqualTo(one.mtime());
  }

  /** A set-ID file that becomes somebody else's must not run as that somebody. */
  @Test
  void recursive_ownerIsNotKept_setIdGoes() throws IOException {
    tree.mkdir("/o", 0777);
    makeOwned("/o/f", STRANGER, STRANGER, 06755);
    good("cp", "-r", "/o", "/copy");
    Stat copy = tree.stat("/copy/f");
    assertThat(copy.uid()).isEqualTo(ProcessIdentity.self().uid());
    assertThat(copy.mode() & Mode.PERMISSIONS).isEqualTo(0755);
    assertThat(copy.mtime()).isEqualTo(OLD);
    assertThat(tree.listxattr("/copy/f", true)).isEmpty();
  }

  @Test
  void archive_ofFilesThatMayNotBeWritten_keepsAttributes() throws IOException {
    makeOwned("/f", ProcessIdentity.self().uid(), ProcessIdentity.self().gid(), 0444);
    good("cp", "-a", "/f", "/g");
    assertThat(tree.getxattr("/g", "user.note", true)).hasSize(3);
    assertThat(tree.stat("/g").mode() & Mode.PERMISSIONS).isEqualTo(0444);
  }

  @Test
  void put_ontoASymbolicLink_setsTheTimesOfTheFile() throws IOException {
    Path file = Files.writeString(local("f"), "new");
    Files.setLastModifiedTime(
        file, FileTime.from(Instant.ofEpochSecond(OLD.seconds(), OLD.nanos())));
    tree.open("/real", OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0666).close();
    tree.chmod("/real", 0666);
    tree.chown("/real", ProcessIdentity.self().uid(), ProcessIdentity.self().gid());
    tree.symlink("real", "/link");
    good("put", file.toString(), "/link");
    assertThat(tree.stat("/real").mtime()).isEqualTo(OLD);
    assertThat(tree.lstat("/link").mtime()).isNotEqualTo(OLD);
  }

  @Test
  void symbolicLinks_anyTarget_isKeptAsWritten() throws IOException {
    tree.mkdir("/l", 0777);
    String[] targets = {"a", "a/", "a//b", "//a", "./", "..//", "x".repeat(200), "\u00ff/ \u00e4"};
    for (int i = 0; i < targets.length; i++) {
      tree.symlink(ByteText.bytes(targets[i]), TreePath.of("/l/" + i));
    }
    good("get", "-r", "/l", local("l").toString());
    good("put", "-r", local("l").toString(), "/m");
    for (int i = 0; i < targets.length; i++) {
      assertThat(ByteText.of(tree.readlink("/m/" + i))).isEqualTo(targets[i]);
    }
  }

  @Test
  void nodes_goBothWays_andReplaceWhatIsThere() throws IOException {
    tree.mkdir("/n", 0777);
    tree.mknod("/n/fifo", Mode.S_IFIFO | 0640, 0);
    tree.mknod("/n/socket", Mode.S_IFSOCK | 0600, 0);
    for (int i = 0; i < 2; i++) {
      good("get", "-r", "/n/.", local("n").toString());
      good("put", "-r", local("n") + "/.", "/back");
    }
    assertThat(tree.lstat("/back/fifo").mode()).isEqualTo(Mode.S_IFIFO | 0640);
    assertThat(tree.lstat("/back/socket").mode()).isEqualTo(Mode.S_IFSOCK | 0600);
  }
}

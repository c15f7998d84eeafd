package dev.coterie.api;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_TMPFILE;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Resolution and the rules that Linux's fs/namei.c adds to the operations. The expected errors were
 * taken from a kernel tmpfs by plain system calls. After each test no reference may be left.
 */
class TreeTest {
  private static final Caller USER = new Caller(1000, 1000, new int[0], 1, 022);

  private final MemoryService service = new MemoryService();
  private Tree tree;

  TreeTest() throws ErrnoException {
    tree = Tree.of(service, Caller.ROOT);
  }

  /** /d/e/, /d/f, and links to them in /l. */
  @BeforeEach
  void build() throws ErrnoException {
    tree.mkdir("/d", 0755);
    tree.mkdir("/d/e", 0755);
    tree.mknod("/d/f", Mode.S_IFREG | 0644, 0);
    tree.mkdir("/l", 0755);
    tree.symlink("../d/f", "/l/file");
    tree.symlink("/d", "/l/dir");
    tree.symlink("../d/e/", "/l/slash");
    tree.symlink("nothing", "/l/dangling");
    tree.symlink("loop", "/l/loop");
    tree.symlink("/", "/l/root");
  }

  @AfterEach
  void everyReferenceIsGivenBack() {
    tree.close();
    tree.close();
    assertThat(service.references()).isZero();
    assertThat(service.handles()).isZero();
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private InodeId id(String path) throws ErrnoException {
    return tree.lstat(path).id();
  }

  private void chdir(String path) throws ErrnoException {
    Tree there = tree.at(path);
    tree.close();
    tree = there;
  }

  // ---- resolution ----

  @Test
  void stat_plainPaths_findTheSameInode() throws ErrnoException {
    InodeId file = id("/d/f");
    chdir("/d");
    for (String path :
        new String[] {"f", "./f", "/d/f", "//d///f", "../d/f", "e/../f", "/../../d/./f"}) {
      assertThat(id(path)).as(path).isEqualTo(file);
    }
  }

  @Test
  void stat_symlinks_areFollowed() throws ErrnoException {
    assertThat(tree.stat("/l/file").id()).isEqualTo(id("/d/f"));
    assertThat(tree.stat("/l/dir").id()).isEqualTo(id("/d"));
    assertThat(id("/l/dir/f")).isEqualTo(id("/d/f"));
    assertThat(id("/l/dir/")).isEqualTo(id("/d"));
    assertThat(id("/l/dir/.")).isEqualTo(id("/d"));
    assertThat(id("/l/dir/..")).isEqualTo(id("/"));
    assertThat(id("/l/slash/../f")).isEqualTo(id("/d/f"));
    assertThat(id("/l/root/d/f")).isEqualTo(id("/d/f"));
    assertThat(tree.stat("/l/root").id()).isEqualTo(id("/"));
    assertThat(tree.lstat("/l/file").isSymlink()).isTrue();
  }

  @Test
  void stat_badPaths_fail() {
    fails(Errno.ENOENT, () -> tree.stat(""));
    fails(Errno.ENOENT, () -> tree.stat("/none"));
    fails(Errno.ENOENT, () -> tree.stat("/none/"));
    fails(Errno.ENOENT, () -> tree.stat("/l/dangling"));
    fails(Errno.ENOENT, () -> tree.lstat("/l/dangling/"));
    fails(Errno.ENOTDIR, () -> tree.stat("/d/f/"));
    fails(Errno.ENOTDIR, () -> tree.stat("/d/f/."));
    fails(Errno.ENOTDIR, () -> tree.stat("/d/f/x"));
    fails(Errno.ENOTDIR, () -> tree.lstat("/l/file/"));
    fails(Errno.ELOOP, () -> tree.stat("/l/loop"));
    fails(Errno.ELOOP, () -> tree.lstat("/l/loop/x"));
    fails(Errno.EINVAL, () -> tree.stat("/d\0/f"));
    fails(Errno.ENAMETOOLONG, () -> tree.stat("/" + "x".repeat(Limits.NAME_BYTES + 1)));
  }

  @Test
  void stat_longestPath_isBytesWithFinalNul() throws ErrnoException {
    String path = "/".repeat(Limits.PATH_BYTES - 2) + "d";
    assertThat(tree.stat(path).isDirectory()).isTrue();
    fails(Errno.ENAMETOOLONG, () -> tree.stat("/" + path));
  }

  @Test
  void stat_chainOfLinks_endsAtTheLimit() throws ErrnoException {
    tree.symlink("/d", "/1");
    for (int i = 2; i <= Limits.SYMLINKS_FOLLOWED + 1; i++) {
      tree.symlink(Integer.toString(i - 1), "/" + i);
    }
    assertThat(tree.stat("/" + Limits.SYMLINKS_FOLLOWED).id()).isEqualTo(id("/d"));
    fails(Errno.ELOOP, () -> tree.stat("/" + (Limits.SYMLINKS_FOLLOWED + 1)));
  }

  @Test
  void stat_rawBytes_areNotText() throws ErrnoException {
    TreePath path = TreePath.of(new byte[] {'/', 'd', '/', (byte) 0xff, (byte) 0xfe});
    tree.mkdir(path, 0755);
    assertThat(tree.stat(path).isDirectory()).isTrue();
    assertThat(path.lastName().toBytes()).containsExactly(0xff, 0xfe);
  }

  @Test
  void walk_noSearchPermission_isRefused() throws ErrnoException {
    tree.chmod("/d", 0700);
    try (Tree user = tree.as(USER)) {
      fails(Errno.EACCES, () -> user.stat("/d/f"));
      fails(Errno.EACCES, () -> user.stat("/d/."));
      fails(Errno.EACCES, () -> user.open("/d/f/", O_CREAT, 0));
      fails(Errno.EACCES, () -> user.rename("/d/f", "/none/x", 0));
      fails(Errno.EACCES, () -> user.at("/d"));
      assertThat(user.stat("/d").isDirectory()).isTrue();
    }
  }

  @Test
  void below_dotDotAtItsRoot_staysThere() throws ErrnoException {
    InodeId file = id("/d/f");
    try (Tree jail = tree.below("/d")) {
      assertThat(jail.lstat("/f").id()).isEqualTo(file);
      assertThat(jail.lstat("/../../f").id()).isEqualTo(file);
      fails(Errno.ENOENT, () -> jail.stat("/../l"));
    }
    fails(Errno.ENOTDIR, () -> tree.below("/d/f"));
  }

  // ---- open ----

  private void opens(String path, int flags) throws ErrnoException {
    tree.open(path, flags, 0644).close();
  }

  @Test
  void open_createThroughDanglingLink_makesTheTarget() throws ErrnoException {
    opens("/l/dangling", O_CREAT | O_WRONLY);
    assertThat(tree.lstat("/l/nothing").isRegular()).isTrue();
    opens("/l/file", O_CREAT | O_RDWR);
  }

  @Test
  void open_create_errors() {
    fails(Errno.EEXIST, () -> opens("/l/dangling", O_CREAT | O_EXCL));
    fails(Errno.ELOOP, () -> opens("/l/dangling", O_CREAT | O_NOFOLLOW));
    fails(Errno.ELOOP, () -> opens("/l/loop", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/d/", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/none/", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/d/f/", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/d", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/d/.", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/l/slash", O_CREAT));
    fails(Errno.EISDIR, () -> opens("/l/root", O_CREAT));
    fails(Errno.EEXIST, () -> opens("/d/..", O_CREAT | O_EXCL));
    fails(Errno.EEXIST, () -> opens("/", O_CREAT | O_EXCL));
    fails(Errno.EINVAL, () -> opens("/new", O_CREAT | O_DIRECTORY));
  }

  @Test
  void open_existing_rules() throws ErrnoException {
    opens("/l/file", O_RDONLY);
    opens("/l/dir/", O_RDONLY | O_NOFOLLOW);
    fails(Errno.ELOOP, () -> opens("/l/file", O_RDONLY | O_NOFOLLOW));
    fails(Errno.ENOTDIR, () -> opens("/d/f/", O_RDONLY));
    fails(Errno.ENOTDIR, () -> opens("/d/f", O_RDONLY | O_DIRECTORY));
    fails(Errno.ENOTDIR, () -> opens("/l/dir", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    fails(Errno.ENOENT, () -> opens("/l/dangling", O_RDONLY));
  }

  @Test
  void open_tmpfile_needsWriting() throws ErrnoException {
    opens("/l/dir", O_TMPFILE | O_RDWR);
    fails(Errno.EINVAL, () -> opens("/d", O_TMPFILE | O_RDONLY));
    fails(Errno.EINVAL, () -> opens("/d", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR));
  }

  /** Between create's ELOOP and the look at the link, another process puts a file in its place. */
  @Test
  void open_linkReplacedMeanwhile_opensWhatIsThere() throws ErrnoException {
    Name dangling = Name.of("dangling");
    boolean[] done = {false};
    service.before =
        operation -> {
          if (!done[0] && operation instanceof Operation.Lookup o && o.name().equals(dangling)) {
            done[0] = true;
            replaceByFile("/l/dangling");
          }
        };
    opens("/l/dangling", O_CREAT | O_WRONLY);
    assertThat(done[0]).isTrue();
    assertThat(tree.lstat("/l/dangling").isRegular()).isTrue();
    fails(Errno.ENOENT, () -> tree.stat("/l/nothing"));
  }

  private void replaceByFile(String path) {
    try (Tree other = Tree.of(service, Caller.ROOT)) {
      other.unlink(path);
      other.mknod(path, Mode.S_IFREG | 0600, 0);
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void openFile_closedTwice_isClosedOnce() throws ErrnoException {
    OpenFile file = tree.open("/d/f", O_RDONLY, 0);
    Thread.currentThread().interrupt();
    file.close();
    assertThat(Thread.interrupted()).isTrue();
    file.close();
  }

  @Test
  void list_severalPages_leavesOutDots() throws ErrnoException {
    assertThat(tree.list("/l/", false))
        .extracting(entry -> entry.name().toString())
        .containsExactly("file", "dir", "slash", "dangling", "loop", "root");
    fails(Errno.ENOTDIR, () -> tree.list("/d/f", false));
  }

  // ---- names ----

  @Test
  void mkdir_rules() throws ErrnoException {
    tree.mkdir("/d/new/", 0755);
    tree.mkdir("/l/dir/new2//", 0755);
    assertThat(tree.stat("/d/new2").isDirectory()).isTrue();
    fails(Errno.EEXIST, () -> tree.mkdir("/d/new/.", 0755));
    fails(Errno.EEXIST, () -> tree.mkdir("/d/new/..", 0755));
    fails(Errno.EEXIST, () -> tree.mkdir("/", 0755));
    fails(Errno.EEXIST, () -> tree.mkdir("/l/dangling/", 0755));
    fails(Errno.EEXIST, () -> tree.mkdir("/d/f/", 0755));
    fails(Errno.ENOENT, () -> tree.mkdir("/none/.", 0755));
    fails(Errno.ENOTDIR, () -> tree.mkdir("/d/f/x", 0755));
  }

  @Test
  void mknodAndSymlink_slashAfterNewName_areRefused() {
    fails(Errno.ENOENT, () -> tree.mknod("/new/", Mode.S_IFREG, 0));
    fails(Errno.EEXIST, () -> tree.mknod("/d/", Mode.S_IFREG, 0));
    fails(Errno.EEXIST, () -> tree.symlink("x", "/l/loop/"));
    fails(Errno.EEXIST, () -> tree.symlink("x", "/d/."));
    fails(Errno.ENOENT, () -> tree.symlink("", "/d/."));
    fails(Errno.EPERM, () -> tree.mknod("", Mode.S_IFDIR, 0));
    fails(Errno.EINVAL, () -> tree.mknod("", Mode.S_IFLNK, 0));
  }

  @Test
  void link_follow_decidesWhatIsLinked() throws ErrnoException {
    tree.link("/l/file", "/link", false);
    tree.link("/l/file", "/file", true);
    assertThat(tree.lstat("/link").isSymlink()).isTrue();
    assertThat(id("/file")).isEqualTo(id("/d/f"));
    fails(Errno.ENOTDIR, () -> tree.link("/d/f/", "/x", false));
    fails(Errno.ENOENT, () -> tree.link("/d/f", "/x/", false));
    fails(Errno.EEXIST, () -> tree.link("/d/f", "/", false));
  }

  @Test
  void unlink_rules() throws ErrnoException {
    tree.unlink("/l/dir");
    fails(Errno.EISDIR, () -> tree.unlink("/d/e/"));
    fails(Errno.EISDIR, () -> tree.unlink("/d/.."));
    fails(Errno.EISDIR, () -> tree.unlink("/"));
    fails(Errno.ENOTDIR, () -> tree.unlink("/d/f/"));
    fails(Errno.ENOTDIR, () -> tree.unlink("/l/slash/"));
    fails(Errno.ENOENT, () -> tree.unlink("/none/"));
  }

  @Test
  void rmdir_rules() throws ErrnoException {
    tree.rmdir("/d/e/");
    fails(Errno.EINVAL, () -> tree.rmdir("/d/."));
    fails(Errno.ENOTEMPTY, () -> tree.rmdir("/d/.."));
    fails(Errno.EBUSY, () -> tree.rmdir("/"));
    fails(Errno.ENOTDIR, () -> tree.rmdir("/l/dir/"));
  }

  @Test
  void rename_slashes_askForDirectories() throws ErrnoException {
    tree.rename("/d/e/", "/d/e2/", 0);
    tree.rename("/d/f", "/d/f2", 0);
    int fresh = Operation.Rename.RENAME_NOREPLACE;
    int exchange = Operation.Rename.RENAME_EXCHANGE;
    fails(Errno.ENOTDIR, () -> tree.rename("/d/f2/", "/x", 0));
    fails(Errno.ENOTDIR, () -> tree.rename("/d/f2", "/x/", 0));
    fails(Errno.ENOTDIR, () -> tree.rename("/l/dir/", "/x", 0));
    fails(Errno.ENOTDIR, () -> tree.rename("/d/e2", "/d/f2/", exchange));
    fails(Errno.EEXIST, () -> tree.rename("/d/f2", "/l/", fresh));
    fails(Errno.ENOENT, () -> tree.rename("/d/e2/", "/x", exchange));
    fails(Errno.ENOENT, () -> tree.rename("/none/", "/x", 0));
  }

  @Test
  void rename_rootAndFlags_areRefused() {
    int fresh = Operation.Rename.RENAME_NOREPLACE;
    fails(Errno.EBUSY, () -> tree.rename("/", "/x", 0));
    fails(Errno.EBUSY, () -> tree.rename("/d", "/", 0));
    fails(Errno.EEXIST, () -> tree.rename("/d", "/", fresh));
    fails(Errno.EBUSY, () -> tree.rename("/d/.", "/", fresh));
    fails(Errno.EINVAL, () -> tree.rename("", "", 3));
    fails(Errno.EINVAL, () -> tree.rename("", "", 8));
  }

  // ---- what is looked at before the path ----

  @Test
  void arguments_beforePath() throws ErrnoException {
    fails(Errno.EINVAL, () -> tree.truncate("", -1));
    fails(Errno.EINVAL, () -> tree.access("", 8));
    tree.utimens("", null, null, true);
    assertThat(new String(tree.readlink("/l/file"), StandardCharsets.UTF_8)).isEqualTo("../d/f");
  }
}

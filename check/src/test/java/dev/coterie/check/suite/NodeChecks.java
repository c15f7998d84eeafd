package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import org.junit.jupiter.api.Test;

/** Making inodes: their types, modes, owners and targets. */
interface NodeChecks extends Checks {
  /** Device 8:1 as makedev(3) has it. */
  long DEVICE = 0x801;

  @Test
  default void mknod_ofEachType_makesIt() throws ErrnoException {
    Actor one = root();
    assertThat(one.mknod("/p", Mode.S_IFIFO | 0600, 0).mode()).isEqualTo(Mode.S_IFIFO | 0600);
    assertThat(one.mknod("/s", Mode.S_IFSOCK | 0777, 0).mode()).isEqualTo(Mode.S_IFSOCK | 0777);
    assertThat(one.mknod("/r", Mode.S_IFREG | 0644, 0).mode()).isEqualTo(Mode.S_IFREG | 0644);
    assertThat(one.mknod("/z", 0640, 0).mode()).isEqualTo(Mode.S_IFREG | 0640);
    Stat block = one.mknod("/b", Mode.S_IFBLK | 0600, DEVICE);
    assertThat(block.mode()).isEqualTo(Mode.S_IFBLK | 0600);
    assertThat(block.rdev()).isEqualTo(DEVICE);
    assertThat(one.mknod("/c", Mode.S_IFCHR | 0600, DEVICE).rdev()).isEqualTo(DEVICE);
  }

  @Test
  default void mknod_ofOtherThanDevices_hasNoDeviceNumber() throws ErrnoException {
    Actor one = root();
    assertThat(one.mknod("/p", Mode.S_IFIFO | 0600, DEVICE).rdev()).isZero();
    assertThat(one.mknod("/r", Mode.S_IFREG | 0600, DEVICE).rdev()).isZero();
  }

  @Test
  default void mknod_ofWrongType_isRefused() throws ErrnoException {
    Actor one = root();
    fails(Errno.EPERM, () -> one.mknod("/d", Mode.S_IFDIR | 0755, 0));
    fails(Errno.EINVAL, () -> one.mknod("/l", Mode.S_IFLNK | 0777, 0));
    fails(Errno.EINVAL, () -> one.mknod("/x", 0030000 | 0777, 0));
  }

  @Test
  default void mknod_ofDeviceByOthersThanRoot_isEperm() throws ErrnoException {
    Actor alice = process(ALICE);
    fails(Errno.EPERM, () -> alice.mknod("/b", Mode.S_IFBLK | 0600, DEVICE));
    fails(Errno.EPERM, () -> alice.mknod("/c", Mode.S_IFCHR | 0600, DEVICE));
    assertThat(alice.mknod("/p", Mode.S_IFIFO | 0600, 0).uid()).isEqualTo(ALICE.uid());
  }

  @Test
  default void making_whereTheNameIsTaken_isEexist() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    one.mkdir("/d");
    one.symlink("nowhere", "/l");
    for (String taken : new String[] {"/f", "/d", "/l", "/d/.", "/d/..", "/."}) {
      fails(Errno.EEXIST, () -> one.mknod(taken, 0100644, 0));
      fails(Errno.EEXIST, () -> one.mkdir(taken));
      fails(Errno.EEXIST, () -> one.symlink("t", taken));
      fails(Errno.EEXIST, () -> one.link("/f", taken));
    }
    assertThat(one.content("/f")).isEqualTo("text");
  }

  /** Who cannot write there still learns first that the name is taken, as on Linux. */
  @Test
  default void making_withoutWritePermission_isEacces() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0755);
    one.file("/d/f", "", 0666);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.mknod("/d/x", 0100644, 0));
    fails(Errno.EACCES, () -> alice.mkdir("/d/x"));
    fails(Errno.EACCES, () -> alice.symlink("t", "/d/x"));
    fails(Errno.EACCES, () -> alice.link("/d/f", "/d/x"));
    fails(Errno.EACCES, () -> alice.create("/d/x", OpenFlags.O_RDWR, 0644));
    fails(Errno.EACCES, () -> alice.tmpfile("/d", OpenFlags.O_RDWR));
    fails(Errno.EEXIST, () -> alice.mkdir("/d/f"));
    assertThat(one.names("/d")).containsExactly("f");
  }

  @Test
  default void making_inRemovedDirectory_isEnoent() throws ErrnoException {
    Actor one = root();
    InodeId gone = one.mkdir("/d").id();
    InodeId file = one.file("/f", "").id();
    one.rmdir("/d");
    var s = one.service();
    var c = one.caller();
    Name name = Name.of("x");
    fails(Errno.ENOENT, () -> s.mknod(c, gone, name, 0100644, 0));
    fails(Errno.ENOENT, () -> s.mkdir(c, gone, name, 0755));
    fails(Errno.ENOENT, () -> s.symlink(c, gone, name, "t".getBytes(UTF_8)));
    fails(Errno.ENOENT, () -> s.link(c, file, gone, name));
    fails(Errno.ENOENT, () -> s.create(c, gone, name, OpenFlags.O_CREAT, 0644));
    fails(Errno.ENOENT, () -> s.rename(c, one.root(), Name.of("f"), gone, name, 0));
    fails(Errno.ENOENT, () -> s.unlink(c, gone, name));
  }

  // ---- modes and owners ----

  @Test
  default void mkdir_takesPermissionsAndSticky_lessTheUmask() throws ErrnoException {
    Actor one = root().withUmask(027);
    assertThat(one.mkdir("/d", 07777).mode()).isEqualTo(Mode.S_IFDIR | 01750);
  }

  @Test
  default void umask_travelsWithTheCaller() throws ErrnoException {
    Actor one = root();
    assertThat(one.withUmask(0777).mkdir("/a", 0777).mode() & Mode.PERMISSIONS).isZero();
    assertThat(one.withUmask(022).mkdir("/b", 0777).mode() & Mode.PERMISSIONS).isEqualTo(0755);
    assertThat(one.withUmask(0).mkdir("/c", 0777).mode() & Mode.PERMISSIONS).isEqualTo(0777);
    assertThat(one.withUmask(077).mknod("/p", Mode.S_IFIFO | 0666, 0).mode())
        .isEqualTo(Mode.S_IFIFO | 0600);
    assertThat(one.withUmask(070).create("/f", OpenFlags.O_RDWR, 0666).stat().mode())
        .isEqualTo(Mode.S_IFREG | 0606);
    assertThat(one.withUmask(0777).tmpfile("/", OpenFlags.O_RDWR).stat().mode())
        .isEqualTo(Mode.S_IFREG);
    assertThat(one.withUmask(0777).symlink("t", "/l").mode()).isEqualTo(Mode.S_IFLNK | 0777);
  }

  @Test
  default void mkdir_countsItsLinksAndItsParents() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    assertThat(one.stat("/d").nlink()).isEqualTo(2);
    assertThat(one.mkdir("/d/e").nlink()).isEqualTo(2);
    one.mkdir("/d/f");
    one.file("/d/g", "");
    assertThat(one.stat("/d").nlink()).isEqualTo(4);
    one.rmdir("/d/e");
    assertThat(one.stat("/d").nlink()).isEqualTo(3);
  }

  @Test
  default void making_inSetgidDirectory_takesItsGroup() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.chown("/d", ALICE.uid(), TEAM);
    one.chmod("/d", 02777);
    Actor carol = process(CAROL);
    Stat file = carol.create("/d/f", OpenFlags.O_RDWR, 0644).stat();
    assertThat(file.gid()).isEqualTo(TEAM);
    assertThat(file.mode() & Mode.S_ISGID).isZero();
    Stat dir = carol.mkdir("/d/e", 0755);
    assertThat(dir.gid()).isEqualTo(TEAM);
    assertThat(dir.mode() & Mode.PERMISSIONS).isEqualTo(02755);
    assertThat(carol.symlink("t", "/d/l").gid()).isEqualTo(TEAM);
    assertThat(carol.mknod("/d/p", Mode.S_IFIFO | 0600, 0).gid()).isEqualTo(TEAM);
    assertThat(carol.tmpfile("/d", OpenFlags.O_RDWR).stat().gid()).isEqualTo(TEAM);
    assertThat(carol.mkdir("/x").gid()).isEqualTo(CAROL.gid());
  }

  @Test
  default void making_setgidExecutableInSetgidDirectory_needsMembership() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.chown("/d", 0, TEAM);
    one.chmod("/d", 02777);
    assertThat(process(CAROL).create("/d/f", OpenFlags.O_RDWR, 02755).stat().mode())
        .isEqualTo(Mode.S_IFREG | 0755);
    assertThat(process(BOB).create("/d/g", OpenFlags.O_RDWR, 02755).stat().mode())
        .isEqualTo(Mode.S_IFREG | 02755);
    assertThat(process(CAROL).create("/d/h", OpenFlags.O_RDWR, 02745).stat().mode())
        .isEqualTo(Mode.S_IFREG | 02745);
  }

  @Test
  default void create_withSpecialBits_keepsThem() throws ErrnoException {
    Actor alice = process(ALICE);
    assertThat(alice.create("/f", OpenFlags.O_RDWR, 07711).stat().mode())
        .isEqualTo(Mode.S_IFREG | 07711);
  }

  // ---- symbolic links ----

  @Test
  default void symlink_keepsTheBytesOfItsTarget() throws ErrnoException {
    Actor one = root();
    byte[] target = {'/', '/', (byte) 0xff, '.', '/', ' ', '\n'};
    Stat link = one.service().symlink(one.caller(), one.root(), Name.of("l"), target);
    assertThat(link.mode()).isEqualTo(Mode.S_IFLNK | 0777);
    assertThat(link.size()).isEqualTo(target.length);
    assertThat(one.service().readlink(one.caller(), link.id())).isEqualTo(target);
  }

  @Test
  default void symlink_ofAnyLength_upToTheLimit() throws ErrnoException {
    Actor one = root();
    for (int length : new int[] {1, 59, 60, 127, 128, 129, 1000, Limits.SYMLINK_BYTES}) {
      String target = "x".repeat(length);
      Stat link = one.symlink(target, "/l" + length);
      assertThat(link.size()).isEqualTo(length);
      assertThat(new String(one.service().readlink(one.caller(), link.id()), UTF_8))
          .isEqualTo(target);
    }
  }

  @Test
  default void symlink_tooLongOrEmpty_isRefused() throws ErrnoException {
    Actor one = root();
    fails(Errno.ENAMETOOLONG, () -> one.symlink("x".repeat(Limits.SYMLINK_BYTES + 1), "/l"));
    fails(Errno.ENOENT, () -> one.symlink("", "/l"));
    fails(Errno.ENOENT, () -> one.stat("/l"));
  }

  @Test
  default void readlink_ofOtherThanLinks_isEinval() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    fails(Errno.EINVAL, () -> one.service().readlink(one.caller(), file));
    fails(Errno.EINVAL, () -> one.service().readlink(one.caller(), one.root()));
  }

  @Test
  default void readlink_byAnyone_needsNoPermissionOnTheLink() throws ErrnoException {
    InodeId link = root().symlink("t", "/l").id();
    Actor alice = process(ALICE);
    assertThat(alice.id("/l")).isEqualTo(link);
    assertThat(alice.service().readlink(alice.caller(), link)).isEqualTo("t".getBytes(UTF_8));
  }

  // ---- several at once ----

  @Test
  default void mkdir_byManyAtOnce_hasOneWinner() throws Exception {
    int processes = 4;
    Actor[] actors = new Actor[processes];
    for (int i = 0; i < processes; i++) {
      actors[i] = root();
    }
    for (int round = 0; round < 50; round++) {
      String path = "/d" + round;
      long won =
          Checks.together(processes, i -> Checks.errnoOf(() -> actors[i].mkdir(path)) == null)
              .stream()
              .filter(mine -> mine)
              .count();
      assertThat(won).isEqualTo(1);
    }
    assertThat(actors[0].stat("/").nlink()).isGreaterThanOrEqualTo(52);
  }
}

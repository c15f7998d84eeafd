package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.api.SetAttr.Time;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import org.junit.jupiter.api.Test;

/** Attributes: what is shown, and who may change what. */
interface AttributeChecks extends Checks {
  @Test
  default void getattr_ofNewFile_showsItsMaker() throws ErrnoException {
    Actor alice = process(ALICE);
    Moment now = target().tick();
    Opened made = alice.create("/f", OpenFlags.O_RDWR, 0640);
    Stat stat = alice.service().getattr(alice.caller(), made.stat().id());
    assertThat(stat).isEqualTo(made.stat());
    assertThat(stat.mode()).isEqualTo(Mode.S_IFREG | 0640);
    assertThat(stat.nlink()).isEqualTo(1);
    assertThat(stat.uid()).isEqualTo(ALICE.uid());
    assertThat(stat.gid()).isEqualTo(ALICE.gid());
    assertThat(stat.size()).isZero();
    assertThat(stat.blocks()).isZero();
    assertThat(stat.rdev()).isZero();
    assertThat(stat.blksize()).isPositive();
    assertThat(now.includes()).accepts(stat.btime());
  }

  @Test
  default void getattr_inAnotherSession_showsEachChangeAtOnce() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long handle = one.make("/f");
    for (int i = 1; i <= 100; i++) {
      one.append(handle, "x");
      assertThat(other.stat("/f").size()).isEqualTo(i);
    }
  }

  @Test
  default void getattr_ofUnlinkedFile_showsNoLink() throws ErrnoException {
    Actor one = root();
    one.make("/f");
    Stat stat = one.stat("/f");
    one.unlink("/f");
    assertThat(one.service().getattr(one.caller(), stat.id()).nlink()).isZero();
  }

  @Test
  default void change_growsWithEveryChangeAndOnlyThen() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    long last = one.stat("/f").change();
    assertThat(one.stat("/f").change()).isEqualTo(last);
    one.write(handle, 0, "x");
    last = grown(one, last);
    one.chmod("/f", 0600);
    last = grown(one, last);
    one.link("/f", "/g");
    last = grown(one, last);
    one.unlink("/g");
    last = grown(one, last);
    one.setxattr("/f", "user.a", "1");
    last = grown(one, last);
    one.truncate("/f", 0);
    grown(one, last);
  }

  private static long grown(Actor one, long last) throws ErrnoException {
    long now = one.stat("/f").change();
    assertThat(now).isGreaterThan(last);
    return now;
  }

  // ---- chmod ----

  @Test
  default void chmod_byTheOwner_setsPermissionsAndKeepsTheType() throws ErrnoException {
    Actor alice = process(ALICE);
    alice.file("/f", "");
    assertThat(alice.chmod("/f", 07755).mode()).isEqualTo(Mode.S_IFREG | 07755);
    alice.mkdir("/d");
    assertThat(alice.chmod("/d", 01700).mode()).isEqualTo(Mode.S_IFDIR | 01700);
  }

  @Test
  default void chmod_bySomeoneElse_isEperm() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    fails(Errno.EPERM, () -> bob.chmod("/f", 0777));
    root().chmod("/f", 0777);
    assertThat(bob.permissions("/f")).isEqualTo(0777);
  }

  @Test
  default void chmod_byOwnerOutsideTheGroup_dropsSetgid() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.chown("/f", ALICE.uid(), CAROL.gid());
    Actor alice = process(ALICE);
    assertThat(alice.chmod("/f", 02755).mode() & Mode.PERMISSIONS).isEqualTo(0755);
    assertThat(one.chmod("/f", 02755).mode() & Mode.PERMISSIONS).isEqualTo(02755);
    one.chown("/f", ALICE.uid(), TEAM);
    assertThat(alice.chmod("/f", 02755).mode() & Mode.PERMISSIONS).isEqualTo(02755);
  }

  @Test
  default void chmod_ofSymbolicLink_isEopnotsupp() throws ErrnoException {
    Actor one = root();
    one.symlink("t", "/l");
    fails(Errno.EOPNOTSUPP, () -> one.chmod("/l", 0600));
  }

  // ---- chown ----

  @Test
  default void chown_byRoot_setsBothOrOne() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Stat both = one.chown("/f", 5, 6);
    assertThat(both.uid()).isEqualTo(5);
    assertThat(both.gid()).isEqualTo(6);
    Stat group = one.chown("/f", -1, 7);
    assertThat(group.uid()).isEqualTo(5);
    assertThat(group.gid()).isEqualTo(7);
    assertThat(one.chown("/f", 8, -1).gid()).isEqualTo(7);
  }

  @Test
  default void chown_ofTheGroupByTheOwner_needsMembership() throws ErrnoException {
    Actor alice = process(ALICE);
    alice.file("/f", "");
    assertThat(alice.chown("/f", -1, TEAM).gid()).isEqualTo(TEAM);
    assertThat(alice.chown("/f", ALICE.uid(), ALICE.gid()).gid()).isEqualTo(ALICE.gid());
    fails(Errno.EPERM, () -> alice.chown("/f", -1, CAROL.gid()));
    fails(Errno.EPERM, () -> alice.chown("/f", BOB.uid(), -1));
  }

  @Test
  default void chown_bySomeoneElse_isEpermEvenToWhatIsThere() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    fails(Errno.EPERM, () -> bob.chown("/f", ALICE.uid(), -1));
    fails(Errno.EPERM, () -> bob.chown("/f", -1, ALICE.gid()));
    fails(Errno.EPERM, () -> bob.chown("/f", BOB.uid(), BOB.gid()));
  }

  @Test
  default void chown_ofFile_clearsSetidsForRootToo() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.chmod("/f", 06755);
    assertThat(one.chown("/f", 5, -1).mode() & Mode.PERMISSIONS).isEqualTo(0755);
    // Without group execution the bit once meant mandatory locking, and stays.
    one.chmod("/f", 06745);
    assertThat(one.chown("/f", 6, -1).mode() & Mode.PERMISSIONS).isEqualTo(02745);
  }

  @Test
  default void chown_ofDirectory_keepsSetids() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.chmod("/d", 06755);
    assertThat(one.chown("/d", 5, 6).mode() & Mode.PERMISSIONS).isEqualTo(06755);
  }

  // ---- size ----

  @Test
  default void truncate_shorterAndLonger_cutsAndFillsWithZeros() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123456789");
    assertThat(one.truncate("/f", 4).size()).isEqualTo(4);
    assertThat(one.truncate("/f", 6).size()).isEqualTo(6);
    assertThat(one.content("/f")).isEqualTo("0123\0\0");
  }

  @Test
  default void truncate_toLess_givesBackBlocks() throws ErrnoException {
    Actor one = root();
    one.file("/f", "x".repeat(20_000));
    assertThat(one.stat("/f").blocks()).isEqualTo(40);
    assertThat(one.truncate("/f", 5000).blocks()).isEqualTo(16);
    assertThat(one.truncate("/f", 0).blocks()).isZero();
  }

  @Test
  default void truncate_toTheLargestSize_isTaken() throws ErrnoException {
    Actor one = root();
    one.file("/f", "x");
    assertThat(one.truncate("/f", Long.MAX_VALUE).size()).isEqualTo(Long.MAX_VALUE);
    assertThat(one.stat("/f").blocks()).isEqualTo(8);
    assertThat(one.truncate("/f", 1).size()).isEqualTo(1);
  }

  @Test
  default void truncate_ofOtherThanFiles_isRefused() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.symlink("t", "/l");
    one.mknod("/p", Mode.S_IFIFO | 0600, 0);
    one.file("/f", "");
    fails(Errno.EISDIR, () -> one.truncate("/d", 0));
    fails(Errno.EINVAL, () -> one.truncate("/l", 0));
    fails(Errno.EINVAL, () -> one.truncate("/p", 0));
    fails(Errno.EINVAL, () -> one.truncate("/f", -1));
  }

  @Test
  default void truncate_withoutWritePermission_isEacces() throws ErrnoException {
    process(ALICE).file("/f", "text", 0644);
    Actor bob = process(BOB);
    fails(Errno.EACCES, () -> bob.truncate("/f", 0));
    assertThat(bob.content("/f")).isEqualTo("text");
  }

  @Test
  default void truncate_throughAHandle_needsNoPermissionOnTheFile() throws ErrnoException {
    Actor alice = process(ALICE);
    Opened made = alice.create("/f", OpenFlags.O_RDWR, 0);
    alice.write(made.handle(), 0, "0123");
    SetAttr two = SetAttr.ofSize(2);
    Stat after = alice.service().setattr(alice.caller(), made.stat().id(), made.handle(), two);
    assertThat(after.size()).isEqualTo(2);
    fails(Errno.EACCES, () -> alice.truncate("/f", 1));
  }

  @Test
  default void truncate_throughAHandleNotForIt_isRefused() throws ErrnoException {
    Actor one = root();
    Stat stat = one.file("/f", "text");
    long readOnly = one.open("/f", OpenFlags.O_RDONLY);
    long another = one.make("/g");
    SetAttr empty = SetAttr.ofSize(0);
    fails(Errno.EINVAL, () -> one.service().setattr(one.caller(), stat.id(), readOnly, empty));
    fails(Errno.EBADF, () -> one.service().setattr(one.caller(), stat.id(), another, empty));
    fails(Errno.EBADF, () -> one.service().setattr(one.caller(), stat.id(), 1L << 40, empty));
    assertThat(one.content("/f")).isEqualTo("text");
  }

  @Test
  default void truncate_byOthersThanRoot_clearsSetids() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    one.chmod("/f", 06777);
    assertThat(one.truncate("/f", 3).mode() & Mode.PERMISSIONS).isEqualTo(06777);
    assertThat(process(ALICE).truncate("/f", 2).mode() & Mode.PERMISSIONS).isEqualTo(0777);
  }

  // ---- times ----

  @Test
  default void utimens_toGivenTimes_setsThem() throws ErrnoException {
    Actor alice = process(ALICE);
    alice.file("/f", "");
    Timestamp old = new Timestamp(-1_000_000_000L, 999_999_999);
    Timestamp late = new Timestamp(1L << 33, 1);
    Stat stat = alice.setattr("/f", SetAttr.ofTimes(new Time.At(old), new Time.At(late)));
    assertThat(stat.atime()).isEqualTo(old);
    assertThat(stat.mtime()).isEqualTo(late);
    assertThat(process(BOB).stat("/f").atime()).isEqualTo(old);
  }

  @Test
  default void utimens_ofOne_leavesTheOther() throws ErrnoException {
    Actor alice = process(ALICE);
    Stat before = alice.file("/f", "");
    Timestamp old = new Timestamp(1, 2);
    assertThat(alice.setattr("/f", SetAttr.ofTimes(new Time.At(old), null)).mtime())
        .isEqualTo(before.mtime());
    assertThat(alice.setattr("/f", SetAttr.ofTimes(null, new Time.At(old))).atime()).isEqualTo(old);
  }

  @Test
  default void utimens_toNow_needsWritePermissionOnly() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    Moment now = target().tick();
    Stat stat = bob.setattr("/f", SetAttr.ofTimes(Time.Now.NOW, Time.Now.NOW));
    assertThat(now.includes()).accepts(stat.atime(), stat.mtime());
    root().chmod("/f", 0644);
    fails(Errno.EACCES, () -> bob.setattr("/f", SetAttr.ofTimes(Time.Now.NOW, Time.Now.NOW)));
  }

  @Test
  default void utimens_toAnythingElse_needsOwnership() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    Time old = new Time.At(new Timestamp(1, 0));
    fails(Errno.EPERM, () -> bob.setattr("/f", SetAttr.ofTimes(old, old)));
    fails(Errno.EPERM, () -> bob.setattr("/f", SetAttr.ofTimes(Time.Now.NOW, null)));
    fails(Errno.EPERM, () -> bob.setattr("/f", SetAttr.ofTimes(null, Time.Now.NOW)));
    fails(Errno.EPERM, () -> bob.setattr("/f", SetAttr.ofTimes(Time.Now.NOW, old)));
  }

  // ---- several at once ----

  @Test
  default void setattr_ofSeveral_isOneChange() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123456789");
    Timestamp old = new Timestamp(1, 2);
    SetAttr all = new SetAttr(0604, 5, 6, 3L, new Time.At(old), new Time.At(old));
    long before = one.stat("/f").change();
    Stat stat = one.setattr("/f", all);
    assertThat(stat.mode() & Mode.PERMISSIONS).isEqualTo(0604);
    assertThat(stat.uid()).isEqualTo(5);
    assertThat(stat.gid()).isEqualTo(6);
    assertThat(stat.size()).isEqualTo(3);
    assertThat(stat.atime()).isEqualTo(old);
    assertThat(stat.mtime()).isEqualTo(old);
    assertThat(stat.change()).isGreaterThan(before);
  }

  @Test
  default void setattr_ofSeveralWithOneRefused_changesNothing() throws ErrnoException {
    Actor alice = process(ALICE);
    alice.file("/f", "0123456789", 0600);
    Stat before = alice.stat("/f");
    SetAttr mixed = new SetAttr(0777, BOB.uid(), null, 3L, null, null);
    fails(Errno.EPERM, () -> alice.setattr("/f", mixed));
    assertThat(alice.stat("/f")).isEqualTo(before);
  }

  @Test
  default void setattr_ofNothing_changesNothing() throws ErrnoException {
    Actor alice = process(ALICE);
    Stat before = alice.file("/f", "text");
    target().tick();
    Stat after = process(BOB).setattr("/f", SetAttr.NOTHING);
    assertThat(after.ctime()).isEqualTo(before.ctime());
    assertThat(after.mode()).isEqualTo(before.mode());
  }

  // ---- access ----

  @Test
  default void access_byClass_isTheFirstThatFits() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.chown("/f", ALICE.uid(), TEAM);
    one.chmod("/f", 0124);
    Actor alice = process(ALICE);
    Actor bob = process(BOB);
    Actor carol = process(CAROL);
    alice.access("/f", 1);
    fails(Errno.EACCES, () -> alice.access("/f", 2));
    fails(Errno.EACCES, () -> alice.access("/f", 4));
    bob.access("/f", 2);
    fails(Errno.EACCES, () -> bob.access("/f", 4));
    carol.access("/f", 4);
    fails(Errno.EACCES, () -> carol.access("/f", 5));
    alice.access("/f", 0);
  }

  @Test
  default void access_byRoot_needsSomeBitToExecuteOnly() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0);
    one.access("/f", 6);
    fails(Errno.EACCES, () -> one.access("/f", 1));
    one.chmod("/f", 0001);
    one.access("/f", 7);
    one.mkdir("/d", 0);
    one.access("/d", 7);
  }

  @Test
  default void access_withUnknownBits_isEinval() throws ErrnoException {
    Actor one = root();
    fails(Errno.EINVAL, () -> one.access("/", 8));
  }

  @Test
  default void access_byPrimaryOrSupplementaryGroup_isTheSame() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0640);
    one.chown("/f", 0, TEAM);
    process(BOB).access("/f", 4);
    process(new Caller(9, TEAM, new int[0], 0, 0)).access("/f", 4);
    Actor carol = process(CAROL);
    fails(Errno.EACCES, () -> carol.access("/f", 4));
  }

  // ---- statfs ----

  @Test
  default void statfs_countsBlocksAndInodes() throws ErrnoException {
    Actor one = root();
    StatFs before = one.statfs("/other");
    assertThat(before.bsize()).isPositive();
    assertThat(before.namelen()).isEqualTo(255);
    assertThat(before.blocks() * before.bsize()).isEqualTo(1 << 20);
    assertThat(before.files()).isEqualTo(1000);
    one.file("/other/f", "x".repeat(2 * before.bsize()));
    StatFs after = one.statfs("/other/f");
    assertThat(after.bfree()).isEqualTo(before.bfree() - 2);
    assertThat(after.bavail()).isEqualTo(after.bfree());
    assertThat(after.ffree()).isEqualTo(before.ffree() - 1);
    assertThat(after.fsid()).isEqualTo(before.fsid());
    one.unlink("/other/f");
  }

  @Test
  default void statfs_ofTwoMounts_tellsThemApart() throws ErrnoException {
    Actor one = root();
    assertThat(one.statfs("/").fsid()).isNotEqualTo(one.statfs("/other").fsid());
    assertThat(one.statfs("/").blocks()).isNotEqualTo(one.statfs("/other").blocks());
  }
}

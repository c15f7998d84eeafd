package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOATIME;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_TRUNC;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Whence;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Opening and closing. */
interface OpenChecks extends Checks {
  @Test
  default void create_makesAndOpensOrOnlyOpens() throws ErrnoException {
    Actor one = root();
    Opened made = one.create("/f", O_RDWR, 0600);
    one.write(made.handle(), 0, "text");
    Opened again = root().create("/f", O_RDWR, 0777);
    assertThat(again.stat().id()).isEqualTo(made.stat().id());
    assertThat(again.stat().size()).isEqualTo(4);
    assertThat(again.stat().mode() & Mode.PERMISSIONS).isEqualTo(0600);
  }

  @Test
  default void create_exclusively_needsAFreeName() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    one.mkdir("/d");
    one.symlink("nowhere", "/l");
    fails(Errno.EEXIST, () -> one.create("/f", O_RDWR | O_EXCL, 0644));
    fails(Errno.EEXIST, () -> one.create("/d", O_RDWR | O_EXCL, 0644));
    fails(Errno.EEXIST, () -> one.create("/l", O_RDWR | O_EXCL, 0644));
    fails(Errno.EEXIST, () -> one.create("/d/.", O_RDWR | O_EXCL, 0644));
    fails(Errno.EEXIST, () -> one.create("/f", O_RDWR | O_EXCL | O_TRUNC, 0644));
    assertThat(one.content("/f")).isEqualTo("text");
  }

  @Test
  default void create_exclusivelyByManyAtOnce_hasOneWinner() throws Exception {
    Actor[] actors = {root(), root(), root(), root()};
    for (int round = 0; round < 50; round++) {
      String path = "/f" + round;
      long won =
          Checks.together(
                  4,
                  i -> Checks.errnoOf(() -> actors[i].create(path, O_RDWR | O_EXCL, 0644)) == null)
              .stream()
              .filter(mine -> mine)
              .count();
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  default void create_ofOtherThanFiles_isRefused() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.symlink("f", "/l");
    one.mknod("/s", Mode.S_IFSOCK | 0666, 0);
    fails(Errno.EISDIR, () -> one.create("/d", O_RDONLY, 0644));
    fails(Errno.EISDIR, () -> one.create("/d/.", O_RDONLY, 0644));
    fails(Errno.ELOOP, () -> one.create("/l", O_RDWR, 0644));
    fails(Errno.ENXIO, () -> one.create("/s", O_RDWR, 0644));
    fails(Errno.EINVAL, () -> one.create("/x", O_RDONLY | O_DIRECTORY, 0644));
    fails(Errno.ENOENT, () -> one.stat("/x"));
  }

  /** "The mode applies only to future accesses of the newly created file" (open(2)). */
  @Test
  default void create_withoutPermissions_stillOpensForTheMaker() throws ErrnoException {
    Actor alice = process(ALICE);
    Opened made = alice.create("/f", O_RDWR, 0);
    alice.write(made.handle(), 0, "text");
    assertThat(alice.read(made.handle(), 0, 10)).isEqualTo("text");
    fails(Errno.EACCES, () -> alice.create("/f", O_RDONLY, 0644));
  }

  @Test
  default void create_ofExistingFile_needsItsPermissionNotTheDirectorys() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0755);
    one.file("/d/f", "text", 0646);
    one.file("/d/g", "text", 0644);
    Actor carol = process(CAROL);
    long handle = carol.create("/d/f", O_RDWR, 0600).handle();
    assertThat(carol.read(handle, 0, 10)).isEqualTo("text");
    fails(Errno.EACCES, () -> carol.create("/d/g", O_RDWR, 0600));
    fails(Errno.EACCES, () -> carol.create("/d/g", O_RDONLY | O_TRUNC, 0600));
  }

  @Test
  default void open_answersFlagsWithoutThoseOfTheOpening() throws ErrnoException {
    Actor one = root();
    Opened made = one.create("/f", O_RDWR | O_EXCL | O_TRUNC | O_APPEND, 0644);
    assertThat(made.flags()).isEqualTo(O_RDWR | O_APPEND);
    assertThat(made.handle()).isNotZero();
  }

  @Test
  default void open_byPermission_forEachAccessMode() throws ErrnoException {
    Actor one = root();
    one.file("/r", "", 0444);
    one.file("/w", "", 0222);
    one.file("/n", "", 0111);
    Actor alice = process(ALICE);
    alice.open("/r", O_RDONLY);
    alice.open("/w", O_WRONLY);
    fails(Errno.EACCES, () -> alice.open("/r", O_WRONLY));
    fails(Errno.EACCES, () -> alice.open("/r", O_RDWR));
    fails(Errno.EACCES, () -> alice.open("/w", O_RDONLY));
    fails(Errno.EACCES, () -> alice.open("/w", O_RDWR));
    fails(Errno.EACCES, () -> alice.open("/n", O_RDONLY));
    fails(Errno.EACCES, () -> alice.open("/r", 3));
    one.open("/n", O_RDWR);
  }

  @Test
  default void open_inAccessMode3_neitherReadsNorWrites() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    long handle = one.open("/f", 3);
    fails(Errno.EBADF, () -> one.read(handle, 0, 1));
    fails(Errno.EBADF, () -> one.write(handle, 0, "x"));
  }

  @Test
  default void open_afterwards_asksNoPermissionAgain() throws ErrnoException {
    Actor alice = process(ALICE);
    alice.file("/f", "text", 0600);
    long handle = alice.open("/f", O_RDWR);
    root().chown("/f", 0, 0);
    root().chmod("/f", 0);
    alice.write(handle, 0, "next");
    assertThat(alice.read(handle, 0, 10)).isEqualTo("next");
    fails(Errno.EACCES, () -> alice.open("/f", O_RDONLY));
  }

  @Test
  default void open_ofDirectory_isForReadingOnly() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.open("/d", O_RDONLY | O_DIRECTORY);
    fails(Errno.EISDIR, () -> one.open("/d", O_WRONLY));
    fails(Errno.EISDIR, () -> one.open("/d", O_RDWR));
    fails(Errno.EISDIR, () -> one.open("/d", O_RDONLY | O_TRUNC));
    fails(Errno.EISDIR, () -> one.open("/d", 3));
    one.chmod("/d", 0711);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.open("/d", O_RDONLY));
  }

  @Test
  default void open_ofOtherKinds_isRefused() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.symlink("f", "/l");
    one.mknod("/s", Mode.S_IFSOCK | 0666, 0);
    one.mknod("/c", Mode.S_IFCHR | 0666, 0x103);
    fails(Errno.ENOTDIR, () -> one.open("/f", O_RDONLY | O_DIRECTORY));
    fails(Errno.ELOOP, () -> one.open("/l", O_RDONLY));
    fails(Errno.ENXIO, () -> one.open("/s", O_RDWR));
    fails(Errno.ENXIO, () -> one.open("/c", O_RDONLY));
  }

  @Test
  default void open_truncating_emptiesTheFile() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    long handle = one.open("/f", O_WRONLY | O_TRUNC);
    assertThat(one.stat("/f").size()).isZero();
    one.write(handle, 0, "x");
    one.create("/f", O_RDWR | O_TRUNC, 0644);
    assertThat(one.stat("/f").size()).isZero();
  }

  @Test
  default void open_truncatingAnEmptyFile_marksItsTimes() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Moment now = target().tick();
    one.open("/f", O_WRONLY | O_TRUNC);
    assertThat(now.includes()).accepts(one.stat("/f").mtime(), one.stat("/f").ctime());
  }

  @Test
  default void open_truncatingForReading_needsToMayWrite() throws ErrnoException {
    process(ALICE).file("/f", "text", 0644);
    Actor bob = process(BOB);
    fails(Errno.EACCES, () -> bob.open("/f", O_RDONLY | O_TRUNC));
    assertThat(bob.content("/f")).isEqualTo("text");
    process(ALICE).open("/f", O_RDONLY | O_TRUNC);
    assertThat(bob.content("/f")).isEmpty();
  }

  @Test
  default void open_truncatingByOthersThanRoot_clearsSetids() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text", 0666);
    one.chmod("/f", 06777);
    process(ALICE).open("/f", O_WRONLY | O_TRUNC);
    assertThat(one.permissions("/f")).isEqualTo(0777);
  }

  @Test
  default void open_withoutMarkingTimes_isForTheOwner() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    fails(Errno.EPERM, () -> bob.open("/f", O_RDONLY | O_NOATIME));
    process(ALICE).open("/f", O_RDONLY | O_NOATIME);
    root().open("/f", O_RDONLY | O_NOATIME);
  }

  // ---- handles ----

  @Test
  default void close_twice_isEbadf() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.close(handle);
    fails(Errno.EBADF, () -> one.close(handle));
    fails(Errno.EBADF, () -> one.read(handle, 0, 1));
  }

  @Test
  default void handles_areNotUsedAgainSoon() throws ErrnoException {
    Actor one = root();
    long first = one.make("/f");
    one.close(first);
    assertThat(one.open("/f", O_RDONLY)).isNotEqualTo(first);
  }

  /** A handle of another session, and one that nobody was given, open nothing. */
  @Test
  default void handle_ofNobodyOrAnother_isEbadfEverywhere() throws ErrnoException {
    Actor owner = root();
    owner.file("/f", "");
    Actor other = root();
    long mine = other.open("/f", O_RDWR);
    InodeId id = other.id("/f");
    for (long handle : new long[] {owner.open("/f", O_RDWR) + 1000, 0, -1, 1L << 62}) {
      everywhere(other.service(), other.caller(), handle, mine, id);
    }
  }

  private static void everywhere(FileService s, Caller c, long handle, long mine, InodeId id) {
    ByteBuffer buffer = ByteBuffer.allocate(1);
    fails(Errno.EBADF, () -> s.close(c, handle));
    fails(Errno.EBADF, () -> s.readdir(c, handle, 0, 4096, false));
    fails(Errno.EBADF, () -> s.read(c, handle, 0, buffer));
    fails(Errno.EBADF, () -> s.write(c, handle, 0, buffer));
    fails(Errno.EBADF, () -> s.append(c, handle, buffer));
    fails(Errno.EBADF, () -> s.readNext(c, handle, buffer));
    fails(Errno.EBADF, () -> s.writeNext(c, handle, buffer));
    fails(Errno.EBADF, () -> s.seek(c, handle, Whence.SET, 0));
    fails(Errno.EBADF, () -> s.setFlags(c, handle, 0));
    fails(Errno.EBADF, () -> s.fallocate(c, handle, 0, 0, 1));
    fails(Errno.EBADF, () -> s.copyRange(c, handle, 0, mine, 0, 1));
    fails(Errno.EBADF, () -> s.copyRange(c, mine, 0, handle, 0, 1));
    fails(Errno.EBADF, () -> s.fsync(c, handle, false));
    fails(Errno.EBADF, () -> s.share(c, handle));
    if (handle != 0) {
      fails(Errno.EBADF, () -> s.setattr(c, id, handle, dev.coterie.api.SetAttr.ofSize(0)));
    }
  }

  @Test
  default void setFlags_changesThoseOfFcntlOnly() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    long handle = one.open("/f", O_RDONLY);
    one.service().setFlags(one.caller(), handle, O_RDWR | O_APPEND | O_CREAT);
    fails(Errno.EBADF, () -> one.write(handle, 0, "x"));
    assertThat(one.read(handle, 0, 4)).isEqualTo("text");
  }

  @Test
  default void setFlags_toAppend_turnsItOnAndOff() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "0123");
    one.service().setFlags(one.caller(), handle, O_APPEND);
    one.write(handle, 0, "45");
    one.service().setFlags(one.caller(), handle, 0);
    one.write(handle, 0, "X");
    assertThat(one.content("/f")).isEqualTo("X12345");
  }

  @Test
  default void setFlags_toNoatime_isForTheOwner() throws ErrnoException {
    process(ALICE).file("/f", "", 0666);
    Actor bob = process(BOB);
    long handle = bob.open("/f", O_RDONLY);
    fails(Errno.EPERM, () -> bob.service().setFlags(bob.caller(), handle, O_NOATIME));
    bob.service().setFlags(bob.caller(), handle, O_APPEND);
  }
}

package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.api.Operation.Fallocate.FALLOC_FL_KEEP_SIZE;
import static dev.coterie.api.Operation.Fallocate.FALLOC_FL_PUNCH_HOLE;
import static dev.coterie.api.Operation.Fallocate.FALLOC_FL_ZERO_RANGE;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import org.junit.jupiter.api.Test;

/** Space: allocated, given back, copied and used up. */
interface SpaceChecks extends Checks {
  int PUNCH = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

  private static void fallocate(Actor one, long handle, int mode, long offset, long length)
      throws ErrnoException {
    one.service().fallocate(one.caller(), handle, mode, offset, length);
  }

  @Test
  default void fallocate_behindTheEnd_growsAndReservesBlocks() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "text");
    fallocate(one, handle, 0, 5000, 10_000);
    assertThat(one.stat("/f").size()).isEqualTo(15_000);
    assertThat(one.stat("/f").blocks()).isEqualTo(32);
    assertThat(one.read(handle, 0, 20_000)).isEqualTo("text" + "\0".repeat(14_996));
  }

  @Test
  default void fallocate_keepingTheSize_reservesBlocksOnly() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    fallocate(one, handle, FALLOC_FL_KEEP_SIZE, 0, 8192);
    assertThat(one.stat("/f").size()).isZero();
    assertThat(one.stat("/f").blocks()).isEqualTo(16);
    one.truncate("/f", 0);
    assertThat(one.stat("/f").blocks()).isZero();
  }

  @Test
  default void fallocate_insideTheFile_keepsItsContent() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 10, "text");
    fallocate(one, handle, 0, 0, 14);
    assertThat(one.content("/f")).isEqualTo("\0".repeat(10) + "text");
  }

  @Test
  default void punch_makesAHoleAndKeepsTheSize() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "x".repeat(20_000));
    fallocate(one, handle, PUNCH, 4000, 9000);
    Stat stat = one.stat("/f");
    assertThat(stat.size()).isEqualTo(20_000);
    assertThat(stat.blocks()).isEqualTo(24);
    assertThat(one.content("/f"))
        .isEqualTo("x".repeat(4000) + "\0".repeat(9000) + "x".repeat(7000));
    assertThat(one.service().seek(one.caller(), handle, Whence.HOLE, 0)).isEqualTo(4096);
    fallocate(one, handle, PUNCH, 1 << 20, 1 << 20);
    assertThat(one.stat("/f").size()).isEqualTo(20_000);
  }

  @Test
  default void zeroRange_givesZerosAndGrowsUnlessTold() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "x".repeat(10_000));
    fallocate(one, handle, FALLOC_FL_ZERO_RANGE, 100, 9000);
    assertThat(one.content("/f")).isEqualTo("x".repeat(100) + "\0".repeat(9000) + "x".repeat(900));
    fallocate(one, handle, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 9000, 9000);
    assertThat(one.stat("/f").size()).isEqualTo(10_000);
    fallocate(one, handle, FALLOC_FL_ZERO_RANGE, 9000, 9000);
    assertThat(one.stat("/f").size()).isEqualTo(18_000);
  }

  @Test
  default void fallocate_withBadArguments_isRefused() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    fails(Errno.EINVAL, () -> fallocate(one, handle, 0, -1, 1));
    fails(Errno.EINVAL, () -> fallocate(one, handle, 0, 0, 0));
    fails(Errno.EINVAL, () -> fallocate(one, handle, 0, 0, -1));
    fails(Errno.EOPNOTSUPP, () -> fallocate(one, handle, FALLOC_FL_PUNCH_HOLE, 0, 1));
    fails(Errno.EOPNOTSUPP, () -> fallocate(one, handle, 8, 0, 4096));
    fails(Errno.EOPNOTSUPP, () -> fallocate(one, handle, 0x20, 0, 4096));
    fails(Errno.EOPNOTSUPP, () -> fallocate(one, handle, PUNCH | FALLOC_FL_ZERO_RANGE, 0, 1));
    fails(Errno.EFBIG, () -> fallocate(one, handle, 0, Long.MAX_VALUE, 1));
    fails(Errno.EFBIG, () -> fallocate(one, handle, PUNCH, 1, Long.MAX_VALUE));
    assertThat(one.stat("/f").size()).isZero();
  }

  @Test
  default void fallocate_throughReadingHandle_isEbadf() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    long handle = one.open("/f", O_RDONLY);
    fails(Errno.EBADF, () -> fallocate(one, handle, 0, 0, 1));
    fails(Errno.EBADF, () -> fallocate(one, handle, PUNCH, 0, 1));
  }

  @Test
  default void fallocate_byOthersThanRoot_clearsSetidsAndMarksTimes() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text", 0777);
    one.chmod("/f", 06777);
    Actor alice = process(ALICE);
    long handle = alice.open("/f", O_WRONLY);
    Moment now = target().tick();
    fallocate(alice, handle, PUNCH, 0, 2);
    assertThat(one.permissions("/f")).isEqualTo(0777);
    assertThat(now.includes()).accepts(one.stat("/f").mtime(), one.stat("/f").ctime());
  }

  // ---- copying ----

  private static long copy(Actor one, long from, long at, long to, long toAt, long length)
      throws ErrnoException {
    return one.service().copyRange(one.caller(), from, at, to, toAt, length);
  }

  @Test
  default void copyRange_betweenFiles_copiesWhatIsThere() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123456789");
    long from = one.open("/f", O_RDONLY);
    long to = one.make("/g");
    assertThat(copy(one, from, 2, to, 3, 4)).isEqualTo(4);
    assertThat(one.content("/g")).isEqualTo("\0\0\0" + "2345");
    assertThat(copy(one, from, 8, to, 0, 100)).isEqualTo(2);
    assertThat(one.content("/g")).isEqualTo("89\0" + "2345");
    assertThat(copy(one, from, 10, to, 0, 1)).isZero();
    assertThat(copy(one, from, 1000, to, 0, 1)).isZero();
    assertThat(copy(one, from, 0, to, 0, 0)).isZero();
  }

  @Test
  default void copyRange_insideAFile_needsRangesApart() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "0123456789");
    assertThat(copy(one, handle, 0, handle, 5, 5)).isEqualTo(5);
    assertThat(one.content("/f")).isEqualTo("0123401234");
    fails(Errno.EINVAL, () -> copy(one, handle, 0, handle, 4, 5));
    fails(Errno.EINVAL, () -> copy(one, handle, 4, handle, 0, 5));
    fails(Errno.EINVAL, () -> copy(one, handle, 3, handle, 3, 1));
  }

  /** Only what is there counts as a range: Linux cuts the length at the end of the file first. */
  @Test
  default void copyRange_insideAFileUpToItsEnd_mayNameMore() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "0123");
    assertThat(copy(one, handle, 2, handle, 10, 1000)).isEqualTo(2);
    assertThat(one.content("/f")).isEqualTo("0123" + "\0".repeat(6) + "23");
    long other = one.open("/f", O_RDWR);
    assertThat(copy(one, handle, 10, other, 0, Long.MAX_VALUE - 10)).isEqualTo(2);
  }

  @Test
  default void copyRange_ofMuch_isShortAtTheLimit() throws ErrnoException {
    Actor one = root();
    long from = one.make("/f");
    one.truncate("/f", Limits.COPY_BYTES + 1000);
    one.write(from, Limits.COPY_BYTES, "x".repeat(1000));
    long to = one.make("/g");
    long copied = copy(one, from, 0, to, 0, Long.MAX_VALUE);
    assertThat(copied).isBetween(1L, Limits.COPY_BYTES);
    while (copied < Limits.COPY_BYTES + 1000) {
      copied += copy(one, from, copied, to, copied, 1 << 30);
    }
    assertThat(one.read(to, Limits.COPY_BYTES, 2000)).isEqualTo("x".repeat(1000));
  }

  @Test
  default void copyRange_withBadArguments_isRefused() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    one.mkdir("/d");
    long from = one.open("/f", O_RDONLY);
    long to = one.make("/g");
    long dir = one.open("/d", O_RDONLY);
    fails(Errno.EINVAL, () -> copy(one, from, -2, to, 0, 1));
    fails(Errno.EINVAL, () -> copy(one, from, 0, to, -2, 1));
    fails(Errno.EOVERFLOW, () -> copy(one, from, 0, to, -2, 5));
    fails(Errno.EFBIG, () -> copy(one, from, 0, to, Long.MAX_VALUE, 1));
    fails(Errno.EISDIR, () -> copy(one, dir, 0, to, 0, 1));
    fails(Errno.EISDIR, () -> copy(one, from, 0, dir, 0, 1));
    fails(Errno.EBADF, () -> copy(one, to, 0, from, 0, 1));
    fails(Errno.EBADF, () -> copy(one, one.open("/f", O_WRONLY), 0, to, 0, 1));
    fails(Errno.EBADF, () -> copy(one, from, 0, one.open("/g", O_WRONLY | O_APPEND), 0, 1));
    long elsewhere = one.make("/other/h");
    fails(Errno.EXDEV, () -> copy(one, from, 0, elsewhere, 0, 1));
  }

  // ---- used up ----

  @Test
  default void write_whenSpaceRunsOut_isShortAndThenEnospc() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/small/f");
    long written = one.write(handle, 0, "x".repeat((int) Target.SMALL_BYTES + 1000));
    while (written < Target.SMALL_BYTES) {
      written += one.write(handle, written, "x".repeat((int) (Target.SMALL_BYTES - written)));
    }
    fails(Errno.ENOSPC, () -> one.write(handle, Target.SMALL_BYTES, "x"));
    fails(Errno.ENOSPC, () -> one.append(handle, "x"));
    assertThat(one.stat("/small/f").size()).isEqualTo(Target.SMALL_BYTES);
    one.write(handle, 0, "y");
    assertThat(one.statfs("/small").bfree()).isZero();
    one.truncate("/small/f", 0);
    one.write(handle, 0, "x");
  }

  @Test
  default void fallocate_whenSpaceRunsOut_hasChangedNothing() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/small/f");
    one.write(handle, 0, "text");
    StatFs before = one.statfs("/small");
    fails(Errno.ENOSPC, () -> fallocate(one, handle, 0, 0, Target.SMALL_BYTES + 4096));
    fails(Errno.ENOSPC, () -> fallocate(one, handle, 0, 0, 1L << 50));
    assertThat(one.statfs("/small")).isEqualTo(before);
    assertThat(one.content("/small/f")).isEqualTo("text");
  }

  @Test
  default void copyRange_whenSpaceRunsOut_isShortAndThenEnospc() throws ErrnoException {
    Actor one = root();
    long from = one.make("/small/f");
    one.write(from, 0, "x".repeat(40_960));
    long to = one.make("/small/g");
    long copied = copy(one, from, 0, to, 0, 40_960);
    assertThat(copied).isEqualTo(Target.SMALL_BYTES - 40_960);
    fails(Errno.ENOSPC, () -> copy(one, from, copied, to, copied, 40_960));
    assertThat(one.stat("/small/g").size()).isEqualTo(copied);
  }

  @Test
  default void making_whenInodesRunOut_isEnospc() throws ErrnoException {
    Actor maker = root();
    for (int i = 1; i < Target.SMALL_INODES; i++) {
      maker.mknod("/small/" + i, 0100644, 0);
    }
    maker.service().close();
    Actor one = root();
    fails(Errno.ENOSPC, () -> one.mknod("/small/x", 0100644, 0));
    fails(Errno.ENOSPC, () -> one.mkdir("/small/x"));
    fails(Errno.ENOSPC, () -> one.symlink("t", "/small/x"));
    fails(Errno.ENOSPC, () -> one.create("/small/x", O_RDWR, 0644));
    fails(Errno.ENOSPC, () -> one.tmpfile("/small", O_RDWR));
    fails(Errno.ENOSPC, () -> one.link("/small/1", "/small/x"));
    fails(Errno.ENOSPC, () -> one.setxattr("/small/2", "user.a", "x".repeat(2000)));
    assertThat(one.statfs("/small").ffree()).isZero();
    root().unlink("/small/3");
    one.mkdir("/small/x");
  }

  @Test
  default void removing_givesBackSpaceAndInodes() throws ErrnoException {
    Actor one = root();
    StatFs before = one.statfs("/small");
    for (int round = 0; round < 50; round++) {
      Actor worker = root();
      worker.file("/small/f", "x".repeat(20_000));
      worker.mkdir("/small/d");
      worker.link("/small/f", "/small/d/g");
      worker.symlink("t".repeat(3000), "/small/l");
      worker.setxattr("/small/f", "user.a", "value");
      worker.tmpfile("/small", O_RDWR);
      worker.rename("/small/l", "/small/f");
      worker.unlink("/small/f");
      worker.unlink("/small/d/g");
      worker.rmdir("/small/d");
      worker.service().close();
      assertThat(one.statfs("/small")).isEqualTo(before);
    }
  }
}

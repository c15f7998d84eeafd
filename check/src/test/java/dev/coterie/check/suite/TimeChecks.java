package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_NOATIME;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Fallocate;
import dev.coterie.api.SetAttr;
import dev.coterie.api.SetAttr.Time;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Which times an operation marks. Source: POSIX, "File Times Update"; inode(7), Timestamps. */
interface TimeChecks extends Checks {
  /** Moves the clock, does something, and says which times of a file it marked: some of "amc". */
  private String marks(Actor one, String path, ThrowingCallable operation) throws ErrnoException {
    Stat before = one.stat(path);
    Moment now = target().tick();
    try {
      operation.call();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    Stat after = one.stat(path);
    return marked("a", before.atime(), after.atime(), now)
        + marked("m", before.mtime(), after.mtime(), now)
        + marked("c", before.ctime(), after.ctime(), now);
  }

  private static String marked(String name, Timestamp before, Timestamp after, Moment now) {
    if (after.equals(before)) {
      return "";
    }
    assertThat(now.includes()).accepts(after);
    return name;
  }

  @Test
  default void making_marksAllOfTheNewAndContentOfTheDirectory() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    assertThat(marks(one, "/d", () -> one.file("/d/f", ""))).isEqualTo("mc");
    assertThat(marks(one, "/d", () -> one.mkdir("/d/e"))).isEqualTo("mc");
    assertThat(marks(one, "/d", () -> one.symlink("t", "/d/l"))).isEqualTo("mc");
    assertThat(marks(one, "/d", () -> one.mknod("/d/p", 0010600, 0))).isEqualTo("mc");
    assertThat(marks(one, "/d", () -> one.create("/d/f", O_RDWR, 0644))).isEmpty();
    assertThat(marks(one, "/d", () -> one.tmpfile("/d", O_RDWR))).isEmpty();
    Moment now = target().tick();
    Stat made = one.mkdir("/d/new");
    assertThat(now.includes()).accepts(made.atime(), made.mtime(), made.ctime(), made.btime());
  }

  @Test
  default void write_marksContentAndChange() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(marks(one, "/f", () -> one.write(handle, 0, "x"))).isEqualTo("mc");
    assertThat(marks(one, "/f", () -> one.append(handle, "x"))).isEqualTo("mc");
    assertThat(marks(one, "/f", () -> one.writeNext(handle, "x"))).isEqualTo("mc");
    assertThat(marks(one, "/f", () -> one.write(handle, 0, ""))).isEmpty();
  }

  @Test
  default void truncate_marksContentWhenTheSizeChanges() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(marks(one, "/f", () -> one.truncate("/f", 10))).isEqualTo("mc");
    assertThat(marks(one, "/f", () -> one.truncate("/f", 10))).isEmpty();
    SetAttr same = SetAttr.ofSize(10);
    assertThat(
            marks(one, "/f", () -> one.service().setattr(one.caller(), one.id("/f"), handle, same)))
        .isEqualTo("mc");
  }

  /** As mm/shmem.c has it: there may be space behind the end, which goes then. */
  @Test
  default void truncate_toThePresentSize_marksContentWhereThereAreBlocks() throws ErrnoException {
    Actor one = root();
    one.make("/f");
    assertThat(marks(one, "/f", () -> one.truncate("/f", 0))).isEmpty();
    long handle = one.open("/f", O_RDWR);
    one.service().fallocate(one.caller(), handle, Fallocate.FALLOC_FL_KEEP_SIZE, 0, 10);
    assertThat(one.stat("/f").blocks()).isEqualTo(8);
    assertThat(marks(one, "/f", () -> one.truncate("/f", 0))).isEqualTo("mc");
    assertThat(one.stat("/f").blocks()).isZero();
    one.write(handle, 0, "text");
    assertThat(marks(one, "/f", () -> one.truncate("/f", 4))).isEqualTo("mc");
  }

  @Test
  default void attributeChanges_markChangeOnly() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    assertThat(marks(one, "/f", () -> one.chmod("/f", 0600))).isEqualTo("c");
    assertThat(marks(one, "/f", () -> one.chmod("/f", 0600))).isEqualTo("c");
    assertThat(marks(one, "/f", () -> one.chown("/f", 5, 6))).isEqualTo("c");
    assertThat(marks(one, "/f", () -> one.setxattr("/f", "user.a", "1"))).isEqualTo("c");
    assertThat(marks(one, "/f", () -> one.removexattr("/f", "user.a"))).isEqualTo("c");
  }

  @Test
  default void names_markChangeOfTheFileAndContentOfTheDirectories() throws ErrnoException {
    Actor one = root();
    one.mkdir("/a");
    one.mkdir("/b");
    one.file("/a/f", "");
    assertThat(marks(one, "/a/f", () -> one.link("/a/f", "/b/g"))).isEqualTo("c");
    assertThat(marks(one, "/b", () -> one.link("/a/f", "/b/h"))).isEqualTo("mc");
    assertThat(marks(one, "/a/f", () -> one.unlink("/b/g"))).isEqualTo("c");
    assertThat(marks(one, "/b", () -> one.unlink("/b/h"))).isEqualTo("mc");
    assertThat(marks(one, "/a", () -> one.rename("/a/f", "/b/f"))).isEqualTo("mc");
    assertThat(marks(one, "/b", () -> one.rename("/b/f", "/a/f"))).isEqualTo("mc");
    Stat before = one.stat("/a/f");
    Moment now = target().tick();
    one.rename("/a/f", "/a/e");
    assertThat(now.includes()).accepts(one.stat("/a/e").ctime());
    assertThat(one.stat("/a/e").mtime()).isEqualTo(before.mtime());
    one.mkdir("/a/d");
    assertThat(marks(one, "/a", () -> one.rmdir("/a/d"))).isEqualTo("mc");
  }

  @Test
  default void rename_overFile_marksChangeOfWhatItReplaces() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Stat old = one.file("/g", "");
    Moment now = target().tick();
    one.rename("/f", "/g");
    assertThat(now.includes()).accepts(one.service().getattr(one.caller(), old.id()).ctime());
  }

  @Test
  default void utimens_marksChangeToo() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Time old = new Time.At(new Timestamp(1, 2));
    Moment now = target().tick();
    assertThat(now.includes()).accepts(one.setattr("/f", SetAttr.ofTimes(old, old)).ctime());
    assertThat(marks(one, "/f", () -> one.setattr("/f", SetAttr.ofTimes(Time.Now.NOW, null))))
        .isEqualTo("ac");
  }

  @Test
  default void space_marksContentAndChange() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/strict/f");
    long to = one.make("/strict/g");
    var s = one.service();
    var c = one.caller();
    assertThat(marks(one, "/strict/f", () -> s.fallocate(c, handle, 0, 0, 10))).isEqualTo("mc");
    assertThat(marks(one, "/strict/f", () -> s.fallocate(c, handle, 3, 0, 10))).isEqualTo("mc");
    assertThat(marks(one, "/strict/g", () -> s.copyRange(c, handle, 0, to, 0, 5))).isEqualTo("mc");
    assertThat(marks(one, "/strict/f", () -> s.copyRange(c, handle, 0, to, 0, 5))).isEqualTo("a");
    // The end of the source: nothing was read.
    assertThat(marks(one, "/strict/f", () -> s.copyRange(c, handle, 50, to, 0, 5))).isEmpty();
  }

  @Test
  default void looking_marksNothing() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    assertThat(
            marks(
                one,
                "/f",
                () -> {
                  one.stat("/f");
                  one.access("/f", 4);
                  one.statfs("/f");
                  one.listxattr("/f");
                  one.service().rebind(one.caller(), one.id("/f"));
                  one.close(one.open("/f", O_RDWR));
                }))
        .isEmpty();
  }

  // ---- access times ----

  @Test
  default void relatime_marksTheFirstReadAfterAChange() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEqualTo("a");
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEmpty();
    one.chmod("/f", 0600);
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEqualTo("a");
  }

  @Test
  default void relatime_marksAReadADayLater() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEqualTo("a");
    target().clock().advance(Duration.ofHours(24).minusSeconds(2));
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEmpty();
    assertThat(marks(one, "/f", () -> one.content("/f"))).isEqualTo("a");
  }

  @Test
  default void noatime_marksNoRead() throws ErrnoException {
    Actor one = root();
    one.file("/noatime/f", "text");
    assertThat(marks(one, "/noatime/f", () -> one.content("/noatime/f"))).isEmpty();
  }

  @Test
  default void strictatime_marksEveryRead() throws ErrnoException {
    Actor one = root();
    one.file("/strict/f", "text");
    assertThat(marks(one, "/strict/f", () -> one.content("/strict/f"))).isEqualTo("a");
    assertThat(marks(one, "/strict/f", () -> one.content("/strict/f"))).isEqualTo("a");
  }

  @Test
  default void noatimeHandle_marksNoRead() throws ErrnoException {
    Actor one = root();
    one.file("/strict/f", "text");
    long handle = one.open("/strict/f", O_RDONLY | O_NOATIME);
    assertThat(marks(one, "/strict/f", () -> one.read(handle, 0, 4))).isEmpty();
    one.service().setFlags(one.caller(), handle, 0);
    assertThat(marks(one, "/strict/f", () -> one.read(handle, 0, 4))).isEqualTo("a");
    one.service().setFlags(one.caller(), handle, O_NOATIME);
    assertThat(marks(one, "/strict/f", () -> one.readNext(handle, 4))).isEmpty();
  }

  @Test
  default void readlinkAndReaddir_markAccess() throws ErrnoException {
    Actor one = root();
    var link = one.symlink("t", "/strict/l").id();
    assertThat(marks(one, "/strict/l", () -> one.service().readlink(one.caller(), link)))
        .isEqualTo("a");
    one.mkdir("/strict/d");
    long handle = one.open("/strict/d", O_RDONLY);
    assertThat(
            marks(
                one,
                "/strict/d",
                () -> one.service().readdir(one.caller(), handle, 0, 4096, false)))
        .isEqualTo("a");
    assertThat(marks(one, "/strict/d", () -> one.stat("/strict/d/."))).isEmpty();
  }

  /** A copy that someone keeps is as good after a read as before. */
  @Test
  default void marksOfReads_areNoChange() throws ErrnoException {
    Actor one = root();
    one.file("/strict/f", "text");
    long before = one.stat("/strict/f").change();
    target().tick();
    one.content("/strict/f");
    assertThat(one.stat("/strict/f").change()).isEqualTo(before);
  }
}

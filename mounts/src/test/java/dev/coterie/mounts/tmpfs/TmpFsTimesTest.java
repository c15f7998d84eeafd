package dev.coterie.mounts.tmpfs;

import static dev.coterie.mounts.tmpfs.Fixture.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Command.Allocate.Kind;
import dev.coterie.core.spi.InsideNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which times each command changes: as the kernel's tmpfs was seen to do. */
class TmpFsTimesTest {
  private final Fixture fixture = new Fixture();
  private final TmpFs fs = fixture.fs;
  private InsideNode one = fixture.root;
  private InsideNode two = fixture.root;
  private InsideNode file = fixture.root;

  @BeforeEach
  void makeTree() throws ErrnoException {
    one = fixture.dir(fixture.root, "one");
    two = fixture.dir(fixture.root, "two");
    file = fixture.file(one, "file");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** A change that may fail. */
  private interface Change {
    void make() throws ErrnoException;
  }

  /** The letters of the times that change: a, m, c; and whether the change counter grew: +. */
  private String changedBy(InsideNode node, Change change) throws ErrnoException {
    Stat before = fixture.stat(node);
    change.make();
    Stat after = fixture.stat(node);
    assertThat(after.btime()).isEqualTo(before.btime());
    assertThat(after.change()).isGreaterThanOrEqualTo(before.change());
    return mark("a", before.atime(), after.atime())
        + mark("m", before.mtime(), after.mtime())
        + mark("c", before.ctime(), after.ctime())
        + (after.change() > before.change() ? "+" : "");
  }

  private String mark(String letter, Timestamp before, Timestamp after) {
    if (after.equals(before)) {
      return "";
    }
    return after.equals(fixture.now()) ? letter : "wrong " + letter;
  }

  @Test
  void create_marksAllOfTheInodeAndContentOfTheDirectory() throws ErrnoException {
    assertThat(changedBy(one, () -> fixture.file(one, "a"))).isEqualTo("mc+");
    Stat made = fixture.stat(fixture.dir(one, "b"));
    assertThat(made.atime()).isEqualTo(fixture.now());
    assertThat(made.mtime()).isEqualTo(fixture.now());
    assertThat(made.ctime()).isEqualTo(fixture.now());
    assertThat(made.btime()).isEqualTo(fixture.now());
    assertThat(changedBy(fixture.root, () -> fixture.dir(one, "c"))).isEmpty();
    assertThat(changedBy(one, () -> fixture.create(one, null, Mode.S_IFREG))).isEmpty();
  }

  @Test
  void link_marksTheInodeAndTheDirectory() throws ErrnoException {
    assertThat(changedBy(file, () -> fixture.link(two, "a", file))).isEqualTo("c+");
    assertThat(changedBy(two, () -> fixture.link(two, "b", file))).isEqualTo("mc+");
    assertThat(changedBy(one, () -> fixture.link(two, "c", file))).isEmpty();
  }

  @Test
  void unlink_marksTheInodeAndTheDirectory() throws ErrnoException {
    fixture.link(one, "other", file);
    assertThat(changedBy(file, () -> fixture.unlink(one, "other"))).isEqualTo("c+");
    assertThat(changedBy(one, () -> fixture.unlink(one, "file"))).isEqualTo("mc+");
    assertThat(changedBy(two, () -> fixture.unlink(fixture.root, "two"))).isEqualTo("c+");
  }

  @Test
  void rename_marksBothDirectoriesAndTheInode() throws ErrnoException {
    assertThat(changedBy(file, () -> fixture.rename(one, "file", one, "a", false))).isEqualTo("c+");
    assertThat(changedBy(one, () -> fixture.rename(one, "a", one, "b", false))).isEqualTo("mc+");
    assertThat(changedBy(one, () -> fixture.rename(one, "b", two, "c", false))).isEqualTo("mc+");
    assertThat(changedBy(one, () -> fixture.rename(two, "c", one, "d", false))).isEqualTo("mc+");
    assertThat(fixture.stat(two).mtime()).isEqualTo(fixture.now());
  }

  @Test
  void rename_ontoAnother_marksTheReplaced() throws ErrnoException {
    InsideNode replaced = fixture.file(two, "a");
    assertThat(changedBy(replaced, () -> fixture.rename(one, "file", two, "a", false)))
        .isEqualTo("c+");
  }

  @Test
  void exchange_marksBothInodesAndDirectories() throws ErrnoException {
    InsideNode other = fixture.dir(two, "a");
    assertThat(changedBy(other, () -> fixture.rename(one, "file", two, "a", true))).isEqualTo("c+");
    assertThat(changedBy(file, () -> fixture.rename(one, "file", two, "a", true))).isEqualTo("c+");
    assertThat(changedBy(one, () -> fixture.rename(one, "file", two, "a", true))).isEqualTo("mc+");
    assertThat(changedBy(two, () -> fixture.rename(one, "file", two, "a", true))).isEqualTo("mc+");
  }

  @Test
  void write_marksContent_unlessNothingIsWritten() throws ErrnoException {
    assertThat(changedBy(file, () -> fixture.write(file, 0, 0))).isEmpty();
    assertThat(changedBy(file, () -> fixture.write(file, 0, 1))).isEqualTo("mc+");
    assertThat(changedBy(file, () -> fixture.write(file, 0, 1))).isEqualTo("mc+");
  }

  @Test
  void allocate_marksContent_alsoWhenNothingIsMissing() throws ErrnoException {
    for (Kind kind : Kind.values()) {
      for (int time = 0; time < 2; time++) {
        assertThat(changedBy(file, () -> fixture.allocate(file, kind, true, 0, 8192)))
            .isEqualTo("mc+");
      }
    }
  }

  @Test
  void failure_changesNothing() throws ErrnoException {
    int size = Fixture.PAGES * 4096;
    fixture.allocate(file, Kind.ALLOCATE, true, 0, size);
    String changed =
        changedBy(
            file,
            () -> {
              assertErrno(Errno.ENOSPC, () -> fixture.write(file, size, 10));
              assertErrno(
                  Errno.ENOSPC, () -> fixture.allocate(file, Kind.ALLOCATE, false, 0, size + 1));
              for (int i = 0; i < 5; i++) {
                fixture.setxattr(two, "user." + i, 18_000);
              }
              assertErrno(Errno.ENOSPC, () -> fixture.setxattr(file, "user.a", 18_000));
            });
    assertThat(changed).isEmpty();
    assertThat(fixture.stat(file).size()).isZero();
  }

  @Test
  void setattr_setsWhatItCarries() throws ErrnoException {
    Timestamp atime = new Timestamp(-5, 1);
    Timestamp mtime = new Timestamp(1L << 40, 2);
    Timestamp now = fixture.tick();
    fs.apply(new Command.SetAttr(file, 04600, null, 1, 2, -1, atime, mtime, now));
    Stat stat = fixture.stat(file);
    assertThat(stat.mode()).isEqualTo(Mode.S_IFREG | 04600);
    assertThat(stat.uid()).isEqualTo(1);
    assertThat(stat.gid()).isEqualTo(2);
    assertThat(stat.atime()).isEqualTo(atime).isEqualTo(file.atime());
    assertThat(stat.mtime()).isEqualTo(mtime).isEqualTo(file.mtime());
    assertThat(stat.ctime()).isEqualTo(now).isEqualTo(file.ctime());
  }

  @Test
  void xattrs_markTheInode() throws ErrnoException {
    assertThat(changedBy(file, () -> fixture.setxattr(file, "user.a", 1))).isEqualTo("c+");
    assertThat(changedBy(file, () -> fixture.setxattr(file, "user.a", 1))).isEqualTo("c+");
    assertThat(changedBy(file, () -> fixture.removexattr(file, "user.a"))).isEqualTo("c+");
    assertThat(changedBy(file, () -> fs.getxattr(file, Name.of("user.a")))).isEmpty();
  }

  @Test
  void touch_marksAccess_andIsNoChange() throws ErrnoException {
    assertThat(changedBy(file, () -> fs.apply(new Command.Touch(file, fixture.tick()))))
        .isEqualTo("a");
  }

  @Test
  void copyRange_marksTheTarget() throws ErrnoException {
    fixture.write(file, 0, 100);
    InsideNode target = fixture.file(two, "a");
    int mode = target.mode();
    assertThat(
            changedBy(
                target,
                () -> fs.apply(new Command.CopyRange(file, 0, target, 0, 9, mode, fixture.tick()))))
        .isEqualTo("mc+");
    assertThat(
            changedBy(
                target,
                () ->
                    fs.apply(new Command.CopyRange(file, 100, target, 0, 9, mode, fixture.tick()))))
        .isEmpty();
  }
}

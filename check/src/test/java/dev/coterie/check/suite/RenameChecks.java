package dev.coterie.check.suite;

import static dev.coterie.api.Operation.Rename.RENAME_EXCHANGE;
import static dev.coterie.api.Operation.Rename.RENAME_NOREPLACE;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Moving names. */
interface RenameChecks extends Checks {
  @Test
  default void rename_toFreeName_movesIt() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    InodeId id = one.file("/f", "text").id();
    one.rename("/f", "/g");
    one.rename("/g", "/d/h");
    assertThat(one.id("/d/h")).isEqualTo(id);
    fails(Errno.ENOENT, () -> one.stat("/f"));
    fails(Errno.ENOENT, () -> one.stat("/g"));
  }

  @Test
  default void rename_overExistingFile_replacesIt() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "new").id();
    InodeId old = one.file("/g", "old").id();
    one.rename("/f", "/g");
    assertThat(one.id("/g")).isEqualTo(id);
    assertThat(one.service().getattr(one.caller(), old).nlink()).isZero();
    fails(Errno.ENOENT, () -> one.stat("/f"));
  }

  @Test
  default void rename_overExistingFile_replacesAtomically() throws Exception {
    Actor one = root();
    Actor other = root();
    one.file("/g", "old");
    AtomicBoolean done = new AtomicBoolean();
    Checks.together(
        2,
        i -> {
          if (i == 0) {
            for (int round = 0; round < 300; round++) {
              one.file("/f", "new");
              one.rename("/f", "/g");
            }
            done.set(true);
          } else {
            while (!done.get()) {
              other.stat("/g");
            }
          }
          return 0;
        });
  }

  @Test
  default void rename_overOpenFile_leavesTheHandlesWorking() throws ErrnoException {
    Actor one = root();
    one.file("/f", "new");
    one.file("/g", "old");
    long handle = one.open("/g", OpenFlags.O_RDONLY);
    root().rename("/f", "/g");
    assertThat(one.read(handle, 0, 10)).isEqualTo("old");
    assertThat(one.content("/g")).isEqualTo("new");
  }

  @Test
  default void rename_ofMissingName_isEnoent() throws ErrnoException {
    Actor one = root();
    fails(Errno.ENOENT, () -> one.rename("/f", "/g"));
    fails(Errno.ENOENT, () -> one.rename("/f", "/f"));
  }

  @Test
  default void rename_toItself_changesNothing() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "text").id();
    one.rename("/f", "/f");
    assertThat(one.id("/f")).isEqualTo(id);
    assertThat(one.stat("/f").nlink()).isEqualTo(1);
  }

  /** "If oldpath and newpath are existing hard links to the same file, rename does nothing". */
  @Test
  default void rename_betweenLinksOfOneFile_changesNothing() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "text").id();
    one.link("/f", "/g");
    one.rename("/f", "/g");
    assertThat(one.id("/f")).isEqualTo(id);
    assertThat(one.id("/g")).isEqualTo(id);
    assertThat(one.stat("/f").nlink()).isEqualTo(2);
  }

  @Test
  default void rename_ofDots_isEbusy() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    fails(Errno.EBUSY, () -> one.rename("/d/.", "/x"));
    fails(Errno.EBUSY, () -> one.rename("/d/..", "/x"));
    fails(Errno.EBUSY, () -> one.rename("/d", "/d/."));
    fails(Errno.EBUSY, () -> one.rename("/d", "/d/.."));
    fails(Errno.EEXIST, () -> one.rename("/d", "/d/..", RENAME_NOREPLACE));
  }

  // ---- directories ----

  @Test
  default void rename_ofDirectory_takesItsContentsAndDotDotAlong() throws ErrnoException {
    Actor one = root();
    one.mkdir("/a");
    InodeId b = one.mkdir("/b").id();
    one.mkdir("/a/d");
    one.file("/a/d/f", "text");
    one.rename("/a/d", "/b/e");
    assertThat(one.content("/b/e/f")).isEqualTo("text");
    assertThat(one.id("/b/e/..")).isEqualTo(b);
    assertThat(one.stat("/a").nlink()).isEqualTo(2);
    assertThat(one.stat("/b").nlink()).isEqualTo(3);
  }

  @Test
  default void rename_ofDirectoryOverEmptyOne_replacesIt() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    one.file("/d/f", "");
    one.mkdir("/p");
    InodeId old = one.mkdir("/p/e").id();
    one.rename("/d", "/p/e");
    assertThat(one.id("/p/e")).isEqualTo(id);
    assertThat(one.service().getattr(one.caller(), old).nlink()).isZero();
    assertThat(one.stat("/p").nlink()).isEqualTo(3);
    one.mkdir("/q");
    one.rename("/p", "/q");
    assertThat(one.names("/q/e")).containsExactly("f");
  }

  @Test
  default void rename_overNonEmptyDirectory_isEnotempty() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.mkdir("/e");
    one.file("/e/f", "");
    fails(Errno.ENOTEMPTY, () -> one.rename("/d", "/e"));
    one.stat("/d");
  }

  @Test
  default void rename_betweenKinds_isRefused() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/f", "");
    one.symlink("t", "/l");
    fails(Errno.EISDIR, () -> one.rename("/f", "/d"));
    fails(Errno.EISDIR, () -> one.rename("/l", "/d"));
    fails(Errno.ENOTDIR, () -> one.rename("/d", "/f"));
    fails(Errno.ENOTDIR, () -> one.rename("/d", "/l"));
  }

  @Test
  default void rename_ofDirectoryIntoItself_isEinval() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.mkdir("/d/e");
    one.mkdir("/d/e/f");
    fails(Errno.EINVAL, () -> one.rename("/d", "/d/x"));
    fails(Errno.EINVAL, () -> one.rename("/d", "/d/e/x"));
    fails(Errno.EINVAL, () -> one.rename("/d", "/d/e/f"));
    fails(Errno.EINVAL, () -> one.rename("/d", "/d/e/f", RENAME_EXCHANGE));
  }

  @Test
  default void rename_overWhatItIsIn_isEnotempty() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.mkdir("/d/e");
    one.file("/d/e/f", "");
    fails(Errno.ENOTEMPTY, () -> one.rename("/d/e/f", "/d"));
    fails(Errno.ENOTEMPTY, () -> one.rename("/d/e", "/d"));
    fails(Errno.EINVAL, () -> one.rename("/d/e/f", "/d", RENAME_EXCHANGE));
  }

  /** Two directories moved into each other at a time: never both, or they would hang in the air. */
  @Test
  default void rename_ofTwoDirectoriesIntoEachOther_neverDoesBoth() throws Exception {
    Actor[] actors = {root(), root()};
    for (int round = 0; round < 200; round++) {
      actors[0].mkdir("/a");
      actors[0].mkdir("/b");
      List<Boolean> moved =
          Checks.together(
              2,
              i ->
                  Checks.errnoOf(
                          () -> actors[i].rename(i == 0 ? "/a" : "/b", i == 0 ? "/b/x" : "/a/x"))
                      == null);
      assertThat(moved).containsExactlyInAnyOrder(true, false);
      String above = moved.get(0) ? "/b" : "/a";
      actors[0].rmdir(above + "/x");
      actors[0].rmdir(above);
    }
  }

  // ---- flags ----

  @Test
  default void rename_withUnknownFlags_isEinval() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.file("/g", "");
    fails(Errno.EINVAL, () -> one.rename("/f", "/g", 8));
    fails(Errno.EINVAL, () -> one.rename("/f", "/g", RENAME_NOREPLACE | RENAME_EXCHANGE));
  }

  @Test
  default void rename_noreplace_replacesNothing() throws ErrnoException {
    Actor one = root();
    one.file("/f", "f");
    one.file("/g", "g");
    fails(Errno.EEXIST, () -> one.rename("/f", "/g", RENAME_NOREPLACE));
    fails(Errno.EEXIST, () -> one.rename("/f", "/f", RENAME_NOREPLACE));
    assertThat(one.content("/g")).isEqualTo("g");
    one.rename("/f", "/h", RENAME_NOREPLACE);
    assertThat(one.content("/h")).isEqualTo("f");
  }

  @Test
  default void rename_noreplaceByManyAtOnce_hasOneWinner() throws Exception {
    Actor[] actors = {root(), root(), root(), root()};
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 4; i++) {
        actors[0].file("/f" + i, "");
      }
      String to = "/to" + round;
      long won =
          Checks.together(
                  4,
                  i ->
                      Checks.errnoOf(() -> actors[i].rename("/f" + i, to, RENAME_NOREPLACE))
                          == null)
              .stream()
              .filter(mine -> mine)
              .count();
      assertThat(won).isEqualTo(1);
      for (int i = 0; i < 4; i++) {
        String left = "/f" + i;
        Checks.errnoOf(() -> actors[0].unlink(left));
      }
    }
  }

  @Test
  default void rename_exchange_swapsAnyTwo() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    one.mkdir("/a");
    InodeId dir = one.mkdir("/a/d").id();
    one.file("/a/d/x", "text");
    one.rename("/f", "/a/d", RENAME_EXCHANGE);
    assertThat(one.id("/f")).isEqualTo(dir);
    assertThat(one.id("/a/d")).isEqualTo(file);
    assertThat(one.content("/f/x")).isEqualTo("text");
    assertThat(one.id("/f/..")).isEqualTo(one.root());
    assertThat(one.stat("/a").nlink()).isEqualTo(2);
  }

  @Test
  default void rename_exchangeOfDirectories_keepsEverybodysLinks() throws ErrnoException {
    Actor one = root();
    one.mkdir("/a");
    one.mkdir("/b");
    InodeId d = one.mkdir("/a/d").id();
    InodeId e = one.mkdir("/b/e").id();
    one.rename("/a/d", "/b/e", RENAME_EXCHANGE);
    assertThat(one.id("/a/d")).isEqualTo(e);
    assertThat(one.id("/b/e")).isEqualTo(d);
    assertThat(one.id("/b/e/..")).isEqualTo(one.id("/b"));
    assertThat(one.stat("/a").nlink()).isEqualTo(3);
    one.mkdir("/a/c");
    one.rename("/a/d", "/a/c", RENAME_EXCHANGE);
    assertThat(one.id("/a/c")).isEqualTo(e);
  }

  @Test
  default void rename_exchangeWithMissingName_isEnoent() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    fails(Errno.ENOENT, () -> one.rename("/f", "/g", RENAME_EXCHANGE));
    fails(Errno.ENOENT, () -> one.rename("/g", "/f", RENAME_EXCHANGE));
  }

  // ---- permissions ----

  @Test
  default void rename_withoutWritePermissionOnEither_isEacces() throws ErrnoException {
    Actor one = root();
    one.mkdir("/shut", 0755);
    one.mkdir("/open", 0777);
    one.file("/shut/f", "", 0666);
    one.file("/open/g", "", 0666);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.rename("/shut/f", "/open/x"));
    fails(Errno.EACCES, () -> alice.rename("/open/g", "/shut/x"));
    fails(Errno.EACCES, () -> alice.rename("/open/g", "/shut/f"));
    alice.rename("/open/g", "/open/h");
  }

  @Test
  default void rename_inStickyDirectory_isForOwners() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 01777);
    one.mkdir("/e", 0777);
    Actor bob = process(BOB);
    Actor carol = process(CAROL);
    bob.file("/d/f", "", 0666);
    carol.file("/e/g", "");
    fails(Errno.EPERM, () -> carol.rename("/d/f", "/e/x"));
    fails(Errno.EPERM, () -> carol.rename("/e/g", "/d/f"));
    fails(Errno.EPERM, () -> carol.rename("/e/g", "/d/f", RENAME_EXCHANGE));
    bob.rename("/d/f", "/e/x");
  }

  /** Its ".." changes, so a directory moved elsewhere must be writable itself. */
  @Test
  default void rename_ofDirectoryElsewhere_needsWritePermissionOnIt() throws ErrnoException {
    Actor one = root();
    one.mkdir("/a", 0777);
    one.mkdir("/b", 0777);
    one.mkdir("/a/d", 0755);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.rename("/a/d", "/b/d"));
    alice.rename("/a/d", "/a/e");
    alice.file("/b/f", "");
    fails(Errno.EACCES, () -> alice.rename("/b/f", "/a/e", RENAME_EXCHANGE));
  }

  // ---- removed directories ----

  @Test
  default void rename_intoOrOutOfRemovedDirectory_isEnoent() throws ErrnoException {
    Actor one = root();
    InodeId gone = one.mkdir("/d").id();
    one.file("/f", "");
    one.rmdir("/d");
    InodeId root = one.root();
    Name f = Name.of("f");
    var s = one.service();
    fails(Errno.ENOENT, () -> s.rename(one.caller(), root, f, gone, Name.of("g"), 0));
    fails(Errno.ENOENT, () -> s.rename(one.caller(), gone, f, root, Name.of("g"), 0));
  }

  // ---- several at once ----

  /** A name that goes to and fro is in exactly one of two places whenever one looks into both. */
  @Test
  default void rename_byManyAtOnce_losesNothing() throws Exception {
    Actor[] actors = {root(), root(), root(), root()};
    actors[0].mkdir("/a");
    actors[0].mkdir("/b");
    for (int i = 0; i < 20; i++) {
      actors[0].file("/a/" + i, Integer.toString(i));
    }
    Checks.together(
        4,
        p -> {
          for (int i = 0; i < 400; i++) {
            String from = (i + p) % 2 == 0 ? "/a/" : "/b/";
            String to = from.equals("/a/") ? "/b/" : "/a/";
            String name = Integer.toString(i * 7 % 20);
            Checks.errnoOf(() -> actors[p].rename(from + name, to + name));
          }
          return 0;
        });
    List<String> left = new java.util.ArrayList<>(actors[0].names("/a"));
    left.addAll(actors[0].names("/b"));
    assertThat(left).hasSize(20).doesNotHaveDuplicates();
    assertThat(actors[0].stat("/a").nlink()).isEqualTo(2);
  }

  @Test
  default void rename_toOtherMount_needsSearchFirst() throws ErrnoException {
    Actor one = root();
    one.mkdir("/closed", 0700);
    Actor alice = one.as(ALICE);
    InodeId closed = one.id("/closed");
    InodeId other = one.id("/other");
    Name name = Name.of("f");
    fails(Errno.EACCES, () -> alice.service().rename(alice.caller(), other, name, closed, name, 0));
    fails(Errno.EXDEV, () -> one.rename("/closed/f", "/other/f"));
  }

  @Test
  default void rename_ofNothing_isEnoentBeforeTheNewNameIsTooLong() throws ErrnoException {
    Actor one = root();
    String tooLong = "/" + "n".repeat(256);
    fails(Errno.ENOENT, () -> one.rename("/none", tooLong));
    one.file("/f", "");
    fails(Errno.ENAMETOOLONG, () -> one.rename("/f", tooLong));
  }
}

package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import org.junit.jupiter.api.Test;

/** Hard links, and files without a name. */
interface LinkChecks extends Checks {
  @Test
  default void link_givesTheSameFileAnotherName() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "text").id();
    one.mkdir("/d");
    Stat answered = one.link("/f", "/d/g");
    assertThat(answered.id()).isEqualTo(id);
    assertThat(answered.nlink()).isEqualTo(2);
    assertThat(one.id("/d/g")).isEqualTo(id);
    one.unlink("/f");
    assertThat(one.stat("/d/g").nlink()).isEqualTo(1);
    assertThat(one.content("/d/g")).isEqualTo("text");
  }

  @Test
  default void link_ofOtherFiles_works() throws ErrnoException {
    Actor one = root();
    one.symlink("t", "/l");
    one.mknod("/p", 0010600, 0);
    assertThat(one.link("/l", "/m").isSymlink()).isTrue();
    assertThat(one.link("/p", "/q").nlink()).isEqualTo(2);
  }

  @Test
  default void link_ofDirectory_isEperm() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    fails(Errno.EPERM, () -> one.link("/d", "/e"));
  }

  @Test
  default void link_countsExactly_acrossSessions() throws Exception {
    Actor one = root();
    one.file("/f", "");
    int processes = 4;
    Actor[] actors = {root(), root(), root(), root()};
    Checks.together(
        processes,
        i -> {
          for (int k = 0; k < 50; k++) {
            actors[i].link("/f", "/l" + i + "." + k);
            if (k % 2 == 0) {
              actors[i].unlink("/l" + i + "." + k);
            }
          }
          return 0;
        });
    assertThat(one.stat("/f").nlink()).isEqualTo(1 + processes * 25);
  }

  // ---- nameless files ----

  @Test
  default void tmpfile_hasNoNameAndWorks() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    Opened made = one.tmpfile("/d", OpenFlags.O_RDWR);
    assertThat(made.stat().nlink()).isZero();
    assertThat(one.names("/d")).isEmpty();
    one.write(made.handle(), 0, "text");
    assertThat(one.read(made.handle(), 0, 10)).isEqualTo("text");
    one.rmdir("/d");
    assertThat(one.read(made.handle(), 0, 10)).isEqualTo("text");
  }

  @Test
  default void tmpfile_canBeGivenAName() throws ErrnoException {
    Actor one = root();
    Opened made = one.tmpfile("/", OpenFlags.O_RDWR);
    one.write(made.handle(), 0, "text");
    Stat linked = one.service().link(one.caller(), made.stat().id(), one.root(), Name.of("f"));
    assertThat(linked.nlink()).isEqualTo(1);
    assertThat(one.content("/f")).isEqualTo("text");
    assertThat(one.link("/f", "/g").nlink()).isEqualTo(2);
  }

  @Test
  default void tmpfile_withExcl_canNot() throws ErrnoException {
    Actor one = root();
    Opened made = one.tmpfile("/", OpenFlags.O_RDWR | OpenFlags.O_EXCL);
    InodeId root = one.root();
    fails(
        Errno.ENOENT, () -> one.service().link(one.caller(), made.stat().id(), root, Name.of("f")));
  }

  @Test
  default void tmpfile_linkedAndUnlinkedAgain_canNotBeLinkedOnceMore() throws ErrnoException {
    Actor one = root();
    Opened made = one.tmpfile("/", OpenFlags.O_RDWR);
    InodeId root = one.root();
    one.service().link(one.caller(), made.stat().id(), root, Name.of("f"));
    one.unlink("/f");
    fails(
        Errno.ENOENT, () -> one.service().link(one.caller(), made.stat().id(), root, Name.of("f")));
  }

  @Test
  default void tmpfile_notForWriting_isEinval() throws ErrnoException {
    Actor one = root();
    fails(Errno.EINVAL, () -> one.tmpfile("/", OpenFlags.O_RDONLY));
  }

  @Test
  default void tmpfile_closed_givesBackItsSpace() throws ErrnoException {
    Actor one = root();
    long blocks = one.statfs("/other").bfree();
    long inodes = one.statfs("/other").ffree();
    Opened made = one.tmpfile("/other", OpenFlags.O_RDWR);
    one.write(made.handle(), 0, "x".repeat(10_000));
    one.close(made.handle());
    one.service().forget(one.caller(), made.stat().id(), 1);
    assertThat(one.statfs("/other").bfree()).isEqualTo(blocks);
    assertThat(one.statfs("/other").ffree()).isEqualTo(inodes);
  }

  @Test
  default void link_ofUnlinkedFile_isEnoent() throws ErrnoException {
    Actor one = root();
    one.make("/f");
    InodeId id = one.id("/f");
    InodeId root = one.root();
    one.unlink("/f");
    fails(Errno.ENOENT, () -> one.service().link(one.caller(), id, root, Name.of("g")));
  }
}

package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Removing names, and what lives on without one. */
interface RemoveChecks extends Checks {
  @Test
  default void unlink_ofEachKind_removesTheName() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/f", "");
    one.symlink("t", "/d/l");
    one.mknod("/d/p", 0010600, 0);
    for (String name : new String[] {"/d/f", "/d/l", "/d/p"}) {
      one.unlink(name);
      fails(Errno.ENOENT, () -> one.stat(name));
    }
    assertThat(one.names("/d")).isEmpty();
  }

  @Test
  default void unlink_ofSymbolicLink_leavesItsTarget() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    one.symlink("f", "/l");
    one.unlink("/l");
    assertThat(one.content("/f")).isEqualTo("text");
  }

  @Test
  default void unlink_ofMissingName_isEnoent() throws ErrnoException {
    Actor one = root();
    fails(Errno.ENOENT, () -> one.unlink("/f"));
    one.file("/f", "");
    one.unlink("/f");
    fails(Errno.ENOENT, () -> one.unlink("/f"));
  }

  @Test
  default void unlink_ofDirectory_isEisdir() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    fails(Errno.EISDIR, () -> one.unlink("/d"));
    fails(Errno.EISDIR, () -> one.unlink("/d/."));
    fails(Errno.EISDIR, () -> one.unlink("/d/.."));
  }

  @Test
  default void unlink_whileOpen_keepsReadingAndWriting() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long handle = one.make("/f");
    one.write(handle, 0, "before");
    long theirs = other.open("/f", OpenFlags.O_RDWR);
    other.unlink("/f");
    one.write(handle, 6, " after");
    assertThat(other.read(theirs, 0, 100)).isEqualTo("before after");
    other.file("/f", "a new one");
    assertThat(one.read(handle, 0, 100)).isEqualTo("before after");
    one.close(handle);
    assertThat(other.read(theirs, 0, 100)).isEqualTo("before after");
  }

  @Test
  default void unlink_whileOpen_freesTheSpaceAtTheLastClose() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    Actor watcher = root();
    long free = watcher.statfs("/other").bfree();
    long handle = one.make("/other/f");
    one.write(handle, 0, "x".repeat(10_000));
    Stat stat = one.stat("/other/f");
    long theirs = other.open("/other/f", OpenFlags.O_RDONLY);
    InodeId id = other.id("/other/f");
    one.unlink("/other/f");
    one.close(handle);
    one.service().forget(one.caller(), stat.id(), 2);
    one.statfs("/other"); // a forget may travel with the session's next request
    assertThat(watcher.statfs("/other").bfree()).isLessThan(free);
    other.close(theirs);
    assertThat(watcher.statfs("/other").bfree()).isLessThan(free);
    other.service().forget(other.caller(), id, 2);
    other.statfs("/other"); // a forget may travel with the session's next request
    assertThat(watcher.statfs("/other").bfree()).isEqualTo(free);
  }

  @Test
  default void unlink_withoutWritePermission_isEacces() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0755);
    one.file("/d/f", "", 0777);
    one.mkdir("/d/e", 0777);
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.unlink("/d/f"));
    fails(Errno.EACCES, () -> alice.rmdir("/d/e"));
    one.chmod("/d", 0766);
    fails(Errno.EACCES, () -> alice.unlink("/d/f"));
  }

  /** A file that its owner may not write can be removed by who may write the directory. */
  @Test
  default void unlink_needsNoPermissionOnTheFile() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0777);
    one.file("/d/f", "", 0);
    process(ALICE).unlink("/d/f");
    assertThat(one.names("/d")).isEmpty();
  }

  @Test
  default void unlink_inStickyDirectory_isForOwners() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.chown("/d", ALICE.uid(), -1);
    one.chmod("/d", 01777);
    Actor alice = process(ALICE);
    Actor bob = process(BOB);
    Actor carol = process(CAROL);
    for (String name : new String[] {"/d/1", "/d/2", "/d/3"}) {
      bob.file(name, "");
    }
    bob.mkdir("/d/4");
    fails(Errno.EPERM, () -> carol.unlink("/d/1"));
    fails(Errno.EPERM, () -> carol.rmdir("/d/4"));
    bob.unlink("/d/1");
    alice.unlink("/d/2");
    one.unlink("/d/3");
    bob.rmdir("/d/4");
  }

  // ---- rmdir ----

  @Test
  default void rmdir_ofEmptyDirectory_removesIt() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    one.rmdir("/d");
    fails(Errno.ENOENT, () -> one.stat("/d"));
    assertThat(one.service().getattr(one.caller(), id).nlink()).isZero();
  }

  @Test
  default void rmdir_ofNonEmptyDirectory_isEnotempty() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/f", "");
    fails(Errno.ENOTEMPTY, () -> one.rmdir("/d"));
    fails(Errno.ENOTEMPTY, () -> one.rmdir("/d/.."));
    one.unlink("/d/f");
    one.rmdir("/d");
  }

  @Test
  default void rmdir_ofOthers_isRefused() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/f", "");
    one.symlink("d", "/l");
    fails(Errno.ENOTDIR, () -> one.rmdir("/f"));
    fails(Errno.ENOTDIR, () -> one.rmdir("/l"));
    fails(Errno.EINVAL, () -> one.rmdir("/d/."));
    fails(Errno.ENOENT, () -> one.rmdir("/nothing"));
  }

  @Test
  default void rmdir_whileOpen_leavesAnEmptyDirectory() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    long handle = one.open("/d", OpenFlags.O_RDONLY);
    one.rmdir("/d");
    fails(Errno.ENOENT, () -> one.service().readdir(one.caller(), handle, 0, 4096, false));
  }

  @Test
  default void rmdir_againstMaking_leavesNoOrphan() throws Exception {
    Actor one = root();
    Actor maker = root();
    for (int round = 0; round < 200; round++) {
      one.mkdir("/d");
      List<Boolean> done =
          Checks.together(
              2,
              i ->
                  Checks.errnoOf(() -> {
                    if (i == 0) {
                      one.rmdir("/d");
                    } else {
                      maker.file("/d/f", "");
                    }
                  })
                      == null);
      assertThat(done).containsExactlyInAnyOrder(true, false);
      if (done.get(1)) {
        one.unlink("/d/f");
        one.rmdir("/d");
      }
    }
  }

  @Test
  default void removedDirectory_hasNoEntryOfAnyName() throws ErrnoException {
    Actor one = root();
    InodeId dir = one.mkdir("/d").id();
    one.rmdir("/d");
    for (String text : List.of("f", "n".repeat(256))) {
      Name name = Name.of(text);
      fails(Errno.ENOENT, () -> one.service().lookup(one.caller(), dir, name));
      fails(Errno.ENOENT, () -> one.service().mkdir(one.caller(), dir, name, 0755));
      fails(Errno.ENOENT, () -> one.service().unlink(one.caller(), dir, name));
      fails(Errno.ENOENT, () -> one.service().rename(one.caller(), dir, name, dir, name, 0));
    }
  }
}

package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.Tree;
import org.junit.jupiter.api.Test;

/** Paths, where what {@link Tree} looks at beforehand must not change which error is seen. */
interface TreeChecks extends Checks {
  private Tree tree() throws ErrnoException {
    Actor one = root();
    return Tree.of(one.service(), one.caller());
  }

  @Test
  default void renameWithSlashes_toOtherMount_isExdev() throws ErrnoException {
    try (Tree tree = tree()) {
      tree.mkdir("/d", 0755);
      fails(Errno.EXDEV, () -> tree.rename("/other/none", "/d/none/", Rename.RENAME_EXCHANGE));
      fails(Errno.EXDEV, () -> tree.rename("/other/none", "/", 0));
      fails(Errno.EXDEV, () -> tree.rename("/d/.", "/other/none", 0));
      fails(Errno.ENOENT, () -> tree.rename("/d/none/", "/d/other/", 0));
    }
  }

  @Test
  default void namesWithSlashes_onReadOnlyMount_areErofs() throws ErrnoException {
    try (Tree tree = tree()) {
      fails(Errno.EROFS, () -> tree.unlink("/ro/none/"));
      fails(Errno.EROFS, () -> tree.rename("/ro/none/", "/ro/other/", 0));
      fails(Errno.ENOENT, () -> tree.unlink("/none/"));
    }
  }

  /** As setuid(2) and umask(2) leave the working directory alone. */
  @Test
  default void as_callerWhoMayNotSearch_keepsTheWorkingDirectory() throws ErrnoException {
    try (Tree tree = tree()) {
      tree.mkdir("/closed", 0700);
      tree.mkdir("/closed/d", 0777);
      try (Tree there = tree.at("/closed");
          Tree alice = there.as(ALICE)) {
        fails(Errno.EACCES, () -> alice.stat("d"));
        tree.chmod("/closed", 0711);
        assertThat(alice.stat("d").isDirectory()).isTrue();
        assertThat(alice.stat("..").id()).isEqualTo(tree.stat("/").id());
      }
    }
  }

  /** Going on from a working directory looks at nothing above it. */
  @Test
  default void at_belowRootThatMayNotBeSearched_works() throws ErrnoException {
    try (Tree tree = tree()) {
      tree.mkdir("/d", 0755);
      tree.mkdir("/d/e", 0755);
      try (Tree there = tree.at("/d");
          Tree alice = there.as(ALICE)) {
        tree.chmod("/", 0700);
        try (Tree deeper = alice.at("e")) {
          assertThat(deeper.stat(".").id()).isEqualTo(tree.stat("/d/e").id());
          fails(Errno.EACCES, () -> deeper.stat("/d"));
        }
      }
    }
  }
}

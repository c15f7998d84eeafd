package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.Operation.Rename.RENAME_EXCHANGE;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.SetAttr.Time;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Several mounts in one tree. */
interface MountChecks extends Checks {
  @Test
  default void lookup_ofMountPoint_entersTheMount() throws ErrnoException {
    Actor one = root();
    one.file("/other/f", "text");
    assertThat(one.content("/other/f")).isEqualTo("text");
    assertThat(one.permissions("/other")).isEqualTo(01777);
    assertThat(one.stat("/other").nlink()).isEqualTo(3);
  }

  @Test
  default void lookup_dotDotOfAMount_leavesIt() throws ErrnoException {
    Actor one = root();
    assertThat(one.id("/other/..")).isEqualTo(one.root());
    assertThat(one.id("/other/deep/..")).isEqualTo(one.id("/other"));
    assertThat(one.id("/other/deep/../..")).isEqualTo(one.root());
    one.mkdir("/other/deep/d");
    assertThat(one.id("/other/deep/d/..")).isEqualTo(one.id("/other/deep"));
  }

  @Test
  default void readdir_showsTheMountedRootNotWhatItHides() throws ErrnoException {
    Actor one = root();
    DirEntry entry =
        one.entries("/").stream()
            .filter(e -> e.name().equals(Name.of("other")))
            .findFirst()
            .orElseThrow();
    assertThat(entry.id()).isEqualTo(one.id("/other"));
    assertThat(entry.type()).isEqualTo(4);
    DirEntry up = one.entries("/other").get(1);
    assertThat(up.name()).isEqualTo(Name.DOT_DOT);
    assertThat(up.id()).isEqualTo(one.root());
  }

  @Test
  default void identities_areUniqueAcrossMounts() throws ErrnoException {
    Actor one = root();
    Set<Long> numbers = new HashSet<>();
    for (String dir : new String[] {"", "/other", "/other/deep", "/strict", "/small"}) {
      assertThat(numbers.add(one.id(dir + "/").number())).isTrue();
      for (int i = 0; i < 5; i++) {
        assertThat(numbers.add(one.file(dir + "/f" + i, "").id().number())).isTrue();
      }
    }
  }

  @Test
  default void linkAndRename_acrossMounts_areExdev() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.file("/other/g", "");
    one.mkdir("/d");
    fails(Errno.EXDEV, () -> one.link("/f", "/other/f"));
    fails(Errno.EXDEV, () -> one.rename("/f", "/other/f"));
    fails(Errno.EXDEV, () -> one.rename("/f", "/other/g"));
    fails(Errno.EXDEV, () -> one.rename("/d", "/other/deep/d"));
    fails(Errno.EXDEV, () -> one.rename("/f", "/other/g", RENAME_EXCHANGE));
  }

  @Test
  default void mountPoints_canNotBeRemovedOrMoved() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    fails(Errno.EBUSY, () -> one.rmdir("/other"));
    fails(Errno.EBUSY, () -> one.rename("/other", "/x"));
    fails(Errno.EBUSY, () -> one.rename("/d", "/other"));
    fails(Errno.EBUSY, () -> one.rename("/d", "/other", RENAME_EXCHANGE));
    fails(Errno.EBUSY, () -> one.rmdir("/other/deep"));
    fails(Errno.EISDIR, () -> one.unlink("/other"));
    fails(Errno.EEXIST, () -> one.mkdir("/other"));
    fails(Errno.EISDIR, () -> one.create("/other", O_RDONLY, 0644));
    one.stat("/other/deep");
  }

  // ---- read-only ----

  @Test
  default void readOnlyMount_refusesEveryChange() throws ErrnoException {
    Actor one = root();
    InodeId dir = one.id("/ro");
    var s = one.service();
    var c = one.caller();
    Name a = Name.of("user.a");
    fails(Errno.EROFS, () -> one.mkdir("/ro/d"));
    fails(Errno.EROFS, () -> one.mknod("/ro/f", 0100644, 0));
    fails(Errno.EROFS, () -> one.symlink("t", "/ro/l"));
    fails(Errno.EROFS, () -> one.create("/ro/f", O_RDWR, 0644));
    fails(Errno.EROFS, () -> one.tmpfile("/ro", O_RDWR));
    fails(Errno.EROFS, () -> one.unlink("/ro/f"));
    fails(Errno.EROFS, () -> one.rmdir("/ro/f"));
    fails(Errno.EROFS, () -> one.rename("/ro/f", "/ro/g"));
    fails(Errno.EROFS, () -> one.chmod("/ro", 0700));
    fails(Errno.EROFS, () -> one.chown("/ro", 1, 1));
    fails(Errno.EROFS, () -> one.setattr("/ro", SetAttr.ofTimes(Time.Now.NOW, Time.Now.NOW)));
    fails(Errno.EROFS, () -> one.setxattr("/ro", "user.a", "1"));
    fails(Errno.EROFS, () -> s.removexattr(c, dir, a));
    fails(Errno.EROFS, () -> one.access("/ro", 2));
  }

  @Test
  default void readOnlyMount_isNamedBeforeAnotherMount_afterTheKind() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    fails(Errno.EROFS, () -> one.link("/f", "/ro/f"));
    fails(Errno.EISDIR, () -> one.truncate("/ro", 0));
  }

  @Test
  default void readOnlyMount_canBeRead() throws ErrnoException {
    Actor one = root();
    one.access("/ro", 5);
    assertThat(one.names("/ro")).isEmpty();
    assertThat(one.listxattr("/ro")).isEmpty();
    fails(Errno.ENOENT, () -> one.stat("/ro/f"));
    assertThat(one.statfs("/ro").files()).isEqualTo(1000);
  }
}

package dev.coterie.check.suite;

import static dev.coterie.api.Operation.Setxattr.XATTR_CREATE;
import static dev.coterie.api.Operation.Setxattr.XATTR_REPLACE;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import org.junit.jupiter.api.Test;

/** Extended attributes and their name spaces. */
interface XattrChecks extends Checks {
  @Test
  default void setxattr_isSeenInEverySession() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.setxattr("/f", "user.a", "one");
    Actor other = root();
    assertThat(other.getxattr("/f", "user.a")).isEqualTo("one");
    other.setxattr("/f", "user.a", "two");
    other.setxattr("/f", "user.empty", "");
    assertThat(one.getxattr("/f", "user.a")).isEqualTo("two");
    assertThat(one.getxattr("/f", "user.empty")).isEmpty();
    assertThat(one.listxattr("/f")).containsExactlyInAnyOrder("user.a", "user.empty");
    one.removexattr("/f", "user.a");
    assertThat(other.listxattr("/f")).containsExactly("user.empty");
  }

  @Test
  default void xattrs_belongToTheFileNotTheName() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.setxattr("/f", "user.a", "1");
    one.link("/f", "/g");
    one.rename("/f", "/h");
    assertThat(one.getxattr("/g", "user.a")).isEqualTo("1");
    assertThat(one.getxattr("/h", "user.a")).isEqualTo("1");
  }

  @Test
  default void setxattr_withFlags_holdsThemAgainstWhatIsThere() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    fails(Errno.ENODATA, () -> one.setxattr("/f", "user.a", "1", XATTR_REPLACE));
    one.setxattr("/f", "user.a", "1", XATTR_CREATE);
    fails(Errno.EEXIST, () -> one.setxattr("/f", "user.a", "2", XATTR_CREATE));
    one.setxattr("/f", "user.a", "3", XATTR_REPLACE);
    assertThat(one.getxattr("/f", "user.a")).isEqualTo("3");
    fails(Errno.EINVAL, () -> one.setxattr("/f", "user.a", "4", 4));
  }

  @Test
  default void xattr_notThere_isEnodata() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    fails(Errno.ENODATA, () -> one.getxattr("/f", "user.a"));
    fails(Errno.ENODATA, () -> one.removexattr("/f", "user.a"));
    assertThat(one.listxattr("/f")).isEmpty();
  }

  @Test
  default void xattrNames_atTheirLimits() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    String longest = "user." + "n".repeat(Limits.XATTR_NAME_BYTES - 5);
    one.setxattr("/f", longest, "1");
    assertThat(one.getxattr("/f", longest)).isEqualTo("1");
    fails(Errno.ERANGE, () -> one.setxattr("/f", longest + "n", "1"));
    fails(Errno.ERANGE, () -> one.getxattr("/f", longest + "n"));
    fails(Errno.ERANGE, () -> one.setxattr("/f", "", "1"));
    fails(
        Errno.EINVAL,
        () -> one.service().setxattr(one.caller(), file, Name.of("user.a\0b"), new byte[1], 0));
  }

  @Test
  default void xattrValues_atTheirLimits() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    Name name = Name.of("user.a");
    byte[] largest = new byte[Limits.XATTR_VALUE_BYTES];
    largest[largest.length - 1] = 7;
    one.service().setxattr(one.caller(), file, name, largest, 0);
    assertThat(one.service().getxattr(one.caller(), file, name)).isEqualTo(largest);
    byte[] larger = new byte[Limits.XATTR_VALUE_BYTES + 1];
    fails(Errno.E2BIG, () -> one.service().setxattr(one.caller(), file, name, larger, 0));
    assertThat(one.service().getxattr(one.caller(), file, name)).isEqualTo(largest);
  }

  @Test
  default void xattrs_ofUnknownNameSpace_areEopnotsupp() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    for (String name : new String[] {"a", "other.a", "users.a", "system.a"}) {
      fails(Errno.EOPNOTSUPP, () -> one.setxattr("/f", name, "1"));
      fails(Errno.EOPNOTSUPP, () -> one.getxattr("/f", name));
      fails(Errno.EOPNOTSUPP, () -> one.removexattr("/f", name));
    }
    fails(Errno.EINVAL, () -> one.setxattr("/f", "user.", "1"));
  }

  @Test
  default void userXattrs_followThePermissionsOfTheFile() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0604);
    one.setxattr("/f", "user.a", "1");
    Actor alice = process(ALICE);
    assertThat(alice.getxattr("/f", "user.a")).isEqualTo("1");
    fails(Errno.EACCES, () -> alice.setxattr("/f", "user.a", "2"));
    fails(Errno.EACCES, () -> alice.removexattr("/f", "user.a"));
    one.chmod("/f", 0602);
    fails(Errno.EACCES, () -> alice.getxattr("/f", "user.a"));
    alice.setxattr("/f", "user.a", "2");
    assertThat(alice.listxattr("/f")).containsExactly("user.a");
  }

  @Test
  default void userXattrs_areForFilesAndDirectoriesOnly() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.setxattr("/d", "user.a", "1");
    one.symlink("t", "/l");
    one.mknod("/p", Mode.S_IFIFO | 0666, 0);
    for (String path : new String[] {"/l", "/p"}) {
      fails(Errno.EPERM, () -> one.setxattr(path, "user.a", "1"));
      fails(Errno.EPERM, () -> one.removexattr(path, "user.a"));
      fails(Errno.ENODATA, () -> one.getxattr(path, "user.a"));
    }
  }

  @Test
  default void userXattrs_ofStickyDirectory_areForItsOwner() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 01777);
    Actor alice = process(ALICE);
    fails(Errno.EPERM, () -> alice.setxattr("/d", "user.a", "1"));
    one.chown("/d", ALICE.uid(), -1);
    alice.setxattr("/d", "user.a", "1");
  }

  @Test
  default void trustedXattrs_areForRootAlone() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0666);
    one.chown("/f", ALICE.uid(), -1);
    one.setxattr("/f", "trusted.a", "1");
    one.setxattr("/f", "user.a", "1");
    Actor alice = process(ALICE);
    fails(Errno.ENODATA, () -> alice.getxattr("/f", "trusted.a"));
    fails(Errno.EPERM, () -> alice.setxattr("/f", "trusted.a", "2"));
    fails(Errno.EPERM, () -> alice.removexattr("/f", "trusted.a"));
    assertThat(alice.listxattr("/f")).containsExactly("user.a");
    assertThat(one.listxattr("/f")).containsExactlyInAnyOrder("trusted.a", "user.a");
    one.symlink("t", "/l");
    one.setxattr("/l", "trusted.a", "1");
    assertThat(one.getxattr("/l", "trusted.a")).isEqualTo("1");
  }

  @Test
  default void securityXattrs_areWrittenByRootAndReadByAll() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    one.setxattr("/f", "security.a", "1");
    Actor alice = process(ALICE);
    assertThat(alice.getxattr("/f", "security.a")).isEqualTo("1");
    fails(Errno.EPERM, () -> alice.setxattr("/f", "security.a", "2"));
    fails(Errno.EPERM, () -> alice.removexattr("/f", "security.a"));
    assertThat(alice.listxattr("/f")).containsExactly("security.a");
  }

  @Test
  default void xattrs_byManyAtOnce_keepEachItsOwn() throws Exception {
    Actor one = root();
    one.file("/f", "");
    Actor[] actors = {root(), root(), root(), root()};
    Checks.together(
        4,
        i -> {
          for (int k = 0; k < 50; k++) {
            actors[i].setxattr("/f", "user." + i + "." + k % 5, Integer.toString(k));
          }
          return 0;
        });
    assertThat(one.listxattr("/f")).hasSize(20);
    assertThat(one.getxattr("/f", "user.3.4")).isEqualTo("49");
  }
}

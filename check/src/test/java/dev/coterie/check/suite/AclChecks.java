package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.errnoOf;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.XattrNames;
import dev.coterie.check.host.AclText;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Access control lists: what they are as attributes, what they allow, and what is inherited. */
interface AclChecks extends Checks {
  Name ACCESS = XattrNames.ACL_ACCESS;
  Name DEFAULT = XattrNames.ACL_DEFAULT;
  String FOR_CAROL = "u::rw,u:1003:rw,g::r,m::rw,o::-";

  static void set(Actor actor, String path, Name name, byte[] value) throws ErrnoException {
    actor.service().setxattr(actor.caller(), actor.id(path), name, value, 0);
  }

  static void set(Actor actor, String path, Name name, String acl) throws ErrnoException {
    set(actor, path, name, AclText.parse(acl));
  }

  static String get(Actor actor, String path, Name name) throws ErrnoException {
    return AclText.of(actor.service().getxattr(actor.caller(), actor.id(path), name));
  }

  /** What a process of this user may do, as ls(1) shows it. */
  private static String rights(Actor actor, String path) throws ErrnoException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      int right = 4 >> i;
      Errno errno = errnoOf(() -> actor.access(path, right));
      assertThat(errno).isIn(null, Errno.EACCES);
      text.append(errno == null ? "rwx".charAt(i) : '-');
    }
    return text.toString();
  }

  // ---- as attributes ----

  @Test
  default void acl_isAnAttributeAndTheModeShowsItsMask() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0640);
    fails(Errno.ENODATA, () -> get(one, "/f", ACCESS));
    assertThat(one.listxattr("/f")).isEmpty();
    set(one, "/f", ACCESS, "u::rwx,u:1003:rw,g::r,g:2000:-,m::rw,o::x");
    assertThat(one.permissions("/f")).isEqualTo(0761);
    assertThat(get(process(CAROL), "/f", ACCESS))
        .isEqualTo("u::rwx,u:1003:rw,g::r,g:2000:-,m::rw,o::x");
    assertThat(one.listxattr("/f")).containsExactly(ACCESS.toString());
    fails(Errno.ENODATA, () -> get(one, "/f", DEFAULT));
  }

  @Test
  default void acl_thatIsAMode_becomesOne() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    set(one, "/f", ACCESS, FOR_CAROL);
    set(one, "/f", ACCESS, "u::rwx,g::r,o::x");
    assertThat(one.permissions("/f")).isEqualTo(0741);
    fails(Errno.ENODATA, () -> get(one, "/f", ACCESS));
    assertThat(one.listxattr("/f")).isEmpty();
    set(one, "/f", ACCESS, "u::r,g::rw,m::r,o::-");
    assertThat(get(one, "/f", ACCESS)).isEqualTo("u::r,g::rw,m::r,o::-");
    assertThat(one.permissions("/f")).isEqualTo(0440);
  }

  @Test
  default void acl_removed_leavesTheModeAsItIs() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    set(one, "/f", ACCESS, FOR_CAROL);
    one.removexattr("/f", ACCESS.toString());
    assertThat(one.permissions("/f")).isEqualTo(0660);
    fails(Errno.ENODATA, () -> get(one, "/f", ACCESS));
    one.removexattr("/f", ACCESS.toString());
    set(one, "/f", ACCESS, FOR_CAROL);
    set(one, "/f", ACCESS, new byte[0]);
    fails(Errno.ENODATA, () -> get(one, "/f", ACCESS));
    one.mkdir("/d");
    set(one, "/d", DEFAULT, FOR_CAROL);
    one.removexattr("/d", DEFAULT.toString());
    one.removexattr("/d", DEFAULT.toString());
    fails(Errno.ENODATA, () -> get(one, "/d", DEFAULT));
  }

  @Test
  default void acl_wrongValues_areRefused() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    for (String acl :
        new String[] {
          "u::rw,g::r",
          "g::r,o::-",
          "u::rw,g::r,o::r,o::r",
          "u::rw,u:1003:rw,g::r,o::-",
          "u::rw,g::r,g:2000:r,o::-",
          "u::rw,g::r,u:1003:rw,m::r,o::-",
          "u::rw,u::rw,g::r,o::-",
          "u::rw,g::r,m::r,m::r,o::-",
          "u::rw,m::r,o::-"
        }) {
      fails(Errno.EINVAL, () -> set(one, "/f", ACCESS, acl));
    }
    byte[] good = AclText.parse("u::rw,g::r,o::-");
    for (int length : new int[] {1, 3, 5, 11, good.length - 1}) {
      fails(Errno.EINVAL, () -> set(one, "/f", ACCESS, java.util.Arrays.copyOf(good, length)));
    }
    byte[] version = good.clone();
    version[0] = 1;
    fails(Errno.EOPNOTSUPP, () -> set(one, "/f", ACCESS, version));
    byte[] permission = good.clone();
    permission[6] = 8;
    fails(Errno.EINVAL, () -> set(one, "/f", ACCESS, permission));
    byte[] tag = good.clone();
    tag[4] = 0x40;
    fails(Errno.EINVAL, () -> set(one, "/f", ACCESS, tag));
    byte[] nobody = AclText.parse(FOR_CAROL);
    java.util.Arrays.fill(nobody, 16, 20, (byte) -1);
    fails(Errno.EINVAL, () -> set(one, "/f", ACCESS, nobody));
    assertThat(one.permissions("/f")).isEqualTo(0600);
  }

  @Test
  default void acl_isSetByTheOwnerOnFilesAndDefaultsOnDirectories() throws ErrnoException {
    Actor one = root();
    Actor alice = process(ALICE);
    Actor bob = process(BOB);
    one.file("/f", "", 0666);
    one.chown("/f", ALICE.uid(), TEAM);
    fails(Errno.EPERM, () -> set(bob, "/f", ACCESS, FOR_CAROL));
    fails(Errno.EPERM, () -> bob.removexattr("/f", ACCESS.toString()));
    set(alice, "/f", ACCESS, FOR_CAROL);
    fails(Errno.EACCES, () -> set(alice, "/f", DEFAULT, FOR_CAROL));
    alice.removexattr("/f", DEFAULT.toString());
    one.mknod("/p", Mode.S_IFIFO | 0600, 0);
    set(one, "/p", ACCESS, FOR_CAROL);
    assertThat(get(one, "/p", ACCESS)).isEqualTo(FOR_CAROL);
    one.symlink("f", "/l");
    fails(Errno.EOPNOTSUPP, () -> set(one, "/l", ACCESS, FOR_CAROL));
    fails(Errno.EOPNOTSUPP, () -> get(one, "/l", ACCESS));
    fails(Errno.EOPNOTSUPP, () -> one.removexattr("/l", ACCESS.toString()));
    one.mkdir("/d");
    one.chown("/d", ALICE.uid(), TEAM);
    fails(Errno.EPERM, () -> set(bob, "/d", DEFAULT, FOR_CAROL));
    set(alice, "/d", DEFAULT, FOR_CAROL);
    assertThat(one.listxattr("/d")).containsExactly(DEFAULT.toString());
    assertThat(one.permissions("/d")).isEqualTo(0755);
  }

  @Test
  default void acl_setByNoMemberOfTheGroup_takesSetgid() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.chown("/f", CAROL.uid(), TEAM);
    one.chmod("/f", 02755);
    set(one, "/f", ACCESS, FOR_CAROL);
    assertThat(one.permissions("/f")).isEqualTo(02660);
    set(process(CAROL), "/f", ACCESS, "u::rwx,u:1001:rw,g::r,m::rwx,o::-");
    assertThat(one.permissions("/f")).isEqualTo(0770);
    one.chmod("/f", 02770);
    assertThat(one.permissions("/f")).isEqualTo(02770);
    one.chown("/f", ALICE.uid(), TEAM);
    one.chmod("/f", 02770);
    set(process(ALICE), "/f", ACCESS, FOR_CAROL);
    assertThat(one.permissions("/f")).isEqualTo(02660);
  }

  @Test
  default void chmod_changesTheMaskAndNotTheGroup() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    set(one, "/f", ACCESS, "u::rw,u:1003:rw,g::rw,m::rw,o::-");
    one.chmod("/f", 0715);
    assertThat(get(one, "/f", ACCESS)).isEqualTo("u::rwx,u:1003:rw,g::rw,m::x,o::rx");
    assertThat(one.permissions("/f")).isEqualTo(0715);
    one.chown("/f", ALICE.uid(), TEAM);
    assertThat(get(one, "/f", ACCESS)).isEqualTo("u::rwx,u:1003:rw,g::rw,m::x,o::rx");
  }

  @Test
  default void acl_set_marksTheChange() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    one.mkdir("/d");
    Moment first = target().tick();
    set(one, "/f", ACCESS, FOR_CAROL);
    set(one, "/d", DEFAULT, FOR_CAROL);
    assertThat(first.includes()).accepts(one.stat("/f").ctime(), one.stat("/d").ctime());
    assertThat(first.includes()).rejects(one.stat("/f").mtime(), one.stat("/d").mtime());
    Moment second = target().tick();
    one.removexattr("/f", ACCESS.toString());
    assertThat(second.includes()).accepts(one.stat("/f").ctime());
  }

  // ---- access ----

  @Test
  default void access_isByUserThenGroupsThenOthersWithinTheMask() throws ErrnoException {
    Actor one = root();
    Actor alice = process(ALICE);
    Actor bob = process(BOB);
    Actor carol = process(CAROL);
    String[] acls = {
      "u::r,u:1001:rw,g::rx,m::rwx,o::x",
      "u::r,u:1001:rw,g::rx,m::r,o::x",
      "u::r,u:1001:-,g::rwx,g:2000:rwx,m::rwx,o::rwx",
      "u::r,g::r,g:2000:w,m::rwx,o::rwx",
      "u::r,g::-,g:2000:rw,g:1002:x,m::rwx,o::rwx",
      "u::r,u:1001:rw,u:1003:x,g::rwx,m::-,o::r",
      "u::rwx,u:1003:rwx,g::rwx,g:1001:rwx,g:2000:wx,m::wx,o::-",
      "u::-,g::rwx,o::rwx"
    };
    List<String> seen = new ArrayList<>();
    for (String acl : acls) {
      one.file("/f", "");
      one.chown("/f", CAROL.uid(), 1002);
      set(one, "/f", ACCESS, acl);
      seen.add(rights(alice, "/f") + " " + rights(bob, "/f") + " " + rights(carol, "/f"));
      one.unlink("/f");
    }
    assertThat(seen)
        .containsExactly(
            "rw- r-x r--",
            "r-- r-- r--",
            "--- rwx r--",
            "-w- rw- r--",
            "rw- rwx r--",
            "r-- --- r--", // of a mask that gives nothing Linux looks at the mode alone
            "-wx -wx rwx",
            "rwx rwx ---");
  }

  @Test
  default void access_ofDirectories_guardsTheirNames() throws ErrnoException {
    Actor one = root();
    Actor carol = process(CAROL);
    one.mkdir("/d", 0700);
    one.file("/d/f", "content", 0600);
    fails(Errno.EACCES, () -> carol.stat("/d/f"));
    set(one, "/d", ACCESS, "u::rwx,u:1003:x,g::-,m::rwx,o::-");
    carol.stat("/d/f");
    fails(Errno.EACCES, () -> carol.file("/d/g", ""));
    set(one, "/d", ACCESS, "u::rwx,u:1003:wx,g::-,m::rwx,o::-");
    carol.file("/d/g", "");
    carol.rename("/d/f", "/d/h");
    carol.unlink("/d/g");
    one.chmod("/d", 0710);
    fails(Errno.EACCES, () -> carol.unlink("/d/h"));
    set(one, "/d/h", ACCESS, "u::rw,u:1003:r,g::-,m::r,o::-");
    assertThat(carol.content("/d/h")).isEqualTo("content");
    fails(
        Errno.EACCES, () -> carol.service().open(carol.caller(), one.id("/d/h"), OpenFlags.O_RDWR));
  }

  // ---- what is inherited ----

  @Test
  default void defaultAcl_takesThePlaceOfTheUmask() throws ErrnoException {
    Actor one = root().withUmask(077);
    one.mkdir("/d");
    set(one, "/d", DEFAULT, "u::rwx,u:1003:rx,g::rwx,m::rwx,o::r");
    one.file("/d/f", "", 0666);
    one.mkdir("/d/s", 0770);
    one.mknod("/d/p", Mode.S_IFIFO | 0600, 0);
    one.symlink("t", "/d/l");
    assertThat(get(one, "/d/f", ACCESS)).isEqualTo("u::rw,u:1003:rx,g::rwx,m::rw,o::r");
    assertThat(one.permissions("/d/f")).isEqualTo(0664);
    fails(Errno.ENODATA, () -> get(one, "/d/f", DEFAULT));
    assertThat(get(one, "/d/s", ACCESS)).isEqualTo("u::rwx,u:1003:rx,g::rwx,m::rwx,o::-");
    assertThat(get(one, "/d/s", DEFAULT)).isEqualTo("u::rwx,u:1003:rx,g::rwx,m::rwx,o::r");
    assertThat(get(one, "/d/p", ACCESS)).isEqualTo("u::rw,u:1003:rx,g::rwx,m::-,o::-");
    assertThat(one.permissions("/d/l")).isEqualTo(0777);
    one.file("/d/s/f", "", 0600);
    assertThat(get(one, "/d/s/f", ACCESS)).isEqualTo("u::rw,u:1003:rx,g::rwx,m::-,o::-");
  }

  @Test
  default void defaultAcl_thatIsAMode_isInheritedAsOne() throws ErrnoException {
    Actor one = root().withUmask(0);
    one.mkdir("/d");
    one.chown("/d", 0, TEAM);
    one.chmod("/d", 02777);
    set(one, "/d", DEFAULT, "u::rwx,g::r,o::-");
    one.file("/d/f", "", 0666);
    assertThat(one.permissions("/d/f")).isEqualTo(0640);
    fails(Errno.ENODATA, () -> get(one, "/d/f", ACCESS));
    one.mkdir("/d/s", 0777);
    assertThat(one.permissions("/d/s")).isEqualTo(02740);
    assertThat(get(one, "/d/s", DEFAULT)).isEqualTo("u::rwx,g::r,o::-");
    fails(Errno.ENODATA, () -> get(one, "/d/s", ACCESS));
  }

  @Test
  default void defaultAcl_bindsNamelessFilesToo() throws ErrnoException {
    Actor one = root().withUmask(077);
    one.mkdir("/d");
    set(one, "/d", DEFAULT, FOR_CAROL);
    var opened = one.service().tmpfile(one.caller(), one.id("/d"), OpenFlags.O_RDWR, 0666);
    assertThat(opened.stat().mode() & 0777).isEqualTo(0660);
    one.service().link(one.caller(), opened.stat().id(), one.id("/d"), Name.of("f"));
    assertThat(get(one, "/d/f", ACCESS)).isEqualTo(FOR_CAROL);
    one.service().close(one.caller(), opened.handle());
  }
}

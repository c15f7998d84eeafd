package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.guest.Site.HOST;
import static dev.coterie.check.guest.Site.USERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.util.stream.Stream;

/** Several users of one guest. */
final class UserItems {
  private static final int ANN = 1001;
  private static final int BEN = 1002;

  /** A group that both are in as the guest has it, and neither as the leader has it. */
  private static final int BOTH = 1100;

  private static final String AT = Site.HERE;

  private UserItems() {}

  static Stream<Item> items() {
    return Stream.of(
        Item.of("access=user: two users, each for himself", (site, mode) -> twoUsers(site)),
        Item.of("access=user: sticky and setgid directories", (site, mode) -> directories(site)),
        Item.of("access=user: a forged group is refused", (site, mode) -> forgedGroup(site)),
        Item.of("access=client", (site, mode) -> accessClient(site)),
        Item.of("access=UID", (site, mode) -> accessOne(site)),
        Item.of("a mount without uname", (site, mode) -> withoutUname(site)),
        Item.of("TCP without trust: everybody is nobody", (site, mode) -> untrusted(site)));
  }

  private static void twoUsers(Site site) throws IOException {
    Guest guest = site.a;
    String anns = site.in(USERS, "anns");
    guest.as(ANN);
    guest.put(anns, "secret");
    guest.ok("chmod", anns, "600");
    assertThat(guest.get(anns)).isEqualTo("secret");
    Stat stat = site.java.stat(site.path("anns"));
    assertThat(stat.uid()).isEqualTo(ANN);
    assertThat(stat.gid()).isEqualTo(ANN);
    guest.as(BEN);
    assertThat(guest.open(1, anns, O_RDONLY).errno()).isEqualTo(Errno.EACCES);
    guest.fails(Errno.EPERM, "chmod", anns, "666");
    guest.fails(Errno.EPERM, "chown", anns, BEN, BEN);
    guest.put(site.in(USERS, "bens"), "mine");
    assertThat(guest.stat(site.in(USERS, "bens")).uid()).isEqualTo(BEN);
    guest.as(ANN);
    guest.fails(Errno.EPERM, "chown", anns, BEN, BEN);
    assertThat(guest.open(1, site.in(USERS, "bens"), O_WRONLY).errno()).isEqualTo(Errno.EACCES);
    guest.as(0);
    assertThat(guest.get(anns)).isEqualTo("secret");
    guest.ok("chown", anns, BEN, BEN);
    guest.as(BEN);
    assertThat(guest.get(anns)).isEqualTo("secret");
    guest.as(ANN);
    assertThat(guest.open(1, anns, O_RDONLY).errno()).isEqualTo(Errno.EACCES);
  }

  private static void directories(Site site) throws IOException {
    Guest guest = site.a;
    site.java.mkdir(site.path("sticky"), 0755);
    site.java.chmod(site.path("sticky"), 01777);
    guest.as(ANN);
    guest.put(site.in(USERS, "sticky/anns"), "x");
    guest.as(BEN);
    guest.fails(Errno.EPERM, "unlink", site.in(USERS, "sticky/anns"));
    guest.fails(
        Errno.EPERM, "rename", site.in(USERS, "sticky/anns"), site.in(USERS, "sticky/bens"));

    site.java.mkdir(site.path("team"), 0755);
    site.java.chown(site.path("team"), 0, BOTH);
    site.java.chmod(site.path("team"), 02777);
    guest.put(site.in(USERS, "team/f"), "x");
    guest.mkdir(site.in(USERS, "team/d"), 0755).ok();
    guest.ok("symlink", "f", site.in(USERS, "team/l"));
    guest.ok("mknod", site.in(USERS, "team/p"), "10644", 0);
    for (String name : new String[] {"f", "d", "l", "p"}) {
      Stat stat = site.java.lstat(site.path("team/" + name));
      assertThat(stat.gid()).as(name).isEqualTo(BOTH);
      assertThat(stat.uid()).as(name).isEqualTo(BEN);
      assertThat(stat.mode() & Mode.S_ISGID)
          .as(name)
          .isEqualTo(name.equals("d") ? Mode.S_ISGID : 0);
    }
  }

  /** The leader has its own mind on who is in a group: the guest's does not count. */
  private static void forgedGroup(Site site) throws IOException {
    Guest guest = site.a;
    guest.ok("as", ANN, BOTH);
    assertThat(guest.open(1, site.in(USERS, "f"), O_WRONLY | O_CREAT).errno())
        .isEqualTo(Errno.EPERM);
    assertThat(guest.mkdir(site.in(USERS, "d"), 0755).errno()).isEqualTo(Errno.EPERM);
    guest.fails(Errno.EPERM, "symlink", "x", site.in(USERS, "l"));
    guest.fails(Errno.EPERM, "mknod", site.in(USERS, "p"), "10644", 0);
    assertThat(site.java.list(site.path(), false)).isEmpty();
    guest.ok("as", ANN, ANN, BOTH);
    guest.put(site.in(USERS, "f"), "x");
    guest.fails(Errno.EPERM, "chown", site.in(USERS, "f"), ANN, BOTH);
    assertThat(site.java.stat(site.path("f")).gid()).isEqualTo(ANN);
  }

  private static void accessClient(Site site) throws IOException {
    site.mount(site.a, AT, "access=client,posixacl,cache=none");
    String file = AT + site.path("f");
    site.a.as(ANN);
    site.a.put(file, "secret");
    site.a.ok("chmod", file, "600");
    site.a.as(BEN);
    assertThat(site.a.open(1, file, O_RDONLY).errno()).isEqualTo(Errno.EACCES);
    site.a.as(0);
    assertThat(site.java.stat(site.path("f")).uid()).isEqualTo(ANN);
    site.umount(site.a, AT);
  }

  /** One user for the mount: others are refused by the kernel. Files belong to uname's user. */
  private static void accessOne(Site site) throws IOException {
    site.mount(site.a, AT, "access=" + ANN + ",cache=none");
    site.a.as(ANN);
    site.a.put(AT + site.path("f"), "x");
    site.a.as(BEN);
    site.a.fails(Errno.EPERM, "stat", AT + site.path("f"));
    site.a.as(0);
    assertThat(site.java.stat(site.path("f")).uid()).isZero();
    site.umount(site.a, AT);
  }

  /** Linux says nobody then; with access=user each user still says for himself who he is. */
  private static void withoutUname(Site site) throws IOException {
    String options = site.options("cache=none,").replace("uname=root,", "");
    site.a.sh("mkdir -p " + AT);
    site.a.ok("mount", HOST, AT, options + "access=any");
    // The group of whoever creates is sent along, and nobody is not in root's.
    assertThat(site.a.open(1, AT + site.path("any"), O_WRONLY | O_CREAT).errno())
        .isEqualTo(Errno.EPERM);
    site.a.ok("as", ANN, Caller.NOBODY.gid());
    site.a.put(AT + site.path("any"), "x");
    assertThat(site.java.stat(site.path("any")).uid()).isEqualTo(Caller.NOBODY.uid());
    site.a.as(0);
    site.umount(site.a, AT);
    site.a.ok("mount", HOST, AT, options + "access=user");
    site.a.put(AT + site.path("roots"), "x");
    site.a.as(ANN);
    site.a.put(AT + site.path("anns"), "x");
    site.a.as(0);
    assertThat(site.java.stat(site.path("roots")).uid()).isZero();
    assertThat(site.java.stat(site.path("anns")).uid()).isEqualTo(ANN);
    site.umount(site.a, AT);
  }

  /** Root of a guest is nobody to a leader that was not told to believe it. */
  private static void untrusted(Site site) throws IOException {
    try (Leader other =
        Leader.builder().mount("/", TmpFs.Options.defaults().factory()).tcp(0, false).start()) {
      site.a.sh("mkdir -p " + AT);
      site.a.ok("mount", HOST, AT, Site.options(other.tcpPort(), "access=user,cache=none"));
      try (Tree inside = Tree.of(other.openSession(), Caller.ROOT)) {
        inside.mkdir("/roots", 0755);
        inside.mkdir("/open", 0755);
        inside.chmod("/open", 0777);
        assertThat(site.a.open(1, AT + "/roots/f", O_WRONLY | O_CREAT).errno())
            .isEqualTo(Errno.EACCES);
        site.a.put(AT + "/open/f", "x");
        assertThat(inside.stat("/open/f").uid()).isEqualTo(Caller.NOBODY.uid());
        assertThat(inside.stat("/open/f").gid()).isEqualTo(Caller.NOBODY.gid());
        site.a.fails(Errno.EPERM, "chown", AT + "/open/f", ANN, ANN);
      }
      site.umount(site.a, AT);
    }
  }
}

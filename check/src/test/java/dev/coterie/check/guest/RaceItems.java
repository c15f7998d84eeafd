package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.guest.Site.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Where only one can be the first, exactly one is: two mounts, two guests and a Java client. */
final class RaceItems {
  private static final int NAMES = Boolean.getBoolean("coterie.full") ? 2000 : 150;

  private RaceItems() {}

  static Stream<Item> items() {
    return Stream.of("create", "mkdir", "link", "unlink", "rename")
        .map(how ->
            new Item(
                how + " of one name by four: one wins", NONE, (site, mode) -> race(site, how)));
  }

  private static void race(Site site, String how) throws IOException {
    if (how.equals("unlink") || how.equals("rename")) {
      for (int i = 0; i < NAMES; i++) {
        site.java.mknod(site.path(Integer.toString(i)), 0100644, 0);
      }
    }
    site.java.mknod(site.path("origin"), 0100644, 0);
    spawn(site, site.a, "first", NONE, how);
    spawn(site, site.a, "second", SECOND, how);
    spawn(site, site.b, "third", NONE, how);
    StringBuilder mine = new StringBuilder();
    for (int i = 0; i < NAMES; i++) {
      mine.append(claims(site, how, Integer.toString(i)) ? '1' : '0');
    }
    List<String> won =
        List.of(
            site.a.ok("await", "first").text(0),
            site.a.ok("await", "second").text(0),
            site.b.ok("await", "third").text(0),
            mine.toString());
    for (int i = 0; i < NAMES; i++) {
      int name = i;
      assertThat(won.stream().filter(wins -> wins.charAt(name) == '1').count())
          .as("%s of %s: %s", how, i, won)
          .isEqualTo(1);
    }
  }

  /** The last word is what the command wants: the origin of a link, the prefix of a new name. */
  private static void spawn(Site site, Guest guest, String job, String mount, String how)
      throws IOException {
    String directory = site.in(mount);
    String last = how.equals("link") ? directory + "/origin" : job;
    guest.ok("spawn", job, "claim", directory, NAMES, how, last);
  }

  private static boolean claims(Site site, String how, String name) throws IOException {
    Tree tree = site.java;
    String path = site.path(name);
    try {
      switch (how) {
        case "create" -> tree.open(path, O_WRONLY | O_CREAT | O_EXCL, 0644).close();
        case "mkdir" -> tree.mkdir(path, 0755);
        case "link" -> tree.link(site.path("origin"), path, false);
        case "unlink" -> tree.unlink(path);
        default -> tree.rename(path, site.path("java" + name), 0);
      }
      return true;
    } catch (ErrnoException e) {
      assertThat(e.errno()).isIn(Errno.EEXIST, Errno.ENOENT);
      return false;
    }
  }
}

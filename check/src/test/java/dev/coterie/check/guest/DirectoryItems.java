package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.guest.Site.LOOSE;
import static dev.coterie.check.guest.Site.NONE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.check.guest.Item.NotOffered;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Directories that are read, removed and renamed while they are open. */
final class DirectoryItems {
  private static final int LARGE = Boolean.getBoolean("coterie.full") ? 100_000 : 10_000;
  private static final int ENTRIES = 600;
  private static final Set<Class<?>> RENAMES = Set.of(Operation.Rename.class);

  private DirectoryItems() {}

  static Stream<Item> items() {
    return Stream.of(
            Item.each("rm -rf", List.of(NONE, LOOSE), DirectoryItems::removeTree),
            Item.each("removal below open directories", MountItems.ALL, DirectoryItems::removeOpen),
            Item.each("readdir while entries are removed", MountItems.ALL, DirectoryItems::readdir),
            Item.each("readdir goes on at a remembered place", List.of(NONE), DirectoryItems::seek),
            Item.each("a directory of " + LARGE, List.of(NONE, LOOSE), DirectoryItems::large),
            Item.each("an open directory is renamed", MountItems.ALL, DirectoryItems::renameOpen),
            Item.each("rename with flags", List.of(NONE), DirectoryItems::renameFlags))
        .flatMap(stream -> stream);
  }

  private static void removeTree(Site site, String mode) throws IOException {
    String top = site.in(mode, "top");
    site.a.sh(
        "mkdir -p "
            + top
            + "/a/b/c/d/e "
            + top
            + "/x/y && cd "
            + top
            + " && for d in . a a/b a/b/c a/b/c/d x x/y; do touch $d/1 $d/2 $d/3; done"
            + " && ln -s a/b link && chmod 0 a/b/c/1");
    site.a.sh("rm -rf " + top);
    assertThat(site.java.list(site.path(), false)).isEmpty();
    assertThat(site.a.status("test -e " + top)).isEqualTo(1);
  }

  /** As fts(3) does it: by descriptors of directories, which stay open when those are removed. */
  private static void removeOpen(Site site, String mode) throws IOException {
    Guest guest = site.a;
    guest.mkdir(site.in(mode, "d"), 0755).ok();
    guest.open(1, site.in(mode, "d"), O_RDONLY | O_DIRECTORY).ok();
    guest.mkdir("@1:e", 0755).ok();
    guest.open(2, "@1:e", O_RDONLY | O_DIRECTORY).ok();
    for (int i = 0; i < 5; i++) {
      guest.open(3, "@2:f" + i, O_RDWR | O_CREAT).ok();
      guest.close(3);
    }
    assertThat(guest.ok("getdents", 2, 4096).size()).isEqualTo(7);
    for (int i = 0; i < 5; i++) {
      guest.ok("unlink", "@2:f" + i);
    }
    guest.ok("rmdir", "@1:e");
    guest.ok("lseek", 2, 0, 0);
    assertThat(emptyOrGone(guest.ask("getdents", 2, 4096))).isTrue();
    assertThat(guest.open(3, "@2:late", O_RDWR | O_CREAT).errno()).isEqualTo(Errno.ENOENT);
    guest.ok("rmdir", site.in(mode, "d"));
    assertThat(site.java.list(site.path(), false)).isEmpty();
    try {
      UnlinkedItems.fstat(site, mode, guest, 2);
    } finally {
      guest.close(1);
      guest.close(2);
    }
  }

  /** A removed directory has no entries, or its reading is refused with ENOENT. */
  private static boolean emptyOrGone(Answer answer) {
    return answer.isOk() ? answer.size() <= 2 : answer.errno() == Errno.ENOENT;
  }

  private static List<String> names(Answer answer) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < answer.size(); i++) {
      names.add(answer.text(i));
    }
    return names;
  }

  /** What stays all the time is seen exactly once, and nothing twice. */
  private static void readdir(Site site, String mode) throws IOException {
    String directory = site.path("d");
    site.java.mkdir(directory, 0755);
    for (int i = 0; i < ENTRIES; i++) {
      site.java.mknod(directory + "/entry" + i, 0100644, 0);
    }
    site.a.open(1, site.in(mode, "d"), O_RDONLY | O_DIRECTORY).ok();
    List<String> seen = new ArrayList<>();
    Set<String> gone = new HashSet<>();
    for (int part = 0; ; part++) {
      List<String> names = names(site.a.ok("getdents", 1, 700));
      if (names.isEmpty()) {
        break;
      }
      seen.addAll(names);
      for (int k = 0; k < 10; k++) {
        String name = "entry" + site.random.nextInt(ENTRIES);
        if (gone.add(name)) {
          site.java.unlink(directory + "/" + name);
        }
      }
      // Not for ever: what is new may be seen, and then there would be no end.
      if (part < ENTRIES / 20) {
        site.java.mknod(directory + "/new" + part, 0100644, 0);
      }
    }
    site.a.close(1);
    assertThat(seen).doesNotHaveDuplicates();
    Set<String> stayed = new HashSet<>();
    for (int i = 0; i < ENTRIES; i++) {
      stayed.add("entry" + i);
    }
    stayed.removeAll(gone);
    assertThat(gone).isNotEmpty();
    assertThat(seen).containsAll(stayed);
  }

  /** telldir and seekdir: the offset of an entry leads behind it, also when that one is gone. */
  private static void seek(Site site, String mode) throws IOException {
    String directory = site.path("d");
    site.java.mkdir(directory, 0755);
    for (int i = 0; i < ENTRIES; i++) {
      site.java.mknod(directory + "/entry" + i, 0100644, 0);
    }
    site.a.open(1, site.in(mode, "d"), O_RDONLY | O_DIRECTORY).ok();
    List<String> first = names(site.a.ok("getdents", 1, 2000));
    long place = site.a.ok("lseek", 1, 0, 1).number(0);
    List<String> rest = names(site.a.ok("getdents", 1, 4_000_000 / 2));
    for (String name : first) {
      if (name.startsWith("entry")) {
        site.b.ok("unlink", site.in(mode, "d/" + name));
      }
    }
    site.b.ok("unlink", site.in(mode, "d/" + rest.getFirst()));
    site.a.ok("lseek", 1, place, 0);
    List<String> again = new ArrayList<>();
    for (List<String> more = names(site.a.ok("getdents", 1, 2000));
        !more.isEmpty();
        more = names(site.a.ok("getdents", 1, 2000))) {
      again.addAll(more);
    }
    site.a.close(1);
    assertThat(again).doesNotHaveDuplicates().doesNotContainAnyElementsOf(first);
    assertThat(again).hasSize(ENTRIES - (first.size() - 2) - 1);
  }

  private static void large(Site site, String mode) throws IOException {
    String directory = site.path("d");
    site.java.mkdir(directory, 0755);
    long sum = 0;
    for (int i = 0; i < LARGE; i++) {
      String name = "entry-" + i;
      site.java.mknod(directory + "/" + name, 0100644, 0);
      sum += Content.fnv(name.getBytes(UTF_8));
    }
    for (Guest guest : List.of(site.a, site.b)) {
      Answer counted = guest.ok("count", site.in(mode, "d"));
      assertThat(counted.number(0)).isEqualTo(LARGE);
      assertThat(counted.text(1)).isEqualTo("%016x".formatted(sum));
    }
  }

  private static void renameOpen(Site site, String mode) throws IOException {
    Guest guest = site.a;
    guest.mkdir(site.in(mode, "d"), 0755).ok();
    guest.mkdir(site.in(mode, "other"), 0755).ok();
    guest.put(site.in(mode, "d/f"), "one");
    guest.open(1, site.in(mode, "d"), O_RDONLY | O_DIRECTORY).ok();
    guest.open(2, "@1:f", O_RDWR).ok();
    guest.ok("rename", site.in(mode, "d"), site.in(mode, "other/e"));
    assertThat(guest.pread(2, 10, 0)).isEqualTo("one");
    assertThat(guest.stat("@1:f").size()).isEqualTo(3);
    guest.put(site.in(mode, "other/e/g"), "two");
    assertThat(names(guest.ok("getdents", 1, 4096))).contains("f", "g");
    guest.open(3, "@1:h", O_RDWR | O_CREAT).ok();
    guest.close(3);
    // In loose mode of 6.1 what is written is the guest's own until then.
    guest.sh("sync");
    assertThat(site.b.get(site.in(NONE, "other/e/f"))).isEqualTo("one");

    // And by another client: what is open goes on, by descriptors.
    site.java.rename(site.path("other"), site.path("moved"), 0);
    assertThat(guest.pread(2, 10, 0)).isEqualTo("one");
    guest.ok("pwrite", 2, "ONE", 0);
    guest.ok("fsync", 2);
    assertThat(guest.fstat(1).mode() & 0170000).isEqualTo(0040000);
    guest.open(3, "@1:late", O_RDWR | O_CREAT).ok();
    guest.close(3);
    guest.close(2);
    guest.close(1);
    assertThat(site.b.get(site.in(NONE, "moved/e/f"))).isEqualTo("ONE");
    assertThat(site.java.stat(site.path("moved/e/late")).isRegular()).isTrue();
  }

  private static void renameFlags(Site site, String mode) throws Exception {
    site.a.put(site.in(mode, "f"), "one");
    site.a.put(site.in(mode, "g"), "two");
    int noReplace = 1;
    int exchange = 2;
    String from = site.in(mode, "f");
    assertThat(unheardRename(site, from, site.in(mode, "h"), noReplace)).isEqualTo(Errno.EINVAL);
    assertThat(unheardRename(site, from, site.in(mode, "g"), exchange)).isEqualTo(Errno.EINVAL);
    throw new NotOffered("refused by the kernel with EINVAL");
  }

  private static Errno unheardRename(Site site, String from, String to, int flags)
      throws Exception {
    return Item.unheard(site, RENAMES, () -> site.a.ask("rename", from, to, flags).errno());
  }
}

package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Readdir;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Listing directories. */
interface ReaddirChecks extends Checks {
  private static List<DirEntry> page(Actor one, long handle, long cookie, int bytes)
      throws ErrnoException {
    return one.service().readdir(one.caller(), handle, cookie, bytes, false);
  }

  @Test
  default void readdir_ofEmptyDirectory_givesDotsOnly() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    List<DirEntry> entries = one.entries("/d");
    assertThat(entries).extracting(DirEntry::name).containsExactly(Name.DOT, Name.DOT_DOT);
    assertThat(entries.get(0).id()).isEqualTo(id);
    assertThat(entries.get(1).id()).isEqualTo(one.root());
    assertThat(entries).allMatch(entry -> entry.type() == 4);
  }

  @Test
  default void readdir_givesNamesIdentitiesAndTypes() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/file", "");
    one.mkdir("/d/dir");
    one.symlink("t", "/d/link");
    one.mknod("/d/fifo", Mode.S_IFIFO | 0600, 0);
    one.mknod("/d/sock", Mode.S_IFSOCK | 0600, 0);
    one.mknod("/d/char", Mode.S_IFCHR | 0600, 1);
    one.mknod("/d/block", Mode.S_IFBLK | 0600, 1);
    Map<String, Integer> types = new TreeMap<>();
    for (DirEntry entry : one.entries("/d")) {
      if (!entry.name().isDots()) {
        types.put(entry.name().toString(), entry.type());
        assertThat(entry.id()).isEqualTo(one.id("/d/" + entry.name()));
        assertThat(entry.stat()).isNull();
      }
    }
    assertThat(types)
        .isEqualTo(
            Map.of("file", 8, "dir", 4, "link", 10, "fifo", 1, "sock", 12, "char", 2, "block", 6));
  }

  @Test
  default void readdir_withAttributes_givesThem() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/f", "text");
    one.mkdir("/d/e");
    long handle = one.open("/d", O_RDONLY);
    List<DirEntry> entries = one.service().readdir(one.caller(), handle, 0, 4096, true);
    assertThat(entries).hasSize(4);
    for (DirEntry entry : entries) {
      if (!entry.name().equals(Name.DOT_DOT)) {
        // The listing itself may mark the access time of what it lists.
        assertThat(entry.stat())
            .usingRecursiveComparison()
            .ignoringFields(entry.name().equals(Name.DOT) ? "atime" : "none")
            .isEqualTo(one.stat("/d/" + entry.name()));
      }
    }
  }

  @Test
  default void readdir_inPagesOfAnySize_givesEachOnce() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    for (int i = 0; i < 50; i++) {
      one.file("/d/" + "n".repeat(i) + i, "");
    }
    long handle = one.open("/d", O_RDONLY);
    for (int bytes : new int[] {100, 333, 1000, 100_000}) {
      List<DirEntry> all = new ArrayList<>();
      long cookie = 0;
      for (List<DirEntry> page = page(one, handle, cookie, bytes);
          !page.isEmpty();
          page = page(one, handle, cookie, bytes)) {
        int used = page.stream().mapToInt(e -> Readdir.ENTRY_BYTES + e.name().length()).sum();
        assertThat(used).isLessThanOrEqualTo(bytes);
        all.addAll(page);
        cookie = page.getLast().cookie();
      }
      assertThat(all).hasSize(52);
      assertThat(all).extracting(DirEntry::name).doesNotHaveDuplicates();
    }
  }

  @Test
  default void readdir_afterAnyCookie_goesOnBehindIt() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    for (int i = 0; i < 20; i++) {
      one.file("/d/" + i, "");
    }
    long handle = one.open("/d", O_RDONLY);
    List<DirEntry> all = page(one, handle, 0, 100_000);
    for (int i = 0; i < all.size(); i++) {
      List<DirEntry> rest = page(one, handle, all.get(i).cookie(), 100_000);
      assertThat(rest).isEqualTo(all.subList(i + 1, all.size()));
    }
  }

  @Test
  default void readdir_intoTooLittleSpace_isEinval() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/" + "n".repeat(200), "");
    long handle = one.open("/d", O_RDONLY);
    fails(Errno.EINVAL, () -> page(one, handle, 0, Readdir.ENTRY_BYTES));
    List<DirEntry> dots = page(one, handle, 0, 100);
    assertThat(dots).hasSize(2);
    fails(Errno.EINVAL, () -> page(one, handle, dots.getLast().cookie(), 100));
    fails(Errno.EINVAL, () -> page(one, handle, 0, -1));
  }

  @Test
  default void readdir_atTheEnd_isEmptyAgainAndAgain() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    long handle = one.open("/d", O_RDONLY);
    long end = page(one, handle, 0, 4096).getLast().cookie();
    assertThat(page(one, handle, end, 4096)).isEmpty();
    assertThat(page(one, handle, end, 1)).isEmpty();
    assertThat(page(one, handle, Long.MAX_VALUE, 4096)).isEmpty();
  }

  @Test
  default void readdir_ofOtherThanDirectories_isEnotdir() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    fails(Errno.ENOTDIR, () -> page(one, handle, 0, 4096));
  }

  @Test
  default void readdir_fromNegativeCookie_isEinval() throws ErrnoException {
    Actor one = root();
    long handle = one.open("/", O_RDONLY);
    fails(Errno.EINVAL, () -> page(one, handle, -1, 4096));
  }

  @Test
  default void readdir_afterRename_showsTheNewNameOnly() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    one.file("/d/a", "");
    one.file("/d/b", "");
    one.rename("/d/a", "/d/c");
    assertThat(one.names("/d")).containsExactlyInAnyOrder("b", "c");
    one.rename("/d/c", "/d/b");
    assertThat(one.names("/d")).containsExactly("b");
  }

  @Test
  default void readdir_whileEntriesComeAndGo_givesStableOnesOnce() throws Exception {
    Actor one = root();
    Actor changer = root();
    one.mkdir("/d");
    for (int i = 0; i < 100; i++) {
      one.file("/d/stable" + i, "");
      one.file("/d/old" + i, "");
    }
    Checks.together(
        2,
        p -> {
          if (p == 0) {
            for (int i = 0; i < 100; i++) {
              changer.unlink("/d/old" + i);
              changer.file("/d/new" + i, "");
              changer.rename("/d/new" + i, "/d/newer" + i);
            }
            return 0;
          }
          long handle = one.open("/d", O_RDONLY);
          for (int round = 0; round < 20; round++) {
            requireStableOnce(one, handle);
          }
          return 0;
        });
  }

  private static void requireStableOnce(Actor one, long handle) throws ErrnoException {
    List<String> seen = new ArrayList<>();
    long cookie = 0;
    for (List<DirEntry> page = page(one, handle, cookie, 300);
        !page.isEmpty();
        page = page(one, handle, cookie, 300)) {
      page.forEach(entry -> seen.add(entry.name().toString()));
      cookie = page.getLast().cookie();
    }
    Map<String, Long> counts =
        seen.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertThat(counts.values()).containsOnly(1L);
    assertThat(counts.keySet().stream().filter(name -> name.startsWith("stable"))).hasSize(100);
  }

  @Test
  default void readdir_ofManyEntries_isComplete() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    InodeId dir = one.id("/d");
    for (int i = 0; i < 5000; i++) {
      one.service().mknod(one.caller(), dir, Name.of("n" + i), 0100644, 0);
    }
    assertThat(one.names("/d")).hasSize(5000).doesNotHaveDuplicates();
  }
}

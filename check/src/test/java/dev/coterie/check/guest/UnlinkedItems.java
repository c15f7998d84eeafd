package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.guest.Site.LOOSE;
import static dev.coterie.check.guest.Site.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.check.guest.Item.NotOffered;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Stream;

/** Files that have no name any more. */
final class UnlinkedItems {
  private static final Set<Class<?>> GETATTR = Set.of(Operation.Getattr.class);
  private static final Set<Class<?>> LOOKUP = Set.of(Operation.Lookup.class);

  private UnlinkedItems() {}

  private interface Removal {
    void remove(Site site, String mode) throws IOException;
  }

  static Stream<Item> items() {
    return Stream.of(
            of("unlinked by itself", (site, mode) -> site.a.ok("unlink", site.in(mode, "f"))),
            of(
                "unlinked by another guest",
                (site, mode) -> site.b.ok("unlink", site.in(NONE, "f"))),
            of("unlinked by Java", (site, mode) -> site.java.unlink(site.path("f"))),
            of(
                "renamed over by another guest",
                (site, mode) -> {
                  site.b.put(site.in(NONE, "g"), "the other");
                  site.b.ok("rename", site.in(NONE, "g"), site.in(NONE, "f"));
                }))
        .flatMap(stream -> stream);
  }

  private static Stream<Item> of(String how, Removal removal) {
    return Item.each(
        "open file " + how + ": fstat, ftruncate, write",
        MountItems.ALL,
        (site, mode) -> {
          site.a.open(1, site.in(mode, "f"), O_RDWR | O_CREAT).ok();
          try {
            goesOn(site, mode, removal);
          } finally {
            site.a.close(1);
          }
        });
  }

  private static void goesOn(Site site, String mode, Removal removal) throws Exception {
    Guest guest = site.a;
    guest.write(1, "content");
    removal.remove(site, mode);
    GuestStat stat = fstat(site, mode, guest, 1);
    assertThat(stat.size()).isEqualTo(7);
    if (!mode.equals(LOOSE)) {
      assertThat(stat.nlink()).isZero();
    }
    guest.ok("ftruncate", 1, 3);
    assertThat(fstat(site, mode, guest, 1).size()).isEqualTo(3);
    guest.ok("pwrite", 1, "tinued", 3);
    assertThat(fstat(site, mode, guest, 1).size()).isEqualTo(9);
    assertThat(guest.pread(1, 100, 0)).isEqualTo("continued");
    guest.ok("fchmod", 1, "600");
    assertThat(fstat(site, mode, guest, 1).mode() & 07777).isEqualTo(0600);
    guest.ok("fsync", 1);
  }

  /**
   * fstat(2) of what was unlinked. Linux 6.1 in its cached modes may walk to the name once more
   * instead of asking by the fid it has, and then finds none.
   */
  static GuestStat fstat(Site site, String mode, Guest guest, int slot) throws IOException {
    long getattrs = site.watch.count(GETATTR);
    long lookups = site.watch.count(LOOKUP);
    Answer answer = guest.ask("fstat", slot);
    boolean askedByName =
        site.watch.count(GETATTR) == getattrs && site.watch.count(LOOKUP) > lookups;
    if (site.is("6.1") && !mode.equals(NONE) && !answer.isOk() && askedByName) {
      assertThat(answer.errno()).isEqualTo(Errno.ENOENT);
      throw new NotOffered("the kernel looks for the name again, though it has a fid");
    }
    return GuestStat.of(answer.ok());
  }
}

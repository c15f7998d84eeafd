package dev.coterie.check.guest;

import static dev.coterie.check.guest.Site.HOST;
import static dev.coterie.check.guest.Site.LOOSE;
import static dev.coterie.check.guest.Site.MMAP;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.guest.Site.READAHEAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.StatFs;
import dev.coterie.check.guest.Item.NotOffered;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Mounting: cache modes, frame sizes, trees. */
final class MountItems {
  static final List<String> ALL = List.of(NONE, READAHEAD, MMAP, LOOSE);

  private static final String AT = Site.HERE;
  private static final int BYTES = 1_500_000;

  private MountItems() {}

  static Stream<Item> items() {
    return Stream.of(
            Item.each("mount, statfs, unmount", ALL, MountItems::mounts),
            Stream.of(4096, 65_536, 1 << 20)
                .map(msize -> Item.of("msize " + msize, (site, mode) -> msize(site, msize))),
            Stream.of(
                Item.of("msize above the largest", (site, mode) -> msizeTooLarge(site)),
                Item.of("msize below 4096", (site, mode) -> msizeTooSmall(site)),
                Item.of("mount of a directory of the tree (aname)", (site, mode) -> subtree(site))))
        .flatMap(stream -> stream);
  }

  private static void mounts(Site site, String mode) throws IOException {
    int before = site.awaitNoOtherConnection();
    site.mount(site.a, AT, "access=any,cache=" + mode);
    assertThat(site.a.sh("cat /proc/mounts")).contains(HOST + " " + AT + " 9p ");
    Answer there = site.a.ok("statfs", AT);
    StatFs here = site.java.statfs("/");
    assertThat(there.number(0)).as("type").isEqualTo(here.type());
    assertThat(there.number(1)).as("block size").isEqualTo(here.bsize());
    assertThat(there.number(2)).as("blocks").isEqualTo(here.blocks());
    assertThat(there.number(3)).as("free blocks").isEqualTo(here.bfree());
    assertThat(there.number(4)).as("available blocks").isEqualTo(here.bavail());
    assertThat(there.number(5)).as("inodes").isEqualTo(here.files());
    assertThat(there.number(6)).as("free inodes").isEqualTo(here.ffree());
    assertThat(there.number(7)).as("length of names").isEqualTo(here.namelen());
    assertThat(site.leader.counts().connections()).isEqualTo(before + 1);
    site.umount(site.a, AT);
    site.awaitConnections(before);
  }

  private static void msize(Site site, int msize) throws IOException {
    site.mount(site.a, AT, "access=any,cache=none,msize=" + msize);
    assertThat(site.a.sh("grep " + AT + " /proc/mounts")).contains("msize=" + msize);
    String file = AT + site.path("f");
    site.a.open(1, file, OpenFlags.O_RDWR | OpenFlags.O_CREAT).ok();
    long seed = site.random.nextInt();
    site.a.ok("fill", 1, 0, BYTES, seed, 700_001);
    assertThat(read(site, "f")).isEqualTo(Content.of(seed, BYTES));

    site.a.ok("lseek", 1, 0, 0);
    Answer sum = site.a.ok("sum", 1, 1 << 20);
    site.a.close(1);
    assertThat(sum.number(0)).isEqualTo(BYTES);
    assertThat(sum.text(1)).isEqualTo(Content.sum(Content.of(seed, BYTES)));

    String many = AT + site.path("many");
    site.a.mkdir(many, 0755).ok();
    site.a.ok("populate", many, 200, "an-entry-of-some-length-".repeat(4));
    assertThat(site.a.ok("count", many).number(0)).isEqualTo(200);
    byte[] value = Content.of(seed, 10_000);
    site.a.ok("xset", file, "user.large", value, 0);
    assertThat(site.a.ok("xget", file, "user.large", 1 << 16).bytes(1)).isEqualTo(value);
    assertThat(site.java.getxattr(site.path("f"), "user.large", true)).isEqualTo(value);
    site.umount(site.a, AT);
  }

  /** All of a file, by the Java client. */
  static byte[] read(Site site, String name) throws IOException {
    try (OpenFile file = site.java.open(site.path(name), OpenFlags.O_RDONLY, 0)) {
      ByteBuffer all = ByteBuffer.allocate((int) file.fstat().size());
      while (all.hasRemaining() && file.read(all) > 0) {}
      assertThat(all.hasRemaining()).as("short read of " + name).isFalse();
      return all.array();
    }
  }

  /** Linux asks for no more than 1 MiB over TCP, whatever the option says. */
  private static void msizeTooLarge(Site site) throws IOException {
    site.mount(site.a, AT, "access=any,cache=none,msize=4000000");
    assertThat(site.a.sh("grep " + AT + " /proc/mounts")).contains("msize=1048576");
    site.umount(site.a, AT);
  }

  private static void msizeTooSmall(Site site) throws Exception {
    int before = site.awaitNoOtherConnection();
    Answer answer =
        Item.unheard(
            site, Set.of(), () -> site.a.ask("mount", HOST, AT, site.options("msize=4095")));
    assertThat(answer.isOk()).isFalse();
    site.awaitConnections(before);
    throw new NotOffered("refused by the kernel with " + answer.errno());
  }

  private static void subtree(Site site) throws IOException {
    site.java.mkdir(site.path("d"), 0755);
    site.java.mkdir(site.path("d/e"), 0755);
    site.mount(site.a, AT, "access=any,cache=none,aname=" + site.path("d"));
    assertThat(site.a.sh("ls " + AT)).isEqualTo("e\n");
    site.a.put(AT + "/e/f", "deep");
    assertThat(read(site, "d/e/f")).asString().isEqualTo("deep");
    assertThat(site.a.sh("ls " + AT + "/..")).as("outside").contains("here");
    site.a.sh("mkdir -p /mnt/other");
    site.a.fails(
        Errno.ENOENT, "mount", HOST, "/mnt/other", site.options("aname=" + site.path("missing")));
    site.umount(site.a, AT);
  }
}

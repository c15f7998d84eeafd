package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.check.guest.Site.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.client.Client;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** A source tree is copied in by a guest while Java reads it. */
final class TreeItems {
  private static final int FILES = Boolean.getBoolean("coterie.full") ? 2000 : 400;
  private static final int PER_DIRECTORY = 40;

  private TreeItems() {}

  static Stream<Item> items() {
    return Item.each(
        "a tree of " + FILES + " files is copied in while Java reads",
        List.of(NONE),
        TreeItems::copy);
  }

  /** What a reader has seen while the copy went on. */
  private record Seen(int rounds, int absent, int partial, int complete) {}

  private static void copy(Site site, String mode) throws Exception {
    long seed = site.random.nextInt(1_000_000);
    byte[][] contents = new byte[FILES][];
    for (int i = 0; i < FILES; i++) {
      contents[i] = Content.of(seed + i, Content.sizeOfMade(seed + i, i));
    }
    site.a.sh("rm -rf /tmp/tree && mkdir /tmp/tree");
    site.a.ok("make", "/tmp/tree", FILES, seed);
    AtomicBoolean over = new AtomicBoolean();
    Seen seen;
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Callable<Seen> reading = () -> read(site, contents, over);
      Future<Seen> reader = threads.submit(reading);
      try {
        site.a.sh("cp -a /tmp/tree " + site.in(mode));
      } finally {
        over.set(true);
      }
      seen = reader.get();
    }
    assertThat(seen.rounds()).as("%s", seen).isPositive();
    assertThat(seen.complete()).as("%s", seen).isPositive();
    for (int i = 0; i < FILES; i++) {
      String path = "tree/d" + i / PER_DIRECTORY + "/f" + i;
      Stat stat = site.java.stat(site.path(path));
      assertThat(stat.mode() & 07777).as(path).isEqualTo(i % 7 == 0 ? 0755 : 0640);
      assertThat(stat.mtime().seconds()).as(path).isEqualTo(1_000_000_000L + i);
      assertThat(MountItems.read(site, path)).as(path).isEqualTo(contents[i]);
    }
    String sums = "cd %s && find . -type f | sort | xargs sha1sum | sha1sum";
    assertThat(site.b.sh(sums.formatted(site.in(mode, "tree"))))
        .isEqualTo(site.a.sh(sums.formatted("/tmp/tree")));
    site.a.sh("rm -rf /tmp/tree");
  }

  /** Until the copy is over: each file is absent, or what of it is there is as it will be. */
  private static Seen read(Site site, byte[][] contents, AtomicBoolean over) throws IOException {
    int rounds = 0;
    int absent = 0;
    int partial = 0;
    int complete = 0;
    try (Client client = site.connect();
        Tree tree = Tree.of(client, Caller.ROOT)) {
      for (boolean last = false; !last; rounds++) {
        last = over.get();
        for (int i = 0; i < FILES; i += 1 + i % 3) {
          byte[] content = contents[i];
          int length = lengthOf(tree, site.path("tree/d" + i / PER_DIRECTORY + "/f" + i), content);
          if (length < 0) {
            absent++;
          } else if (length < content.length) {
            partial++;
          } else {
            complete++;
          }
        }
      }
    }
    return new Seen(rounds, absent, partial, complete);
  }

  /** How much of a file is there, all of it as it will be; -1 if it is not. */
  private static int lengthOf(Tree tree, String path, byte[] content) throws IOException {
    try (OpenFile file = tree.open(path, O_RDONLY, 0)) {
      long size = file.fstat().size();
      ByteBuffer buffer = ByteBuffer.allocate(content.length + 1);
      while (file.read(buffer) > 0) {}
      int length = buffer.position();
      assertThat(length).as(path).isBetween((int) size, content.length);
      assertThat(Arrays.copyOf(buffer.array(), length))
          .as(path)
          .isEqualTo(Arrays.copyOf(content, length));
      return length;
    } catch (ErrnoException e) {
      assertThat(e.errno()).as(path).isEqualTo(Errno.ENOENT);
      return -1;
    }
  }
}

package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DIRECT;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.guest.Site.LOOSE;
import static dev.coterie.check.guest.Site.MMAP;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.guest.Site.READAHEAD;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.check.guest.Item.NotOffered;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** What is written and read, through open files and maps, by several clients. */
final class DataItems {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int STEPS = FULL ? 3000 : 200;
  private static final int APPENDS = FULL ? 3000 : 250;
  private static final int PAGE = 4096;
  private static final int ROUNDS = 20;

  private static final Set<Class<?>> READS = Set.of(Operation.Read.class);
  private static final Set<Class<?>> WRITES = Set.of(Operation.Write.class, Operation.Append.class);
  private static final Set<Class<?>> SPACE = Set.of(Operation.Fallocate.class);
  private static final Set<Class<?>> MAKING =
      Set.of(Operation.Create.class, Operation.Tmpfile.class);

  private DataItems() {}

  static Stream<Item> items() {
    return Stream.of(
            Item.each("data of open files at once", MountItems.ALL, DataItems::data),
            Item.each("growth of open files at once", MountItems.ALL, DataItems::growth),
            Item.each("append by two guests and Java", MountItems.ALL, DataItems::append),
            Item.each("a shared writable map", MountItems.ALL, DataItems::map),
            Item.each("a program is run from the tree", List.of(NONE, LOOSE), DataItems::run),
            Item.each("O_DIRECT, O_SYNC, fsync", List.of(NONE, LOOSE), DataItems::direct),
            Item.each("a sparse file of a terabyte", List.of(NONE, MMAP), DataItems::sparse),
            Item.each("fallocate", List.of(NONE), DataItems::fallocate),
            Item.each("O_TMPFILE", List.of(NONE), DataItems::tmpfile))
        .flatMap(stream -> stream);
  }

  // ---- several open files ----

  /** All have the file open all the time; its size does not change. */
  private static void data(Site site, String mode) throws Exception {
    if (site.is("6.1") && mode.equals(LOOSE)) {
      staleInLoose(site, mode);
    }
    StringBuilder content = new StringBuilder("0123456789".repeat(1000));
    List<View> views = NameItems.views(site, mode);
    views.getLast().create("f", content.toString());
    for (View view : views) {
      view.open("f");
    }
    Random random = site.random;
    for (int i = 0; i < STEPS; i++) {
      View writer = views.get(random.nextInt(views.size()));
      String part = "<" + i + ">";
      int at = random.nextInt(content.length() - part.length());
      writer.pwrite(part, at);
      content.replace(at, at + part.length(), part);
      int from = Math.max(0, at - random.nextInt(300));
      int to = Math.min(content.length(), at + part.length() + random.nextInt(300));
      for (View reader : views) {
        assertThat(reader.pread(to - from, from))
            .as("step %s: %s..%s by %s after a write at %s by %s", i, from, to, reader, at, writer)
            .isEqualTo(content.substring(from, to));
      }
    }
    for (View view : views) {
      view.close();
    }
  }

  /** Linux 6.1 keeps what it has read until the inode is forgotten, and asks nobody. */
  private static void staleInLoose(Site site, String mode) throws Exception {
    View java = NameItems.views(site, mode).getLast();
    java.create("f", "before");
    site.a.open(1, site.in(mode, "f"), O_RDONLY).ok();
    assertThat(site.a.pread(1, 10, 0)).isEqualTo("before");
    java.write("f", 0, "after!");
    String seen = Item.unheard(site, READS, () -> site.a.pread(1, 10, 0));
    site.a.close(1);
    assertThat(seen).isEqualTo("before");
    throw new NotOffered("pages are kept, and read again without asking");
  }

  /** Linux 6.1 keeps what is written, at an offset of its own choice, until it is told to sync. */
  private static void keptInLoose(Site site, String mode, int flags) throws Exception {
    site.a.open(1, site.in(mode, "f"), O_RDWR | O_CREAT | flags).ok();
    Item.unheard(
        site,
        WRITES,
        () -> {
          site.a.write(1, "kept");
          site.a.close(1);
          return 0;
        });
    assertThat(site.java.stat(site.path("f")).size()).isZero();
    site.a.sh("sync");
    assertThat(MountItems.read(site, "f")).asString().isEqualTo("kept");
    throw new NotOffered("what is written is kept back, and its offset is the kernel's own choice");
  }

  /** All have the file open; now one, now another writes behind its end. */
  private static void growth(Site site, String mode) throws Exception {
    if (site.is("6.1") && mode.equals(LOOSE)) {
      keptInLoose(site, mode, 0);
    }
    List<View> views = NameItems.views(site, mode);
    views.getLast().create("f", "");
    for (View view : views) {
      view.open("f");
    }
    StringBuilder content = new StringBuilder();
    for (int i = 0; i < ROUNDS * views.size(); i++) {
      View writer = views.get(i % views.size());
      String part = "part" + i + ";";
      writer.pwrite(part, content.length());
      content.append(part);
      for (View reader : views) {
        assertThat(reader.pread(content.length() + 100, 0))
            .as("step %s by %s, read by %s", i, writer, reader)
            .isEqualTo(content.toString());
      }
    }
    for (View view : views) {
      view.close();
    }
  }

  private static void append(Site site, String mode) throws Exception {
    if (site.is("6.1") && mode.equals(LOOSE)) {
      keptInLoose(site, mode, O_APPEND);
    }
    requireAppendSent(site, mode);
    String file = site.in(mode, "log");
    site.java.open(site.path("log"), O_WRONLY | O_CREAT, 0644).close();
    site.a.ok("spawn", "append", "append", file, "a", APPENDS);
    site.b.ok("spawn", "append", "append", file, "b", APPENDS);
    try (OpenFile log = site.java.open(site.path("log"), O_WRONLY | O_APPEND, 0)) {
      for (int i = 0; i < APPENDS; i++) {
        String line = "j %d %d %s\n".formatted(i, i * 37 % 300, ".".repeat(i * 37 % 300));
        log.write(ByteBuffer.wrap(line.getBytes(UTF_8)));
      }
    }
    site.a.ok("await", "append");
    site.b.ok("await", "append");
    String log = new String(MountItems.read(site, "log"), UTF_8);
    Map<String, Integer> next = new HashMap<>();
    for (String line : log.split("\n")) {
      String[] words = line.split(" ", -1);
      assertThat(words).as("line %s", line).hasSize(4);
      int number = next.merge(words[0], 1, Integer::sum) - 1;
      assertThat(words[1]).as("order of %s", words[0]).isEqualTo(Integer.toString(number));
      assertThat(words[3]).as("line %s", line).isEqualTo(".".repeat(Integer.parseInt(words[2])));
    }
    assertThat(next).isEqualTo(Map.of("a", APPENDS, "b", APPENDS, "j", APPENDS));
  }

  /** Whether the kernel leaves the place to the leader: in its writing modes 6.12 does not. */
  private static void requireAppendSent(Site site, String mode) throws IOException {
    site.a.put(site.in(mode, "probe"), "x");
    site.a.open(1, site.in(mode, "probe"), O_WRONLY | O_APPEND).ok();
    int flags = site.watch.lastOpenFlags();
    site.a.close(1);
    boolean keepsBack = site.is("6.12") && (mode.equals(MMAP) || mode.equals(LOOSE));
    if (keepsBack && (flags & O_APPEND) == 0) {
      throw new NotOffered("the kernel opens without O_APPEND, and its offsets are its own choice");
    }
    assertThat(flags & O_APPEND).isEqualTo(O_APPEND);
  }

  // ---- maps and programs ----

  private static void map(Site site, String mode) throws Exception {
    View java = NameItems.views(site, mode).getLast();
    java.create("f", "x".repeat(3 * PAGE));
    site.a.open(1, site.in(mode, "f"), O_RDWR).ok();
    if (mode.equals(NONE) || mode.equals(READAHEAD)) {
      Errno errno = Item.unheard(site, READS, () -> site.a.ask("map", 0, 1, 3 * PAGE).errno());
      site.a.close(1);
      assertThat(errno).isEqualTo(Errno.EINVAL);
      throw new NotOffered("refused by the kernel with EINVAL");
    }
    site.a.ok("map", 0, 1, 3 * PAGE);
    for (int i = 0; i < ROUNDS; i++) {
      String text = "round " + i;
      int at = site.random.nextInt(3 * PAGE - text.length());
      site.a.ok("mapwrite", 0, at, text);
      site.a.ok("msync", 0);
      assertThat(site.a.ok("mapread", 0, at, text.length()).text(0)).isEqualTo(text);
      java.open("f");
      assertThat(java.pread(text.length(), at)).isEqualTo(text);
      java.close();
      site.b.open(1, site.in(NONE, "f"), O_RDONLY).ok();
      assertThat(site.b.pread(1, text.length(), at)).isEqualTo(text);
      site.b.close(1);
    }
    site.a.ok("unmap", 0);
    site.a.close(1);
  }

  private static void run(Site site, String mode) throws IOException {
    site.a.sh("cp /bin/guest_agent /bin/busybox " + site.in(mode));
    // In loose mode of 6.1 it is the guest's until then.
    site.a.sh("sync");
    assertThat(site.b.sh(site.in(mode, "busybox") + " echo it runs")).isEqualTo("it runs\n");
    assertThat(site.b.sh(site.in(mode, "busybox") + " sha1sum < " + site.in(mode, "guest_agent")))
        .isEqualTo(site.a.sh("sha1sum < /bin/guest_agent"));
  }

  private static void direct(Site site, String mode) throws IOException {
    site.a.open(1, site.in(mode, "f"), O_RDWR | O_CREAT | O_DIRECT).ok();
    site.a.ok("pwrite", 1, "direct", 0);
    assertThat(site.a.pread(1, 10, 0)).isEqualTo("direct");
    assertThat(MountItems.read(site, "f")).asString().isEqualTo("direct");
    site.a.close(1);
    int sync = 04010000;
    site.a.open(1, site.in(mode, "f"), O_RDWR | sync).ok();
    site.a.ok("pwrite", 1, "synchronous", 0);
    site.a.ok("fsync", 1);
    assertThat(MountItems.read(site, "f")).asString().isEqualTo("synchronous");
    site.a.close(1);
  }

  private static void sparse(Site site, String mode) throws IOException {
    long far = 1L << 40;
    site.a.open(1, site.in(mode, "f"), O_RDWR | O_CREAT).ok();
    site.a.ok("pwrite", 1, "far", far);
    assertThat(site.a.fstat(1).size()).isEqualTo(far + 3);
    assertThat(site.java.stat(site.path("f")).size()).isEqualTo(far + 3);
    assertThat(site.a.pread(1, 10, far - 4)).isEqualTo("\0\0\0\0far");
    assertThat(site.a.fstat(1).blocks()).isLessThan(1000);
    site.a.ok("ftruncate", 1, far - 2);
    site.a.ok("ftruncate", 1, far + 2);
    assertThat(site.a.pread(1, 10, far - 2)).isEqualTo("\0\0\0\0");
    site.a.close(1);
  }

  // ---- what the kernel's client does not have ----

  private static void fallocate(Site site, String mode) throws Exception {
    site.a.open(1, site.in(mode, "f"), O_RDWR | O_CREAT).ok();
    Errno errno = Item.unheard(site, SPACE, () -> site.a.ask("fallocate", 1, 0, 0, 100).errno());
    site.a.close(1);
    assertThat(errno).isEqualTo(Errno.EOPNOTSUPP);
    throw new NotOffered("refused by the kernel with EOPNOTSUPP");
  }

  private static void tmpfile(Site site, String mode) throws Exception {
    Errno errno =
        Item.unheard(site, MAKING, () -> site.a.open(1, site.in(mode), 020200002).errno());
    assertThat(errno).isEqualTo(Errno.EOPNOTSUPP);
    throw new NotOffered("refused by the kernel with EOPNOTSUPP");
  }
}

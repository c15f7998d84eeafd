package dev.coterie.check.guest;

import static dev.coterie.check.guest.Site.LOOSE;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.guest.Site.SECOND;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.check.guest.Item.NotOffered;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** What one client does is what the others see next. */
final class NameItems {
  private static final int STEPS = Boolean.getBoolean("coterie.full") ? 2000 : 40;
  private static final int NAMES = 5;
  private static final Set<Class<?>> LOOKING =
      Set.of(Operation.Lookup.class, Operation.Getattr.class);

  private NameItems() {}

  static Stream<Item> items() {
    return Stream.of(
            Item.each("names, sizes and content at once", MountItems.ALL, NameItems::atOnce),
            Item.each("stat as the leader has it", MountItems.ALL, NameItems::stat),
            Item.each("utimens with nanoseconds", List.of(NONE), NameItems::nanoseconds),
            Item.each("odd and long names", List.of(NONE), NameItems::oddNames))
        .flatMap(stream -> stream);
  }

  /** The clients of a site: two mounts of one guest, a mount of another, one in Java. */
  static List<View> views(Site site, String mode) {
    return List.of(
        new View.Mounted(site.a, site.in(mode), 10),
        new View.Mounted(site.a, site.in(mode.equals(NONE) ? SECOND : NONE), 11),
        new View.Mounted(site.b, site.in(mode), 12),
        new View.Client(site.java, site.path()));
  }

  /** Content of a file, shared by its names. */
  private static final class Content {
    String text = "";
    int links = 1;
  }

  /** What the directory must look like. */
  private static final class Model {
    final Map<String, Object> entries = new HashMap<>(); // Content, or what look() says

    String look(String name) {
      return switch (entries.get(name)) {
        case null -> "-";
        case Content file -> "f " + file.links + " " + file.text;
        case Object other -> other.toString();
      };
    }

    void remove(String name) {
      if (entries.remove(name) instanceof Content file) {
        file.links--;
      }
    }
  }

  private static void atOnce(Site site, String mode) throws Exception {
    if (mode.equals(LOOSE)) {
      staleInLoose(site, mode);
    }
    Model model = new Model();
    List<View> views = views(site, mode);
    for (int i = 0; i < STEPS; i++) {
      View actor = views.get(site.random.nextInt(views.size()));
      String name = "n" + site.random.nextInt(NAMES);
      String other = "n" + site.random.nextInt(NAMES);
      String step = actor + ": " + step(site.random, model, actor, name, other, i);
      for (View view : views) {
        assertThat(view.look(name))
            .as("step %s: %s, %s by %s", i, step, name, view)
            .isEqualTo(model.look(name));
        assertThat(view.look(other))
            .as("step %s: %s, %s by %s", i, step, other, view)
            .isEqualTo(model.look(other));
      }
    }
  }

  /** In loose mode the kernel asks about a name once, and then is sure. */
  private static void staleInLoose(Site site, String mode) throws Exception {
    View java = views(site, mode).getLast();
    java.create("f", "content");
    String file = site.in(mode, "f");
    assertThat(site.a.stat(file).size()).isEqualTo(7);
    java.truncate("f", 3);
    GuestStat stat = Item.unheard(site, LOOKING, () -> site.a.stat(file));
    assertThat(stat.size()).isEqualTo(7);
    java.unlink("f");
    assertThat(Item.unheard(site, LOOKING, () -> site.a.stat(file)).size()).isEqualTo(7);
    throw new NotOffered("attributes and names are kept, and told again without asking");
  }

  /** One step that must succeed; what it was. */
  private static String step(
      Random random, Model model, View actor, String name, String other, int number)
      throws IOException {
    Object entry = model.entries.get(name);
    if (entry == null) {
      return make(random, model, actor, name, other, number);
    } else if (entry instanceof Content file && random.nextInt(5) < 2) {
      return change(random, file, actor, name, number);
    } else if (random.nextInt(3) == 0 && model.entries.get(other) == null) {
      actor.rename(name, other);
      model.entries.put(other, model.entries.remove(name));
      return "rename " + name + " " + other;
    } else if (entry instanceof Content file && model.entries.get(other) instanceof Content over) {
      actor.rename(name, other);
      if (over != file) {
        model.remove(other);
        model.entries.put(other, model.entries.remove(name));
      }
      return "rename over " + name + " " + other;
    } else if (entry.equals("d")) {
      actor.rmdir(name);
    } else {
      actor.unlink(name);
    }
    model.remove(name);
    return "remove " + name;
  }

  private static String make(
      Random random, Model model, View actor, String name, String other, int number)
      throws IOException {
    int kind = random.nextInt(6);
    if (kind == 0) {
      actor.mkdir(name);
      model.entries.put(name, "d");
      return "mkdir " + name;
    } else if (kind == 1) {
      actor.symlink("target" + number, name);
      model.entries.put(name, "l target" + number);
      return "symlink " + name;
    } else if (kind == 2 && model.entries.get(other) instanceof Content file) {
      actor.link(other, name);
      file.links++;
      model.entries.put(name, file);
      return "link " + other + " " + name;
    }
    Content file = new Content();
    file.text = "content" + number;
    actor.create(name, file.text);
    model.entries.put(name, file);
    return "create " + name;
  }

  private static String change(Random random, Content file, View actor, String name, int number)
      throws IOException {
    if (random.nextBoolean()) {
      int size = random.nextInt(file.text.length() + 1);
      actor.truncate(name, size);
      file.text = file.text.substring(0, size);
      return "truncate " + name + " " + size;
    }
    int offset = random.nextInt(file.text.length() + 1);
    String part = "<" + number + ">";
    actor.write(name, offset, part);
    int end = Math.min(offset + part.length(), file.text.length());
    file.text = file.text.substring(0, offset) + part + file.text.substring(end);
    return "write " + name + " at " + offset;
  }

  /** Every kind of file, made by a guest, changed by it, and compared field by field. */
  private static void stat(Site site, String mode) throws IOException {
    Guest guest = site.a;
    guest.put(site.in(mode, "file"), "some content");
    guest.ok("chown", site.in(mode, "file"), 12345, 54321);
    guest.ok("chmod", site.in(mode, "file"), "4751");
    guest.ok("utimens", site.in(mode, "file"), 1_000_000_001, 123_456_789, 1_100_000_002, 7);
    guest.mkdir(site.in(mode, "dir"), 01755).ok();
    guest.ok("mknod", site.in(mode, "fifo"), "10640", 0);
    guest.ok("mknod", site.in(mode, "char"), "20600", 5 << 8 | 1);
    guest.ok("mknod", site.in(mode, "block"), "60600", 7 << 8 | 200);
    guest.ok("mknod", site.in(mode, "socket"), "140755", 0);
    guest.ok("symlink", "to/somewhere", site.in(mode, "link"));
    guest.ok("link", site.in(mode, "file"), site.in(mode, "second"));
    List<Long> numbers = new ArrayList<>();
    for (String name :
        List.of("file", "dir", "fifo", "char", "block", "socket", "link", "second")) {
      Stat here = site.java.lstat(site.path(name));
      for (Guest each : List.of(site.a, site.b)) {
        GuestStat there = each.stat(site.in(mode, name));
        assertThat(there)
            .usingRecursiveComparison()
            .ignoringFields("ino", "atime")
            .as(name)
            .isEqualTo(expected(here));
      }
      if (!name.equals("second")) {
        numbers.add(guest.stat(site.in(mode, name)).ino());
      }
    }
    assertThat(numbers).as("inode numbers").doesNotHaveDuplicates();
    assertThat(guest.stat(site.in(mode, "second")).ino()).isEqualTo(numbers.getFirst());
    assertThat(guest.stat(site.in(mode, "file")).mode()).isEqualTo(Mode.S_IFREG | 04751);
    assertThat(guest.stat(site.in(mode, "file")).mtime()).startsWith("1100000002.");
  }

  /** The kernel counts times of a 9P mount in seconds, and cuts off the rest before it asks. */
  private static void nanoseconds(Site site, String mode) throws IOException {
    site.a.put(site.in(mode, "f"), "x");
    site.a.ok("utimens", site.in(mode, "f"), 1_000_000_001, 123_456_789, 1_100_000_002, 7);
    SetAttr asked = Objects.requireNonNull(site.watch.lastSetattr());
    Timestamp full = new Timestamp(1_100_000_002, 7);
    if (asked.mtime() instanceof SetAttr.Time.At(Timestamp time) && !time.equals(full)) {
      assertThat(time).isEqualTo(new Timestamp(full.seconds(), 0));
      assertThat(site.java.stat(site.path("f")).mtime()).isEqualTo(time);
      throw new NotOffered("the kernel cuts the time to seconds before it asks");
    }
    assertThat(site.java.stat(site.path("f")).mtime()).isEqualTo(full);
    // What the leader has is shown in full.
    site.java.utimens(site.path("f"), null, new SetAttr.Time.At(full), true);
    assertThat(site.b.stat(site.in(mode, "f")).mtime()).isEqualTo("1100000002.000000007");
  }

  private static GuestStat expected(Stat s) {
    return new GuestStat(
        s.mode(),
        s.nlink(),
        s.uid(),
        s.gid(),
        s.size(),
        s.blocks(),
        s.rdev(),
        0,
        "",
        "%d.%09d".formatted(s.mtime().seconds(), s.mtime().nanos()),
        "%d.%09d".formatted(s.ctime().seconds(), s.ctime().nanos()));
  }

  private static void oddNames(Site site, String mode) throws IOException {
    List<byte[]> names =
        List.of(
            "x".repeat(255).getBytes(UTF_8),
            new byte[] {(byte) 0xff, (byte) 0x80, '\n', ' ', '%', '\\'},
            "žluťoučký".getBytes(UTF_8),
            "-".getBytes(UTF_8),
            "...".getBytes(UTF_8));
    for (byte[] name : names) {
      byte[] path = join(site.in(mode) + "/", name);
      site.a.ok("open", 1, path, "301", "644");
      site.a.close(1);
      assertThat(site.b.ok("stat", join(site.in(mode) + "/", name)).octal(0))
          .isEqualTo(Mode.S_IFREG | 0644);
    }
    assertThat(site.java.list(site.path(), false).stream().filter(e -> !e.name().isDots()))
        .extracting(entry -> entry.name().toBytes())
        .containsExactlyInAnyOrderElementsOf(names);
    site.a.open(1, site.in(mode), 0).ok();
    Answer listed = site.a.ok("getdents", 1, 65_536);
    List<byte[]> seen = new ArrayList<>();
    for (int i = 0; i < listed.size(); i++) {
      seen.add(listed.bytes(i));
    }
    site.a.close(1);
    assertThat(seen).containsAll(names).hasSize(names.size() + 2);
    site.a.fails(Errno.ENAMETOOLONG, "mkdir", site.in(mode, "y".repeat(256)), "755");
  }

  private static byte[] join(String path, byte[] name) {
    byte[] before = path.getBytes(UTF_8);
    byte[] all = java.util.Arrays.copyOf(before, before.length + name.length);
    System.arraycopy(name, 0, all, before.length, name.length);
    return all;
  }
}

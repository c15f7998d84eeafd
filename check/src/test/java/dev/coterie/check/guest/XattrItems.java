package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.guest.Site.NONE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Extended attributes. */
final class XattrItems {
  private static final int CREATE = 1;
  private static final int REPLACE = 2;

  private XattrItems() {}

  static Stream<Item> items() {
    return Stream.of(
            Item.each("xattr set, get, list, remove", MountItems.ALL, XattrItems::lifeOfOne),
            Item.each("xattr errors", List.of(NONE), XattrItems::errors),
            Item.each("xattr of the largest size", List.of(NONE), XattrItems::largest),
            Item.each("xattr of Java's seen at once", List.of(NONE), XattrItems::atOnce))
        .flatMap(stream -> stream);
  }

  private static List<String> list(Guest guest, String path) throws IOException {
    String names = guest.ok("xlist", path, 1 << 16).text(1);
    return names.isEmpty() ? List.of() : List.of(names.split("\0"));
  }

  private static void lifeOfOne(Site site, String mode) throws IOException {
    String file = site.in(mode, "f");
    site.a.put(file, "x");
    site.a.mkdir(site.in(mode, "d"), 0755).ok();
    for (String path : List.of(file, site.in(mode, "d"))) {
      site.a.ok("xset", path, "user.one", "first", 0);
      site.a.ok("xset", path, "user.two", "", 0);
      site.a.ok("xset", path, "user.one", "again", REPLACE);
      site.a.ok("xset", path, "trusted.three", "3", CREATE);
      assertThat(site.a.ok("xget", path, "user.one", 100).text(1)).isEqualTo("again");
      assertThat(site.a.ok("xget", path, "user.one", 0).number(0)).isEqualTo(5);
      assertThat(site.a.ok("xget", path, "user.two", 100).number(0)).isZero();
      assertThat(list(site.a, path))
          .containsExactlyInAnyOrder("user.one", "user.two", "trusted.three");
      assertThat(list(site.b, path)).hasSize(3);
      site.a.ok("xremove", path, "user.one");
      site.a.fails(Errno.ENODATA, "xget", path, "user.one", 100);
      assertThat(list(site.a, path)).containsExactlyInAnyOrder("user.two", "trusted.three");
    }
    site.a.open(1, file, O_RDWR | O_CREAT).ok();
    site.a.ok("unlink", file);
    site.a.close(1);
  }

  private static void errors(Site site, String mode) throws IOException {
    String file = site.in(mode, "f");
    site.a.put(file, "x");
    site.a.fails(Errno.ENODATA, "xget", file, "user.none", 100);
    site.a.fails(Errno.ENODATA, "xremove", file, "user.none");
    site.a.fails(Errno.ENODATA, "xset", file, "user.none", "x", REPLACE);
    site.a.ok("xset", file, "user.one", "first", CREATE);
    site.a.fails(Errno.EEXIST, "xset", file, "user.one", "x", CREATE);
    site.a.fails(Errno.ERANGE, "xget", file, "user.one", 3);
    site.a.fails(Errno.ERANGE, "xlist", file, 3);
    site.a.ok("symlink", "f", site.in(mode, "l"));
    site.a.fails(Errno.EPERM, "xset", site.in(mode, "l"), "user.one", "x", 0);
    site.a.fails(Errno.EOPNOTSUPP, "xset", file, "other.one", "x", 0);
    site.java.chmod(site.path("f"), 0644);
    site.b.as(1001);
    site.b.fails(Errno.EACCES, "xset", site.in(mode, "f"), "user.mine", "x", 0);
  }

  private static void largest(Site site, String mode) throws IOException {
    String file = site.in(mode, "f");
    site.a.put(file, "x");
    byte[] value = Content.of(site.random.nextInt(), Limits.XATTR_VALUE_BYTES);
    site.a.ok("xset", file, "user.large", value, 0);
    assertThat(site.b.ok("xget", file, "user.large", 1 << 16).bytes(1)).isEqualTo(value);
    assertThat(site.java.getxattr(site.path("f"), "user.large", true)).isEqualTo(value);
  }

  private static void atOnce(Site site, String mode) throws IOException {
    site.java.mknod(site.path("f"), 0100644, 0);
    for (int i = 0; i < 10; i++) {
      String value = "value " + i;
      site.java.setxattr(site.path("f"), "user.one", value.getBytes(UTF_8), 0, true);
      for (Guest guest : List.of(site.a, site.b)) {
        String file = site.in(mode, "f");
        assertThat(guest.ok("xget", file, "user.one", 100).text(1)).isEqualTo(value);
      }
      site.b.ok("xset", site.in(mode, "f"), "user.two", value, 0);
      assertThat(site.java.getxattr(site.path("f"), "user.two", true))
          .isEqualTo(value.getBytes(UTF_8));
      site.java.removexattr(site.path("f"), "user.two", true);
      site.b.fails(Errno.ENODATA, "xget", site.in(mode, "f"), "user.two", 100);
    }
    assertThat(site.java.listxattr(site.path("f"), true)).containsExactly(Name.of("user.one"));
  }
}

package dev.coterie.check.nio;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.AclFileAttributeView;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Attributes: by view, by class and by name. */
interface ViewChecks extends Checks {
  FileTime WHEN = FileTime.from(Instant.ofEpochSecond(1_234_567_890, 123_456_789));
  FileTime EARLIER = FileTime.from(Instant.ofEpochSecond(5, 250_000_000));

  // ---- reading ----

  @Test
  default void attributes_ofEachKind_areTold() throws IOException {
    file("f", "abc");
    directory("d");
    link("l", "f");
    BasicFileAttributes f = Files.readAttributes(path("f"), BasicFileAttributes.class);
    assertThat(f.isRegularFile()).isTrue();
    assertThat(f.isDirectory() || f.isSymbolicLink() || f.isOther()).isFalse();
    assertThat(f.size()).isEqualTo(3);
    assertThat(f.fileKey()).isNotNull();
    assertThat(f.creationTime()).isLessThanOrEqualTo(f.lastModifiedTime());
    BasicFileAttributes d = Files.readAttributes(path("d"), BasicFileAttributes.class);
    assertThat(d.isDirectory()).isTrue();
    BasicFileAttributes l =
        Files.readAttributes(path("l"), BasicFileAttributes.class, NOFOLLOW_LINKS);
    assertThat(l.isSymbolicLink()).isTrue();
    assertThat(Files.readAttributes(path("l"), BasicFileAttributes.class).fileKey())
        .isEqualTo(f.fileKey())
        .isNotEqualTo(l.fileKey());
  }

  @Test
  default void attributes_missing_isNoSuchFile() throws IOException {
    file("f", "");
    link("dangling", "nowhere");
    for (String name : new String[] {"no", "f/x", "no/x", "dangling"}) {
      assertThatThrownBy(() -> Files.readAttributes(path(name), BasicFileAttributes.class))
          .as(name)
          .isInstanceOf(NoSuchFileException.class)
          .hasMessage(path(name).toString());
      assertThatThrownBy(() -> Files.readAttributes(path(name), "posix:*"))
          .isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  default void readAttributesIfExists_missing_isNull() throws IOException {
    var provider = dir().getFileSystem().provider();
    assertThat(provider.readAttributesIfExists(path("no"), BasicFileAttributes.class)).isNull();
    assertThat(provider.readAttributesIfExists(dir(), BasicFileAttributes.class)).isNotNull();
    link("dangling", "nowhere");
    assertThat(provider.readAttributesIfExists(path("dangling"), PosixFileAttributes.class))
        .isNull();
    assertThat(
            provider.readAttributesIfExists(
                path("dangling"), PosixFileAttributes.class, NOFOLLOW_LINKS))
        .isNotNull();
  }

  @Test
  default void attributes_byName_areThoseAskedFor() throws IOException {
    Path file = file("f", "abc");
    assertThat(Files.readAttributes(file, "size,isDirectory"))
        .isEqualTo(Map.of("size", 3L, "isDirectory", false));
    assertThat(Files.readAttributes(file, "posix:size,owner")).containsOnlyKeys("size", "owner");
    assertThat(Files.readAttributes(file, "*"))
        .containsOnlyKeys(
            "lastModifiedTime",
            "lastAccessTime",
            "creationTime",
            "size",
            "isRegularFile",
            "isDirectory",
            "isSymbolicLink",
            "isOther",
            "fileKey");
    assertThat(Files.readAttributes(file, "size,*")).containsKeys("isOther", "size");
    assertThat(Files.readAttributes(file, "owner:*")).containsOnlyKeys("owner");
    assertThat(Files.getAttribute(file, "size")).isEqualTo(3L);
  }

  @Test
  default void attributes_ofUnix_areTheKernels() throws IOException {
    Path file = file("f", "abc");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Files.createLink(path("g"), file);
    Map<String, Object> all = Files.readAttributes(file, "unix:*");
    assertThat(all)
        .containsKeys("permissions", "owner", "group", "size", "ctime", "rdev")
        .containsEntry("mode", 0100640)
        .containsEntry("nlink", 2)
        .containsEntry("rdev", 0L);
    assertThat(all.get("ino")).isEqualTo(Files.getAttribute(path("g"), "unix:ino"));
    assertThat(all.get("dev")).isEqualTo(Files.getAttribute(dir(), "unix:dev"));
    assertThat(all.get("ctime")).isInstanceOf(FileTime.class);
    assertThat(all.get("uid")).isInstanceOf(Integer.class);
  }

  @Test
  default void attributes_unknown_areRefused() throws IOException {
    Path file = file("f", "abc");
    for (String unknown : new String[] {"nope", "basic:owner", "owner:group", "posix:ino"}) {
      assertThatThrownBy(() -> Files.readAttributes(file, unknown))
          .as(unknown)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Files.readAttributes(file, ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Files.readAttributes(file, "acl:*"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> Files.setAttribute(file, "nope:x", 1))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> Files.setAttribute(file, "size", 1L))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  default void views_thatThereAreNot_areNull() throws IOException {
    Path file = file("f", "abc");
    assertThat(Files.getFileAttributeView(file, AclFileAttributeView.class)).isNull();
    assertThat(Files.getFileAttributeView(file, BasicFileAttributeView.class).name())
        .isEqualTo("basic");
    assertThat(Files.getFileAttributeView(file, PosixFileAttributeView.class).name())
        .isEqualTo("posix");
    assertThat(Files.getFileAttributeView(file, FileOwnerAttributeView.class).name())
        .isEqualTo("owner");
    assertThat(Files.getFileAttributeView(file, UserDefinedFileAttributeView.class).name())
        .isEqualTo("user");
    FileStore store = Files.getFileStore(file);
    for (String view : new String[] {"basic", "posix", "owner", "unix", "user"}) {
      assertThat(store.supportsFileAttributeView(view)).as(view).isTrue();
      assertThat(dir().getFileSystem().supportedFileAttributeViews()).contains(view);
    }
    assertThat(store.supportsFileAttributeView("nope")).isFalse();
  }

  // ---- times ----

  @Test
  default void setTimes_toTheNanosecond_areKept() throws IOException {
    Path file = file("f", "abc");
    var view = Files.getFileAttributeView(file, BasicFileAttributeView.class);
    view.setTimes(WHEN, EARLIER, null);
    assertThat(view.readAttributes().lastModifiedTime()).isEqualTo(WHEN);
    assertThat(view.readAttributes().lastAccessTime()).isEqualTo(EARLIER);
    view.setTimes(null, null, WHEN);
    assertThat(view.readAttributes().lastModifiedTime()).isEqualTo(WHEN);
    view.setTimes(EARLIER, null, null);
    assertThat(view.readAttributes().lastModifiedTime()).isEqualTo(EARLIER);
    assertThat(view.readAttributes().lastAccessTime()).isEqualTo(EARLIER);
    Files.setAttribute(file, "lastModifiedTime", WHEN);
    Files.setAttribute(file, "posix:lastAccessTime", WHEN);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(WHEN);
    assertThat(Files.getAttribute(file, "lastAccessTime")).isEqualTo(WHEN);
  }

  @Test
  default void setTimes_ofALink_areItsOwn() throws IOException {
    file("f", "abc");
    Path link = link("l", "f");
    Files.getFileAttributeView(link, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .setTimes(WHEN, null, null);
    assertThat(Files.getLastModifiedTime(link, NOFOLLOW_LINKS)).isEqualTo(WHEN);
    assertThat(Files.getLastModifiedTime(link)).isNotEqualTo(WHEN);
    Files.setLastModifiedTime(link, EARLIER);
    assertThat(Files.getLastModifiedTime(path("f"))).isEqualTo(EARLIER);
  }

  // ---- permissions and owners ----

  @Test
  default void permissions_areSetAndRead() throws IOException {
    Path file = file("f", "abc");
    for (String text : new String[] {"rwxrwxrwx", "---------", "r-x--x-w-", "rw-r--r--"}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(text));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo(text);
    }
    Files.setAttribute(file, "posix:permissions", PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getAttribute(file, "unix:mode")).isEqualTo(0100600);
    Files.setAttribute(file, "unix:mode", 04711);
    assertThat(Files.getAttribute(file, "unix:mode")).isEqualTo(0104711);
  }

  @Test
  default void owners_byName_areFound() throws IOException {
    Path file = file("f", "abc");
    UserPrincipalLookupService lookup = dir().getFileSystem().getUserPrincipalLookupService();
    assertThat(lookup.lookupPrincipalByName("root")).hasToString("root");
    assertThat(lookup.lookupPrincipalByName("0")).isEqualTo(lookup.lookupPrincipalByName("root"));
    assertThat(lookup.lookupPrincipalByGroupName("root"))
        .hasToString("root")
        .isEqualTo(lookup.lookupPrincipalByGroupName("0"))
        .isNotEqualTo(lookup.lookupPrincipalByName("root"));
    assertThatThrownBy(() -> lookup.lookupPrincipalByName("nobody-has-this-name"))
        .isInstanceOf(UserPrincipalNotFoundException.class);
    assertThat(Files.getOwner(file))
        .isEqualTo(lookup.lookupPrincipalByName(System.getProperty("user.name")));
    Files.setOwner(file, Files.getOwner(file)); // which one may always
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    view.setGroup(view.readAttributes().group());
    assertThatThrownBy(() -> view.setOwner(view.readAttributes().group()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> view.setOwner(() -> "someone"))
        .isInstanceOf(ProviderMismatchException.class);
  }

  // ---- of the user ----

  @Test
  default void userAttributes_areWrittenAndRead() throws IOException {
    Path file = file("f", "abc");
    var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    assertThat(view.list()).isEmpty();
    ByteBuffer value = ByteBuffer.wrap(new byte[] {9, 1, 2, 3}).position(1);
    assertThat(view.write("mark", value)).isEqualTo(3);
    assertThat(value.hasRemaining()).isFalse();
    Files.setAttribute(file, "user:other", new byte[] {7});
    assertThat(view.list()).containsExactlyInAnyOrder("mark", "other");
    assertThat(view.size("mark")).isEqualTo(3);
    ByteBuffer read = ByteBuffer.allocate(8);
    assertThat(view.read("mark", read)).isEqualTo(3);
    assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(Files.readAttributes(file, "user:*")).containsOnlyKeys("mark", "other");
    assertThatThrownBy(() -> view.read("mark", ByteBuffer.allocate(2)))
        .isInstanceOf(IOException.class);
    view.delete("mark");
    assertThat(view.list()).containsExactly("other");
    assertThatThrownBy(() -> view.delete("mark")).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> view.size("mark")).isInstanceOf(FileSystemException.class);
    assertThatThrownBy(() -> view.write("x".repeat(300), ByteBuffer.allocate(1)))
        .isInstanceOf(FileSystemException.class);
  }

  // ---- the store ----

  @Test
  default void fileStore_hasSpace() throws IOException {
    FileStore store = Files.getFileStore(dir());
    assertThat(store.getTotalSpace()).isPositive();
    long usable = store.getUsableSpace();
    long unallocated = store.getUnallocatedSpace();
    while (store.getUsableSpace() != usable) { // others use the host's file systems too
      usable = store.getUsableSpace();
      unallocated = store.getUnallocatedSpace();
    }
    assertThat(usable).isBetween(1L, store.getTotalSpace());
    assertThat(unallocated).isGreaterThanOrEqualTo(usable);
    assertThat(store.getBlockSize()).isPositive();
    assertThat(store.getAttribute("totalSpace")).isEqualTo(store.getTotalSpace());
    assertThat(store.isReadOnly()).isFalse();
    assertThat(store).isEqualTo(Files.getFileStore(dir())).hasSameHashCodeAs(store);
    assertThat(store.type()).isNotEmpty();
    assertThatThrownBy(() -> Files.getFileStore(path("no")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> store.getAttribute("nope"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  default void readAttributes_ofOtherClasses_isRefused() {
    interface Strange extends BasicFileAttributes {}
    assertThatThrownBy(() -> Files.readAttributes(dir(), Strange.class))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}

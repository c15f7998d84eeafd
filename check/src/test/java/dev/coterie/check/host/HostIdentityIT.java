package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An inode of the host is the same whatever name it has and whichever leader is asked, and none is
 * ever taken for a later one, though ext4 gives the numbers of removed files out again at once.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostIdentityIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 500 : 20;
  private static final int FILES = 60;

  /** So few descriptors that a leader which may not open handles keeps 16 at most. */
  private static final List<String> FEW_DESCRIPTORS = List.of("prlimit", "--nofile=256:256");

  private static final long NUMBER_MASK = (1L << 48) - 1;
  private static final Caller ROOT = Caller.ROOT;
  private static final Caller USER = new Caller(1001, 1001, new int[0], 1, 022);

  @TempDir private Path folder = Path.of("");
  private @Nullable Ext4Image image;
  private Path directory = Path.of("");

  @BeforeEach
  void mount() throws IOException {
    Ext4Image made = new Ext4Image("64M", "relatime");
    image = made;
    directory = Files.createDirectory(made.directory().resolve("root"));
  }

  @AfterEach
  void unmount() throws IOException {
    if (image != null) {
      image.close();
    }
  }

  private HostLeader lead(Privilege privilege) throws IOException {
    return HostLeader.start(privilege, FEW_DESCRIPTORS, List.of(), folder, directory);
  }

  private static Stat lookup(FileService service, InodeId dir, String name) throws ErrnoException {
    return service.lookup(ROOT, dir, Name.of(name));
  }

  private static Errno refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call);
    assertThat(thrown).isInstanceOf(ErrnoException.class);
    return ((ErrnoException) thrown).errno();
  }

  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void renamesAndLinks_changeNoIdentity(Privilege privilege) throws Exception {
    Path file = Files.writeString(directory.resolve("a"), "content");
    Files.createDirectory(directory.resolve("d"));
    try (HostLeader leader = lead(privilege)) {
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        InodeId id = lookup(service, root, "a").id();
        assertThat(id.number() & NUMBER_MASK).isEqualTo(Files.getAttribute(file, "unix:ino"));
        InodeId dir = lookup(service, root, "d").id();

        service.rename(ROOT, root, Name.of("a"), dir, Name.of("b"), 0);
        assertThat(service.getattr(ROOT, id).id()).isEqualTo(id);
        assertThat(lookup(service, dir, "b").id()).isEqualTo(id);

        Files.move(directory.resolve("d/b"), directory.resolve("c")); // behind the leader's back
        assertThat(lookup(service, root, "c").id()).isEqualTo(id);
        assertThat(service.getattr(ROOT, id).size()).isEqualTo(7);

        Files.createLink(directory.resolve("other"), directory.resolve("c"));
        assertThat(lookup(service, root, "other").id()).isEqualTo(id);
        Files.move(directory.resolve("d"), directory.resolve("e"));
        assertThat(lookup(service, root, "e").id()).isEqualTo(dir);
      }
      leader.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void restart_changesNoIdentity(Privilege privilege) throws Exception {
    Path secret = Files.createDirectory(directory.resolve("secret"));
    Files.setAttribute(secret, "unix:mode", 0700);
    for (String name : List.of("stays", "moves", "goes", "replaced", "leaves", "secret/file")) {
      Files.writeString(directory.resolve(name), name);
    }
    List<InodeId> ids = new ArrayList<>();
    try (HostLeader leader = lead(privilege)) {
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        ids.add(root);
        for (String name : List.of("stays", "moves", "goes", "replaced", "leaves")) {
          ids.add(lookup(service, root, name).id());
        }
        ids.add(lookup(service, lookup(service, root, "secret").id(), "file").id());
      }
      leader.end();
    }
    Files.move(directory.resolve("moves"), directory.resolve("moved"));
    Files.delete(directory.resolve("goes"));
    Files.delete(directory.resolve("replaced"));
    Files.writeString(directory.resolve("replaced"), "by another");
    Files.move(directory.resolve("leaves"), directory.resolveSibling("left"));

    try (HostLeader leader = lead(privilege)) {
      try (FileService service = leader.connect()) {
        assertThat(service.root(ROOT).id()).isEqualTo(ids.get(0));
        if (privilege == Privilege.HANDLES) {
          assertThat(service.rebind(ROOT, ids.get(1)).size()).isEqualTo(5);
          assertThat(service.rebind(ROOT, ids.get(2)).id()).isEqualTo(ids.get(2));
          assertThat(service.rebind(USER, ids.get(1)).id()).isEqualTo(ids.get(1));
          assertThat(service.rebind(ROOT, ids.get(6)).size()).isEqualTo(11);
          assertThat(refusal(() -> service.rebind(USER, ids.get(6)))).isEqualTo(Errno.EACCES);
          assertThat(content(service, ids.get(2))).isEqualTo("moves");
        } else {
          // Nothing tells where an inode is that nobody has looked up.
          assertThat(refusal(() -> service.rebind(ROOT, ids.get(1)))).isEqualTo(Errno.ESTALE);
        }
        assertThat(refusal(() -> service.rebind(ROOT, ids.get(3)))).isEqualTo(Errno.ESTALE);
        assertThat(refusal(() -> service.rebind(ROOT, ids.get(4)))).isEqualTo(Errno.ESTALE);
        assertThat(refusal(() -> service.rebind(ROOT, ids.get(5))))
            .as("which is on this file system, and not in the mount")
            .isEqualTo(Errno.ESTALE);
        assertThat(lookup(service, ids.get(0), "stays").id()).isEqualTo(ids.get(1));
        assertThat(lookup(service, ids.get(0), "moved").id()).isEqualTo(ids.get(2));
        assertThat(lookup(service, ids.get(0), "replaced").id()).isNotEqualTo(ids.get(4));
      }
      leader.end();
    }
  }

  private static String content(FileService service, InodeId id) throws ErrnoException {
    Opened opened = service.open(ROOT, id, OpenFlags.O_RDONLY);
    ByteBuffer bytes = ByteBuffer.allocate(100);
    service.read(ROOT, opened.handle(), 0, bytes);
    service.close(ROOT, opened.handle());
    return new String(bytes.array(), 0, bytes.position(), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** Files that are gone, whose numbers and names others have now. */
  @ParameterizedTest
  @EnumSource(names = {"HANDLES", "WALKING"})
  void numberUsedAgain_isAnother(Privilege privilege) throws Exception {
    try (HostLeader leader = lead(privilege)) {
      int again = 0;
      int stale = 0;
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        for (int round = 0; round < ROUNDS; round++) {
          List<InodeId> old = makeAndLookUp(service, root, "old");
          for (int i = 0; i < FILES; i++) {
            Files.delete(directory.resolve("f" + i));
          }
          List<InodeId> young = makeAndLookUp(service, root, "young");
          assertThat(young).doesNotContainAnyElementsOf(old);
          again += (int) young.stream().filter(id -> hasNumber(old, id.number())).count();
          for (InodeId id : old) {
            stale += requireOldOrStale(service, id) ? 1 : 0;
          }
          for (int i = 0; i < FILES; i++) {
            assertThat(content(service, young.get(i))).isEqualTo("young " + i);
            Files.delete(directory.resolve("f" + i));
          }
          old.addAll(young);
          for (InodeId id : old) {
            service.forget(ROOT, id, 1);
          }
        }
        assertThat(service.root(ROOT).id()).isEqualTo(root);
      }
      System.out.printf(
          "HostIdentityIT, %s: of %d files %d had a number that was used before; %d were stale%n",
          privilege, ROUNDS * FILES, again, stale);
      assertThat(again).as("numbers used again").isGreaterThan(ROUNDS);
      assertThat(stale).isGreaterThan(ROUNDS);
      leader.end();
    }
  }

  private List<InodeId> makeAndLookUp(FileService service, InodeId root, String content)
      throws IOException {
    List<InodeId> ids = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      Files.writeString(directory.resolve("f" + i), content + " " + i);
      ids.add(lookup(service, root, "f" + i).id());
    }
    return ids;
  }

  private static boolean hasNumber(List<InodeId> ids, long number) {
    return ids.stream().anyMatch(id -> id.number() == number);
  }

  /** True: stale. One that a descriptor still holds is what it was. */
  private static boolean requireOldOrStale(FileService service, InodeId id) {
    try {
      assertThat(service.getattr(ROOT, id).nlink()).isZero();
      assertThat(content(service, id)).startsWith("old ");
      return false;
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        fail("%s: %s", id, e);
      }
      return true;
    }
  }
}

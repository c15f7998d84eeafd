package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Finding names. */
interface LookupChecks extends Checks {
  @Test
  default void root_ofAnySession_isOneDirectory() throws ErrnoException {
    Stat mine = root().stat("/");
    Stat yours = process(ALICE).stat("/");
    assertThat(mine.isDirectory()).isTrue();
    assertThat(yours.id()).isEqualTo(mine.id());
  }

  @Test
  default void lookup_name_givesOneIdentityInEverySession() throws ErrnoException {
    Stat made = root().file("/f", "x");
    assertThat(root().id("/f")).isEqualTo(made.id());
    assertThat(process(BOB).id("/f")).isEqualTo(made.id());
  }

  @Test
  default void lookup_missingName_isEnoent() throws ErrnoException {
    Actor one = root();
    fails(Errno.ENOENT, () -> one.stat("/nothing"));
  }

  @Test
  default void lookup_missingNameMadeElsewhere_isSeenAtOnce() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    for (int round = 0; round < 100; round++) {
      String path = "/n" + round;
      fails(Errno.ENOENT, () -> one.stat(path));
      InodeId made = other.file(path, "").id();
      assertThat(one.id(path)).isEqualTo(made);
    }
  }

  @Test
  default void lookup_nameRemovedElsewhere_isEnoentAtOnce() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    for (int round = 0; round < 100; round++) {
      other.file("/f", "");
      one.stat("/f");
      other.unlink("/f");
      fails(Errno.ENOENT, () -> one.stat("/f"));
    }
  }

  @Test
  default void lookup_nameReplacedElsewhere_seesTheNewFileAtOnce() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    other.file("/f", "0");
    for (int round = 1; round < 100; round++) {
      one.stat("/f");
      InodeId made = other.file("/g", Integer.toString(round)).id();
      other.rename("/g", "/f");
      assertThat(one.id("/f")).isEqualTo(made);
      assertThat(one.content("/f")).isEqualTo(Integer.toString(round));
    }
  }

  @Test
  default void lookup_dot_isTheDirectoryItself() throws ErrnoException {
    Actor one = root();
    InodeId dir = one.mkdir("/d").id();
    assertThat(one.id("/d/.")).isEqualTo(dir);
  }

  @Test
  default void lookup_dotDot_isTheDirectoryAbove() throws ErrnoException {
    Actor one = root();
    InodeId dir = one.mkdir("/d").id();
    one.mkdir("/d/e");
    assertThat(one.id("/d/e/..")).isEqualTo(dir);
    assertThat(one.id("/d/..")).isEqualTo(one.root());
  }

  @Test
  default void lookup_dotDotOfTheRoot_isTheRoot() throws ErrnoException {
    Actor one = root();
    assertThat(one.id("/..")).isEqualTo(one.root());
  }

  @Test
  default void lookup_dotDotOfRemovedDirectory_isStillWhatWasAbove() throws ErrnoException {
    Actor one = root();
    InodeId dir = one.mkdir("/d").id();
    InodeId gone = one.mkdir("/d/e").id();
    one.rmdir("/d/e");
    assertThat(one.service().lookup(one.caller(), gone, Name.DOT_DOT).id()).isEqualTo(dir);
  }

  @Test
  default void lookup_inRemovedDirectory_isEnoent() throws ErrnoException {
    Actor one = root();
    InodeId gone = one.mkdir("/d").id();
    one.rmdir("/d");
    fails(Errno.ENOENT, () -> one.service().lookup(one.caller(), gone, Name.of("x")));
  }

  @Test
  default void lookup_belowFileOrLink_isEnotdir() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.mkdir("/d");
    one.symlink("d", "/l");
    fails(Errno.ENOTDIR, () -> one.stat("/f/x"));
    fails(Errno.ENOTDIR, () -> one.stat("/f/."));
    fails(Errno.ENOTDIR, () -> one.stat("/l/x"));
  }

  @Test
  default void lookup_symbolicLink_isNotFollowed() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    InodeId link = one.symlink("f", "/l").id();
    assertThat(one.stat("/l").isSymlink()).isTrue();
    assertThat(one.id("/l")).isEqualTo(link);
  }

  @Test
  default void lookup_withoutSearchPermission_isEacces() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0766);
    one.file("/d/f", "");
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.stat("/d/f"));
    fails(Errno.EACCES, () -> alice.stat("/d/missing"));
    fails(Errno.EACCES, () -> alice.stat("/d/."));
    fails(Errno.EACCES, () -> alice.stat("/d/.."));
    // As well once the names are cached.
    one.stat("/d/f");
    fails(Errno.EACCES, () -> alice.stat("/d/f"));
  }

  @Test
  default void lookup_whenSearchPermissionIsTaken_isEaccesAtOnce() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0755);
    one.file("/d/f", "");
    Actor alice = process(ALICE);
    alice.stat("/d/f");
    one.chmod("/d", 0700);
    fails(Errno.EACCES, () -> alice.stat("/d/f"));
    one.chmod("/d", 0711);
    alice.stat("/d/f");
  }

  @Test
  default void names_ofAnyBytes_areKept() throws ErrnoException {
    Actor one = root();
    FileService service = one.service();
    InodeId root = one.root();
    byte[] bytes = {(byte) 0xff, ' ', '\n', '\\', (byte) 0xc3, '.', 1};
    InodeId made = service.mkdir(one.caller(), root, Name.of(bytes), 0755).id();
    assertThat(service.lookup(one.caller(), root, Name.of(bytes)).id()).isEqualTo(made);
    assertThat(one.entries("/")).anyMatch(entry -> entry.name().equals(Name.of(bytes)));
  }

  @Test
  default void names_of255Bytes_areTaken() throws ErrnoException {
    Actor one = root();
    String name = "/" + "n".repeat(255);
    one.file(name, "");
    one.stat(name);
    one.rename(name, "/" + "m".repeat(255));
    one.unlink("/" + "m".repeat(255));
  }

  @Test
  default void names_of256Bytes_areEnametoolongEverywhere() throws ErrnoException {
    everywhere(Name.of("é".repeat(128)), Errno.ENAMETOOLONG);
  }

  @Test
  default void names_withoutBytes_areEnoentEverywhere() throws ErrnoException {
    everywhere(Name.of(""), Errno.ENOENT);
  }

  @Test
  default void names_withNul_areEinvalEverywhere() throws ErrnoException {
    everywhere(Name.of("a\0b"), Errno.EINVAL);
  }

  @Test
  default void names_withSlash_areEinvalEverywhere() throws ErrnoException {
    everywhere(Name.of("a/b"), Errno.EINVAL);
  }

  /** Every operation that takes the name of an entry refuses this one. */
  private void everywhere(Name name, Errno errno) throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    onName(one, one.id("/f"), name)
        .forEach((label, operation) -> {
          try {
            fails(errno, operation);
          } catch (AssertionError e) {
            throw new AssertionError(label + ": " + e.getMessage(), e);
          }
        });
  }

  private static Map<String, ThrowingCallable> onName(Actor one, InodeId file, Name name)
      throws ErrnoException {
    FileService s = one.service();
    Caller c = one.caller();
    InodeId dir = one.root();
    Map<String, ThrowingCallable> all = new TreeMap<>();
    all.put("lookup", () -> s.lookup(c, dir, name));
    all.put("mknod", () -> s.mknod(c, dir, name, 0100644, 0));
    all.put("mkdir", () -> s.mkdir(c, dir, name, 0755));
    all.put("symlink", () -> s.symlink(c, dir, name, "t".getBytes(UTF_8)));
    all.put("link", () -> s.link(c, file, dir, name));
    all.put("unlink", () -> s.unlink(c, dir, name));
    all.put("rmdir", () -> s.rmdir(c, dir, name));
    all.put("rename from", () -> s.rename(c, dir, name, dir, Name.of("x"), 0));
    all.put("rename to", () -> s.rename(c, dir, Name.of("f"), dir, name, 0));
    all.put("create", () -> s.create(c, dir, name, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644));
    return all;
  }

  /** Every operation on a directory refuses a file in its place. */
  @Test
  default void directory_thatIsAFile_isEnotdirEverywhere() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    FileService s = one.service();
    Caller c = one.caller();
    InodeId root = one.root();
    Name name = Name.of("x");
    fails(Errno.ENOTDIR, () -> s.lookup(c, file, name));
    fails(Errno.ENOTDIR, () -> s.mknod(c, file, name, 0100644, 0));
    fails(Errno.ENOTDIR, () -> s.mkdir(c, file, name, 0755));
    fails(Errno.ENOTDIR, () -> s.symlink(c, file, name, "t".getBytes(UTF_8)));
    fails(Errno.ENOTDIR, () -> s.link(c, file, file, name));
    fails(Errno.ENOTDIR, () -> s.unlink(c, file, name));
    fails(Errno.ENOTDIR, () -> s.rmdir(c, file, name));
    fails(Errno.ENOTDIR, () -> s.rename(c, file, name, root, name, 0));
    fails(Errno.ENOTDIR, () -> s.rename(c, root, Name.of("f"), file, name, 0));
    fails(Errno.ENOTDIR, () -> s.create(c, file, name, OpenFlags.O_CREAT, 0644));
    fails(Errno.ENOTDIR, () -> s.tmpfile(c, file, OpenFlags.O_RDWR | OpenFlags.O_TMPFILE, 0644));
  }
}

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
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who may use an identity, and for how long. */
interface ReferenceChecks extends Checks {
  /** Gives back exactly so many references: one more is refused, and then the identity is gone. */
  private static void holdsExactly(Actor one, InodeId id, long count) throws ErrnoException {
    fails(Errno.EINVAL, () -> one.service().forget(one.caller(), id, count + 1));
    one.service().getattr(one.caller(), id);
    one.service().forget(one.caller(), id, count);
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), id));
    fails(Errno.ESTALE, () -> one.service().forget(one.caller(), id, 1));
  }

  @Test
  default void lookup_anyNumberOfTimes_countsEachOnce() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Actor other = root();
    InodeId id = other.id("/f");
    other.stat("/f");
    other.stat("/f");
    holdsExactly(other, id, 3);
  }

  @Test
  default void forget_oneByOne_endsWithTheLast() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    one.stat("/d");
    one.service().forget(one.caller(), id, 1);
    one.service().getattr(one.caller(), id);
    one.service().forget(one.caller(), id, 1);
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), id));
  }

  @Test
  default void forget_noneOrNegative_takesNothing() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    one.service().forget(one.caller(), id, 0);
    fails(Errno.EINVAL, () -> one.service().forget(one.caller(), id, -1));
    holdsExactly(one, id, 1);
  }

  @Test
  default void forget_inOneSession_leavesTheOthersAlone() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    InodeId id = one.mkdir("/d").id();
    other.stat("/d");
    one.service().forget(one.caller(), id, 1);
    assertThat(other.service().getattr(other.caller(), id).id()).isEqualTo(id);
  }

  @Test
  default void makingOperations_takeOneReference() throws ErrnoException {
    Actor one = root();
    holdsExactly(one, one.mkdir("/d").id(), 1);
    holdsExactly(one, one.mknod("/n", 0100644, 0).id(), 1);
    holdsExactly(one, one.symlink("t", "/l").id(), 1);
  }

  @Test
  default void create_takesOneReferenceBesideTheHandles() throws ErrnoException {
    Actor one = root();
    Opened made = one.create("/f", OpenFlags.O_RDWR, 0644);
    Opened again = one.create("/f", OpenFlags.O_RDWR, 0644);
    one.close(made.handle());
    one.close(again.handle());
    holdsExactly(one, made.stat().id(), 2);
  }

  @Test
  default void tmpfile_takesOneReferenceBesideTheHandle() throws ErrnoException {
    Actor one = root();
    Opened made = one.tmpfile("/", OpenFlags.O_RDWR);
    one.close(made.handle());
    holdsExactly(one, made.stat().id(), 1);
  }

  @Test
  default void open_takesNoReferenceBesideTheHandle() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    long handle = one.service().open(one.caller(), id, OpenFlags.O_RDONLY).handle();
    one.service().forget(one.caller(), id, 1);
    one.service().getattr(one.caller(), id);
    fails(Errno.EINVAL, () -> one.service().forget(one.caller(), id, 1));
    one.close(handle);
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), id));
  }

  @Test
  default void link_takesNoReference() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    Actor other = root();
    InodeId id = other.id("/f");
    other.service().link(other.caller(), id, other.root(), Name.of("g"));
    holdsExactly(other, id, 1);
  }

  @Test
  default void readdir_withAttributes_takesNoReference() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    InodeId id = one.file("/d/f", "").id();
    Actor other = root();
    long handle = other.open("/d", OpenFlags.O_RDONLY);
    other.service().readdir(other.caller(), handle, 0, 4096, true);
    fails(Errno.ESTALE, () -> other.service().getattr(other.caller(), id));
  }

  @Test
  default void failedOperations_takeNoReference() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "").id();
    Actor other = root();
    fails(Errno.EEXIST, () -> other.mkdir("/f"));
    fails(Errno.EEXIST, () -> other.create("/f", OpenFlags.O_EXCL, 0644));
    fails(Errno.ESTALE, () -> other.service().getattr(other.caller(), id));
  }

  /** An identity that another session told us, or that we guessed, opens nothing. */
  @Test
  default void identity_notReferredTo_isEstaleEverywhere() throws ErrnoException {
    Actor one = root();
    InodeId file = one.file("/f", "").id();
    InodeId dir = one.mkdir("/d").id();
    Actor other = root();
    FileService s = other.service();
    Caller c = other.caller();
    InodeId root = other.root();
    Name name = Name.of("x");
    fails(Errno.ESTALE, () -> s.lookup(c, dir, name));
    fails(Errno.ESTALE, () -> s.forget(c, file, 1));
    fails(Errno.ESTALE, () -> s.getattr(c, file));
    fails(Errno.ESTALE, () -> s.setattr(c, file, 0, SetAttr.ofMode(0777)));
    fails(Errno.ESTALE, () -> s.access(c, file, 4));
    fails(Errno.ESTALE, () -> s.mknod(c, dir, name, 0100644, 0));
    fails(Errno.ESTALE, () -> s.mkdir(c, dir, name, 0755));
    fails(Errno.ESTALE, () -> s.symlink(c, dir, name, "t".getBytes(UTF_8)));
    fails(Errno.ESTALE, () -> s.readlink(c, file));
    fails(Errno.ESTALE, () -> s.link(c, file, root, name));
    fails(Errno.ESTALE, () -> s.unlink(c, dir, name));
    fails(Errno.ESTALE, () -> s.rmdir(c, dir, name));
    fails(Errno.ESTALE, () -> s.rename(c, dir, name, root, name, 0));
    fails(Errno.ESTALE, () -> s.rename(c, root, Name.of("f"), dir, name, 0));
    fails(Errno.ESTALE, () -> s.getxattr(c, file, Name.of("user.a")));
    fails(Errno.ESTALE, () -> s.setxattr(c, file, Name.of("user.a"), new byte[1], 0));
    fails(Errno.ESTALE, () -> s.listxattr(c, file));
    fails(Errno.ESTALE, () -> s.removexattr(c, file, Name.of("user.a")));
    fails(Errno.ESTALE, () -> s.statfs(c, file));
    fails(Errno.ESTALE, () -> s.create(c, dir, name, OpenFlags.O_CREAT, 0644));
    fails(Errno.ESTALE, () -> s.tmpfile(c, dir, OpenFlags.O_RDWR | OpenFlags.O_TMPFILE, 0644));
    fails(Errno.ESTALE, () -> s.open(c, file, OpenFlags.O_RDONLY));
  }

  @Test
  default void identity_withAnotherGeneration_isEstale() throws ErrnoException {
    Actor one = root();
    InodeId id = one.mkdir("/d").id();
    InodeId guessed = new InodeId(id.number(), id.generation() + 1);
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), guessed));
    fails(Errno.ESTALE, () -> one.service().rebind(one.caller(), guessed));
  }

  @Test
  default void identity_isNeverUsedAgain() throws ErrnoException {
    Actor one = root();
    Set<InodeId> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      assertThat(seen.add(one.file("/f", "").id())).isTrue();
      one.unlink("/f");
    }
  }

  @Test
  default void identity_survivesRename() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    InodeId id = one.file("/f", "").id();
    one.rename("/f", "/d/g");
    assertThat(one.id("/d/g")).isEqualTo(id);
  }

  // ---- rebind ----

  @Test
  default void rebind_ofRoot_takesOneReference() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "").id();
    Actor other = root();
    assertThat(other.service().rebind(other.caller(), id).id()).isEqualTo(id);
    holdsExactly(other, id, 1);
  }

  @Test
  default void rebind_afterEverySessionForgot_findsTheNamedFileAgain() throws ErrnoException {
    Actor one = root();
    one.mkdir("/other/d");
    InodeId id = one.file("/other/d/f", "text").id();
    one.service().close();
    Actor other = process(ALICE);
    assertThat(other.service().rebind(other.caller(), id).size()).isEqualTo(4);
  }

  @Test
  default void rebind_whereNotEveryDirectoryMayBeSearched_isEacces() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d", 0711);
    one.mkdir("/d/e", 0700);
    InodeId shut = one.file("/d/e/f", "").id();
    InodeId open = one.file("/d/f", "").id();
    Actor alice = process(ALICE);
    alice.service().rebind(alice.caller(), open);
    fails(Errno.EACCES, () -> alice.service().rebind(alice.caller(), shut));
    fails(Errno.ESTALE, () -> alice.service().getattr(alice.caller(), shut));
  }

  @Test
  default void rebind_ofUnlinkedFileOpenElsewhere_isForRootOnly() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "").id();
    one.open("/f", OpenFlags.O_RDONLY);
    one.unlink("/f");
    Actor other = root();
    assertThat(other.service().rebind(other.caller(), id).nlink()).isZero();
    Actor alice = process(ALICE);
    fails(Errno.EACCES, () -> alice.service().rebind(alice.caller(), id));
  }

  @Test
  default void rebind_ofWhatIsGone_isEstale() throws ErrnoException {
    Actor one = root();
    InodeId id = one.file("/f", "").id();
    one.unlink("/f");
    one.service().close();
    Actor other = root();
    fails(Errno.ESTALE, () -> other.service().rebind(other.caller(), id));
    fails(Errno.ESTALE, () -> other.service().rebind(other.caller(), new InodeId(1L << 60, 7)));
  }

  // ---- the end of a session ----

  @Test
  default void session_atItsEnd_isEstaleForEverything() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    InodeId id = one.id("/f");
    one.service().close();
    fails(Errno.ESTALE, () -> one.service().root(one.caller()));
    fails(Errno.ESTALE, () -> one.service().getattr(one.caller(), id));
    fails(Errno.ESTALE, () -> one.read(handle, 0, 1));
    fails(Errno.ESTALE, () -> one.close(handle));
  }

  @Test
  default void session_closedTwice_isNoFault() throws Exception {
    Actor one = root();
    one.stat("/");
    one.service().close();
    one.service().close();
    assertThat(target().sessions()).isZero();
  }

  @Test
  default void session_atItsEnd_freesWhatOnlyItKept() throws ErrnoException {
    Actor watcher = root();
    long before = watcher.statfs("/other").bfree();
    long inodes = watcher.statfs("/other").ffree();
    Actor one = root();
    long handle = one.make("/other/f");
    one.write(handle, 0, "x".repeat(10_000));
    one.unlink("/other/f");
    assertThat(watcher.statfs("/other").bfree()).isLessThan(before);
    one.service().close();
    assertThat(watcher.statfs("/other").bfree()).isEqualTo(before);
    assertThat(watcher.statfs("/other").ffree()).isEqualTo(inodes);
  }
}

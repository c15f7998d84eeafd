package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.CHANGES_ONLY;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_TRUNC;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Setxattr;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files that are event counters: one for all who open them, as long as the file is there. */
interface CounterFileChecks extends Checks {
  String COUNTER = "system.coterie.counter";

  private static void make(Actor one, String path, String value) throws ErrnoException {
    one.mknod(path, Mode.S_IFREG | 0644, 0);
    one.setxattr(path, COUNTER, value);
  }

  private static ByteBuffer eight() {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void put(Actor one, long handle, long number) throws ErrnoException {
    ByteBuffer number8 = eight().putLong(0, number);
    assertThat(one.service().write(one.caller(), handle, 0, number8)).isEqualTo(8);
    assertThat(number8.hasRemaining()).isFalse();
  }

  private static long get(Actor one, long handle) throws ErrnoException {
    ByteBuffer number = eight();
    assertThat(one.service().read(one.caller(), handle, 4711, number)).isEqualTo(8);
    return number.getLong(0);
  }

  private static List<Event> now(Actor one, long set) throws ErrnoException {
    return one.service().evwait(one.caller(), set, 10, 0);
  }

  // ---- what it is ----

  @Test
  default void openThatWantsNoCounter_isEnxio() throws Exception {
    Actor one = root();
    make(one, "/c", "3");
    Stat file = one.mknod("/file", Mode.S_IFREG | 0644, 0);
    fails(Errno.ENXIO, () -> one.open("/c", O_RDONLY | OpenFlags.NO_COUNTER));
    Opened opened = one.service().open(one.caller(), file.id(), O_RDONLY | OpenFlags.NO_COUNTER);
    assertThat(opened.flags()).isEqualTo(O_RDONLY);
    assertThat(get(one, one.open("/c", O_RDWR))).isEqualTo(3);
  }

  @Test
  default void counterFile_openedTwice_isOneCounter() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    make(one, "/c", "");
    long mine = one.open("/c", O_RDWR | O_NONBLOCK);
    long theirs = other.open("/c", O_RDWR | O_NONBLOCK | O_TRUNC);
    put(one, mine, 5);
    put(other, theirs, 2);
    assertThat(one.getxattr("/c", COUNTER)).isEqualTo("7");
    assertThat(get(other, theirs)).isEqualTo(7);
    fails(Errno.EAGAIN, () -> get(one, mine));
    put(one, mine, -2);
    fails(Errno.EAGAIN, () -> put(other, theirs, 1));
    fails(Errno.EINVAL, () -> put(other, theirs, -1));
    fails(Errno.EINVAL, () -> one.read(mine, 0, 7));
    fails(Errno.EINVAL, () -> one.write(mine, 0, "1234567"));
    // Also by the calls that have no offset, and at the end.
    assertThat(one.service().readNext(one.caller(), mine, eight()).count()).isEqualTo(8);
    assertThat(one.writeNext(mine, "\1\0\0\0\0\0\0\0").count()).isEqualTo(8);
    assertThat(one.service().append(one.caller(), mine, eight().putLong(0, 1)))
        .isEqualTo(new Transferred(0, 8));
    assertThat(get(one, mine)).isEqualTo(2);
  }

  @Test
  default void counterFile_asSemaphore_givesOneAtATime() throws ErrnoException {
    Actor one = root();
    make(one, "/c", "2 semaphore");
    assertThat(one.getxattr("/c", COUNTER)).isEqualTo("2 semaphore");
    long handle = one.open("/c", O_RDONLY | O_NONBLOCK);
    assertThat(get(one, handle)).isEqualTo(1);
    assertThat(get(one, handle)).isEqualTo(1);
    fails(Errno.EAGAIN, () -> get(one, handle));
    fails(Errno.EBADF, () -> put(one, handle, 1));
  }

  @Test
  default void counterFile_isAnEmptyFile() throws ErrnoException {
    Actor one = root();
    make(one, "/c", "0");
    Opened opened = one.service().open(one.caller(), one.id("/c"), O_RDWR | O_NONBLOCK);
    assertThat(opened.flags() & OpenFlags.COUNTER).isNotZero();
    long handle = opened.handle();
    put(one, handle, 9);
    Stat stat = one.stat("/c");
    assertThat(stat.mode()).isEqualTo(Mode.S_IFREG | 0644);
    assertThat(stat.size()).isZero();
    assertThat(one.truncate("/c", 0).size()).isZero();
    fails(Errno.EINVAL, () -> one.truncate("/c", 1));
    fails(Errno.ESPIPE, () -> one.service().fallocate(one.caller(), handle, 0, 0, 1));
    make(one, "/d", "0");
    long file = one.create("/file", O_RDWR, 0644).handle();
    one.write(file, 0, "12345678");
    fails(Errno.EINVAL, () -> one.service().copyRange(one.caller(), file, 0, handle, 0, 8));
    fails(Errno.EINVAL, () -> one.service().copyRange(one.caller(), handle, 0, file, 0, 8));
    assertThat(get(one, handle)).isEqualTo(9);
    assertThat(one.service().listxattr(one.caller(), one.id("/c"))).contains(Name.of(COUNTER));
  }

  /** Who had it open before has an empty file. */
  @Test
  default void counterFile_openedBefore_hasNoContent() throws ErrnoException {
    Actor one = root();
    long before = one.create("/c", O_RDWR, 0644).handle();
    one.setxattr("/c", COUNTER, "3");
    assertThat(one.read(before, 0, 8)).isEmpty();
    fails(Errno.EINVAL, () -> one.write(before, 0, "12345678"));
    fails(Errno.EINVAL, () -> one.service().fallocate(one.caller(), before, 0, 0, 1));
    long file = one.create("/file", O_RDWR, 0644).handle();
    one.write(file, 0, "12345678");
    fails(Errno.EINVAL, () -> one.service().copyRange(one.caller(), file, 0, before, 0, 8));
    Opened again =
        one.service().create(one.caller(), one.root(), Name.of("c"), O_RDWR | O_NONBLOCK, 0644);
    assertThat(get(one, again.handle())).isEqualTo(3);
  }

  // ---- making one ----

  @Test
  default void counterFile_isMadeByTheOwnerOfAnEmptyFile() throws ErrnoException {
    Actor one = root();
    one.mknod("/f", Mode.S_IFREG | 0644, 0);
    one.chown("/f", ALICE.uid(), ALICE.gid());
    Actor alice = process(ALICE);
    Actor bob = process(BOB);
    fails(Errno.EPERM, () -> bob.setxattr("/f", COUNTER, "0"));
    for (String wrong : List.of("x", "-1", "18446744073709551615", "1  semaphore", "1 2")) {
      fails(Errno.EINVAL, () -> alice.setxattr("/f", COUNTER, wrong));
    }
    fails(Errno.ENODATA, () -> alice.getxattr("/f", COUNTER));
    fails(
        Errno.ENODATA,
        () -> one.service().removexattr(one.caller(), one.id("/f"), Name.of(COUNTER)));
    fails(Errno.ENODATA, () -> alice.setxattr("/f", COUNTER, "0", Setxattr.XATTR_REPLACE));
    alice.setxattr("/f", COUNTER, "18446744073709551614", Setxattr.XATTR_CREATE);
    assertThat(bob.getxattr("/f", COUNTER)).isEqualTo("18446744073709551614");
    fails(Errno.EEXIST, () -> alice.setxattr("/f", COUNTER, "0"));
    fails(
        Errno.EPERM, () -> one.service().removexattr(one.caller(), one.id("/f"), Name.of(COUNTER)));
    fails(Errno.EACCES, () -> bob.open("/f", O_WRONLY));
    alice.chmod("/f", 0600);
    fails(Errno.EACCES, () -> bob.getxattr("/f", COUNTER));
    one.write(one.create("/full", O_RDWR, 0644).handle(), 0, "x");
    one.mkdir("/d");
    fails(Errno.EINVAL, () -> one.setxattr("/full", COUNTER, "0"));
    fails(Errno.EINVAL, () -> one.setxattr("/d", COUNTER, "0"));
  }

  // ---- how long it lives ----

  @Test
  default void counterFile_nobodyLooksAtIt_keepsItsCount() throws ErrnoException {
    Actor one = root();
    make(one, "/c", "0");
    long handle = one.open("/c", O_RDWR);
    put(one, handle, 4);
    one.close(handle);
    one.service().close();
    Actor later = root();
    later.rename("/c", "/renamed");
    later.link("/renamed", "/linked");
    later.unlink("/renamed");
    assertThat(get(later, later.open("/linked", O_RDWR | O_NONBLOCK))).isEqualTo(4);
  }

  @Test
  default void counterFile_unlinked_livesAsLongAsItIsOpen() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    make(one, "/c", "0");
    long mine = one.open("/c", O_RDWR | O_NONBLOCK);
    long theirs = other.open("/c", O_RDWR | O_NONBLOCK);
    one.unlink("/c");
    put(one, mine, 3);
    assertThat(get(other, theirs)).isEqualTo(3);
    // Another file of that name is none.
    long file = one.create("/c", O_RDWR, 0644).handle();
    one.write(file, 0, "123");
    assertThat(one.read(file, 0, 9)).isEqualTo("123");
  }

  // ---- waiting ----

  @Test
  default void counterFile_blocking_waitsForWhatIsMissing() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one, "/c", "");
    long mine = one.open("/c", O_RDWR);
    long theirs = other.open("/c", O_RDWR);
    ByteBuffer number = eight();
    Sent reading = Sent.of(one, new Operation.Read(mine, 0, number));
    assertThat(reading.waits()).isTrue();
    put(other, theirs, -2);
    assertThat(reading.ended()).isEqualTo(8);
    assertThat(number.getLong(0)).isEqualTo(-2);
    put(other, theirs, -2);
    Sent writing = Sent.of(one, new Operation.Write(mine, 0, eight().putLong(0, 9)));
    assertThat(writing.waits()).isTrue();
    assertThat(get(other, theirs)).isEqualTo(-2);
    assertThat(writing.ended()).isEqualTo(8);
    assertThat(get(other, theirs)).isEqualTo(9);
  }

  @Test
  default void counterFile_waitGivenUpOrClosed_hasDoneNothing() throws Exception {
    Actor one = root();
    Actor other = root();
    make(one, "/c", "");
    long mine = one.open("/c", O_RDWR);
    long theirs = other.open("/c", O_RDWR | O_NONBLOCK);
    Sent reading = Sent.of(one, new Operation.Read(mine, 0, eight()));
    reading.ticket().cancel();
    assertThat(reading.ended()).isEqualTo("EINTR");
    Sent closed = Sent.of(one, new Operation.Read(mine, 0, eight()));
    assertThat(closed.waits()).isTrue();
    one.close(mine);
    assertThat(closed.ended()).isEqualTo("EBADF");
    put(other, theirs, 6);
    Actor third = root();
    assertThat(get(third, third.open("/c", O_RDWR))).isEqualTo(6);
    // And whose process has gone takes nothing.
    Actor gone = root();
    Sent lost = Sent.of(gone, new Operation.Read(gone.open("/c", O_RDONLY), 0, eight()));
    assertThat(lost.waits()).isTrue();
    gone.service().close();
    put(other, theirs, 8);
    assertThat(get(other, theirs)).isEqualTo(8);
  }

  // ---- being ready ----

  @Test
  default void counterFile_inSets_tellsOfEveryHandlesChanges() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    make(one, "/c", "");
    long reader = one.open("/c", O_RDONLY | O_NONBLOCK);
    long both = one.open("/c", O_RDWR | O_NONBLOCK);
    long theirs = other.open("/c", O_RDWR | O_NONBLOCK);
    long set = one.service().evset(one.caller()).handle();
    int mask = EPOLLIN | EPOLLOUT | EPOLLET;
    one.service().evctl(one.caller(), set, Control.ADD, reader, mask, 1);
    one.service().evctl(one.caller(), set, Control.ADD, both, mask, 2);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLOUT, 2, 1));
    put(other, theirs, 1);
    assertThat(now(one, set))
        .containsExactlyInAnyOrder(new Event(EPOLLIN, 1, 1), new Event(EPOLLIN | EPOLLOUT, 2, 1));
    assertThat(now(one, set)).isEmpty();
    one.close(both);
    put(other, theirs, 1);
    put(other, theirs, 1);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 1, 2));
  }

  /** What is so already is not told, nor what was to be told until then. */
  @Test
  default void changesOnly_tellsOfWhatComesAfterwards() throws ErrnoException {
    Actor one = root();
    make(one, "/c", "1");
    long handle = one.open("/c", O_RDWR | O_NONBLOCK);
    long set = one.service().evset(one.caller()).handle();
    int mask = EPOLLIN | EPOLLET | CHANGES_ONLY;
    one.service().evctl(one.caller(), set, Control.ADD, handle, mask, 1);
    assertThat(now(one, set)).isEmpty();
    put(one, handle, 1);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 1, 1));
    put(one, handle, 1);
    one.service().evctl(one.caller(), set, Control.MOD, handle, mask, 2);
    assertThat(now(one, set)).isEmpty();
    put(one, handle, 1);
    assertThat(now(one, set)).containsExactly(new Event(EPOLLIN, 2, 1));
  }
}

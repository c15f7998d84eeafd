package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Watches: what is told of changes by whomever, in which order, and for how long. */
interface WatchChecks extends Checks {
  int NAMES =
      Change.CREATE
          | Change.DELETE
          | Change.MOVED_FROM
          | Change.MOVED_TO
          | Change.DELETE_SELF
          | Change.MOVE_SELF;
  int QUIET = NAMES | Change.MODIFY | Change.ATTRIB | Change.CLOSE_WRITE;

  private static ChangeQueue queue(Actor one) throws ErrnoException {
    return ChangeQueue.open(one.service(), one.caller());
  }

  private static List<Change> all(ChangeQueue queue) throws ErrnoException {
    List<Change> all = new ArrayList<>();
    for (List<Change> some = queue.poll(); !some.isEmpty(); some = queue.poll()) {
      all.addAll(some);
    }
    return all;
  }

  /** Every change as a line: watch, kinds, path. */
  private static List<String> lines(ChangeQueue queue) throws ErrnoException {
    return all(queue).stream().map(WatchChecks::line).toList();
  }

  private static String line(Change change) {
    return change.watch() + " " + Change.kinds(change.mask()) + " " + change.path();
  }

  /** Watches, and leaves no reference but the watch. */
  private static void watchAlone(Actor one, ChangeQueue queue, String path, int mask)
      throws ErrnoException {
    InodeId id = one.id(path);
    queue.add(id, mask);
    one.service().forget(one.caller(), id, 1);
  }

  /** What is made by a process that is over then, so that no reference stays. */
  default void made(String... files) throws ErrnoException {
    Actor maker = root();
    for (String file : files) {
      maker.make(file);
    }
    maker.service().close();
  }

  // ---- what is told ----

  @Test
  default void watch_ofADirectory_tellsWhatOthersDoInIt() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      int w = queue.add(one.id("/w"), QUIET);
      assertThat(w).isEqualTo(1);
      long handle = other.make("/w/f");
      other.write(handle, 0, "content");
      other.close(handle);
      other.mkdir("/w/d");
      other.chmod("/w/f", 0600);
      other.unlink("/w/f");
      other.rmdir("/w/d");
      assertThat(lines(queue))
          .containsExactly(
              "1 CREATE f",
              "1 MODIFY f",
              "1 CLOSE_WRITE f",
              "1 CREATE|ISDIR d",
              "1 ATTRIB f",
              "1 DELETE f",
              "1 DELETE|ISDIR d");
      assertThat(queue.poll()).isEmpty();
    }
  }

  @Test
  default void watch_ofAFile_tellsOfItself() throws ErrnoException {
    made("/f");
    Actor one = root();
    Actor other = root();
    try (ChangeQueue queue = queue(one)) {
      watchAlone(one, queue, "/f", QUIET);
      other.truncate("/f", 5);
      other.setxattr("/f", "trusted.a", "1");
      other.rename("/f", "/g");
      other.chmod("/g", 0640);
      other.link("/g", "/h");
      other.unlink("/g");
      other.service().close();
      one.unlink("/h");
      assertThat(lines(queue))
          .containsExactly(
              "1 MODIFY ",
              "1 ATTRIB ",
              "1 MOVE_SELF ",
              "1 ATTRIB ",
              "1 DELETE_SELF ",
              "1 IGNORED ");
    }
  }

  @Test
  default void watch_tellsOfOpeningAndReading() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "content");
    one.close(handle);
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/f"), Change.OPEN | Change.ACCESS | Change.CLOSE_NOWRITE);
      long reading = one.open("/f", O_RDONLY);
      one.read(reading, 0, 7);
      one.close(reading);
      assertThat(lines(queue)).containsExactly("1 OPEN ", "1 ACCESS ", "1 CLOSE_NOWRITE ");
    }
  }

  @Test
  default void moves_haveOneCookieInBothDirectories() throws ErrnoException {
    Actor one = root();
    one.mkdir("/a");
    one.mkdir("/b");
    one.mkdir("/a/d");
    one.close(one.make("/b/x"));
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/a"), NAMES);
      queue.add(one.id("/b"), NAMES);
      queue.add(one.id("/a/d"), NAMES);
      one.rename("/a/d", "/b/e");
      one.rename("/b/x", "/a/x");
      one.rename("/b/e", "/a/x2");
      one.rename("/a/x", "/a/y");
      List<Change> all = all(queue);
      assertThat(all.stream().map(WatchChecks::line))
          .containsExactly(
              "1 MOVED_FROM|ISDIR d",
              "2 MOVED_TO|ISDIR e",
              "3 MOVE_SELF ",
              "2 MOVED_FROM x",
              "1 MOVED_TO x",
              "2 MOVED_FROM|ISDIR e",
              "1 MOVED_TO|ISDIR x2",
              "3 MOVE_SELF ",
              "1 MOVED_FROM x",
              "1 MOVED_TO y");
      List<Integer> cookies = all.stream().map(Change::cookie).filter(c -> c != 0).toList();
      assertThat(cookies).hasSize(8);
      assertThat(cookies.stream().distinct()).hasSize(4);
      for (int i = 0; i < 8; i += 2) {
        assertThat(cookies.get(i)).isEqualTo(cookies.get(i + 1));
      }
    }
  }

  @Test
  default void rename_ontoAnother_andExchange_tellOfBoth() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    made("/w/a", "/w/b");
    one.mkdir("/w/d");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), NAMES);
      watchAlone(one, queue, "/w/b", NAMES);
      one.rename("/w/a", "/w/d", Rename.RENAME_EXCHANGE);
      one.rename("/w/d", "/w/b");
      assertThat(lines(queue))
          .containsExactly(
              "1 MOVED_FROM a",
              "1 MOVED_TO d",
              "1 MOVED_FROM|ISDIR d",
              "1 MOVED_TO|ISDIR a",
              "1 MOVED_FROM d",
              "1 MOVED_TO b",
              "2 DELETE_SELF ",
              "2 IGNORED ");
    }
  }

  @Test
  default void watch_isOnTheInode_whateverItIsCalled() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    one.mkdir("/p");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.CREATE);
      one.rename("/w", "/p/v");
      one.mkdir("/w");
      one.close(one.make("/w/not"));
      one.close(one.make("/p/v/told"));
      assertThat(lines(queue)).containsExactly("1 CREATE told");
    }
  }

  @Test
  default void watchedDirectory_removed_endsTheWatch() throws ErrnoException {
    Actor maker = root();
    maker.mkdir("/w");
    maker.service().close();
    Actor one = root();
    try (ChangeQueue queue = queue(one)) {
      watchAlone(one, queue, "/w", QUIET);
      one.rmdir("/w");
      assertThat(lines(queue)).containsExactly("1 DELETE_SELF ", "1 IGNORED ");
      fails(Errno.EINVAL, () -> queue.remove(1));
    }
  }

  @Test
  default void deleteSelf_waitsForTheLastWhoHasItOpen() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    other.make("/f");
    try (ChangeQueue queue = queue(one)) {
      watchAlone(one, queue, "/f", Change.DELETE_SELF);
      one.unlink("/f");
      assertThat(lines(queue)).isEmpty();
      other.service().close();
      assertThat(lines(queue)).containsExactly("1 DELETE_SELF ", "1 IGNORED ");
    }
  }

  // ---- how it is watched ----

  @Test
  default void addWatch_again_replacesOrAdds() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      int watch = queue.add(one.id("/w"), Change.CREATE);
      assertThat(queue.add(one.id("/w"), Change.DELETE)).isEqualTo(watch);
      one.mkdir("/w/a");
      one.rmdir("/w/a");
      assertThat(lines(queue)).containsExactly("1 DELETE|ISDIR a");
      queue.add(one.id("/w"), Change.CREATE | Change.MASK_ADD);
      one.mkdir("/w/a");
      one.rmdir("/w/a");
      assertThat(lines(queue)).containsExactly("1 CREATE|ISDIR a", "1 DELETE|ISDIR a");
      fails(Errno.EEXIST, () -> queue.add(one.id("/w"), Change.CREATE | Change.MASK_CREATE));
    }
  }

  @Test
  default void oneshot_tellsOnce() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.CREATE | Change.ONESHOT);
      one.mkdir("/w/a");
      one.mkdir("/w/b");
      assertThat(lines(queue)).containsExactly("1 CREATE|ISDIR a", "1 IGNORED ");
      assertThat(queue.add(one.id("/w"), Change.CREATE)).isEqualTo(2);
    }
  }

  @Test
  default void removeWatch_isTold_andNothingAfterIt() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      int watch = queue.add(one.id("/w"), Change.CREATE);
      one.mkdir("/w/a");
      queue.poll();
      queue.remove(watch);
      one.mkdir("/w/b");
      assertThat(lines(queue)).containsExactly("1 IGNORED ");
      fails(Errno.EINVAL, () -> queue.remove(watch));
    }
  }

  @Test
  default void addWatch_ofWhatCannotBe_isRefused() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w", 0700);
    long handle = one.make("/f");
    try (ChangeQueue queue = queue(one)) {
      fails(Errno.EINVAL, () -> queue.add(one.id("/w"), 0));
      fails(Errno.EINVAL, () -> queue.add(one.id("/w"), Change.ONESHOT));
      fails(Errno.EINVAL, () -> queue.add(one.id("/w"), Change.CREATE | 0x100000));
      int both = Change.MASK_ADD | Change.MASK_CREATE;
      fails(Errno.EINVAL, () -> queue.add(one.id("/w"), Change.CREATE | both));
      fails(Errno.ENOTDIR, () -> queue.add(one.id("/f"), Change.MODIFY | Change.ONLYDIR));
      fails(
          Errno.EACCES,
          () -> one.as(ALICE).service().addWatch(ALICE, queue.handle(), one.id("/w"), QUIET));
      fails(
          Errno.EINVAL,
          () -> one.service().addWatch(one.caller(), handle, one.id("/w"), Change.CREATE));
      fails(Errno.EINVAL, () -> one.service().nextChanges(one.caller(), handle, 4096, false));
      fails(Errno.EINVAL, () -> one.service().removeWatch(one.caller(), handle, 1));
      fails(Errno.EINVAL, () -> one.read(queue.handle(), 0, 1));
    }
    Actor stranger = root();
    try (ChangeQueue queue = queue(stranger)) {
      fails(Errno.ESTALE, () -> queue.add(one.id("/w"), Change.CREATE));
    }
  }

  @Test
  default void openWatch_hasALimit() throws ErrnoException {
    Actor one = root();
    List<ChangeQueue> queues = new ArrayList<>();
    for (int i = 0; i < Limits.WATCH_QUEUES_PER_SESSION; i++) {
      queues.add(queue(one));
    }
    fails(Errno.EMFILE, () -> queue(one));
    queues.getFirst().close();
    queue(one).close();
  }

  // ---- the queue ----

  @Test
  default void identicalChanges_areOne() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/f"), Change.MODIFY | Change.ATTRIB);
      for (int i = 0; i < 10; i++) {
        one.write(handle, i, "x");
      }
      one.chmod("/f", 0600);
      one.write(handle, 0, "x");
      assertThat(lines(queue)).containsExactly("1 MODIFY ", "1 ATTRIB ", "1 MODIFY ");
    }
  }

  /** A chown that names no owner changes nothing but takes set-ID bits away. */
  @Test
  default void chownOfNobody_isToldIfABitGoes() throws ErrnoException {
    Actor one = root();
    one.close(one.make("/f"));
    SetAttr nobody = SetAttr.ofOwner(-1, -1);
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/f"), QUIET);
      one.service().setattr(one.caller(), one.id("/f"), 0, nobody);
      assertThat(lines(queue)).isEmpty();
      one.chmod("/f", 04755);
      assertThat(lines(queue)).containsExactly("1 ATTRIB ");
      one.service().setattr(one.caller(), one.id("/f"), 0, nobody);
      assertThat(lines(queue)).containsExactly("1 ATTRIB ");
    }
  }

  @Test
  default void tooManyChanges_areCountedInTheirPlace() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    one.mkdir("/v");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.ATTRIB);
      one.close(one.make("/w/a"));
      one.close(one.make("/w/b"));
      int changes = Limits.CHANGES_PER_QUEUE + 50;
      SetAttr mode = SetAttr.ofMode(0600);
      for (int i = -2; i < changes; i += 2) {
        if (i == 100) {
          // Of a directory of the host the kernel keeps as many as we do, and counts no more. So
          // that it keeps what is to come, it has to have told what was until now.
          int two = 2 * (Change.CHANGE_BYTES + 1);
          assertThat(one.service().nextChanges(one.caller(), queue.handle(), two, false))
              .hasSize(2);
        }
        one.service().setattr(one.caller(), one.id("/w/a"), 0, mode);
        one.service().setattr(one.caller(), one.id("/w/b"), 0, mode);
      }
      List<Change> all = all(queue);
      assertThat(all).hasSize(Limits.CHANGES_PER_QUEUE + 1);
      assertThat(all.getLast()).isEqualTo(Change.overflow(50));
      one.chmod("/w/a", 0644);
      assertThat(lines(queue)).containsExactly("1 ATTRIB a");
    }
  }

  /** A wait for changes; how it ended. */
  record Awaited(Ticket ticket, CompletableFuture<String> end) {
    static Awaited of(Actor one, ChangeQueue queue) throws ErrnoException {
      CompletableFuture<String> end = new CompletableFuture<>();
      Ticket ticket =
          one.service()
              .submit(
                  one.caller(),
                  new Operation.NextChanges(queue.handle(), 4096, true),
                  new Completion<List<Change>>() {
                    @Override
                    public void done(List<Change> changes) {
                      end.complete(
                          String.join(", ", changes.stream().map(WatchChecks::line).toList()));
                    }

                    @Override
                    public void failed(Errno errno) {
                      end.complete(errno.name());
                    }
                  });
      one.service().root(one.caller()); // answered behind it: it waits, or is over
      return new Awaited(ticket, end);
    }

    String ended() throws Exception {
      return end.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  default void nextChanges_waits_andIsToldByOthers() throws Exception {
    Actor one = root();
    Actor other = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.CREATE);
      Awaited first = Awaited.of(one, queue);
      Awaited second = Awaited.of(one, queue);
      assertThat(first.end().isDone()).isFalse();
      other.mkdir("/w/a");
      assertThat(first.ended()).isEqualTo("1 CREATE|ISDIR a");
      assertThat(second.end().isDone()).isFalse();
      other.mkdir("/w/b");
      assertThat(second.ended()).isEqualTo("1 CREATE|ISDIR b");
    }
  }

  @Test
  default void nextChanges_waiting_canBeGivenUp() throws Exception {
    Actor one = root();
    one.mkdir("/w");
    ChangeQueue queue = queue(one);
    queue.add(one.id("/w"), Change.CREATE);
    Awaited cancelled = Awaited.of(one, queue);
    Awaited stays = Awaited.of(one, queue);
    cancelled.ticket().cancel();
    assertThat(cancelled.ended()).isEqualTo("EINTR");
    one.mkdir("/w/a");
    assertThat(stays.ended()).isEqualTo("1 CREATE|ISDIR a");
    assertThat(queue.take(10, TimeUnit.MILLISECONDS)).isEmpty();
    Awaited closed = Awaited.of(one, queue);
    queue.close();
    assertThat(closed.ended()).isEqualTo("EBADF");
    fails(Errno.EBADF, queue::poll);
    fails(Errno.EBADF, () -> queue.add(one.id("/w"), Change.CREATE));
    fails(Errno.EBADF, () -> queue.remove(1));
  }

  @Test
  default void queue_isShared_andEndsWithTheLast() throws Exception {
    Actor one = root();
    Actor other = root();
    one.mkdir("/w");
    ChangeQueue mine = queue(one);
    mine.add(one.id("/w"), Change.CREATE);
    ChangeQueue theirs = ChangeQueue.take(other.service(), other.caller(), mine.share());
    one.mkdir("/w/a");
    assertThat(lines(theirs)).containsExactly("1 CREATE|ISDIR a");
    Awaited waits = Awaited.of(other, theirs);
    mine.close();
    one.mkdir("/w/b");
    assertThat(waits.ended()).isEqualTo("1 CREATE|ISDIR b");
    theirs.close();
    one.mkdir("/w/c");
  }

  @Test
  default void nextChanges_ofFewBytes_givesOneAtATime() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.CREATE);
      one.mkdir("/w/a");
      one.mkdir("/w/b");
      one.mkdir("/w/c");
      List<Integer> sizes = new ArrayList<>();
      for (int bytes : List.of(0, 2 * (Change.CHANGE_BYTES + 1))) {
        sizes.add(one.service().nextChanges(one.caller(), queue.handle(), bytes, false).size());
      }
      assertThat(sizes).containsExactly(1, 2);
      fails(
          Errno.EAGAIN, () -> one.service().nextChanges(one.caller(), queue.handle(), 4096, false));
    }
  }

  // ---- all below ----

  @Test
  default void recursive_tellsWithPaths_wherever() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    one.mkdir("/w/old");
    one.mkdir("/o");
    one.mkdir("/o/in");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), NAMES | Change.MODIFY | Change.RECURSIVE);
      one.mkdir("/w/old/a");
      one.mkdir("/w/old/a/b");
      long handle = one.make("/w/old/a/b/f");
      one.write(handle, 0, "x");
      one.rename("/o/in", "/w/old/in");
      one.close(one.make("/w/old/in/g"));
      one.rename("/w/old", "/w/new");
      one.write(handle, 0, "x");
      one.rename("/w/new/a", "/o/a");
      one.write(handle, 0, "x");
      assertThat(lines(queue))
          .containsExactly(
              "1 CREATE|ISDIR old/a",
              "1 CREATE|ISDIR old/a/b",
              "1 CREATE old/a/b/f",
              "1 MODIFY old/a/b/f",
              "1 MOVED_TO|ISDIR old/in",
              "1 CREATE old/in/g",
              "1 MOVED_FROM|ISDIR old",
              "1 MOVED_TO|ISDIR new",
              "1 MODIFY new/a/b/f",
              "1 MOVED_FROM|ISDIR new/a");
    }
  }

  @Test
  default void recursive_tellsNothingOfWhatMayNotBeRead() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w", 0755);
    one.mkdir("/w/open", 0755);
    one.mkdir("/w/secret", 0700);
    one.mkdir("/w/secret/open", 0755);
    Actor alice = process(ALICE);
    try (ChangeQueue queue = queue(alice)) {
      queue.add(alice.id("/w"), Change.CREATE | Change.RECURSIVE);
      one.mkdir("/w/secret/x");
      one.mkdir("/w/secret/open/x");
      one.mkdir("/w/open/y");
      one.mkdir("/w/z");
      assertThat(lines(queue)).containsExactly("1 CREATE|ISDIR open/y", "1 CREATE|ISDIR z");
    }
  }

  @Test
  default void recursive_deeperThanAPathMayBe_isCounted() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), Change.CREATE | Change.RECURSIVE);
      var dir = one.id("/w");
      Name name = Name.of("n".repeat(250));
      for (int i = 0; i < 17; i++) {
        dir = one.service().mkdir(one.caller(), dir, name, 0755).id();
      }
      List<Change> all = all(queue);
      assertThat(all).hasSize(16);
      assertThat(all.getLast()).isEqualTo(Change.overflow(2));
    }
  }

  @Test
  default void hardLinks_areToldUnderEachName() throws ErrnoException {
    Actor one = root();
    one.mkdir("/w");
    one.close(one.make("/w/a"));
    one.link("/w/a", "/w/b");
    try (ChangeQueue queue = queue(one)) {
      queue.add(one.id("/w"), QUIET);
      long handle = one.open("/w/b", O_RDWR);
      one.write(handle, 0, "x");
      one.rename("/w/a", "/w/c");
      one.write(handle, 0, "y");
      assertThat(lines(queue))
          .contains("1 MODIFY b", "1 MOVED_FROM a", "1 MOVED_TO c")
          .filteredOn(line -> line.contains("MODIFY"))
          .containsExactlyInAnyOrder("1 MODIFY a", "1 MODIFY b", "1 MODIFY c", "1 MODIFY b");
    }
  }
}

package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.guest.Site.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * Locks of programs in guests: by fcntl(2), as open file descriptions have them, and by flock(2).
 */
final class LockItems {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final Set<Class<?>> LOCKS = Set.of(Operation.Lock.class);
  private static final int SLOT = 1;
  private static final int OTHER_SLOT = 2;
  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;
  private static final long SHORT_MS = 20;

  private LockItems() {}

  static Stream<Item> items() {
    return Stream.of(
        Item.of("ranges that do not meet do not conflict", (site, mode) -> ranges(site)),
        Item.of("who holds a lock is told, by F_GETLK", (site, mode) -> holder(site)),
        Item.of("a lock is handed over while the reply is held", (site, mode) -> handedOver(site)),
        Item.of("a lock is asked for again, locktimeout=1", (site, mode) -> again(site, true)),
        Item.of("a lock is asked for again, by default", (site, mode) -> again(site, false)),
        Item.of("a reply held for ever delays nobody", (site, mode) -> forEver(site)),
        Item.of("SIGTERM of a waiter leaves no lock", (site, mode) -> terminated(site)),
        Item.of("a killed holder's lock is free", (site, mode) -> killed(site)),
        Item.of("a circle of waits over two guests is EDEADLK", (site, mode) -> cycle(site)),
        Item.of("flock excludes over guests and mounts", (site, mode) -> flock(site)),
        Item.of("OFD locks exclude, and end with any close", (site, mode) -> openFiles(site)),
        Item.of("a guest's lock excludes a Java client", (site, mode) -> java(site)));
  }

  private static void open(Guest guest, int slot, String path) throws IOException {
    guest.open(slot, path, O_RDWR | O_CREAT).ok();
  }

  /** Both guests have the item's file open. */
  private static void open(Site site) throws IOException {
    open(site.a, SLOT, site.in(NONE, "f"));
    open(site.b, SLOT, site.in(NONE, "f"));
  }

  private static void close(Site site) throws IOException {
    site.a.close(SLOT);
    site.b.close(SLOT);
  }

  /** Waits until nobody has a lock. */
  private static void free(Site site) throws IOException {
    try (OpenFile file = site.java.open(site.path("f"), O_RDWR, 0)) {
      await().atMost(SOON).until(() -> found(site, file).type() == RangeLock.Type.UNLOCK);
    }
  }

  private static Operation.FoundLock found(Site site, OpenFile file) throws IOException {
    RangeLock all = RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.WRITE);
    return site.java.service().getLock(site.java.caller(), file.handle(), all);
  }

  private static void awaitLocks(Watch watch, long count) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> watch.count(LOCKS) >= count);
  }

  private static void tell(String what, long since) {
    System.out.printf("%s: %.0f ms%n", what, (System.nanoTime() - since) / 1e6);
  }

  // ---- what conflicts ----

  private static void ranges(Site site) throws IOException {
    open(site);
    site.a.ok("lock", SLOT, "set", "w", 0, 10);
    site.b.ok("lock", SLOT, "set", "w", 10, 10);
    site.b.fails(Errno.EAGAIN, "lock", SLOT, "set", "r", 9, 2);
    site.a.ok("lock", SLOT, "set", "r", 0, 10);
    site.b.ok("lock", SLOT, "set", "r", 0, 10);
    site.a.fails(Errno.EAGAIN, "lock", SLOT, "set", "w", 5, 1);
    site.b.ok("lock", SLOT, "set", "u", 5, 1);
    site.a.ok("lock", SLOT, "set", "w", 5, 1);
    close(site);
    free(site);
  }

  /** Linux shows the number of a process that is not its own as a negative one. */
  private static void holder(Site site) throws IOException {
    open(site);
    assertThat(site.b.ok("lock", SLOT, "get", "w", 0, 0).text(0)).isEqualTo("free");
    long pid = site.a.ok("pid").number(0);
    site.a.ok("lock", SLOT, "set", "w", 100, 50);
    Answer told = site.b.ok("lock", SLOT, "get", "w", 0, 0);
    assertThat(told.text(0)).isEqualTo("w");
    assertThat(told.number(1)).isEqualTo(100);
    assertThat(told.number(2)).isEqualTo(50);
    assertThat(told.number(3)).isEqualTo(-pid);
    assertThat(site.b.ok("lock", SLOT, "get", "w", 0, 100).text(0)).isEqualTo("free");
    close(site);
  }

  private static void flock(Site site) throws IOException {
    open(site);
    open(site.a, OTHER_SLOT, site.in(SECOND, "f"));
    site.a.ok("flock", SLOT, "ex");
    site.b.fails(Errno.EAGAIN, "flock", SLOT, "sh");
    site.a.ok("flock", SLOT, "sh");
    site.b.ok("flock", SLOT, "sh");
    site.b.ok("flock", SLOT, "un");
    site.a.ok("flock", SLOT, "un");
    site.b.ok("flock", SLOT, "ex");
    site.a.fails(Errno.EAGAIN, "flock", SLOT, "sh");
    site.a.fails(Errno.EAGAIN, "flock", OTHER_SLOT, "sh");
    site.b.close(SLOT);
    site.a.ok("flock", OTHER_SLOT, "ex");
    site.a.close(SLOT);
    site.a.close(OTHER_SLOT);
    free(site);
  }

  /** To the leader they are the process's: Linux sends its number, and unlocks with any close. */
  private static void openFiles(Site site) throws IOException {
    open(site);
    open(site.a, OTHER_SLOT, site.in(NONE, "f"));
    site.a.ok("lock", SLOT, "oset", "w", 0, 10);
    site.a.fails(Errno.EAGAIN, "lock", OTHER_SLOT, "oset", "w", 0, 10);
    site.a.ok("lock", OTHER_SLOT, "oset", "w", 10, 10);
    site.b.fails(Errno.EAGAIN, "lock", SLOT, "oset", "w", 0, 1);
    site.b.fails(Errno.EAGAIN, "lock", SLOT, "oset", "w", 10, 1);
    site.a.close(SLOT);
    site.b.ok("lock", SLOT, "oset", "w", 0, 20);
    site.a.close(OTHER_SLOT);
    site.b.close(SLOT);
    free(site);
  }

  private static void java(Site site) throws IOException {
    open(site);
    try (OpenFile file = site.java.open(site.path("f"), O_RDWR, 0)) {
      site.a.ok("lock", SLOT, "set", "w", 5, 10);
      assertThat(found(site, file).start()).isEqualTo(5);
      site.a.ok("lock", SLOT, "set", "u", 0, 0);
      lock(site, file, posix(0, 0), false);
      site.b.fails(Errno.EAGAIN, "lock", SLOT, "set", "r", 5, 1);
    }
    site.b.ok("lock", SLOT, "set", "r", 5, 1);
    close(site);
  }

  // ---- who waits ----

  private static void handedOver(Site site) throws IOException {
    open(site);
    site.a.ok("lock", SLOT, "set", "w", 0, 0);
    long before = site.watch.count(LOCKS);
    site.b.ok("spawn", "waiter", "lock", SLOT, "wait", "w", 0, 0);
    awaitLocks(site.watch, before + 1);
    long since = System.nanoTime();
    site.a.ok("lock", SLOT, "set", "u", 0, 0);
    site.b.ok("await", "waiter");
    tell(site.kernel + ": handed over while the reply was held", since);
    close(site);
    free(site);
  }

  /** The lock becomes free when nobody is held any more, and Linux sleeps by itself. */
  private static void again(Site site, boolean soon) throws IOException {
    if (!soon && !FULL) {
      throw new TestAbortedException("half a minute: -Dcoterie.full=true");
    }
    LongAdder givenUp = new LongAdder();
    try (Leader other = leader(session -> new Counting(session, givenUp), SHORT_MS)) {
      mount(site, other, soon ? ",locktimeout=1" : "");
      site.a.ok("lock", SLOT, "set", "w", 0, 0);
      site.b.ok("spawn", "waiter", "lock", SLOT, "wait", "w", 0, 0);
      await().atMost(SOON).until(() -> givenUp.sum() > 0);
      long since = System.nanoTime();
      site.a.ok("lock", SLOT, "set", "u", 0, 0);
      site.b.ok("await", "waiter");
      tell(site.kernel + ": handed over " + (soon ? "with locktimeout=1" : "by default"), since);
      unmount(site);
    }
  }

  /** Counts locks that were waited for and not granted. */
  private record Counting(FileService inner, LongAdder refused) implements FileService {
    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lock)) {
        return inner.submit(caller, operation, completion);
      }
      return inner.submit(
          caller,
          operation,
          new Completion<R>() {
            @Override
            public void done(R result) {
              completion.done(result);
            }

            @Override
            public void failed(Errno errno) {
              refused.increment();
              completion.failed(errno);
            }
          });
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private static void forEver(Site site) throws IOException {
    Watch watch = new Watch();
    try (Leader other = leader(watch, Leader.LOCK_HOLD_FOREVER_MS)) {
      mount(site, other, "");
      site.a.ok("lock", SLOT, "set", "w", 0, 0);
      long before = watch.count(LOCKS);
      site.b.ok("spawn", "waiter", "lock", SLOT, "wait", "w", 0, 0);
      awaitLocks(watch, before + 1);
      site.b.put(Site.HERE + "/g", "not delayed");
      assertThat(site.b.get(Site.HERE + "/g")).isEqualTo("not delayed");
      long since = System.nanoTime();
      site.a.ok("lock", SLOT, "set", "u", 0, 0);
      site.b.ok("await", "waiter");
      tell(site.kernel + ": handed over, held for ever", since);
      unmount(site);
    }
  }

  private static Leader leader(UnaryOperator<FileService> watch, long holdMs) throws IOException {
    return Leader.builder()
        .mount("/", TmpFs.Options.defaults().factory())
        .tcp(0, true)
        .lockHoldMs(holdMs)
        .decorate(watch)
        .start();
  }

  private static void mount(Site site, Leader leader, String more) throws IOException {
    for (Guest guest : List.of(site.a, site.b)) {
      String options = Site.options(leader.tcpPort(), "access=any,cache=none" + more);
      guest.sh("mkdir -p " + Site.HERE);
      guest.ok("mount", Site.HOST, Site.HERE, options);
      open(guest, SLOT, Site.HERE + "/f");
    }
  }

  private static void unmount(Site site) throws IOException {
    close(site);
    site.umount(site.a, Site.HERE);
    site.umount(site.b, Site.HERE);
  }

  private static void terminated(Site site) throws IOException {
    open(site);
    site.a.ok("lock", SLOT, "set", "w", 0, 0);
    long before = site.watch.count(LOCKS);
    site.b.ok("spawn", "waiter", "lock", SLOT, "wait", "w", 0, 0);
    awaitLocks(site.watch, before + 1);
    site.b.ok("kill", "waiter", SIGTERM);
    assertThat(site.b.ask("await", "waiter").line()).isEqualTo("KILLED " + SIGTERM);
    site.a.ok("lock", SLOT, "set", "u", 0, 0);
    free(site);
    close(site);
  }

  private static void killed(Site site) throws IOException {
    open(site);
    long before = site.watch.count(LOCKS);
    site.a.ok("spawn", "holder", "hold", SLOT, "set", "w", 0, 0);
    awaitLocks(site.watch, before + 1);
    await().atMost(SOON).until(() -> site.b.ok("lock", SLOT, "get", "w", 0, 0).text(0).equals("w"));
    site.b.ok("spawn", "waiter", "lock", SLOT, "wait", "w", 0, 0);
    awaitLocks(site.watch, before + 2);
    site.a.ok("kill", "holder", SIGKILL);
    assertThat(site.a.ask("await", "holder").line()).isEqualTo("KILLED " + SIGKILL);
    site.b.ok("await", "waiter");
    close(site);
    free(site);
  }

  /** A guest waits for the Java client, which waits for the guest. */
  private static void cycle(Site site) throws Exception {
    open(site);
    site.a.ok("lock", SLOT, "set", "w", 0, 1);
    try (OpenFile file = site.java.open(site.path("f"), O_RDWR, 0)) {
      lock(site, file, posix(1, 1), false);
      CompletableFuture<String> end = new CompletableFuture<>();
      site.java
          .service()
          .submit(
              site.java.caller(),
              new Operation.Lock(file.handle(), posix(0, 1), true),
              new Completion<Operation.Done>() {
                @Override
                public void done(Operation.Done result) {
                  end.complete("granted");
                }

                @Override
                public void failed(Errno errno) {
                  end.complete(errno.name());
                }
              });
      site.java.stat("/"); // answered behind it: it is in the queue
      site.a.fails(Errno.EDEADLK, "lock", SLOT, "wait", "w", 1, 1);
      site.a.ok("lock", SLOT, "set", "u", 0, 0);
      assertThat(end.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo("granted");
    }
    close(site);
    free(site);
  }

  private static RangeLock posix(long start, long length) {
    return new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, start, length, 0);
  }

  private static void lock(Site site, OpenFile file, RangeLock lock, boolean waits)
      throws IOException {
    site.java.service().lock(site.java.caller(), file.handle(), lock, waits);
  }
}

package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.EventMask;
import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.sys.Descriptors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A set with members of the tree and of one kind of the host, over the wire. */
@Timeout(180)
abstract class EventSetSuite {
  static final Caller ME = Caller.ROOT;
  static final Duration LONG = Duration.ofSeconds(50);
  private static final byte[] ONE = {1, 0, 0, 0, 0, 0, 0, 0};

  private final List<Stream> streams = new ArrayList<>();
  private final Leader leader;
  private final Address address;
  FileService service;
  EventSet set;

  EventSetSuite(Path folder, Kernel.Maker maker) throws IOException {
    Path socket = folder.resolve("socket");
    address = new Address.Unix(socket.toString());
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    service = connect();
    set = EventSet.open(service, ME, maker);
  }

  FileService connect() throws ErrnoException {
    return Client.connect(address, ClientOptions.DEFAULT);
  }

  @AfterEach
  void end() throws Exception {
    set.close();
    streams.forEach(Stream::close);
    service.close();
    leader.close();
  }

  /** One more of the kind. */
  abstract Stream make();

  /** What its mask says when the other end is closed, and nothing but reading was asked for. */
  abstract int hangup();

  abstract boolean hasEdges();

  Stream stream() {
    Stream stream = make();
    streams.add(stream);
    return stream;
  }

  long counter() throws ErrnoException {
    return service.eventfd(ME, 0, 0).handle();
  }

  void put(long counter) throws ErrnoException {
    service.writeNext(ME, counter, ByteBuffer.wrap(ONE.clone()));
  }

  void get(long counter) throws ErrnoException {
    service.readNext(ME, counter, ByteBuffer.allocate(8));
  }

  /** What is ready now: data and mask. */
  Map<Long, Integer> now() throws ErrnoException {
    return byData(set.await(100, Duration.ZERO));
  }

  static Map<Long, Integer> byData(List<Event> events) {
    Map<Long, Integer> found = new TreeMap<>();
    for (Event event : events) {
      assertThat(found.put(event.data(), event.mask())).isNull();
    }
    return found;
  }

  static void fails(Errno errno, ThrowingCallable call) {
    assertThatExceptionOfType(ErrnoException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(errno));
  }

  /** Waits in another thread; answers when that is seen to wait. */
  private FutureTask<List<Event>> waiting(int max) {
    FutureTask<List<Event>> task = new FutureTask<>(() -> set.await(max, LONG));
    Thread thread = Thread.ofPlatform().daemon().start(task);
    awaitWaiting(thread);
    return task;
  }

  /** In the kernel, where a thread counts as runnable, or in Java. */
  private static void awaitWaiting(Thread thread) {
    while (true) {
      for (StackTraceElement frame : thread.getStackTrace()) {
        String method = frame.getMethodName();
        boolean selects = method.equals("wait") && frame.isNativeMethod();
        if (selects || method.equals("poll") || method.equals("park")) {
          return;
        }
      }
      assertThat(thread.isAlive()).isTrue();
      Thread.onSpinWait();
    }
  }

  // ---- one member ----

  @Test
  void level_isReportedUntilRead() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN, -7);
    assertThat(now()).isEmpty();
    one.write(2);
    assertThat(now()).isEqualTo(Map.of(-7L, EPOLLIN));
    assertThat(one.read(1)).isEqualTo(1);
    assertThat(set.await(4)).containsExactly(new Event(EPOLLIN, -7, 1));
    assertThat(one.read(1)).isEqualTo(1);
    assertThat(now()).isEmpty();
  }

  @Test
  void oneShot_isReportedOnceUntilChanged() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN | EPOLLONESHOT, 1);
    one.write(1);
    assertThat(now()).isEqualTo(Map.of(1L, EPOLLIN));
    assertThat(now()).isEmpty();
    one.write(1);
    assertThat(now()).isEmpty();
    set.modify(one.member(), EPOLLIN | EPOLLONESHOT, 2);
    assertThat(now()).isEqualTo(Map.of(2L, EPOLLIN));
    one.closeWriter();
    assertThat(now()).isEmpty();
  }

  @Test
  void edge_isReportedOncePerChange_orRefused() throws Exception {
    Stream one = stream();
    if (!hasEdges()) {
      fails(Errno.EINVAL, () -> set.add(one.member(), EPOLLIN | EPOLLET, 1));
      fails(Errno.EINVAL, () -> set.add(one.member(), EPOLLIN | EPOLLEXCLUSIVE, 1));
      fails(Errno.EINVAL, () -> set.add(one.member(), EPOLLIN | EventMask.EPOLLRDHUP, 1));
      fails(Errno.EINVAL, () -> set.add(one.member(), EPOLLIN | EventMask.EPOLLHUP, 1));
      fails(Errno.EINVAL, () -> set.add(one.member(), 0, 1));
      set.add(one.member(), EPOLLIN, 1);
      fails(Errno.EINVAL, () -> set.modify(one.member(), EPOLLIN | EPOLLET, 1));
      return;
    }
    set.add(one.member(), EPOLLIN | EPOLLET, 1);
    for (int i = 0; i < 1000; i++) {
      one.write(1);
      assertThat(now()).isEqualTo(Map.of(1L, EPOLLIN));
      assertThat(now()).isEmpty();
      if (i >= 100) {
        assertThat(one.read(101)).isPositive(); // before, a second write without a read
      }
    }
  }

  @Test
  void errors_areEpolls() throws Exception {
    Stream one = stream();
    fails(Errno.ENOENT, () -> set.modify(one.member(), EPOLLIN, 1));
    fails(Errno.ENOENT, () -> set.remove(one.member()));
    set.add(one.member(), EPOLLIN, 1);
    fails(Errno.EEXIST, () -> set.add(one.member(), EPOLLIN, 1));
    fails(Errno.EINVAL, () -> set.modify(one.member(), 2, 1));
    set.remove(one.member());
    fails(Errno.ENOENT, () -> set.remove(one.member()));
    one.write(1);
    assertThat(now()).isEmpty();
    fails(Errno.EINVAL, () -> set.await(0));
    one.closeMember();
    fails(Errno.EBADF, () -> set.add(one.member(), EPOLLIN, 1));
    fails(Errno.EBADF, () -> set.remove(one.member()));
  }

  @Test
  void member_takenOut_canBeAddedAgain() throws Exception {
    Stream one = stream();
    one.write(1);
    for (int i = 0; i < 100; i++) {
      set.add(one.member(), EPOLLIN, i);
      assertThat(now()).isEqualTo(Map.of((long) i, EPOLLIN));
      set.remove(one.member());
    }
    assertThat(now()).isEmpty();
  }

  @Test
  void member_takenOutAndAddedWhileOneWaits() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN, 0);
    FutureTask<List<Event>> waits = waiting(4);
    for (int i = 1; i <= 100; i++) {
      set.remove(one.member());
      set.add(one.member(), EPOLLIN, i);
    }
    one.write(1);
    assertThat(byData(waits.get())).isEqualTo(Map.of(100L, EPOLLIN));
  }

  @Test
  void otherEndClosed_isReported() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN, 1);
    one.closeWriter();
    assertThat(now()).isEqualTo(Map.of(1L, hangup()));
  }

  @Test
  void closedMember_leavesTheSet() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN, 1);
    one.write(1);
    assertThat(now()).hasSize(1);
    one.closeMember();
    assertThat(now()).isEmpty();
    Stream two = stream(); // perhaps by the same number
    set.add(two.member(), EPOLLIN, 2);
    two.write(1);
    assertThat(now()).isEqualTo(Map.of(2L, EPOLLIN));
  }

  // ---- both kinds ----

  @Test
  void treeAndHost_areReportedByOneWait() throws Exception {
    Stream one = stream();
    long counter = counter();
    set.add(one.member(), EPOLLIN, 1);
    set.add(Member.ofHandle(counter), EPOLLIN, 2);
    one.write(1);
    put(counter);
    assertThat(byData(set.await(4))).isEqualTo(Map.of(1L, EPOLLIN, 2L, EPOLLIN));
    assertThat(now()).isEqualTo(Map.of(1L, EPOLLIN, 2L, EPOLLIN));
    get(counter);
    one.read(1);
    assertThat(now()).isEmpty();
    assertThat(set.await(4, Duration.ofMillis(1))).isEmpty();
  }

  @Test
  void notify_isOfTheTreeAlone() throws Exception {
    Stream one = stream();
    long counter = counter();
    fails(Errno.EINVAL, () -> set.add(one.member(), EPOLLIN | EventMask.NOTIFY, 1));
    set.add(one.member(), EPOLLIN, 1);
    fails(Errno.EINVAL, () -> set.modify(one.member(), EPOLLIN | EventMask.NOTIFY, 1));
    set.add(Member.ofHandle(counter), EPOLLIN | EventMask.NOTIFY, 2);
    put(counter);
    get(counter);
    assertThat(set.await(4)).containsExactly(new Event(EPOLLIN, 2, 1));
  }

  @Test
  void treeEvent_endsAWaitForBoth() throws Exception {
    long counter = counter();
    set.add(stream().member(), EPOLLIN, 1);
    set.add(Member.ofHandle(counter), EPOLLIN, 2);
    FutureTask<List<Event>> waits = waiting(4);
    put(counter);
    assertThat(byData(waits.get())).isEqualTo(Map.of(2L, EPOLLIN));
  }

  @Test
  void hostEvent_endsAWaitForBoth_andTakesNothingOfTheTree() throws Exception {
    Stream one = stream();
    long counter = counter();
    set.add(one.member(), EPOLLIN | EPOLLONESHOT, 1);
    set.add(Member.ofHandle(counter), EPOLLIN | EPOLLONESHOT, 2);
    try (FileService other = connect();
        EventSet shared = EventSet.take(other, ME, set.share())) {
      FutureTask<List<Event>> waits = waiting(4);
      one.write(1);
      assertThat(byData(waits.get())).isEqualTo(Map.of(1L, EPOLLIN));
      put(counter); // nobody waits here any more, not even a request that was forgotten
      assertThat(byData(shared.await(4))).isEqualTo(Map.of(2L, EPOLLIN));
      assertThat(now()).isEmpty();
    }
  }

  @Test
  void hostMember_addedWhileOneWaitsForTheTree_isWaitedFor() throws Exception {
    set.add(Member.ofHandle(counter()), EPOLLIN, 2);
    FutureTask<List<Event>> waits = waiting(4);
    Stream one = stream();
    set.add(one.member(), EPOLLIN, 1);
    one.write(1);
    assertThat(byData(waits.get())).isEqualTo(Map.of(1L, EPOLLIN));
  }

  @Test
  void treeMember_addedWhileOneWaitsForTheHost_isWaitedFor() throws Exception {
    set.add(stream().member(), EPOLLIN, 1);
    FutureTask<List<Event>> waits = waiting(4);
    long counter = counter();
    set.add(Member.ofHandle(counter), EPOLLIN, 2);
    put(counter);
    assertThat(byData(waits.get())).isEqualTo(Map.of(2L, EPOLLIN));
  }

  @Test
  void changedMask_isWaitedForAtOnce() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN | EPOLLONESHOT, 1);
    one.write(1);
    assertThat(now()).hasSize(1);
    FutureTask<List<Event>> waits = waiting(4);
    set.modify(one.member(), EPOLLIN, 2);
    assertThat(byData(waits.get())).isEqualTo(Map.of(2L, EPOLLIN));
  }

  @Test
  void smallWaits_giveEachItsTurn() throws Exception {
    long counter = counter();
    set.add(Member.ofHandle(counter), EPOLLIN, 0);
    put(counter);
    for (int i = 1; i <= 4; i++) {
      Stream stream = stream();
      set.add(stream.member(), EPOLLIN, i);
      stream.write(1);
    }
    Map<Long, Integer> reports = new TreeMap<>();
    for (int i = 0; i < 80; i++) {
      List<Event> events = set.await(1);
      assertThat(events).hasSize(1);
      reports.merge(events.getFirst().data(), 1, Integer::sum);
    }
    assertThat(reports).hasSize(5);
    assertThat(reports.values()).allMatch(count -> count >= 10);
  }

  // ---- the end of a wait ----

  @Test
  void interrupt_endsAWait_andNothingElse() throws Exception {
    Stream one = stream();
    set.add(one.member(), EPOLLIN, 1);
    set.add(Member.ofHandle(counter()), EPOLLIN, 2);
    FutureTask<Boolean> task =
        new FutureTask<>(() -> {
          fails(Errno.EINTR, () -> set.await(4));
          return Thread.currentThread().isInterrupted();
        });
    Thread thread = Thread.ofPlatform().daemon().start(task);
    awaitWaiting(thread);
    thread.interrupt();
    assertThat(task.get()).isTrue();
    one.write(1);
    assertThat(now()).hasSize(1);
    Thread.currentThread().interrupt();
    fails(Errno.EINTR, () -> set.await(4));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(now()).hasSize(1);
  }

  @Test
  void close_endsAWait() throws Exception {
    set.add(stream().member(), EPOLLIN, 1);
    set.add(Member.ofHandle(counter()), EPOLLIN, 2);
    FutureTask<Boolean> task =
        new FutureTask<>(() -> {
          fails(Errno.EBADF, () -> set.await(4));
          return true;
        });
    Thread thread = Thread.ofPlatform().daemon().start(task);
    awaitWaiting(thread);
    set.close();
    assertThat(task.get()).isTrue();
    fails(Errno.EBADF, () -> set.await(4));
    fails(Errno.EBADF, () -> set.add(stream().member(), EPOLLIN, 1));
    set.close();
  }

  @Test
  void lostLeader_endsAWait() throws Exception {
    set.add(stream().member(), EPOLLIN, 1);
    set.add(Member.ofHandle(counter()), EPOLLIN, 2);
    FutureTask<Boolean> task =
        new FutureTask<>(() -> {
          fails(Errno.EIO, () -> set.await(4));
          return true;
        });
    Thread thread = Thread.ofPlatform().daemon().start(task);
    awaitWaiting(thread);
    leader.close();
    assertThat(task.get()).isTrue();
    fails(Errno.ENOTCONN, () -> set.close());
  }

  @Test
  void twoWaiters_eachEventGoesToOne() throws Exception {
    Stream one = stream();
    Stream two = stream();
    set.add(one.member(), EPOLLIN | EPOLLONESHOT, 1);
    set.add(two.member(), EPOLLIN | EPOLLONESHOT, 2);
    FutureTask<List<Event>> first = waiting(1);
    FutureTask<List<Event>> second = waiting(1);
    one.write(1);
    two.write(1);
    List<Event> all = new ArrayList<>(first.get());
    all.addAll(second.get());
    assertThat(byData(all)).isEqualTo(Map.of(1L, EPOLLIN, 2L, EPOLLIN));
  }

  // ---- once ----

  @Test
  void poll_isOnceAndLeavesNothing() throws Exception {
    Stream one = stream();
    Stream two = stream();
    long counter = counter();
    Member tree = Member.ofHandle(counter);
    Member root = Member.ofHandle(service.open(ME, service.root(ME).id(), 0).handle());
    Map<Member, Integer> idle = Map.of(one.member(), EPOLLIN, two.member(), EPOLLIN, tree, EPOLLIN);
    assertThat(EventSet.poll(service, ME, idle, Duration.ZERO)).isEmpty();
    one.write(1);
    put(counter);
    assertThat(EventSet.poll(service, ME, idle, null))
        .isEqualTo(Map.of(one.member(), EPOLLIN, tree, EPOLLIN));
    assertThat(EventSet.poll(service, ME, Map.of(root, EPOLLIN, two.member(), EPOLLIN), null))
        .isEqualTo(Map.of(root, EPOLLIN));
    set.add(one.member(), EPOLLIN, 1); // free again
    assertThat(now()).hasSize(1);
    fails(Errno.EBADF, () -> EventSet.poll(service, ME, Map.of(Member.ofHandle(99), 1), null));
  }

  // ---- what a wait costs ----

  /** Members that are examined are counted; the kernel's own cost is not seen here. */
  @Test
  void wait_examinesOnlyWhatIsReady() throws Exception {
    int idle = Boolean.getBoolean("coterie.full") ? 20_000 : 1_500;
    int most = (Descriptors.raiseLimit() - 500) / 2;
    Stream one = stream();
    set.add(one.member(), EPOLLIN, -1);
    for (int i = 0; i < Math.min(idle, most); i++) {
      set.add(stream().member(), EPOLLIN, i);
    }
    assertThat(now()).isEmpty();
    for (int i = 0; i < 10; i++) {
      long before = set.hostReports().examined();
      one.write(1);
      assertThat(set.await(100)).hasSize(1);
      assertThat(set.hostReports().examined() - before).isEqualTo(1);
      one.read(1);
    }
  }
}

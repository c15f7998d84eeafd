package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Notifications;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.RangeLock;
import dev.coterie.check.leader.Child;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Event sets and notifications between processes: edges, notifications and their owner, locks and
 * changes that one process makes and another waits for.
 */
@Timeout(600)
class SharedEventsIT {
  private static final int CYCLES = 1_000;
  private static final int ROUNDS = 1_000;
  private static final Caller ME = Caller.ROOT;

  @TempDir Path folder;
  private Leader leader;
  private FileService service;
  private final List<Child> children = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    Path socket = folder.resolve("socket");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    service = connect();
    service.mknod(ME, root(), Name.of("p"), Mode.S_IFIFO | 0600, 0);
  }

  @AfterEach
  void stop() throws Exception {
    children.forEach(Child::close);
    service.close();
    leader.close();
  }

  private FileService connect() throws Exception {
    return Client.connect(
        new Address.Unix(folder.resolve("socket").toString()), ClientOptions.DEFAULT);
  }

  private Child child() throws Exception {
    Child child = Child.start(folder, EventsMain.class, folder.resolve("socket"));
    children.add(child);
    return child;
  }

  private InodeId root() throws ErrnoException {
    return service.root(ME).id();
  }

  private long openFifo(int flags) throws ErrnoException {
    InodeId id = service.lookup(ME, root(), Name.of("p")).id();
    return service.open(ME, id, flags | OpenFlags.O_NONBLOCK).handle();
  }

  private String token(long handle) throws ErrnoException {
    return service.share(ME, handle).toSecret();
  }

  private String now(long set) throws ErrnoException {
    return EventsMain.show(service.evwait(ME, set, 16, 0));
  }

  // ---- event sets ----

  @Test
  void setsOfTwoProcesses_bothGetEachEdge_andTheHangUpOnce() throws Exception {
    Child other = child();
    long in = openFifo(OpenFlags.O_RDONLY);
    long out = openFifo(OpenFlags.O_WRONLY);
    long set = service.evset(ME).handle();
    service.evctl(ME, set, Control.ADD, in, EPOLLIN | EPOLLET, 7);
    other.ask("take in " + token(in));
    other.ask("set set");
    other.ask("add set in " + (EPOLLIN | EPOLLET) + " 8");
    for (int i = 0; i < 20; i++) {
      service.writeNext(ME, out, ByteBuffer.wrap(new byte[] {'x'})); // nobody reads
      assertThat(now(set)).isEqualTo("1:7:1");
      assertThat(other.ask("wait set -1")).isEqualTo("1:8:1");
      assertThat(now(set)).isEmpty();
      assertThat(other.ask("wait set 0")).isEmpty();
    }
    service.close(ME, out);
    assertThat(now(set)).isEqualTo("11:7:1");
    assertThat(other.ask("wait set -1")).isEqualTo("11:8:1");
    for (int i = 0; i < 3; i++) {
      assertThat(now(set)).isEmpty();
      assertThat(other.ask("wait set 0")).isEmpty();
    }
    other.end();
  }

  @Test
  void edges_ofWritesAndDrainsByAnotherProcess_areOneForEach() throws Exception {
    Child other = child();
    long in = openFifo(OpenFlags.O_RDONLY);
    long set = service.evset(ME).handle();
    service.evctl(ME, set, Control.ADD, in, EPOLLIN | EPOLLET, 7);
    other.ask("open out p w");
    assertThat(now(set)).isEmpty(); // it is a change, and nothing is ready
    ByteBuffer bytes = ByteBuffer.allocate(16);
    for (int i = 0; i < CYCLES; i++) {
      other.say("write out 1");
      assertThat(service.evwait(ME, set, 16, -1)).containsExactly(new Event(EPOLLIN, 7, 1));
      assertThat(service.readNext(ME, in, bytes.clear()).count()).isEqualTo(1);
      other.hear("write");
      assertThat(now(set)).isEmpty();
    }
    other.end();
  }

  @Test
  void lock_heldByAnotherProcess_isReadyWhenThatEndsOrIsKilled() throws Exception {
    Child other = child();
    InodeId id = service.create(ME, root(), Name.of("f"), OpenFlags.O_RDWR, 0666).stat().id();
    long mine = service.open(ME, id, OpenFlags.O_RDWR).handle();
    RangeLock lock = new RangeLock(RangeLock.Kind.OFD, RangeLock.Type.WRITE, 10, 10, 0);
    long source = service.evlock(ME, mine, lock).handle();
    long set = service.evset(ME).handle();
    service.evctl(ME, set, Control.ADD, source, EPOLLIN, 7);
    other.ask("open f f w");
    for (int i = 0; i < 50; i++) {
      other.ask("lock f");
      assertThat(now(set)).isEmpty();
      other.say("unlock f");
      assertThat(service.evwait(ME, set, 16, -1)).containsExactly(new Event(EPOLLIN, 7, 1));
      other.hear("unlock");
    }
    other.ask("lock f");
    assertThat(now(set)).isEmpty();
    other.kill();
    assertThat(service.evwait(ME, set, 16, -1)).containsExactly(new Event(EPOLLIN, 7, 1));
    service.lock(ME, mine, lock, false);
  }

  /** A change of an inode is a watch queue with the mask that says which. */
  @Test
  void changes_ofSeveralProcesses_makeASetReadyUntilTheyAreTaken() throws Exception {
    service.mkdir(ME, root(), Name.of("d"), 0755);
    InodeId file = service.create(ME, root(), Name.of("f"), OpenFlags.O_RDWR, 0666).stat().id();
    InodeId dir = service.lookup(ME, root(), Name.of("d")).id();
    long set = service.evset(ME).handle();
    ChangeQueue data = queue(set, file, Change.MODIFY, 1);
    ChangeQueue attributes = queue(set, file, Change.ATTRIB, 2);
    ChangeQueue names = queue(set, dir, Change.CREATE | Change.DELETE, 3);
    Child one = child();
    Child two = child();
    one.ask("open f f w");
    assertThat(now(set)).isEmpty();
    one.say("write f 1");
    two.say("chmod f 600");
    one.say("mkdir d x");
    two.say("mkdir d y");
    await().atMost(60, SECONDS).until(() -> service.evwait(ME, set, 16, -1).size() == 3);
    for (String word : List.of("write", "mkdir")) {
      one.hear(word);
    }
    for (String word : List.of("chmod", "mkdir")) {
      two.hear(word);
    }
    service.evwait(ME, set, 16, 0); // with all that has changed counted
    assertThat(now(set)).isEqualTo("1:1:0 1:2:0 1:3:0"); // still
    assertThat(data.take()).hasSize(1);
    assertThat(now(set)).isEqualTo("1:2:0 1:3:0");
    assertThat(names.take()).hasSize(2);
    assertThat(attributes.take()).hasSize(1);
    assertThat(now(set)).isEmpty();
    one.ask("mkdir d z");
    assertThat(now(set)).isEqualTo("1:3:1");
    one.end();
    two.end();
  }

  private ChangeQueue queue(long set, InodeId id, int mask, long data) throws ErrnoException {
    ChangeQueue queue = ChangeQueue.open(service, ME);
    queue.add(id, mask);
    service.evctl(ME, set, Control.ADD, queue.handle(), EPOLLIN, data);
    return queue;
  }

  // ---- notifications ----

  @Test
  void notifications_ofAnotherProcesssWritesAndDrains_areAllCounted() throws Exception {
    Child other = child();
    long in = openFifo(OpenFlags.O_RDONLY);
    try (Notifications told = Notifications.open(service, ME)) {
      told.on(in, EPOLLIN, 7);
      other.ask("take in " + token(in));
      other.ask("open out p w");
      other.say("cycle out " + CYCLES + " in");
      int sum = 0;
      int reports = 0;
      while (sum < CYCLES) {
        for (Event event : told.take()) {
          assertThat(event.mask()).isEqualTo(EPOLLIN);
          sum += event.changes();
          reports++;
        }
      }
      other.hear("cycle");
      System.out.println(CYCLES + " cycles: " + reports + " reports of " + sum);
      assertThat(sum).isEqualTo(CYCLES);
      assertThat(told.poll()).isEmpty();
    }
    other.end();
  }

  @Test
  void notifications_takenOneByOne_areOneReportForEachCycle() throws Exception {
    Child other = child();
    long in = openFifo(OpenFlags.O_RDONLY);
    try (Notifications told = Notifications.open(service, ME)) {
      told.on(in, EPOLLIN, 7);
      other.ask("take in " + token(in));
      other.ask("open out p w");
      for (int i = 0; i < CYCLES; i++) {
        other.say("cycle out 1 in");
        assertThat(told.take()).containsExactly(new Event(EPOLLIN, 7, 1));
        other.hear("cycle");
        assertThat(told.poll()).isEmpty();
      }
    }
    other.end();
  }

  /** The owner is who has the queue: handed over, it tells another process, also when we go. */
  @Test
  void notifications_handedOver_tellTheNewOwner() throws Exception {
    Child owner = child();
    Child writer = child();
    FileService parent = connect();
    long counter = parent.eventfd(ME, 0, 0).handle();
    Notifications told = Notifications.open(parent, ME);
    told.on(counter, EPOLLIN, 7);
    owner.ask("queue " + told.share().toSecret());
    writer.ask("take c " + parent.share(ME, counter).toSecret());
    parent.close();
    owner.say("next");
    writer.ask("put c 1");
    assertThat(owner.hear("next")).isEqualTo("1:7:1");
    writer.ask("put c 5");
    assertThat(owner.ask("poll")).isEqualTo("1:7:5");
    // The owner takes the handle too: it can switch off what another session switched on.
    owner.ask("take c " + writer.ask("share c"));
    owner.ask("off c");
    writer.ask("put c 1");
    assertThat(owner.ask("poll")).isEmpty();
    owner.ask("on c " + EPOLLIN + " 9");
    writer.ask("put c 1");
    assertThat(owner.ask("next")).isEqualTo("1:9:1");
    owner.end();
    writer.end();
  }

  /** Who takes the handle over can be told too, and an owner who is killed disturbs nobody. */
  @Test
  void notifications_ofAHandleThatWasTaken_tellWhoSwitchedThemOn_untilItIsKilled()
      throws Exception {
    Child other = child();
    long counter = service.eventfd(ME, 0, 0).handle();
    try (Notifications told = Notifications.open(service, ME)) {
      told.on(counter, EPOLLIN, 7);
      other.ask("take c " + token(counter));
      other.ask("queue");
      other.ask("on c " + EPOLLIN + " 8");
      SharedSetIT.add(service, counter, 1);
      assertThat(other.ask("next")).isEqualTo("1:8:1");
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1));
      int before = leader.counts().connections();
      other.kill();
      await().atMost(60, SECONDS).until(() -> leader.counts().connections() == before - 1);
      SharedSetIT.add(service, counter, 1);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1));
    }
  }

  /**
   * A thread that is interrupted takes none: what comes at that moment is taken, or still there.
   */
  @Test
  void notifications_toAThreadThatIsInterrupted_areNotLost() throws Exception {
    long counter = service.eventfd(ME, 0, 0).handle();
    int took = 0;
    try (FileService other = connect();
        Notifications told = Notifications.open(service, ME);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      told.on(counter, EPOLLIN, 7);
      long theirs = other.take(ME, service.share(ME, counter)).handle();
      for (int i = 0; i < ROUNDS; i++) {
        FutureTask<Integer> taking = new FutureTask<>(() -> takeOrGiveUp(told));
        Thread taker = Thread.ofPlatform().start(taking);
        Future<Object> adding = thread.submit(() -> add(other, theirs));
        for (int spin = i % 100 * 30; spin > 0; spin--) {
          Thread.onSpinWait();
        }
        taker.interrupt();
        adding.get(60, SECONDS);
        int taken = taking.get(60, SECONDS);
        int left = told.poll().stream().mapToInt(Event::changes).sum();
        assertThat(taken + left).as("round %d", i).isEqualTo(1);
        took += taken;
      }
    }
    System.out.println("interrupted threads that took it: " + took + " of " + ROUNDS);
    assertThat(took).isBetween(1, ROUNDS - 1); // else it was no race
  }

  private static int takeOrGiveUp(Notifications told) {
    try {
      return told.take().stream().mapToInt(Event::changes).sum();
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.EINTR);
      return 0;
    }
  }

  private static Object add(FileService service, long counter) throws Exception {
    SharedSetIT.add(service, counter, 1);
    return counter;
  }

  /** Switching off against notifications that come at that moment: none after it has returned. */
  @Test
  void notifications_switchedOffOrClosed_whileTheyCome_areNoneAfterwards() throws Exception {
    int before = 0;
    try (FileService other = connect();
        Notifications told = Notifications.open(service, ME);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < ROUNDS; i++) {
        boolean closes = i % 2 == 0;
        long in = openFifo(OpenFlags.O_RDONLY);
        InodeId id = other.lookup(ME, other.root(ME).id(), Name.of("p")).id();
        long out = other.open(ME, id, OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK).handle();
        told.on(in, EPOLLIN, i);
        Future<Integer> writing = thread.submit(() -> writeSome(other, out));
        for (int spin = i % 50 * 20; spin > 0; spin--) {
          Thread.onSpinWait();
        }
        if (i % 3 == 0) {
          before += told.poll().size();
        }
        if (closes) {
          service.close(ME, in);
        } else {
          told.off(in);
        }
        assertThat(told.poll()).as("round %d", i).isEmpty();
        writing.get(60, SECONDS);
        assertThat(told.poll()).as("round %d", i).isEmpty();
        other.close(ME, out);
        if (!closes) {
          service.close(ME, in);
        }
      }
    }
    assertThat(before).isPositive(); // they did come meanwhile
  }

  private static int writeSome(FileService other, long out) throws ErrnoException {
    for (int i = 0; i < 4; i++) {
      try {
        other.writeNext(ME, out, ByteBuffer.wrap(new byte[] {'x'}));
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EPIPE) {
          throw e;
        }
        return i;
      }
    }
    return 4;
  }
}

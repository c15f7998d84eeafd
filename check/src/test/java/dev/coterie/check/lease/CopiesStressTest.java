package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Vfs;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients with copies, each with several threads, on one tree in this process. A file holds one
 * number in all its places; a read sees one number, and none from before the last write that had
 * returned when it began.
 */
@Timeout(360)
class CopiesStressTest {
  private static final Caller ME = Caller.ROOT;
  private static final int CLIENTS = 3;
  private static final int THREADS = 2;
  private static final int FILES = 6;
  private static final int NUMBERS = 5_000; // in a file: more than two blocks
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 400_000 : 30_000;

  /** Fewer blocks than the files have: they push each other out. */
  private static final long BYTES = 12L * (16 << 10);

  /** By connections that are cut, and how long these let bytes through each way, at most. */
  private static final int CUT_ROUNDS = ROUNDS / 3;

  private static final int CUT_BYTES = 200_000;

  private int rounds = ROUNDS;
  private final AtomicIntegerArray written = new AtomicIntegerArray(FILES); // acknowledged
  private final ReentrantLock[] writing = new ReentrantLock[FILES];

  /** How many requests all clients have made. */
  private LongSupplier asked = () -> 0;

  /** Looks in the time of which nobody asked for anything: no fewer are answered by copies. */
  private final AtomicLong free = new AtomicLong();

  private interface Sessions {
    FileService open() throws Exception;
  }

  @Test
  void inOneProcess_everyReadIsOfOneMoment_andNotOfThePast() throws Exception {
    AtomicLong below = new AtomicLong();
    asked = below::get;
    try (Vfs vfs =
        new Vfs(
            new Vfs.Config(Clock.systemUTC(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()))) {
      work(
          vfs::openSession,
          () -> new Copies(new Counting(vfs.openSession(), below), BYTES, CopiesStressTest::fast));
    }
  }

  @Test
  void overTheWire_everyReadIsOfOneMoment_andNotOfThePast(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    try (Leader leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .start()) {
      asked = leader::requests;
      work(
          leader::openSession,
          () -> Client.connect(address, ClientOptions.DEFAULT.withCopies(BYTES)));
    }
  }

  /** Each connection is cut after some bytes, anywhere, and replaced. */
  @Test
  void overConnectionsThatAreCut_everyReadIsOfOneMoment_andNotOfThePast(@TempDir Path folder)
      throws Exception {
    Path socket = folder.resolve("socket");
    rounds = CUT_ROUNDS;
    try (Leader leader =
            PatientLeader.builder()
                .mount("/", TmpFs.Options.defaults().factory())
                .listen(socket)
                .start();
        Relay relay =
            new Relay(
                UnixDomainSocketAddress.of(folder.resolve("relay")),
                UnixDomainSocketAddress.of(socket),
                1,
                CUT_BYTES)) {
      cut(leader, relay);
    }
  }

  @Test
  void overTcpThatIsCut_everyReadIsOfOneMoment_andNotOfThePast() throws Exception {
    rounds = CUT_ROUNDS;
    try (Leader leader =
            PatientLeader.builder()
                .mount("/", TmpFs.Options.defaults().factory())
                .tcp(0, true)
                .start();
        Relay relay =
            new Relay(
                Relay.anyPort(),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), leader.tcpPort()),
                1,
                CUT_BYTES)) {
      cut(leader, relay);
    }
  }

  private void cut(Leader leader, Relay relay) throws Exception {
    Address address = AppliedOnceTest.addressOf(relay);
    asked = leader::requests;
    work(
        leader::openSession,
        () -> Client.connectLasting(address, ClientOptions.DEFAULT.withCopies(BYTES)),
        relay::cutNoMore);
    assertThat(relay.cuts()).isGreaterThan(CUT_ROUNDS / 1_000);
    assertThat(leader.counts().faults()).isZero();
  }

  /** A clock by which a client soon asks again for a lease that it had to give back. */
  private static long fast() {
    return System.nanoTime() * 50;
  }

  private void work(Sessions plain, Sessions copying) throws Exception {
    work(plain, copying, () -> {});
  }

  private void work(Sessions plain, Sessions copying, Runnable atTheEnd) throws Exception {
    List<FileService> sessions = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      sessions.add(plain.open());
      files(sessions.getFirst());
      List<Future<Long>> work = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        FileService copies = copying.open();
        sessions.add(copies);
        for (int thread = 0; thread < THREADS; thread++) {
          work.add(threads.submit(worker(copies, new Random(client * 10L + thread))));
        }
      }
      long looks = 0;
      for (Future<Long> each : work) {
        looks += each.get(300, TimeUnit.SECONDS);
      }
      assertThat(free.get()).as("free, of %d looks", looks).isGreaterThan(looks / 100);
    } finally {
      atTheEnd.run();
      threads.shutdownNow();
      sessions.reversed().forEach(FileService::close);
    }
  }

  private void files(FileService service) throws ErrnoException {
    InodeId root = service.root(ME).id();
    for (int i = 0; i < FILES; i++) {
      writing[i] = new ReentrantLock();
      Operation.Opened made = service.create(ME, root, Name.of("f" + i), OpenFlags.O_RDWR, 0600);
      service.write(ME, made.handle(), 0, content(0));
    }
  }

  private static ByteBuffer content(int number) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * NUMBERS);
    while (bytes.hasRemaining()) {
      bytes.putInt(number);
    }
    return bytes.flip();
  }

  private Callable<Long> worker(FileService service, Random random) {
    return () -> {
      InodeId root = service.root(ME).id();
      long[] handles = new long[FILES];
      for (int i = 0; i < FILES; i++) {
        InodeId id = service.lookup(ME, root, Name.of("f" + i)).id();
        handles[i] = service.open(ME, id, OpenFlags.O_RDWR).handle();
      }
      Tree tree = Tree.of(service, ME);
      long looks = 0;
      for (int round = 0; round < rounds; round++) {
        int file = random.nextInt(FILES);
        int what = random.nextInt(1000);
        long before = asked.getAsLong();
        if (what == 0) {
          write(service, file, handles[file]);
        } else if (what == 1) {
          names(service, root, random);
        } else if (what < 10) {
          int least = written.get(file);
          requireNumber(ByteBuffer.wrap(tree.readAll("f" + file)), least);
        } else if (what < 100) {
          look(service, root, random);
        } else {
          read(service, file, handles[file], random);
        }
        if (what > 1) {
          looks++;
          free.addAndGet(asked.getAsLong() == before ? 1 : 0);
        }
      }
      tree.close();
      return looks;
    };
  }

  private void write(FileService service, int file, long handle) throws ErrnoException {
    writing[file].lock();
    try {
      int next = written.get(file) + 1;
      service.write(ME, handle, 0, content(next));
      written.set(file, next);
    } finally {
      writing[file].unlock();
    }
  }

  private void read(FileService service, int file, long handle, Random random)
      throws ErrnoException {
    int least = written.get(file);
    int count = 1 + random.nextInt(NUMBERS);
    int from = random.nextInt(NUMBERS - count + 1);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count);
    assertThat(service.read(ME, handle, 4L * from, bytes)).isEqualTo(4 * count);
    requireNumber(bytes, least);
  }

  private static void requireNumber(ByteBuffer bytes, int least) {
    int number = bytes.getInt(0);
    assertThat(number).as("of the past").isGreaterThanOrEqualTo(least);
    for (int i = 1; i < bytes.capacity() / 4; i++) {
      if (bytes.getInt(4 * i) != number) {
        throw new AssertionError(
            "two moments in one read: " + number + " and " + bytes.getInt(4 * i));
      }
    }
  }

  // ---- names ----

  private final ReentrantLock naming = new ReentrantLock();
  private volatile int named; // which of the names there is, acknowledged; -1 while that changes
  private final AtomicLong changes = new AtomicLong();

  /** The one name that there is becomes another. */
  private void names(FileService service, InodeId root, Random random) throws ErrnoException {
    naming.lock();
    try {
      int before = named;
      int after = 1 + random.nextInt(3);
      named = -1;
      changes.incrementAndGet();
      if (before > 0 && before != after && random.nextBoolean()) {
        service.rename(ME, root, name(before), root, name(after), 0);
      } else {
        if (before > 0) {
          service.unlink(ME, root, name(before));
        }
        InodeId made = service.mknod(ME, root, name(after), 0100600, 0).id();
        service.forget(ME, made, 1);
      }
      named = after;
    } finally {
      naming.unlock();
    }
  }

  private void look(FileService service, InodeId root, Random random) throws ErrnoException {
    int name = 1 + random.nextInt(3);
    long moment = changes.get();
    int there = named;
    boolean found = true;
    try {
      InodeId id = service.lookup(ME, root, name(name)).id();
      service.forget(ME, id, 1);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      found = false;
    }
    if (there >= 0 && changes.get() == moment) {
      assertThat(found).as("name %d, where there is %d", name, there).isEqualTo(name == there);
    }
  }

  private static Name name(int number) {
    return Name.of("n" + number);
  }
}

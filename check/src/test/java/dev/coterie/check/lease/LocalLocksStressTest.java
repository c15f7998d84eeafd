package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.RangeLock;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Vfs;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that decide on locks by themselves, each with several threads, which are processes to the
 * locks. In rounds: first each client has its own files, then all want the same ones.
 */
@Timeout(360)
class LocalLocksStressTest {
  private static final int CUT_BYTES = 20_000; // at most, each way
  private static final int CLIENTS = 2;
  private static final int THREADS = 2;
  private static final int FILES = 4;
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 400 : 25;
  private static final int PAIRS = 60; // in a round

  private final AtomicIntegerArray inside = new AtomicIntegerArray(FILES);
  private final AtomicLong pairs = new AtomicLong();

  /** How many messages all clients have sent. */
  private LongSupplier asked = () -> 0;

  /** Pairs in the time of which nobody sent any: no fewer are decided on by clients. */
  private final AtomicLong free = new AtomicLong();

  private final CyclicBarrier round = new CyclicBarrier(CLIENTS * THREADS);

  private interface Sessions {
    FileService open() throws Exception;
  }

  @Test
  void inOneProcess_whoHasTheLock_isAlone() throws Exception {
    AtomicLong below = new AtomicLong();
    asked = below::get;
    try (Vfs vfs =
        new Vfs(
            new Vfs.Config(Clock.systemUTC(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()))) {
      work(() ->
          new Copies(new Counting(vfs.openSession(), below), 1 << 16, LocalLocksStressTest::fast));
    }
  }

  @Test
  void overTheWire_whoHasTheLock_isAlone(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    try (Leader leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .start()) {
      asked = leader::requests;
      work(() -> Client.connect(address, ClientOptions.DEFAULT.withCopies(1 << 16)));
    }
  }

  /** Each connection is cut after some bytes, anywhere, and replaced. */
  @Test
  void overConnectionsThatAreCut_whoHasTheLock_isAlone(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
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
      Address address = AppliedOnceTest.addressOf(relay);
      asked = leader::requests;
      work(
          () -> Client.connectLasting(address, ClientOptions.DEFAULT.withCopies(1 << 16)),
          relay::cutNoMore);
      assertThat(relay.cuts()).isPositive();
      assertThat(leader.counts().faults()).isZero();
    }
  }

  /** A clock by which a client soon asks again for what it had to give back. */
  private static long fast() {
    return System.nanoTime() * 20;
  }

  private void work(Sessions opening) throws Exception {
    work(opening, () -> {});
  }

  private void work(Sessions opening, Runnable atTheEnd) throws Exception {
    List<FileService> sessions = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<Void>> work = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        FileService session = opening.open();
        sessions.add(session);
        for (int thread = 0; thread < THREADS; thread++) {
          work.add(threads.submit(worker(session, client, thread)));
        }
      }
      for (Future<Void> each : work) {
        each.get(300, TimeUnit.SECONDS);
      }
      assertThat(free.get()).as("free, of %d pairs", pairs.get()).isPositive();
    } finally {
      atTheEnd.run();
      threads.shutdownNow();
      sessions.forEach(FileService::close);
    }
  }

  private Callable<Void> worker(FileService service, int client, int thread) {
    return () -> {
      Caller me = Caller.ROOT.withPid(1 + client * THREADS + thread);
      Random random = new Random(me.pid());
      InodeId root = service.root(me).id();
      long[] handles = new long[FILES];
      for (int file = 0; file < FILES; file++) {
        Name name = Name.of("f" + file);
        handles[file] = service.create(me, root, name, OpenFlags.O_RDWR, 0600).handle();
      }
      for (int i = 0; i < ROUNDS; i++) {
        round.await(300, TimeUnit.SECONDS);
        boolean apart = i % 2 == 0;
        for (int j = 0; j < PAIRS; j++) {
          int file = apart ? client + CLIENTS * random.nextInt(FILES / CLIENTS) : j % FILES;
          pair(service, me, handles[file], file, random);
        }
      }
      return null;
    };
  }

  private void pair(FileService service, Caller me, long handle, int file, Random random)
      throws ErrnoException {
    RangeLock lock =
        new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 0, random.nextInt(3), me.pid());
    long before = asked.getAsLong();
    try {
      service.lock(me, handle, lock, random.nextBoolean());
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
      return;
    }
    assertThat(inside.incrementAndGet(file)).as("owners of file %d", file).isEqualTo(1);
    inside.decrementAndGet(file);
    RangeLock unlock = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK, 0, 0, me.pid());
    service.lock(me, handle, unlock, false);
    pairs.incrementAndGet();
    free.addAndGet(asked.getAsLong() == before ? 1 : 0);
  }
}

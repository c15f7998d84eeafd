package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Ticket;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Vfs;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
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
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two clients that keep writes back, and one that does not, with several threads each. They append
 * records to the same files and write numbers in place, each number larger than the one before and
 * by one thread; what was acknowledged to anybody is there for whoever reads later, and stays.
 */
@Timeout(360)
class WriteBackStressTest {
  private static final Caller ME = Caller.ROOT;
  private static final int THREADS = 2;
  private static final int WORKERS = 3 * THREADS;
  private static final int FILES = 16;
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 200_000 : 6_000;
  private static final long BYTES = 1 << 20;
  private static final int CUT_BYTES = 40_000; // at most, each way

  /** Where numbers begin in their files; each thread has a place in each. */
  private static final int NUMBERS = 4096;

  /** By file and record: whose it is, once its append has returned. */
  private final AtomicLongArray[] appended = new AtomicLongArray[FILES];

  /** By worker and file: the last number whose write has returned. */
  private final AtomicIntegerArray numbers = new AtomicIntegerArray(WORKERS * FILES);

  /** How many were made by the clients that may keep them. */
  private final AtomicLong writes = new AtomicLong();

  /** Counts what is sent. */
  private record CountingWrites(FileService below, AtomicLong count) implements FileService {
    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.Write || operation instanceof Operation.Append) {
        count.incrementAndGet();
      }
      return below.submit(caller, operation, completion);
    }

    @Override
    public void close() {
      below.close();
    }
  }

  private interface Sessions {
    FileService open() throws Exception;
  }

  @Test
  void inOneProcess_whatWasAcknowledgedIsThere() throws Exception {
    AtomicLong below = new AtomicLong();
    try (Vfs vfs =
        new Vfs(
            new Vfs.Config(Clock.systemUTC(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()))) {
      work(
          vfs::openSession,
          () ->
              new Copies(
                  new CountingWrites(vfs.openSession(), below),
                  BYTES,
                  WriteBackStressTest::fast,
                  2));
    }
    assertThat(below.get()).as("some are kept back").isLessThan(writes.get());
  }

  @Test
  void overTheWire_whatWasAcknowledgedIsThere(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    ClientOptions options = ClientOptions.DEFAULT.withCopies(BYTES).withWriteBack();
    try (Leader leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .start()) {
      work(leader::openSession, () -> Client.connect(address, options));
    }
  }

  /** Each connection is cut after some bytes, anywhere, and replaced. */
  @Test
  void overConnectionsThatAreCut_whatWasAcknowledgedIsThere(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    ClientOptions options = ClientOptions.DEFAULT.withCopies(BYTES).withWriteBack();
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
      work(leader::openSession, () -> Client.connectLasting(address, options), relay::cutNoMore);
      assertThat(relay.cuts()).isPositive();
      assertThat(leader.counts().faults()).isZero();
    }
  }

  /** Uncontended, a write costs a message only when a frame is full. */
  @Test
  void alone_smallWritesAreSentInFullFrames(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    int msize = 64 << 10;
    long standing = System.nanoTime(); // time that passes costs messages too
    AtomicLong below = new AtomicLong();
    try (Leader leader =
            PatientLeader.builder()
                .mount("/", TmpFs.Options.defaults().factory())
                .listen(socket)
                .start();
        Copies client =
            new Copies(
                new Counting(
                    Client.connect(address, ClientOptions.DEFAULT.withMsizeBytes(msize)), below),
                4 * BYTES,
                () -> standing,
                2)) {
      InodeId root = client.root(ME).id();
      Operation.Opened made = client.create(ME, root, Name.of("f"), OpenFlags.O_RDWR, 0600);
      for (int i = 0; i < 10_000; i++) {
        client.write(ME, made.handle(), 100L * i, ByteBuffer.allocate(100));
      }
      client.fsync(ME, made.handle(), false);
      // root, create, the first write, a lease, the request for recalls, fsync
      assertThat(below.get()).isLessThanOrEqualTo(6 + 10_000 * 100 / (msize - 24) + 1);
      below.set(0);
      for (int i = 0; i < 10_000; i++) {
        assertThat(client.append(ME, made.handle(), ByteBuffer.allocate(100)).offset())
            .isEqualTo(1_000_000 + 100L * i);
      }
      client.fsync(ME, made.handle(), false);
      assertThat(below.get()).isLessThanOrEqualTo(2 + 10_000 * 100 / (msize - 24) + 1);
      assertThat(leader.counts().faults()).isZero();
    }
  }

  /** A clock by which a client soon asks again for a lease that it had to give back. */
  private static long fast() {
    return System.nanoTime() * 20;
  }

  private void work(Sessions plain, Sessions keeping) throws Exception {
    work(plain, keeping, () -> {});
  }

  private void work(Sessions plain, Sessions keeping, Runnable atTheEnd) throws Exception {
    List<FileService> sessions = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      sessions.add(plain.open());
      sessions.add(keeping.open());
      sessions.add(keeping.open());
      InodeId root = sessions.getFirst().root(ME).id();
      for (int file = 0; file < FILES; file++) {
        appended[file] = new AtomicLongArray(WORKERS * ROUNDS);
        for (String kind : List.of("a", "n")) {
          sessions.getFirst().mknod(ME, root, Name.of(kind + file), 0100600, 0);
        }
      }
      List<Future<?>> work = new ArrayList<>();
      for (int worker = 0; worker < WORKERS; worker++) {
        work.add(threads.submit(new Worker(sessions.get(worker % 3), worker)));
      }
      for (Future<?> each : work) {
        each.get(300, TimeUnit.SECONDS);
      }
      requireAllThere(sessions.getFirst(), root);
    } finally {
      atTheEnd.run();
      threads.shutdownNow();
      sessions.reversed().forEach(FileService::close);
    }
  }

  /** Each record that was acknowledged, and no other. */
  private void requireAllThere(FileService plain, InodeId root) throws ErrnoException {
    for (int file = 0; file < FILES; file++) {
      InodeId id = plain.lookup(ME, root, Name.of("a" + file)).id();
      long handle = plain.open(ME, id, OpenFlags.O_RDONLY).handle();
      int records = Math.toIntExact(plain.getattr(ME, id).size() / Long.BYTES);
      for (int record = 0; record < records; record++) {
        assertThat(read(plain, handle, record)).isEqualTo(appended[file].get(record));
      }
      assertThat(appended[file].get(records)).isZero();
    }
  }

  private static long read(FileService service, long handle, long record) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
    assertThat(service.read(ME, handle, Long.BYTES * record, bytes)).isEqualTo(Long.BYTES);
    return bytes.getLong(0);
  }

  /** One thread of one client. */
  private final class Worker implements Callable<Object> {
    private final FileService service;
    private final int number;
    private final Random random;
    private final long[] appends = new long[FILES];
    private final long[] places = new long[FILES];
    private long count;

    Worker(FileService service, int number) {
      this.service = service;
      this.number = number;
      this.random = new Random(number);
    }

    @Override
    public Object call() throws Exception {
      InodeId root = service.root(ME).id();
      for (int file = 0; file < FILES; file++) {
        appends[file] = open(root, "a" + file, number % 2 == 0 ? OpenFlags.O_APPEND : 0);
        places[file] = open(root, "n" + file, 0);
      }
      int file = 0;
      for (int round = 0; round < ROUNDS; round++) {
        if (random.nextInt(50) == 0) {
          file = random.nextInt(FILES); // some writes in a row to the same
        }
        switch (random.nextInt(20)) {
          case 0 -> readRecord(file);
          case 1 -> readNumber(file);
          case 2 -> service.fsync(ME, appends[file], false);
          case 3, 4, 5, 6, 7 -> writeNumber(file);
          default -> append(file);
        }
        if (round % 500 == 0 && number < 3 && service instanceof Copies copies) {
          copies.look();
        }
      }
      return number;
    }

    private long open(InodeId root, String name, int flags) throws ErrnoException {
      InodeId id = service.lookup(ME, root, Name.of(name)).id();
      return service.open(ME, id, OpenFlags.O_RDWR | flags).handle();
    }

    private void append(int file) throws ErrnoException {
      long value = ++count * WORKERS + number;
      countWrite();
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).putLong(0, value);
      Transferred where = service.append(ME, appends[file], bytes);
      assertThat(where.count()).isEqualTo(Long.BYTES);
      int record = Math.toIntExact(where.offset() / Long.BYTES);
      assertThat(appended[file].compareAndSet(record, 0, value))
          .as("a second record at %d", record)
          .isTrue();
    }

    private void countWrite() {
      if (service instanceof Copies) {
        writes.incrementAndGet();
      }
    }

    private void readRecord(int file) throws ErrnoException {
      int last = Math.toIntExact(service.getattr(ME, inode("a" + file)).size() / Long.BYTES);
      if (last == 0) {
        return;
      }
      int record = last - 1 - random.nextInt(Math.min(last, 100));
      long told = appended[file].get(record); // 0: not acknowledged yet
      long found = read(service, appends[file], record);
      assertThat(found).isNotZero();
      if (told != 0) {
        assertThat(found).isEqualTo(told);
      }
    }

    private InodeId inode(String name) throws ErrnoException {
      return service.lookup(ME, service.root(ME).id(), Name.of(name)).id();
    }

    private void writeNumber(int file) throws ErrnoException {
      int place = number * FILES + file;
      int next = numbers.get(place) + 1;
      countWrite();
      service.write(ME, places[file], NUMBERS + 4L * place, ByteBuffer.allocate(4).putInt(0, next));
      numbers.set(place, next);
    }

    private void readNumber(int file) throws ErrnoException {
      int place = random.nextInt(WORKERS) * FILES + file;
      int least = numbers.get(place);
      ByteBuffer bytes = ByteBuffer.allocate(4);
      service.read(ME, places[file], NUMBERS + 4L * place, bytes);
      assertThat(bytes.getInt(0)).as("of the past").isGreaterThanOrEqualTo(least);
    }
  }
}

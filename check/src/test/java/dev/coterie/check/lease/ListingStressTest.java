package dev.coterie.check.lease;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Vfs;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
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
 * Clients with copies list directories while files in them grow, come, go and get second names. A
 * listing shows no size from before the last growth that had returned when it began, and none that
 * had not begun when it ended; and it shows each name that was there all the while, and none that
 * was not at any time.
 */
@Timeout(360)
class ListingStressTest {
  private static final Caller ME = Caller.ROOT;
  private static final int CLIENTS = 3;
  private static final int FILES = 8;
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 200_000 : 10_000;
  private static final long BYTES = 1 << 20;
  private static final int NOWHERE = 0;
  private static final int HERE = 1;
  private static final int ELSEWHERE = 2;

  private final AtomicIntegerArray begun = new AtomicIntegerArray(FILES); // sizes
  private final AtomicIntegerArray done = new AtomicIntegerArray(FILES);
  private final AtomicIntegerArray coming = new AtomicIntegerArray(FILES); // odd: changing
  private final AtomicIntegerArray there = new AtomicIntegerArray(FILES); // NOWHERE and so on
  private final ReentrantLock[] changing = new ReentrantLock[FILES];
  private final boolean[] linked = new boolean[FILES]; // under its lock

  /** How many requests this thread has made, and perhaps others. */
  private LongSupplier asked = () -> Noting.ASKED.get()[0];

  /** Listings for which nothing was asked. */
  private final AtomicLong free = new AtomicLong();

  private interface Sessions {
    FileService open() throws Exception;
  }

  /** Notes in each thread what it asks of a session. */
  private record Noting(FileService below) implements FileService {
    static final ThreadLocal<int[]> ASKED = ThreadLocal.withInitial(() -> new int[1]);

    @Override
    public <R> Ticket submit(Caller caller, Operation<R> operation, Completion<? super R> then) {
      ASKED.get()[0]++;
      return below.submit(caller, operation, then);
    }

    @Override
    public void close() {
      below.close();
    }
  }

  @Test
  void inOneProcess_everyListingIsOfItsTime() throws Exception {
    try (Vfs vfs =
        new Vfs(
            new Vfs.Config(Clock.systemUTC(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()))) {
      work(
          () -> new Noting(vfs.openSession()),
          () -> new Copies(new Noting(vfs.openSession()), BYTES, ListingStressTest::fast, 1));
    }
  }

  @Test
  void overTheWire_everyListingIsOfItsTime(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    Address address = new Address.Unix(socket.toString());
    try (Leader leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .start()) {
      asked = () -> leader.requests() + Noting.ASKED.get()[0];
      work(
          () -> new Noting(leader.openSession()),
          () -> Client.connect(address, ClientOptions.DEFAULT.withCopies(BYTES)));
    }
  }

  /** A clock by which a client soon asks again for a lease that it had to give back. */
  private static long fast() {
    return System.nanoTime() * 50;
  }

  private void work(Sessions plain, Sessions copying) throws Exception {
    List<FileService> sessions = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      FileService maker = plain.open();
      sessions.add(maker);
      InodeId root = maker.root(ME).id();
      maker.mkdir(ME, root, Name.of("elsewhere"), 0755);
      for (int i = 0; i < FILES; i++) {
        InodeId dir = maker.mkdir(ME, root, dirOf(i), 0755).id();
        for (int more = 0; more < 3; more++) {
          maker.mknod(ME, dir, Name.of("more" + more), 0100644, 0);
        }
        changing[i] = new ReentrantLock();
      }
      List<Future<?>> work = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        FileService session = client == 0 ? plain.open() : copying.open();
        sessions.add(session);
        work.add(threads.submit(worker(session, new Random(client))));
        work.add(threads.submit(worker(session, new Random(client + 10L))));
      }
      for (Future<?> each : work) {
        each.get(300, TimeUnit.SECONDS);
      }
      assertThat(free.get()).as("listings that cost nothing").isPositive();
    } finally {
      threads.shutdownNow();
      sessions.reversed().forEach(FileService::close);
    }
  }

  private Callable<?> worker(FileService service, Random random) {
    return () -> {
      InodeId root = service.root(ME).id();
      InodeId elsewhere = service.lookup(ME, root, Name.of("elsewhere")).id();
      InodeId[] dirs = new InodeId[FILES];
      long[] handles = new long[FILES];
      for (int i = 0; i < FILES; i++) {
        dirs[i] = service.lookup(ME, root, dirOf(i)).id();
        handles[i] = service.open(ME, dirs[i], OpenFlags.O_RDONLY).handle();
      }
      for (int round = 0; round < ROUNDS; round++) {
        int file = random.nextInt(FILES);
        int what = random.nextInt(1000);
        if (what == 0) {
          change(service, file, dirs[file], elsewhere, random);
        } else if (what < 4) {
          grow(service, dirs[file], file);
        } else if (what < 400) {
          look(service, file, dirs[file]);
        } else {
          list(service, file, handles[file], random.nextInt(3) > 0);
        }
      }
      return null;
    };
  }

  private static Name dirOf(int file) {
    return Name.of("d" + file);
  }

  private static Name name(int file) {
    return Name.of("f" + file);
  }

  private void grow(FileService service, InodeId dir, int file) throws ErrnoException {
    changing[file].lock();
    try {
      if (there.get(file) != HERE) {
        return;
      }
      InodeId id = service.lookup(ME, dir, name(file)).id();
      Operation.Opened opened = service.open(ME, id, OpenFlags.O_WRONLY);
      int size = done.get(file) + 1;
      begun.set(file, size);
      service.append(ME, opened.handle(), ByteBuffer.allocate(1));
      done.set(file, size);
      service.close(ME, opened.handle());
      service.forget(ME, id, 1);
    } finally {
      changing[file].unlock();
    }
  }

  /** It comes or goes, or has a second name from now on, or no more. */
  private void change(FileService service, int file, InodeId dir, InodeId elsewhere, Random random)
      throws ErrnoException {
    Name second = Name.of("l" + file);
    changing[file].lock();
    coming.incrementAndGet(file);
    try {
      if (there.get(file) == NOWHERE) {
        service.forget(ME, service.mknod(ME, dir, name(file), 0100644, 0).id(), 1);
        there.set(file, HERE);
      } else if (linked[file]) {
        service.unlink(ME, elsewhere, second);
        linked[file] = false;
      } else if (there.get(file) == HERE && random.nextInt(8) == 0) {
        InodeId id = service.lookup(ME, dir, name(file)).id();
        service.link(ME, id, elsewhere, second);
        service.forget(ME, id, 1);
        linked[file] = true;
      } else if (there.get(file) == HERE) {
        service.rename(ME, dir, name(file), elsewhere, name(file), 0);
        there.set(file, ELSEWHERE);
      } else {
        service.rename(ME, elsewhere, name(file), dir, name(file), 0);
        there.set(file, HERE);
      }
    } finally {
      coming.incrementAndGet(file);
      changing[file].unlock();
    }
  }

  /** Attributes by the name, which a listing may have told. */
  private void look(FileService service, int file, InodeId dir) throws ErrnoException {
    int moment = coming.get(file);
    int least = done.get(file);
    boolean present = there.get(file) == HERE;
    long size = -1;
    try {
      Stat found = service.lookup(ME, dir, name(file));
      size = service.getattr(ME, found.id()).size();
      assertThat(size).isGreaterThanOrEqualTo(found.size());
      service.forget(ME, found.id(), 1);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
    }
    int most = begun.get(file);
    if (moment % 2 == 0 && coming.get(file) == moment) {
      assertThat(size >= 0).as("whether file %d is there", file).isEqualTo(present);
      assertThat(size).as("file %d", file).isLessThanOrEqualTo(present ? most : -1);
      assertThat(size).as("file %d", file).isGreaterThanOrEqualTo(present ? least : -1);
    }
  }

  private void list(FileService service, int file, long handle, boolean attributes)
      throws ErrnoException {
    int moment = coming.get(file);
    int least = done.get(file);
    boolean present = there.get(file) == HERE;
    long before = asked.getAsLong();
    Map<Name, DirEntry> seen = new HashMap<>();
    long cookie = 0;
    for (List<DirEntry> page = service.readdir(ME, handle, cookie, 1 << 16, attributes);
        !page.isEmpty();
        page = service.readdir(ME, handle, cookie, 1 << 16, attributes)) {
      page.forEach(entry -> seen.put(entry.name(), entry));
      cookie = page.getLast().cookie();
    }
    if (asked.getAsLong() == before) {
      free.incrementAndGet();
    }
    int most = begun.get(file);
    if (moment % 2 != 0 || coming.get(file) != moment) {
      return;
    }
    DirEntry entry = seen.get(name(file));
    assertThat(entry != null).as("whether file %d is there", file).isEqualTo(present);
    if (entry != null && attributes) {
      long size = requireNonNull(entry.stat()).size();
      assertThat(size).as("of the past, file %d", file).isGreaterThanOrEqualTo(least);
      assertThat(size).as("of the future, file %d", file).isLessThanOrEqualTo(most);
    }
  }
}

package dev.coterie.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Ticket;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same, with a leader at the other end. */
@Timeout(120)
class LeaderIT {
  private static final Caller ME = ProcessIdentity.self();
  private static final int MIB = 1 << 20;

  private final Address address;
  private final BlockingQueue<Parked> parked = new LinkedBlockingQueue<>();
  private final Leader leader;

  LeaderIT(@TempDir Path dir) throws IOException {
    Path socket = dir.resolve("leader.sock");
    address = new Address.Unix(socket.toString());
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .decorate(Parking::new)
            .listen(socket)
            .tcp(0, true)
            .start();
  }

  @AfterEach
  void close() {
    leader.close();
    assertThat(leader.counts().faults()).isZero();
  }

  // ---- files ----

  @Test
  void file_writtenByOne_isReadByAnother() throws Exception {
    try (Client one = connect();
        Client other = connect()) {
      Opened opened = create(one, "f", OpenFlags.O_RDWR);
      assertThat(opened.stat().mode() & 0777).isEqualTo(0666 & ~ME.umask());
      byte[] bytes = new byte[3 * MIB + 17];
      new Random(1).nextBytes(bytes);
      ByteBuffer source = ByteBuffer.wrap(bytes);
      while (source.hasRemaining()) {
        one.write(ME, opened.handle(), source.position(), source);
      }
      Stat stat = other.lookup(ME, other.root(ME).id(), Name.of("f"));
      assertThat(stat.size()).isEqualTo(bytes.length);
      long handle = other.open(ME, stat.id(), OpenFlags.O_RDONLY).handle();
      ByteBuffer copy = ByteBuffer.allocate(bytes.length);
      int count;
      do {
        count = other.read(ME, handle, copy.position(), copy);
        assertThat(count).isLessThanOrEqualTo(FakeLeader.MSIZE - P9.IOHDR);
      } while (copy.hasRemaining());
      assertThat(copy.array()).isEqualTo(bytes);
      assertThat(other.read(ME, handle, bytes.length, ByteBuffer.allocate(1))).isZero();
    }
  }

  @Test
  void overTcp_itIsTheSame() throws Exception {
    Address tcp = new Address.Tcp("127.0.0.1", leader.tcpPort());
    try (Client client = Client.connect(tcp, ClientOptions.DEFAULT)) {
      Opened opened = create(client, "tcp", OpenFlags.O_RDWR);
      client.append(ME, opened.handle(), ByteBuffer.allocate(2 * MIB));
      assertThat(client.getattr(ME, opened.stat().id()).size()).isEqualTo(MIB);
    }
  }

  @Test
  void appends_ofManyThreadsAndClients_loseNothing() throws Exception {
    int threads = 4;
    int rounds = 500;
    try (Client maker = connect()) {
      create(maker, "log", OpenFlags.O_RDWR);
      List<FutureTask<Boolean>> tasks = new ArrayList<>();
      for (int c = 0; c < 3; c++) {
        Client client = connect();
        long handle = open(client, "log", OpenFlags.O_RDWR);
        for (int t = 0; t < threads; t++) {
          long writer = 1000L * c + t;
          tasks.add(
              FakeLeader.inThread(() -> {
                for (int i = 0; i < rounds; i++) {
                  ByteBuffer line = ByteBuffer.allocate(16).putLong(writer).putLong(i).flip();
                  client.append(ME, handle, line);
                }
                return true;
              }));
        }
      }
      for (FutureTask<Boolean> task : tasks) {
        assertThat(task.get()).isTrue();
      }
      ByteBuffer all = ByteBuffer.allocate(3 * threads * rounds * 16 + 1);
      maker.read(ME, open(maker, "log", OpenFlags.O_RDONLY), 0, all);
      assertThat(all.flip().remaining()).isEqualTo(3 * threads * rounds * 16);
      Set<List<Long>> lines = new HashSet<>();
      while (all.hasRemaining()) {
        assertThat(lines.add(List.of(all.getLong(), all.getLong()))).isTrue();
      }
    }
  }

  @Test
  void readdir_ofManyEntries_givesEachOnce() throws Exception {
    try (Client client = connect()) {
      InodeId root = client.root(ME).id();
      Set<Name> made = new HashSet<>();
      for (int i = 0; i < 3000; i++) {
        Name name = Name.of("entry-" + i);
        made.add(name);
        Stat stat = client.mknod(ME, root, name, 0100600, 0);
        client.forget(ME, stat.id(), 1);
      }
      long handle = client.open(ME, root, OpenFlags.O_RDONLY).handle();
      Set<Name> found = new HashSet<>();
      long cookie = 0;
      List<DirEntry> entries = client.readdir(ME, handle, cookie, 1 << 16, true);
      while (!entries.isEmpty()) {
        for (DirEntry entry : entries) {
          assertThat(found.add(entry.name())).isTrue();
          if (!entry.name().equals(Name.DOT_DOT)) {
            assertThat(entry.stat()).isNotNull();
          }
          cookie = entry.cookie();
        }
        entries = client.readdir(ME, handle, cookie, 1 << 16, true);
      }
      found.remove(Name.DOT);
      found.remove(Name.DOT_DOT);
      assertThat(found).isEqualTo(made);
    }
  }

  @Test
  void sharedHandle_hasOneOffset() throws Exception {
    try (Client one = connect();
        Client other = connect()) {
      Opened opened = create(one, "shared", OpenFlags.O_RDWR);
      Opened taken = other.take(ME, one.share(ME, opened.handle()));
      one.writeNext(ME, opened.handle(), ByteBuffer.allocate(5));
      assertThat(other.writeNext(ME, taken.handle(), ByteBuffer.allocate(7)).offset()).isEqualTo(5);
      assertThat(other.getattr(ME, taken.stat().id()).size()).isEqualTo(12);
    }
  }

  // ---- references ----

  @Test
  void forgottenAndClosed_leavesNothingAtTheLeader() throws Exception {
    int sessionsBefore = leader.counts().tree().sessions();
    try (Client client = connect()) {
      InodeId root = client.root(ME).id();
      for (int i = 0; i < 200; i++) {
        Opened opened = create(client, "tmp", OpenFlags.O_RDWR);
        client.lookup(ME, root, Name.of("tmp"));
        client.unlink(ME, root, Name.of("tmp"));
        client.close(ME, opened.handle());
        client.forget(ME, opened.stat().id(), 2);
        assertThatThrownBy(() -> client.getattr(ME, opened.stat().id()))
            .isInstanceOf(ErrnoException.class);
      }
      assertThat(client.statfs(ME, root).files() - client.statfs(ME, root).ffree()).isEqualTo(1);
    }
    assertThat(leader.counts().tree().sessions()).isEqualTo(sessionsBefore);
  }

  // ---- cancelling ----

  @Test
  void interruptOfParkedCall_isEintr() throws Exception {
    try (Client client = connect()) {
      for (int i = 0; i < 200; i++) {
        Calling<Operation.Done> call = Calling.of(client, ME, park(client));
        Parked waiting = parked.take();
        call.interrupt();
        assertThat(call.errno()).isEqualTo(Errno.EINTR);
        assertThat(call.leftInterrupted()).isTrue();
        assertThat(waiting.finish()).isFalse();
      }
    }
  }

  @Test
  void interruptAgainstAnswer_hasOneOutcome() throws Exception {
    try (Client client = connect()) {
      for (int i = 0; i < 500; i++) {
        Calling<Operation.Done> call = Calling.of(client, ME, park(client));
        Parked waiting = parked.take();
        FutureTask<Boolean> finishing = FakeLeader.inThread(waiting::finish);
        call.interrupt();
        if (finishing.get()) {
          assertThat(call.result()).isEqualTo(Operation.Done.DONE);
        } else {
          assertThat(call.errno()).isEqualTo(Errno.EINTR);
        }
      }
      client.root(ME);
    }
  }

  @Test
  void cancelledTickets_endAllOthersGoOn() throws Exception {
    try (Client client = connect()) {
      List<Answer<Operation.Done>> answers = new ArrayList<>();
      List<Ticket> tickets = new ArrayList<>();
      List<Parked> waiting = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        Answer<Operation.Done> answer = new Answer<>();
        answers.add(answer);
        tickets.add(client.submit(ME, park(client), answer));
        waiting.add(parked.take());
      }
      for (int i = 0; i < 100; i += 2) {
        tickets.get(i).cancel();
      }
      for (int i = 1; i < 100; i += 2) {
        assertThat(waiting.get(i).finish()).isTrue();
      }
      for (int i = 0; i < 100; i++) {
        if (i % 2 == 0) {
          assertThat(answers.get(i).errno()).isEqualTo(Errno.EINTR);
        } else {
          assertThat(answers.get(i).result()).isEqualTo(Operation.Done.DONE);
        }
        assertThat(answers.get(i).times()).isEqualTo(1);
      }
    }
  }

  /** EINTR is no effect: what was interrupted can be done again, and nothing is left over. */
  @Test
  void interruptsAtAnyTime_loseNothingAndDoNothingTwice() throws Exception {
    try (Client client = connect()) {
      InodeId root = client.root(ME).id();
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> threads = new ArrayList<>();
      List<FutureTask<Boolean>> tasks = new ArrayList<>();
      for (int t = 0; t < 6; t++) {
        Name name = Name.of("storm-" + t);
        FutureTask<Boolean> task = new FutureTask<>(() -> makeAndRemove(client, root, name));
        tasks.add(task);
        threads.add(Thread.ofPlatform().daemon().start(task));
      }
      FutureTask<Boolean> chaos =
          FakeLeader.inThread(() -> {
            Random random = new Random(1);
            while (!over.get()) {
              threads.get(random.nextInt(threads.size())).interrupt();
              LockSupport.parkNanos(random.nextInt(50_000));
            }
            return true;
          });
      for (FutureTask<Boolean> task : tasks) {
        assertThat(task.get()).isTrue();
      }
      over.set(true);
      assertThat(chaos.get()).isTrue();
      StatFs statfs = client.statfs(ME, root);
      assertThat(statfs.files() - statfs.ffree()).isEqualTo(1);
    }
  }

  private interface Step<R> {
    R run() throws ErrnoException;
  }

  private static <R> R again(Step<R> step) throws ErrnoException {
    while (true) {
      try {
        return step.run();
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  private static boolean makeAndRemove(Client client, InodeId root, Name name)
      throws ErrnoException {
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    for (int i = 0; i < 300; i++) {
      Opened opened = again(() -> client.create(ME, root, name, flags, 0600));
      for (int line = 0; line < 5; line++) {
        int at = line;
        ByteBuffer bytes = ByteBuffer.allocate(100);
        assertThat(again(() -> client.append(ME, opened.handle(), bytes)).offset())
            .isEqualTo(100L * at);
      }
      assertThat(again(() -> client.getattr(ME, opened.stat().id())).size()).isEqualTo(500);
      client.close(ME, opened.handle());
      again(() -> client.call(ME, new Operation.Unlink(root, name)));
      client.forget(ME, opened.stat().id(), 1);
      Thread.interrupted();
    }
    return true;
  }

  // ---- beginning and end ----

  @Test
  void leaderThatCloses_endsWhatWaits() throws Exception {
    Client client = connect();
    Calling<Operation.Done> call = Calling.of(client, ME, park(client));
    parked.take();
    FutureTask<Boolean> closing =
        FakeLeader.inThread(() -> {
          leader.close();
          return true;
        });
    assertThat(call.errno()).isIn(Errno.EIO, Errno.ESTALE);
    assertThat(closing.get()).isTrue();
    client.close();
  }

  @Test
  void clientThatCloses_endsWhatWaitsAtTheLeader() throws Exception {
    int sessionsBefore = leader.counts().tree().sessions();
    Client client = connect();
    Calling<Operation.Done> call = Calling.of(client, ME, park(client));
    Parked waiting = parked.take();
    client.close();
    assertThat(call.errno()).isEqualTo(Errno.ESTALE);
    assertThat(leader.counts().tree().sessions()).isEqualTo(sessionsBefore);
    assertThat(waiting.finish()).isFalse();
  }

  @Test
  void connectionTooMany_isRefusedWithAReason() throws Exception {
    List<SocketChannel> idle = new ArrayList<>();
    try {
      for (int i = 0; i < Limits.CONNECTIONS; i++) {
        idle.add(SocketChannel.open(UnixDomainSocketAddress.of(address.toString())));
      }
      while (leader.counts().connections() < Limits.CONNECTIONS) {
        Thread.onSpinWait();
      }
      assertThatThrownBy(this::connect)
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EUSERS))
          .hasMessageContaining("leader refuses: too many connections");
    } finally {
      for (SocketChannel channel : idle) {
        channel.close();
      }
    }
  }

  // ---- the two ends ----

  /** Once it is closed the leader has ended its session, however long that takes. */
  private Client connect() throws ErrnoException {
    return Client.connect(address, ClientOptions.DEFAULT.withCloseMsMax(60_000));
  }

  private static Opened create(Client client, String name, int flags) throws ErrnoException {
    return client.create(ME, client.root(ME).id(), Name.of(name), flags | OpenFlags.O_CREAT, 0666);
  }

  private static long open(Client client, String name, int flags) throws ErrnoException {
    InodeId id = client.lookup(ME, client.root(ME).id(), Name.of(name)).id();
    return client.open(ME, id, flags).handle();
  }

  /** An operation that the leader parks until {@link Parked#finish}. */
  private static Operation<Operation.Done> park(Client client) throws ErrnoException {
    return new Operation.Access(client.root(ME).id(), 0);
  }

  /** A session in which every Access is parked. */
  private final class Parking implements FileService {
    private final FileService inner;
    private final List<Parked> mine = new ArrayList<>(); // guarded by itself

    Parking(FileService inner) {
      this.inner = inner;
    }

    @Override
    @SuppressWarnings("unchecked") // an Access answers Done
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Access)) {
        return inner.submit(caller, operation, completion);
      }
      Parked waiting = new Parked((Completion<Operation.Done>) completion);
      synchronized (mine) {
        mine.add(waiting);
      }
      parked.add(waiting);
      return waiting;
    }

    @Override
    public void close() {
      synchronized (mine) {
        mine.forEach(Parked::cancel);
      }
      inner.close();
    }
  }

  private record Parked(Completion<Operation.Done> completion, AtomicBoolean over)
      implements Ticket {
    Parked(Completion<Operation.Done> completion) {
      this(completion, new AtomicBoolean());
    }

    /** Whether this won. */
    boolean finish() {
      if (over.getAndSet(true)) {
        return false;
      }
      completion.done(Operation.Done.DONE);
      return true;
    }

    @Override
    public boolean cancel() {
      if (over.getAndSet(true)) {
        return false;
      }
      completion.failed(Errno.EINTR);
      return true;
    }
  }
}

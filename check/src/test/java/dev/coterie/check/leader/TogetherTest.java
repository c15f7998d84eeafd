package dev.coterie.check.leader;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.client.Together;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several operations of a client in one message. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TogetherTest {
  private static final Caller ME = ProcessIdentity.self();
  private static final RangeLock LOCK = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
  private static final RangeLock UNLOCK =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK);

  @TempDir private Path folder;
  private Served served;
  private Relay relay;
  private Client client;
  private Client other;
  private InodeId root = new InodeId(0, 0);
  private InodeId node = new InodeId(0, 0);
  private long file;
  private long others;

  @BeforeEach
  void serve() throws Exception {
    served = Served.in(folder);
    relay = new Relay(folder.resolve("relay"), served.socket);
    other = Client.connect(address(served.socket), ClientOptions.DEFAULT);
    Stat top = other.root(ME);
    others = other.create(ME, top.id(), Name.of("f"), O_RDWR | O_CREAT, 0644).handle();
    use(Client.connect(address(relay.socket()), ClientOptions.DEFAULT));
  }

  private void use(Client one) throws ErrnoException {
    client = one;
    root = one.root(ME).id();
    node = one.lookup(ME, root, Name.of("f")).id();
    file = one.open(ME, node, O_RDWR).handle();
    relay.reset();
  }

  @AfterEach
  void stop() throws Exception {
    served.gate.keepNothing();
    served.gate.release();
    client.close();
    other.close();
    relay.close();
    await().until(() -> served.leader.counts().connections() == 0);
    assertThat(served.leader.counts().faults()).isZero();
    served.close();
  }

  private static Address address(Path socket) {
    return new Address.Unix(socket.toString());
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private Together together() {
    return client.together(ME);
  }

  private Operation<Integer> append(String text) {
    return new Operation.Write(file, 0, bytes(text));
  }

  private String content() throws ErrnoException {
    ByteBuffer all = ByteBuffer.allocate(100);
    other.read(ME, others, 0, all);
    return new String(all.array(), 0, all.position(), StandardCharsets.US_ASCII);
  }

  private static void assertErrno(Errno errno, ErrnoCall call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  /** What may fail. */
  private interface ErrnoCall {
    void run() throws Exception;
  }

  private Operation<Stat> mkdir(String name) {
    return new Operation.Mkdir(root, Name.of(name), 0755);
  }

  // ---- what it is for ----

  @Test
  void lockAndRead_writeAndUnlock_areAMessageEach() throws Exception {
    other.write(ME, others, 0, bytes("17"));
    ByteBuffer read = ByteBuffer.allocate(20);
    Together entry = together();
    entry.add(new Operation.Lock(file, LOCK, true));
    Together.Step<Integer> count = entry.add(new Operation.Read(file, 0, read));
    entry.run();
    assertThat(count.answer()).isEqualTo(2);
    assertThat(read.flip()).isEqualTo(bytes("17"));
    assertErrno(Errno.EAGAIN, () -> other.call(ME, new Operation.Lock(others, LOCK, false)));

    Together exit = together();
    Together.Step<Integer> written = exit.add(new Operation.Write(file, 0, bytes("18")));
    exit.add(new Operation.Lock(file, UNLOCK, false));
    exit.run();
    assertThat(written.answer()).isEqualTo(2);
    other.call(ME, new Operation.Lock(others, LOCK, false));
    assertThat(content()).isEqualTo("18");
    assertThat(relay.messages()).isEqualTo(2);
    assertThat(relay.trips()).isEqualTo(2);
  }

  @Test
  void closesOfMany_areAFewMessages() throws Exception {
    List<Opened> open = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      open.add(client.open(ME, node, O_RDWR));
    }
    relay.reset();
    Together all = together();
    open.forEach(one -> all.add(new Operation.Close(one.handle())));
    all.run();
    assertThat(all.done()).isEqualTo(100);
    assertThat(relay.messages()).isEqualTo(2); // 64, and 36
    for (Opened one : open) {
      assertErrno(Errno.EBADF, () -> client.close(ME, one.handle()));
    }
  }

  @Test
  void whatIsMade_isAsFromACallAlone() throws Exception {
    Together all = together();
    Together.Step<Stat> dir = all.add(mkdir("d"));
    Together.Step<Stat> again = all.add(new Operation.Lookup(root, Name.of("f")));
    Together.Step<Opened> made =
        all.add(new Operation.Create(root, Name.of("g"), O_RDWR | O_CREAT, 0600));
    Together.Step<Opened> opened = all.add(new Operation.Open(node, O_RDONLY));
    all.run();
    assertThat(relay.messages()).isEqualTo(1);
    assertThat(dir.answer().isDirectory()).isTrue();
    assertThat(again.answer().id()).isEqualTo(node);
    client.write(ME, made.answer().handle(), 0, bytes("new"));
    assertThat(client.getattr(ME, made.answer().stat().id()).size()).isEqualTo(3);
    client.close(ME, made.answer().handle());
    client.close(ME, opened.answer().handle());
    client.forget(ME, node, 2);
    client.forget(ME, dir.answer().id(), 1);
  }

  // ---- failures ----

  @Test
  void firstThatFails_isTheLast() throws Exception {
    Together all = together();
    Together.Step<Integer> written = all.add(append("abc"));
    Together.Step<Stat> found = all.add(new Operation.Lookup(root, Name.of("none")));
    Together.Step<Stat> made = all.add(mkdir("d"));
    assertErrno(Errno.ENOENT, all::run);
    assertThat(all.done()).isEqualTo(1);
    assertThat(written.answer()).isEqualTo(3);
    assertErrno(Errno.ENOENT, found::answer);
    assertThat(found.isDone()).isFalse();
    assertThatThrownBy(made::answer).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(all::run).isInstanceOf(IllegalStateException.class);
    assertErrno(Errno.ENOENT, () -> client.lookup(ME, root, Name.of("d")));
    assertThat(content()).isEqualTo("abc");
  }

  /** What this client knows by itself is not asked for, and fails in its place. */
  @Test
  void oneThatCannotBeAskedFor_failsInItsPlace() throws Exception {
    Together all = together();
    all.add(append("abc"));
    all.add(new Operation.Fsync(123, false));
    all.add(mkdir("d"));
    assertErrno(Errno.EBADF, all::run);
    assertThat(all.done()).isEqualTo(1);
    assertThat(content()).isEqualTo("abc");
    assertErrno(Errno.ENOENT, () -> client.lookup(ME, root, Name.of("d")));
  }

  @Test
  void close_thatWasNotCome_to_leavesTheHandleOpen() throws Exception {
    Together all = together();
    all.add(append("abc"));
    all.add(new Operation.Lookup(root, Name.of("none")));
    all.add(new Operation.Close(file));
    assertErrno(Errno.ENOENT, all::run);
    client.write(ME, file, 3, bytes("def"));
    Together again = together();
    again.add(new Operation.Write(file, 6, bytes("ghi")));
    again.add(new Operation.Close(file));
    again.run();
    assertThat(relay.messages()).isEqualTo(3);
    assertErrno(Errno.EBADF, () -> client.write(ME, file, 3, bytes("x")));
    assertThat(content()).isEqualTo("abcdefghi");
    file = client.open(ME, node, O_RDWR).handle();
  }

  /** A call that is under way with a handle has its answer before the handle is closed. */
  @Test
  void close_ofWhatAnotherThreadUses_waitsForThat() throws Exception {
    served.gate.keep(Operation.Write.class::isInstance);
    FutureTask<Integer> writing = new FutureTask<>(() -> client.write(ME, file, 0, bytes("slow")));
    Thread.ofPlatform().daemon().start(writing);
    served.gate.awaitHeld(1);
    FutureTask<Done> closing =
        new FutureTask<>(() -> {
          Together both = together();
          both.add(mkdir("d"));
          both.add(new Operation.Close(file));
          both.run();
          return Done.DONE;
        });
    Thread.ofPlatform().daemon().start(closing);
    await().until(() -> served.gate.passed().stream().anyMatch(Operation.Mkdir.class::isInstance));
    assertThat(closing.isDone()).isFalse();
    served.gate.keepNothing();
    served.gate.release();
    assertThat(writing.get()).isEqualTo(4);
    assertThat(closing.get()).isEqualTo(Done.DONE);
    assertErrno(Errno.EBADF, () -> client.write(ME, file, 0, bytes("x")));
    file = client.open(ME, node, O_RDWR).handle();
  }

  @Test
  void interrupt_inTheMiddle_saysHowFarItIs() throws Exception {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    Together all = together();
    Together.Step<Integer> written = all.add(append("abc"));
    Together.Step<Stat> made = all.add(mkdir("d"));
    FutureTask<Boolean> running =
        new FutureTask<>(() -> {
          assertErrno(Errno.EINTR, all::run);
          return Thread.interrupted();
        });
    Thread thread = Thread.ofPlatform().daemon().start(running);
    served.gate.awaitHeld(1);
    thread.interrupt();
    assertThat(running.get()).isTrue();
    assertThat(all.done()).isEqualTo(1);
    assertThat(written.isDone()).isTrue();
    assertThat(made.isDone()).isFalse();
  }

  // ---- with a completion ----

  private static final class Ended extends CompletableFuture<Integer> implements Completion<Done> {
    @Override
    public void done(Done result) {
      complete(0);
    }

    @Override
    public void failed(Errno errno) {
      complete(errno.number());
    }
  }

  @Test
  void submit_tellsWhenAllAreDone_andIsGivenUpByItsTicket() throws Exception {
    served.gate.keep(Operation.Mkdir.class::isInstance);
    Together all = together();
    Together.Step<Integer> written = all.add(append("abc"));
    all.add(mkdir("d"));
    Ended ended = new Ended();
    Ticket ticket = all.submit(ended);
    served.gate.awaitHeld(1);
    assertThat(ended.isDone()).isFalse();
    ticket.cancel();
    assertThat(ended.get()).isEqualTo(Errno.EINTR.number());
    assertThat(written.answer()).isEqualTo(3);

    served.gate.keepNothing();
    Together good = together();
    Together.Step<Stat> made = good.add(mkdir("d"));
    good.add(new Operation.Fsync(file, false));
    ended = new Ended();
    good.submit(ended);
    assertThat(ended.get()).isZero();
    assertThat(made.isDone()).isTrue();
  }

  // ---- what does not fit ----

  @Test
  void whatIsTooMuchForAMessage_isSeveral() throws Exception {
    int most = client.messageBytesMax(ME);
    Together all = together();
    for (int i = 0; i < 3; i++) {
      all.add(new Operation.Write(file, i * 700_000L, ByteBuffer.allocate(700_000)));
    }
    Together.Step<Integer> huge =
        all.add(new Operation.Write(file, 3_000_000, ByteBuffer.allocate(2 * most)));
    Together.Step<Integer> one = all.add(new Operation.Read(file, 0, ByteBuffer.allocate(700_000)));
    Together.Step<Integer> two = all.add(new Operation.Read(file, 9, ByteBuffer.allocate(700_000)));
    all.run();
    assertThat(relay.messages()).isBetween(5, 6);
    assertThat(huge.answer()).isBetween(most - 100, most);
    assertThat(one.answer()).isEqualTo(700_000);
    assertThat(two.answer()).isEqualTo(700_000);
  }

  /** A wait in the middle is one of its own; what is around it is done in order all the same. */
  @Test
  void waits_areTheLastOfTheirMessage() throws Exception {
    Together all = together();
    all.add(append("a"));
    all.add(new Operation.Lock(file, LOCK, true));
    all.add(new Operation.Write(file, 1, bytes("b")));
    all.add(new Operation.Lock(file, UNLOCK, false));
    all.run();
    assertThat(relay.messages()).isEqualTo(2);
    assertThat(content()).isEqualTo("ab");
  }

  @Test
  void nothing_isDoneAtOnce() throws Exception {
    together().run();
    Ended ended = new Ended();
    together().submit(ended);
    assertThat(ended.getNow(-1)).isZero();
    assertThat(relay.messages()).isZero();
  }

  // ---- other clients ----

  /** Copies have to know of each operation: so they are done one by one, and no copy is old. */
  @Test
  void clientWithCopies_doesTheSame_andSeesItsOwnChanges() throws Exception {
    client.close();
    use(Client.connect(address(served.socket), ClientOptions.DEFAULT.withCopies(1 << 20)));
    other.write(ME, others, 0, bytes("old"));
    for (int i = 0; i < 5; i++) {
      client.read(ME, file, 0, ByteBuffer.allocate(10));
    }
    Together both = together();
    both.add(append("new"));
    ByteBuffer read = ByteBuffer.allocate(10);
    both.add(new Operation.Read(file, 0, read));
    both.run();
    assertThat(read.flip()).isEqualTo(bytes("new"));
    read.clear();
    client.read(ME, file, 0, read);
    assertThat(read.flip()).isEqualTo(bytes("new"));
  }

  @Test
  void manyInKeptReplies_areSplit() throws Exception {
    client.close();
    relay.close();
    relay = new Relay(folder.resolve("another"), served.socket);
    use(Client.connectLasting(address(relay.socket()), ClientOptions.DEFAULT));
    Together all = together();
    List<Together.Step<Integer>> reads = new ArrayList<>();
    all.add(append("x".repeat(3000)));
    for (int i = 0; i < 4; i++) {
      reads.add(all.add(new Operation.Read(file, 0, ByteBuffer.allocate(1500))));
    }
    all.run();
    for (Together.Step<Integer> read : reads) {
      assertThat(read.answer()).isEqualTo(1500);
    }
    assertThat(relay.messages()).isBetween(2, 3);
  }
}

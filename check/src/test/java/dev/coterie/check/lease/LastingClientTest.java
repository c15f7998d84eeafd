package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.Together;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client with a session that lasts has when its connection is lost. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LastingClientTest {
  private static final Caller ME = Caller.ROOT;

  @TempDir private Path folder;
  private Leader leader;
  private Relay relay;
  private Client client;
  private FileService other;
  private final AtomicBoolean waits = new AtomicBoolean();
  private InodeId root = new InodeId(0, 0);
  private long handle;
  private long otherHandle;

  @BeforeEach
  void serve() throws Exception {
    Path socket = folder.resolve("s");
    leader =
        PatientLeader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(socket)
            .decorate(NotingWaits::new)
            .start();
    relay =
        new Relay(
            UnixDomainSocketAddress.of(folder.resolve("r")),
            UnixDomainSocketAddress.of(socket),
            1,
            1);
    relay.cutNoMore();
    client =
        Client.connectLasting(
            AppliedOnceTest.addressOf(relay), ClientOptions.DEFAULT.withCloseMsMax(60_000));
    other = leader.openSession();
    root = client.root(ME).id();
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
    handle = client.create(ME, root, Name.of("f"), flags, 0644).handle();
    otherHandle = other.create(ME, other.root(ME).id(), Name.of("f"), flags, 0644).handle();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    other.close();
    assertThat(leader.counts().faults()).isZero();
    relay.close();
    leader.close();
  }

  private static RangeLock lock() {
    return RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
  }

  private boolean isFree() {
    try {
      other.lock(ME, otherHandle, lock(), false);
      return true;
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
      return false;
    }
  }

  /** Until the client has connected again, by itself. */
  private void awaitAgain() throws ErrnoException {
    await().until(() -> relay.accepted() >= 2);
    client.getattr(ME, root);
  }

  private static <R> Future<R> inOther(Callable<R> action) {
    CompletableFuture<R> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            result.complete(action.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** Until the leader has what is to wait. */
  private void awaitWaiting(Future<?> call) {
    await().untilTrue(waits);
    assertThat(call.isDone()).isFalse();
  }

  /** Notes that what waits has come; of requests the client makes some by itself. */
  private final class NotingWaits implements FileService {
    private final FileService below;

    NotingWaits(FileService below) {
      this.below = below;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      boolean lock = operation instanceof Operation.Lock asked && asked.waits();
      if (lock || operation instanceof Operation.Evwait) {
        waits.set(true);
      }
      return below.submit(caller, operation, completion);
    }

    @Override
    public void close() {
      below.close();
    }
  }

  /** Nobody asks anything, so it is the client itself that notices. */
  @Test
  void idleClient_keepsItsLocks() throws Exception {
    client.lock(ME, handle, lock(), false);
    relay.cut();
    awaitAgain();
    assertThat(isFree()).isFalse();
    client.close();
    assertThat(isFree()).as("given back at once").isTrue();
  }

  @Test
  void severalInOneMessage_goOn_andAreAppliedOnce() throws Exception {
    assertThat(isFree()).isTrue();
    Together both = client.together(ME);
    Together.Step<Operation.Transferred> written =
        both.add(new Operation.Append(handle, ByteBuffer.wrap(new byte[3])));
    both.add(new Operation.Lock(handle, lock(), true));
    Future<?> waiting =
        inOther(() -> {
          both.run();
          return both;
        });
    awaitWaiting(waiting);
    relay.cut();
    awaitAgain();
    assertThat(waiting.isDone()).isFalse();
    other.close(ME, otherHandle);
    waiting.get();
    assertThat(written.answer().offset()).isZero();
    assertThat(client.append(ME, handle, ByteBuffer.wrap(new byte[1])).offset()).isEqualTo(3);
    otherHandle = other.create(ME, other.root(ME).id(), Name.of("f"), 2, 0).handle();
    assertThat(isFree()).isFalse();
  }

  @Test
  void waitForALock_goesOn() throws Exception {
    assertThat(isFree()).isTrue();
    Future<?> waiting =
        inOther(() -> {
          client.lock(ME, handle, lock(), true);
          return null;
        });
    awaitWaiting(waiting);
    relay.cut();
    awaitAgain();
    assertThat(waiting.isDone()).isFalse();
    other.close(ME, otherHandle);
    waiting.get();
  }

  @Test
  void waitThatCannotBeBegunAgain_endsWithEio() throws Exception {
    long set = client.call(ME, new Operation.Evset()).handle();
    Future<?> waiting = inOther(() -> client.call(ME, new Operation.Evwait(set, 1, -1)));
    awaitWaiting(waiting);
    relay.cut();
    assertThatThrownBy(waiting::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ErrnoException.class)
        .hasMessageContaining("Input/output error");
    client.getattr(ME, root);
    client.close(ME, set);
  }

  @Test
  void sessionThatIsGone_isALostConnection() throws Exception {
    client.lock(ME, handle, lock(), false);
    relay.close();
    await().until(this::isFree);
    assertThatThrownBy(() -> client.getattr(ME, root))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isIn(Errno.EIO, Errno.ENOTCONN));
    await()
        .untilAsserted(() ->
            assertThatThrownBy(() -> client.root(ME))
                .isInstanceOfSatisfying(
                    ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTCONN)));
  }
}

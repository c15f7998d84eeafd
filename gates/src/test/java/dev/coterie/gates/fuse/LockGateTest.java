package dev.coterie.gates.fuse;

import static dev.coterie.gates.fuse.FakeKernel.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.gates.fuse.FakeKernel.Reply;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.Opcode;
import dev.coterie.gates.fuse.kernel.Server;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Locks as the kernel asks for them: whose they are, and what ends them. */
@Timeout(180)
class LockGateTest {
  private static final long ROOT = 1;
  private static final int READERS = 2;
  private static final int ENTRY_BYTES = 128;
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int UNLOCK = 2;
  private static final long TO_END = Long.MAX_VALUE;
  private static final int EAGAIN = Errno.EAGAIN.number();

  /** Two processes, as the kernel numbers them, and their pids. */
  private static final long ONE = 0x1111_2222_3333_4444L;

  private static final long TWO = -7;
  private static final int PID = 4711;

  private FakeKernel kernel = new FakeKernel();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger submitted = new AtomicInteger(); // of these
  private Vfs vfs;
  private Server server;
  private long node;
  private long handle;
  private long secondHandle;

  @BeforeEach
  void begin() throws Exception {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()));
    begin(false);
  }

  private void begin(boolean remote) throws Exception {
    kernel = new FakeKernel();
    Meters meters = new Meters();
    FuseGate gate = new FuseGate(new Counting(vfs.openSession(), asked, submitted, remote), meters);
    server = new Server(kernel, gate, meters, Negotiation.DATA_BYTES, READERS);
    server.start();
    long flags = InitFlag.POSIX_LOCKS.mask() | InitFlag.FLOCK_LOCKS.mask();
    FakeKernel.Body init = body().int32(7).int32(40).int32(131072).int32((int) flags);
    for (int i = 0; i < 12; i++) {
      init.int32(0);
    }
    assertThat(kernel.call(Opcode.INIT, 0, init).body().getInt(12)).isEqualTo((int) flags);
    ByteBuffer made =
        kernel
            .call(
                Opcode.CREATE,
                ROOT,
                body().int32(OpenFlags.O_RDWR).int32(0100644).int32(022).int32(0).text("f"))
            .body();
    node = made.getLong(0);
    handle = made.getLong(ENTRY_BYTES);
    secondHandle =
        kernel.call(Opcode.OPEN, node, body().int32(OpenFlags.O_RDWR).int32(0)).body().getLong(0);
  }

  @AfterEach
  void end() throws Exception {
    kernel.end();
    server.join();
    vfs.close();
  }

  /** Counts what has to do with locks. */
  private record Counting(
      Session inner, AtomicInteger asked, AtomicInteger submitted, boolean isRemote)
      implements FileService {
    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Lock)) {
        return inner.submit(caller, operation, completion);
      }
      asked.incrementAndGet();
      Ticket ticket = inner.submit(caller, operation, completion);
      submitted.incrementAndGet();
      return ticket;
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** How many there were, when the last that was asked for has been submitted. */
  private int awaitSubmitted() {
    while (submitted.get() != asked.get()) {
      Thread.onSpinWait();
    }
    return submitted.get();
  }

  private static FakeKernel.Body lock(long through, long owner, int type, long start, long end) {
    return body().int64(through).int64(owner).int64(start).int64(end).int32(type).int32(PID);
  }

  private int setlk(long through, long owner, int type) throws Exception {
    FakeKernel.Body record = lock(through, owner, type, 10, 19).int64(0);
    return kernel.call(Opcode.SETLK, node, record).error();
  }

  private int flock(long through, int type) throws Exception {
    FakeKernel.Body whole = lock(through, 99, type, 0, TO_END).int32(1).int32(0);
    return kernel.call(Opcode.SETLK, node, whole).error();
  }

  private void flush(long through, long owner) throws Exception {
    Reply reply = kernel.call(Opcode.FLUSH, node, body().int64(through).int64(0).int64(owner));
    assertThat(reply.error()).isZero();
  }

  private void release(long through) throws Exception {
    Reply reply = kernel.call(Opcode.RELEASE, node, body().int64(through).int64(0).int64(0));
    assertThat(reply.error()).isZero();
  }

  @Test
  void flush_ofWhoNeverLocked_asksNobody() throws Exception {
    flush(handle, ONE);
    setlk(handle, ONE, WRITE);
    asked.set(0);
    flush(secondHandle, TWO);
    assertThat(asked).hasValue(0);
    flush(handle, ONE);
    flush(handle, ONE);
    assertThat(asked).hasValue(1);
  }

  /** "All locks of a process are released when it closes any descriptor of the file." */
  @Test
  void flush_endsLocksOfItsOwnerAlone_throughWhicheverHandle() throws Exception {
    assertThat(setlk(handle, ONE, READ)).isZero();
    assertThat(setlk(handle, TWO, READ)).isZero();
    flush(secondHandle, ONE);
    assertThat(setlk(secondHandle, TWO, WRITE)).isZero();
    assertThat(setlk(secondHandle, ONE, READ)).isEqualTo(EAGAIN);
  }

  @Test
  void release_endsLocksThatNoFlushHasEnded() throws Exception {
    assertThat(setlk(handle, ONE, WRITE)).isZero();
    assertThat(setlk(secondHandle, TWO, WRITE)).isEqualTo(EAGAIN);
    release(handle);
    assertThat(setlk(secondHandle, TWO, WRITE)).isZero();
  }

  /** A handle by which a process once locked, and of which it is rid, is another's business. */
  @Test
  void release_ofHandleLeftBefore_keepsWhatWasLockedSince() throws Exception {
    setlk(handle, ONE, WRITE);
    flush(handle, ONE);
    setlk(secondHandle, ONE, WRITE);
    release(handle);
    asked.set(0);
    flush(secondHandle, ONE);
    assertThat(asked).as("still known to have locked").hasValue(1);
  }

  @Test
  void flock_isOfTheHandleAndMeetsNoRecordLock() throws Exception {
    assertThat(setlk(handle, ONE, WRITE)).isZero();
    assertThat(flock(secondHandle, WRITE)).isZero();
    assertThat(flock(handle, READ)).isEqualTo(EAGAIN);
    flush(secondHandle, 99);
    assertThat(flock(handle, READ)).isEqualTo(EAGAIN);
    release(secondHandle);
    assertThat(flock(handle, READ)).isZero();
  }

  /**
   * Who has closed a file does not find its lock there, though RELEASE comes after that. It is
   * looked for only for a moment, which on a busy machine may be over before: hence several tries.
   */
  @Test
  void flock_ofFileThatIsBeingClosed_isWaitedFor() throws Exception {
    boolean found = false;
    for (int i = 0; i < 50 && !found; i++) {
      FakeKernel.Body flags = body().int32(OpenFlags.O_RDWR).int32(0);
      long closed = kernel.call(Opcode.OPEN, node, flags).body().getLong(0);
      assertThat(flock(closed, WRITE)).isZero();
      flush(closed, ONE);
      FakeKernel.Body whole = lock(handle, 99, WRITE, 0, TO_END).int32(1).int32(0);
      int before = awaitSubmitted();
      long wanted = kernel.send(Opcode.SETLK, node, whole);
      while (submitted.get() == before) {
        Thread.onSpinWait(); // it has to be asked for while the lock is there
      }
      release(closed);
      found = kernel.await(wanted).error() == 0;
      flock(handle, UNLOCK);
    }
    assertThat(found).isTrue();
  }

  @Test
  void getlk_tellsRangeTypeAndProcess() throws Exception {
    setlk(handle, ONE, READ);
    FakeKernel.Body all = lock(secondHandle, TWO, WRITE, 0, TO_END).int64(0);
    ByteBuffer found = kernel.call(Opcode.GETLK, node, all).body();
    assertThat(found.remaining()).isEqualTo(24);
    assertThat(found.getLong(0)).isEqualTo(10);
    assertThat(found.getLong(8)).isEqualTo(19);
    assertThat(found.getInt(16)).isEqualTo(READ);
    assertThat(found.getInt(20)).isEqualTo(PID);
    setlk(handle, ONE, UNLOCK);
    found = kernel.call(Opcode.GETLK, node, all).body();
    assertThat(found.getInt(16)).isEqualTo(UNLOCK);
  }

  @Test
  void lock_ofNoType_isEINVAL() throws Exception {
    assertThat(setlk(handle, ONE, 3)).isEqualTo(Errno.EINVAL.number());
  }

  /** More wait than there are readers; each is ended by a signal, or gets its lock. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void setlkw_waitsByNoThread(boolean remote) throws Exception {
    if (remote) {
      kernel.end();
      server.join();
      begin(true);
    }
    setlk(handle, ONE, WRITE);
    List<Long> waiting = new ArrayList<>();
    for (int i = 0; i < 4 * READERS; i++) {
      FakeKernel.Body record = lock(secondHandle, 100 + i, READ, 0, TO_END).int64(0);
      waiting.add(kernel.send(Opcode.SETLKW, node, record));
      assertThat(kernel.call(Opcode.STATFS, ROOT, body()).error()).isZero();
    }
    long first = waiting.removeFirst();
    assertThat(kernel.isSilent(first)).isTrue();
    kernel.send(Opcode.INTERRUPT, 0, body().int64(first), 0, first | 1);
    assertThat(kernel.await(first).error()).isEqualTo(Errno.EINTR.number());
    setlk(handle, ONE, UNLOCK);
    for (long unique : waiting) {
      assertThat(kernel.await(unique).error()).isZero();
    }
  }
}

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
import dev.coterie.gates.fuse.kernel.Init;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.Opcode;
import dev.coterie.gates.fuse.kernel.Server;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The gate over a tree in memory, asked by a kernel that is a test. */
@Timeout(180)
class GateTest {
  private static final long ROOT = 1;
  private static final int READERS = 2;
  private static final int ENTRY_BYTES = 128;

  private final FakeKernel kernel = new FakeKernel();
  private final Meters meters = new Meters();
  private Vfs vfs;
  private Session session;
  private Server server;

  @BeforeEach
  void begin() throws Exception {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()));
    session = vfs.openSession();
    serve(session);
  }

  private void serve(FileService service) throws Exception {
    server =
        new Server(kernel, new FuseGate(service, meters), meters, Negotiation.DATA_BYTES, READERS);
    server.start();
    long flags = 0;
    for (InitFlag flag : InitFlag.values()) {
      flags |= flag.mask();
    }
    Reply reply = kernel.await(sendInit(7, 40, flags));
    assertThat(reply.error()).isZero();
    assertThat(reply.body().remaining()).isEqualTo(Init.OUT_BYTES);
  }

  private long sendInit(int major, int minor, long flags) {
    FakeKernel.Body init =
        body()
            .int32(major)
            .int32(minor)
            .int32(131072)
            .int32((int) flags)
            .int32((int) (flags >>> 32));
    for (int i = 0; i < 11; i++) {
      init.int32(0);
    }
    return kernel.send(Opcode.INIT, 0, init);
  }

  @AfterEach
  void end() throws Exception {
    kernel.end();
    other.end();
    server.join();
    vfs.close();
  }

  private Reply lookup(long dir, String name) throws Exception {
    return kernel.call(Opcode.LOOKUP, dir, body().text(name));
  }

  private long mkdir(String name) throws Exception {
    Reply reply = kernel.call(Opcode.MKDIR, ROOT, body().int32(0755).int32(022).text(name));
    assertThat(reply.error()).isZero();
    return reply.body().getLong(0);
  }

  /** Makes a file; answers node id and handle. */
  private long[] create(String name) throws Exception {
    Reply reply =
        kernel.call(
            Opcode.CREATE,
            ROOT,
            body().int32(OpenFlags.O_RDWR).int32(0100644).int32(022).int32(0).text(name));
    assertThat(reply.error()).isZero();
    return new long[] {reply.body().getLong(0), reply.body().getLong(ENTRY_BYTES)};
  }

  /** The kernel looks again, and opens by itself what it finds. */
  @Test
  void create_ofAFifoMadeMeanwhile_isStaleAndNotWaitedFor() throws Exception {
    FakeKernel.Body fifo = body().int32(0010644).int32(0).int32(022).int32(0).text("p");
    assertThat(kernel.call(Opcode.MKNOD, ROOT, fifo).error()).isZero();
    Reply reply =
        kernel.call(
            Opcode.CREATE,
            ROOT,
            body().int32(OpenFlags.O_WRONLY).int32(0100644).int32(022).int32(0).text("p"));
    assertThat(reply.error()).isEqualTo(Errno.ESTALE.number());
  }

  private Reply write(long node, long handle, long offset, int flags, String text)
      throws Exception {
    return write(node, handle, offset, flags, text.getBytes(StandardCharsets.UTF_8));
  }

  private Reply write(long node, long handle, long offset, int flags, byte[] data)
      throws Exception {
    return kernel.call(
        Opcode.WRITE,
        node,
        body()
            .int64(handle)
            .int64(offset)
            .int32(data.length)
            .int32(0)
            .int64(0)
            .int32(flags)
            .int32(0)
            .data(data));
  }

  private String read(long node, long handle) throws Exception {
    return StandardCharsets.UTF_8.decode(read(node, handle, 0, 4096)).toString();
  }

  private ByteBuffer read(long node, long handle, long offset, int size) throws Exception {
    FakeKernel.Body body = body().int64(handle).int64(offset).int32(size);
    Reply reply = kernel.call(Opcode.READ, node, body.int32(0).int64(0).int32(0).int32(0));
    assertThat(reply.error()).isZero();
    return reply.body();
  }

  @Test
  void read_ofMuchWithHoles_isWhatWasWritten() throws Exception {
    long[] file = create("f");
    byte[] content = new byte[900_000];
    int size = 0;
    Random random = new Random(3);
    for (int at = 0; at < content.length; at += random.nextInt(1, 90_000)) {
      byte[] data = new byte[Math.min(random.nextInt(1, 30_000), content.length - at)];
      random.nextBytes(data);
      System.arraycopy(data, 0, content, at, data.length);
      assertThat(write(file[0], file[1], at, 0, data).error()).isZero();
      size = at + data.length;
    }
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(size);
      int most = random.nextInt(1, 1 << 20);
      ByteBuffer read = read(file[0], file[1], from, most);
      int end = Math.min(size, from + most);
      assertThat(read).isEqualTo(ByteBuffer.wrap(Arrays.copyOfRange(content, from, end)));
    }
  }

  // ---- beginning ----

  @Test
  void init_takesOnlyWhatIsOffered() throws Exception {
    Reply reply =
        kernel.await(sendInit(7, 31, InitFlag.ASYNC_READ.mask() | InitFlag.PASSTHROUGH.mask()));
    assertThat(reply.body().getInt(4)).as("minor").isEqualTo(31);
    assertThat(reply.body().getInt(12)).as("flags").isEqualTo((int) InitFlag.ASYNC_READ.mask());
    assertThat(reply.body().getInt(32)).as("flags2").isZero();
  }

  @Test
  void init_oldKernel_isRefused() throws Exception {
    assertThat(kernel.await(sendInit(7, 30, 0)).error()).isEqualTo(Errno.EPROTO.number());
  }

  @Test
  void opcode_unknown_isENOSYS() throws Exception {
    assertThat(kernel.call(Opcode.BMAP, ROOT, body().int64(0).int64(0)).error())
        .isEqualTo(Errno.ENOSYS.number());
  }

  // ---- names and counts ----

  @Test
  void lookup_missing_isENOENT() throws Exception {
    assertThat(lookup(ROOT, "none").error()).isEqualTo(Errno.ENOENT.number());
  }

  @Test
  void lookup_entry_hasNumberGenerationAndNoValidity() throws Exception {
    long made = mkdir("d");
    Reply reply = lookup(ROOT, "d");
    assertThat(reply.body().remaining()).isEqualTo(ENTRY_BYTES);
    assertThat(reply.body().getLong(0)).isEqualTo(made);
    assertThat(reply.body().getLong(8)).as("generation").isEqualTo(7);
    assertThat(reply.body().getLong(16)).as("entry_valid").isZero();
    assertThat(reply.body().getLong(24)).as("attr_valid").isZero();
    assertThat(reply.body().getLong(40)).as("ino").isEqualTo(made);
  }

  @Test
  void forget_exactCount_givesTheInodeBack() throws Exception {
    long[] file = create("f"); // told once
    lookup(ROOT, "f"); // twice
    kernel.call(Opcode.RELEASE, file[0], body().int64(file[1]).int64(0).int64(0));
    assertThat(kernel.call(Opcode.UNLINK, ROOT, body().text("f")).error()).isZero();
    int before = vfs.counts().inodes();
    kernel.send(Opcode.FORGET, file[0], body().int64(1));
    assertThat(kernel.call(Opcode.GETATTR, file[0], body().int64(0).int64(0)).error()).isZero();
    assertThat(vfs.counts().inodes()).isEqualTo(before);
    kernel.send(Opcode.FORGET, file[0], body().int64(1));
    awaitStale(file[0]);
    awaitInodes(before - 1);
  }

  /** The gate forgets its own node first and tells the tree after it: FORGET has no reply. */
  private void awaitInodes(int expected) {
    for (long end = System.nanoTime() + 10_000_000_000L;
        vfs.counts().inodes() != expected && System.nanoTime() < end; ) {
      Thread.onSpinWait();
    }
    assertThat(vfs.counts().inodes()).isEqualTo(expected);
  }

  private void awaitStale(long node) throws Exception {
    int error = 0;
    for (long end = System.nanoTime() + 10_000_000_000L; error == 0 && System.nanoTime() < end; ) {
      error = kernel.call(Opcode.GETATTR, node, body().int64(0).int64(0)).error();
    }
    assertThat(error).isEqualTo(Errno.ESTALE.number());
  }

  @Test
  void lookup_replyNotTaken_isNotCounted() throws Exception {
    long node = mkdir("d");
    kernel.send(Opcode.FORGET, node, body().int64(1));
    awaitStale(node);
    int before = vfs.counts().inodes();
    long unique = 1_000_000;
    kernel.kill(unique);
    kernel.send(Opcode.LOOKUP, ROOT, body().text("d"), 0, unique);
    kernel.awaitRefused(unique);
    awaitStale(node);
    assertThat(vfs.counts().inodes()).isEqualTo(before);
  }

  @Test
  void lookup_dotOfForgottenInode_findsItAgain() throws Exception {
    long[] file = create("f");
    kernel.call(Opcode.RELEASE, file[0], body().int64(file[1]).int64(0).int64(0));
    kernel.send(Opcode.FORGET, file[0], body().int64(1));
    awaitStale(file[0]);
    Reply reply = lookup(file[0], ".");
    assertThat(reply.error()).isZero();
    assertThat(reply.body().getLong(0)).isEqualTo(file[0]);
    assertThat(kernel.call(Opcode.GETATTR, file[0], body().int64(0).int64(0)).error()).isZero();
  }

  @Test
  void link_tellsTheKernelOnceMore() throws Exception {
    long[] file = create("f");
    Reply reply = kernel.call(Opcode.LINK, ROOT, body().int64(file[0]).text("g"));
    assertThat(reply.error()).isZero();
    assertThat(reply.body().getLong(0)).isEqualTo(file[0]);
    assertThat(reply.body().getInt(40 + 64)).as("nlink").isEqualTo(2);
    kernel.send(Opcode.FORGET, file[0], body().int64(1));
    assertThat(kernel.call(Opcode.GETATTR, file[0], body().int64(0).int64(0)).error()).isZero();
  }

  @Test
  void rename2_noreplace_isKept() throws Exception {
    mkdir("a");
    mkdir("b");
    Reply reply =
        kernel.call(Opcode.RENAME2, ROOT, body().int64(ROOT).int32(1).int32(0).text("a").text("b"));
    assertThat(reply.error()).isEqualTo(Errno.EEXIST.number());
    assertThat(
            kernel
                .call(
                    Opcode.RENAME2, ROOT, body().int64(ROOT).int32(0).int32(0).text("a").text("b"))
                .error())
        .isZero();
    assertThat(lookup(ROOT, "a").error()).isEqualTo(Errno.ENOENT.number());
  }

  @Test
  void symlink_readlink_roundTrip() throws Exception {
    Reply made = kernel.call(Opcode.SYMLINK, ROOT, body().text("l").text("some/where"));
    assertThat(made.error()).isZero();
    Reply target = kernel.call(Opcode.READLINK, made.body().getLong(0), body());
    assertThat(StandardCharsets.UTF_8.decode(target.body()).toString()).isEqualTo("some/where");
  }

  // ---- data ----

  @Test
  void writeAndRead_atOffset() throws Exception {
    long[] file = create("f");
    assertThat(write(file[0], file[1], 0, 1, "hello").body().getInt(0)).isEqualTo(5);
    assertThat(write(file[0], file[1], 1, 1, "a").body().getInt(0)).isEqualTo(1);
    assertThat(read(file[0], file[1])).isEqualTo("hallo");
  }

  @Test
  void write_withAppendFlag_goesToTheEndWhateverTheOffset() throws Exception {
    long[] file = create("f");
    write(file[0], file[1], 0, 1, "one");
    write(file[0], file[1], 0, 1 | OpenFlags.O_APPEND, "two");
    assertThat(read(file[0], file[1])).isEqualTo("onetwo");
  }

  @Test
  void write_shorterThanItSays_isEINVAL() throws Exception {
    long[] file = create("f");
    Reply reply =
        kernel.call(
            Opcode.WRITE,
            file[0],
            body()
                .int64(file[1])
                .int64(0)
                .int32(1000)
                .int32(0)
                .int64(0)
                .int32(1)
                .int32(0)
                .data(new byte[10]));
    assertThat(reply.error()).isEqualTo(Errno.EINVAL.number());
  }

  @Test
  void unlinkedFile_staysUsable() throws Exception {
    long[] file = create("f");
    assertThat(kernel.call(Opcode.UNLINK, ROOT, body().text("f")).error()).isZero();
    write(file[0], file[1], 0, 1, "still");
    assertThat(read(file[0], file[1])).isEqualTo("still");
    Reply attributes =
        kernel.call(Opcode.GETATTR, file[0], body().int32(1).int32(0).int64(file[1]));
    assertThat(attributes.body().getLong(16 + 8)).as("size").isEqualTo(5);
    assertThat(attributes.body().getInt(16 + 64)).as("nlink").isZero();
  }

  @Test
  void readdir_givesEveryEntryOnce() throws Exception {
    for (int i = 0; i < 300; i++) {
      mkdir("directory-" + i);
    }
    Reply opened = kernel.call(Opcode.OPENDIR, ROOT, body().int32(0).int32(0));
    long handle = opened.body().getLong(0);
    java.util.Set<String> names = new java.util.TreeSet<>();
    long offset = 0;
    while (true) {
      Reply page =
          kernel.call(
              Opcode.READDIR,
              ROOT,
              body().int64(handle).int64(offset).int32(4096).int32(0).int64(0).int32(0).int32(0));
      assertThat(page.error()).isZero();
      if (!page.body().hasRemaining()) {
        break;
      }
      for (int at = 0; at < page.body().limit(); ) {
        int length = page.body().getInt(at + 16);
        byte[] name = new byte[length];
        page.body().get(at + 24, name);
        assertThat(names.add(new String(name, StandardCharsets.UTF_8))).isTrue();
        offset = page.body().getLong(at + 8);
        at += (24 + length + 7) / 8 * 8;
      }
    }
    assertThat(names).hasSize(302).contains(".", "..", "directory-0", "directory-299");
  }

  // ---- rights ----

  @Test
  void caller_isWhoAsks() throws Exception {
    long dir = mkdir("d"); // root's, 0755
    long unique = 1_000_000;
    kernel.send(Opcode.MKDIR, dir, body().int32(0755).int32(0).text("e"), 1000, unique);
    assertThat(kernel.await(unique).error()).isEqualTo(Errno.EACCES.number());
  }

  @Test
  void umask_ofTheRequest_isApplied() throws Exception {
    Reply reply = kernel.call(Opcode.MKDIR, ROOT, body().int32(0777).int32(027).text("d"));
    assertThat(reply.body().getInt(40 + 60) & 0777).isEqualTo(0750);
  }

  // ---- interrupts ----

  /** Parks each read until it is cancelled. */
  private static final class ParkingReads implements FileService {
    private final FileService inner;
    private final boolean remote;
    final CountDownLatch parked = new CountDownLatch(1);
    final AtomicReference<Runnable> release = new AtomicReference<>();

    ParkingReads(FileService inner, boolean remote) {
      this.inner = inner;
      this.remote = remote;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (!(operation instanceof Operation.Read)) {
        return inner.submit(caller, operation, completion);
      }
      java.util.concurrent.atomic.AtomicBoolean decided =
          new java.util.concurrent.atomic.AtomicBoolean();
      release.set(() -> {
        if (decided.compareAndSet(false, true)) {
          inner.submit(caller, operation, completion);
        }
      });
      parked.countDown();
      return () -> {
        if (decided.compareAndSet(false, true)) {
          completion.failed(Errno.EINTR);
          return true;
        }
        return false;
      };
    }

    @Override
    public boolean isRemote() {
      return remote;
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private ParkingReads park() throws Exception {
    kernel.end();
    server.join();
    ParkingReads parking = new ParkingReads(session, remote);
    FakeKernel fresh = new FakeKernel();
    FuseGate gate = new FuseGate(parking, meters, thread -> killed);
    server = new Server(fresh, gate, meters, Negotiation.DATA_BYTES, READERS);
    server.start();
    other = fresh;
    return parking;
  }

  private FakeKernel other = kernel;
  private boolean remote; // whether the tree says of itself that it is another process's
  private volatile boolean killed; // whether whoever asks is being killed

  private long sendRead(long[] file) {
    return other.send(
        Opcode.READ,
        file[0],
        body().int64(file[1]).int64(0).int32(4096).int32(0).int64(0).int32(0).int32(0));
  }

  @Test
  void interrupt_ofKilledProcess_endsItsRequestWithEINTR() throws Exception {
    killWhileReading();
  }

  private void killWhileReading() throws Exception {
    killed = true;
    long[] file = create("f");
    ParkingReads parking = park();
    long unique = sendRead(file);
    parking.parked.await();
    assertThat(other.isSilent(unique)).isTrue();
    other.send(Opcode.INTERRUPT, 0, body().int64(unique), 0, unique | 1);
    assertThat(other.await(unique).error()).isEqualTo(Errno.EINTR.number());
    assertThat(other.isSilent(unique | 1)).as("an interrupt that hits has no reply").isTrue();
    other.end();
  }

  @Test
  void interrupt_whileItsReaderWaits_endsItsRequestWithEINTR() throws Exception {
    remote = true;
    killWhileReading();
  }

  @Test
  @Timeout(180)
  void requests_thatAllWait_leaveAReader() throws Exception {
    remote = true;
    long[] file = create("f");
    ParkingReads parking = park();
    List<Long> waiting = new ArrayList<>();
    for (int i = 0; i < 4 * READERS; i++) {
      waiting.add(sendRead(file));
      // With fewer that are free, each is received only when another has begun to wait.
      assertThat(other.call(Opcode.STATFS, ROOT, body()).error()).isZero();
    }
    killed = true;
    for (long unique : waiting) {
      other.send(Opcode.INTERRUPT, 0, body().int64(unique), 0, unique | 1);
      assertThat(other.await(unique).error()).isEqualTo(Errno.EINTR.number());
    }
    assertThat(parking.parked.getCount()).isZero();
    other.end();
  }

  /** As on a local file system: a signal that a program handles does not end its fsync. */
  @Test
  void interrupt_ofLivingProcess_endsItsRequestOnlyWhenItIsKilled() throws Exception {
    long[] file = create("f");
    ParkingReads parking = park();
    long unique = sendRead(file);
    parking.parked.await();
    other.send(Opcode.INTERRUPT, 0, body().int64(unique), 0, unique | 1);
    for (int i = 0; i < 100; i++) {
      other.call(Opcode.STATFS, ROOT, body());
      assertThat(other.isSilent(unique)).isTrue();
    }
    assertThat(other.isSilent(unique | 1)).as("the kernel is not to ask at once again").isTrue();
    killed = true;
    assertThat(other.await(unique).error()).isEqualTo(Errno.EINTR.number());
    other.end();
  }

  @Test
  void interrupt_ofAnsweredRequest_isEAGAIN() throws Exception {
    long[] file = create("f");
    ParkingReads parking = park();
    long unique = sendRead(file);
    parking.parked.await();
    Runnable release = parking.release.get();
    assertThat(release).isNotNull();
    release.run();
    assertThat(other.await(unique).error()).isZero();
    // The reader that was at work on it may be about to leave it: until then an interrupt hits.
    for (long end = System.nanoTime() + 10_000_000_000L;
        other.isSilent(unique | 1) && System.nanoTime() < end; ) {
      other.send(Opcode.INTERRUPT, 0, body().int64(unique), 0, unique | 1);
      other.call(Opcode.STATFS, ROOT, body());
    }
    assertThat(other.await(unique | 1).error()).isEqualTo(Errno.EAGAIN.number());
    other.end();
  }
}

package dev.coterie.gates.fuse;

import static dev.coterie.gates.fuse.FakeKernel.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.gates.fuse.FakeKernel.Reply;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.Opcode;
import dev.coterie.gates.fuse.kernel.Server;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listing with attributes: what is told, and how often the kernel is told of each inode. */
@Timeout(180)
class DirectoryPlusTest {
  private static final long ROOT = 1;
  private static final int ENTRY_BYTES = 128;
  private static final int DIRENT_BYTES = 24;
  private static final int PAGE_BYTES = 4096;
  private static final int NOBODY = 1000;

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
    FuseGate gate = new FuseGate(session, meters);
    gate.want(InitFlag.DO_READDIRPLUS);
    server = new Server(kernel, gate, meters, Negotiation.DATA_BYTES, 2);
    server.start();
    long flags = InitFlag.DO_READDIRPLUS.mask() | InitFlag.READDIRPLUS_AUTO.mask();
    FakeKernel.Body init = body().int32(7).int32(40).int32(131072).int32((int) flags);
    for (int i = 0; i < 12; i++) {
      init.int32(0);
    }
    Reply reply = kernel.call(Opcode.INIT, 0, init);
    assertThat(reply.body().getInt(12)).isEqualTo((int) InitFlag.DO_READDIRPLUS.mask());
  }

  @AfterEach
  void end() throws Exception {
    kernel.end();
    server.join();
    vfs.close();
  }

  private long mkdir(String name, int mode) throws Exception {
    Reply reply = kernel.call(Opcode.MKDIR, ROOT, body().int32(mode).int32(0).text(name));
    assertThat(reply.error()).isZero();
    return reply.body().getLong(0);
  }

  private long opendir(long node) throws Exception {
    return kernel.call(Opcode.OPENDIR, node, body().int32(0).int32(0)).body().getLong(0);
  }

  private static FakeKernel.Body page(long handle, long offset) {
    return body().int64(handle).int64(offset).int32(PAGE_BYTES).int32(0).int64(0).int32(0).int32(0);
  }

  /** What one reply says: node id by name. Answers where to go on, 0 at the end. */
  private static long read(Reply reply, Map<String, Long> nodes) {
    assertThat(reply.error()).isZero();
    long offset = 0;
    for (int at = 0; at < reply.body().limit(); ) {
      int dirent = at + ENTRY_BYTES;
      int length = reply.body().getInt(dirent + 16);
      byte[] name = new byte[length];
      reply.body().get(dirent + DIRENT_BYTES, name);
      long node = reply.body().getLong(at);
      assertThat(nodes.put(new String(name, StandardCharsets.UTF_8), node)).isNull();
      if (node != 0) {
        assertThat(reply.body().getLong(at + 40)).as("ino").isEqualTo(node);
        assertThat(reply.body().getLong(at + 24)).as("attr_valid").isZero();
      }
      offset = reply.body().getLong(dirent + 8);
      at = dirent + (DIRENT_BYTES + length + 7) / 8 * 8;
    }
    return offset;
  }

  private Map<String, Long> list(long node) throws Exception {
    Map<String, Long> nodes = new LinkedHashMap<>();
    long handle = opendir(node);
    long offset = 0;
    do {
      offset = read(kernel.call(Opcode.READDIRPLUS, node, page(handle, offset)), nodes);
    } while (offset != 0);
    kernel.call(Opcode.RELEASEDIR, node, body().int64(handle).int64(0).int64(0));
    return nodes;
  }

  private void forget(long node, long count) {
    kernel.send(Opcode.FORGET, node, body().int64(count));
  }

  private int getattr(long node) throws Exception {
    return kernel.call(Opcode.GETATTR, node, body().int64(0).int64(0)).error();
  }

  private void awaitStale(long node) throws Exception {
    int error = 0;
    for (long end = System.nanoTime() + 10_000_000_000L; error == 0 && System.nanoTime() < end; ) {
      error = getattr(node);
    }
    assertThat(error).isEqualTo(Errno.ESTALE.number());
  }

  @Test
  void entries_areGivenOnceAndCounted_butForDotAndDotDot() throws Exception {
    Map<String, Long> made = new LinkedHashMap<>();
    for (int i = 0; i < 100; i++) {
      made.put("directory-" + i, mkdir("directory-" + i, 0755));
    }
    Map<String, Long> listed = list(ROOT);
    assertThat(listed).containsEntry(".", 0L).containsEntry("..", 0L).containsAllEntriesOf(made);
    assertThat(listed).hasSize(102);
    long one = made.getOrDefault("directory-50", 0L);
    forget(one, 1); // that of mkdir
    assertThat(getattr(one)).isZero();
    forget(one, 1); // that of the list
    awaitStale(one);
  }

  @Test
  void entries_unknownToTheKernel_areMadeKnown() throws Exception {
    long node = mkdir("d", 0755);
    forget(node, 1);
    awaitStale(node);
    assertThat(list(ROOT)).containsEntry("d", node);
    assertThat(getattr(node)).isZero();
    forget(node, 1);
    awaitStale(node);
  }

  @Test
  void reply_notTaken_isNotCounted() throws Exception {
    long node = mkdir("d", 0755);
    forget(node, 1);
    awaitStale(node);
    long handle = opendir(ROOT);
    long unique = 1_000_000;
    kernel.kill(unique);
    kernel.send(Opcode.READDIRPLUS, ROOT, page(handle, 0), 0, unique);
    kernel.awaitRefused(unique);
    Map<String, Long> nodes = new LinkedHashMap<>();
    read(kernel.call(Opcode.READDIRPLUS, ROOT, page(handle, 0)), nodes);
    assertThat(nodes).containsEntry("d", node);
    forget(node, 1);
    awaitStale(node);
  }

  @Test
  void entries_thatTheCallerMayNotLookUp_haveNoNode() throws Exception {
    long dir = mkdir("d", 0744);
    Reply made = kernel.call(Opcode.MKDIR, dir, body().int32(0755).int32(0).text("e"));
    forget(made.body().getLong(0), 1);
    awaitStale(made.body().getLong(0));
    long handle = opendir(dir);
    long unique = 1_000_000;
    kernel.send(Opcode.READDIRPLUS, dir, page(handle, 0), NOBODY, unique);
    Map<String, Long> nodes = new LinkedHashMap<>();
    read(kernel.await(unique), nodes);
    assertThat(nodes).containsEntry("e", 0L);
  }
}

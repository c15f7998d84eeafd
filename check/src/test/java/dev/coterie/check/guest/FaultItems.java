package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.guest.Site.HOST;
import static dev.coterie.check.guest.Site.NONE;
import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Operation;
import dev.coterie.check.leader.Frame;
import dev.coterie.check.leader.RawClient;
import dev.coterie.check.leader.Reply;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;

/** Clients that misbehave or are killed, and a leader that is. */
final class FaultItems {
  private static final String AT = Site.HERE;
  private static final int SIGKILL = 9;

  private FaultItems() {}

  static Stream<Item> items() {
    return Stream.of(
        Item.of("qid.version 0 in a plain session", (site, mode) -> versions(site)),
        Item.of("Tversion twice on one connection", (site, mode) -> versionTwice(site)),
        Item.of("malformed frames end their connection alone", (site, mode) -> malformed(site)),
        Item.of("unknown types and fids in use are refused", (site, mode) -> refused(site)),
        Item.of("a process is killed whose request waits", (site, mode) -> killed(site)),
        Item.of("a guest is switched off in the middle", (site, mode) -> switchedOff(site)),
        Item.of(
            "the leader is killed: EIO, unmount, mount", (site, mode) -> leaderEnds(site, true)),
        Item.of("the leader ends: EIO, unmount, mount", (site, mode) -> leaderEnds(site, false)));
  }

  private static RawClient attached(Site site) throws IOException {
    RawClient client = RawClient.connect(site.leader.tcpPort());
    client.version(RawClient.MSIZE, RawClient.PLAIN);
    client.attach(ROOT, 0);
    return client;
  }

  /** The guests and Java are served as before. */
  private static void othersGoOn(Site site) throws IOException {
    site.a.put(site.in(NONE, "f"), "still here");
    assertThat(site.b.get(site.in(NONE, "f"))).isEqualTo("still here");
    assertThat(MountItems.read(site, "f")).asString().isEqualTo("still here");
  }

  // ---- raw clients ----

  /** Linux would otherwise take the version for a promise, and keep pages. */
  private static void versions(Site site) throws IOException {
    site.a.put(site.in(NONE, "f"), "x");
    String name = site.path().substring(1);
    try (RawClient client = attached(site)) {
      ByteBuffer walked = client.ok(RawClient.walkFrame(ROOT, 1, name, "f")).body();
      assertThat(walked.getInt(walked.position() + 2 + 1)).isZero();
      assertThat(walked.getInt(walked.position() + 2 + 13 + 1)).isZero();
      assertThat(client.getattr(1).qidVersion()).isZero();
      client.ok(RawClient.setSizeFrame(1, 5));
      assertThat(client.getattr(1).qidVersion()).isZero();
      ByteBuffer opened = client.ok(RawClient.openFrame(1, 2)).body();
      assertThat(opened.getInt(opened.position() + 1)).isZero();
      client.walk(ROOT, 2, name);
      ByteBuffer created = client.ok(RawClient.createFrame(2, "g", 2, 0644)).body();
      assertThat(created.getInt(created.position() + 1)).isZero();
      client.walk(ROOT, 3, name);
      ByteBuffer made = client.ok(RawClient.mkdirFrame(3, "d", 0755, 0)).body();
      assertThat(made.getInt(made.position() + 1)).isZero();
      client.ok(RawClient.openFrame(3, 0));
      byte[] entries = client.ok(Frame.of(P9.TREADDIR).u4(3).u8(0).u4(4096)).data();
      assertThat(entries[1] | entries[2] | entries[3] | entries[4]).isZero();
    }
  }

  private static void versionTwice(Site site) throws IOException {
    int fids = site.leader.counts().fids();
    try (RawClient client = attached(site)) {
      client.walk(ROOT, 1, site.path().substring(1));
      client.ok(RawClient.createFrame(1, "f", 2, 0644));
      assertThat(client.version(RawClient.MSIZE, RawClient.PLAIN).isError()).isFalse();
      client.fails(Errno.EBADF, RawClient.getattrFrame(1));
      client.fails(Errno.EBADF, RawClient.getattrFrame(ROOT));
      assertThat(site.leader.counts().fids()).isLessThanOrEqualTo(fids);
      client.attach(ROOT, 0);
      client.walk(ROOT, 1, site.path().substring(1), "f");
      assertThat(client.getattr(1).size()).isZero();
    }
    othersGoOn(site);
  }

  private static void malformed(Site site) throws IOException {
    List<byte[]> frames =
        List.of(
            sized(RawClient.getattrFrame(ROOT), 0),
            sized(RawClient.getattrFrame(ROOT), 6),
            sized(RawClient.getattrFrame(ROOT), 18),
            sized(RawClient.getattrFrame(ROOT), RawClient.MSIZE + 1),
            sized(RawClient.getattrFrame(ROOT), -1),
            Frame.of(P9.TWRITE).u4(ROOT).u8(0).u4(1 << 20).u1(0).toBytes(1),
            Frame.of(P9.TWRITE).u4(ROOT).u8(0).u4(-1).u1(0).toBytes(1),
            Frame.of(P9.TMKDIR).u4(ROOT).u2(65_535).u1('a').toBytes(1),
            Frame.of(P9.TWALK).u4(ROOT).u4(9).u2(65_535).toBytes(1),
            Frame.of(P9.TGETATTR).u4(ROOT).u8(0).u8(0).toBytes(1));
    for (byte[] frame : frames) {
      try (RawClient client = attached(site)) {
        client.sendBytes(frame);
        client.sendBytes(new byte[64]);
        assertThat(client.isEnded()).isTrue();
      }
      othersGoOn(site);
    }
  }

  private static byte[] sized(Frame frame, int size) {
    byte[] bytes = frame.toBytes(1);
    for (int i = 0; i < 4; i++) {
      bytes[i] = (byte) (size >>> 8 * i);
    }
    return bytes;
  }

  private static void refused(Site site) throws IOException {
    try (RawClient client = attached(site)) {
      for (int type : new int[] {6, 98, 106, 112, 114, 124, 126, 200, 254, 255}) {
        int tag = client.nextTag();
        client.send(tag, Frame.of(type).u4(ROOT));
        Reply reply = client.receive();
        assertThat(Errno.of(reply.errno())).as("type " + type).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(reply.tag()).isEqualTo(tag);
      }
      client.walk(ROOT, 1);
      client.fails(Errno.EBADF, RawClient.walkFrame(ROOT, 1));
      client.fails(Errno.EBADF, RawClient.attachFrame(1, 0, ""));
      client.fails(Errno.EBADF, RawClient.walkFrame(77, 2));
      client.ok(RawClient.openFrame(1, 0));
      client.fails(Errno.EBADF, RawClient.openFrame(1, 0));
      client.clunk(1);
      client.fails(Errno.EBADF, RawClient.clunkFrame(1));
      client.getattr(ROOT);
    }
    othersGoOn(site);
  }

  // ---- killed processes ----

  /** The kernel sends Tflush, and the process is gone though its request was never carried out. */
  private static void killed(Site site) throws IOException {
    site.java.mknod(site.path("f"), 0100644, 0);
    site.a.open(1, site.in(NONE, "f"), O_RDWR).ok();
    killed(site, Operation.Read.class, "pread", 1, 10, 0);
    killed(site, Operation.Write.class, "pwrite", 1, "never", 0);
    // 6.12 has the next call on that open file fail for what was not written.
    site.a.close(1);
    site.a.open(1, site.in(NONE, "f"), O_RDWR).ok();
    assertThat(site.a.pread(1, 10, 0)).as("what was not written").isEmpty();
    site.a.write(1, "now");
    site.a.close(1);
    assertThat(MountItems.read(site, "f")).asString().isEqualTo("now");
    othersGoOn(site);
  }

  private static void killed(Site site, Class<?> kind, Object... command) throws IOException {
    site.watch.keep(kind::isInstance);
    spawn(site.a, command);
    site.watch.awaitKept(1);
    site.a.ok("kill", "job", SIGKILL);
    assertThat(site.a.ask("await", "job").line()).isEqualTo("KILLED " + SIGKILL);
    site.watch.awaitKept(0);
    site.watch.release();
  }

  private static void spawn(Guest guest, Object... command) throws IOException {
    guest.ok(Stream.concat(Stream.of("spawn", "job"), Stream.of(command)).toArray());
  }

  /** A third guest is switched off while a request waits and a file without a name is open. */
  private static void switchedOff(Site site) throws IOException {
    int connections = site.awaitNoOtherConnection();
    int fids = site.leader.counts().fids();
    long free = site.java.statfs("/").bfree();
    try (Guest guest = site.resume("c")) {
      guest.greet();
      site.mount(guest, AT, "access=any,cache=none");
      guest.open(1, AT + site.path("f"), O_RDWR | O_CREAT).ok();
      guest.ok("fill", 1, 0, 1_000_000, 1, 100_000);
      guest.ok("unlink", AT + site.path("f"));
      assertThat(site.java.statfs("/").bfree()).isLessThan(free);
      site.watch.keep(Operation.Write.class::isInstance);
      spawn(guest, "write", 1, "never");
      site.watch.awaitKept(1);
    }
    site.awaitConnections(connections);
    site.watch.awaitKept(0);
    site.watch.release();
    assertThat(site.leader.counts().fids()).isLessThanOrEqualTo(fids);
    assertThat(site.java.statfs("/").bfree()).isEqualTo(free);
    othersGoOn(site);
  }

  // ---- the leader's end ----

  private static void leaderEnds(Site site, boolean killed) throws Exception {
    Guest guest = site.b;
    String mounted = AT + "/f";
    try (LeaderProcess leader = LeaderProcess.start(site.folder.resolve("other"), 0)) {
      guest.sh("mkdir -p " + AT);
      guest.ok("mount", HOST, AT, Site.options(leader.port(), "access=any,cache=none"));
      guest.put(mounted, "before");
      guest.open(1, mounted, O_RDWR).ok();
      guest.open(2, AT, O_RDONLY).ok();
      leader.end(killed);
      assertBroken(guest, mounted);

      // A new leader on the same port is not the old one: the mount stays dead.
      try (LeaderProcess next = LeaderProcess.start(site.folder.resolve("other"), leader.port())) {
        assertBroken(guest, mounted);
        guest.ask("close", 1);
        guest.ask("close", 2);
        site.umount(guest, AT);
        guest.ok("mount", HOST, AT, Site.options(next.port(), "access=any,cache=none"));
        guest.fails(Errno.ENOENT, "stat", mounted);
        guest.put(mounted, "after");
        assertThat(guest.get(mounted)).isEqualTo("after");
        site.umount(guest, AT);
      }
    }
    othersGoOn(site);
  }

  private static void assertBroken(Guest guest, String path) throws IOException {
    guest.fails(Errno.EIO, "pread", 1, 10, 0);
    // 6.12 has written no byte instead, and says so when it is asked to sync.
    Answer written = guest.ask("pwrite", 1, "x", 0);
    assertThat(written.line()).isIn("E5", "OK 0");
    guest.fails(Errno.EIO, "fsync", 1);
    guest.fails(Errno.EIO, "fstat", 1);
    guest.fails(Errno.EIO, "stat", path);
    guest.fails(Errno.EIO, "getdents", 2, 4096);
    guest.fails(Errno.EIO, "mkdir", AT + "/d", "755");
  }
}

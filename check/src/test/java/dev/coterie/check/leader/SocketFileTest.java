package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where a leader listens, and what may be in the way. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketFileTest {
  @TempDir private Path folder;

  private static Leader.Builder builder() {
    return Leader.builder().mount("/", TmpFs.Options.defaults().factory());
  }

  private void isServed(Path socket) throws IOException {
    try (RawClient client = RawClient.attached(socket, RawClient.PLAIN)) {
      client.getattr(RawClient.ROOT);
    }
  }

  private static String refusal(Leader.Builder builder) {
    IOException refused = catchThrowableOfType(IOException.class, builder::start);
    return String.valueOf(refused.getMessage());
  }

  @Test
  void start_newSocket_isForItsOwnerAlone() throws IOException {
    try (Served served = Served.in(folder)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(served.socket)))
          .isEqualTo("rw-------");
      isServed(served.socket);
    }
    assertThat(folder.resolve("s")).doesNotExist();
  }

  @Test
  void start_socketTaken_isRefusedAndTheFirstGoesOn() throws IOException {
    try (Served served = Served.in(folder)) {
      for (int i = 0; i < 3; i++) {
        assertThat(refusal(builder().listen(served.socket)))
            .isEqualTo("another leader serves " + served.socket);
      }
      isServed(served.socket);
      assertThat(isLocked(served.socket)).isTrue();
    }
    try (Served again = Served.in(folder)) {
      isServed(again.socket);
    }
  }

  /** By another way to the same folder it is the same socket. */
  @Test
  void start_socketTakenByAnotherPath_isRefused() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    try (Served served = Served.in(real)) {
      assertThat(refusal(builder().listen(link.resolve("s")))).startsWith("another leader serves");
      assertThat(isLocked(served.socket)).isTrue();
      isServed(served.socket);
    }
  }

  /** Whether this process holds a lock on the file beside a socket: proc_locks(5). */
  private static boolean isLocked(Path socket) throws IOException {
    Path lock = socket.resolveSibling(socket.getFileName() + ".lock");
    String inode = ":" + Files.getAttribute(lock, "unix:ino") + " ";
    String owner = " " + ProcessHandle.current().pid() + " ";
    try (Stream<String> lines = Files.lines(Path.of("/proc/locks"))) {
      return lines.anyMatch(line -> line.contains(inode) && line.contains(owner));
    }
  }

  @Test
  void close_again_leavesTheSuccessorsSocket() throws IOException {
    Served first = Served.in(folder);
    first.close();
    try (Served second = Served.in(folder)) {
      first.close();

      isServed(second.socket);
      assertThat(isLocked(second.socket)).isTrue();
    }
  }

  @Test
  void start_staleSocket_isTakenOver() throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
    try (Served served = Served.in(folder)) {
      isServed(served.socket);
    }
  }

  @Test
  void start_socketOfAnotherProgram_isRefusedAndLeft() throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(socket));

      assertThat(refusal(builder().listen(socket))).isEqualTo("another program serves " + socket);
      assertThat(socket).exists();
    }
  }

  /** Its queue is full, so that connecting to it would wait. */
  @Test
  void start_socketOfAnotherBusyProgram_isRefusedAtOnce() throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(socket), 1);
      try (RawClient a = RawClient.connect(socket);
          RawClient b = RawClient.connect(socket)) {
        assertThat(refusal(builder().listen(socket))).startsWith("another program serves");
        assertThat(a.channel().isConnected() && b.channel().isConnected()).isTrue();
      }
    }
  }

  @Test
  void start_somethingElseInTheWay_isRefusedAndLeft() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "content");
    Path directory = Files.createDirectory(folder.resolve("directory"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
    for (Path path : new Path[] {file, directory, link}) {
      assertThat(refusal(builder().listen(path))).isEqualTo(path + " exists and is not a socket");
    }
    assertThat(file).hasContent("content");
    assertThat(directory).isDirectory();
    assertThat(link).isSymbolicLink();
  }

  @Test
  void start_folderMissing_saysSo() {
    Path missing = folder.resolve("missing");

    assertThat(refusal(builder().listen(missing.resolve("s"))))
        .isEqualTo("no folder " + missing + " for the socket");
  }

  @Test
  void start_pathTooLong_saysSoAndLeavesNothing() throws IOException {
    Path path = folder.resolve("x".repeat(107 - folder.toString().length() - 1));

    assertThat(refusal(builder().listen(path)))
        .isEqualTo("socket " + path + ": File name too long");
    assertThat(folder).isEmptyDirectory();
    Path shorter = folder.resolve("x".repeat(106 - folder.toString().length() - 1));
    try (Leader leader = builder().listen(shorter).start()) {
      assertThat(leader.tcpPort()).isZero();
      isServed(shorter);
    }
  }

  @Test
  void start_portTaken_saysSoAndLeavesNoSocket() throws IOException {
    Path socket = folder.resolve("s");
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = other.getLocalPort();

      assertThat(refusal(builder().listen(socket).tcp(port, false)))
          .isEqualTo("cannot serve TCP port " + port + ": Address already in use");
    }
    assertThat(socket).doesNotExist();
    try (Served served = Served.in(folder)) {
      isServed(served.socket);
    }
  }

  @Test
  void start_againWithinASecond_hasOtherIdentities() throws IOException {
    Instant now = Instant.now();
    long[] generations = new long[2];
    for (int i = 0; i < 2; i++) {
      try (Served served = Served.in(folder, b -> b.clock(() -> now));
          RawClient client = served.plain()) {
        generations[i] = client.ok(RawClient.getattrFrame(RawClient.ROOT)).body().getLong(153 - 16);
      }
    }
    assertThat(generations[0]).isNotEqualTo(generations[1]);
  }

  @Test
  void start_noMountAtRoot_isRefused() {
    assertThatThrownBy(() -> Leader.builder().listen(folder.resolve("s")).start())
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void tcp_anyPort_isServed() throws IOException {
    try (Leader leader = builder().tcp(0, false).start();
        RawClient client = RawClient.connect(leader.tcpPort())) {
      client.version(8192, RawClient.PLAIN);
      client.attach(1, P9.NONUNAME);
    }
  }
}

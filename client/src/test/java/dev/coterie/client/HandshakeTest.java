package dev.coterie.client;

import static dev.coterie.client.FakeLeader.inThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Qid;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a connection begins, or does not. */
@Timeout(180)
class HandshakeTest {
  private static final String OURS = "9P2000.L.coterie.1";
  private static final Caller ME = new Caller(501, 502, new int[0], 0, 0);
  private static final ClientOptions OPTIONS = ClientOptions.DEFAULT.withIdentity(ME);

  private final FakeLeader leader;
  private final Path dir;

  HandshakeTest(@TempDir Path dir) throws IOException {
    this.dir = dir;
    leader = new FakeLeader(dir);
  }

  @AfterEach
  void close() throws IOException {
    leader.close();
  }

  @Test
  void connect_negotiatesAndAttaches() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS.withMsizeBytes(123_456).withTree("tree"));
    try (Peer peer = leader.accept()) {
      Frame version = peer.next();
      assertThat(version).isEqualTo(new Frame(P9.NOTAG, new BaseRequest.Tversion(123_456, OURS)));
      peer.reply(version.tag(), new BaseReply.Rversion(5000, OURS));
      Frame attach = peer.next();
      assertThat(attach.request()).isEqualTo(new BaseRequest.Tattach(0, P9.NOFID, "", "tree", 501));
      peer.reply(attach.tag(), new BaseReply.Rattach(new Qid(0x80, 0, 1)));
      FutureTask<Boolean> closing = closing(client.get());
      assertThatThrownBy(peer::next).isInstanceOf(EOFException.class);
      peer.channel.close();
      closing.get();
    }
  }

  @Test
  void connect_overTcp_worksToo() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      FutureTask<Client> client =
          inThread(() -> Client.connect(Address.parse("127.0.0.1:" + port), OPTIONS));
      try (Peer peer = new Peer(server.accept())) {
        peer.greet(FakeLeader.MSIZE);
        FutureTask<Boolean> closing = closing(client.get());
        assertThatThrownBy(peer::next).isInstanceOf(EOFException.class);
        peer.channel.close();
        closing.get();
      }
    }
  }

  @Test
  void connect_whereNobodyListens_isEnotconn() {
    Address nobody = new Address.Unix(dir.resolve("nobody").toString());
    assertThatThrownBy(() -> Client.connect(nobody, OPTIONS))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTCONN))
        .hasMessageContaining("nobody");
  }

  @Test
  void connect_toPlainServer_isEproto() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.serve(new BaseReply.Rversion(8192, "9P2000.L"));
      assertFailed(client, Errno.EPROTO).hasMessageContaining("9P2000.L, not " + OURS);
    }
  }

  @Test
  void connect_toServerThatKnowsNoVersion_isEproto() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.serve(new BaseReply.Rversion(8192, "unknown"));
      assertFailed(client, Errno.EPROTO);
    }
  }

  @Test
  void connect_toServerThatWantsLargerFrames_isEproto() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS.withMsizeBytes(8192));
    try (Peer peer = leader.accept()) {
      peer.serve(new BaseReply.Rversion(8193, OURS));
      assertFailed(client, Errno.EPROTO);
    }
  }

  @Test
  void connect_toSomethingElse_isEproto() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.write(
          ByteBuffer.wrap("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      assertFailed(client, Errno.EPROTO);
    }
  }

  @Test
  void connect_whenTheLeaderHangsUp_isEproto() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.next();
    }
    assertFailed(client, Errno.EPROTO).hasMessageContaining("hung up");
  }

  @Test
  void connect_whenTheLeaderIsSilent_isEtimedout() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS.withConnectMsMax(30));
    try (Peer peer = leader.accept()) {
      assertFailed(client, Errno.ETIMEDOUT);
      assertThat(peer.next().request()).isInstanceOf(BaseRequest.Tversion.class);
    }
  }

  @Test
  void connect_ofInterruptedThread_isEintr() throws Exception {
    FutureTask<Boolean> interrupted =
        inThread(() -> {
          Thread.currentThread().interrupt();
          assertThatThrownBy(() -> Client.connect(leader.address(), OPTIONS))
              .isInstanceOfSatisfying(
                  ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINTR));
          return Thread.currentThread().isInterrupted();
        });
    assertThat(interrupted.get()).isTrue();
  }

  @Test
  void connect_whenTheAttachIsRefused_answersWhy() throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.serve(new BaseReply.Rversion(8192, OURS));
      peer.error(peer.next().tag(), Errno.EPERM);
      assertFailed(client, Errno.EPERM);
    }
  }

  /** The leader may have closed before Tversion is written, or after: the reason is found. */
  @Test
  void connect_toFullLeader_saysSo() throws Exception {
    for (int i = 0; i < 100; i++) {
      FutureTask<Client> client = connecting(OPTIONS);
      try (Peer peer = leader.accept()) {
        peer.error(P9.NOTAG, Errno.EUSERS);
        peer.channel.shutdownOutput();
      }
      assertFailed(client, Errno.EUSERS)
          .hasMessageContaining("leader refuses: too many connections");
    }
  }

  /** By NOTAG it is the connection that is refused, by the tag of the request only that. */
  @ParameterizedTest
  @CsvSource({
    "EUSERS,leader refuses: too many connections: Too many users",
    "EMFILE,leader refuses: no file descriptor for one more connection: Too many open files",
    "EAGAIN,'leader refuses: no thread for one more connection: Resource temporarily unavailable'",
    "ENOMEM,leader refuses: no memory for one more connection: Cannot allocate memory",
    "EACCES,leader refuses: Permission denied"
  })
  void connect_toLeaderShortOfSomething_saysOfWhat(Errno errno, String text) throws Exception {
    FutureTask<Client> client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.error(P9.NOTAG, errno);
    }
    assertFailed(client, errno).hasMessage("connect " + leader.address() + ": " + text);
    client = connecting(OPTIONS);
    try (Peer peer = leader.accept()) {
      peer.serve(new BaseReply.Rversion(8192, OURS));
      peer.error(peer.next().tag(), errno);
    }
    assertFailed(client, errno)
        .hasMessage("connect " + leader.address() + ": leader refuses: " + errno.text());
  }

  private static FutureTask<Boolean> closing(Client client) {
    return inThread(() -> {
      client.close();
      return true;
    });
  }

  private FutureTask<Client> connecting(ClientOptions options) {
    return inThread(() -> Client.connect(leader.address(), options));
  }

  private static AbstractThrowableAssert<?, ?> assertFailed(FutureTask<?> task, Errno errno) {
    return assertThatThrownBy(task::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }
}

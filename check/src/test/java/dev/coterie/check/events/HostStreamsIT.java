package dev.coterie.check.events;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.check.leader.Child;
import dev.coterie.check.leader.LeaderMain;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process waits for the tree of a leader in another, and for streams of its own. */
@Timeout(600)
class HostStreamsIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 2_000 : 50;

  @Test
  void everySource_endsTheOneWait(@TempDir Path folder) throws Exception {
    run(folder, true);
  }

  /** The standard input cannot be waited for then; the rest can. */
  @Test
  void withoutNativeAccess_channelsAndTheTreeAreWaitedFor(@TempDir Path folder) throws Exception {
    run(folder, false);
  }

  private static void run(Path folder, boolean access) throws Exception {
    Path socket = folder.resolve("socket");
    InetAddress here = InetAddress.getLoopbackAddress();
    Caller me = ProcessIdentity.self();
    try (Child leader = Child.start(folder, LeaderMain.class, socket, 0);
        ServerSocketChannel server = ServerSocketChannel.open();
        DatagramChannel datagrams = DatagramChannel.open()) {
      leader.hear("serving");
      server.bind(new InetSocketAddress(here, 0));
      try (FileService service =
              Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT);
          Tree tree = Tree.of(service, me)) {
        tree.mknod("/fifo", Mode.S_IFIFO | 0600, 0);
        OpenFile fifo = tree.open("/fifo", OpenFlags.O_RDWR, 0);
        long counter = service.eventfd(me, 0, 0).handle();
        Object[] arguments = {
          socket, service.share(me, counter).toSecret(), server.socket().getLocalPort()
        };
        try (Child child =
                access
                    ? Child.start(folder, HostStreamsMain.class, arguments)
                    : Child.startWithoutNativeAccess(folder, HostStreamsMain.class, arguments);
            SocketChannel stream = server.accept()) {
          child.hear(access ? "input taken" : "input EOPNOTSUPP");
          String[] ports = child.hear("ports").split(" ");
          InetSocketAddress toServer = new InetSocketAddress(here, Integer.parseInt(ports[0]));
          InetSocketAddress toDatagrams = new InetSocketAddress(here, Integer.parseInt(ports[1]));
          for (int round = 0; round < ROUNDS; round++) {
            if (access) {
              child.say("four");
              hear(child, HostStreamsMain.INPUT, 5);
            }
            stream.write(bytes("12"));
            hear(child, HostStreamsMain.SOCKET, 2);
            SocketChannel.open(toServer).close();
            hear(child, HostStreamsMain.SERVER, 0);
            datagrams.send(bytes("123"), toDatagrams);
            hear(child, HostStreamsMain.DATAGRAMS, 3);
            fifo.write(bytes("1"));
            hear(child, HostStreamsMain.FIFO, 1);
            SharedSetIT.add(service, counter, 1);
            hear(child, HostStreamsMain.COUNTER, 8);
          }
          stream.shutdownOutput();
          hear(child, HostStreamsMain.SOCKET, 0);
          assertThat(child.hear("host")).isEqualTo("0");
          child.end();
        }
      }
      leader.end();
    }
  }

  private static void hear(Child child, int source, int bytes) {
    assertThat(child.hear("came")).isEqualTo(source + " " + bytes);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }
}

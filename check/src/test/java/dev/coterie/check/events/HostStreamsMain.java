package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLIN;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.client.events.EventSet;
import dev.coterie.client.events.Member;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * A process of {@link HostStreamsIT}: waits at once for its standard input, a socket, whoever
 * connects, datagrams, a FIFO of the tree and a shared counter, and says what came by which. Ends
 * with the socket.
 */
final class HostStreamsMain {
  static final int INPUT = 1;
  static final int SOCKET = 2;
  static final int SERVER = 3;
  static final int DATAGRAMS = 4;
  static final int FIFO = 5;
  static final int COUNTER = 6;

  private static final int BYTES = 100;

  private HostStreamsMain() {}

  /** Arguments: the leader's socket, the token of a counter, a port to connect to. */
  public static void main(String[] args) throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    Caller me = ProcessIdentity.self();
    try (FileService service = Client.connect(new Address.Unix(args[0]), ClientOptions.DEFAULT);
        Tree tree = Tree.of(service, me);
        OpenFile fifo = tree.open("/fifo", OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK, 0);
        SocketChannel socket =
            SocketChannel.open(new InetSocketAddress(here, Integer.parseInt(args[2])));
        ServerSocketChannel server = ServerSocketChannel.open();
        DatagramChannel datagrams = DatagramChannel.open();
        EventSet set = EventSet.open(service, me)) {
      long counter = service.take(me, Token.ofSecret(args[1])).handle();
      server.bind(new InetSocketAddress(here, 0)).configureBlocking(false);
      datagrams.bind(new InetSocketAddress(here, 0)).configureBlocking(false);
      socket.configureBlocking(false);
      set.add(Member.of(socket), EPOLLIN, SOCKET);
      set.add(Member.of(server), EPOLLIN, SERVER);
      set.add(Member.of(datagrams), EPOLLIN, DATAGRAMS);
      set.add(Member.of(fifo), EPOLLIN, FIFO);
      set.add(Member.ofHandle(counter), EPOLLIN, COUNTER);
      System.out.println("input " + addInput(set));
      int toServer = server.socket().getLocalPort();
      System.out.println("ports " + toServer + " " + datagrams.socket().getLocalPort());
      boolean over = false;
      while (!over) {
        for (Event event : set.await(16)) {
          ByteBuffer data = ByteBuffer.allocate(BYTES);
          switch ((int) event.data()) {
            case INPUT -> data.position(new FileInputStream(FileDescriptor.in).read(data.array()));
            case SOCKET -> over = socket.read(data) < 0;
            case SERVER -> server.accept().close();
            case DATAGRAMS -> datagrams.receive(data);
            case FIFO -> fifo.read(data);
            default -> service.readNext(me, counter, data);
          }
          System.out.println("came " + event.data() + " " + data.position());
        }
      }
      System.out.println("host " + set.hostReports().unknownMembers());
    }
  }

  private static String addInput(EventSet set) {
    try {
      set.add(Member.ofDescriptor(0), EPOLLIN, INPUT);
      return "taken";
    } catch (ErrnoException e) {
      return e.errno().name();
    }
  }
}

package dev.coterie.check.leader;

import dev.coterie.wire.P9;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;

/**
 * A process with very many connections, each with a session that has the root attached.
 *
 * <pre>
 *  open N   opens so many, one after the other:  open SERVED SLOWEST-MS [ERRNO=COUNT]...
 *  ping     asks for the root's attributes on each:  ping COUNT
 *  close N  closes so many:  close LEFT
 * </pre>
 */
final class CrowdMain {
  private static final int REPLY_BYTES = 256;

  private final UnixDomainSocketAddress address;
  private final ArrayDeque<SocketChannel> served = new ArrayDeque<>();
  private final ByteBuffer reply = ByteBuffer.allocate(REPLY_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private CrowdMain(Path socket) {
    this.address = UnixDomainSocketAddress.of(socket);
  }

  public static void main(String[] args) throws IOException {
    CrowdMain crowd = new CrowdMain(Path.of(args[0]));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      String answer =
          switch (words[0]) {
            case "open" -> crowd.open(Integer.parseInt(words[1]));
            case "ping" -> crowd.ping();
            case "close" -> crowd.close(Integer.parseInt(words[1]));
            default -> throw new IOException("what is " + line + "?");
          };
      System.out.println(words[0] + " " + answer);
    }
  }

  private String open(int count) throws IOException {
    Map<Integer, Integer> refused = new TreeMap<>();
    int before = served.size();
    long slowest = 0;
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      int errno = open();
      slowest = Math.max(slowest, System.nanoTime() - began);
      if (errno != 0) {
        refused.merge(errno, 1, Integer::sum);
      }
    }
    StringBuilder answer = new StringBuilder();
    answer.append(served.size() - before).append(' ').append(slowest / 1_000_000);
    refused.forEach((errno, times) -> answer.append(' ').append(errno).append('=').append(times));
    return answer.toString();
  }

  /** The number of the error it is refused with, or 0. */
  private int open() throws IOException {
    SocketChannel channel = SocketChannel.open(address);
    try {
      write(channel, P9.NOTAG, Frame.of(P9.TVERSION).u4(8192).name(RawClient.PLAIN));
    } catch (IOException e) {
      // Refused and closed before it was asked: the reason is still to be read.
    }
    int type = read(channel);
    if (type == P9.RLERROR) {
      channel.close();
      return reply.getInt();
    }
    write(channel, 1, RawClient.attachFrame(RawClient.ROOT, P9.NONUNAME, ""));
    require(P9.RATTACH, read(channel));
    served.add(channel);
    return 0;
  }

  private String ping() throws IOException {
    for (SocketChannel channel : served) {
      write(channel, 1, RawClient.getattrFrame(RawClient.ROOT));
      require(P9.RGETATTR, read(channel));
    }
    return Integer.toString(served.size());
  }

  private String close(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      served.remove().close();
    }
    return Integer.toString(served.size());
  }

  private static void require(int expected, int type) throws IOException {
    if (type != expected) {
      throw new IOException("answer of type " + type + ", not " + expected);
    }
  }

  private static void write(SocketChannel channel, int tag, Frame frame) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(frame.toBytes(tag));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads one reply; answers its type, and leaves its body in the buffer. */
  private int read(SocketChannel channel) throws IOException {
    reply.clear().limit(P9.HEADER_BYTES);
    fill(channel);
    int size = reply.getInt(0);
    reply.limit(size);
    fill(channel);
    reply.position(P9.HEADER_BYTES);
    return Byte.toUnsignedInt(reply.get(4));
  }

  private void fill(SocketChannel channel) throws IOException {
    while (reply.hasRemaining()) {
      if (channel.read(reply) < 0) {
        throw new EOFException("ended without an answer");
      }
    }
  }
}

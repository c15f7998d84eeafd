package dev.coterie.client;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.wire.BaseReply;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.Qid;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply;
import dev.coterie.wire.SessionRequest;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;

/** The other end of a connection, played by a test, frame by frame. */
final class FakeLeader implements AutoCloseable {
  static final int MSIZE = Limits.MSIZE_MAX_BYTES;

  private final ServerSocketChannel server;
  private final Address address;

  FakeLeader(Path dir) throws IOException {
    Path socket = dir.resolve("leader.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    address = new Address.Unix(socket.toString());
  }

  Address address() {
    return address;
  }

  /** The next connection, before a word was said. */
  Peer accept() throws IOException {
    return new Peer(server.accept());
  }

  /** A client, and the other end of its connection. */
  Pair connect(ClientOptions options) throws Exception {
    FutureTask<Client> client = inThread(() -> Client.connect(address, options));
    Peer peer = accept();
    peer.greet(MSIZE);
    return new Pair(client.get(), peer);
  }

  Pair connect() throws Exception {
    return connect(ClientOptions.DEFAULT);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  record Pair(Client client, Peer peer) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      peer.close(); // first, as the client waits for it
      client.close();
    }
  }

  /** Tags of clunks that came in one message; no message has them. */
  private static final int FIRST_PART = 1 << 16;

  record Frame(int tag, Request request) {}

  /** Clunks that came in one message. */
  private static final class Several {
    final int tag;
    final int count;
    final AtomicInteger unanswered;

    Several(int tag, int count) {
      this.tag = tag;
      this.count = count;
      this.unanswered = new AtomicInteger(count);
    }
  }

  /** One connection, of blocking reads and writes. */
  static final class Peer implements AutoCloseable {
    final SocketChannel channel;
    private final FrameReader frames = new FrameReader(MSIZE);
    private final ByteBuffer in = ByteBuffer.allocate(MSIZE).limit(0);
    private final ByteBuffer out = ByteBuffer.allocate(MSIZE);
    private final Queue<Frame> parts = new ConcurrentLinkedQueue<>(); // of the last frame
    private final Map<Integer, Several> severals = new ConcurrentHashMap<>(); // by tags of parts
    private int partTag = FIRST_PART;

    Peer(SocketChannel channel) {
      this.channel = channel;
    }

    /** Answers Tversion and Tattach. */
    void greet(int msize) throws IOException {
      Frame version = next();
      BaseRequest.Tversion asked = (BaseRequest.Tversion) version.request();
      int agreed = Math.min(msize, asked.msize());
      reply(version.tag(), new BaseReply.Rversion(agreed, asked.version()));
      reply(next().tag(), new BaseReply.Rattach(new Qid(0x80, 0, 1)));
    }

    /**
     * The next request, waiting for it. Of clunks in one message each is one, with a tag that the
     * message did not have.
     */
    Frame next() throws IOException {
      Frame part = parts.poll();
      if (part != null) {
        return part;
      }
      Frame frame = nextWhole();
      if (!(frame.request() instanceof SessionRequest.Tdo(_, var requests))
          || !requests.stream().allMatch(BaseRequest.Tclunk.class::isInstance)) {
        return frame;
      }
      Several several = new Several(frame.tag(), requests.size());
      for (Request request : requests) {
        severals.put(partTag, several);
        parts.add(new Frame(partTag++, request));
      }
      return parts.remove();
    }

    /** The next message. */
    Frame nextWhole() throws IOException {
      while (frames.next(in) != 0) {
        in.compact();
        int received = channel.read(in);
        in.flip();
        if (received < 0) {
          throw new EOFException();
        }
      }
      return new Frame(frames.tag(), frames.request(Dialect.COTERIE_1).detached());
    }

    /** Whether a whole frame was received already and not been taken. */
    boolean hasNext() throws IOException {
      if (!parts.isEmpty()) {
        return true;
      }
      ByteBuffer rest = in.duplicate();
      return new FrameReader(MSIZE).next(rest) == 0;
    }

    void reply(int tag, Reply reply) throws IOException {
      Several several = severals.remove(tag);
      if (several != null) {
        if (several.unanswered.decrementAndGet() == 0) {
          reply(several.tag, new SessionReply.Rdo(Collections.nCopies(several.count, reply)));
        }
        return;
      }
      out.clear();
      reply.encode(tag, out, MSIZE);
      write(out.flip());
    }

    void error(int tag, Errno errno) throws IOException {
      reply(tag, new LinuxReply.Rlerror(errno));
    }

    /** Receives a request and answers it. */
    Request serve(Reply reply) throws IOException {
      Frame frame = next();
      reply(frame.tag(), reply);
      return frame.request();
    }

    void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Does something on a thread of its own. */
  static <T> FutureTask<T> inThread(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task, "test");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  static InodeId id(long number) {
    return new InodeId(number, (int) number + 1000);
  }

  /** Attributes with distinct values throughout. */
  static Stat stat(long number) {
    return new Stat(
        id(number),
        Mode.S_IFREG | 0640,
        3,
        1004,
        1005,
        0x0806,
        7007,
        4096,
        16,
        new Timestamp(9, 10),
        new Timestamp(11, 12),
        new Timestamp(13, 14),
        new Timestamp(15, 16),
        17L << 32 | 18);
  }
}

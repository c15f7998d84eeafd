package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A {@link MemoryTree} behind a unix socket: a connection, and at the server a thread, for each
 * thread of a client.
 */
final class SocketTree implements Closeable {
  private final ServerSocketChannel server;
  private final FileService service;

  SocketTree(Path socket) throws IOException {
    this.service = new MemoryTree().session();
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofPlatform().daemon().start(this::accept);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        Thread.ofPlatform().daemon().start(() -> serve(channel));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel channel) {
    try (Line line = new Line(channel)) {
      while (true) {
        Operation<?> operation = (Operation<?>) line.read();
        if (operation instanceof Operation.Read read) {
          // Only the room in the buffer matters on the way here, only what was read on the way
          // back.
          ByteBuffer destination = ByteBuffer.allocate(read.destination().remaining());
          operation = new Operation.Read(read.handle(), read.offset(), destination);
          answer(line, operation, destination);
        } else {
          answer(line, operation, ByteBuffer.allocate(0));
        }
      }
    } catch (IOException e) {
      // The client is gone.
    }
  }

  private void answer(Line line, Operation<?> operation, ByteBuffer content) throws IOException {
    Object answer;
    try {
      answer = service.call(Caller.ROOT, operation);
    } catch (ErrnoException e) {
      answer = e.errno();
    }
    line.write(answer);
    line.write(content.flip());
    line.flush();
  }

  /** One connection, with records going both ways. */
  private static final class Line implements Closeable {
    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;

    Line(SocketChannel channel) {
      this.channel = channel;
      this.in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
      this.out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
    }

    Object read() throws IOException {
      return Objects.requireNonNull(RecordCodec.read(in));
    }

    void write(Object value) throws IOException {
      RecordCodec.write(out, value);
    }

    void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /**
   * The client's end. The address is the path of the socket, perhaps with a {@link SeededBug} and a
   * colon before it.
   */
  public static final class Client implements Connector {
    /** For {@link Connector#named}. */
    public Client() {}

    @Override
    public FileService connect(String address) {
      int colon = address.indexOf(':');
      FileService good = new Remote(UnixDomainSocketAddress.of(address.substring(colon + 1)));
      return colon < 0 ? good : SeededBug.valueOf(address.substring(0, colon)).over(good);
    }
  }

  private static final class Remote implements FileService {
    private final ThreadLocal<Line> lines;

    Remote(UnixDomainSocketAddress address) {
      this.lines =
          ThreadLocal.withInitial(() -> {
            try {
              return new Line(SocketChannel.open(address));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      try {
        Line line = lines.get();
        line.write(operation);
        line.flush();
        Object answer = line.read();
        ByteBuffer content = (ByteBuffer) line.read();
        if (answer instanceof Errno errno) {
          completion.failed(errno);
          return Ticket.DONE;
        }
        moveBuffers(operation, content);
        @SuppressWarnings("unchecked") // the server answers what the operation is declared to
        R result = (R) answer;
        completion.done(result);
      } catch (IOException e) {
        completion.failed(Errno.ENOTCONN);
      }
      return Ticket.DONE;
    }

    private static void moveBuffers(Operation<?> operation, ByteBuffer content) {
      switch (operation) {
        case Operation.Read read -> read.destination().put(content);
        case Operation.Write write -> write.source().position(write.source().limit());
        case Operation.Append append -> append.source().position(append.source().limit());
        default -> {}
      }
    }

    @Override
    public void close() {}
  }
}

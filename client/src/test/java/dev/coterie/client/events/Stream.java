package dev.coterie.client.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/** A stream of this process: one end can be a member of a set, into the other is written. */
interface Stream extends AutoCloseable {
  Member member();

  /** Makes the member readable. */
  void write(int count);

  /** How many bytes came, at most so many. */
  int read(int count);

  /** The other end. */
  void closeWriter();

  /** The member's end. */
  void closeMember();

  @Override
  default void close() {
    closeWriter();
    closeMember();
  }

  /** The ends of a pipe or a socket as descriptors. */
  static Stream ofDescriptors(int[] ends) {
    return new Stream() {
      private boolean written = true;
      private boolean open = true;

      @Override
      public Member member() {
        return Member.ofDescriptor(ends[0]);
      }

      @Override
      public void write(int count) {
        assertThat(Calls.write(ends[1], count)).isPositive();
      }

      @Override
      public int read(int count) {
        return Math.max(Calls.read(ends[0], count), 0);
      }

      @Override
      public void closeWriter() {
        if (written) {
          Calls.close(ends[1]);
        }
        written = false;
      }

      @Override
      public void closeMember() {
        if (open) {
          Calls.close(ends[0]);
        }
        open = false;
      }
    };
  }

  static Stream ofPipe() {
    try {
      Pipe pipe = Pipe.open();
      pipe.source().configureBlocking(false);
      return ofChannels(pipe.source(), pipe.sink());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream ofSocket() {
    try {
      SocketChannel client = SocketChannel.open(Listener.SERVER.getLocalAddress());
      client.configureBlocking(false);
      return ofChannels(client, Listener.SERVER.accept());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One for all, so that ports last; of one thread at a time. */
  final class Listener {
    private static final ServerSocketChannel SERVER = listen();

    private Listener() {}

    private static ServerSocketChannel listen() {
      try {
        return ServerSocketChannel.open()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static <R extends SelectableChannel & ReadableByteChannel> Stream ofChannels(
      R from, WritableByteChannel to) {
    return new Stream() {
      @Override
      public Member member() {
        return Member.of(from);
      }

      @Override
      public void write(int count) {
        try {
          assertThat(to.write(ByteBuffer.allocate(count))).isPositive();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public int read(int count) {
        try {
          return Math.max(from.read(ByteBuffer.allocate(count)), 0);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void closeWriter() {
        try {
          to.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void closeMember() {
        try {
          from.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }
}

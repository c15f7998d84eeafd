package dev.coterie.check.leader;

import dev.coterie.api.Limits;
import dev.coterie.wire.FrameReader;
import dev.coterie.wire.P9;
import dev.coterie.wire.ProtocolException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Stands between one client and its leader and counts round trips: how often the client, which had
 * all its answers, asks something more. What nobody waits for is none: what clunks, cancels, asks
 * for recalls and gives leases back.
 */
final class Relay implements AutoCloseable {
  private static final Set<Integer> UNWAITED =
      Set.of(P9.TCLUNK, P9.TFLUSH, P9.TNOTIFY, P9.TLEASERET, P9.TPING);

  private final Path socket;
  private final Path leader;
  private final ServerSocketChannel server;
  private final Set<Integer> unanswered = new HashSet<>(); // guarded by this
  private int trips; // guarded by this
  private int messages; // guarded by this
  private int clunks; // guarded by this

  /**
   * @param socket where the client is to connect
   * @param leader where the leader listens
   */
  Relay(Path socket, Path leader) throws IOException {
    this.socket = socket;
    this.leader = leader;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofPlatform().daemon().name("relay-accept").start(this::accept);
  }

  Path socket() {
    return socket;
  }

  /** Round trips since the last {@link #reset}. */
  synchronized int trips() {
    return trips;
  }

  /** Requests that are waited for, since the last {@link #reset}. */
  synchronized int messages() {
    return messages;
  }

  /** Clunks since the last {@link #reset}, those that were waited for as well. */
  synchronized int clunks() {
    return clunks;
  }

  synchronized void reset() {
    trips = 0;
    messages = 0;
    clunks = 0;
  }

  private void accept() {
    try (SocketChannel client = server.accept();
        SocketChannel upstream = SocketChannel.open(UnixDomainSocketAddress.of(leader))) {
      Thread back =
          Thread.ofPlatform()
              .daemon()
              .name("relay-back")
              .start(() -> pump(upstream, client, false));
      pump(client, upstream, true);
      back.join();
    } catch (IOException | InterruptedException e) {
      // The test is over.
    }
  }

  private void pump(SocketChannel from, SocketChannel to, boolean requests) {
    FrameReader frames = new FrameReader(Limits.MSIZE_MAX_BYTES);
    ByteBuffer in = ByteBuffer.allocate(2 * Limits.MSIZE_MAX_BYTES);
    int seen = 0; // bytes from the start of `in` that were passed on
    try {
      while (from.read(in) >= 0) {
        in.flip();
        int end = in.limit();
        count(frames, in, requests);
        int kept = in.position(); // of a frame that has begun
        in.position(seen);
        while (in.hasRemaining()) {
          to.write(in);
        }
        in.position(kept).limit(end).compact();
        seen = in.position();
      }
      to.shutdownOutput();
    } catch (IOException e) { // or frames that are none
      close(from, to);
    }
  }

  private static void close(SocketChannel one, SocketChannel other) {
    try (one;
        other) {
      // both, whatever the first says
    } catch (IOException e) {
      // They are closed.
    }
  }

  /** Before they are passed on. */
  private synchronized void count(FrameReader frames, ByteBuffer in, boolean requests)
      throws ProtocolException {
    while (frames.next(in) == 0) {
      if (!requests) {
        unanswered.remove(frames.tag());
        continue;
      }
      int riding = ridingClunks(frames);
      clunks += frames.type() == P9.TCLUNK ? 1 : riding;
      if (!UNWAITED.contains(frames.type()) && riding == 0) {
        trips += unanswered.isEmpty() ? 1 : 0;
        messages++;
        unanswered.add(frames.tag());
      }
    }
  }

  /** Those in one message that nobody waits for: their tags are beyond those of changes. */
  private static int ridingClunks(FrameReader frames) {
    boolean riding = frames.type() == P9.TDO && frames.tag() >= Limits.SLOTS_PER_SESSION;
    ByteBuffer body = frames.body();
    return riding ? Short.toUnsignedInt(body.getShort(body.position() + Integer.BYTES)) : 0;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

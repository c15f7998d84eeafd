package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.ClientSocket;
import dev.coterie.sys.StreamSocket;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The connecting end of a unix socket: nothing is waited for that can never come. */
@Timeout(180)
class ClientSocketTest {
  private static final int ROUNDS = 20_000;
  private static final int SPINS = 400;
  private static final int OVER = Integer.MAX_VALUE;

  @TempDir private Path folder;
  private Path path;
  private StreamSocket listening;
  private StreamSocket peer;
  private ClientSocket socket;

  @BeforeEach
  void connect() throws IOException {
    path = folder.resolve("socket");
    listening = StreamSocket.listenUnix(path);
    socket = ClientSocket.connect(path, inSeconds(10));
    peer = listening.accept();
  }

  @AfterEach
  void close() {
    socket.close();
    peer.close();
    listening.close();
  }

  @Test
  void bytes_goBothWays_andTheEndIsSeen() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(16);
    assertThat(socket.read(buffer)).isZero();
    peer.sendFully(MemorySegment.ofBuffer(direct("abc")), 0, 3);
    socket.await(false, -1);
    assertThat(socket.read(buffer)).isEqualTo(3);
    assertThat(buffer.position()).isEqualTo(3);
    assertThat(socket.write(direct("answer"))).isEqualTo(6);
    assertThat(peer.receive(MemorySegment.ofBuffer(buffer.clear()), 0, 16)).isEqualTo(6);
    peer.shutdownOutput();
    socket.await(false, -1);
    assertThat(socket.read(buffer)).isEqualTo(-1);
  }

  @Test
  void write_toAPeerThatDoesNotRead_endsWithNothingSent() throws IOException {
    ByteBuffer much = ByteBuffer.allocateDirect(1 << 16);
    long sent = 0;
    for (int now = socket.write(much.clear()); now > 0; now = socket.write(much.clear())) {
      sent += now;
    }
    socket.await(true, 0);
    ByteBuffer all = ByteBuffer.allocateDirect((int) sent);
    for (long got = 0; got < sent; ) {
      got += peer.receive(MemorySegment.ofBuffer(all), 0, sent - got);
    }
    socket.await(true, -1);
    assertThat(socket.write(direct("x"))).isEqualTo(1);
  }

  @Test
  void wakeup_endsTheWait_orTheNextOne_andOnlyOne() throws Exception {
    socket.wakeup();
    socket.wakeup();
    socket.await(false, -1);
    long before = System.nanoTime();
    socket.await(false, 30); // no wake-up is left: this one is over only when its time is
    assertThat(System.nanoTime() - before)
        .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(29));
    FutureTask<Boolean> waiting = waiting();
    socket.wakeup();
    assertThat(waiting.get()).isTrue();
  }

  @Test
  void wakeups_ofManyThreads_areNeverLost() throws Exception {
    AtomicInteger told = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    FutureTask<Boolean> reader =
        new FutureTask<>(() -> {
          for (int known = 0; known < OVER; known = told.get()) {
            seen.set(known);
            if (told.get() == known) {
              socket.await(false, -1);
            }
          }
          return true;
        });
    Thread.ofPlatform().start(reader);
    List<Thread> wakers = new ArrayList<>();
    long end = inSeconds(10); // a busy machine need not do all
    for (int i = 0; i < 2; i++) {
      wakers.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int round = 0; round < ROUNDS && end - System.nanoTime() > 0; round++) {
                  // Somewhere between the other's wake-up and the reader's being awake.
                  int spins = ThreadLocalRandom.current().nextInt(SPINS);
                  for (int spin = 0; spin < spins; spin++) {
                    Thread.onSpinWait();
                  }
                  int number = told.incrementAndGet();
                  socket.wakeup();
                  awaitSeen(seen, number);
                }
              }));
    }
    for (Thread waker : wakers) {
      waker.join();
    }
    assertThat(told.getAndSet(OVER)).isPositive();
    socket.wakeup();
    assertThat(reader.get()).isTrue();
  }

  /** At first without giving way, and then so that the reader may have this processor. */
  private static void awaitSeen(AtomicInteger seen, int number) {
    for (int spin = 0; seen.get() < number; spin++) {
      if (spin < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(1);
      }
    }
  }

  @Test
  void interrupt_endsTheWait_andStaysSet() throws Exception {
    FutureTask<Boolean> waiting =
        new FutureTask<>(() -> {
          socket.await(false, -1);
          return Thread.currentThread().isInterrupted();
        });
    Thread thread = Thread.ofPlatform().start(waiting);
    thread.interrupt();
    assertThat(waiting.get()).isTrue();
    // The socket lives.
    socket.await(true, -1);
    assertThat(socket.write(direct("x"))).isEqualTo(1);
  }

  @Test
  void close_endsTheWait_andGivesTheDescriptorsBack() throws Exception {
    close();
    Set<String> before = descriptors();
    for (int round = 0; round < 100; round++) {
      StreamSocket listener = StreamSocket.listenUnix(folder.resolve("s" + round));
      ClientSocket client = ClientSocket.connect(folder.resolve("s" + round), inSeconds(10));
      FutureTask<Boolean> waiting =
          new FutureTask<>(() -> {
            client.await(false, -1);
            return true;
          });
      Thread thread = Thread.ofPlatform().start(waiting);
      client.close();
      client.close();
      try {
        waiting.get();
      } catch (java.util.concurrent.ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(ClosedChannelException.class); // before it began
      }
      thread.join();
      assertThatThrownBy(() -> client.read(direct("x"))).isInstanceOf(ClosedChannelException.class);
      listener.close();
    }
    assertThat(descriptors()).isSubsetOf(before);
  }

  @Test
  void connect_whereNobodyListens_saysSo() throws IOException {
    Path nobody = folder.resolve("nobody");
    assertErrno(Errno.ENOENT, nobody);
    StreamSocket.listenUnix(nobody).close();
    assertErrno(Errno.ECONNREFUSED, nobody);
  }

  private static void assertErrno(Errno errno, Path path) {
    assertThatThrownBy(() -> ClientSocket.connect(path, inSeconds(1)))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private FutureTask<Boolean> waiting() {
    FutureTask<Boolean> waiting =
        new FutureTask<>(() -> {
          socket.await(false, -1);
          return true;
        });
    Thread.ofPlatform().start(waiting);
    return waiting;
  }

  /**
   * Those of no file; each with its inode, as other tests may have left some that are closed now.
   */
  private static Set<String> descriptors() throws IOException {
    Set<String> open = new HashSet<>();
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path one : all.toList()) {
        try {
          open.add(one + " " + Files.readSymbolicLink(one));
        } catch (NoSuchFileException e) {
          // closed meanwhile
        }
      }
    }
    open.removeIf(one -> one.contains(" /"));
    return open;
  }

  private static long inSeconds(int seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private static ByteBuffer direct(String text) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(text.length());
    return buffer.put(text.getBytes(StandardCharsets.US_ASCII)).flip();
  }
}

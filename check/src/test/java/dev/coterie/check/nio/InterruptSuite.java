package dev.coterie.check.nio;

import static dev.coterie.check.nio.Checks.bytes;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Operation;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Interrupts and closing, against operations that wait at the leader and against those that run.
 */
@Timeout(120)
abstract class InterruptSuite {
  private static final int ROUNDS = Seeds.FULL ? 20_000 : 300;

  private final HoldingService obstacle = new HoldingService();
  private NioTarget target;
  private FileSystem fileSystem;
  private Path file;

  abstract NioTarget open(HoldingService obstacle) throws IOException;

  @BeforeEach
  void openTarget() throws IOException {
    target = open(obstacle);
    fileSystem = target.fileSystem();
    file = Files.writeString(fileSystem.getPath("/f"), "abc");
  }

  @AfterEach
  void closeTarget() throws IOException {
    obstacle.letGo();
    target.close();
  }

  /** What became of a call on a thread of its own. */
  private record Outcome(@Nullable Object answer, @Nullable Throwable failure, boolean status) {}

  /** A thread that does one call. */
  private static final class Doing {
    final Thread thread;
    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

    Doing(Callable<@Nullable Object> call) {
      thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                Object answer = null;
                Throwable failure = null;
                try {
                  answer = call.call();
                } catch (Throwable e) {
                  failure = e;
                }
                outcome.complete(
                    new Outcome(answer, failure, Thread.currentThread().isInterrupted()));
              });
    }

    Outcome outcome() {
      return outcome.join();
    }
  }

  /** The call, once it waits at the leader. */
  private Doing waiting(Class<? extends Operation<?>> kind, Callable<@Nullable Object> call) {
    obstacle.hold(kind::isInstance);
    Doing doing = new Doing(call);
    await().until(() -> obstacle.waiting() == 1);
    return doing;
  }

  // ---- channels, waiting ----

  @Test
  void read_interruptedWhileWaiting_closesTheChannel() throws IOException {
    FileChannel channel = FileChannel.open(file, READ);
    Doing reading = waiting(Operation.Read.class, () -> channel.read(ByteBuffer.allocate(9)));
    reading.thread.interrupt();
    Outcome outcome = reading.outcome();
    assertThat(outcome.failure).isExactlyInstanceOf(ClosedByInterruptException.class);
    assertThat(outcome.status).isTrue();
    assertThat(channel.isOpen()).isFalse();
    assertThat(obstacle.waiting()).isZero();
    assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(9)))
        .isExactlyInstanceOf(ClosedChannelException.class);
  }

  @Test
  void read_closedByAnotherThread_tells() throws IOException {
    FileChannel channel = FileChannel.open(file, READ);
    Doing reading = waiting(Operation.Read.class, () -> channel.read(ByteBuffer.allocate(9), 0));
    channel.close();
    Outcome outcome = reading.outcome();
    assertThat(outcome.failure).isExactlyInstanceOf(AsynchronousCloseException.class);
    assertThat(outcome.status).isFalse();
    assertThat(obstacle.waiting()).isZero();
  }

  @Test
  void write_interruptedWhileWaiting_wroteNothing() throws IOException {
    for (var option : new java.nio.file.StandardOpenOption[] {WRITE, APPEND}) {
      FileChannel channel = FileChannel.open(file, option);
      ByteBuffer source = bytes("xyz");
      Doing writing =
          waiting(
              option == APPEND ? Operation.Append.class : Operation.Write.class,
              () -> channel.write(source));
      writing.thread.interrupt();
      assertThat(writing.outcome().failure).isInstanceOf(ClosedByInterruptException.class);
      obstacle.letGo();
      assertThat(file).hasContent("abc");
      assertThat(source.position()).isZero();
    }
  }

  @Test
  void everyOtherCall_closedByAnotherThread_tells() throws IOException {
    FileChannel other = FileChannel.open(fileSystem.getPath("/g"), READ, WRITE, CREATE);
    record Call(Class<? extends Operation<?>> kind, ChannelCall body) {}
    for (Call call :
        new Call[] {
          new Call(Operation.Getattr.class, FileChannel::size),
          new Call(Operation.Setattr.class, channel -> channel.truncate(1)),
          new Call(
              Operation.Fsync.class,
              channel -> {
                channel.force(true);
                return null;
              }),
          new Call(Operation.CopyRange.class, channel -> channel.transferTo(0, 3, other)),
        }) {
      FileChannel channel = FileChannel.open(file, READ, WRITE);
      Doing doing = waiting(call.kind, () -> call.body.on(channel));
      channel.close();
      assertThat(doing.outcome().failure).isExactlyInstanceOf(AsynchronousCloseException.class);
      obstacle.letGo();
    }
    assertThat(file).hasContent("abc");
    other.close();
  }

  private interface ChannelCall {
    @Nullable Object on(FileChannel channel) throws IOException;
  }

  @Test
  void async_closedWhileWaiting_fails() throws IOException {
    AsynchronousFileChannel channel = AsynchronousFileChannel.open(file, READ);
    obstacle.hold(Operation.Read.class::isInstance);
    Future<Integer> reading = channel.read(ByteBuffer.allocate(9), 0);
    Future<Integer> second = channel.read(ByteBuffer.allocate(9), 0);
    await().until(() -> obstacle.waiting() == 2);
    assertThat(reading.cancel(true)).isTrue();
    assertThat(channel.isOpen()).isFalse();
    assertThatThrownBy(second::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(AsynchronousCloseException.class);
    assertThat(obstacle.waiting()).isZero();
  }

  // ---- interrupted before ----

  @Test
  void channel_interruptedBefore_isClosedAtOnce() throws IOException {
    FileChannel channel = FileChannel.open(file, READ);
    Outcome outcome =
        new Doing(
                () -> {
                  Thread.currentThread().interrupt();
                  return channel.read(ByteBuffer.allocate(9));
                })
            .outcome();
    assertThat(outcome.failure).isExactlyInstanceOf(ClosedByInterruptException.class);
    assertThat(outcome.status).isTrue();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void paths_interruptedBefore_workAsEver() {
    Outcome outcome =
        new Doing(
                () -> {
                  Thread.currentThread().interrupt();
                  Path dir = Files.createDirectories(fileSystem.getPath("/d/e"));
                  Files.createFile(dir.resolve("f"));
                  Files.move(dir.resolve("f"), dir.resolve("g"));
                  Files.copy(dir.resolve("g"), dir.resolve("h"));
                  try (var entries = Files.list(dir)) {
                    assertThat(entries.count()).isEqualTo(2);
                  }
                  Files.delete(dir.resolve("g"));
                  FileChannel.open(dir.resolve("h"), WRITE).close();
                  return Files.exists(dir.resolve("h"));
                })
            .outcome();
    assertThat(outcome.failure).isNull();
    assertThat(outcome.answer).isEqualTo(true);
    assertThat(outcome.status).isTrue();
  }

  @Test
  void path_interruptedWhileWaiting_isGivenUp() {
    Doing making =
        waiting(Operation.Mkdir.class, () -> Files.createDirectory(fileSystem.getPath("/made")));
    making.thread.interrupt();
    Outcome outcome = making.outcome();
    assertThat(outcome.failure).isInstanceOf(InterruptedIOException.class);
    assertThat(outcome.status).isTrue();
    obstacle.letGo();
    assertThat(fileSystem.getPath("/made")).doesNotExist();
  }

  // ---- the file system closed ----

  @Test
  void fileSystem_closedWhileCallsWait_endsThem() throws IOException {
    FileChannel channel = FileChannel.open(file, READ);
    obstacle.hold(op -> op instanceof Operation.Read || op instanceof Operation.Mkdir);
    Doing reading = new Doing(() -> channel.read(ByteBuffer.allocate(9)));
    Doing making = new Doing(() -> Files.createDirectory(fileSystem.getPath("/made")));
    await().until(() -> obstacle.waiting() == 2);
    fileSystem.close();
    assertThat(reading.outcome().failure).isExactlyInstanceOf(AsynchronousCloseException.class);
    assertThat(making.outcome().failure).isExactlyInstanceOf(ClosedFileSystemException.class);
    await().until(() -> obstacle.waiting() == 0);
  }

  // ---- races ----

  static LongStream seeds() {
    return Seeds.seeds();
  }

  /** Appends until stopped, and says how many arrived for certain. */
  private static int append(FileChannel channel, CountDownLatch begun, int[] done)
      throws IOException {
    begun.countDown();
    while (true) {
      assertThat(channel.write(bytes("x"))).isEqualTo(1);
      done[0]++;
    }
  }

  /**
   * Either way the channel ends with the right exception, the status is as it should be, and the
   * file has what was said to be written: at most one write more, whose answer was lost.
   */
  @ParameterizedTest
  @MethodSource("seeds")
  void appending_interruptedOrClosedAnyTime_endsAsItShould(long seed) throws Exception {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Path log = fileSystem.getPath("/log" + round);
      FileChannel channel = FileChannel.open(log, APPEND, CREATE);
      int[] done = new int[1];
      CountDownLatch begun = new CountDownLatch(1);
      Doing appending = new Doing(() -> append(channel, begun, done));
      begun.await();
      for (int spins = random.nextInt(20_000); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      boolean interrupts = random.nextBoolean();
      if (interrupts) {
        appending.thread.interrupt();
      } else {
        channel.close();
      }
      Outcome outcome = appending.outcome();
      String what = "round " + round + ", " + Seeds.again(getClass(), seed);
      assertThat(outcome.failure)
          .as(what)
          .isInstanceOf(
              interrupts ? ClosedByInterruptException.class : ClosedChannelException.class);
      if (!interrupts) {
        assertThat(outcome.failure).as(what).isNotInstanceOf(ClosedByInterruptException.class);
      }
      assertThat(outcome.status).as(what).isEqualTo(interrupts);
      assertThat(channel.isOpen()).as(what).isFalse();
      assertThat(Files.size(log)).as(what).isBetween((long) done[0], done[0] + 1L);
      Files.delete(log);
    }
  }

  /** Many threads on one channel: one is interrupted, the others learn that it is closed. */
  @ParameterizedTest
  @MethodSource("seeds")
  void reading_oneOfManyInterrupted_othersSeeItClosed(long seed) throws Exception {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS / 10; round++) {
      FileChannel channel = FileChannel.open(file, READ);
      CountDownLatch begun = new CountDownLatch(4);
      Doing[] readers = new Doing[4];
      for (int i = 0; i < readers.length; i++) {
        readers[i] =
            new Doing(() -> {
              begun.countDown();
              while (true) {
                long place = ThreadLocalRandom.current().nextInt(3);
                assertThat(channel.read(ByteBuffer.allocate(1), place)).isEqualTo(1);
              }
            });
      }
      begun.await();
      for (int spins = random.nextInt(20_000); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      readers[0].thread.interrupt();
      String what = "round " + round + ", " + Seeds.again(getClass(), seed);
      assertThat(readers[0].outcome().failure)
          .as(what)
          .isExactlyInstanceOf(ClosedByInterruptException.class);
      for (int i = 1; i < readers.length; i++) {
        assertThat(readers[i].outcome().failure)
            .as(what)
            .isInstanceOf(ClosedChannelException.class)
            .isNotInstanceOf(ClosedByInterruptException.class);
        assertThat(readers[i].outcome().status).as(what).isFalse();
      }
    }
  }
}

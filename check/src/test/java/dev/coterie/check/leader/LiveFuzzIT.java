package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.DirEntry;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.StatFs;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Conversations that go wrong, with a leader that has healthy clients at the same time: each is
 * answered or ended, none leaves anything behind, and the healthy ones do not notice.
 *
 * <p>{@code -Dcoterie.case=N} repeats one.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class LiveFuzzIT {
  private static final int CASES = Boolean.getBoolean("coterie.full") ? 50_000 : 2_000;
  private static final int THREADS = 4;
  private static final String HEALTHY = "/healthy-clients-work-here";
  private static final String DOOMED = "doomed";
  private static final long FIXED_SEED = 20_250_917;

  /** How long a leader may take for an answer; a hang is longer than any machine is busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** After that a request is given up, as it may be one that waits. */
  private static final Duration WHILE = Duration.ofSeconds(2);

  private static final int WAITS = -2;
  private static final int FLUSH_TAG = 0xFFF0;

  /** What the two workers' entries, and the collector's mood, may make of difference. */
  private static final long HEAP_SLACK_BYTES = 16L << 20;

  private static final long DIRECT_SLACK_BYTES = 32L << 20;

  @TempDir private Path folder;
  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private Thread.UncaughtExceptionHandler usual;
  private Leader leader;
  private Path socket;

  @BeforeEach
  void watchThreads() {
    usual = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> uncaught.add(e));
  }

  @AfterEach
  void unwatchThreads() {
    Thread.setDefaultUncaughtExceptionHandler(usual);
  }

  @Test
  void leader_conversationsThatGoWrong_isAsGoodAsBefore() throws IOException {
    socket = folder.resolve("s");
    try (LogLines log = new LogLines();
        Leader served =
            Leader.builder()
                .mount("/", TmpFs.Options.parse(Map.of("size", "2g")).factory())
                .mount("/" + FuzzCase.TREE, TmpFs.Options.parse(Map.of("size", "64m")).factory())
                .listen(socket)
                .start()) {
      leader = served;
      Leader.Counts unused = leader.counts();
      FileService service = leader.openSession();
      Tree tree = Tree.of(service, ProcessIdentity.self());
      StatFs empty = tree.statfs("/" + FuzzCase.TREE);
      tree.mkdir(HEALTHY, 0755);
      try (Workers workers = new Workers(service, socket, HEALTHY, folder)) {
        run(tree, workers);
        long entries = workers.end();
        workers.clean();
        System.out.printf(
            "LiveFuzzIT: %d answers, %d connections ended by the leader, %d lines in its log;"
                + " beside it %d entries of %d workers, all there%n",
            answered.get(), ended.get(), log.lines().size(), entries, Workers.COUNT);
      }
      removeAll(tree, "/" + FuzzCase.TREE);
      assertThat(tree.statfs("/" + FuzzCase.TREE)).isEqualTo(empty);
      tree.rmdir(HEALTHY);
      removeAll(tree, "/");
      tree.close();
      service.close();
      awaitCounts(unused);
      assertThat(answered.get()).isPositive();
      assertThat(ended.get()).isPositive();
      assertThat(log.thrown()).as("stack traces in the log").isEmpty();
      assertThat(log.lines())
          .allMatch(line -> line.startsWith("WARNING ") && line.contains("connection of pid "));
    }
    assertThat(uncaught).as("what ended a thread").isEmpty();
  }

  private void run(Tree tree, Workers workers) throws IOException {
    Long only = Long.getLong("coterie.case");
    if (only != null) {
      converse(FuzzCase.of(only));
      return;
    }
    Long seed = Long.getLong("coterie.seed");
    List<Long> seeds = seed != null ? List.of(seed) : List.of(FIXED_SEED, System.nanoTime());
    Leader.Counts counts = leader.counts();
    int threads = threads();
    fuzz(seeds.getFirst(), CASES / 20, workers); // what a leader and a JVM need once
    awaitOver(counts, threads);
    removeAll(tree, "/" + FuzzCase.TREE);
    long heap = heapInUse();
    long direct = Memory.directBytesInUse();
    for (long one : seeds) {
      System.out.println("LiveFuzzIT: -Dcoterie.seed=" + one);
      fuzz(one, CASES / seeds.size(), workers);
    }
    awaitOver(counts, threads);
    assertThat(leader.counts().faults()).isZero();
    removeAll(tree, "/" + FuzzCase.TREE);
    long heapNow = heapInUse();
    long directNow = Memory.directBytesInUse();
    System.out.printf(
        "LiveFuzzIT: heap in use %d KiB, was %d; direct %d KiB, was %d; %d threads%n",
        heapNow >> 10, heap >> 10, directNow >> 10, direct >> 10, threads);
    assertThat(heapNow - heap).as("growth of the heap").isLessThan(HEAP_SLACK_BYTES);
    assertThat(directNow - direct).as("growth of buffers").isLessThan(DIRECT_SLACK_BYTES);
  }

  /** The leader may be at work yet on what those sent who did not wait for it. */
  private void awaitOver(Leader.Counts counts, int threads) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          Leader.Counts now = leader.counts();
          assertThat(now.connections()).as("connections").isEqualTo(counts.connections());
          assertThat(now.tree().sessions()).as("sessions").isEqualTo(counts.tree().sessions());
          assertThat(now.tree().tokens()).as("tokens").isZero();
          assertThat(threads()).as("threads of the leader").isLessThanOrEqualTo(threads);
        });
  }

  private void awaitCounts(Leader.Counts counts) {
    await().atMost(Duration.ofSeconds(60)).until(leader::counts, counts::equals);
  }

  /** Threads of connections; the pool's come when they are first needed, and stay. */
  private static int threads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("coterie-reader") || name.startsWith("coterie-drain"))
            .count();
  }

  private static long heapInUse() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** All below a directory but mount points and the healthy; names are any bytes. */
  private static void removeAll(Tree tree, String directory) throws ErrnoException {
    try (Tree top = tree.at(directory)) {
      removeAll(top);
    }
    // They take room of inodes, and of the top they are not gone with it.
    for (Name attribute : tree.listxattr(directory, false)) {
      tree.removexattr(TreePath.of(directory), attribute, false);
    }
  }

  private static void removeAll(Tree tree) throws ErrnoException {
    for (DirEntry entry : tree.list(".", true)) {
      TreePath name = TreePath.of(entry.name().toBytes());
      String text = entry.name().toString();
      if (text.equals(FuzzCase.TREE) || HEALTHY.equals("/" + text)) {
        continue;
      }
      if (Objects.requireNonNull(entry.stat()).isDirectory()) {
        // By a name that is text, and step by step: a path may be too long for one call.
        tree.rename(name, TreePath.of(DOOMED), 0);
        try (Tree below = tree.at(DOOMED)) {
          removeAll(below);
        }
        tree.rmdir(DOOMED);
      } else {
        tree.unlink(name);
      }
    }
  }

  private void fuzz(long seed, int cases, Workers workers) throws ErrnoException {
    AtomicLong next = new AtomicLong();
    ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (long n = next.getAndIncrement();
                    n < cases && failures.isEmpty();
                    n = next.getAndIncrement()) {
                  // Consecutive seeds give like numbers; multiplied they are far apart.
                  FuzzCase one = FuzzCase.of(seed + n * 0x9E3779B97F4A7C15L);
                  try {
                    converse(one);
                  } catch (IOException | AssertionError | RuntimeException e) {
                    failures.add(e + " in " + one);
                  }
                }
              }));
    }
    threads.forEach(Threads::join);
    if (!failures.isEmpty()) {
      fail("-Dcoterie.case repeats it: %s", failures.peek());
    }
    workers.awaitProgress();
  }

  // ---- one conversation ----

  private void converse(FuzzCase one) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      Talk talk = new Talk(channel, selector, one);
      switch (one.manner()) {
        case TO_THE_END -> talk.toTheEnd();
        case ABRUPT -> talk.abruptly();
        case ONE_BY_ONE -> talk.oneByOne();
      }
    }
  }

  private final class Talk {
    private final SocketChannel channel;
    private final Selector selector;
    private final FuzzCase one;
    private final ByteBuffer came =
        ByteBuffer.allocate(Limits.MSIZE_MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private boolean atEnd;

    Talk(SocketChannel channel, Selector selector, FuzzCase one) {
      this.channel = channel;
      this.selector = selector;
      this.one = one;
    }

    void toTheEnd() throws IOException {
      send(one.bytes(), true);
      if (!atEnd) {
        channel.shutdownOutput();
      }
      while (!atEnd) {
        await(SelectionKey.OP_READ);
        receive();
      }
    }

    void abruptly() throws IOException {
      send(one.bytes(), false);
    }

    /**
     * Each frame is answered once, by its tag, or the connection ends. What waits, as who opens a
     * FIFO does that another conversation has made, is given up.
     */
    void oneByOne() throws IOException {
      byte[] bytes = one.bytes();
      for (int at = 0; at < bytes.length && !atEnd; ) {
        int end = at + FuzzCase.sizeAt(bytes, at);
        send(Arrays.copyOfRange(bytes, at, end), true);
        int tag = Byte.toUnsignedInt(bytes[at + 5]) | Byte.toUnsignedInt(bytes[at + 6]) << 8;
        boolean mayWait = true;
        int reply = nextReply(mayWait);
        if (reply == WAITS) {
          mayWait = false;
          send(Frame.of(P9.TFLUSH).u2(tag).toBytes(FLUSH_TAG), true);
          reply = nextReply(mayWait);
          if (reply == tag) {
            reply = nextReply(mayWait);
          }
        }
        if (!atEnd && reply != (mayWait ? tag : FLUSH_TAG)) {
          throw new IOException("reply to tag " + reply + ", not " + tag);
        }
        at = end;
      }
    }

    /** The tag of the next reply; {@link #WAITS}: it takes its time. */
    private int nextReply(boolean mayWait) throws IOException {
      int reply = nextTag();
      while (!atEnd && reply < 0) {
        if (mayWait && !isReadyWithin(WHILE)) {
          return WAITS;
        }
        await(SelectionKey.OP_READ);
        receive();
        reply = nextTag();
      }
      return reply;
    }

    private boolean isReadyWithin(Duration time) throws IOException {
      channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
      int ready = selector.select(time.toMillis());
      selector.selectedKeys().clear();
      return ready > 0;
    }

    private void send(byte[] bytes, boolean reading) throws IOException {
      int piece = 0;
      for (int at = 0; at < bytes.length && !atEnd; ) {
        int length = one.pieces()[Math.min(piece++, one.pieces().length - 1)];
        ByteBuffer part = ByteBuffer.wrap(bytes, at, Math.min(length, bytes.length - at));
        at += part.remaining();
        while (part.hasRemaining() && !atEnd) {
          try {
            if (channel.write(part) == 0) {
              if (!reading) {
                return; // the leader waits for us to read, which we never do
              }
              await(reading ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_WRITE);
            }
          } catch (IOException e) {
            // The leader has ended it.
            atEnd = true;
          }
          if (reading && one.manner() == FuzzCase.Manner.TO_THE_END) {
            receive();
          }
        }
      }
      if (atEnd) {
        ended.incrementAndGet();
      }
    }

    private void await(int what) throws IOException {
      channel.keyFor(selector).interestOps(what);
      int ready = selector.select(PATIENCE.toMillis());
      selector.selectedKeys().clear();
      if (ready == 0) {
        throw new IOException("no answer and no end within " + PATIENCE);
      }
    }

    private void receive() throws IOException {
      if (one.manner() == FuzzCase.Manner.TO_THE_END) {
        came.clear();
      }
      int count;
      try {
        count = channel.read(came);
      } catch (IOException e) {
        count = -1; // reset, as it had not read all
      }
      if (count < 0) {
        atEnd = true;
      } else if (count > 0 && one.manner() == FuzzCase.Manner.TO_THE_END) {
        answered.incrementAndGet();
      }
    }

    /** The tag of the next whole reply, which is taken out; -1 if there is none. */
    private int nextTag() {
      came.flip();
      int tag = -1;
      if (came.remaining() >= 7 && came.remaining() >= came.getInt(0)) {
        tag = Short.toUnsignedInt(came.getShort(5));
        came.position(came.getInt(0));
        answered.incrementAndGet();
      }
      came.compact();
      return tag;
    }
  }
}

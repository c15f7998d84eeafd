package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.EPOLLRDHUP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import dev.coterie.sys.Epoll;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random calls on descriptors and channels of this process: a set of ours answers each as an epoll
 * set of the kernel's own does, or a selector of the JDK's, to which the same is done.
 */
@Timeout(300)
class HostDifferentialIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS = FULL ? 500 : 25;
  private static final int LENGTH = FULL ? 2_000 : 800;
  private static final int STREAMS = 6;

  /** What the same is done to. */
  private interface Reference extends AutoCloseable {
    void add(Member member, int mask, long data) throws IOException;

    void modify(Member member, int mask, long data) throws IOException;

    void remove(Member member) throws IOException;

    /** Mask and data of each that is ready. */
    List<String> ready() throws IOException;

    @Override
    void close() throws IOException;
  }

  private static String event(int mask, long data) {
    return "%x:%d".formatted(mask, data);
  }

  /** An epoll set beside ours. */
  private static final class EpollReference implements Reference {
    private final Epoll epoll = Epoll.open();

    EpollReference() throws ErrnoException {}

    private static int number(Member member) {
      return ((Member.Descriptor) member).number();
    }

    @Override
    public void add(Member member, int mask, long data) throws ErrnoException {
      epoll.add(number(member), mask, data);
    }

    @Override
    public void modify(Member member, int mask, long data) throws ErrnoException {
      epoll.modify(number(member), mask, data);
    }

    @Override
    public void remove(Member member) throws ErrnoException {
      epoll.remove(number(member));
    }

    @Override
    public List<String> ready() throws ErrnoException {
      List<String> ready = new ArrayList<>();
      epoll.take(100, (data, mask) -> ready.add(event(mask, data)));
      return ready;
    }

    @Override
    public void close() {
      epoll.close();
    }
  }

  /** A selector beside ours, used in the plain way. */
  private static final class SelectorReference implements Reference {
    private final Selector selector = Selector.open();

    SelectorReference() throws IOException {}

    private record Wish(int mask, long data) {}

    private static SelectableChannel channel(Member member) {
      return ((Member.Channel) member).channel();
    }

    private static int operations(SelectableChannel channel, int mask) {
      int reads = (mask & EPOLLIN) != 0 ? SelectionKey.OP_READ : 0;
      int writes = (mask & EPOLLOUT) != 0 ? SelectionKey.OP_WRITE : 0;
      return (reads | writes) & channel.validOps();
    }

    /** A selector has no errors for these. */
    private static void requirePossible(SelectableChannel channel, int mask) throws IOException {
      int what = mask & (EPOLLIN | EPOLLOUT);
      if ((mask & (EPOLLET | EPOLLEXCLUSIVE | EPOLLRDHUP | EPOLLERR)) != 0
          || Integer.bitCount(operations(channel, mask)) != Integer.bitCount(what)
          || what == 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }

    @Override
    public void add(Member member, int mask, long data) throws IOException {
      SelectableChannel channel = channel(member);
      requirePossible(channel, mask);
      selector.selectNow();
      selector.selectedKeys().clear();
      if (channel.keyFor(selector) != null) {
        throw new ErrnoException(Errno.EEXIST);
      }
      try {
        channel.register(selector, operations(channel, mask), new Wish(mask, data));
      } catch (ClosedChannelException e) {
        throw new ErrnoException(Errno.EBADF);
      }
    }

    private SelectionKey key(Member member) throws IOException {
      SelectionKey key = channel(member).keyFor(selector);
      if (key == null || !key.isValid()) {
        throw new ErrnoException(channel(member).isOpen() ? Errno.ENOENT : Errno.EBADF);
      }
      return key;
    }

    @Override
    public void modify(Member member, int mask, long data) throws IOException {
      SelectionKey key = key(member);
      requirePossible(channel(member), mask);
      key.interestOps(operations(channel(member), mask));
      key.attach(new Wish(mask, data));
    }

    @Override
    public void remove(Member member) throws IOException {
      key(member).cancel();
      selector.selectNow();
      selector.selectedKeys().clear();
    }

    @Override
    public List<String> ready() throws IOException {
      List<String> ready = new ArrayList<>();
      selector.selectNow();
      for (SelectionKey key : selector.selectedKeys()) {
        Wish wish = (Wish) key.attachment();
        int mask = (key.isReadable() ? EPOLLIN : 0) | (key.isWritable() ? EPOLLOUT : 0);
        ready.add(event(mask, wish.data()));
        if ((wish.mask() & EPOLLONESHOT) != 0) {
          key.interestOps(0);
        }
      }
      selector.selectedKeys().clear();
      return ready;
    }

    @Override
    public void close() throws IOException {
      selector.close();
    }
  }

  private interface ReferenceMaker {
    Reference make() throws IOException;
  }

  @Test
  void descriptors_areReportedAsByEpoll() throws Exception {
    Supplier<Stream> pipes = () -> Stream.ofDescriptors(Calls.pipe());
    Supplier<Stream> sockets = () -> Stream.ofDescriptors(Calls.socketPair());
    Map<String, Integer> outcomes = compare(List.of(pipes, sockets), EpollReference::new);
    assertThat(outcomes.keySet())
        .contains("ok", "EEXIST", "ENOENT", "EBADF", "EINVAL", "none", "1 event", "2 events");
  }

  @Test
  void channels_areReportedAsByASelector() throws Exception {
    List<Supplier<Stream>> kinds = List.of(Stream::ofPipe, Stream::ofSocket);
    Map<String, Integer> outcomes = compare(kinds, SelectorReference::new);
    assertThat(outcomes.keySet())
        .contains("ok", "EEXIST", "ENOENT", "EBADF", "EINVAL", "none", "1 event", "2 events");
  }

  private static Map<String, Integer> compare(
      List<Supplier<Stream>> kinds, ReferenceMaker references) throws Exception {
    Map<String, Integer> outcomes = new TreeMap<>();
    Long wanted = Long.getLong("coterie.seed");
    long first = wanted != null ? wanted : 1;
    long last = wanted != null ? wanted : SEEDS;
    try (Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
        FileService service = leader.openSession()) {
      for (long seed = first; seed <= last; seed++) {
        try (EventSet set = EventSet.open(service, Caller.ROOT);
            Reference reference = references.make();
            Run run = new Run(seed, kinds, set, reference)) {
          run.all(outcomes);
        }
      }
    }
    System.out.println("outcomes: " + outcomes);
    return outcomes;
  }

  /** One seed. */
  private static final class Run implements AutoCloseable {
    private final long seed;
    private final Random random;
    private final List<Supplier<Stream>> kinds;
    private final EventSet set;
    private final Reference reference;
    private final List<Stream> streams = new ArrayList<>();
    private final List<Stream> closed = new ArrayList<>();
    private final List<String> done = new ArrayList<>();

    Run(long seed, List<Supplier<Stream>> kinds, EventSet set, Reference reference) {
      this.seed = seed;
      this.random = new Random(seed);
      this.kinds = kinds;
      this.set = set;
      this.reference = reference;
      for (int i = 0; i < STREAMS; i++) {
        streams.add(fresh());
      }
    }

    private Stream fresh() {
      return kinds.get(random.nextInt(kinds.size())).get();
    }

    private interface Body {
      void run() throws IOException;
    }

    private static String outcome(Body body) throws IOException {
      try {
        body.run();
        return "ok";
      } catch (ErrnoException e) {
        return e.errno().name();
      }
    }

    /** At first all descriptors are made that a set makes, so that later no number comes to be. */
    void all(Map<String, Integer> outcomes) throws IOException {
      set.add(streams.getFirst().member(), EPOLLIN, 0);
      set.remove(streams.getFirst().member());
      for (int i = 0; i < LENGTH; i++) {
        outcomes.merge(next(), 1, Integer::sum);
      }
    }

    private String next() throws IOException {
      int at = random.nextInt(STREAMS);
      Stream stream = streams.get(at);
      int what = random.nextInt(100);
      if (what < 30) {
        return look();
      }
      if (what < 60) {
        return control(at, stream);
      }
      done.add(what + " " + at);
      if (what < 75) {
        stream.read(1 + random.nextInt(3));
      } else if (what < 95) {
        writeIfOpen(stream);
      } else if (what < 98) {
        stream.closeWriter();
        closed.add(stream);
      } else {
        stream.close();
        streams.set(at, fresh());
      }
      return "moved";
    }

    private void writeIfOpen(Stream stream) {
      if (!closed.contains(stream)) {
        stream.write(1 + random.nextInt(2));
      }
    }

    private String control(int at, Stream stream) throws IOException {
      Member member = stream.member();
      int mask = mask();
      long data = random.nextInt(1000);
      int what = random.nextInt(10);
      done.add("control " + what + " " + at + " " + Integer.toHexString(mask) + " " + data);
      if (random.nextInt(60) == 0) {
        stream.close();
        String answer = same(() -> set.remove(member), () -> reference.remove(member));
        streams.set(at, fresh());
        return answer;
      }
      return switch (what) {
        case 0, 1 -> same(() -> set.remove(member), () -> reference.remove(member));
        case 2, 3, 4 ->
            same(() -> set.modify(member, mask, data), () -> reference.modify(member, mask, data));
        default -> same(() -> set.add(member, mask, data), () -> reference.add(member, mask, data));
      };
    }

    private int mask() {
      int mask =
          switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1, 2, 3, 4 -> EPOLLIN;
            case 5 -> EPOLLOUT;
            case 6 -> EPOLLIN | EPOLLRDHUP;
            default -> EPOLLIN | EPOLLOUT;
          };
      mask |= random.nextInt(3) == 0 ? EPOLLET : 0;
      mask |= random.nextInt(4) == 0 ? EPOLLONESHOT : 0;
      return random.nextInt(12) == 0 ? mask | EPOLLEXCLUSIVE : mask;
    }

    private String same(Body ours, Body theirs) throws IOException {
      String expected = outcome(theirs);
      assertThat(outcome(ours)).as("seed %d after %s", seed, done).isEqualTo(expected);
      return expected;
    }

    private String look() throws IOException {
      done.add("look");
      List<String> expected = new ArrayList<>(reference.ready());
      List<String> found = new ArrayList<>();
      for (Event event : set.await(100, Duration.ZERO)) {
        found.add(event(event.mask(), event.data()));
      }
      Collections.sort(expected);
      Collections.sort(found);
      assertThat(found).as("seed %d after %s", seed, done).isEqualTo(expected);
      int count = expected.size();
      return count == 0 ? "none" : count == 1 ? "1 event" : count + " events";
    }

    @Override
    public void close() {
      streams.forEach(Stream::close);
    }
  }
}

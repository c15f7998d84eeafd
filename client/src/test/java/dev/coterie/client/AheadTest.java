package dev.coterie.client;

import static dev.coterie.api.OpenFlags.NO_COUNTER;
import static dev.coterie.api.OpenFlags.NO_FIFO;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.inThread;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.HandleRequest.Topen;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxReply.Rreadlink;
import dev.coterie.wire.LinuxRequest.Treadlink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The steps of a path are sent before one is answered; what any answer makes of that. */
@Timeout(180)
class AheadTest {
  private static final Caller ME = Caller.ROOT;
  private static final int AHEAD = O_RDONLY | NO_FIFO | NO_COUNTER;
  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

  private final FakeLeader leader;
  private final Pair pair;
  private final Peer peer;
  private final Set<Integer> made = new HashSet<>(); // fids that the leader has
  private Tree tree;

  AheadTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
    peer = pair.peer();
  }

  @BeforeEach
  void refer() throws Exception {
    FutureTask<Tree> made = inThread(() -> Tree.of(pair.client(), ME));
    peer.serve(Rgetattr.of(directory(1), Dialect.COTERIE_1));
    tree = made.get();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  // ---- one round trip ----

  @Test
  void readAll_sendsAllBeforeItIsAnswered_andCloseNothing() throws Exception {
    FutureTask<byte[]> read = inThread(() -> tree.readAll("a/b/f"));
    Sent sent = steps(3, true, true);
    reply(sent.lookup(0), directory(11));
    reply(sent.lookup(1), directory(12));
    reply(sent.lookup(2), file(13));
    opened(sent.open());
    peer.reply(sent.read().tag(), new Rread(ByteBuffer.wrap(HELLO)));
    assertThat(read.get()).isEqualTo(HELLO);
    assertNothingLeft();
  }

  @Test
  void open_ofOneName_isSentWithTheLookup() throws Exception {
    FutureTask<OpenFile> open = inThread(() -> tree.open("f", O_RDONLY, 0));
    Sent sent = steps(1, true, false);
    reply(sent.lookup(0), file(13));
    opened(sent.open());
    open.get().close();
    assertNothingLeft();
  }

  @Test
  void stat_sendsTheLookupsTogether() throws Exception {
    FutureTask<Stat> stat = inThread(() -> tree.stat("/a/b/f"));
    Sent sent = steps(3, false, false);
    reply(sent.lookup(0), directory(11));
    reply(sent.lookup(1), directory(12));
    reply(sent.lookup(2), file(13));
    assertThat(stat.get()).isEqualTo(file(13));
    assertNothingLeft();
  }

  /** Of another size than the opening said: it has changed in between, and is read to its end. */
  @Test
  void readAll_ofWhatGrows_readsOn() throws Exception {
    FutureTask<byte[]> read = inThread(() -> tree.readAll("f"));
    Sent sent = steps(1, true, true);
    reply(sent.lookup(0), file(13));
    opened(sent.open());
    peer.reply(sent.read().tag(), new Rread(ByteBuffer.wrap(new byte[7])));
    Tread on = (Tread) peer.serve(new Rread(ByteBuffer.wrap(new byte[1])));
    assertThat(on.offset()).isEqualTo(7);
    assertThat(((Tread) peer.serve(new Rread(ByteBuffer.allocate(0)))).offset()).isEqualTo(8);
    assertThat(read.get()).hasSize(8);
    assertNothingLeft();
  }

  // ---- errors ----

  @Test
  void missingName_isEnoent_atOnce() throws Exception {
    FutureTask<byte[]> read = inThread(() -> tree.readAll("a/b/f"));
    Sent sent = steps(3, true, true);
    reply(sent.lookup(0), directory(11));
    peer.error(sent.lookup(1).tag(), Errno.ENOENT);
    refuse(sent, 2);
    assertErrno(read, Errno.ENOENT);
    assertNothingLeft();
  }

  @Test
  void openThatIsRefused_isItsError() throws Exception {
    FutureTask<OpenFile> open = inThread(() -> tree.open("a/f", O_RDONLY, 0));
    Sent sent = steps(2, true, false);
    reply(sent.lookup(0), directory(11));
    reply(sent.lookup(1), file(13));
    peer.error(sent.open().tag(), Errno.EACCES);
    assertErrno(open, Errno.EACCES);
    assertNothingLeft();
  }

  @Test
  void fileInTheMiddle_isEnotdir() throws Exception {
    FutureTask<Stat> stat = inThread(() -> tree.stat("a/b/f"));
    Sent sent = steps(3, false, false);
    reply(sent.lookup(0), file(11));
    peer.error(sent.lookup(1).tag(), Errno.ENOTDIR);
    peer.error(sent.lookup(2).tag(), Errno.EBADF);
    assertErrno(stat, Errno.ENOTDIR);
    assertNothingLeft();
  }

  /** It is followed, and what is behind it found in one piece again. */
  @Test
  void symbolicLinkInTheMiddle_isFollowed() throws Exception {
    FutureTask<OpenFile> open = inThread(() -> tree.open("l/f", O_RDONLY, 0));
    Sent sent = steps(2, true, false);
    reply(sent.lookup(0), link(11));
    peer.error(sent.lookup(1).tag(), Errno.ENOTDIR);
    peer.error(sent.open().tag(), Errno.EBADF);
    assertThat(peer.serve(new Rreadlink(Name.of("a")))).isInstanceOf(Treadlink.class);
    Sent again = steps(2, true, false);
    assertThat(((Tlookup) again.lookup(0).request()).name()).isEqualTo(Name.of("a"));
    reply(again.lookup(0), directory(12));
    reply(again.lookup(1), file(13));
    opened(again.open());
    open.get().close();
    assertNothingLeft();
  }

  /** A lookup that waits has not made its fid when what follows is begun: that is asked again. */
  @Test
  void ebadf_saysNothing() throws Exception {
    FutureTask<OpenFile> open = inThread(() -> tree.open("a/f", O_RDONLY, 0));
    Sent sent = steps(2, true, false);
    peer.error(sent.lookup(1).tag(), Errno.EBADF);
    peer.error(sent.open().tag(), Errno.EBADF);
    reply(sent.lookup(0), directory(11));
    Frame lookup = next();
    assertThat(((Tlookup) lookup.request()).name()).isEqualTo(Name.of("f"));
    reply(lookup, file(13));
    Frame opened = next();
    assertThat(((Topen) opened.request()).flags()).isEqualTo(O_RDONLY);
    opened(opened);
    open.get().close();
    assertNothingLeft();
  }

  /** What cannot be opened ahead, as it may wait or is used up by reading, is opened alone. */
  @Test
  void enxio_saysNothing() throws Exception {
    FutureTask<OpenFile> open = inThread(() -> tree.open("f", O_RDONLY, 0));
    Sent sent = steps(1, true, false);
    reply(sent.lookup(0), file(13));
    peer.error(sent.open().tag(), Errno.ENXIO);
    Frame opened = next();
    assertThat(((Topen) opened.request()).flags()).isEqualTo(O_RDONLY);
    opened(opened);
    open.get().close();
    assertNothingLeft();
  }

  // ---- cancelled, lost ----

  @Test
  void interrupt_givesUpTheStepThatWaits_andGivesBackTheOthers() throws Exception {
    FutureTask<OpenFile> open = new FutureTask<>(() -> tree.open("a/b/f", O_RDONLY, 0));
    Thread thread = Thread.ofPlatform().daemon().start(open);
    Sent sent = steps(3, true, false);
    reply(sent.lookup(0), directory(11));
    peer.error(sent.lookup(2).tag(), Errno.EBADF);
    peer.error(sent.open().tag(), Errno.EBADF);
    thread.interrupt();
    Frame flush = peer.next();
    while (((Tflush) flush.request()).oldTag() != sent.lookup(1).tag()) {
      peer.reply(flush.tag(), new Rflush()); // of one that was answered
      flush = peer.next();
    }
    peer.reply(flush.tag(), new Rflush());
    assertErrno(open, Errno.EINTR);
    assertNothingLeft();
  }

  /** The leader was quicker than the interrupt, all along. */
  @Test
  void interruptThatComesTooLate_loses() throws Exception {
    FutureTask<OpenFile> open = new FutureTask<>(() -> tree.open("f", O_RDONLY, 0));
    Thread thread = Thread.ofPlatform().daemon().start(open);
    Sent sent = steps(1, true, false);
    thread.interrupt();
    Frame flush = peer.next();
    assertThat(((Tflush) flush.request()).oldTag()).isEqualTo(sent.lookup(0).tag());
    reply(sent.lookup(0), file(13));
    peer.reply(flush.tag(), new Rflush());
    opened(sent.open());
    open.get();
    FutureTask<Stat> after = inThread(() -> pair.client().root(ME));
    Frame frame = peer.next();
    while (!(frame.request() instanceof dev.coterie.wire.LinuxRequest.Tgetattr)) {
      peer.reply(frame.tag(), frame.request() instanceof Tflush ? new Rflush() : new Rclunk());
      frame = peer.next();
    }
    peer.reply(frame.tag(), Rgetattr.of(directory(1), Dialect.COTERIE_1));
    after.get();
  }

  @Test
  void lostConnection_endsItWithEio() throws Exception {
    FutureTask<byte[]> read = inThread(() -> tree.readAll("a/f"));
    Sent sent = steps(2, true, true);
    reply(sent.lookup(0), directory(11));
    peer.close();
    assertErrno(read, Errno.EIO);
    assertThatThrownBy(() -> tree.readAll("a/f"))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTCONN));
  }

  /** Some tags are free, but not enough: then it goes step by step. */
  @Test
  void withoutTagsForAll_nothingIsSentAhead() throws Exception {
    List<Frame> inUse = new ArrayList<>();
    List<Answer<Stat>> answers = new ArrayList<>();
    for (int i = 0; i < Tags.CALLS - Tags.FOR_LEASES - 1; i++) {
      Answer<Stat> answer = new Answer<>();
      pair.client().submit(ME, new Operation.Root(), answer);
      answers.add(answer);
      inUse.add(peer.next());
    }
    FutureTask<Stat> stat = inThread(() -> tree.stat("a/f"));
    Frame first = peer.next();
    assertThat(((Tlookup) first.request()).name()).isEqualTo(Name.of("a"));
    reply(first, directory(11));
    reply(peer.next(), file(13)); // the only tag is free again
    assertThat(stat.get()).isEqualTo(file(13));
    for (Frame frame : inUse) {
      peer.reply(frame.tag(), Rgetattr.of(directory(1), Dialect.COTERIE_1));
    }
    for (Answer<Stat> answer : answers) {
      answer.result();
    }
    assertNothingLeft();
  }

  // ---- the two ends ----

  /**
   * Steps that were sent without an answer to any.
   *
   * @param names how many of them are lookups
   */
  private record Sent(List<Frame> frames, int names) {
    Frame lookup(int index) {
      return frames.get(index);
    }

    Frame open() {
      return frames.get(names);
    }

    Frame read() {
      return frames.get(names + 1);
    }
  }

  /** Receives them all, with nothing answered. */
  private Sent steps(int names, boolean opens, boolean reads) throws Exception {
    Sent sent = new Sent(new ArrayList<>(), names);
    int fid = -1;
    for (int i = 0; i < names; i++) {
      Frame frame = next();
      Tlookup lookup = (Tlookup) frame.request();
      assertThat(lookup.dirFid()).isEqualTo(i == 0 ? References.ROOT_FID : fid);
      fid = lookup.newFid();
      sent.frames.add(frame);
    }
    if (opens) {
      Frame frame = next();
      Topen open = (Topen) frame.request();
      assertThat(open.fid()).isEqualTo(fid);
      assertThat(open.flags()).isEqualTo(AHEAD);
      sent.frames.add(frame);
      if (reads) {
        Frame read = next();
        assertThat(((Tread) read.request()).fid()).isEqualTo(open.newFid());
        assertThat(((Tread) read.request()).offset()).isZero();
        sent.frames.add(read);
      }
    }
    return sent;
  }

  private Frame next() throws Exception {
    Frame frame = peer.next();
    while (frame.request() instanceof Tclunk clunk) {
      assertThat(made.remove(clunk.fid())).isTrue();
      peer.reply(frame.tag(), new Rclunk());
      frame = peer.next();
    }
    return frame;
  }

  private void opened(Frame open) throws Exception {
    made.add(((Topen) open.request()).newFid());
    peer.reply(open.tag(), new Ropen(file(13), O_RDONLY));
  }

  private void reply(Frame lookup, Stat stat) throws Exception {
    made.add(((Tlookup) lookup.request()).newFid());
    peer.reply(lookup.tag(), new Rlookup(stat));
  }

  /** All from that step on: the fid they name was not made. */
  private void refuse(Sent sent, int from) throws Exception {
    for (Frame frame : sent.frames.subList(from, sent.frames.size())) {
      peer.error(frame.tag(), Errno.EBADF);
    }
  }

  /** All that the leader made is clunked, once; handles too. */
  private void assertNothingLeft() throws Exception {
    FutureTask<Stat> after = inThread(() -> pair.client().root(ME));
    boolean asked = false;
    while (!asked || !made.isEmpty()) {
      Frame frame = peer.next();
      if (frame.request() instanceof Tclunk clunk) {
        assertThat(made.remove(clunk.fid())).isTrue();
        peer.reply(frame.tag(), new Rclunk());
      } else {
        peer.reply(frame.tag(), Rgetattr.of(directory(1), Dialect.COTERIE_1));
        asked = true;
      }
    }
    after.get();
  }

  private static void assertErrno(FutureTask<?> task, Errno errno) {
    Callable<?> result = task::get;
    assertThatThrownBy(result::call)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static Stat directory(long number) {
    return of(number, Mode.S_IFDIR | 0755, 0);
  }

  private static Stat file(long number) {
    return of(number, Mode.S_IFREG | 0644, HELLO.length);
  }

  private static Stat link(long number) {
    return of(number, Mode.S_IFLNK | 0777, 1);
  }

  private static Stat of(long number, int mode, long size) {
    Stat like = stat(number);
    return new Stat(
        id(number),
        mode,
        like.nlink(),
        like.uid(),
        like.gid(),
        like.rdev(),
        size,
        like.blksize(),
        like.blocks(),
        like.atime(),
        like.mtime(),
        like.ctime(),
        like.btime(),
        like.change());
  }
}

package dev.coterie.client;

import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.EventMask;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.api.Token;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.EventReply.Revctl;
import dev.coterie.wire.EventReply.Revset;
import dev.coterie.wire.HandleReply.Rlockx;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.HandleReply.Rshare;
import dev.coterie.wire.HandleReply.Rtake;
import dev.coterie.wire.HandleRequest.Topen;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeReply.Rrenamex;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxReply.Runlinkat;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which Close costs no message of its own, and which is waited for. */
@Timeout(180)
class QuietCloseTest {
  private static final Caller ME = Caller.ROOT;

  private final FakeLeader leader;
  private final Pair pair;
  private final Peer peer;

  QuietCloseTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
    peer = pair.peer();
  }

  @BeforeEach
  void refer() throws Exception {
    getattr();
    answered(new Operation.Lookup(id(1), Name.of("file")), new Rlookup(stat(7)));
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  // ---- without a message of its own ----

  @Test
  void close_ofWhatWasRead_ridesWithTheNextRequest() throws Exception {
    Opened file = open(O_RDONLY);
    answered(
        new Operation.Read(file.handle, 0, ByteBuffer.allocate(4)),
        new Rread(ByteBuffer.allocate(4)));
    assertThat(pair.client().call(ME, new Operation.Close(file.handle))).isEqualTo(Done.DONE);
    assertThat(alongWithTheNext()).containsExactly(new Tclunk(file.fid));
  }

  @Test
  void close_ofDirectory_too() throws Exception {
    Opened file = open(O_RDONLY | O_DIRECTORY);
    pair.client().close(ME, file.handle);
    assertThat(alongWithTheNext()).containsExactly(new Tclunk(file.fid));
  }

  @Test
  void close_withoutFurtherRequest_isSentSoon() throws Exception {
    Opened file = open(O_RDONLY);
    pair.client().close(ME, file.handle);
    assertThat(peer.serve(new Rclunk())).isEqualTo(new Tclunk(file.fid));
  }

  @Test
  void closed_isBadAtOnce_andItsFidUsedAgainAfterRclunk() throws Exception {
    Opened file = open(O_RDONLY);
    pair.client().close(ME, file.handle);
    assertError(new Operation.Close(file.handle), Errno.EBADF);
    assertError(new Operation.Read(file.handle, 0, ByteBuffer.allocate(1)), Errno.EBADF);
    Calling<Operation.Opened> second = call(new Operation.Open(id(7), O_RDONLY));
    Frame clunk = peer.next();
    assertThat(clunk.request()).isEqualTo(new Tclunk(file.fid));
    Frame open = peer.next();
    assertThat(((Topen) open.request()).newFid()).isNotEqualTo(file.fid);
    peer.reply(open.tag(), new Ropen(stat(7), O_RDONLY));
    second.result();
    peer.reply(clunk.tag(), new Rclunk());
    getattr(); // after Rclunk was read
    assertThat(open(O_RDONLY).fid).isEqualTo(file.fid);
  }

  /** The inode goes with its last handle. */
  @Test
  void close_ofTheLastHandle_letsTheInodeGo() throws Exception {
    Opened file = open(O_RDONLY);
    pair.client().forget(ME, id(7), 1);
    pair.client().close(ME, file.handle);
    assertThat(alongWithTheNext()).hasSize(2).contains(new Tclunk(file.fid));
    assertError(new Operation.Getattr(id(7)), Errno.ESTALE);
  }

  @Test
  void submittedClose_isDoneAtOnce() throws Exception {
    Opened file = open(O_RDONLY);
    Answer<Done> closed = new Answer<>();
    pair.client().submit(ME, new Operation.Close(file.handle), closed);
    assertThat(closed.isEnded()).isTrue();
    assertThat(closed.result()).isEqualTo(Done.DONE);
    assertThat(alongWithTheNext()).containsExactly(new Tclunk(file.fid));
  }

  @Test
  void close_afterTheConnectionWasLost_isAnError() throws Exception {
    Opened file = open(O_RDONLY);
    Calling<Stat> lost = call(new Operation.Root());
    peer.next();
    peer.close();
    assertThat(lost.errno()).isEqualTo(Errno.EIO);
    assertError(new Operation.Close(file.handle), Errno.ENOTCONN);
  }

  // ---- waited for ----

  @Test
  void close_ofWhatCouldWrite_isWaitedFor() throws Exception {
    assertWaitsFor(open(O_RDWR));
    assertWaitsFor(open(O_WRONLY));
  }

  @Test
  void close_whileACallUsesTheHandle_isWaitedFor() throws Exception {
    Opened file = open(O_RDONLY);
    Calling<Integer> read = call(new Operation.Read(file.handle, 0, ByteBuffer.allocate(4)));
    Frame asked = peer.next();
    Calling<Done> close = call(new Operation.Close(file.handle));
    close.awaitWaiting();
    peer.reply(asked.tag(), new Rread(ByteBuffer.allocate(2)));
    read.result();
    Frame clunk = peer.next();
    assertThat(clunk.request()).isEqualTo(new Tclunk(file.fid));
    assertThat(close.isEnded()).isFalse();
    peer.reply(clunk.tag(), new Rclunk());
    close.result();
  }

  /** Also of another handle: whichever a process closes, its POSIX locks of the file end. */
  @Test
  void close_afterALockOfTheFile_isWaitedFor() throws Exception {
    Opened locked = open(O_RDONLY);
    Opened other = open(O_RDONLY);
    RangeLock lock = RangeLock.whole(RangeLock.Kind.FLOCK, RangeLock.Type.READ);
    answered(new Operation.Lock(locked.handle, lock, false), Rlockx.DONE);
    assertWaitsFor(other);
    assertWaitsFor(locked);
  }

  @Test
  void close_afterANameWasTakenAway_isWaitedFor() throws Exception {
    Opened first = open(O_RDONLY);
    answered(new Operation.Unlink(id(1), Name.of("file")), new Runlinkat());
    Opened second = open(O_RDONLY);
    answered(new Operation.Rename(id(1), Name.of("a"), id(1), Name.of("b"), 0), new Rrenamex());
    assertWaitsFor(first);
    assertWaitsFor(second);
    Opened third = open(O_RDONLY);
    pair.client().close(ME, third.handle);
    assertThat(alongWithTheNext()).containsExactly(new Tclunk(third.fid));
  }

  @Test
  void close_ofWhatIsShared_isWaitedFor() throws Exception {
    Opened file = open(O_RDONLY);
    answered(new Operation.Share(file.handle), new Rshare(new Token(1, 2)));
    assertWaitsFor(file);
    Operation.Opened taken =
        answered(new Operation.Take(new Token(1, 2)), new Rtake(stat(7), O_RDONLY));
    Calling<Done> close = call(new Operation.Close(taken.handle()));
    peer.serve(new Rclunk());
    close.result();
  }

  @Test
  void close_ofAMemberOfAnEventSet_isWaitedFor() throws Exception {
    Opened file = open(O_RDONLY);
    Operation.Opened set = answered(new Operation.Evset(), new Revset(stat(8), 0));
    answered(
        new Operation.Evctl(set.handle(), Operation.Control.ADD, file.handle, EventMask.EPOLLIN, 0),
        new Revctl());
    assertWaitsFor(file);
  }

  // ---- the two ends ----

  private record Opened(long handle, int fid) {}

  private Opened open(int flags) throws Exception {
    Calling<Operation.Opened> open = call(new Operation.Open(id(7), flags));
    Request asked = peer.serve(new Ropen(stat(7), flags));
    return new Opened(open.result().handle(), ((Topen) asked).newFid());
  }

  private void getattr() throws Exception {
    answered(new Operation.Root(), Rgetattr.of(stat(1), Dialect.COTERIE_1));
  }

  /** The clunks in front of the next request. */
  private List<Request> alongWithTheNext() throws Exception {
    Calling<Stat> call = call(new Operation.Root());
    List<Request> clunks = new ArrayList<>();
    Frame frame = peer.next();
    while (frame.request() instanceof Tclunk) {
      clunks.add(frame.request());
      peer.reply(frame.tag(), new Rclunk());
      frame = peer.next();
    }
    assertThat(frame.request()).isInstanceOf(Tgetattr.class);
    peer.reply(frame.tag(), Rgetattr.of(stat(1), Dialect.COTERIE_1));
    call.result();
    return clunks;
  }

  /** A clunk that is lazily sent would be one nobody waits for. */
  private void assertWaitsFor(Opened file) throws Exception {
    Calling<Done> close = call(new Operation.Close(file.handle));
    Frame clunk = peer.next();
    assertThat(clunk.request()).isEqualTo(new Tclunk(file.fid));
    assertThat(clunk.tag()).isLessThan(Tags.CALLS);
    assertThat(close.isEnded()).isFalse();
    peer.reply(clunk.tag(), new Rclunk());
    assertThat(close.result()).isEqualTo(Done.DONE);
  }

  private void assertError(Operation<?> operation, Errno errno) {
    assertThatThrownBy(() -> pair.client().call(ME, operation))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private <R> R answered(Operation<R> operation, Reply reply) throws Exception {
    Calling<R> call = call(operation);
    peer.serve(reply);
    return call.result();
  }

  private <R> Calling<R> call(Operation<R> operation) {
    return Calling.of(pair.client(), ME, operation);
  }
}

package dev.coterie.client;

import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Stat;
import dev.coterie.api.Token;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.HandleReply.Rtake;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import dev.coterie.wire.P9;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which fids there are, and when they are clunked: never while a call uses them, never twice. */
@Timeout(180)
class FidsTest {
  private static final Caller ME = Caller.ROOT;
  private static final Operation<Stat> ROOT = new Operation.Root();

  private final FakeLeader leader;
  private final Pair pair;

  FidsTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
  }

  @BeforeEach
  void refer() throws Exception {
    root();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  // ---- lookups ----

  @Test
  void lookups_ofOneInode_keepTheFirstFidAndClunkTheOthers() throws Exception {
    int first = lookup(7);
    int second = lookup(7);
    assertThat(takeAlong()).isEqualTo(new Tclunk(second));
    assertThat(getattr(7)).isEqualTo(first);

    pair.client().forget(ME, id(7), 1);
    assertThat(getattr(7)).isEqualTo(first);
    pair.client().forget(ME, id(7), 1);
    assertThat(takeAlong()).isEqualTo(new Tclunk(first));
    assertStale(7);
  }

  @Test
  void lookup_thatFindsTheRoot_keepsTheAttachFid() throws Exception {
    int other = lookup(1);
    assertThat(takeAlong()).isEqualTo(new Tclunk(other));
    assertThat(getattr(1)).isEqualTo(0);
  }

  @Test
  void root_isNeverClunked() throws Exception {
    pair.client().forget(ME, id(1), 1);
    assertStale(1);
    root();
    assertThat(getattr(1)).isEqualTo(0);
  }

  @Test
  void forget_ofTooMany_givesBackNone() throws Exception {
    lookup(7);
    assertError(new Operation.Forget(id(7), 2), Errno.EINVAL);
    assertError(new Operation.Forget(id(7), -1), Errno.EINVAL);
    getattr(7);
  }

  /** The reply of a lookup comes when another thread has given back the last reference. */
  @Test
  void lookup_answeredAfterForget_makesTheInodeAnew() throws Exception {
    int first = lookup(7);
    Calling<Stat> again = call(new Operation.Lookup(id(1), Name.of("again")));
    Frame asked = pair.peer().next();
    pair.client().forget(ME, id(7), 1);
    assertStale(7);
    pair.peer().reply(asked.tag(), new Rlookup(stat(7)));
    again.result();
    int second = ((Tlookup) asked.request()).newFid();
    assertThat(takeAlong()).isEqualTo(new Tclunk(first));
    assertThat(getattr(7)).isEqualTo(second);
  }

  /** The other way round. */
  @Test
  void lookup_answeredBeforeForget_addsToTheInode() throws Exception {
    int first = lookup(7);
    int second = lookup(7);
    pair.client().forget(ME, id(7), 1);
    assertThat(takeAlong()).isEqualTo(new Tclunk(second));
    assertThat(getattr(7)).isEqualTo(first);
  }

  @Test
  void forget_whileACallUsesTheInode_clunksAfterIt() throws Exception {
    int fid = lookup(7);
    Calling<Stat> using = call(new Operation.Getattr(id(7)));
    Frame asked = pair.peer().next();
    pair.client().forget(ME, id(7), 1);
    assertStale(7);
    root(); // takes nothing along
    pair.peer().reply(asked.tag(), rgetattr(7));
    assertThat(using.result()).isEqualTo(stat(7));
    assertThat(takeAlong()).isEqualTo(new Tclunk(fid));
  }

  @Test
  void fid_isUsedAgainOnlyAfterRclunk() throws Exception {
    int fid = lookup(7);
    pair.client().forget(ME, id(7), 1);
    Calling<Stat> call = call(ROOT);
    Frame clunk = pair.peer().next();
    assertThat(clunk.request()).isEqualTo(new Tclunk(fid));
    pair.peer().serve(rgetattr(1));
    call.result();
    assertThat(lookup(8)).isNotEqualTo(fid);
    pair.peer().reply(clunk.tag(), new Rclunk());
    root();
    assertThat(lookup(9)).isEqualTo(fid);
  }

  @Test
  void fid_isFreeEvenWhenTheClunkFails() throws Exception {
    int fid = lookup(7);
    pair.client().forget(ME, id(7), 1);
    Calling<Stat> call = call(ROOT);
    pair.peer().error(pair.peer().next().tag(), Errno.EIO);
    pair.peer().serve(rgetattr(1));
    call.result();
    assertThat(lookup(9)).isEqualTo(fid);
  }

  @Test
  void forget_withoutFurtherRequest_isSentSoon() throws Exception {
    int fid = lookup(7);
    pair.client().forget(ME, id(7), 1);
    assertThat(pair.peer().serve(new Rclunk())).isEqualTo(new Tclunk(fid));
  }

  @Test
  void manyForgets_withoutFurtherRequest_areAllSent() throws Exception {
    Set<Integer> fids = new HashSet<>();
    int count = 5 * Tags.CLUNKS + 3;
    for (int i = 0; i < count; i++) {
      fids.add(lookup(100 + i));
    }
    for (int i = 0; i < count; i++) {
      pair.client().forget(ME, id(100 + i), 1);
    }
    for (int i = 0; i < count; i++) {
      assertThat(fids.remove(((Tclunk) pair.peer().serve(new Rclunk())).fid())).isTrue();
    }
    assertThat(fids).isEmpty();
  }

  // ---- handles ----

  @Test
  void openHandle_keepsTheInodeAndItsFid() throws Exception {
    int node = lookup(7);
    Opened opened = open(7);
    pair.client().forget(ME, id(7), 1);
    assertThat(getattr(7)).isEqualTo(node);
    close(opened);
    assertThat(takeAlong()).isEqualTo(new Tclunk(node));
    assertStale(7);
  }

  @Test
  void takenHandle_standsInForItsInode() throws Exception {
    Opened first = take(7);
    Opened second = take(7);
    assertThat(getattr(7)).isIn(first.fid, second.fid);
    close(first);
    assertThat(getattr(7)).isEqualTo(second.fid);
    int node = lookup(7);
    assertThat(getattr(7)).isEqualTo(node);
    close(second);
    assertThat(getattr(7)).isEqualTo(node);
    pair.client().forget(ME, id(7), 1);
    assertThat(takeAlong()).isEqualTo(new Tclunk(node));
  }

  @Test
  void lastTakenHandleClosed_letsTheInodeGo() throws Exception {
    Opened taken = take(7);
    close(taken);
    assertStale(7);
  }

  @Test
  void close_whileACallUsesTheHandle_clunksAfterIt() throws Exception {
    lookup(7);
    Opened opened = open(7);
    ByteBuffer buffer = ByteBuffer.allocate(4);
    Calling<Integer> read = call(new Operation.Read(opened.handle, 0, buffer));
    Frame asked = pair.peer().next();
    assertThat(asked.request()).isEqualTo(new Tread(opened.fid, 0, 4));
    Answer<Done> closed = new Answer<>();
    pair.client().submit(ME, new Operation.Close(opened.handle), closed);
    assertError(new Operation.Close(opened.handle), Errno.EBADF);
    root(); // comes before the clunk
    assertThat(closed.isEnded()).isFalse();
    pair.peer().reply(asked.tag(), new Rread(ByteBuffer.allocate(2)));
    assertThat(read.result()).isEqualTo(2);
    Frame clunk = pair.peer().next();
    assertThat(clunk.request()).isEqualTo(new Tclunk(opened.fid));
    pair.peer().error(clunk.tag(), Errno.EDQUOT);
    assertThat(closed.errno()).isEqualTo(Errno.EDQUOT);
  }

  @Test
  void close_ofWaitingThreadWhileACallUsesTheHandle_waitsForIt() throws Exception {
    lookup(7);
    Opened opened = open(7);
    Calling<Integer> read = call(new Operation.Read(opened.handle, 0, ByteBuffer.allocate(4)));
    Frame asked = pair.peer().next();
    Calling<Done> close = call(new Operation.Close(opened.handle));
    pair.peer().reply(asked.tag(), new Rread(ByteBuffer.allocate(2)));
    assertThat(read.result()).isEqualTo(2);
    assertThat(pair.peer().serve(new Rclunk())).isEqualTo(new Tclunk(opened.fid));
    assertThat(close.result()).isEqualTo(Done.DONE);
  }

  @Test
  void handleNumbers_areNeverUsedAgain() throws Exception {
    lookup(7);
    Set<Long> numbers = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Opened opened = open(7);
      assertThat(opened.handle).isNotZero();
      assertThat(numbers.add(opened.handle)).isTrue();
      close(opened);
    }
  }

  // ---- the two ends ----

  private record Opened(long handle, int fid) {}

  private void root() throws Exception {
    Calling<Stat> call = call(ROOT);
    assertThat(pair.peer().serve(rgetattr(1)))
        .isEqualTo(new Tgetattr(References.ROOT_FID, P9.GETATTR_ALL));
    assertThat(call.result()).isEqualTo(stat(1));
  }

  /** The fid an inode was found by. */
  private int lookup(long number) throws Exception {
    Calling<Stat> call = call(new Operation.Lookup(id(1), Name.of("n")));
    Frame frame = pair.peer().next();
    while (frame.request() instanceof Tclunk) {
      pair.peer().reply(frame.tag(), new Rclunk());
      frame = pair.peer().next();
    }
    pair.peer().reply(frame.tag(), new Rlookup(stat(number)));
    call.result();
    return ((Tlookup) frame.request()).newFid();
  }

  /** The fid it is asked by. */
  private int getattr(long number) throws Exception {
    Calling<Stat> call = call(new Operation.Getattr(id(number)));
    int fid = ((Tgetattr) pair.peer().serve(rgetattr(number))).fid();
    call.result();
    return fid;
  }

  private Opened open(long number) throws Exception {
    Calling<Operation.Opened> call = call(new Operation.Open(id(number), O_RDWR));
    Frame frame = pair.peer().next();
    pair.peer().reply(frame.tag(), new Ropen(stat(number), O_RDWR));
    int fid = ((dev.coterie.wire.HandleRequest.Topen) frame.request()).newFid();
    return new Opened(call.result().handle(), fid);
  }

  private Opened take(long number) throws Exception {
    Calling<Operation.Opened> call = call(new Operation.Take(new Token(1, 2)));
    Frame frame = pair.peer().next();
    pair.peer().reply(frame.tag(), new Rtake(stat(number), 0));
    int fid = ((dev.coterie.wire.HandleRequest.Ttake) frame.request()).newFid();
    return new Opened(call.result().handle(), fid);
  }

  private void close(Opened opened) throws Exception {
    Calling<Done> close = call(new Operation.Close(opened.handle));
    Frame frame = pair.peer().next();
    Frame node = null;
    if (!frame.request().equals(new Tclunk(opened.fid))) {
      node = frame;
      frame = pair.peer().next();
    }
    assertThat(frame.request()).isEqualTo(new Tclunk(opened.fid));
    pair.peer().reply(frame.tag(), new Rclunk());
    assertThat(close.result()).isEqualTo(Done.DONE);
    tookAlong = node;
  }

  private @org.jspecify.annotations.Nullable Frame tookAlong;

  /** What the next request takes along. */
  private dev.coterie.wire.Request takeAlong() throws Exception {
    Frame along = tookAlong;
    tookAlong = null;
    if (along != null) {
      pair.peer().reply(along.tag(), new Rclunk());
      return along.request();
    }
    Calling<Stat> call = call(ROOT);
    dev.coterie.wire.Request clunk = pair.peer().serve(new Rclunk());
    pair.peer().serve(rgetattr(1));
    call.result();
    return clunk;
  }

  private void assertStale(long number) {
    assertError(new Operation.Getattr(id(number)), Errno.ESTALE);
  }

  private void assertError(Operation<?> operation, Errno errno) {
    assertThatThrownBy(() -> pair.client().call(ME, operation))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private <R> Calling<R> call(Operation<R> operation) {
    return Calling.of(pair.client(), ME, operation);
  }

  private static Rgetattr rgetattr(long number) {
    return Rgetattr.of(stat(number), Dialect.COTERIE_1);
  }
}

package dev.coterie.client;

import static dev.coterie.client.FakeLeader.stat;

import dev.coterie.api.Errno;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rflush;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseReply.Rwrite;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tflush;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.HandleReply.Rtake;
import dev.coterie.wire.HandleRequest.Topen;
import dev.coterie.wire.HandleRequest.Ttake;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A leader that is as nasty as the protocol allows: it does the requests that are under way in any
 * order, answers a flush with or without the reply before it, and notes every fid that is used
 * without being there or made while it is in use.
 *
 * <p>A name is the number of the inode it names; a token's low half that of its handle's inode. A
 * read answers its own offset, so a mix-up of replies is seen by the reader.
 */
final class ModelLeader {
  private static final Frame END = new Frame(-1, new Tclunk(0));

  private final Peer peer;
  private final Random random;
  private final BlockingQueue<Frame> received = new LinkedBlockingQueue<>();
  private final List<Frame> pending = new ArrayList<>(); // of the serving thread
  private final Map<Integer, Long> fids = new ConcurrentHashMap<>(); // fid → inode
  private volatile @Nullable String fault;

  ModelLeader(Peer peer, long seed) {
    this.peer = peer;
    this.random = new Random(seed);
    fids.put(0, 1L);
    start(this::receive);
    start(this::serve);
  }

  private interface Work {
    void run() throws Exception;
  }

  private void start(Work work) {
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            work.run();
          } catch (Exception | AssertionError e) {
            fault = e.toString();
          }
        });
  }

  /** What the client did wrong; null if nothing. */
  @Nullable String fault() {
    return fault;
  }

  int fidCount() {
    return fids.size();
  }

  private void receive() {
    try {
      while (true) {
        received.add(peer.next());
      }
    } catch (IOException e) {
      received.add(END);
    }
  }

  private void serve() throws Exception {
    while (true) {
      if (pending.isEmpty()) {
        pending.add(received.take());
      }
      received.drainTo(pending);
      if (pending.contains(END)) {
        return;
      }
      if (random.nextInt(4) == 0) {
        Frame more = received.poll(random.nextInt(200), TimeUnit.MICROSECONDS);
        if (more != null) {
          pending.add(more);
          continue;
        }
      }
      answer(pending.remove(random.nextInt(pending.size())));
    }
  }

  private void answer(Frame frame) throws IOException {
    if (frame.request() instanceof Tflush(int oldTag)) {
      Frame old = findPending(oldTag);
      if (old != null) {
        pending.remove(old);
        if (random.nextBoolean()) {
          peer.reply(old.tag(), reply(old.request()));
        }
      }
      peer.reply(frame.tag(), new Rflush());
      return;
    }
    peer.reply(frame.tag(), reply(frame.request()));
  }

  private @Nullable Frame findPending(int tag) {
    for (Frame frame : pending) {
      if (frame.tag() == tag) {
        return frame;
      }
    }
    return null;
  }

  private Reply reply(Request request) {
    return switch (request) {
      case Tgetattr r -> Rgetattr.of(stat(inode(r.fid())), Dialect.COTERIE_1);
      case Tlookup r -> {
        inode(r.dirFid());
        if (random.nextInt(8) == 0) {
          yield new Rlerror(Errno.ENOENT);
        }
        long number = Long.parseLong(r.name().toString());
        make(r.newFid(), number);
        yield new Rlookup(stat(number));
      }
      case Topen r -> {
        make(r.newFid(), inode(r.fid()));
        yield new Ropen(stat(inode(r.fid())), r.flags());
      }
      case Ttake r -> {
        make(r.newFid(), r.token().low());
        yield new Rtake(stat(r.token().low()), 2);
      }
      case Tread r -> {
        inode(r.fid());
        yield new Rread(ByteBuffer.allocate(r.count()).putLong(0, r.offset()));
      }
      case Twrite r -> {
        inode(r.fid());
        if (r.data().getLong(0) != r.offset()) {
          fault = "data of another write";
        }
        yield new Rwrite(r.data().remaining());
      }
      case Tclunk r -> {
        inode(r.fid());
        fids.remove(r.fid());
        yield new Rclunk();
      }
      default -> throw new AssertionError("unexpected " + request);
    };
  }

  private long inode(int fid) {
    Long inode = fids.get(fid);
    if (inode == null) {
      fault = "fid " + fid + " is not there";
      return 0;
    }
    return inode;
  }

  private void make(int fid, long inode) {
    if (fids.putIfAbsent(fid, inode) != null) {
      fault = "fid " + fid + " is in use";
    }
  }
}

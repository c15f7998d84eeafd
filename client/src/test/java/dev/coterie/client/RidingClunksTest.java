package dev.coterie.client;

import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.client.FakeLeader.Frame;
import dev.coterie.client.FakeLeader.Pair;
import dev.coterie.client.FakeLeader.Peer;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply.Rdo;
import dev.coterie.wire.SessionRequest.Tdo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clunks that nobody waits for go in one message, and none is forgotten whatever is answered. */
@Timeout(60)
class RidingClunksTest {
  private static final Caller ME = Caller.ROOT;

  private final FakeLeader leader;
  private final Pair pair;
  private final Peer peer;
  private Stat root = stat(1);

  RidingClunksTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
    peer = pair.peer();
  }

  @BeforeEach
  void refer() throws Exception {
    Calling<Stat> call = Calling.of(pair.client(), ME, new Operation.Root());
    peer.serve(Rgetattr.of(root, Dialect.COTERIE_1));
    root = call.result();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  /** Looks up that many names, and gives all back. */
  private List<Integer> forgetMany(int count) throws Exception {
    List<Integer> fids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Calling<Stat> call =
          Calling.of(pair.client(), ME, new Operation.Lookup(root.id(), Name.of("n")));
      fids.add(((Tlookup) peer.serve(new Rlookup(stat(100 + i)))).newFid());
      call.result();
    }
    for (int i = 0; i < count; i++) {
      pair.client().forget(ME, stat(100 + i).id(), 1);
    }
    return fids;
  }

  /** Receives messages of clunks until all of these fids were clunked; answers with those. */
  private List<Integer> answerClunks(int count) throws Exception {
    List<Integer> fids = new ArrayList<>();
    while (fids.size() < count) {
      Frame frame = peer.nextWhole();
      List<Integer> clunked = clunked(frame.request());
      peer.reply(frame.tag(), allDone(frame.request()));
      fids.addAll(clunked);
    }
    assertThat(fids).hasSize(count);
    return fids;
  }

  private static List<Integer> clunked(Request request) {
    if (request instanceof Tclunk one) {
      return List.of(one.fid());
    }
    return ((Tdo) request).requests().stream().map(each -> ((Tclunk) each).fid()).toList();
  }

  private static Reply allDone(Request request) {
    return request instanceof Tdo several
        ? new Rdo(several.requests().stream().<Reply>map(each -> new Rclunk()).toList())
        : new Rclunk();
  }

  @Test
  void clunks_goTogether_inFrontOfTheNextRequest() throws Exception {
    List<Integer> fids = forgetMany(5);
    Calling<Stat> next = Calling.of(pair.client(), ME, new Operation.Getattr(root.id()));
    List<Integer> seen = new ArrayList<>();
    Frame frame = peer.nextWhole();
    while (frame.request() instanceof Tclunk || frame.request() instanceof Tdo) {
      seen.addAll(clunked(frame.request())); // one or more, as time may have sent some off
      peer.reply(frame.tag(), allDone(frame.request()));
      frame = peer.nextWhole();
    }
    assertThat(seen).isEqualTo(fids);
    peer.reply(frame.tag(), Rgetattr.of(root, Dialect.COTERIE_1));
    next.result();
  }

  @Test
  void clunksBehindOneThatFailed_areAskedForAgain() throws Exception {
    List<Integer> fids = forgetMany(40);
    Set<Integer> gone = new HashSet<>();
    int failures = 0;
    Calling<Stat> reading = null; // answers to clunks are read by who waits for something
    while (gone.size() < 40) {
      if (reading == null) {
        reading = Calling.of(pair.client(), ME, new Operation.Getattr(root.id()));
      }
      Frame frame = peer.nextWhole();
      if (frame.request() instanceof Tgetattr) {
        peer.reply(frame.tag(), Rgetattr.of(root, Dialect.COTERIE_1));
        reading.result();
        reading = null;
        continue;
      }
      List<Integer> asked = clunked(frame.request());
      assertThat(gone).doesNotContainAnyElementsOf(asked);
      if (asked.size() > 2) {
        gone.addAll(asked.subList(0, 2));
        peer.reply(frame.tag(), new Rdo(List.of(new Rclunk(), new Rlerror(Errno.EIO))));
        failures++;
      } else {
        gone.addAll(asked);
        peer.reply(frame.tag(), allDone(frame.request()));
      }
    }
    if (reading == null) {
      reading = Calling.of(pair.client(), ME, new Operation.Getattr(root.id()));
    }
    peer.serve(Rgetattr.of(root, Dialect.COTERIE_1));
    reading.result();
    assertThat(gone).containsExactlyInAnyOrderElementsOf(fids);
    assertThat(failures).isPositive();
    assertThat(forgetMany(40)).as("all are free again").containsExactlyInAnyOrderElementsOf(fids);
    answerClunks(40);
  }

  @Test
  void clunks_areNoMoreThanAMessageHolds() throws Exception {
    int many = 3 * Limits.COMPOUND_OPERATIONS;
    forgetMany(many);
    int seen = 0;
    while (seen < many) {
      Frame frame = peer.nextWhole();
      int count = clunked(frame.request()).size();
      assertThat(count).isLessThanOrEqualTo(Limits.COMPOUND_OPERATIONS);
      peer.reply(frame.tag(), allDone(frame.request()));
      seen += count;
    }
    assertThat(seen).isEqualTo(many);
  }
}

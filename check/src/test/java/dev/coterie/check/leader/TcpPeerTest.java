package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.Tree;
import dev.coterie.check.leader.RawClient.Attrs;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who a client over TCP is: nobody, or whom it says when the leader was told to believe it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpPeerTest {
  private static final int ANN = 1_001_001; // has no account on any machine

  /** A leader with directories {@code open}, for all, and {@code roots}. */
  private static Leader serve(boolean trusted) throws IOException {
    Leader leader =
        Leader.builder().mount("/", TmpFs.Options.defaults().factory()).tcp(0, trusted).start();
    try (Tree tree = Tree.of(leader.openSession(), Caller.ROOT)) {
      tree.mkdir("/roots", 0755);
      tree.mkdir("/open", 0755);
      tree.chmod("/open", 0777);
    }
    return leader;
  }

  private static RawClient connect(Leader leader, int uid) throws IOException {
    RawClient client = RawClient.connect(leader.tcpPort());
    client.version(RawClient.MSIZE, RawClient.PLAIN);
    client.attach(ROOT, uid);
    client.walk(ROOT, 1, "open");
    client.walk(ROOT, 2, "roots");
    return client;
  }

  /** Its group is squashed as its user is, or Linux could not make a file at all. */
  @Test
  void untrusted_whateverItSays_isNobody() throws IOException {
    try (Leader leader = serve(false)) {
      for (int uid : new int[] {0, ANN}) {
        try (RawClient client = connect(leader, uid)) {
          client.ok(RawClient.mkdirFrame(1, "d" + uid, 0755, uid));
          client.walk(1, 3, "d" + uid);
          Attrs made = client.getattr(3);
          assertThat(made.uid()).isEqualTo(Caller.NOBODY.uid());
          assertThat(made.gid()).isEqualTo(Caller.NOBODY.gid());
          client.fails(Errno.EACCES, RawClient.mkdirFrame(2, "d", 0755, uid));
          client.fails(Errno.EPERM, RawClient.setattrFrame(3, 2, 0, uid, uid, 0));
        }
      }
    }
  }

  @Test
  void trusted_isWhomItSays_butInNoGroupOfItsChoice() throws IOException {
    try (Leader leader = serve(true);
        RawClient client = connect(leader, ANN);
        RawClient root = connect(leader, 0)) {
      client.ok(RawClient.mkdirFrame(1, "d", 0755, ANN));
      client.walk(1, 3, "d");
      assertThat(client.getattr(3).uid()).isEqualTo(ANN);
      assertThat(client.getattr(3).gid()).isEqualTo(ANN);
      client.fails(Errno.EPERM, RawClient.mkdirFrame(1, "e", 0755, 0));
      client.fails(Errno.EACCES, RawClient.mkdirFrame(2, "d", 0755, ANN));
      root.ok(RawClient.mkdirFrame(2, "d", 0755, ANN));
    }
  }
}

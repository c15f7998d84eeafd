package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process hands an open file to another, as parent and child do at fork(2), while it writes at
 * its offset; and one of both ends on the way.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedHandleIT {
  private static final int PARENT = 1;
  private static final int CHILD = 2;
  private static final int ENTRIES = 200;
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 500 : 10;

  @TempDir private Path folder = Path.of("");
  private Served served;
  private Client client;
  private Tree tree;

  @BeforeEach
  void serve() throws Exception {
    served = Served.in(folder);
    client = Client.connect(Address.parse(served.socket.toString()), ClientOptions.DEFAULT);
    tree = Tree.of(client, ProcessIdentity.self());
  }

  @AfterEach
  void end() throws Exception {
    tree.close();
    client.close();
    served.close();
  }

  private Child start(int writer, Object... more) throws Exception {
    Object[] arguments = new Object[2 + more.length];
    arguments[0] = served.socket;
    arguments[1] = writer;
    System.arraycopy(more, 0, arguments, 2, more.length);
    Child child = Child.start(folder, SharerMain.class, arguments);
    child.hear("connected");
    return child;
  }

  /** All that was written is there, each entry once, in the order of its writer. */
  private void requireAll(String path, long parents, long childs) throws Exception {
    try (OpenFile file = tree.open(path, OpenFlags.O_RDONLY, 0)) {
      Ledger ledger = new Ledger(file);
      assertThat(ledger.check()).isEqualTo((parents + childs) * Entry.BYTES);
      assertThat(ledger.last(PARENT)).isEqualTo(parents);
      assertThat(ledger.last(CHILD)).isEqualTo(childs);
    }
  }

  private void kill(Child child) {
    awaitGone(child::kill);
  }

  /** Has one go, and waits until the leader has found that out. */
  private void awaitGone(Runnable goes) {
    int sessions = served.leader.counts().tree().sessions();
    goes.run();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> served.leader.counts().tree().sessions() < sessions);
  }

  private static void write(Child child, int count, long last) {
    child.ask("begin " + count);
    assertThat(child.ask("finish")).isEqualTo(Long.toString(last));
  }

  @Test
  void bothWrite_fromBeforeItIsShared() throws Exception {
    try (Child parent = start(PARENT);
        Child child = start(CHILD)) {
      manyRounds(parent, child);
    }
  }

  @Test
  void bothWrite_fromBeforeItIsShared_andKeptBackUntilThen() throws Exception {
    try (Child parent = start(PARENT, "back");
        Child child = start(CHILD, "back")) {
      manyRounds(parent, child);
    }
  }

  private void manyRounds(Child parent, Child child) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      String path = "f" + round;
      parent.ask("open " + path);
      parent.ask("begin " + ENTRIES);
      child.ask("take " + parent.ask("share"));
      child.ask("begin " + ENTRIES);
      assertThat(parent.ask("finish")).isEqualTo(Integer.toString(ENTRIES));
      assertThat(child.ask("finish")).isEqualTo(Integer.toString(ENTRIES));
      String end = Integer.toString(2 * ENTRIES * Entry.BYTES);
      assertThat(parent.ask("offset")).isEqualTo(end);
      parent.ask("close");
      assertThat(child.ask("offset")).as("its last close is elsewhere").isEqualTo(end);
      child.ask("close");
      requireAll(path, ENTRIES, ENTRIES);
    }
  }

  @Test
  void parentThatEnds_beforeTheTokenIsTaken_endsTheToken() throws Exception {
    try (Child parent = start(PARENT);
        Child killed = start(PARENT);
        Child child = start(CHILD)) {
      parent.ask("open f");
      write(parent, 3, 3);
      String token = parent.ask("share");
      awaitGone(parent::end);
      assertThat(child.ask("take " + token)).isEqualTo("ENOENT");
      requireAll("f", 3, 0);

      killed.ask("open g");
      write(killed, 3, 3);
      token = killed.ask("share");
      kill(killed);
      assertThat(child.ask("take " + token)).isEqualTo("ENOENT");
      requireAll("g", 3, 0);
    }
  }

  @Test
  void parentThatEnds_whenItIsTaken_leavesTheOffset() throws Exception {
    try (Child parent = start(PARENT);
        Child child = start(CHILD)) {
      parent.ask("open f");
      write(parent, 3, 3);
      child.ask("take " + parent.ask("share"));
      write(parent, 2, 5);
      kill(parent);
      assertThat(child.ask("offset")).isEqualTo(Integer.toString(5 * Entry.BYTES));
      write(child, 3, 3);
      requireAll("f", 5, 3);
    }
  }

  /** The token is there for another, and the parent goes on meanwhile. */
  @Test
  void childThatDies_beforeItTakesTheToken_changesNothing() throws Exception {
    try (Child parent = start(PARENT);
        Child first = start(CHILD);
        Child second = start(CHILD)) {
      parent.ask("open f");
      write(parent, 3, 3);
      String token = parent.ask("share");
      kill(first);
      write(parent, 3, 6);
      assertThat(second.ask("take " + token)).isEmpty();
      assertThat(second.ask("offset")).isEqualTo(Integer.toString(6 * Entry.BYTES));
      write(second, 3, 3);
      write(parent, 3, 9);
      kill(second);
      write(parent, 3, 12);
      requireAll("f", 12, 3);
    }
  }

  /** Nobody else had it: with its process the offset is gone, and nothing else. */
  @Test
  void processThatDies_aloneWithItsOffset_holdsUpNobody() throws Exception {
    try (Child alone = start(PARENT);
        Child other = start(CHILD)) {
      alone.ask("open f");
      write(alone, 3, 3);
      kill(alone);
      other.ask("open f");
      assertThat(other.ask("offset")).isEqualTo("0");
      requireAll("f", 3, 0);
    }
  }
}

package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Four processes append to one log through buffers of their own. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway.Init") // the fields are set before each test
class AppenderIT {
  /** Of an append, process by process: none is a multiple of an entry, one is all of a message. */
  private static final List<Integer> BYTES = List.of(100, 1000, 65_000, 1 << 20);

  /** What makes the largest show up in the log at all. */
  private static final int DELAY_MS = 5;

  private static final int SOME = 2000;

  @TempDir private Path folder = Path.of("");
  private Served served;
  private Tree tree;
  private OpenFile file;
  private Ledger ledger;
  private final List<Child> children = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    served = Served.in(folder);
    tree =
        Tree.of(
            Client.connect(Address.parse(served.socket.toString()), ClientOptions.DEFAULT),
            ProcessIdentity.self());
    file = tree.open("log", OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644);
    ledger = new Ledger(file);
    for (int writer = 0; writer < BYTES.size(); writer++) {
      children.add(
          Child.start(
              folder,
              AppenderMain.class,
              served.socket,
              "log",
              writer,
              BYTES.get(writer),
              DELAY_MS));
    }
    children.forEach(child -> child.hear("connected"));
    children.forEach(child -> child.say("go"));
    awaitSomeOfEach();
  }

  @AfterEach
  void close() throws IOException {
    children.forEach(Child::close);
    file.close();
    tree.service().close();
    served.close();
  }

  /** Waits until each has been at work while all others were; what there is is whole, in order. */
  private void awaitSomeOfEach() {
    for (int writer = 0; writer < BYTES.size(); writer++) {
      int one = writer;
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> {
            ledger.check();
            return ledger.last(one) >= SOME;
          });
    }
  }

  /** Has one end; all that it says it wrote must be there. */
  private void end(int writer) throws ErrnoException {
    Child child = children.get(writer);
    child.say("enough");
    long done = Long.parseLong(child.hear("done"));
    child.end();
    ledger.check();
    assertThat(ledger.last(writer)).as("entries of writer %s", writer).isEqualTo(done);
  }

  @Test
  void everyRecord_isThereOnce_whole_inOrder() throws Exception {
    for (int writer = 0; writer < BYTES.size(); writer++) {
      end(writer);
    }
  }

  /** What it had not sent is gone; what it had is whole, and nobody else is harmed. */
  @Test
  void killedProcess_leavesWholeRecords() throws Exception {
    children.getLast().kill();
    children.getLast().awaitEnd();
    for (int writer = 0; writer < BYTES.size() - 1; writer++) {
      end(writer);
    }
  }
}

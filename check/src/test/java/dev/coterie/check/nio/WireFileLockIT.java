package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.LockReport;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import dev.coterie.check.leader.Child;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Between processes, each with a file system of one leader. */
class WireFileLockIT extends FileLockProcessSuite {
  private Path socket;
  private Leader leader;
  private Client client;
  private Tree tree;

  @BeforeEach
  void start() throws IOException {
    socket = folder.resolve("socket");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    client = Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT);
    tree = Tree.of(client, ProcessIdentity.self());
  }

  @AfterEach
  void stop() {
    client.close();
    leader.close();
  }

  @Override
  String place() {
    return "coterie:" + socket + "!/";
  }

  @Override
  int waiting(Child process) throws IOException {
    LockReport report = LockReport.of(tree.getxattr(TreePath.of("/"), LockReport.ATTRIBUTE, true));
    return (int)
        report.files().stream()
            .flatMap(file -> file.waits().stream())
            .filter(wait -> wait.wanted().pid() == process.pid())
            .count();
  }

  /** As the JDK's other tasks have it: nothing comes of what was cancelled. */
  @Test
  void async_cancelled_leavesNoLock() throws IOException {
    Child holder = process();
    Child waiter = process();
    holder.ask("open a f");
    holder.ask("try a 0 0 exclusive");
    waiter.ask("async b f");
    waiter.ask("begin b 0 0 exclusive");
    awaitWaiting(waiter);
    assertThat(waiter.ask("cancel b")).isEqualTo("true");
    org.awaitility.Awaitility.await().until(() -> waiting(waiter) == 0);
    holder.ask("release a");
    assertThat(holder.ask("try a 0 0 exclusive")).isEqualTo("locked");
    // In its own JVM it can be asked for again.
    waiter.ask("begin b 0 0 exclusive");
    awaitWaiting(waiter);
    holder.ask("close a");
    assertThat(waiter.ask("end b")).isEqualTo("locked");
    holder.end();
    waiter.end();
  }

  /** The leader joins what one process locks; a channel's close takes only its own out of that. */
  @Test
  void close_ofOneOfTwoChannelsThatLock_keepsTheLocksOfTheOther() throws IOException {
    Child one = process();
    Child other = process();
    one.ask("open a f");
    one.ask("open b f");
    one.ask("open reader f");
    other.ask("open c f");
    assertThat(one.ask("try a 0 10 exclusive")).isEqualTo("locked");
    assertThat(one.ask("try b 10 10 exclusive")).isEqualTo("locked");
    assertThat(one.ask("try a 20 10 exclusive")).isEqualTo("locked");
    one.ask("close reader");
    assertThat(other.ask("try c 5 1 exclusive")).isEqualTo("busy");
    one.ask("close a");
    assertThat(other.ask("try c 0 10 exclusive")).isEqualTo("locked");
    assertThat(other.ask("try c 20 10 exclusive")).isEqualTo("locked");
    assertThat(other.ask("try c 10 10 exclusive")).isEqualTo("busy");
    one.ask("release b");
    assertThat(other.ask("try c 10 10 exclusive")).isEqualTo("locked");
    one.end();
    other.end();
  }
}

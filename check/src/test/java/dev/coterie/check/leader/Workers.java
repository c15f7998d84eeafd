package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Two {@link WorkMain} processes, and what they must have done: healthy clients, who must not
 * notice whatever else happens to the leader.
 */
final class Workers implements AutoCloseable {
  static final int COUNT = 2;

  /** Entries of each that count as "it works on". */
  private static final int SOME = 100;

  private final Tree tree;
  private final OpenFile logFile;
  private final OpenFile sharedFile;
  private final Ledger log;
  private final Ledger shared;
  private final List<Child> children = new ArrayList<>();

  /**
   * Starts them and waits until they work.
   *
   * @param service a session of the test's own; stays open
   * @param directory that they work in
   * @param folder for their stderr
   */
  Workers(FileService service, Path socket, String directory, Path folder) throws IOException {
    Tree root = Tree.of(service, ProcessIdentity.self());
    tree = root.at(directory);
    root.close();
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
    logFile = tree.open(WorkMain.LOG, flags, 0644);
    sharedFile = tree.open("shared", flags, 0644);
    log = new Ledger(logFile);
    shared = new Ledger(sharedFile);
    for (int writer = 0; writer < COUNT; writer++) {
      children.add(Child.start(folder, WorkMain.class, socket, directory, writer));
    }
    for (Child child : children) {
      child.hear("connected");
      child.say(sharedFile.share().toSecret());
    }
    awaitProgress();
  }

  /** Another reference of the open file they write at its shared offset. */
  OpenFile sharedFile() {
    return sharedFile;
  }

  /** Waits until each has done some more, and checks all they have written up to then. */
  void awaitProgress() throws ErrnoException {
    check();
    long[] before = new long[COUNT];
    for (int writer = 0; writer < COUNT; writer++) {
      before[writer] = Math.min(log.last(writer), shared.last(writer));
    }
    for (int writer = 0; writer < COUNT; writer++) {
      int one = writer;
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> {
            requireAlive();
            check();
            return Math.min(log.last(one), shared.last(one)) >= before[one] + SOME;
          });
    }
  }

  private void requireAlive() {
    for (Child child : children) {
      if (!child.isAlive()) {
        child.hear("its end, which is not due");
      }
    }
  }

  private void check() throws ErrnoException {
    log.check();
    shared.check();
  }

  /** Has them end, and compares what they say they wrote with what is there. */
  long end() throws ErrnoException {
    long all = 0;
    for (int writer = 0; writer < COUNT; writer++) {
      Child child = children.get(writer);
      child.say("enough");
      long done = Long.parseLong(child.hear("done"));
      child.end();
      check();
      assertThat(log.last(writer)).as("entries in the log").isEqualTo(done);
      assertThat(shared.last(writer)).as("entries at the shared offset").isEqualTo(done);
      all += done;
    }
    return all;
  }

  /** Removes all they have made. */
  void clean() throws ErrnoException {
    logFile.close();
    sharedFile.close();
    tree.unlink(WorkMain.LOG);
    tree.unlink("shared");
    for (int writer = 0; writer < COUNT; writer++) {
      tree.unlink("own-" + writer);
    }
    tree.close();
  }

  @Override
  public void close() {
    children.forEach(Child::close);
  }
}

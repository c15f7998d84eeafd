package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.leader.Child;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lucene as it is, in four processes on one leader: what one of them has committed, the others
 * find; and indexes of four writers become one.
 */
@Timeout(180)
class LuceneIT {
  private static final int PROCESSES = 4;
  private static final int ROUNDS = Seeds.FULL ? 200 : 15;
  private static final int ADDED = 30;
  private static final int PART = Seeds.FULL ? 2_000 : 200;

  @TempDir private Path folder;
  private Leader leader;
  private final List<Child> children = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    Path socket = folder.resolve("socket");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    for (int i = 0; i < PROCESSES; i++) {
      children.add(Child.start(folder, LuceneMain.class, "coterie:" + socket + "!/"));
    }
    for (Child child : children) {
      child.hear("connected");
    }
  }

  @AfterEach
  void stop() {
    children.forEach(Child::close);
    leader.close();
  }

  @Test
  void commits_ofOneWriter_areSeenByThreeReadersAtOnce() throws IOException {
    Child writer = children.getFirst();
    List<Child> readers = children.subList(1, PROCESSES);
    String committed = writer.ask("commit 0 " + ADDED);
    assertThat(readers.getFirst().ask("second index")).isEqualTo("refused");
    for (int round = 1; round <= ROUNDS; round++) {
      for (Child reader : readers) {
        assertThat(reader.ask("see index")).as("round %d", round).isEqualTo(committed);
      }
      committed = writer.ask("commit " + round + " " + ADDED);
    }
    // The same once more while they read all the time.
    readers.forEach(reader -> reader.ask("follow"));
    for (int round = ROUNDS; round <= 2 * ROUNDS; round++) {
      committed = writer.ask("commit " + round + " " + ADDED);
    }
    for (Child reader : readers) {
      assertThat(Integer.parseInt(reader.ask("enough"))).as("looks").isPositive();
      assertThat(reader.ask("see index")).isEqualTo(committed);
    }
    writer.end();
    assertThat(readers.getFirst().ask("check index")).isEqualTo("clean " + committed.split(" ")[0]);
    readers.forEach(Child::end);
    assertThat(committed).startsWith(Integer.toString(ADDED * (2 * ROUNDS + 2)));
  }

  @Test
  void indexes_ofFourWriters_becomeOne() {
    for (int part = 0; part < PROCESSES; part++) {
      children.get(part).say("part " + part + " " + PART);
    }
    for (Child child : children) {
      assertThat(child.hear("part")).isEqualTo(Integer.toString(PART));
    }
    String merged = children.getLast().ask("merge " + PROCESSES);
    assertThat(merged).startsWith(PROCESSES * PART + " ");
    for (Child child : children) {
      assertThat(child.ask("see merged")).isEqualTo(merged);
    }
    assertThat(children.getFirst().ask("check merged")).isEqualTo("clean " + PROCESSES * PART);
    children.forEach(Child::end);
  }
}

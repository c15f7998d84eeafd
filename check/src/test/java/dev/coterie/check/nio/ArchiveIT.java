package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.leader.Child;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Apache Commons Compress as it is, in four processes on one leader: what one packs the others
 * unpack, all at once, with contents, modes and times.
 */
@Timeout(180)
class ArchiveIT {
  private static final int PROCESSES = 4;

  @TempDir private Path folder;
  private Leader leader;
  private final List<Child> children = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    Path socket = folder.resolve("socket");
    leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
    for (int i = 0; i < PROCESSES; i++) {
      children.add(Child.start(folder, ArchiveMain.class, "coterie:" + socket + "!/"));
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

  /** Each process does its own, at once; their answers. */
  private List<String> all(IntFunction<String> question) {
    for (int i = 0; i < PROCESSES; i++) {
      children.get(i).say(question.apply(i));
    }
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      answers.add(children.get(i).hear(question.apply(i).split(" ")[0]));
    }
    return answers;
  }

  @Test
  void tarAndZip_throughFourProcesses_giveTheSameTree() {
    Child first = children.getFirst();
    first.ask("make tree links");
    String made = first.ask("look tree");
    assertThat(Integer.parseInt(made.split(" ")[0])).isGreaterThan(60);
    first.ask("tar tree tree.tar");
    all(i -> "untar tree.tar untarred" + i);
    assertThat(all(i -> "look untarred" + (i + 1) % PROCESSES)).containsOnly(made);
    all(i -> "zip untarred" + (i + 1) % PROCESSES + " zipped" + i);
    all(i -> "unzip zipped" + (i + 1) % PROCESSES + " unzipped" + i);
    assertThat(all(i -> "look unzipped" + (i + 2) % PROCESSES)).containsOnly(made);
    assertThat(first.ask("look tree")).isEqualTo(made);
    children.forEach(Child::end);
  }

  /** Without links, which the library's own examples do not unpack; and it sets no modes. */
  @Test
  void archiver_throughFourProcesses_givesTheSameContent() {
    children.getFirst().ask("make tree plain");
    String made = children.getFirst().ask("content tree");
    all(i -> "archive tree archive" + i);
    all(i -> "expand archive" + (i + 1) % PROCESSES + " expanded" + i);
    assertThat(all(i -> "content expanded" + (i + 2) % PROCESSES)).containsOnly(made);
    children.forEach(Child::end);
  }
}

package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes with one clock, over a tree behind a socket. */
class HistoryRunIT {
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);

  @TempDir Path folder;
  private @Nullable SocketTree tree;

  @BeforeEach
  void open() throws IOException {
    tree = new SocketTree(folder.resolve("socket"));
  }

  @AfterEach
  void close() throws IOException {
    Objects.requireNonNull(tree).close();
  }

  private int run(String bug, String... more) throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--connector " + SocketTree.Client.class.getName(),
                "--socket " + bug + folder.resolve("socket"),
                "--output " + folder.resolve("logs"),
                "--processes 2",
                "--threads 4",
                "--seconds 1",
                "--universe 4,4,4,4,16",
                "--jvm -Xmx128m"));
    options.addAll(List.of(more));
    String[] words =
        options.stream()
            .flatMap(option -> Arrays.stream(option.split(" ", 2)))
            .toArray(String[]::new);
    return HistoryRun.run(out, words);
  }

  private String output() {
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void run_overGoodTree_isLinearizable() throws Exception {
    assertThat(run("")).as(output()).isZero();
    assertThat(output()).contains("linearizable").doesNotContain("NOT FINE");
  }

  /**
   * One of the processes is killed in the middle: its last operations have no answer, and all the
   * rest must still fit.
   */
  @Test
  void run_withKilledProcess_isLinearizable() throws Exception {
    assertThat(run("", "--kill 1", "--seconds 2")).as(output()).isZero();
    try (LogHistory history = LogHistory.open(folder.resolve("logs"))) {
      assertThat(history.census().open()).isPositive();
    }
  }

  @Test
  void run_withFaultInClient_fails() throws Exception {
    // Ended by the number of operations: a busy machine does few in a second.
    assertThat(run("STALE_LOOKUP:", "--seconds 60", "--operations 2000")).as(output()).isEqualTo(1);
    assertThat(output()).contains("VIOLATION names of group").contains("NOT FINE");
    // The logs tell the same again.
    assertThat(HistoryRun.run(out, "--logs", folder.resolve("logs").toString())).isEqualTo(1);
  }
}

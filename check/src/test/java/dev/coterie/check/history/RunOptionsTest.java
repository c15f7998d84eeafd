package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunOptionsTest {

  @Test
  void parse_least_hasDefaults() {
    RunOptions options = RunOptions.parse("--connector", "c", "--socket", "s");
    assertThat(options.processes()).isEqualTo(4);
    assertThat(options.threads()).isEqualTo(16);
    assertThat(options.teams()).isEqualTo(6);
    assertThat(options.seconds()).isEqualTo(60);
    assertThat(options.directory()).isEqualTo("history-1");
    assertThat(options.universe()).isEqualTo(Universe.DEFAULT);
  }

  @Test
  void parse_ofWorkerArguments_givesTheSameOptions() {
    RunOptions options =
        RunOptions.parse(
            "--connector",
            "c",
            "--socket",
            "s",
            "--seed",
            "7",
            "--processes",
            "3",
            "--threads",
            "5",
            "--sharers",
            "4",
            "--seconds",
            "6",
            "--operations",
            "99",
            "--universe",
            "4,4,4,4,16");
    RunOptions worker =
        RunOptions.parse(options.workerArguments(2, Path.of("logs")).toArray(String[]::new));
    assertThat(worker.process()).isEqualTo(2);
    assertThat(worker.output()).isEqualTo(Path.of("logs"));
    assertThat(worker)
        .usingRecursiveComparison()
        .ignoringFields("process", "output", "processes", "jvm")
        .isEqualTo(options);
  }

  @Test
  void parse_nonsense_isRefused() {
    for (String[] args :
        new String[][] {
          {"--connector", "c"},
          {"--socket", "s", "--connector"},
          {"--socket", "s", "--connector", "c", "--colour", "red"},
          {"--socket", "s", "--connector", "c", "--universe", "1,2"},
          {"--socket", "s", "--connector", "c", "--processes", "0"},
          {"--socket", "s", "--connector", "c", "--kill", "5"},
          {"socket", "s"}
        }) {
      assertThatThrownBy(() -> RunOptions.parse(args)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void teams_soThatFewMeetOnOneObject() {
    assertThat(Worker.teams(4, 16, 12)).isEqualTo(6);
    assertThat(Worker.teams(4, 16, 64)).isEqualTo(1);
    assertThat(Worker.teams(1, 1, 12)).isEqualTo(1);
    // Each thread has a team at least as large as one thread of each process.
    assertThat(Worker.teams(40, 2, 12)).isEqualTo(2);
  }
}

package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.FileService;
import dev.coterie.check.HistoryCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Client processes of a leader, over the wire. */
class LeaderHistoryIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  /** Which may pass before a fault shows. */
  private static final int SEEDS = 5;

  @TempDir private Path folder = Path.of("");
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();

  private int run(UnaryOperator<FileService> decorator, String options)
      throws IOException, InterruptedException {
    PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
    String logs = " --output " + Files.createTempDirectory(folder, "logs");
    return HistoryCheck.run(out, decorator, (options + logs).split(" "));
  }

  private String output() {
    return text.toString(StandardCharsets.UTF_8);
  }

  /** Five seeds for a minute each with {@code -Dfull}. */
  @Test
  void clients_areLinearizable() throws Exception {
    for (int seed = 1; seed <= (FULL ? 5 : 1); seed++) {
      String options = "--processes 4 --threads 16 --seed " + seed;
      int status = run(UnaryOperator.identity(), options + " --seconds " + (FULL ? 60 : 3));
      assertThat(status).as(output()).isZero();
    }
  }

  /** A client that is killed leaves operations behind which took effect or did not. */
  @Test
  void clients_oneKilled_areLinearizable() throws Exception {
    String options = "--processes 3 --threads 8 --seconds 2 --kill 1 --universe 8,8,4,16,32";
    assertThat(run(UnaryOperator.identity(), options)).as(output()).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "APPEND_IN_TWO_STEPS",
        "STALE_LOOKUP",
        "RENAME_IN_TWO_STEPS",
        "TORN_WRITE",
        "TRUNCATE_FORGETS_APPEND"
      })
  void leader_withBug_isFound(SeededBug bug) throws Exception {
    // Ended by the number of operations: a busy machine does few in a second.
    String options =
        "--processes 2 --threads 4 --seconds 60 --operations 2000 --universe 4,4,4,4,16 --seed ";
    int status = 0;
    for (int seed = 1; status == 0 && seed <= SEEDS; seed++) {
      status = run(bug::over, options + seed);
    }
    assertThat(status).as(output()).isEqualTo(1);
    assertThat(output()).contains("VIOLATION");
  }
}

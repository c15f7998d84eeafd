package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes whose lock rides with a read, and their unlock with a write, lose nothing. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TogetherIT {
  private static final int PROCESSES = 4;
  private static final int EACH = Boolean.getBoolean("coterie.full") ? 20_000 : 1_000;

  @TempDir private Path folder = Path.of("");

  @Test
  void processes_thatCountInAFile_loseNothing_withTwoMessagesEach() throws Exception {
    try (Served served = Served.in(folder)) {
      List<Child> all = new ArrayList<>();
      try {
        for (int i = 0; i < PROCESSES; i++) {
          Child one = Child.start(folder, TogetherMain.class, served.socket);
          all.add(one);
          one.hear("open");
        }
        long before = served.leader.requests();
        for (Child one : all) {
          one.say("add " + EACH);
        }
        for (Child one : all) {
          one.hear("add");
        }
        long messages = served.leader.requests() - before;
        assertThat(messages).isEqualTo(2L * PROCESSES * EACH);
        assertThat(all.getFirst().ask("read")).isEqualTo(Integer.toString(PROCESSES * EACH));
        for (Child one : all) {
          one.end();
        }
      } finally {
        for (Child one : all) {
          one.close();
        }
      }
      assertThat(served.leader.counts().faults()).isZero();
    }
  }
}

package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A program ends with its command, whichever of its beginning and that end comes first. */
class ForegroundProgramTest {
  private final AtomicInteger ends = new AtomicInteger();
  private final ForegroundProgram program =
      new ForegroundProgram(new ProcessBuilder("cat"), ends::incrementAndGet);

  @Test
  void end_beforeTheBeginning_letsNothingBegin() throws Exception {
    program.end();
    assertThat(program.start()).isNull();
    assertThat(ends).hasValue(1);
  }

  @Test
  void end_afterTheBeginning_endsTheProgram() throws Exception {
    Process cat = Objects.requireNonNull(program.start());
    Thread end = Thread.ofPlatform().start(program::end);
    assertThat(cat.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(cat.exitValue()).isEqualTo(128 + 15);
    end.interrupt(); // it waits to be told that the program has ended
    end.join();
    assertThat(ends).hasValue(1);
  }
}

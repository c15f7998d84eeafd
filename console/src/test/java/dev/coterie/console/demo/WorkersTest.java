package dev.coterie.console.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who says nothing hangs, but not before all have begun. */
@Timeout(120)
class WorkersTest {
  private static final String SLOW = "sleep 0.3; echo ready; read go; read never";

  @Test
  void silence_countsFromTheFirstWordToThoseWhoHaveBegun() throws Exception {
    try (Workers workers = new Workers(1)) {
      workers.start(List.of("sh", "-c", "echo ready; read never"));
      workers.start(List.of("sh", "-c", SLOW));
      workers.awaitAll("ready");
      workers.send(1, "go");
      assertThatThrownBy(workers::next)
          .isInstanceOfSatisfying(
              DemoFailure.class,
              failure ->
                  assertThat(failure.why())
                      .contains("worker 1", "hangs, nothing heard of it for 1 ms"));
    }
  }
}

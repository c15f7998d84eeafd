package dev.coterie.check.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Long histories of an atomic object with many threads: none is accused, by either way to search.
 */
class SimulatedHistoryTest {
  private static final int SEEDS = Boolean.getBoolean("coterie.full") ? 2_000 : 40;
  private static final Universe SMALL = new Universe(4, 1, 4, 1, 8);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void legal_isNotAccused(boolean names) {
    for (long seed = 0; seed < SEEDS; seed++) {
      RandomHistory random = new RandomHistory(seed, SMALL, names, 3 + (int) seed % 8);
      List<Event> events = random.generate(400, seed % 4 == 0 ? 0.01 : 0);
      String about = "seed " + seed;
      assertThat(AgreementTest.search(events, names, SMALL, Checker.BREADTH_MAX))
          .as(about)
          .isInstanceOf(Verdict.Linearizable.class);
      assertThat(AgreementTest.search(events, names, SMALL, 0))
          .as(about)
          .isInstanceOf(Verdict.Linearizable.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void spoiled_bothWaysAgree(boolean names) {
    int accused = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      RandomHistory random = new RandomHistory(seed, SMALL, names, 3 + (int) seed % 3);
      List<Event> events = random.spoil(random.generate(120, 0));
      Verdict wide = AgreementTest.search(events, names, SMALL, Checker.BREADTH_MAX);
      Verdict deep = AgreementTest.search(events, names, SMALL, 0);
      assertThat(deep).as("seed " + seed).hasSameClassAs(wide);
      accused += wide instanceof Verdict.Violation<?> ? 1 : 0;
    }
    assertThat(accused).isGreaterThan(SEEDS / 8);
  }
}

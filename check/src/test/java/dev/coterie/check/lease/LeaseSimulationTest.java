package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.client.copies.Copies;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Histories of clients that keep copies, each from a seed. */
class LeaseSimulationTest {
  private static final long SEEDS = Boolean.getBoolean("coterie.full") ? 20_000 : 200;

  /** Within so many a rule that is left out is found. */
  private static final long SEEDS_TO_FIND = 1_000;

  @Test
  void withoutCopies_everyLookIsRight() throws IOException {
    run(SEEDS, (world, link) -> link);
  }

  @Test
  void withCopiesOfAttributes_everyLookIsRight() throws IOException {
    run(SEEDS, (world, link) -> new StatCopies(world, link, Set.of()));
  }

  @Test
  void withTheCopiesOfTheProduct_everyLookIsRight() throws IOException {
    run(SEEDS, LeaseSimulationTest::product);
  }

  private static FileService product(Simulation world, Link link) {
    Copies copies = new Copies(link, 1 << 20, () -> world.now() * 1000);
    world.new Fiber(
        () -> {
          for (int i = 0; i < 12; i++) {
            world.current().sleep(Limits.LEASE_MS * 1000L / 3);
            link.requireAwake();
            copies.look();
          }
        });
    return copies;
  }

  @ParameterizedTest
  @EnumSource
  void withARuleLeftOut_isFound(StatCopies.Broken rule) {
    assertThatThrownBy(
            () ->
                run(SEEDS_TO_FIND, (world, link) -> new StatCopies(world, link, Set.of(rule))))
        .isInstanceOf(AssertionError.class)
        .hasStackTraceContaining(" saw ");
  }

  private static void run(long seeds, LeaseSimulation.Clients clients) throws IOException {
    long looks = 0;
    for (long seed = 1; seed <= seeds; seed++) {
      try {
        looks += new LeaseSimulation(seed).run(clients).looks();
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(looks).isGreaterThan(10 * seeds);
  }
}

package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.client.copies.Copies;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Histories of clients that keep copies, each from a seed. */
class LeaseSimulationTest {
  private static final String CORE = "dev.coterie.core.lease.";
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
    world
    .new Fiber(() -> {
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
            () -> run(SEEDS_TO_FIND, (world, link) -> new StatCopies(world, link, Set.of(rule))))
        .isInstanceOf(AssertionError.class)
        .hasStackTraceContaining(" saw ");
  }

  /** RuleC: what a holder gives back waits for nobody. */
  @Test
  void leaderThatParksWhatIsGivenBack_isFound() {
    assertThatThrownBy(() -> find(seed -> new LeaseSimulation(seed).parkingReturns()))
        .hasStackTraceContaining("that did no wrong");
  }

  /** RuleA: a change waits for those who have leases. */
  @Test
  void leaderThatDoesNotWait_isFound() throws Exception {
    assertFound(new Mutant(CORE + "Leases", "require", "isHeldBeside", false), " saw ");
  }

  /** RuleD: nothing is granted while somebody waits. */
  @Test
  void leaderThatGrantsToThoseWhoComeLater_isFound() throws Exception {
    assertFound(new Mutant(CORE + "LeaseTable", "grant", "isEmpty", true), "granted while");
  }

  private static void assertFound(Mutant mutant, String how) throws Exception {
    Class<?> other = mutant.loadClass(LeaseSimulationTest.class.getName());
    Method search = other.getDeclaredMethod("search");
    search.setAccessible(true);
    assertThatThrownBy(() -> search.invoke(null)).hasStackTraceContaining(how);
    assertThat(mutant.isChanged()).isTrue();
  }

  /** Looks for a seed whose history is wrong; called in the mutant's own classes. */
  static void search() throws IOException {
    find(LeaseSimulation::new);
  }

  private interface Worlds {
    LeaseSimulation of(long seed) throws IOException;
  }

  private static void find(Worlds worlds) throws IOException {
    for (long seed = 1; seed <= SEEDS_TO_FIND; seed++) {
      worlds.of(seed).run((world, link) -> new StatCopies(world, link, Set.of()));
    }
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

package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.client.copies.Copies;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Histories of clients that keep copies, each from a seed.
 *
 * <p>{@code -Dcoterie.seed=N} takes one seed, and tells what happens in it.
 */
class LeaseSimulationTest {
  private static final String CORE = "dev.coterie.core.lease.";
  private static final String COPIES = "dev.coterie.client.copies.";
  private static final String SLOTS = "dev.coterie.leader.Slots";
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
    run(SEEDS, LeaseSimulation::new, LeaseSimulationTest::product);
  }

  @Test
  void withListingsInTheCopiesOfTheProduct_everyLookIsRight() throws IOException {
    LeaseSimulation.Report sum =
        run(SEEDS, seed -> new LeaseSimulation(seed).naming(), LeaseSimulationTest::product);
    if (Simulation.ONLY_SEED == null) {
      assertThat((long) sum.namesLeased()).isGreaterThan(SEEDS / 4);
    }
  }

  @Test
  void withWritesKeptBack_everyLookIsRight() throws IOException {
    run(SEEDS, SEEDS, LeaseSimulationTest::keeping);
  }

  /** Clients of all kinds on one tree: some know of no leases, some only share them. */
  @Test
  void withClientsOfAllKinds_everyLookIsRight() throws IOException {
    run(SEEDS, SEEDS / 4, LeaseSimulationTest::anyKind);
  }

  private static FileService keeping(Simulation world, Link link) {
    return new WriteBackCopies(world, link, Set.of());
  }

  private static FileService anyKind(Simulation world, Link link) {
    return switch (world.random().nextInt(4)) {
      case 0 -> link;
      case 1 -> new StatCopies(world, link, Set.of());
      default -> keeping(world, link);
    };
  }

  @ParameterizedTest
  @EnumSource
  void keepingBack_withARuleLeftOut_isFound(WriteBackCopies.Broken rule) {
    assertThatThrownBy(() ->
            run(SEEDS_TO_FIND, (world, link) -> new WriteBackCopies(world, link, Set.of(rule))))
        .isInstanceOf(AssertionError.class)
        .hasStackTraceContaining(" saw ");
  }

  /** NoLostWrite: what a session writes that was ended is refused. */
  @Test
  void leaderThatTakesLateWrites_isFound() {
    assertThatThrownBy(() ->
            find(seed -> new LeaseSimulation(seed).takingLate(), LeaseSimulationTest::keeping))
        .rootCause() // what is answered late renews the client's time, too
        .message()
        .containsAnyOf("what was lost came back", " saw ");
  }

  /** RuleA: who looks waits for who has the file alone. */
  @Test
  void leaderThatShowsWhatAnotherHasAlone_isFound() throws Exception {
    assertFound(
        new Mutant(CORE + "Leases", "requireSeen", "isExclusiveBeside", false),
        "searchKeeping",
        " saw ");
  }

  @Test
  void withTheWriteBackOfTheProduct_everyLookIsRight() throws IOException {
    run(SEEDS, SEEDS / 4, LeaseSimulationTest::productKeeping);
  }

  /** The same, and more is kept back: leases are asked for again and again. */
  @Test
  void withMoreWritesKeptBackByTheProduct_everyLookIsRight() throws IOException {
    requireMany(run(SEEDS, LeaseSimulationTest::writingMore, LeaseSimulationTest::productKeeping));
  }

  @Test
  void withMoreWritesKeptBackAndConnectionsThatAreLost_everyLookIsRight() throws IOException {
    requireMany(
        run(
            SEEDS,
            seed -> writingMore(seed).losingConnections(),
            LeaseSimulationTest::productKeeping));
  }

  @Test
  void oneSeed_isOneHistory() throws IOException {
    for (long seed = 1; seed <= 20; seed++) {
      LeaseSimulation.Report first = lossy(seed);
      assertThat(lossy(seed)).as("seed %s", seed).isEqualTo(first);
    }
  }

  private static LeaseSimulation.Report lossy(long seed) throws IOException {
    return writingMore(seed).losingConnections().run(LeaseSimulationTest::productKeeping);
  }

  private static void requireMany(LeaseSimulation.Report sum) {
    if (Simulation.ONLY_SEED == null) {
      assertThat((long) sum.keptBack()).isGreaterThan(10 * SEEDS);
    }
  }

  private static LeaseSimulation writingMore(long seed) throws IOException {
    return new LeaseSimulation(seed).writingMore();
  }

  /** NoLostWrite: what is kept back is written before its lease is given back. */
  @Test
  void productThatGivesBackBeforeItHasWritten_isFound() throws Exception {
    assertFound(new Mutant(COPIES + "Keeper", "send", "isDirty", false), "searchWriting", " saw ");
  }

  /** ExclusiveAlone: nothing is kept back once the time is over. */
  @Test
  void productThatKeepsBackForEver_isFound() throws Exception {
    assertFound(new Mutant(COPIES + "WriteBack", "keep", "keeps", true), "searchWriting", " alone");
  }

  /** RuleA: a copy is looked at only while it stands. */
  @Test
  void productThatReadsCopiesForEver_isFound() throws Exception {
    assertFound(new Mutant(COPIES + "Reading", "copied", "stands", true), "searchWriting", " saw ");
  }

  /** RuleA: a listing is read from copies only while the lease on the names stands. */
  @Test
  void productThatListsCopiesForEver_isFound() throws Exception {
    assertFound(
        new Mutant(COPIES + "Listings", "copied", "stands", true), "searchCopies", " saw name ");
  }

  /** RuleA: what a listing lacks is absent only while the lease on the names stands. */
  @Test
  void productThatFindsNamesAbsentForEver_isFound() throws Exception {
    assertFound(
        new Mutant(COPIES + "Listings", "isAbsent", "stands", true), "searchNaming", " saw name ");
  }

  /** RuleA: a lease on names covers the attributes of what only they name. */
  @Test
  void leaderThatChangesEntriesUnderALeaseOnNames_isFound() throws Exception {
    assertFound(
        new Mutant("dev.coterie.core.Coverage", "requireUnleased", "isAlone", true),
        "searchCopies",
        " saw mode of ");
  }

  /** Called in a mutant's own classes. */
  static void searchCopies() throws IOException {
    find(LeaseSimulation::new, LeaseSimulationTest::product);
  }

  /** Called in a mutant's own classes. */
  static void searchNaming() throws IOException {
    find(seed -> new LeaseSimulation(seed).naming(), LeaseSimulationTest::product);
  }

  /** Called in a mutant's own classes. */
  static void searchWriting() throws IOException {
    find(LeaseSimulationTest::writingMore, LeaseSimulationTest::productKeeping);
  }

  @Test
  void leaderThatShowsWhatAnotherHasAlone_isFoundByTheProductToo() throws Exception {
    assertFound(
        new Mutant(CORE + "Leases", "requireSeen", "isExclusiveBeside", false),
        "searchProduct",
        " saw ");
  }

  /** It waits for what it has kept back with threads of the machine, unless it is submitted to. */
  private static FileService productKeeping(Simulation world, Link link) {
    return new Submitting(
        link, looking(world, link, new Copies(link, 1 << 20, () -> world.now() * 1000, 1)));
  }

  /** Clients of all kinds, whose connections are lost with all that is on its way. */
  @Test
  void withConnectionsThatAreLost_everyLookIsRightAndEveryChangeIsMadeOnce() throws IOException {
    LeaseSimulation.Report sum =
        run(
            SEEDS,
            seed -> new LeaseSimulation(seed).losingConnections(),
            LeaseSimulationTest::anyKindOrProduct);
    if (Simulation.ONLY_SEED == null) {
      assertThat((long) sum.losses()).isGreaterThan(SEEDS);
      assertThat((long) sum.again()).isGreaterThan(SEEDS / 4);
    }
  }

  private static FileService anyKindOrProduct(Simulation world, Link link) {
    return switch (world.random().nextInt(4)) {
      case 0 -> product(world, link);
      case 1 -> productKeeping(world, link);
      default -> anyKind(world, link);
    };
  }

  private record Submitting(Link link, FileService above) implements FileService {
    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return above.submit(caller, operation, completion);
    }

    @Override
    public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
      return link.call(above, caller, operation);
    }

    @Override
    public void close() {
      above.close();
    }
  }

  private static FileService product(Simulation world, Link link) {
    return looking(world, link, new Copies(link, 1 << 20, () -> world.now() * 1000));
  }

  private static FileService looking(Simulation world, Link link, Copies copies) {
    world
    .new Fiber(() -> {
      for (int i = 0; i < 50; i++) {
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
    assertThatThrownBy(() ->
            find(seed -> new LeaseSimulation(seed).parkingReturns(), LeaseSimulationTest::sharing))
        .hasStackTraceContaining("that did no wrong");
  }

  /** RuleA: a change waits for those who have leases. */
  @Test
  void leaderThatDoesNotWait_isFound() throws Exception {
    assertFound(new Mutant(CORE + "Leases", "isHeldByOther", "isHeldBeside", false), " saw ");
  }

  /** RuleD: nothing is granted while somebody waits. */
  @Test
  void leaderThatGrantsToThoseWhoComeLater_isFound() throws Exception {
    assertFound(new Mutant(CORE + "LeaseTable", "grant", "isEmpty", true), "granted while");
  }

  /** RuleB: the leader does not wait while it holds the inode. */
  @Test
  void leaderThatHoldsTheInodeWhileItWaits_isFound() throws IOException {
    run(20, LeaseSimulation::holdingInodes, (world, link) -> link); // nobody has leases to wait for
    assertThatThrownBy(() -> find(LeaseSimulation::holdingInodes, LeaseSimulationTest::sharing))
        .hasStackTraceContaining("that did no wrong");
  }

  /** RuleB: not even what was kept back can be written then. */
  @Test
  void leaderThatHoldsTheInodeWhileItWaits_isFoundByThoseWhoKeepWritesBack() {
    assertThatThrownBy(() -> find(LeaseSimulation::holdingInodes, LeaseSimulationTest::keeping))
        .hasStackTraceContaining("that did no wrong");
  }

  /** AppliedOnce: without a look at the slot what is sent again is done again. */
  @Test
  void leaderThatDoesNotLookAtTheSlot_isFound() throws Exception {
    assertFound(new Mutant(SLOTS, "begin", "isNext", true), "searchLosing", " twice: ");
  }

  /** AppliedOnce: who asks again is answered as at first. */
  @Test
  void leaderThatKeepsNoReply_isFound() throws Exception {
    assertFound(new Mutant(SLOTS, "end", "reply"), "searchLosing", "that did no wrong");
  }

  private static void assertFound(Mutant mutant, String how) throws Exception {
    assertFound(mutant, "search", how);
  }

  private static void assertFound(Mutant mutant, String with, String how) throws Exception {
    Class<?> other = mutant.loadClass(LeaseSimulationTest.class.getName());
    Method search = other.getDeclaredMethod(with);
    search.setAccessible(true);
    assertThatThrownBy(() -> search.invoke(null)).hasStackTraceContaining(how);
    assertThat(mutant.isChanged()).isTrue();
  }

  /** Looks for a seed whose history is wrong; called in the mutant's own classes. */
  static void search() throws IOException {
    find(LeaseSimulation::new, LeaseSimulationTest::sharing);
  }

  /** The same among clients that keep writes back. */
  static void searchKeeping() throws IOException {
    find(LeaseSimulation::new, LeaseSimulationTest::keeping);
  }

  /** The same with the product's. */
  static void searchProduct() throws IOException {
    find(LeaseSimulation::new, LeaseSimulationTest::productKeeping);
  }

  /** The same where connections are lost. */
  static void searchLosing() throws IOException {
    find(seed -> new LeaseSimulation(seed).losingConnections(), LeaseSimulationTest::anyKind);
  }

  private static FileService sharing(Simulation world, Link link) {
    return new StatCopies(world, link, Set.of());
  }

  private interface Worlds {
    LeaseSimulation of(long seed) throws IOException;
  }

  private static void find(Worlds worlds, LeaseSimulation.Clients clients) throws IOException {
    for (long seed = 1; seed <= SEEDS_TO_FIND; seed++) {
      try {
        worlds.of(seed).run(clients);
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static void run(long seeds, LeaseSimulation.Clients clients) throws IOException {
    run(seeds, -1, clients);
  }

  /**
   * @param keptBack more changes than this are to be kept back
   */
  private static void run(long seeds, long keptBack, LeaseSimulation.Clients clients)
      throws IOException {
    LeaseSimulation.Report sum = run(seeds, LeaseSimulation::new, clients);
    assertThat((long) sum.keptBack()).isGreaterThan(Simulation.ONLY_SEED == null ? keptBack : -1);
  }

  private static LeaseSimulation.Report run(
      long seeds, Worlds worlds, LeaseSimulation.Clients clients) throws IOException {
    Long only = Simulation.ONLY_SEED;
    if (only != null) {
      return worlds.of(only).run(clients);
    }
    LeaseSimulation.Report sum = LeaseSimulation.Report.NONE;
    for (long seed = 1; seed <= seeds; seed++) {
      try {
        sum = sum.and(worlds.of(seed).run(clients));
      } catch (AssertionError e) {
        throw new AssertionError("-Dcoterie.seed=" + seed, e);
      }
    }
    assertThat((long) sum.looks()).isGreaterThan(10 * seeds);
    return sum;
  }
}

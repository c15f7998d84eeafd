package dev.coterie.api.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The search for deadlocks against a naive one: whom everybody reaches, worked out anew each time
 * from a table of who waits for whom.
 */
class WaitGraphTest {
  private static final int STEPS = Boolean.getBoolean("coterie.full") ? 300_000 : 10_000;
  private static final int OWNERS = 12;

  private static final LockWait.Listener NOBODY =
      new LockWait.Listener() {
        @Override
        public void granted() {}

        @Override
        public void ended(Errno errno) {}
      };

  /** A wait, and the owners it waits for as the naive search knows them. */
  private static final class Edge {
    final LockWait wait;
    final int owner;
    Set<Integer> blockers;

    Edge(LockWait wait, int owner, Set<Integer> blockers) {
      this.wait = wait;
      this.owner = owner;
      this.blockers = blockers;
    }
  }

  private final WaitGraph graph = new WaitGraph();
  private final List<Edge> edges = new ArrayList<>();

  private static LockOwner owner(int number) {
    return new LockOwner.OfProcess("session " + number % 3, number);
  }

  private static Set<LockOwner> owners(Set<Integer> numbers) {
    Set<LockOwner> owners = new HashSet<>();
    numbers.forEach(number -> owners.add(owner(number)));
    return owners;
  }

  private static Set<Integer> others(Random random, int owner) {
    Set<Integer> others = new HashSet<>();
    for (int count = random.nextInt(4); count > 0; count--) {
      int other = random.nextInt(OWNERS);
      if (other != owner) {
        others.add(other);
      }
    }
    return others;
  }

  /** Whether one of these waits for the owner, however indirectly: Warshall's closure. */
  private boolean reaches(Set<Integer> from, int target) {
    boolean[][] reach = new boolean[OWNERS][OWNERS];
    for (Edge edge : edges) {
      for (int blocker : edge.blockers) {
        reach[edge.owner][blocker] = true;
      }
    }
    for (int k = 0; k < OWNERS; k++) {
      for (int i = 0; i < OWNERS; i++) {
        for (int j = 0; j < OWNERS; j++) {
          reach[i][j] |= reach[i][k] && reach[k][j];
        }
      }
    }
    return from.stream().anyMatch(one -> one == target || reach[one][target]);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void randomWaits_areRefusedAsTheNaiveSearchSays(long seed) {
    Random random = new Random(seed);
    int refused = 0;
    int longest = 0;
    for (int step = 0; step < STEPS; step++) {
      int choice = random.nextInt(10);
      if (choice < 5) {
        refused += enter(random) ? 0 : 1;
      } else if (choice < 8 && !edges.isEmpty()) {
        Edge edge = edges.remove(random.nextInt(edges.size()));
        graph.leave(edge.wait);
      } else if (!edges.isEmpty()) {
        update(random, edges.get(random.nextInt(edges.size())));
      }
      longest = Math.max(longest, edges.size());
      assertThat(graph.isEmpty()).isEqualTo(edges.isEmpty());
      assertThat(graph.refused()).isEqualTo(refused);
    }
    // The run was one that could find something.
    assertThat(refused).isGreaterThan(STEPS / 50);
    assertThat(longest).isGreaterThan(8);
  }

  private boolean enter(Random random) {
    int owner = random.nextInt(OWNERS);
    Set<Integer> blockers = others(random, owner);
    LockWait wait =
        new LockWait(
            owner(owner),
            "through",
            new LockProcess("session", owner),
            new LockRange(0, 0, true, owner),
            NOBODY);
    boolean expected = !reaches(blockers, owner);
    assertThat(graph.enter(wait, owners(blockers))).isEqualTo(expected);
    if (expected) {
      edges.add(new Edge(wait, owner, blockers));
    }
    return expected;
  }

  /** Locks have changed; as a grant can only be to one who waits, they never close a cycle. */
  private void update(Random random, Edge edge) {
    Set<Integer> blockers = others(random, edge.owner);
    Set<Integer> before = edge.blockers;
    edge.blockers = Set.of();
    if (reaches(blockers, edge.owner)) {
      edge.blockers = before;
      return;
    }
    edge.blockers = blockers;
    graph.update(edge.wait, owners(blockers));
  }
}

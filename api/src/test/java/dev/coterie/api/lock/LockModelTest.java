package dev.coterie.api.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests of six owners against {@link NaiveLocks}: three processes, two handles with OFD
 * locks, and one of these with flock locks beside another.
 */
class LockModelTest {
  private static final int STEPS = Boolean.getBoolean("coterie.full") ? 1_000_000 : 20_000;
  private static final int FILES = 3;
  private static final int OWNERS = 6;
  private static final int PROCESSES = 3;
  private static final int FLOCKS = 6; // owners from here on: flock, of a space of its own

  private record Queued(int file, int id) {}

  private final Locks tree = new Locks();
  private final List<LockTable> tables = new ArrayList<>();
  private final List<LockOwner> owners = new ArrayList<>();
  private final List<LockProcess> processes = new ArrayList<>();
  private final NaiveLocks records = new NaiveLocks(FILES);
  private final NaiveLocks flocks = new NaiveLocks(FILES);
  private final List<LockWait> waits = new ArrayList<>(); // by id
  private final List<Queued> waiting = new ArrayList<>();
  private final List<String> told = new ArrayList<>();

  LockModelTest() {
    for (int i = 0; i < FILES; i++) {
      tables.add(new LockTable(tree));
    }
    for (int i = 0; i < OWNERS + 3; i++) {
      owners.add(
          i < PROCESSES ? new LockOwner.OfProcess(this, i) : new LockOwner.OfHandle("handle " + i));
      processes.add(new LockProcess(this, i + 1));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void randomRequests_answerAsTheNaiveTable(long seed) {
    Random random = new Random(seed);
    int deadlocks = 0;
    int grants = 0;
    for (int step = 0; step < STEPS; step++) {
      told.clear();
      int file = random.nextInt(FILES);
      boolean flock = random.nextInt(5) == 0;
      int owner = flock ? FLOCKS + random.nextInt(3) : random.nextInt(OWNERS);
      String what =
          switch (random.nextInt(16)) {
            case 0, 1, 2, 3, 4 -> lock(random, file, owner, true);
            case 5, 6, 7 -> lock(random, file, owner, false);
            case 8, 9, 10, 11 -> unlock(random, file, owner);
            case 12 -> test(random, file, owner);
            case 13 -> cancel(random);
            case 14 -> random.nextInt(8) == 0 ? close(file, owner) : "";
            default -> random.nextInt(3) == 0 ? unlockAll(owner) : "";
          };
      deadlocks += what.equals("DEADLOCK") ? 1 : 0;
      grants += told.size();
      checkHeld(file);
    }
    // The run was one that could find something.
    assertThat(deadlocks).isGreaterThan(STEPS / 1000);
    assertThat(grants).isGreaterThan(STEPS / 100);
    end();
    assertThat(tree.isEmpty()).isTrue();
  }

  private void end() {
    for (LockTable table : tables) {
      for (int owner = 0; owner < owners.size(); owner++) {
        table.closed(through(owner), new LockOwner.OfProcess(this, -1));
        if (owners.get(owner) instanceof LockOwner.OfHandle handle) {
          table.ended(handle);
        }
      }
      assertThat(table.isEmpty()).isTrue();
    }
  }

  private static String through(int owner) {
    return "through " + owner;
  }

  private static LockTable.Family family(int owner) {
    return owner >= FLOCKS ? LockTable.Family.FLOCK : LockTable.Family.RECORD;
  }

  private NaiveLocks naive(int owner) {
    return owner >= FLOCKS ? flocks : records;
  }

  private static long last(int to) {
    return to == NaiveLocks.BYTES - 1 ? LockRange.TO_END : to;
  }

  private NaiveLocks.Wait wanted(Random random, int owner) {
    int from = owner >= FLOCKS ? 0 : random.nextInt(NaiveLocks.BYTES);
    int to =
        owner >= FLOCKS ? NaiveLocks.BYTES - 1 : from + random.nextInt(NaiveLocks.BYTES - from);
    char kind = random.nextInt(3) == 0 ? 'w' : 'r';
    return new NaiveLocks.Wait(waits.size(), owner, owner < PROCESSES, from, to, kind, new int[1]);
  }

  private static LockRange range(NaiveLocks.Wait wanted) {
    return new LockRange(wanted.from(), last(wanted.to()), wanted.kind() == 'w', 7);
  }

  private String lock(Random random, int file, int owner, boolean waits) {
    NaiveLocks.Wait wanted = wanted(random, owner);
    int id = wanted.id();
    LockWait wait =
        new LockWait(
            owners.get(owner),
            through(owner),
            processes.get(owner),
            range(wanted),
            new LockWait.Listener() {
              @Override
              public void granted() {
                told.add("granted " + id);
              }

              @Override
              public void ended(Errno errno) {
                told.add(errno + " " + id);
              }
            });
    this.waits.add(wait);
    NaiveLocks naive = naive(owner);
    List<String> expected = new ArrayList<>();
    if (owner >= FLOCKS
        && naive.held(file, owner).charAt(0) == (wanted.kind() == 'w' ? 'r' : 'w')
        && !naive.isFree(file, wanted, waits)) {
      naive.unlock(file, owner, 0, NaiveLocks.BYTES - 1);
      naive.grant(file).forEach(each -> expected.add("granted " + each));
    }
    LockTable.Outcome should = waits ? naive.request(file, wanted) : naive.attempt(file, wanted);
    naive.grant(file).forEach(each -> expected.add("granted " + each));
    LockTable table = tables.get(file);
    LockTable.Outcome outcome =
        waits ? table.request(family(owner), wait) : table.attempt(family(owner), wait);
    assertThat(outcome).isEqualTo(should);
    assertThat(told).isEqualTo(expected);
    if (outcome == LockTable.Outcome.QUEUED) {
      waiting.add(new Queued(file, id));
    }
    return outcome.name();
  }

  private String unlock(Random random, int file, int owner) {
    NaiveLocks.Wait range = wanted(random, owner);
    naive(owner).unlock(file, owner, range.from(), range.to());
    tables.get(file).unlock(family(owner), owners.get(owner), range.from(), last(range.to()));
    expectGranted(naive(owner).grant(file));
    return "";
  }

  private String unlockAll(int owner) {
    for (int file = 0; file < FILES; file++) {
      told.clear();
      naive(owner).unlock(file, owner, 0, NaiveLocks.BYTES - 1);
      tables.get(file).unlock(family(owner), owners.get(owner), 0, LockRange.TO_END);
      expectGranted(naive(owner).grant(file));
      checkHeld(file);
    }
    return "";
  }

  private void expectGranted(List<Integer> granted) {
    assertThat(told).isEqualTo(granted.stream().map(id -> "granted " + id).toList());
  }

  private String test(Random random, int file, int owner) {
    NaiveLocks.Wait wanted = wanted(random, owner);
    HeldLock held = tables.get(file).conflict(family(owner), owners.get(owner), range(wanted));
    String found =
        held == null
            ? null
            : owners.indexOf(held.owner())
                + (held.range().exclusive() ? " w " : " r ")
                + held.range().start();
    assertThat(found).isEqualTo(naive(owner).conflict(file, wanted));
    return "";
  }

  private String cancel(Random random) {
    if (waiting.isEmpty()) {
      return "";
    }
    Queued queued = waiting.remove(random.nextInt(waiting.size()));
    int file = queued.file();
    int id = queued.id();
    LockWait wait = waits.get(id);
    int owner = owners.indexOf(wait.owner);
    boolean should = naive(owner).withdraw(file, id);
    List<Integer> granted = should ? naive(owner).grant(file) : List.of();
    assertThat(tables.get(file).withdraw(family(owner), wait)).isEqualTo(should);
    expectGranted(granted);
    return "";
  }

  private String close(int file, int owner) {
    NaiveLocks naive = naive(owner);
    List<String> expected = new ArrayList<>();
    naive.withdrawAll(file, owner).forEach(id -> expected.add(Errno.EBADF + " " + id));
    if (owner < PROCESSES) {
      naive.unlock(file, owner, 0, NaiveLocks.BYTES - 1);
    }
    records.grant(file).forEach(id -> expected.add("granted " + id));
    flocks.grant(file).forEach(id -> expected.add("granted " + id));
    tables.get(file).closed(through(owner), new LockOwner.OfProcess(this, -1));
    assertThat(told).isEqualTo(expected);
    return "";
  }

  private void checkHeld(int file) {
    for (int owner = 0; owner < owners.size(); owner++) {
      char[] bytes = "-".repeat(NaiveLocks.BYTES).toCharArray();
      LockRange before = null;
      for (LockRange range : tables.get(file).held(family(owner), owners.get(owner))) {
        assertThat(before == null || before.end() < range.start()).isTrue();
        assertThat(
                before == null
                    || before.end() + 1 < range.start()
                    || before.exclusive() != range.exclusive())
            .as("neighbours are one")
            .isTrue();
        int to = (int) Math.min(range.end(), NaiveLocks.BYTES - 1);
        for (int i = (int) range.start(); i <= to; i++) {
          bytes[i] = range.exclusive() ? 'w' : 'r';
        }
        before = range;
      }
      assertThat(new String(bytes)).as("owner %d", owner).isEqualTo(naive(owner).held(file, owner));
    }
  }
}

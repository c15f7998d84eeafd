package dev.coterie.check.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.coterie.check.guest.Results.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.opentest4j.TestAbortedException;

/**
 * Linux's own 9P client against a leader: two guests with several mounts each and a Java client at
 * the same time, for each kernel. {@code -Dcoterie.guest.kernels=6.1,6.12} says which, and {@code
 * -Dcoterie.guest.items=REGEX} which items alone.
 *
 * <p>The table of all items is printed at the end, and is in {@code target/guest/results.md} and
 * {@code results.tsv}.
 *
 * <p>Both kernels take two minutes on two cores, though everything in a guest is emulated: a guest
 * is not booted but resumed.
 */
class GuestIT {
  private static final List<String> KERNELS =
      List.of(System.getProperty("coterie.guest.kernels", "6.1,6.12").split(","));
  private static final String ITEMS = System.getProperty("coterie.guest.items", "");

  private static final Results RESULTS = new Results(KERNELS);

  private final long seed = Long.getLong("coterie.seed", System.nanoTime() & 0xffff_ffffL);
  private @Nullable Site site; // of the kernel whose turn it is

  @TestFactory
  Stream<DynamicNode> linuxClient() {
    System.out.println("GuestIT: -Dcoterie.seed=" + seed);
    return KERNELS.stream().map(kernel -> dynamicContainer("Linux " + kernel, tests(kernel)));
  }

  private Stream<DynamicNode> tests(String kernel) {
    List<DynamicNode> tests = new ArrayList<>();
    tests.add(test(kernel, "two guests, their mounts, a Java client", () -> open(kernel)));
    for (Item item : Item.all()) {
      if (item.title().matches(".*(" + ITEMS + ").*")) {
        tests.add(test(kernel, item.title(), () -> run(item)));
      }
    }
    tests.add(test(kernel, "all is unmounted, nothing is left, no complaint", this::leave));
    return tests.stream();
  }

  private static DynamicNode test(String kernel, String title, Executable action) {
    return dynamicTest(
        title,
        () -> {
          long start = System.nanoTime();
          Outcome outcome = Outcome.FAILED;
          String note = null;
          try {
            action.execute();
            outcome = Outcome.PASSED;
          } catch (Item.NotOffered e) {
            outcome = Outcome.NOT_OFFERED;
            note = e.getMessage();
          } catch (TestAbortedException e) {
            outcome = Outcome.NOT_RUN;
            note = e.getMessage();
            throw e;
          } catch (Throwable e) {
            note = e.toString();
            throw e;
          } finally {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            RESULTS.put(kernel, title, outcome, millis, note);
          }
        });
  }

  private void open(String kernel) throws IOException, InterruptedException {
    closeSite();
    GuestTools tools = new GuestTools();
    tools.prepare(kernel);
    site = Site.open(tools, kernel, seed);
  }

  private Site site() {
    if (site == null) {
      throw new TestAbortedException("the guests did not come up");
    }
    return site;
  }

  private void run(Item item) throws Throwable {
    Site here = site();
    if (!item.mode().isEmpty() && !here.modes().contains(item.mode())) {
      throw new Item.NotOffered(here.refuseMode(item.mode()));
    }
    here.beginItem();
    try {
      item.check().run(here, item.mode());
    } catch (Throwable e) {
      try {
        here.endItem();
      } catch (IOException late) {
        e.addSuppressed(late);
      }
      throw e;
    }
    here.endItem();
  }

  private void leave() throws IOException {
    Site here = site();
    here.leave();
    assertThat(here.complaints()).as("kernel messages").isEmpty();
    assertThat(here.leader.counts().faults()).as("broken invariants of the leader").isZero();
  }

  @AfterEach
  void closeSite() throws IOException {
    Site last = site;
    site = null;
    if (last != null) {
      last.close();
    }
  }

  @AfterAll
  static void report() throws IOException {
    if (!RESULTS.isEmpty()) {
      System.out.println(RESULTS.table());
      RESULTS.write(new GuestTools().folder);
    }
  }
}

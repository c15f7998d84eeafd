package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.EventMask.EPOLLRDHUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A host that says what cannot be: it is dropped and counted, and what can be is reported. */
class GarbageTest {
  /** What is to be said next; what it is told is believed. */
  private static final class FakeKernel implements Kernel {
    private record Said(long data, int mask) {}

    final Map<Integer, Long> numbers = new TreeMap<>();
    final Map<Integer, Object> files = new HashMap<>();
    final List<Said> next = new ArrayList<>();
    int made;
    int closed;

    Kernel make() {
      made++;
      numbers.clear();
      return this;
    }

    void says(long data, int mask) {
      next.add(new Said(data, mask));
    }

    void saysOf(int descriptor, int mask) {
      says(numberOf(descriptor), mask);
    }

    long numberOf(int descriptor) {
      return numbers.getOrDefault(descriptor, -1L);
    }

    @Override
    public void add(int descriptor, int mask, long data) {
      numbers.put(descriptor, data);
    }

    @Override
    public void modify(int descriptor, int mask, long data) {
      assertThat(numbers).containsEntry(descriptor, data);
    }

    @Override
    public void remove(int descriptor) {
      numbers.remove(descriptor);
    }

    /** More than it was asked for, too. */
    @Override
    public void take(int max, Report report) {
      List<Said> all = List.copyOf(next);
      next.clear();
      all.forEach(said -> report.ready(said.data(), said.mask()));
    }

    @Override
    public boolean await() {
      return true;
    }

    @Override
    public Object fileOf(int descriptor) throws ErrnoException {
      if (descriptor < 0) {
        throw new ErrnoException(Errno.EBADF);
      }
      return files.getOrDefault(descriptor, "file");
    }

    @Override
    public void close() {
      closed++;
    }
  }

  private final FakeKernel kernel = new FakeKernel();
  private final PolledDescriptors descriptors;

  GarbageTest() throws ErrnoException {
    descriptors = new PolledDescriptors(kernel::make);
  }

  private static void assertReports(HostReports reports, long... expected) {
    assertThat(
            new long[] {
              reports.examined(), reports.unknownMembers(), reports.unknownBits(), reports.gone()
            })
        .containsExactly(expected);
  }

  @Test
  void unknownMember_isDroppedAndTheSetMadeAnew() throws Exception {
    descriptors.add(3, EPOLLIN, 30);
    kernel.says(77, EPOLLIN);
    kernel.says(0, EPOLLIN);
    kernel.says(-1, EPOLLIN);
    kernel.saysOf(3, EPOLLIN);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 30, 1));
    assertReports(descriptors.reports(), 4, 3, 0, 0);
    assertThat(kernel.made).isEqualTo(2);
    assertThat(kernel.closed).isEqualTo(1);
    kernel.saysOf(3, EPOLLIN);
    assertThat(descriptors.take(9)).hasSize(1);
    assertThat(kernel.made).isEqualTo(2);
  }

  @Test
  void numberOfAMemberThatHasLeft_isUnknown() throws Exception {
    descriptors.add(3, EPOLLIN, 30);
    long old = kernel.numberOf(3);
    descriptors.remove(3);
    descriptors.add(3, EPOLLIN, 31);
    kernel.says(old, EPOLLIN);
    assertThat(descriptors.take(9)).isEmpty();
    assertReports(descriptors.reports(), 1, 1, 0, 0);
  }

  @Test
  void unknownBits_areTakenOff() throws Exception {
    descriptors.add(3, EPOLLIN, 30);
    kernel.saysOf(3, EPOLLIN | EPOLLOUT | 0x400);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 30, 1));
    kernel.saysOf(3, EPOLLOUT | EPOLLRDHUP | EPOLLET | EPOLLONESHOT);
    assertThat(descriptors.take(9)).isEmpty();
    kernel.saysOf(3, -1);
    assertThat(descriptors.take(9))
        .containsExactly(new Event(EPOLLIN | EPOLLERR | EPOLLHUP, 30, 1));
    kernel.saysOf(3, 0);
    assertThat(descriptors.take(9)).isEmpty();
    assertReports(descriptors.reports(), 4, 0, 3, 0);
  }

  @Test
  void reportTwice_orMoreThanAskedFor_isDropped() throws Exception {
    for (int i = 0; i < 4; i++) {
      descriptors.add(i, EPOLLIN, i);
      kernel.saysOf(i, EPOLLIN);
      kernel.saysOf(i, EPOLLIN);
    }
    assertThat(descriptors.take(3)).hasSize(3);
    assertReports(descriptors.reports(), 8, 5, 0, 0);
  }

  @Test
  void oneShotMember_isNotReportedUntilArmed() throws Exception {
    descriptors.add(3, EPOLLIN | EPOLLONESHOT, 30);
    for (int i = 0; i < 3; i++) {
      kernel.saysOf(3, EPOLLIN);
      assertThat(descriptors.take(9)).hasSize(i == 0 ? 1 : 0);
    }
    descriptors.modify(3, EPOLLIN | EPOLLONESHOT, 31);
    kernel.saysOf(3, EPOLLIN);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 31, 1));
    assertReports(descriptors.reports(), 4, 2, 0, 0);
  }

  @Test
  void numberOfAnotherFile_leaves() throws Exception {
    descriptors.add(3, EPOLLIN, 30);
    kernel.files.put(3, "another");
    kernel.saysOf(3, EPOLLIN);
    assertThat(descriptors.take(9)).isEmpty();
    assertReports(descriptors.reports(), 1, 0, 0, 1);
    assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> descriptors.remove(3));
    descriptors.add(3, EPOLLIN, 31);
    kernel.saysOf(3, EPOLLIN);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 31, 1));
  }

  /** No report breaks it, and each is either given or counted. */
  @Test
  void randomReports_areGivenOrCounted() throws Exception {
    Random random = new Random(5);
    for (int i = 0; i < 20; i++) {
      descriptors.add(i, EPOLLIN, i);
    }
    long given = 0;
    long total = 0;
    for (int round = 0; round < 2000; round++) {
      for (int i = random.nextInt(10); i > 0; i--) {
        long data = random.nextBoolean() ? random.nextLong() : random.nextInt(24);
        kernel.says(data, EPOLLIN | random.nextInt());
        total++;
      }
      List<Event> events = descriptors.take(1 + random.nextInt(8));
      for (Event event : events) {
        assertThat(event.mask() & ~(EPOLLIN | EPOLLERR | EPOLLHUP)).isZero();
        assertThat(event.data()).isBetween(0L, 19L);
      }
      given += events.size();
    }
    HostReports reports = descriptors.reports();
    assertThat(reports.examined()).isEqualTo(total);
    assertThat(given).isPositive();
    assertThat(reports.unknownMembers()).isEqualTo(total - given);
    assertThat(descriptors.size()).isEqualTo(20);
  }
}

package dev.coterie.client.events;

import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Event;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Descriptors that are closed while a copy is open, so that the kernel goes on reporting them, and
 * their numbers used again.
 */
@Timeout(120)
class ReusedNumberIT {
  private final PolledDescriptors descriptors;
  private final int[] first = Calls.pipe();
  private final int[] second = Calls.pipe();

  ReusedNumberIT() throws Exception {
    descriptors = new PolledDescriptors(KernelEpoll::make);
  }

  @AfterEach
  void end() {
    descriptors.close();
    for (int[] ends : new int[][] {first, second}) {
      Calls.close(ends[0]);
      Calls.close(ends[1]);
    }
  }

  @Test
  void closedNumber_whoseFileIsOpenElsewhere_leaves() throws Exception {
    int member = Calls.dup(first[0]);
    descriptors.add(member, EPOLLIN, 1);
    Calls.write(first[1], 1);
    assertThat(descriptors.take(9)).hasSize(1);
    Calls.close(member);
    assertThat(descriptors.take(9)).isEmpty();
    assertThat(descriptors.reports().gone()).isEqualTo(1);
    assertThat(descriptors.size()).isZero();
    long examined = descriptors.reports().examined();
    assertThat(descriptors.take(9)).isEmpty(); // the kernel does not even report it any more
    assertThat(descriptors.reports().examined()).isEqualTo(examined);
  }

  @Test
  void numberOfAnotherFile_isNotReportedAsTheOldMember() throws Exception {
    int member = Calls.dup(first[0]);
    descriptors.add(member, EPOLLIN, 1);
    Calls.dup2(second[0], member);
    Calls.write(first[1], 1);
    assertThat(descriptors.take(9)).isEmpty();
    Calls.write(second[1], 1);
    assertThat(descriptors.take(9)).isEmpty();
    descriptors.add(member, EPOLLIN, 2);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 2, 1));
    Calls.close(member);
  }

  @Test
  void numberOfAnotherFile_addedBeforeTheOldIsReported_isTheNewMember() throws Exception {
    int member = Calls.dup(first[0]);
    descriptors.add(member, EPOLLIN, 1);
    Calls.dup2(second[0], member);
    descriptors.add(member, EPOLLIN, 2);
    Calls.write(first[1], 1); // of the kernel's set still
    assertThat(descriptors.take(9)).isEmpty();
    assertThat(descriptors.reports().unknownMembers()).isEqualTo(1);
    Calls.write(second[1], 1);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 2, 1));
    assertThat(descriptors.reports().unknownMembers()).isEqualTo(1);
    EventSetSuite.fails(Errno.EEXIST, () -> descriptors.add(member, EPOLLIN, 3));
    Calls.close(member);
  }

  @Test
  void numberOfAnotherFile_changedOrTakenOut_isNoMember() throws Exception {
    int member = Calls.dup(first[0]);
    descriptors.add(member, EPOLLIN, 1);
    Calls.dup2(second[0], member);
    EventSetSuite.fails(Errno.ENOENT, () -> descriptors.modify(member, EPOLLIN, 1));
    EventSetSuite.fails(Errno.ENOENT, () -> descriptors.remove(member));
    assertThat(descriptors.size()).isZero();
    // What had left comes back under its number: the kernel knows it still.
    Calls.dup2(first[0], member);
    descriptors.add(member, EPOLLIN, 4);
    Calls.write(first[1], 1);
    assertThat(descriptors.take(9)).containsExactly(new Event(EPOLLIN, 4, 1));
    Calls.close(member);
  }

  /** The set is made anew meanwhile: who is switched off stays so, and the others are reported. */
  @Test
  void otherMembers_areNotDisturbed() throws Exception {
    int gone = Calls.dup(first[0]);
    int[] shot = Calls.pipe();
    descriptors.add(gone, EPOLLIN, 1);
    descriptors.add(shot[0], EPOLLIN | EPOLLONESHOT, 2);
    descriptors.add(second[0], EPOLLIN, 3);
    Calls.write(shot[1], 1);
    assertThat(descriptors.take(9)).hasSize(1);
    Calls.close(gone);
    Calls.write(first[1], 1);
    assertThat(descriptors.take(9)).isEmpty();
    Calls.write(second[1], 1);
    List<Event> events = descriptors.take(9);
    assertThat(events).containsExactly(new Event(EPOLLIN, 3, 1));
    EventSetSuite.fails(Errno.EEXIST, () -> descriptors.add(shot[0], EPOLLIN, 5));
    descriptors.modify(shot[0], EPOLLIN, 4);
    assertThat(descriptors.take(9)).contains(new Event(EPOLLIN, 4, 1)).hasSize(2);
    descriptors.remove(shot[0]);
    Calls.close(shot[0]);
    Calls.close(shot[1]);
  }
}

package dev.coterie.check.suite;

import static dev.coterie.api.EventMask.EPOLLERR;
import static dev.coterie.api.EventMask.EPOLLHUP;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;
import static dev.coterie.api.OpenFlags.O_NONBLOCK;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Mode;
import dev.coterie.api.Notifications;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Notifications of FIFOs of the tree. What the kernel says is held against it elsewhere. */
interface FifoNotificationChecks extends Checks {
  /** Both ends of a FIFO, without waiting. */
  record Fifo(long in, long out) {
    static Fifo of(Actor one) throws ErrnoException {
      one.mknod("/p", Mode.S_IFIFO | 0644, 0);
      long in = one.open("/p", O_RDONLY | O_NONBLOCK);
      return new Fifo(in, one.open("/p", O_WRONLY | O_NONBLOCK));
    }
  }

  private static Notifications notifications(Actor one) throws ErrnoException {
    return Notifications.open(one.service(), one.caller());
  }

  @Test
  default void notifications_areOneForEachWriteAndDrain() throws Exception {
    Actor one = root();
    Fifo fifo = Fifo.of(one);
    try (Notifications told = notifications(one)) {
      told.on(fifo.in, EPOLLIN, -7);
      for (int i = 0; i < 1_000; i++) {
        one.writeNext(fifo.out, "x");
        assertThat(told.take()).containsExactly(new Event(EPOLLIN, -7, 1));
        assertThat(told.poll()).isEmpty();
        assertThat(one.readNext(fifo.in, 9)).isEqualTo("x");
        assertThat(told.poll()).isEmpty();
      }
    }
  }

  /** As a queued signal is, a notification is kept although nothing is to be read any more. */
  @Test
  default void notifications_thatNobodyTook_areCounted() throws Exception {
    Actor one = root();
    Fifo fifo = Fifo.of(one);
    try (Notifications told = notifications(one)) {
      told.on(fifo.in, EPOLLIN, 7);
      for (int i = 0; i < 1_000; i++) {
        one.writeNext(fifo.out, "x");
        assertThat(one.readNext(fifo.in, 9)).isEqualTo("x");
      }
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1_000));
      assertThat(told.poll()).isEmpty();
      one.writeNext(fifo.out, "x");
      one.writeNext(fifo.out, "y"); // again, without having been read
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 2));
    }
  }

  @Test
  default void notifications_ofWhatIsReadyAlready_areNone() throws Exception {
    Actor one = root();
    Fifo fifo = Fifo.of(one);
    one.writeNext(fifo.out, "x");
    try (Notifications told = notifications(one)) {
      told.on(fifo.in, EPOLLIN, 7);
      told.on(fifo.out, EPOLLOUT, 8);
      assertThat(told.poll()).isEmpty();
      one.writeNext(fifo.out, "y");
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN, 7, 1));
    }
  }

  @Test
  default void notifications_ofAHangUp_areOneForEach() throws Exception {
    Actor one = root();
    Fifo fifo = Fifo.of(one);
    long further = one.open("/p", O_WRONLY | O_NONBLOCK);
    try (Notifications told = notifications(one)) {
      told.on(fifo.in, EPOLLIN, 7);
      one.close(further);
      assertThat(told.poll()).isEmpty();
      one.close(fifo.out);
      assertThat(told.poll()).containsExactly(new Event(EPOLLHUP, 7, 1));
      told.on(fifo.in, EPOLLIN, 8); // changed: it was told of the hang-up
      assertThat(told.poll()).isEmpty();
      long again = one.open("/p", O_WRONLY | O_NONBLOCK);
      assertThat(told.poll()).isEmpty();
      one.writeNext(again, "x");
      one.close(again);
      assertThat(told.poll()).containsExactly(new Event(EPOLLIN | EPOLLHUP, 8, 2));
    }
  }

  @Test
  default void notifications_ofRoomToWrite_andOfNobodyWhoReads() throws Exception {
    Actor one = root();
    Fifo fifo = Fifo.of(one);
    try (Notifications told = notifications(one)) {
      told.on(fifo.out, EPOLLOUT, 7);
      String all = "x".repeat(65_536);
      for (int i = 0; i < 3; i++) {
        assertThat(one.writeNext(fifo.out, all).count()).isEqualTo(65_536);
        assertThat(told.poll()).isEmpty();
        for (int left = 65_536; left > 0; ) {
          left -= one.readNext(fifo.in, 65_536).length();
        }
        List<Event> events = told.poll();
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().mask()).isEqualTo(EPOLLOUT);
      }
      one.close(fifo.in);
      assertThat(told.poll()).containsExactly(new Event(EPOLLERR, 7, 1));
    }
  }
}

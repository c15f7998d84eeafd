package dev.coterie.client;

import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Event;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.wire.EventReply;
import dev.coterie.wire.EventRequest;
import dev.coterie.wire.P9;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operations of event sets: the message that each is, and what is made of its answer. */
@Timeout(120)
class EventOperationsTest extends Exchanges {
  EventOperationsTest(@TempDir Path dir) throws Exception {
    super(dir);
  }

  @Test
  void eventSets_goOver() throws Exception {
    Operation.Opened set =
        answer(
            new Operation.Evset(),
            new EventRequest.Tevset(1, P9.EVSET_SET, 0, 0),
            new EventReply.Revset(stat(9), OpenFlags.O_RDWR));
    assertThat(set.stat()).isEqualTo(stat(9));
    assertThat(set.flags()).isEqualTo(OpenFlags.O_RDWR);
    int flags = Operation.Eventfd.EFD_SEMAPHORE | OpenFlags.O_NONBLOCK;
    Operation.Opened counter =
        answer(
            new Operation.Eventfd(7, flags),
            new EventRequest.Tevset(2, P9.EVSET_COUNTER, flags, 7),
            new EventReply.Revset(stat(9), OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK));
    Operation.Opened lock =
        answer(
            new Operation.Evlock(
                counter.handle(),
                new RangeLock(RangeLock.Kind.FLOCK, RangeLock.Type.WRITE, 3, 4, 5)),
            new EventRequest.Tevlock(3, 2, P9.LOCK_KIND_FLOCK, P9.LOCK_TYPE_WRLCK, 3, 4, 5),
            new EventReply.Revlock(stat(9), OpenFlags.O_RDWR));
    assertThat(lock.flags()).isEqualTo(OpenFlags.O_RDWR);
    answer(
        new Operation.Evctl(set.handle(), Operation.Control.MOD, counter.handle(), 5, -6),
        new EventRequest.Tevctl(1, 3, 2, 5, -6),
        new EventReply.Revctl());
    List<Event> events = List.of(new Event(5, -6, 2), new Event(1, 3, 0));
    assertThat(
            answer(
                new Operation.Evwait(set.handle(), 8, -1),
                new EventRequest.Tevwait(1, 8, -1),
                new EventReply.Revwait(events)))
        .isEqualTo(events);
  }
}

package dev.coterie.gates.fuse;

import static dev.coterie.api.EventMask.EPOLLIN;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often the kernel is told of a polled file, whoever finds first that it has changed. */
@Timeout(180)
class PollsTest {
  private static final long HANDLE = 11;
  private static final long NODE = 12;
  private static final long KH = 13;

  /** A leader whose sets report what the test has them report. */
  private static final class Sets implements FileService {
    final AtomicInteger sets = new AtomicInteger();
    final Map<Long, Long> watched = new ConcurrentHashMap<>(); // data of the member of each set

    /** Of the set of the mount; taken by who waits for it. */
    final SynchronousQueue<List<Event>> reports = new SynchronousQueue<>();

    @Override
    @SuppressWarnings("unchecked") // what each operation answers
    public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
      assertThat(operation).isInstanceOf(Operation.Evwait.class);
      try {
        return (R) reports.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ErrnoException(Errno.EINTR, operation.label()); // or it would ask for ever
      }
    }

    @Override
    @SuppressWarnings("unchecked") // what each operation answers
    public <R> Ticket submit(Caller caller, Operation<R> operation, Completion<? super R> then) {
      Object answer =
          switch (operation) {
            case Operation.Evset _ ->
                new Opened(100 + sets.incrementAndGet(), stat(), OpenFlags.O_RDWR);
            case Operation.Evctl(var set, _, _, _, var data) -> {
              watched.put(set, data);
              yield Done.DONE;
            }
            case Operation.Evwait _ -> List.of();
            default -> Done.DONE;
          };
      then.done((R) answer);
      return Ticket.DONE;
    }

    private static Stat stat() {
      Timestamp time = new Timestamp(0, 0);
      return new Stat(
          new InodeId(1, 1), 0100600, 1, 0, 0, 0, 0, 4096, 0, time, time, time, time, 0);
    }

    /** What it is watched with now. */
    long ofTheFile() {
      return requireNonNull(watched.get(101L));
    }

    /** Has the set of the mount report the file as it is watched now, and that dealt with. */
    void report() throws InterruptedException {
      long data = ofTheFile();
      reports.put(List.of(new Event(EPOLLIN, data, 1)));
      reports.put(List.of()); // who takes this has done with the one before
    }

    @Override
    public void close() {}
  }

  private final Sets sets = new Sets();
  private final List<Long> told = new ArrayList<>(); // guarded by itself
  private Polls polls;
  private Polls.File file;

  @BeforeEach
  void poll() {
    polls = new Polls(new Requests(sets, new NodeTable(new InodeId(1, 1))));
    file = polls.file(HANDLE, NODE, KH, this::tell);
    look();
  }

  @AfterEach
  void end() {
    polls.end();
  }

  private void tell(long kh) {
    synchronized (told) {
      told.add(kh);
    }
  }

  private int told() {
    synchronized (told) {
      return told.size();
    }
  }

  private void look() {
    assertThat(file.look(EPOLLIN)).isCompletedWithValue(0);
  }

  @Test
  void change_isToldOnce_thoughTheSetReportsItAfterwards() throws Exception {
    Polls.Seen before = polls.seen(NODE);
    polls.changed(NODE, EPOLLIN, before);
    assertThat(told()).isEqualTo(1);
    sets.report();
    assertThat(told()).isEqualTo(1);
  }

  @Test
  void change_isToldOnce_thoughTheSetHasReportedItMeanwhile() throws Exception {
    Polls.Seen before = polls.seen(NODE);
    sets.report();
    assertThat(told()).isEqualTo(1);
    polls.changed(NODE, EPOLLIN, before);
    assertThat(told()).isEqualTo(1);
  }

  @Test
  void reportOfTheTimeBeforeALook_isDropped() throws Exception {
    long old = sets.ofTheFile();
    sets.report();
    look();
    assertThat(sets.ofTheFile()).isNotEqualTo(old);
    sets.reports.put(List.of(new Event(EPOLLIN, old, 1)));
    sets.reports.put(List.of());
    assertThat(told()).isEqualTo(1);
    sets.report();
    assertThat(told()).isEqualTo(2);
  }

  @Test
  void eachChangeByThisMount_isTold_andWhatComesAfterALook() throws Exception {
    polls.changed(NODE, EPOLLIN, polls.seen(NODE));
    polls.changed(NODE, EPOLLIN, polls.seen(NODE));
    assertThat(told()).isEqualTo(2);
    look();
    sets.report();
    assertThat(told()).isEqualTo(3);
  }
}

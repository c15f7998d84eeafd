package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A pair of queues shared with the kernel, of the one thread that made it: what is asked for goes
 * into one, what came of it is in the other.
 *
 * <pre>
 *   this thread                                                the kernel, within {@link #enter}
 *
 *   puts an entry, tail + 1  ──►  [ submissions, 128 bytes ]  ──►  takes it, head + 1
 *   takes it, head + 1       ◄──  [ completions, 16 bytes  ]  ◄──  puts one, tail + 1
 * </pre>
 *
 * The numbers run on and wrap; the place in a queue is the number modulo its size. Whoever puts
 * writes the entry first and its tail with release order; whoever takes reads the other's tail with
 * acquire order first, and frees the place by its head with release order.
 *
 * <pre>
 *  completion   0            8       12      16
 *              +------------+-------+-------+
 *              | user_data  | res   | flags |      res: a result, or a negative errno
 *              +------------+-------+-------+
 * </pre>
 *
 * <p>The kernel works on it only while the thread is in {@link #enter}
 * (IORING_SETUP_DEFER_TASKRUN), so a completion never interrupts anything, and no other thread may
 * enter (IORING_SETUP_SINGLE_ISSUER). To wake the thread, a read of an {@link EventCounter} is
 * among the submissions. Source: io_uring(7), io_uring_setup(2), io_uring_enter(2).
 */
public final class IoUring implements AutoCloseable {
  /**
   * {@code struct io_uring_params}.
   *
   * <pre>
   *   0            4            8       12                20         24             40
   *  +------------+------------+-------+-----------------+----------+--------------+
   *  | sq_entries | cq_entries | flags |                 | features |              |
   *  +------------+------------+-------+-----------------+----------+--------------+
   *   40     44     48     52        56                      80     84     88     92                   120
   *  +------+------+------+---------+-----------------------+------+------+------+-------------------+
   *  | head | tail | mask | entries |  of the submissions   | head | tail | mask | ... cqes at 100   |
   *  +------+------+------+---------+-----------------------+------+------+------+-------------------+
   * </pre>
   *
   * From 40 on: where the fields are in the memory that is mapped.
   */
  private static final int PARAMS_BYTES = 120;

  private static final int PARAMS_SQ_ENTRIES = 0;
  private static final int PARAMS_CQ_ENTRIES = 4;
  private static final int PARAMS_FLAGS = 8;
  private static final int PARAMS_FEATURES = 20;
  private static final int PARAMS_SQ_HEAD = 40;
  private static final int PARAMS_SQ_TAIL = 44;
  private static final int PARAMS_CQ_HEAD = 80;
  private static final int PARAMS_CQ_TAIL = 84;
  private static final int PARAMS_CQES = 100;

  private static final int SETUP_CQSIZE = 1 << 3;
  private static final int SETUP_SUBMIT_ALL = 1 << 7;
  private static final int SETUP_SQE128 = 1 << 10;
  private static final int SETUP_SINGLE_ISSUER = 1 << 12;
  private static final int SETUP_DEFER_TASKRUN = 1 << 13;

  /** Submissions are taken in the order of their places; since Linux 6.6. */
  private static final int SETUP_NO_SQARRAY = 1 << 16;

  private static final int FEAT_SINGLE_MMAP = 1;
  private static final int ENTER_GETEVENTS = 1;

  private static final long OFF_RINGS = 0;
  private static final long OFF_SUBMISSIONS = 0x10000000L;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED_POPULATE = 0x8001;
  private static final int COMPLETION_BYTES = 16;

  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  private final int fd;
  private final MemorySegment rings;
  private final MemorySegment submissions;
  private final long submissionHead; // where it is in rings; so are the next four
  private final long submissionTail;
  private final long completionHead;
  private final long completionTail;
  private final long completions;
  private final int submissionsMost;
  private final int completionMask;
  private int nextSubmission; // of the thread: the number of the place that is free
  private int nextCompletion; // of the thread: the number of the one to be looked at
  private int unsubmitted; // of the thread

  private IoUring(int fd, MemorySegment params) throws ErrnoException {
    this.fd = fd;
    this.submissionsMost = params.get(JAVA_INT, PARAMS_SQ_ENTRIES);
    int completionsMost = params.get(JAVA_INT, PARAMS_CQ_ENTRIES);
    this.completionMask = completionsMost - 1;
    this.submissionHead = params.get(JAVA_INT, PARAMS_SQ_HEAD);
    this.submissionTail = params.get(JAVA_INT, PARAMS_SQ_TAIL);
    this.completionHead = params.get(JAVA_INT, PARAMS_CQ_HEAD);
    this.completionTail = params.get(JAVA_INT, PARAMS_CQ_TAIL);
    this.completions = params.get(JAVA_INT, PARAMS_CQES);
    long ringBytes = completions + (long) completionsMost * COMPLETION_BYTES;
    long submissionBytes = (long) submissionsMost * SubmissionEntry.BYTES;
    this.rings = UringCalls.mmap(ringBytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, OFF_RINGS);
    try {
      this.submissions =
          UringCalls.mmap(
              submissionBytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, OFF_SUBMISSIONS);
    } catch (ErrnoException e) {
      UringCalls.munmap(rings);
      throw e;
    }
    this.nextSubmission = (int) INT.getAcquire(rings, submissionTail);
    this.nextCompletion = (int) INT.getAcquire(rings, completionHead);
  }

  /**
   * Makes one for the calling thread; sizes are powers of two.
   *
   * @param submissions that can be put before {@link #enter} takes them
   * @param completions that can wait to be looked at: at least as many as can be under way
   * @throws ErrnoException ENOSYS, EINVAL the kernel does not have it, or not all of it · EPERM it
   *     is turned off (kernel.io_uring_disabled) · ENOMEM, EMFILE
   */
  public static IoUring open(int submissions, int completions) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = arena.allocate(PARAMS_BYTES, Long.BYTES);
      params.set(
          JAVA_INT,
          PARAMS_FLAGS,
          SETUP_CQSIZE
              | SETUP_SUBMIT_ALL
              | SETUP_SQE128
              | SETUP_SINGLE_ISSUER
              | SETUP_DEFER_TASKRUN
              | SETUP_NO_SQARRAY);
      params.set(JAVA_INT, PARAMS_CQ_ENTRIES, completions);
      int fd = UringCalls.setup(submissions, params);
      try {
        if ((params.get(JAVA_INT, PARAMS_FEATURES) & FEAT_SINGLE_MMAP) == 0) {
          throw new ErrnoException(Errno.ENOSYS, "io_uring_setup");
        }
        return new IoUring(fd, params);
      } catch (ErrnoException e) {
        UringCalls.close(fd);
        throw e;
      }
    }
  }

  /**
   * A place for a submission, which is part of the next {@link #enter}: to be filled at once.
   *
   * @throws ErrnoException of {@link #enter}, which is called when there is no place left
   */
  public MemorySegment submission() throws ErrnoException {
    while (nextSubmission - (int) INT.getAcquire(rings, submissionHead) == submissionsMost) {
      enter(0);
    }
    long place = nextSubmission & submissionsMost - 1;
    nextSubmission++;
    unsubmitted++;
    return submissions.asSlice(place * SubmissionEntry.BYTES, SubmissionEntry.BYTES);
  }

  /** Puts a read of a counter, to be woken by it. */
  public void read(EventCounter counter, long userData) throws ErrnoException {
    SubmissionEntry.putRead(submission(), counter.fd(), counter.buffer(), userData);
  }

  /**
   * Has the kernel take all submissions, and do what it has to do on this thread.
   *
   * @param waitFor returns when so many completions are there, or when interrupted
   * @throws ErrnoException the queues are of no use any more
   */
  public void enter(int waitFor) throws ErrnoException {
    INT.setRelease(rings, submissionTail, nextSubmission);
    try {
      unsubmitted -= UringCalls.enter(fd, unsubmitted, waitFor, ENTER_GETEVENTS);
    } catch (ErrnoException e) {
      switch (e.errno()) {
        // Of the submissions none was taken; what keeps them off may pass.
        case EINTR, EAGAIN, EBUSY -> {}
        default -> throw e;
      }
    }
  }

  /** Whether there is a completion to be looked at. */
  public boolean hasCompletion() {
    return nextCompletion != (int) INT.getAcquire(rings, completionTail);
  }

  /** Of the completion that comes next: what its submission said. */
  public long userData() {
    return rings.get(JAVA_LONG, completion());
  }

  /** Of the completion that comes next: what came of it, or a negative errno. */
  public int result() {
    return rings.get(JAVA_INT, completion() + 8);
  }

  /** Goes on to the completion after that. */
  public void seen() {
    nextCompletion++;
    INT.setRelease(rings, completionHead, nextCompletion);
  }

  private long completion() {
    return completions + (long) (nextCompletion & completionMask) * COMPLETION_BYTES;
  }

  /** Gives everything up that is under way. By the thread that made it. */
  @Override
  public void close() {
    UringCalls.munmap(submissions);
    UringCalls.munmap(rings);
    UringCalls.close(fd);
  }
}

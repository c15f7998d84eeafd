package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.Pieces;
import dev.coterie.api.Ticket;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and the room for its reply. Made once and used again and again: a request costs no
 * buffer.
 *
 * <p>The request's bytes stay as they are until it is answered, except that text and data may lie
 * where the body of the reply is put: what is needed of them is taken before that.
 */
@SuppressWarnings("ReferenceEquality") // a thread equals none but itself
public abstract class Exchange {
  private static final System.Logger LOG = System.getLogger(Exchange.class.getName());

  // Where an exchange is between being received and being free again.
  private static final int WITH_READER = 0;
  private static final int LEFT_BY_READER = 1;
  private static final int OVER = 2;

  private final Dispatcher dispatcher;
  private final MemorySegment header;
  private final MemorySegment rest;
  private final ByteBuffer restBytes;
  private final MemorySegment answer;
  private final ByteBuffer answerBytes;
  private final AtomicInteger state = new AtomicInteger(OVER);

  // The numbers of the body up to `split` are in the header, all else in the rest. Written by the
  // reader before it hands the request on, as the next four.
  private int split;
  private int restEnd;
  private long unique;
  private @Nullable Opcode opcode;
  private long began; // System.nanoTime
  private @Nullable RequestEvent event; // null: nobody records
  private volatile @Nullable Thread reader; // atomic; null: it has gone on
  private volatile @Nullable Parked parked; // what an interrupt cancels
  private long signalledFor; // of the watch; unique of the request it has last interrupted
  private volatile long interruptFor; // atomic; unique of the request that was last interrupted

  /** The request that waits, by number: by the time of an interrupt another may be served here. */
  private record Parked(long unique, Ticket ticket) {}

  /**
   * @param header where an {@link InHeader} will be, and from {@link #headOffset} on some of the
   *     body
   * @param rest where the rest of the body will be
   * @param answer where the body of the reply is put
   */
  Exchange(Dispatcher dispatcher, MemorySegment header, MemorySegment rest, MemorySegment answer) {
    this.dispatcher = dispatcher;
    this.header = header;
    this.rest = rest;
    this.restBytes = rest.asByteBuffer();
    this.answer = answer;
    this.answerBytes = answer.asByteBuffer();
  }

  // ---- the way it came ----

  /** Where in the header's segment the body begins, if any of it is there. */
  abstract int headOffset();

  /** From here on an interrupt is to find it. */
  abstract void waits(long number);

  /** It was to be found, and need not be any more. */
  abstract void waitsNoMore(long number);

  /** Whether others receive what comes while the thread that received this one waits. */
  abstract boolean othersReceive();

  /**
   * Gives the kernel the answer, with so many bytes of the body; or leaves that to who receives, by
   * {@link #release}.
   *
   * @return false: it was not taken
   */
  abstract boolean reply(int bodyLength, int error);

  /** It is over, by another thread than the one that received it, which has gone on. */
  abstract void release();

  // ---- the reader's side ----

  /**
   * Begins with a request that has been received.
   *
   * @param inHeader bytes of the body that are in the header's segment
   * @param inRest bytes that are in the rest
   */
  final void begin(int inHeader, int inRest) {
    split = inHeader;
    restEnd = inRest;
    reader = Thread.currentThread();
    unique = InHeader.unique(header);
    opcode = Opcode.of(InHeader.opcode(header));
    began = System.nanoTime();
    event = null;
    if (RequestEvent.isRecorded()) {
      event = new RequestEvent();
      event.begin();
    }
    parked = null;
    state.set(WITH_READER);
  }

  /** The reader goes on; true if the exchange is over, so that it can be used for the next one. */
  final boolean leave() {
    reader = null;
    return !state.compareAndSet(WITH_READER, LEFT_BY_READER);
  }

  // ---- the request ----

  /** Null: an opcode this program does not know. */
  public final @Nullable Opcode opcode() {
    return opcode;
  }

  public final long unique() {
    return unique;
  }

  public final long nodeId() {
    return InHeader.nodeId(header);
  }

  public final int uid() {
    return InHeader.uid(header);
  }

  public final int gid() {
    return InHeader.gid(header);
  }

  public final int pid() {
    return InHeader.pid(header);
  }

  /** The header, and of an INIT what follows. */
  public final MemorySegment request() {
    return header;
  }

  /** A number of the body; {@code at} counts from behind the header. */
  public final int int32(int at) {
    return at < split
        ? header.get(JAVA_INT, headOffset() + (long) at)
        : rest.get(JAVA_INT, (long) at - split);
  }

  public final long int64(int at) {
    return at < split
        ? header.get(JAVA_LONG, headOffset() + (long) at)
        : rest.get(JAVA_LONG, (long) at - split);
  }

  /** The bytes of a NUL-terminated text of the body, without the NUL. */
  public final byte[] text(int at) {
    int start = inRest(at);
    int end = start;
    while (end < restEnd && rest.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    byte[] text = new byte[end - start];
    MemorySegment.copy(rest, JAVA_BYTE, start, text, 0, text.length);
    return text;
  }

  /** A NUL-terminated name of the body. */
  public final Name name(int at) {
    return Name.wrap(text(at));
  }

  /** Data of the body, cut off where the request ends. */
  public final ByteBuffer data(int at, int count) {
    int start = inRest(at);
    return restBytes.slice(start, Math.clamp(count, 0, restEnd - start));
  }

  private int inRest(int at) {
    return Math.clamp((long) at - split, 0, restEnd);
  }

  // ---- waiting and interruption ----

  /**
   * Whether this thread may wait for what others do: it is the one that received the request, and
   * there are others to receive what comes meanwhile.
   */
  public final boolean mayWait() {
    return reader == Thread.currentThread() && othersReceive();
  }

  /**
   * What is to be cancelled when the one who asked does not want to wait any more. The exchange may
   * be over by now, and even serve another request.
   *
   * @param number of the request for which it was submitted
   */
  public final void waitsFor(long number, Ticket submitted) {
    if (submitted.equals(Ticket.DONE)) {
      return;
    }
    parked = new Parked(number, submitted);
    waits(number);
    if (interruptFor == number) {
      submitted.cancel();
    }
  }

  /**
   * The one who asked for that request does not want to wait any more. Either this finds what it
   * waits for, or {@link #waitsFor} finds the interrupt.
   */
  final void interrupt(long target) {
    interruptFor = target;
    Parked waiting = parked;
    if (waiting != null && waiting.unique() == target) {
      waiting.ticket().cancel();
    }
  }

  /** As an interrupt, if whoever has waited for long turns out to have been signalled. */
  final void lookForSignal() {
    Parked waiting = parked;
    if (waiting != null
        && isAtWorkOn(waiting.unique())
        && signalledFor != waiting.unique()
        && System.nanoTime() - began > Watch.LONG_NANOS
        && Watch.isSignalled(pid())) {
      signalledFor = waiting.unique();
      dispatcher.interrupt(signalledFor);
    }
  }

  final boolean isAtWorkOn(long number) {
    return unique == number && !isOver();
  }

  /** Whether it has been answered. */
  public final boolean isOver() {
    return state.get() == OVER;
  }

  // ---- the answer ----

  /** Room for the body of the reply. */
  public final MemorySegment body() {
    return answer;
  }

  /** Room for data as the body of the reply. */
  public final ByteBuffer dataBody(int count) {
    return answerBytes.slice(0, Math.clamp(count, 0, answerBytes.capacity()));
  }

  /**
   * Answers with so many bytes of the body.
   *
   * @return false: nobody waits for it any more, and the kernel takes no note of what it says
   */
  public final boolean answer(int bodyLength) {
    boolean taken = reply(bodyLength, 0);
    over(0);
    return taken;
  }

  /** Where data for the reply may be put instead of the body; null: only there. */
  public @Nullable Pieces pieces() {
    return null;
  }

  /** Whether the reply has been sent from pieces. */
  boolean isSent() {
    return false;
  }

  /**
   * Answers with data that were read into the body, or sent from pieces.
   *
   * @param count bytes, if they are in the body
   */
  public final void answerData(int count) {
    if (isSent()) {
      over(0);
    } else {
      answer(count);
    }
  }

  public final void answerError(Errno errno) {
    reply(0, -errno.number());
    over(errno.number());
  }

  /** Ends a request that has no reply. */
  public final void end() {
    over(0);
  }

  /**
   * Has the kernel forget the attributes and access control lists it knows of the request's inode,
   * and not keep what this request is answered afterwards.
   */
  public final void forgetAttributes() {
    try {
      Notifications.forgetAttributes(dispatcher.kernel(), nodeId());
    } catch (ErrnoException e) {
      // ENOENT, ENODEV: the kernel knows no such inode, or the mount has ended.
      LOG.log(System.Logger.Level.DEBUG, "notification for {0}: {1}", this, e.getMessage());
    }
  }

  /** Has those look again who poll an open file of this mount, by what the kernel calls it. */
  public final LongConsumer wakesPolled() {
    return dispatcher::wakePolled;
  }

  private void over(int errno) {
    dispatcher.meters().count(opcode, System.nanoTime() - began, errno != 0);
    if (event != null) {
      event.operation = opcode == null ? "unknown" : opcode.label();
      event.node = nodeId();
      event.error = errno;
      event.commit();
    }
    long number = unique;
    int before = state.getAndSet(OVER);
    // Only now: who is about to have it found sees that it is over, or is seen here.
    if (parked != null) {
      waitsNoMore(number);
    }
    assert before != OVER : "answered twice: " + opcode;
    if (before == LEFT_BY_READER) {
      release();
    }
  }

  @Override
  public final String toString() {
    return (opcode == null ? "an unknown opcode" : opcode.label()) + " " + unique;
  }
}

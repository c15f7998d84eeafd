package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.Ticket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One request and the room for its reply. Made once and used again and again: a request costs no
 * buffer. The request's bytes stay as they are until it is answered.
 */
public final class Exchange {
  /** Room for the largest data and for the headers in front of it, page by page. */
  private static final int HEADERS_BYTES = 4096;

  private static final int PAGE_BYTES = 4096;

  /** Source: linux/fuse.h, FUSE_NOTIFY_INVAL_INODE: {@code nodeid[8] offset[8] length[8]}. */
  private static final int NOTIFY_INVAL_INODE = 2;

  /** A negative offset: attributes only. */
  private static final long NO_PAGES = -1;

  // Where an exchange is between being received and being free again.
  private static final int WITH_READER = 0;
  private static final int LEFT_BY_READER = 1;
  private static final int OVER = 2;

  private final Server server;
  private final MemorySegment in;
  private final MemorySegment out;
  private final ByteBuffer inBytes;
  private final ByteBuffer outBytes;
  private final AtomicInteger state = new AtomicInteger();
  private int length; // of the request; written by the reader before it hands the request on
  private long unique; // as length
  private @Nullable Opcode opcode; // as length
  private long began; // as length; System.nanoTime
  private @Nullable RequestEvent event; // as length; null: nobody records
  private volatile @Nullable Parked parked; // what an interrupt cancels
  private volatile long interruptFor; // atomic; unique of the request that was last interrupted

  /** The request that waits, by number: by the time of an interrupt another may be served here. */
  private record Parked(long unique, Ticket ticket) {}

  Exchange(Server server, int dataBytes) {
    this.server = server;
    Arena arena = Arena.ofAuto();
    this.in = arena.allocate((long) HEADERS_BYTES + dataBytes, PAGE_BYTES);
    this.out = arena.allocate((long) HEADERS_BYTES + dataBytes, PAGE_BYTES);
    this.inBytes = in.asByteBuffer();
    this.outBytes = out.asByteBuffer();
  }

  // ---- the reader's side ----

  MemorySegment buffer() {
    return in;
  }

  /** Begins with a request that has been received. */
  void begin(int received) {
    length = received;
    unique = InHeader.unique(in);
    opcode = Opcode.of(InHeader.opcode(in));
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
  boolean leave() {
    return !state.compareAndSet(WITH_READER, LEFT_BY_READER);
  }

  // ---- the request ----

  /** Null: an opcode this program does not know. */
  public @Nullable Opcode opcode() {
    return opcode;
  }

  public long unique() {
    return unique;
  }

  public long nodeId() {
    return InHeader.nodeId(in);
  }

  public int uid() {
    return InHeader.uid(in);
  }

  public int gid() {
    return InHeader.gid(in);
  }

  public int pid() {
    return InHeader.pid(in);
  }

  /** The whole request, as received. */
  public MemorySegment request() {
    return in;
  }

  /** A number of the body; {@code at} counts from behind the header. */
  public int int32(int at) {
    return in.get(JAVA_INT, InHeader.BYTES + (long) at);
  }

  public long int64(int at) {
    return in.get(JAVA_LONG, InHeader.BYTES + (long) at);
  }

  /** The bytes of a NUL-terminated text of the body, without the NUL. */
  public byte[] text(int at) {
    int start = InHeader.BYTES + at;
    int end = start;
    while (end < length && in.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    byte[] text = new byte[Math.max(0, end - start)];
    MemorySegment.copy(in, JAVA_BYTE, start, text, 0, text.length);
    return text;
  }

  /** A NUL-terminated name of the body. */
  public Name name(int at) {
    return Name.wrap(text(at));
  }

  /** Data of the body, cut off where the request ends. */
  public ByteBuffer data(int at, int count) {
    int start = Math.min(InHeader.BYTES + at, length);
    return inBytes.slice(start, Math.clamp(count, 0, length - start));
  }

  // ---- interruption ----

  /**
   * What is to be cancelled when the one who asked does not want to wait any more. The exchange may
   * be over by now, and even serve another request.
   *
   * @param number of the request for which it was submitted
   */
  public void waitsFor(long number, Ticket submitted) {
    if (submitted.equals(Ticket.DONE)) {
      return;
    }
    parked = new Parked(number, submitted);
    server.keep(number, this);
    if (interruptFor == number) {
      submitted.cancel();
    }
  }

  /**
   * The one who asked for that request does not want to wait any more. Either this finds what it
   * waits for, or {@link #waitsFor} finds the interrupt.
   */
  void interrupt(long target) {
    interruptFor = target;
    Parked waiting = parked;
    if (waiting != null && waiting.unique() == target) {
      waiting.ticket().cancel();
    }
  }

  boolean isAtWorkOn(long number) {
    return unique == number && !isOver();
  }

  /** Whether it has been answered. */
  public boolean isOver() {
    return state.get() == OVER;
  }

  // ---- the answer ----

  /** Room for the body of the reply. */
  public MemorySegment body() {
    return out.asSlice(OutHeader.BYTES);
  }

  /** Room for data as the body of the reply. */
  public ByteBuffer dataBody(int count) {
    return outBytes.slice(
        OutHeader.BYTES, Math.clamp(count, 0, outBytes.capacity() - OutHeader.BYTES));
  }

  /**
   * Answers with so many bytes of the body.
   *
   * @return false: nobody waits for it any more, and the kernel takes no note of what it says
   */
  public boolean answer(int bodyLength) {
    return send(OutHeader.BYTES + bodyLength, 0);
  }

  public void answerError(Errno errno) {
    send(OutHeader.BYTES, -errno.number());
  }

  /** Ends a request that has no reply. */
  public void end() {
    over(0);
  }

  /**
   * Has the kernel forget the attributes and access control lists it knows of the request's inode,
   * and not keep what this request is answered. Before the answer, as it uses the same room.
   *
   * <p>Unlike other notifications this one, which names no pages, waits for nobody.
   */
  public void forgetAttributes() {
    MemorySegment body = body();
    body.set(JAVA_LONG, 0, nodeId());
    body.set(JAVA_LONG, 8, NO_PAGES);
    body.set(JAVA_LONG, 16, 0);
    int notification = OutHeader.BYTES + 3 * Long.BYTES;
    OutHeader.put(out, notification, NOTIFY_INVAL_INODE, 0);
    try {
      server.kernel().send(out, notification);
    } catch (ErrnoException e) {
      server.replyFailed(this, e);
    }
  }

  private boolean send(int replyLength, int error) {
    OutHeader.put(out, replyLength, error, unique);
    if (parked != null) {
      server.forget(unique, this);
    }
    boolean accepted = true;
    try {
      server.kernel().send(out, replyLength);
    } catch (ErrnoException e) {
      accepted = false;
      server.replyFailed(this, e);
    }
    over(error);
    return accepted;
  }

  private void over(int error) {
    server.meters().count(opcode, System.nanoTime() - began, error != 0);
    if (event != null) {
      event.operation = opcode == null ? "unknown" : opcode.label();
      event.node = nodeId();
      event.error = -error;
      event.commit();
    }
    int before = state.getAndSet(OVER);
    assert before != OVER : "answered twice: " + opcode;
    if (before == LEFT_BY_READER) {
      server.free(this);
    }
  }

  @Override
  public String toString() {
    return (opcode == null ? "opcode " + InHeader.opcode(in) : opcode.label()) + " " + unique;
  }
}

package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.Pages;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A request that came over a ring, in memory the kernel writes it to and takes its reply from. What
 * the kernel calls an entry of the queue.
 */
final class RingExchange extends Exchange {
  /** A {@link RingHeader}, and behind it what names the two pieces of memory at registration. */
  private static final int HEADER_STRIDE = 512;

  private static final int BUFFERS_OFFSET = 384;

  private final RingQueue queue;

  /** By which a completion names it. */
  final int index;

  private final MemorySegment header;
  private final MemorySegment buffers;

  /** The next one in the queue's {@link Mailbox}; of who has put it there. */
  @Nullable RingExchange next;

  /** Makes some whose memory lies together. */
  static RingExchange[] make(RingQueue queue, int from, int count, int payloadBytes)
      throws ErrnoException {
    MemorySegment headers = Pages.allocate((long) count * HEADER_STRIDE);
    MemorySegment payloads = Pages.allocate((long) count * payloadBytes);
    RingExchange[] made = new RingExchange[count];
    for (int i = 0; i < count; i++) {
      made[i] =
          new RingExchange(
              queue,
              from + i,
              headers.asSlice((long) i * HEADER_STRIDE, HEADER_STRIDE),
              payloads.asSlice((long) i * payloadBytes, payloadBytes));
    }
    return made;
  }

  private RingExchange(RingQueue queue, int index, MemorySegment header, MemorySegment payload) {
    super(queue.dispatcher(), header, payload, payload);
    this.queue = queue;
    this.index = index;
    this.header = header;
    // Two of struct iovec: address[8] length[8].
    this.buffers = header.asSlice(BUFFERS_OFFSET, 4 * Long.BYTES);
    buffers.set(JAVA_LONG, 0, header.address());
    buffers.set(JAVA_LONG, 8, RingHeader.BYTES);
    buffers.set(JAVA_LONG, 16, payload.address());
    buffers.set(JAVA_LONG, 24, payload.byteSize());
  }

  MemorySegment buffers() {
    return buffers;
  }

  /** Begins with the request that the kernel has put here. */
  void begin() {
    begin(RingHeader.bodyLength(header), RingHeader.payloadLength(header));
  }

  /**
   * Whether the kernel has put this request here and it is not answered; perhaps it has not been
   * begun either. The kernel names a request in an interrupt only when it is all here.
   */
  boolean holds(long number) {
    return RingHeader.unique(header) == number && (unique() != number || !isOver());
  }

  @Override
  int headOffset() {
    return RingHeader.BODY_OFFSET;
  }

  /** It is found by {@link #holds}. */
  @Override
  void waits(long number) {}

  @Override
  boolean reply(int bodyLength, int error) {
    RingHeader.putReply(header, bodyLength, error, unique());
    return queue.isServing();
  }

  @Override
  void release() {
    queue.post(this);
  }
}

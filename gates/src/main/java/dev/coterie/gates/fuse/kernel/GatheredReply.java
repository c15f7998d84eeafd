package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Pieces;
import dev.coterie.sys.FuseDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The reply to a read, sent from where the content lies. For one thread at a time. */
final class GatheredReply implements Pieces {
  /** {@code struct iovec}: base[8] length[8]. */
  private static final int PART_BYTES = 16;

  private final Server server;
  private final DeviceExchange exchange;
  private final MemorySegment header;
  private final MemorySegment parts; // the header is the first
  private int count;
  private int length;
  private long sentFor; // unique of the request it last answered

  GatheredReply(Server server, DeviceExchange exchange, MemorySegment out) {
    this.server = server;
    this.exchange = exchange;
    this.header = out.asSlice(0, OutHeader.BYTES);
    // Every page of the largest data may be a part, with holes between them.
    this.parts = Arena.ofAuto().allocate((long) PART_BYTES * FuseDevice.PARTS_MOST, Long.BYTES);
  }

  GatheredReply begin() {
    count = 0;
    length = 0;
    put(header);
    return this;
  }

  /** Whether the kernel was given it for this request, and took it or does not wait any more. */
  boolean isSent() {
    return sentFor == exchange.unique();
  }

  @Override
  public void add(ByteBuffer piece) {
    put(MemorySegment.ofBuffer(piece));
  }

  private void put(MemorySegment part) {
    long at = (long) PART_BYTES * count++;
    parts.set(JAVA_LONG, at, part.address());
    parts.set(JAVA_LONG, at + Long.BYTES, part.byteSize());
    length += (int) part.byteSize();
  }

  @Override
  public void end() {
    OutHeader.put(header, length, 0, exchange.unique());
    sentFor = exchange.unique();
    try {
      server.kernel().gather(parts, count, length);
    } catch (ErrnoException e) {
      server.replyFailed(exchange, e);
    }
  }
}

package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A request that was read from the device, and its reply that is written there. */
final class DeviceExchange extends Exchange {
  /** Room for the largest data and for the headers in front of it, page by page. */
  private static final int HEADERS_BYTES = 4096;

  private static final int PAGE_BYTES = 4096;

  private final Server server;
  private final MemorySegment in;
  private final MemorySegment out;

  static DeviceExchange make(Server server, int dataBytes) {
    Arena arena = Arena.ofAuto();
    long bytes = (long) HEADERS_BYTES + dataBytes;
    return new DeviceExchange(
        server, arena.allocate(bytes, PAGE_BYTES), arena.allocate(bytes, PAGE_BYTES));
  }

  private DeviceExchange(Server server, MemorySegment in, MemorySegment out) {
    super(server.dispatcher(), in, in.asSlice(InHeader.BYTES), out.asSlice(OutHeader.BYTES));
    this.server = server;
    this.in = in;
    this.out = out;
  }

  MemorySegment buffer() {
    return in;
  }

  void begin(int received) {
    begin(0, received - InHeader.BYTES);
  }

  @Override
  int headOffset() {
    return InHeader.BYTES;
  }

  @Override
  void waits(long number) {
    server.keep(number, this);
  }

  @Override
  boolean reply(int bodyLength, int error) {
    int length = OutHeader.BYTES + bodyLength;
    OutHeader.put(out, length, error, unique());
    if (isParked()) {
      server.forget(unique(), this);
    }
    try {
      server.kernel().send(out, length);
      return true;
    } catch (ErrnoException e) {
      server.replyFailed(this, e);
      return false;
    }
  }

  @Override
  void release() {
    server.free(this);
  }
}

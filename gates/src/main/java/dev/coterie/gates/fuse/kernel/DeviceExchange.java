package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Pieces;
import dev.coterie.sys.HugePages;
import java.lang.foreign.MemorySegment;

/** A request that was read from the device, and its reply that is written there. */
final class DeviceExchange extends Exchange {
  /** Room for the largest data and for the headers in front of it, page by page. */
  private static final int HEADERS_BYTES = 4096;

  private final Server server;
  private final MemorySegment in;
  private final MemorySegment out;
  private final GatheredReply reply;

  static DeviceExchange make(Server server, int dataBytes) {
    long bytes = (long) HEADERS_BYTES + dataBytes;
    return new DeviceExchange(server, HugePages.allocate(bytes), HugePages.allocate(bytes));
  }

  private DeviceExchange(Server server, MemorySegment in, MemorySegment out) {
    super(server.dispatcher(), in, in.asSlice(InHeader.BYTES), out.asSlice(OutHeader.BYTES));
    this.server = server;
    this.in = in;
    this.out = out;
    this.reply = new GatheredReply(server, this, out);
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
  void waitsNoMore(long number) {
    server.forget(number, this);
  }

  @Override
  boolean othersReceive() {
    return server.othersReceive();
  }

  @Override
  boolean reply(int bodyLength, int error) {
    int length = OutHeader.BYTES + bodyLength;
    OutHeader.put(out, length, error, unique());
    try {
      server.kernel().send(out, length);
      return true;
    } catch (ErrnoException e) {
      server.replyFailed(this, e);
      return false;
    }
  }

  @Override
  public Pieces pieces() {
    return reply.begin();
  }

  @Override
  boolean isSent() {
    return reply.isSent();
  }

  @Override
  void release() {
    server.free(this);
  }
}

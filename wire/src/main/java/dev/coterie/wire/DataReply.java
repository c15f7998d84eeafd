package dev.coterie.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A reply whose data is read straight into the output buffer: Rread, Rreadseq, Rgetxattr.
 *
 * <pre>
 * Rread, Rgetxattr   size[4] type[1] tag[2]           count[4] data[count]
 * Rreadseq           size[4] type[1] tag[2] offset[8] count[4] data[count]
 * </pre>
 *
 * <p>The header is left free, the file system reads behind it, and what came of it is filled in:
 *
 * <pre>{@code
 * ByteBuffer data = reply.begin(P9.RREAD, tag, P9.ioCount(tread.count(), msize), out);
 * try {
 *   reply.end(service.read(caller, handle, tread.offset(), data));
 * } catch (ErrnoException e) {
 *   reply.abandon();
 *   Rlerror.put(tag, e.errno(), out);
 * }
 * }</pre>
 *
 * <p>Between {@code begin} and {@code end} the output buffer is not to be touched. One reply at a
 * time; for one thread.
 */
public final class DataReply {
  private static final int OFFSET_BYTES = 8;
  private static final int COUNT_BYTES = 4;

  private ByteBuffer out = ByteBuffer.allocate(0);
  private int start;
  private int type;
  private int tag;
  private int dataStart;
  private int dataMost;
  private boolean begun;

  /**
   * Leaves the header free.
   *
   * @param replyType {@link P9#RREAD}, {@link P9#RREADSEQ} or {@link P9#RGETXATTR}
   * @param most bytes the data may have; {@code output} has {@link P9#IOHDR} bytes more than that
   *     left
   * @return where the data goes: a slice of {@code output}, {@code most} bytes
   */
  public ByteBuffer begin(int replyType, int replyTag, int most, ByteBuffer output) {
    if (begun) {
      throw new IllegalStateException("a reply is under way");
    }
    out = output;
    start = output.position();
    type = replyType;
    tag = replyTag;
    dataStart = start + headerBytes(replyType);
    dataMost = most;
    ByteBuffer data = output.slice(dataStart, most);
    begun = true;
    return data;
  }

  /**
   * Fills in the header of an Rread or Rgetxattr and moves the output buffer behind the data.
   *
   * @param count bytes of data there are
   */
  public void end(int count) {
    if (type == P9.RREADSEQ) {
      throw new IllegalStateException("Rreadseq has an offset");
    }
    finish(count);
    out.putInt(start + P9.HEADER_BYTES, count);
  }

  /**
   * Fills in the header of an Rreadseq and moves the output buffer behind the data.
   *
   * @param offset where the data was read from, in bytes
   * @param count bytes of data there are
   */
  public void end(long offset, int count) {
    if (type != P9.RREADSEQ) {
      throw new IllegalStateException("only Rreadseq has an offset");
    }
    finish(count);
    out.putLong(start + P9.HEADER_BYTES, offset);
    out.putInt(start + P9.HEADER_BYTES + OFFSET_BYTES, count);
  }

  /** Gives the reply up; the output buffer is where it was. */
  public void abandon() {
    begun = false;
  }

  private void finish(int count) {
    if (!begun || count < 0 || count > dataMost) {
      throw new IllegalStateException("count " + count + " of at most " + dataMost);
    }
    begun = false;
    int end = dataStart + count;
    out.order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(start, end - start).put(start + 4, (byte) type).putShort(start + 5, (short) tag);
    out.position(end);
  }

  private static int headerBytes(int replyType) {
    return switch (replyType) {
      case P9.RREAD, P9.RGETXATTR -> P9.HEADER_BYTES + COUNT_BYTES;
      case P9.RREADSEQ -> P9.HEADER_BYTES + OFFSET_BYTES + COUNT_BYTES;
      default -> throw new IllegalArgumentException("no data in type " + replyType);
    };
  }
}

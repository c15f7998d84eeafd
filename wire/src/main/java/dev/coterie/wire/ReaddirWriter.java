package dev.coterie.wire;

import dev.coterie.api.DirEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An Rreaddir or Rreaddirx that entries are put into until one does not fit: a reply has whole
 * entries only.
 *
 * <pre>
 * Rreaddir    size[4] 41[1]  tag[2]          count[4] n*(qid[13] offset[8] type[1] name[s])
 * Rreaddirx   size[4] 189[1] tag[2] flags[4] count[4] n*(qid[13] gen[4] offset[8] type[1] name[s] [attrs[153]])
 * </pre>
 *
 * <p>An entry that did not fit is the first of the next reply: the client asks on with the offset
 * of the last it got. A reply without entries is the end of the directory, so if not even the first
 * fits, the answer is EINVAL ({@link #isEmpty}). One reply at a time; for one thread.
 */
public final class ReaddirWriter {
  private ByteBuffer out = ByteBuffer.allocate(0);
  private int start;
  private int type;
  private int tag;
  private int flags;
  private int entriesStart;
  private int entriesEnd;
  private boolean begun;

  /**
   * Begins an Rreaddir at the output buffer's position.
   *
   * @param most bytes of entries ({@link P9#ioCount}); the buffer has {@link P9#IOHDR} bytes more
   *     than that left
   */
  public void begin(int replyTag, int most, ByteBuffer output) {
    begin(P9.RREADDIR, replyTag, 0, most, output);
  }

  /**
   * Begins an Rreaddirx at the output buffer's position.
   *
   * @param readdirFlags {@link P9#READDIRX_ATTRS} or 0
   * @param most bytes of entries ({@link P9#ioCount}); the buffer has {@link P9#IOHDR} bytes more
   *     than that left
   */
  public void beginX(int replyTag, int readdirFlags, int most, ByteBuffer output) {
    begin(P9.RREADDIRX, replyTag, readdirFlags & P9.READDIRX_ATTRS, most, output);
  }

  private void begin(int replyType, int replyTag, int readdirFlags, int most, ByteBuffer output) {
    if (begun) {
      throw new IllegalStateException("a reply is under way");
    }
    int header = P9.HEADER_BYTES + (replyType == P9.RREADDIRX ? 2 : 1) * Integer.BYTES;
    start = output.position();
    entriesStart = start + header;
    entriesEnd = entriesStart + most;
    if (most < 0 || entriesEnd > output.limit()) {
      throw new IllegalArgumentException("no room for " + most + " bytes of entries");
    }
    out = output.order(ByteOrder.LITTLE_ENDIAN).position(entriesStart);
    type = replyType;
    tag = replyTag;
    flags = readdirFlags;
    begun = true;
  }

  /**
   * Puts an entry.
   *
   * @return false when it does not fit; then nothing was put, and no later entry may be
   */
  public boolean add(DirEntry entry) {
    if (!begun) {
      throw new IllegalStateException("no reply is under way");
    }
    if (entryBytes(entry) > entriesEnd - out.position()) {
      return false;
    }
    if (type == P9.RREADDIRX) {
      HandleReply.Rreaddirx.putEntry(out, entry, flags);
    } else {
      Qid.put(out, Qid.typeOfDirent(entry.type()), 0, entry.id().number());
      out.putLong(entry.cookie()).put((byte) entry.type());
      Fields.putName(out, entry.name());
    }
    return true;
  }

  /** Whether no entry was put. */
  public boolean isEmpty() {
    return out.position() == entriesStart;
  }

  /** Fills in the header; the output buffer's position is behind the entries. */
  public void end() {
    int end = out.position();
    finish();
    out.putInt(start, end - start).put(start + 4, (byte) type).putShort(start + 5, (short) tag);
    if (type == P9.RREADDIRX) {
      out.putInt(start + P9.HEADER_BYTES, flags);
    }
    out.putInt(entriesStart - Integer.BYTES, end - entriesStart);
  }

  /** Gives the reply up; the output buffer is where it was. */
  public void abandon() {
    finish();
    out.position(start);
  }

  private void finish() {
    if (!begun) {
      throw new IllegalStateException("no reply is under way");
    }
    begun = false;
  }

  private int entryBytes(DirEntry entry) {
    if (type == P9.RREADDIR) {
      return LinuxReply.Rreaddir.Entry.FIXED_BYTES + entry.name().length();
    }
    boolean attrs = (flags & P9.READDIRX_ATTRS) != 0;
    return entry.name().length()
        + (attrs ? HandleReply.Rreaddirx.ENTRY_ATTRS_BYTES : HandleReply.Rreaddirx.ENTRY_BYTES);
  }
}

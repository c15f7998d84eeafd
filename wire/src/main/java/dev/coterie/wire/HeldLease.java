package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A lease that the session has now, as a reply with attributes tells of it.
 *
 * <pre>
 * inode[8] gen[4] plane[1] mode[1] seq[4]
 * </pre>
 *
 * @param seq which of its grants
 */
public record HeldLease(InodeId id, int plane, int mode, int seq) {
  /** Size on the wire. */
  static final int BYTES = 18;

  /** What an opening told of a file. */
  public static List<HeldLease> of(Opened opened) {
    return opened.seq() == 0
        ? List.of()
        : List.of(
            new HeldLease(
                opened.stat().id(),
                LeasePlane.INODE.number(),
                opened.mode().number(),
                opened.seq()));
  }

  /** Attributes, and behind them what is held, if there is any. */
  static void put(ByteBuffer out, Stat stat, List<HeldLease> leases) {
    int start = out.position();
    Attrs.put(out, stat);
    if (leases.isEmpty()) {
      return;
    }
    out.putLong(start, out.getLong(start) | P9.GETATTR_LEASES);
    out.put((byte) leases.size());
    for (HeldLease lease : leases) {
      out.putLong(lease.id.number()).putInt(lease.id.generation());
      out.put((byte) lease.plane).put((byte) lease.mode).putInt(lease.seq);
    }
  }

  static List<HeldLease> getAll(ByteBuffer in) throws ProtocolException {
    int count = Fields.getByte(in);
    if (count == 0) {
      throw new ProtocolException("leases are announced, and there are none");
    }
    Fields.requireLeft(in, count * BYTES);
    List<HeldLease> leases = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      InodeId id = new InodeId(in.getLong(), in.getInt());
      leases.add(new HeldLease(id, Fields.getByte(in), Fields.getByte(in), in.getInt()));
    }
    return leases;
  }
}

package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Requests about leases, since 9P2000.L.coterie.1. */
public sealed interface LeaseRequest extends Request {

  /**
   * Takes what the leader has to say unasked.
   *
   * <pre>
   * size[4] 162[1] tag[2] max[2] flags[1]
   * </pre>
   *
   * @param max how many notices at most
   * @param flags {@link P9#NOTIFY_WAIT} or 0
   */
  record Tnotify(int max, int flags) implements LeaseRequest {
    @Override
    public int type() {
      return P9.TNOTIFY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) max).put((byte) flags);
    }

    static Tnotify get(ByteBuffer in) {
      return new Tnotify(Fields.getShort(in), Fields.getByte(in));
    }
  }

  /**
   * Attributes, and a lease if one can be had.
   *
   * <pre>
   * size[4] 164[1] tag[2] fid[4] plane[1] mode[1]
   * </pre>
   *
   * @param plane {@link P9#PLANE_INODE}
   * @param mode {@link P9#LEASE_SHARED} or {@link P9#LEASE_EXCLUSIVE}
   */
  record Tlease(int fid, int plane, int mode) implements LeaseRequest {
    @Override
    public int type() {
      return P9.TLEASE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).put((byte) plane).put((byte) mode);
    }

    static Tlease get(ByteBuffer in) {
      return new Tlease(in.getInt(), Fields.getByte(in), Fields.getByte(in));
    }
  }

  /**
   * Gives leases back, asked or not.
   *
   * <pre>
   * size[4] 166[1] tag[2] n[2] n*(inode[8] gen[4] plane[1] seq[4] mode[1])
   * </pre>
   */
  record Tleaseret(List<Returned> leases) implements LeaseRequest {
    public Tleaseret {
      leases = List.copyOf(leases);
    }

    /** All of these leases, entirely. */
    public static Tleaseret of(List<LeaseName> leases) {
      List<Returned> all = new ArrayList<>(leases.size());
      for (LeaseName name : leases) {
        all.add(new Returned(name.id(), name.plane().number(), name.seq(), P9.LEASE_NONE));
      }
      return new Tleaseret(all);
    }

    @Override
    public int type() {
      return P9.TLEASERET;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) leases.size());
      for (Returned lease : leases) {
        out.putLong(lease.id.number()).putInt(lease.id.generation());
        out.put((byte) lease.plane).putInt(lease.seq).put((byte) lease.mode);
      }
    }

    static Tleaseret get(ByteBuffer in) throws ProtocolException {
      int count = Fields.getShort(in);
      Fields.requireLeft(in, count * Returned.BYTES);
      List<Returned> leases = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        InodeId id = new InodeId(in.getLong(), in.getInt());
        leases.add(new Returned(id, Fields.getByte(in), in.getInt(), Fields.getByte(in)));
      }
      return new Tleaseret(leases);
    }
  }

  /**
   * One lease that is given back.
   *
   * @param seq which of its grants
   * @param mode what is kept: {@link P9#LEASE_NONE}
   */
  record Returned(InodeId id, int plane, int seq, int mode) {
    /** Size on the wire. */
    public static final int BYTES = 18;
  }
}

package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies to {@link LeaseRequest}s. */
public sealed interface LeaseReply extends Reply {

  /**
   * What the leader has to say.
   *
   * <pre>
   * size[4] 163[1] tag[2] n[2] n*(kind[1] inode[8] gen[4] plane[1] seq[4] tomode[1] reason[1])
   * </pre>
   */
  record Rnotify(List<Notice> notices) implements LeaseReply {
    public Rnotify {
      notices = List.copyOf(notices);
    }

    /** These leases are to be given back, as far as they are not to be kept. */
    public static Rnotify ofRecalls(List<LeaseName> leases) {
      List<Notice> notices = new ArrayList<>(leases.size());
      for (LeaseName lease : leases) {
        notices.add(Notice.ofRecall(lease));
      }
      return new Rnotify(notices);
    }

    @Override
    public int type() {
      return P9.RNOTIFY;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) notices.size());
      for (Notice notice : notices) {
        out.put((byte) notice.kind);
        out.putLong(notice.id.number()).putInt(notice.id.generation());
        out.put((byte) notice.plane).putInt(notice.seq);
        out.put((byte) notice.toMode).put((byte) notice.reason);
      }
    }

    static Rnotify get(ByteBuffer in) throws ProtocolException {
      int count = Fields.getShort(in);
      Fields.requireLeft(in, count * Notice.BYTES);
      List<Notice> notices = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int kind = Fields.getByte(in);
        InodeId id = new InodeId(in.getLong(), in.getInt());
        int plane = Fields.getByte(in);
        int seq = in.getInt();
        notices.add(new Notice(kind, id, plane, seq, Fields.getByte(in), Fields.getByte(in)));
      }
      return new Rnotify(notices);
    }
  }

  /**
   * One thing that the leader has to say.
   *
   * @param kind {@link P9#NOTICE_RECALL}
   * @param seq which of the lease's grants
   * @param toMode what may be kept: {@link P9#LEASE_NONE} or {@link P9#LEASE_SHARED}
   * @param reason why: {@link P9#RECALL_CHANGE}
   */
  record Notice(int kind, InodeId id, int plane, int seq, int toMode, int reason) {
    /** Size on the wire. */
    public static final int BYTES = 20;

    static Notice ofRecall(LeaseName lease) {
      return new Notice(
          P9.NOTICE_RECALL,
          lease.id(),
          lease.plane().number(),
          lease.seq(),
          lease.keeps().number(),
          P9.RECALL_CHANGE);
    }

    /**
     * The lease that is to be given back, and what may be kept of it.
     *
     * @throws ProtocolException it says something else
     */
    public LeaseName recalled() throws ProtocolException {
      LeasePlane what = LeasePlane.of(plane);
      LeaseMode keeps = LeaseMode.of(toMode);
      if (kind != P9.NOTICE_RECALL
          || what == null
          || keeps == null
          || keeps == LeaseMode.EXCLUSIVE) {
        throw new ProtocolException(
            "a notice of kind " + kind + ", plane " + plane + ", to mode " + toMode);
      }
      return new LeaseName(id, what, seq, keeps);
    }
  }

  /**
   * Attributes, and perhaps a lease.
   *
   * <pre>
   * size[4] 165[1] tag[2] mode[1] seq[4] attrs[153]
   * </pre>
   *
   * @param mode {@link P9#LEASE_EXCLUSIVE}, {@link P9#LEASE_SHARED} or {@link P9#LEASE_NONE}
   * @param seq which of its grants; 0: none
   * @param stat also says what inode it is of
   */
  record Rlease(int mode, int seq, Stat stat) implements LeaseReply {
    /** What was granted. */
    public static Rlease of(Leased leased) {
      return new Rlease(leased.mode().number(), leased.seq(), leased.stat());
    }

    @Override
    public int type() {
      return P9.RLEASE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.put((byte) mode).putInt(seq);
      Attrs.put(out, stat);
    }

    static Rlease get(ByteBuffer in) throws ProtocolException {
      return new Rlease(Fields.getByte(in), in.getInt(), Attrs.get(in));
    }
  }

  /**
   * They are given back.
   *
   * <pre>
   * size[4] 167[1] tag[2]
   * </pre>
   */
  record Rleaseret() implements LeaseReply {
    @Override
    public int type() {
      return P9.RLEASERET;
    }
  }

  /**
   * It is taken back.
   *
   * <pre>
   * size[4] 237[1] tag[2]
   * </pre>
   */
  record Rlockret() implements LeaseReply {
    @Override
    public int type() {
      return P9.RLOCKRET;
    }
  }
}

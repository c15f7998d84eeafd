package dev.coterie.wire;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.RangeLock;
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
   * @param fid open, if it is about locks
   * @param plane {@link P9#PLANE_INODE}, {@link P9#PLANE_NAMES} or {@link P9#PLANE_LOCKS}
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

    /** All of these leases, but what is kept of them. */
    public static Tleaseret of(List<LeaseName> leases) {
      List<Returned> all = new ArrayList<>(leases.size());
      for (LeaseName name : leases) {
        all.add(new Returned(name.id(), name.plane().number(), name.seq(), name.keeps().number()));
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
   * Gives a lock table back, with what was decided meanwhile.
   *
   * <pre>
   * size[4] 236[1] tag[2] inode[8] gen[4] seq[4]
   *         n[2] n*(fid[4] kind[1] type[1] start[8] length[8] owner[8] pid[4])
   * </pre>
   *
   * @param seq which of the lease's grants
   * @param locks each range, and for each further handle of an owner one of them once more
   */
  record Tlockret(InodeId id, int seq, List<Lock> locks) implements LeaseRequest {
    public Tlockret {
      locks = List.copyOf(locks);
    }

    @Override
    public int type() {
      return P9.TLOCKRET;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putLong(id.number()).putInt(id.generation()).putInt(seq);
      out.putShort((short) locks.size());
      for (Lock lock : locks) {
        out.putInt(lock.fid).put((byte) lock.kind).put((byte) lock.lockType);
        out.putLong(lock.start).putLong(lock.length).putLong(lock.owner).putInt(lock.pid);
      }
    }

    static Tlockret get(ByteBuffer in) throws ProtocolException {
      InodeId id = new InodeId(in.getLong(), in.getInt());
      int seq = in.getInt();
      int count = Fields.getShort(in);
      Fields.requireLeft(in, count * Lock.BYTES);
      List<Lock> locks = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int fid = in.getInt();
        int kind = Fields.getByte(in);
        int type = Fields.getByte(in);
        locks.add(new Lock(fid, kind, type, in.getLong(), in.getLong(), in.getLong(), in.getInt()));
      }
      return new Tlockret(id, seq, locks);
    }
  }

  /**
   * A lock that is held.
   *
   * @param fid open, by which it was asked; {@link P9#NOFID}: closed meanwhile
   * @param kind {@link P9#LOCK_KIND_POSIX} and the like
   * @param lockType {@link P9#LOCK_TYPE_RDLCK} or {@link P9#LOCK_TYPE_WRLCK}
   * @param start in bytes
   * @param length in bytes; 0: to the end, wherever that will be
   * @param owner of a POSIX lock: a process, as the session numbers them
   * @param pid of who asked; 0: unknown
   */
  record Lock(int fid, int kind, int lockType, long start, long length, long owner, int pid) {
    /** Size on the wire. */
    public static final int BYTES = 34;

    /** One that was asked by this fid. */
    public static Lock of(int fid, LeasedLock leased) {
      RangeLock lock = leased.lock();
      return new Lock(
          fid,
          LockFields.kind(lock.kind()),
          LockFields.type(lock.type()),
          lock.start(),
          lock.length(),
          lock.owner(),
          leased.pid());
    }

    /**
     * What is locked.
     *
     * @throws ErrnoException EINVAL an unknown kind or type
     */
    public RangeLock lock() throws ErrnoException {
      return new RangeLock(LockFields.kind(kind), LockFields.type(lockType), start, length, owner);
    }
  }

  /**
   * One lease that is given back.
   *
   * @param seq which of its grants
   * @param mode what is kept: {@link P9#LEASE_NONE} or {@link P9#LEASE_SHARED}
   */
  record Returned(InodeId id, int plane, int seq, int mode) {
    /** Size on the wire. */
    public static final int BYTES = 18;
  }
}

package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.RangeLock;
import java.nio.ByteBuffer;

/** Requests about event sets, since 9P2000.L.coterie.1. */
public sealed interface EventRequest extends Request {

  /**
   * Makes an event set, or an event counter.
   *
   * <pre>
   * size[4] 182[1] tag[2] newfid[4] kind[1] flags[4] initial[8]
   * </pre>
   *
   * @param newFid what is made, as an open file: it can be shared, read, written and watched
   * @param kind {@link P9#EVSET_SET}, {@link P9#EVSET_COUNTER}
   * @param flags of eventfd(2), for a counter; else 0
   * @param initial value of a counter; else 0
   */
  record Tevset(int newFid, int kind, int flags, long initial) implements EventRequest {
    @Override
    public int type() {
      return P9.TEVSET;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(newFid).put((byte) kind).putInt(flags).putLong(initial);
    }

    static Tevset get(ByteBuffer in) {
      return new Tevset(in.getInt(), Fields.getByte(in), in.getInt(), in.getLong());
    }
  }

  /**
   * Adds a member to an event set, takes it out or changes it.
   *
   * <pre>
   * size[4] 184[1] tag[2] fid[4] op[1] memberfid[4] mask[4] data[8]
   * </pre>
   *
   * @param fid the set
   * @param op of epoll_ctl(2): 1 add, 2 delete, 3 modify
   * @param memberFid an open file of this session
   * @param mask of epoll_ctl(2)
   * @param data comes back in Revwait
   */
  record Tevctl(int fid, int op, int memberFid, int mask, long data) implements EventRequest {
    @Override
    public int type() {
      return P9.TEVCTL;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).put((byte) op).putInt(memberFid).putInt(mask).putLong(data);
    }

    static Tevctl get(ByteBuffer in) {
      return new Tevctl(in.getInt(), Fields.getByte(in), in.getInt(), in.getInt(), in.getLong());
    }

    /**
     * What is done.
     *
     * @throws ErrnoException EINVAL unknown
     */
    public Control control() throws ErrnoException {
      return switch (op) {
        case 1 -> Control.ADD;
        case 2 -> Control.DEL;
        case 3 -> Control.MOD;
        default -> throw new ErrnoException(Errno.EINVAL, "evctl");
      };
    }

    /** The number of epoll_ctl(2). */
    public static int op(Control control) {
      return switch (control) {
        case ADD -> 1;
        case DEL -> 2;
        case MOD -> 3;
      };
    }
  }

  /**
   * Makes of a lock something that can be watched: readable while it could be taken.
   *
   * <pre>
   * size[4] 232[1] tag[2] newfid[4] fid[4] kind[1] type[1] start[8] length[8] owner[8]
   * </pre>
   *
   * @param newFid what is made, as an open file
   * @param fid an open file, by which it would be locked
   * @param kind as in Tlockx, and what follows too
   */
  record Tevlock(int newFid, int fid, int kind, int lockType, long start, long length, long owner)
      implements EventRequest {

    public static Tevlock of(int newFid, int fid, RangeLock lock) {
      return new Tevlock(
          newFid,
          fid,
          LockFields.kind(lock.kind()),
          LockFields.type(lock.type()),
          lock.start(),
          lock.length(),
          lock.owner());
    }

    @Override
    public int type() {
      return P9.TEVLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(newFid).putInt(fid).put((byte) kind).put((byte) lockType);
      out.putLong(start).putLong(length).putLong(owner);
    }

    static Tevlock get(ByteBuffer in) {
      return new Tevlock(
          in.getInt(),
          in.getInt(),
          Fields.getByte(in),
          Fields.getByte(in),
          in.getLong(),
          in.getLong(),
          in.getLong());
    }

    /** The lock. EINVAL: no such kind or type. */
    public RangeLock lock() throws ErrnoException {
      return new RangeLock(LockFields.kind(kind), LockFields.type(lockType), start, length, owner);
    }
  }

  /**
   * Waits for members of a set to be ready; given up by Tflush.
   *
   * <pre>
   * size[4] 186[1] tag[2] fid[4] max[4] timeout[4]
   * </pre>
   *
   * @param fid the set
   * @param max how many events to report at most
   * @param timeoutMs 0 looks only, -1 has no end
   */
  record Tevwait(int fid, int max, int timeoutMs) implements EventRequest {
    @Override
    public int type() {
      return P9.TEVWAIT;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(max).putInt(timeoutMs);
    }

    static Tevwait get(ByteBuffer in) {
      return new Tevwait(in.getInt(), in.getInt(), in.getInt());
    }
  }
}

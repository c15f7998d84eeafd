package dev.coterie.wire;

import dev.coterie.api.Change;
import java.nio.ByteBuffer;

/** Requests about watches, since 9P2000.L.coterie.1. */
public sealed interface WatchRequest extends Request {

  /**
   * Makes a watch queue.
   *
   * <pre>
   * size[4] 240[1] tag[2] newfid[4]
   * </pre>
   *
   * @param newFid the queue: shared, taken and clunked as an open file
   */
  record Topenwatch(int newFid) implements WatchRequest {
    @Override
    public int type() {
      return P9.TOPENWATCH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(newFid);
    }

    static Topenwatch get(ByteBuffer in) {
      return new Topenwatch(in.getInt());
    }
  }

  /**
   * Watches an inode.
   *
   * <pre>
   * size[4] 242[1] tag[2] qfid[4] fid[4] mask[4]
   * </pre>
   *
   * @param queueFid the queue
   * @param fid names the inode
   * @param mask kinds and flags of {@link Change}
   */
  record Taddwatch(int queueFid, int fid, int mask) implements WatchRequest {
    @Override
    public int type() {
      return P9.TADDWATCH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(queueFid).putInt(fid).putInt(mask);
    }

    static Taddwatch get(ByteBuffer in) {
      return new Taddwatch(in.getInt(), in.getInt(), in.getInt());
    }
  }

  /**
   * Ends a watch.
   *
   * <pre>
   * size[4] 244[1] tag[2] qfid[4] watch[4]
   * </pre>
   *
   * @param watch its number
   */
  record Tremovewatch(int queueFid, int watch) implements WatchRequest {
    @Override
    public int type() {
      return P9.TREMOVEWATCH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(queueFid).putInt(watch);
    }

    static Tremovewatch get(ByteBuffer in) {
      return new Tremovewatch(in.getInt(), in.getInt());
    }
  }

  /**
   * Takes changes.
   *
   * <pre>
   * size[4] 246[1] tag[2] qfid[4] count[4] flags[4]
   * </pre>
   *
   * @param count most bytes of changes
   * @param flags {@link P9#CHANGES_WAIT}: answered when there is one; given up by Tflush
   */
  record Tchanges(int queueFid, int count, int flags) implements WatchRequest {
    @Override
    public int type() {
      return P9.TCHANGES;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(queueFid).putInt(count).putInt(flags);
    }

    static Tchanges get(ByteBuffer in) {
      return new Tchanges(in.getInt(), in.getInt(), in.getInt());
    }
  }
}

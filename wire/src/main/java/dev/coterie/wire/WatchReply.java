package dev.coterie.wire;

import dev.coterie.api.Change;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies to {@link WatchRequest}s. */
public sealed interface WatchReply extends Reply {

  /**
   * The new fid is the queue.
   *
   * <pre>
   * size[4] 241[1] tag[2] attrs[153]
   * </pre>
   *
   * @param stat of the root, to which every queue belongs
   */
  record Ropenwatch(Stat stat) implements WatchReply {
    @Override
    public int type() {
      return P9.ROPENWATCH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
    }

    static Ropenwatch get(ByteBuffer in) throws ProtocolException {
      return new Ropenwatch(Attrs.get(in));
    }
  }

  /**
   * It is watched.
   *
   * <pre>
   * size[4] 243[1] tag[2] watch[4]
   * </pre>
   *
   * @param watch its number
   */
  record Raddwatch(int watch) implements WatchReply {
    @Override
    public int type() {
      return P9.RADDWATCH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(watch);
    }

    static Raddwatch get(ByteBuffer in) {
      return new Raddwatch(in.getInt());
    }
  }

  /**
   * The watch is over.
   *
   * <pre>
   * size[4] 245[1] tag[2]
   * </pre>
   */
  record Rremovewatch() implements WatchReply {
    @Override
    public int type() {
      return P9.RREMOVEWATCH;
    }
  }

  /**
   * What has changed.
   *
   * <pre>
   * size[4] 247[1] tag[2] count[4] changes[count]
   *
   * watch[4] mask[4] cookie[4] path[s]
   * </pre>
   *
   * @param changes in the order in which they were made
   */
  record Rchanges(List<Change> changes) implements WatchReply {
    public Rchanges {
      changes = List.copyOf(changes);
    }

    @Override
    public int type() {
      return P9.RCHANGES;
    }

    @Override
    public void putBody(ByteBuffer out) {
      int bytes = 0;
      for (Change change : changes) {
        bytes += change.bytes();
      }
      out.putInt(bytes);
      for (Change change : changes) {
        out.putInt(change.watch()).putInt(change.mask()).putInt(change.cookie());
        Fields.putName(out, change.path());
      }
    }

    static Rchanges get(ByteBuffer in) throws ProtocolException {
      Fields.requireRest(in, in.getInt());
      List<Change> changes = new ArrayList<>();
      while (in.hasRemaining()) {
        changes.add(new Change(in.getInt(), in.getInt(), in.getInt(), path(in)));
      }
      return new Rchanges(changes);
    }

    private static Name path(ByteBuffer in) throws ProtocolException {
      Name path = Fields.getName(in);
      if (path.length() > Limits.CHANGE_PATH_BYTES) {
        throw new ProtocolException("path of a change: " + path.length() + " bytes");
      }
      return path;
    }
  }
}

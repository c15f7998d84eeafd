package dev.coterie.wire;

import dev.coterie.api.Event;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies to {@link EventRequest}s. */
public sealed interface EventReply extends Reply {

  /**
   * The new fid is the set or the counter.
   *
   * <pre>
   * size[4] 183[1] tag[2] attrs[153] flags[4]
   * </pre>
   *
   * @param flags of the open file
   */
  record Revset(Stat stat, int flags) implements EventReply {
    @Override
    public int type() {
      return P9.REVSET;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
      out.putInt(flags);
    }

    static Revset get(ByteBuffer in) throws ProtocolException {
      return new Revset(Attrs.get(in), in.getInt());
    }
  }

  /**
   * The new fid is the lock that can be watched.
   *
   * <pre>
   * size[4] 233[1] tag[2] attrs[153] flags[4]
   * </pre>
   *
   * @param flags of the open file
   */
  record Revlock(Stat stat, int flags) implements EventReply {
    @Override
    public int type() {
      return P9.REVLOCK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Attrs.put(out, stat);
      out.putInt(flags);
    }

    static Revlock get(ByteBuffer in) throws ProtocolException {
      return new Revlock(Attrs.get(in), in.getInt());
    }
  }

  /**
   * It is done.
   *
   * <pre>
   * size[4] 185[1] tag[2]
   * </pre>
   */
  record Revctl() implements EventReply {
    @Override
    public int type() {
      return P9.REVCTL;
    }
  }

  /**
   * Which members are ready; none: the time is up.
   *
   * <pre>
   * size[4] 187[1] tag[2] n[4] n*(mask[4] changes[4] data[8])
   * </pre>
   */
  record Revwait(List<Event> events) implements EventReply {
    public Revwait {
      events = List.copyOf(events);
    }

    @Override
    public int type() {
      return P9.REVWAIT;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(events.size());
      for (Event event : events) {
        out.putInt(event.mask()).putInt(event.changes()).putLong(event.data());
      }
    }

    static Revwait get(ByteBuffer in) throws ProtocolException {
      int count = in.getInt();
      if (count < 0 || count != in.remaining() / Event.BYTES) {
        throw new ProtocolException(
            "Revwait: " + count + " events in " + in.remaining() + " bytes");
      }
      List<Event> events = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int mask = in.getInt();
        int changes = in.getInt();
        events.add(new Event(mask, in.getLong(), changes));
      }
      return new Revwait(events);
    }
  }
}

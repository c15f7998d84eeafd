package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.Ticket;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request as the leader has it while it is at work on it, without a connection: it takes its slot
 * and is answered as {@link Call} does, with answers that are never made into messages.
 */
public abstract class SimulatedRequest {
  /** What a session remembers of its changes: the leader's own {@link Slots}. */
  public static final class Memory {
    private static final int FIRST = 1 << 16; // more than any error

    private final Slots slots = new Slots();
    private final List<Object> answers = new ArrayList<>();

    /** A reply in place of one that has the answer in it. */
    private Reply of(Object answer) {
      answers.add(answer);
      return new Rlerror(FIRST + answers.size() - 1);
    }

    private Object answer(Rlerror reply) {
      return reply.ecode() >= FIRST ? answers.get(reply.ecode() - FIRST) : errorOf(reply);
    }

    private static Errno errorOf(Rlerror reply) {
      for (Errno errno : Errno.values()) {
        if (errno.number() == reply.ecode()) {
          return errno;
        }
      }
      throw new AssertionError("no such error: " + reply.ecode());
    }
  }

  private final Memory memory;
  private final Change change;
  private @Nullable Slots keeper;
  private boolean outlives;
  private boolean cancelled;
  private Ticket ticket = Ticket.DONE;

  protected SimulatedRequest(Memory memory, int tag) {
    this.memory = memory;
    this.change = new Change(this, tag);
  }

  private record Change(SimulatedRequest request, int tag) implements Slots.Change {
    @Override
    public void keepReply(Slots slots) {
      request.keeper = slots;
      request.outlives = true;
    }

    @Override
    public void outlivesConnection() {
      request.outlives = true;
    }

    @Override
    public void waitsFor(Ticket waiting) {
      request.waitsFor(waiting);
    }

    @Override
    public void cancel() {
      request.cancel();
    }

    @Override
    public void reply(Reply reply) {
      request.told(request.memory.answer((Rlerror) reply));
    }
  }

  /**
   * Takes its slot.
   *
   * @return false: it is not to be done, and has been answered or will be
   */
  public final boolean begin(int seq) {
    return memory.slots.begin(change, seq);
  }

  public final void waitsFor(Ticket waiting) {
    ticket = waiting;
    if (cancelled) {
      waiting.cancel();
    }
  }

  public final void cancel() {
    cancelled = true;
    ticket.cancel();
  }

  /** Whether it goes on when its connection is lost. */
  public final boolean isOutliving() {
    return outlives;
  }

  /** It has been done: who asks for it again is answered the same. */
  public final void answer(Object answer) {
    Slots slots = keeper;
    if (slots != null) {
      slots.end(change, memory.of(answer));
    }
    told(answer);
  }

  /** Its answer, perhaps that of another of the same number, or an {@link Errno}. */
  protected abstract void told(Object answer);
}

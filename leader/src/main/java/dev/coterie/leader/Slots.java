package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.api.Ticket;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest.Tas;
import dev.coterie.wire.SessionRequest.Tdo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers of its changes that are applied once: of each slot the last one's number
 * and reply. A slot is taken before anything of the change is begun.
 */
final class Slots {
  /** A request, as far as its slot goes. */
  interface Change {
    /** Its slot. */
    int tag();

    /** It has its slot, and {@link #end} is to be told its reply. */
    void keepReply(Slots slots);

    /** It is not given up when its connection is lost. */
    void outlivesConnection();

    /** Who gives it up, gives this up. */
    void waitsFor(Ticket waiting);

    void cancel();

    void reply(Reply reply);
  }

  /** The last change of a slot. */
  private static final class Slot {
    int last; // its number
    @Nullable Change running; // null: it is over
    @Nullable Reply reply; // if it is over
    List<Change> waiting = List.of(); // the same change, sent again while it runs
  }

  private final @Nullable Slot[] slots = new Slot[Limits.SLOTS_PER_SESSION]; // guarded by this

  /**
   * Whether a reply is kept: those of a few hundred bytes are, and those of several requests, up to
   * {@link Limits#KEPT_REPLY_BYTES}. What moves data to the client is no change, or cannot be
   * repeated.
   */
  static boolean keepsReplyOf(Request request) {
    Request inner = request instanceof Tas as ? as.inner() : request;
    return inner instanceof Tdo several
        ? several.requests().stream().allMatch(r -> keepsReplyTo(r.type()) || isLook(r.type()))
        : keepsReplyTo(inner.type());
  }

  /** What changes nothing that matters; its reply is kept among others, as far as there is room. */
  private static boolean isLook(int type) {
    return switch (type) {
      case P9.TREAD,
          P9.TREADSEQ,
          P9.TGETATTR,
          P9.TSTATFS,
          P9.TACCESS,
          P9.TFSYNC,
          P9.TREADDIRX ->
          true;
      default -> false;
    };
  }

  private static boolean keepsReplyTo(int type) {
    return switch (type) {
      case P9.TWRITE,
          P9.TAPPEND,
          P9.TWRITESEQ,
          P9.TCLUNK,
          P9.TLOOKUP,
          P9.TMAKE,
          P9.TREBIND,
          P9.TCREATE,
          P9.TOPEN,
          P9.TSETATTRX,
          P9.TSETXATTR,
          P9.TREMOVEXATTR,
          P9.TLINKX,
          P9.TRENAMEX,
          P9.TUNLINKAT,
          P9.TFALLOCATE,
          P9.TCOPYRANGE,
          P9.TSEEK,
          P9.TSETFLAGS,
          P9.TLOCKX ->
          true;
      default -> false;
    };
  }

  /**
   * Takes the slot for a change.
   *
   * @return false: it is none to be applied, and the call has been answered or will be
   */
  boolean begin(Change call, int seq) {
    Reply answer = new Rlerror(Errno.EPROTO.number());
    synchronized (this) {
      Slot slot = slotOf(call.tag());
      if (slot != null && isNext(slot, seq)) {
        slot.last = seq;
        slot.running = call;
        slot.reply = null;
        call.keepReply(this);
        return true;
      }
      if (slot != null && seq == slot.last) {
        Change running = slot.running;
        if (running != null) {
          waitFor(slot, running, call);
          return false;
        }
        answer = slot.reply != null ? slot.reply : answer;
      }
    }
    call.reply(answer);
    return false;
  }

  private static boolean isNext(Slot slot, int seq) {
    return seq == slot.last + 1 && slot.running == null;
  }

  private @Nullable Slot slotOf(int tag) {
    if (tag >= slots.length) {
      return null;
    }
    Slot slot = slots[tag];
    if (slot == null) {
      slot = new Slot();
      slots[tag] = slot;
    }
    return slot;
  }

  private static void waitFor(Slot slot, Change running, Change call) {
    List<Change> more = new ArrayList<>(slot.waiting);
    more.add(call);
    slot.waiting = more;
    call.outlivesConnection();
    call.waitsFor(() -> {
      running.cancel();
      return false; // it is answered as the running one is
    });
  }

  /** The change that took the slot is over. */
  void end(Change call, Reply reply) {
    List<Change> again;
    synchronized (this) {
      Slot slot = slots[call.tag()];
      if (slot == null) {
        throw new AssertionError("no such slot: " + call.tag());
      }
      slot.running = null;
      slot.reply = reply;
      again = slot.waiting;
      slot.waiting = List.of();
    }
    again.forEach(waiting -> waiting.reply(reply));
  }
}

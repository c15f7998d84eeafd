package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Ticket;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.EventRequest.Tevwait;
import dev.coterie.wire.HandleReply.Rreadseq;
import dev.coterie.wire.HandleRequest.Tappend;
import dev.coterie.wire.HandleRequest.Tlockx;
import dev.coterie.wire.HandleRequest.Twriteseq;
import dev.coterie.wire.InodeRequest.Tsetxattr;
import dev.coterie.wire.KeyRequest.Treturnkey;
import dev.coterie.wire.KeyRequest.Tusekey;
import dev.coterie.wire.LeaseRequest.Tnotify;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionReply.Rdo;
import dev.coterie.wire.SessionRequest.Tdo;
import dev.coterie.wire.UnknownRequest;
import dev.coterie.wire.WatchRequest.Tchanges;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several requests in one message: each is a {@link Call} of its own, begun when the one before it
 * was answered, and so waits, fails and sees others' changes as if it had come alone. Between two
 * of them nothing is held.
 *
 * <p>A request that is done at once does not begin the next one: who began it goes on.
 */
final class Compound extends Steps implements Ticket {
  /** What Rdo adds to an Rread beyond its data, and to an Rreadseq. */
  private static final int READ_BYTES = P9.HEADER_BYTES + Integer.BYTES;

  private static final int READSEQ_BYTES = READ_BYTES + Long.BYTES;
  private static final int ERROR_BYTES = P9.HEADER_BYTES + Integer.BYTES;

  /** A fid that one of the requests made. */
  private record Made(int number, Fid fid) {}

  private final Conversation conversation;
  private final Call call;
  private final Tdo request;
  private final int room; // bytes of all replies

  // Of the thread that goes on, one after the other under the monitor.
  private final List<Reply> replies = new ArrayList<>();
  private final List<Made> made = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>(); // which the replies are read into
  private int bytes; // of the replies, at most
  private long held; // bytes that count as left to calls

  private @Nullable Call current; // guarded by this: the request under way
  private boolean cancelled; // guarded by this

  private Compound(Conversation conversation, Call call, Tdo request) {
    this.conversation = conversation;
    this.call = call;
    this.request = request;
    int most =
        call.isKept()
            ? Math.min(conversation.msize(), Limits.KEPT_REPLY_BYTES)
            : conversation.msize();
    this.room = most - Rdo.OVERHEAD_BYTES;
  }

  /** EINVAL what may not be inside, flags. */
  static void begin(Conversation conversation, Call call, Tdo request) throws ErrnoException {
    if ((request.flags() & ~P9.DO_UNDO_FIDS) != 0 || !isAllowed(request.requests())) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Compound compound = new Compound(conversation, call, request);
    call.waitsFor(compound);
    compound.next();
  }

  // ---- which requests ----

  private static boolean isAllowed(List<Request> requests) {
    for (int i = 0; i < requests.size(); i++) {
      Request inner = requests.get(i);
      boolean last = i == requests.size() - 1;
      // A lock that is waited for in front of all: if that is given up, nothing was done.
      boolean mayWait = last || (i == 0 && inner instanceof Tlockx);
      if (!isOfDialect(inner) || (waits(inner) && !mayWait)) {
        return false;
      }
    }
    return true;
  }

  /** The messages of the dialect that are one operation each. */
  private static boolean isOfDialect(Request inner) {
    return inner.type() >= P9.DIALECT_FIRST
        || inner instanceof UnknownRequest
        || switch (inner.type()) {
          case P9.TREAD,
              P9.TWRITE,
              P9.TCLUNK,
              P9.TGETATTR,
              P9.TREADLINK,
              P9.TSTATFS,
              P9.TFSYNC,
              P9.TUNLINKAT ->
              true;
          default -> false;
        };
  }

  /** Whether it asks for what may not come for a long time. */
  private static boolean waits(Request inner) {
    return switch (inner) {
      case Tlockx r -> r.waits();
      case Tnotify r -> (r.flags() & P9.NOTIFY_WAIT) != 0;
      case Tchanges r -> (r.flags() & P9.CHANGES_WAIT) != 0;
      case Tusekey r -> r.timeoutMs() != 0;
      case Tevwait r -> r.timeoutMs() != 0;
      default -> false;
    };
  }

  /** Whether one of them, begun later, is still to read from the message. */
  static boolean readsFromInput(Tdo several) {
    for (Request inner : several.requests()) {
      if (inner instanceof Twrite
          || inner instanceof Tappend
          || inner instanceof Twriteseq
          || inner instanceof Tsetxattr
          || inner instanceof Treturnkey
          || inner instanceof Tusekey) {
        return true;
      }
    }
    return false;
  }

  // ---- one after the other ----

  @Override
  void step() {
    int index = replies.size();
    Request inner = request.requests().get(index);
    Call part = call.part(this, index);
    if (inner instanceof Tclunk) {
      part.carryOut(); // before anybody can give it up: it takes the fid away at once
    }
    boolean goesOn;
    synchronized (this) {
      goesOn = !cancelled;
      current = part;
    }
    try {
      if (!goesOn) {
        throw new ErrnoException(Errno.EINTR);
      }
      if (conversation.client().isOver()) {
        throw new ErrnoException(Errno.ESTALE);
      }
      requireRoom(inner, index);
      conversation.dispatch(part, inner);
    } catch (ErrnoException e) {
      part.fail(e.errno());
    }
  }

  /** Room for its reply and, if another follows, for that one's error. EMSGSIZE. */
  private void requireRoom(Request inner, int index) throws ErrnoException {
    int after = index < request.requests().size() - 1 ? ERROR_BYTES : 0;
    if (bytes + ReplySizes.most(inner, conversation.msize()) + after > room) {
      throw new ErrnoException(Errno.EMSGSIZE);
    }
  }

  /** Where a part reads data to. EAGAIN too much is held already. */
  DataSlot slotFor(int replyType, int tag, int most) throws ErrnoException {
    int size = most + P9.IOHDR;
    conversation.connection().hold(size);
    held += size;
    if (call.isKept()) {
      return new DataSlot(replyType, tag, most, ByteBuffer.allocate(size));
    }
    Buffer buffer = conversation.connection().leader().buffers().take(size);
    buffers.add(buffer);
    return new DataSlot(replyType, tag, most, buffer.bytes());
  }

  /** A part is done, or has failed. */
  void answered(Call part, @Nullable Reply reply, DataSlot.@Nullable Filled filled) {
    DataSlot slot = part.slot();
    Reply answer = reply;
    if (answer == null) {
      if (slot == null || filled == null) {
        throw new AssertionError("no answer");
      }
      answer = dataOf(slot, filled);
    }
    synchronized (this) {
      current = null;
    }
    Request inner = request.requests().get(replies.size());
    replies.add(answer);
    bytes += sizeOf(answer, inner);
    if (answer instanceof Rlerror(int ecode)) {
      failed(ecode);
      return;
    }
    for (int number : part.reserved()) {
      Fid fid = conversation.fids().find(number);
      if (fid != null) {
        made.add(new Made(number, fid));
      }
    }
    if (replies.size() == request.requests().size()) {
      end(new Rdo(replies));
    } else {
      next();
    }
  }

  private static Reply dataOf(DataSlot slot, DataSlot.Filled filled) {
    ByteBuffer frame = slot.endAside(filled).slice().order(ByteOrder.LITTLE_ENDIAN);
    int type = Byte.toUnsignedInt(frame.get(Integer.BYTES));
    return type == P9.RREAD
        ? new Rread(frame.slice(READ_BYTES, frame.remaining() - READ_BYTES))
        : new Rreadseq(
            frame.getLong(P9.HEADER_BYTES),
            frame.slice(READSEQ_BYTES, frame.remaining() - READSEQ_BYTES));
  }

  private int sizeOf(Reply answer, Request inner) {
    int most = ReplySizes.most(inner, conversation.msize());
    assert ReplySizes.fits(answer, most) : inner + ": " + answer + " in " + most;
    return switch (answer) {
      case Rread r -> READ_BYTES + r.data().remaining();
      case Rreadseq r -> READSEQ_BYTES + r.data().remaining();
      case Rlerror _ -> ERROR_BYTES;
      default -> most;
    };
  }

  // ---- the end ----

  private void failed(int ecode) {
    if ((request.flags() & P9.DO_UNDO_FIDS) != 0) {
      undo();
    }
    if (replies.size() == 1 && ecode == Errno.EINTR.number()) {
      end(replies.getFirst()); // nothing was done
    } else {
      end(new Rdo(replies));
    }
  }

  /** Gives back what was made, the newest first. */
  private void undo() {
    Fids fids = new Fids(conversation);
    for (Made one : made.reversed()) {
      if (conversation.fids().remove(one.number, one.fid)) {
        fids.letGo(one.fid);
        if (one.fid.isOpen()) {
          fids.close(one.fid);
        }
      }
    }
  }

  private void end(Reply reply) {
    call.reply(reply);
    for (Buffer buffer : buffers) {
      conversation.connection().leader().buffers().give(buffer);
    }
    conversation.connection().letGo(held);
  }

  /** What was done stays; the answer says how far that is. */
  @Override
  public boolean cancel() {
    Call part;
    synchronized (this) {
      cancelled = true;
      part = current;
    }
    if (part != null) {
      part.giveUp();
    }
    return false;
  }
}

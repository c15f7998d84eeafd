package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.wire.EventReply.Revctl;
import dev.coterie.wire.EventReply.Revlock;
import dev.coterie.wire.EventReply.Revset;
import dev.coterie.wire.EventReply.Revwait;
import dev.coterie.wire.EventRequest;
import dev.coterie.wire.EventRequest.Tevctl;
import dev.coterie.wire.EventRequest.Tevlock;
import dev.coterie.wire.EventRequest.Tevset;
import dev.coterie.wire.EventRequest.Tevwait;
import dev.coterie.wire.P9;

/** Event sets of the dialect. */
final class EventRequests {
  private final Conversation conversation;
  private final Fids fids;

  EventRequests(Conversation conversation) {
    this.conversation = conversation;
    this.fids = new Fids(conversation);
  }

  void event(Call call, EventRequest request) throws ErrnoException {
    switch (request) {
      case Tevset r -> make(call, r);
      case Tevlock r -> watchLock(call, r);
      case Tevctl r -> {
        Fid set = fids.requireOpen(r.fid());
        Fid member = fids.requireOpen(r.memberFid());
        call.submit(
            call.callerOf(set),
            new Operation.Evctl(set.handle(), r.control(), member.handle(), r.mask(), r.data()),
            done -> call.reply(new Revctl()));
      }
      case Tevwait r -> {
        Fid set = fids.requireOpen(r.fid());
        int room = (conversation.msize() - P9.IOHDR) / Event.BYTES;
        call.submit(
            call.callerOf(set),
            new Operation.Evwait(set.handle(), Math.min(r.max(), room), r.timeoutMs()),
            events -> call.reply(new Revwait(events)));
      }
    }
  }

  private void watchLock(Call call, Tevlock r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    RangeLock lock = r.lock();
    call.reserve(r.newFid());
    call.submit(
        call.callerOf(fid),
        new Operation.Evlock(fid.handle(), lock),
        opened -> {
          conversation.fids().fill(r.newFid(), Fids.ofHandle(fid, opened));
          call.reply(new Revlock(opened.stat(), opened.flags()));
        });
  }

  private void make(Call call, Tevset r) throws ErrnoException {
    Fid anchor = conversation.anchor();
    call.reserve(r.newFid());
    Operation<Operation.Opened> operation =
        switch (r.kind()) {
          case P9.EVSET_SET -> new Operation.Evset();
          case P9.EVSET_COUNTER -> new Operation.Eventfd(r.initial(), r.flags());
          default -> throw new ErrnoException(Errno.EINVAL);
        };
    call.submit(
        call.callerOf(anchor),
        operation,
        opened -> {
          conversation.fids().fill(r.newFid(), Fids.ofHandle(anchor, opened));
          call.reply(new Revset(opened.stat(), opened.flags()));
        });
  }
}

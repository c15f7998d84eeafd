package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation;
import dev.coterie.wire.P9;
import dev.coterie.wire.WatchReply.Raddwatch;
import dev.coterie.wire.WatchReply.Rchanges;
import dev.coterie.wire.WatchReply.Ropenwatch;
import dev.coterie.wire.WatchReply.Rremovewatch;
import dev.coterie.wire.WatchRequest;
import dev.coterie.wire.WatchRequest.Taddwatch;
import dev.coterie.wire.WatchRequest.Tchanges;
import dev.coterie.wire.WatchRequest.Topenwatch;
import dev.coterie.wire.WatchRequest.Tremovewatch;

/** The dialect's messages about watches. */
final class WatchRequests {
  private final Conversation conversation;
  private final Fids fids;

  WatchRequests(Conversation conversation) {
    this.conversation = conversation;
    this.fids = new Fids(conversation);
  }

  void serve(Call call, WatchRequest request) throws ErrnoException {
    switch (request) {
      case Topenwatch r -> open(call, r);
      case Taddwatch r -> {
        Fid queue = fids.requireOpen(r.queueFid());
        Fid fid = fids.require(r.fid());
        call.submit(
            call.callerOf(queue),
            new Operation.AddWatch(queue.handle(), fid.id(), r.mask()),
            number -> call.reply(new Raddwatch(number)));
      }
      case Tremovewatch r -> {
        Fid queue = fids.requireOpen(r.queueFid());
        call.submit(
            call.callerOf(queue),
            new Operation.RemoveWatch(queue.handle(), r.watch()),
            done -> call.reply(new Rremovewatch()));
      }
      case Tchanges r -> next(call, r);
    }
  }

  private void open(Call call, Topenwatch r) throws ErrnoException {
    Fid anchor = conversation.anchor();
    call.reserve(r.newFid());
    call.submit(
        call.callerOf(anchor),
        new Operation.OpenWatch(),
        opened -> {
          conversation.fids().fill(r.newFid(), Fids.ofHandle(anchor, opened));
          call.reply(new Ropenwatch(opened.stat()));
        });
  }

  private void next(Call call, Tchanges r) throws ErrnoException {
    Fid queue = fids.requireOpen(r.queueFid());
    if ((r.flags() & ~P9.CHANGES_WAIT) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    int bytes = P9.ioCount(r.count(), conversation.msize());
    call.submit(
        call.callerOf(queue),
        new Operation.NextChanges(queue.handle(), bytes, (r.flags() & P9.CHANGES_WAIT) != 0),
        changes -> call.reply(new Rchanges(changes)));
  }
}

package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.wire.LeaseReply.Notice;
import dev.coterie.wire.LeaseReply.Rlease;
import dev.coterie.wire.LeaseReply.Rleaseret;
import dev.coterie.wire.LeaseReply.Rlockret;
import dev.coterie.wire.LeaseReply.Rnotify;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.LeaseRequest.Returned;
import dev.coterie.wire.LeaseRequest.Tlease;
import dev.coterie.wire.LeaseRequest.Tleaseret;
import dev.coterie.wire.LeaseRequest.Tlockret;
import dev.coterie.wire.LeaseRequest.Tnotify;
import dev.coterie.wire.P9;
import java.util.ArrayList;
import java.util.List;

/** The dialect's messages about leases. */
final class LeaseRequests {
  private final Conversation conversation;
  private final Fids fids;

  LeaseRequests(Conversation conversation) {
    this.conversation = conversation;
    this.fids = new Fids(conversation);
  }

  void serve(Call call, LeaseRequest request) throws ErrnoException {
    switch (request) {
      case Tlease r -> lease(call, r);
      case Tleaseret r ->
          call.submit(
              call.callerOf(conversation.anchor()),
              new Operation.ReturnLeases(names(r)),
              done -> call.reply(new Rleaseret()));
      case Tlockret r -> returnLocks(call, r);
      case Tnotify r -> notify(call, r);
    }
  }

  private void returnLocks(Call call, Tlockret r) throws ErrnoException {
    if (r.locks().size() > Limits.LOCKS_PER_RETURN) {
      throw new ErrnoException(Errno.EINVAL);
    }
    List<LeasedLock> locks = new ArrayList<>(r.locks().size());
    for (LeaseRequest.Lock lock : r.locks()) {
      Fid fid = conversation.fids().find(lock.fid());
      locks.add(new LeasedLock(fid == null ? 0 : fid.handle(), lock.lock(), lock.pid()));
    }
    call.submit(
        call.callerOf(conversation.anchor()),
        new Operation.ReturnLocks(new LeaseName(r.id(), LeasePlane.LOCKS, r.seq()), locks),
        done -> call.reply(new Rlockret()));
  }

  private void leaseLocks(Call call, Fid fid, LeaseMode mode) throws ErrnoException {
    if (mode != LeaseMode.EXCLUSIVE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (!fid.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    // What is decided on meanwhile has to fit into one message.
    int most = P9.IOHDR + Limits.LOCKS_PER_RETURN * LeaseRequest.Lock.BYTES;
    if (conversation.peer().isOverTcp() || conversation.msize() < most) {
      call.submit(
          call.callerOf(fid),
          new Operation.Getattr(fid.id()),
          stat -> call.reply(Rlease.of(new Leased(stat, 0))));
      return;
    }
    call.submit(
        call.callerOf(fid),
        new Operation.LeaseLocks(fid.handle()),
        leased -> call.reply(Rlease.of(leased)));
  }

  private void lease(Call call, Tlease r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    LeaseMode mode = LeaseMode.of(r.mode());
    if (r.plane() == P9.PLANE_LOCKS && mode != null) {
      leaseLocks(call, fid, mode);
      return;
    }
    boolean names = r.plane() == P9.PLANE_NAMES;
    boolean known = r.plane() == P9.PLANE_INODE || (names && mode == LeaseMode.SHARED);
    if (!known || mode == null || mode == LeaseMode.NONE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    InodeId id = fid.id();
    if (conversation.peer().isOverTcp() && conversation.client().owner() == null) {
      // When such a connection breaks, the two ends notice at different times; a session that its
      // client has named outlives it for as long as the client may not have.
      call.submit(
          call.callerOf(fid),
          new Operation.Getattr(id),
          stat -> call.reply(Rlease.of(new Leased(stat, 0))));
      return;
    }
    call.submit(
        call.callerOf(fid),
        names ? new Operation.LeaseNames(id) : new Operation.Lease(id, mode),
        leased -> call.reply(Rlease.of(leased)));
  }

  private static List<LeaseName> names(Tleaseret r) throws ErrnoException {
    if (r.leases().size() > Limits.LEASES_PER_MESSAGE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    List<LeaseName> names = new ArrayList<>(r.leases().size());
    for (Returned lease : r.leases()) {
      LeasePlane plane = LeasePlane.of(lease.plane());
      LeaseMode keeps = LeaseMode.of(lease.mode());
      if (plane == null || keeps == null || keeps == LeaseMode.EXCLUSIVE) {
        throw new ErrnoException(Errno.EINVAL);
      }
      names.add(new LeaseName(lease.id(), plane, lease.seq(), keeps));
    }
    return names;
  }

  private void notify(Call call, Tnotify r) throws ErrnoException {
    if ((r.flags() & ~P9.NOTIFY_WAIT) != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    // What was taken and finds no room in its reply would be lost.
    int room = (conversation.msize() - P9.IOHDR) / Notice.BYTES;
    call.submit(
        call.callerOf(conversation.anchor()),
        new Operation.NextRecalls(Math.min(r.max(), room), (r.flags() & P9.NOTIFY_WAIT) != 0),
        recalls -> call.reply(Rnotify.ofRecalls(recalls)));
  }
}

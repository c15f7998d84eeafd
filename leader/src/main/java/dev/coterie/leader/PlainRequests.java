package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.leader.Fid.Place;
import dev.coterie.wire.BaseReply.Rattach;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rremove;
import dev.coterie.wire.BaseReply.Rwrite;
import dev.coterie.wire.BaseRequest.Tattach;
import dev.coterie.wire.BaseRequest.Tauth;
import dev.coterie.wire.BaseRequest.Tclunk;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.BaseRequest.Tremove;
import dev.coterie.wire.BaseRequest.Twalk;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.LinuxReply.Rfsync;
import dev.coterie.wire.LinuxReply.Rgetattr;
import dev.coterie.wire.LinuxReply.Rlcreate;
import dev.coterie.wire.LinuxReply.Rlink;
import dev.coterie.wire.LinuxReply.Rlopen;
import dev.coterie.wire.LinuxReply.Rmkdir;
import dev.coterie.wire.LinuxReply.Rmknod;
import dev.coterie.wire.LinuxReply.Rreaddir;
import dev.coterie.wire.LinuxReply.Rreadlink;
import dev.coterie.wire.LinuxReply.Rrename;
import dev.coterie.wire.LinuxReply.Rrenameat;
import dev.coterie.wire.LinuxReply.Rsetattr;
import dev.coterie.wire.LinuxReply.Rstatfs;
import dev.coterie.wire.LinuxReply.Rsymlink;
import dev.coterie.wire.LinuxReply.Runlinkat;
import dev.coterie.wire.LinuxRequest.Tfsync;
import dev.coterie.wire.LinuxRequest.Tgetattr;
import dev.coterie.wire.LinuxRequest.Tgetlock;
import dev.coterie.wire.LinuxRequest.Tlcreate;
import dev.coterie.wire.LinuxRequest.Tlink;
import dev.coterie.wire.LinuxRequest.Tlock;
import dev.coterie.wire.LinuxRequest.Tlopen;
import dev.coterie.wire.LinuxRequest.Tmkdir;
import dev.coterie.wire.LinuxRequest.Tmknod;
import dev.coterie.wire.LinuxRequest.Treaddir;
import dev.coterie.wire.LinuxRequest.Treadlink;
import dev.coterie.wire.LinuxRequest.Trename;
import dev.coterie.wire.LinuxRequest.Trenameat;
import dev.coterie.wire.LinuxRequest.Tsetattr;
import dev.coterie.wire.LinuxRequest.Tstatfs;
import dev.coterie.wire.LinuxRequest.Tsymlink;
import dev.coterie.wire.LinuxRequest.Tunlinkat;
import dev.coterie.wire.LinuxRequest.Txattrcreate;
import dev.coterie.wire.LinuxRequest.Txattrwalk;
import dev.coterie.wire.P9;
import dev.coterie.wire.Qid;
import dev.coterie.wire.Request;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/** 9P2000.L as kernels speak it: each message one operation, or a few in a row. */
final class PlainRequests {
  private static final int IO_UNIT_OF_MSIZE = 0;

  private final Conversation conversation;
  private final Fids fids;
  private final WalkRequest walk;
  private final XattrRequests xattrs;
  private final PlainLocks locks;

  PlainRequests(Conversation conversation) {
    this.conversation = conversation;
    this.fids = new Fids(conversation);
    this.walk = new WalkRequest(conversation, fids);
    this.xattrs = new XattrRequests(conversation, fids);
    this.locks = new PlainLocks(conversation, fids);
  }

  void serve(Call call, Request request) throws ErrnoException {
    switch (request) {
      case Twrite r -> write(call, r);
      case Tread r -> read(call, r);
      case Tgetattr r -> getattr(call, r);
      case Twalk r -> walk.serve(call, r);
      case Tclunk r -> clunk(call, r);
      case Tlopen r -> open(call, r);
      case Tlcreate r -> create(call, r);
      case Treaddir r -> readdir(call, r);
      case Tsetattr r -> setattr(call, r);
      case Tunlinkat r -> unlink(call, r);
      case Trenameat r -> renameat(call, r);
      case Tmkdir r -> mkdir(call, r);
      case Tattach r -> attach(call, r);
      case Tsymlink r -> symlink(call, r);
      case Tmknod r -> mknod(call, r);
      case Tlink r -> link(call, r);
      case Treadlink r -> readlink(call, r);
      case Tstatfs r -> statfs(call, r);
      case Tfsync r -> fsync(call, r);
      case Txattrwalk r -> xattrs.walk(call, r);
      case Txattrcreate r -> xattrs.create(call, r);
      case Tremove r -> remove(call, r);
      case Trename r -> rename(call, r);
      // No authentication is needed: peer credentials are better than a conversation.
      case Tauth _ -> throw new ErrnoException(Errno.EOPNOTSUPP);
      case Tlock r -> locks.lock(call, r);
      case Tgetlock r -> locks.getlock(call, r);
      default -> throw new ErrnoException(Errno.EOPNOTSUPP);
    }
  }

  private Qid qid(Stat stat) {
    return Qid.of(stat, conversation.dialect());
  }

  // ---- session ----

  private void attach(Call call, Tattach r) throws ErrnoException {
    Caller caller = conversation.peer().attached(r.numericUname(), r.uname());
    List<Name> path = WalkRequest.pathOf(r.aname());
    call.reserve(r.fid());
    call.submit(
        caller,
        new Operation.Root(),
        root -> {
          Fid top = Fid.ofNode(caller, new Fid.NodeRef(root.id()), root.id(), null);
          walk.attach(
              call,
              top,
              path,
              (fid, stat) -> {
                conversation.attached(fid);
                conversation.fids().fill(r.fid(), fid);
                call.reply(new Rattach(qid(stat)));
              });
        });
  }

  /** Gives a fid back. The fid is gone, so the rest is done whether or not anybody waits for it. */
  private void clunk(Call call, Tclunk r) throws ErrnoException {
    Fid fid = conversation.fids().remove(r.fid());
    if (fid == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    call.carryOut();
    if (fid.xattr() instanceof Fid.Xattr.Writing writing) {
      xattrs.apply(call, fid, writing);
      return;
    }
    fids.letGo(fid);
    if (fid.isOpen()) {
      locks.closed(fid.handle());
      call.submit(
          call.callerOf(fid), new Operation.Close(fid.handle()), done -> call.reply(new Rclunk()));
    } else {
      call.reply(new Rclunk());
    }
  }

  /**
   * Removes what the fid was walked to, if the name still names it, and clunks the fid in any case.
   * It is removed by name: if another puts a file under that name after the look, then that one, as
   * unlink(2) does.
   */
  private void remove(Call call, Tremove r) throws ErrnoException {
    Fid fid = conversation.fids().remove(r.fid());
    if (fid == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    call.carryOut();
    call.onFailure(errno -> {
      fids.letGo(fid);
      return null;
    });
    if (fid.isOpen()) {
      locks.closed(fid.handle());
      fids.close(fid);
    }
    Place place = fid.place();
    if (place == null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    call.submit(
        call.callerOf(fid),
        new Operation.Lookup(place.dir().id(), place.name()),
        stat -> removeFound(call, fid, place, stat));
  }

  private void removeFound(Call call, Fid fid, Place place, Stat stat) throws ErrnoException {
    fids.put(new Fid.NodeRef(stat.id()));
    if (!stat.id().equals(fid.id())) {
      throw new ErrnoException(Errno.ENOENT);
    }
    Operation<Operation.Done> removal =
        stat.isDirectory()
            ? new Operation.Rmdir(place.dir().id(), place.name())
            : new Operation.Unlink(place.dir().id(), place.name());
    call.submit(
        call.callerOf(fid),
        removal,
        done -> {
          fids.letGo(fid);
          call.reply(new Rremove());
        });
  }

  // ---- data ----

  private void read(Call call, Tread r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    if (fid.xattr() instanceof Fid.Xattr.Reading reading) {
      xattrs.read(call, reading, r);
      return;
    }
    if (!fid.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    ByteBuffer data = call.slotFor(P9.RREAD, r.count());
    call.submit(
        call.callerOf(fid),
        new Operation.Read(fid.handle(), r.offset(), data),
        count -> call.replyData(reply -> reply.end(count)));
  }

  private void write(Call call, Twrite r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    if (fid.xattr() instanceof Fid.Xattr.Writing writing) {
      xattrs.write(call, writing, r);
      return;
    }
    if (!fid.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    call.submit(
        call.callerOf(fid),
        new Operation.Write(fid.handle(), r.offset(), r.data()),
        count -> call.reply(new Rwrite(count)));
  }

  private void readdir(Call call, Treaddir r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    int bytes = P9.ioCount(r.count(), conversation.msize());
    call.submit(
        call.callerOf(fid),
        new Operation.Readdir(fid.handle(), r.offset(), bytes, false),
        entries ->
            call.reply(
                new Rreaddir(
                    entries.stream()
                        .map(e -> new Rreaddir.Entry(Fids.qid(e), e.cookie(), e.type(), e.name()))
                        .toList())));
  }

  private void fsync(Call call, Tfsync r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.Fsync(fid.handle(), r.dataOnly()),
        done -> call.reply(new Rfsync()));
  }

  // ---- attributes ----

  private void getattr(Call call, Tgetattr r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.Getattr(fid.id()),
        stat -> call.reply(new Rgetattr(P9.GETATTR_ALL, qid(stat), stat)));
  }

  private void setattr(Call call, Tsetattr r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    // A fid open for writing may set the size whatever the permissions have become, as ftruncate(2)
    // may.
    boolean byHandle = fid.isOpen() && OpenFlags.writes(fid.flags());
    call.submit(
        call.callerOf(fid),
        new Operation.Setattr(fid.id(), byHandle ? fid.handle() : 0, r.change().toSetAttr()),
        stat -> call.reply(new Rsetattr()));
  }

  private void readlink(Call call, Treadlink r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.Readlink(fid.id()),
        target -> call.reply(new Rreadlink(Name.wrap(target))));
  }

  private void statfs(Call call, Tstatfs r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.Statfs(fid.id()),
        statFs -> call.reply(new Rstatfs(statFs)));
  }

  // ---- names ----

  private void open(Call call, Tlopen r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    if (fid.isOpen() || fid.xattr() != null) {
      throw new ErrnoException(Errno.EBADF);
    }
    call.submit(
        call.callerOf(fid),
        // Without leases: such a client would not know of one.
        new Operation.Open(fid.id(), r.flags() & ~OpenFlags.LEASE | OpenFlags.NO_FIFO),
        opened -> {
          settle(r.fid(), fid, fid.opened(opened.handle(), opened.flags()));
          call.reply(new Rlopen(qid(opened.stat()), IO_UNIT_OF_MSIZE));
        });
  }

  private void create(Call call, Tlcreate r) throws ErrnoException {
    Fid dir = fids.requireHeld(r.fid());
    Fid.NodeRef node = Objects.requireNonNull(dir.node());
    call.onFailure(errno -> {
      fids.put(node);
      return null;
    });
    if (dir.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    asGroup(
        call,
        dir,
        r.gid(),
        caller ->
            call.submit(
                caller,
                new Operation.Create(dir.id(), r.name(), r.flags() | OpenFlags.NO_FIFO, r.mode()),
                opened -> {
                  Fid made = fids.looked(dir, opened.stat(), new Place(node, r.name()));
                  try {
                    settle(r.fid(), dir, made.opened(opened.handle(), opened.flags()));
                  } catch (ErrnoException e) {
                    fids.put(made.node());
                    throw e;
                  }
                  fids.letGo(dir);
                  call.reply(new Rlcreate(qid(opened.stat()), IO_UNIT_OF_MSIZE));
                }));
  }

  /**
   * Puts the opened fid in the place of the one that was named; EBADF if that was clunked
   * meanwhile.
   */
  private void settle(int number, Fid before, Fid after) throws ErrnoException {
    if (!conversation.fids().replace(number, before, after)) {
      fids.close(after);
      throw new ErrnoException(Errno.EBADF);
    }
  }

  private void mkdir(Call call, Tmkdir r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    asGroup(
        call,
        dir,
        r.gid(),
        caller ->
            call.submit(
                caller,
                new Operation.Mkdir(dir.id(), r.name(), r.mode()),
                stat -> {
                  fids.put(new Fid.NodeRef(stat.id()));
                  call.reply(new Rmkdir(qid(stat)));
                }));
  }

  private void symlink(Call call, Tsymlink r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    asGroup(
        call,
        dir,
        r.gid(),
        caller ->
            call.submit(
                caller,
                new Operation.Symlink(dir.id(), r.name(), r.target().toBytes()),
                stat -> {
                  fids.put(new Fid.NodeRef(stat.id()));
                  call.reply(new Rsymlink(qid(stat)));
                }));
  }

  private void mknod(Call call, Tmknod r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    asGroup(
        call,
        dir,
        r.gid(),
        caller ->
            call.submit(
                caller,
                new Operation.Mknod(dir.id(), r.name(), r.mode(), r.rdev()),
                stat -> {
                  fids.put(new Fid.NodeRef(stat.id()));
                  call.reply(new Rmknod(qid(stat)));
                }));
  }

  /**
   * A creating message carries the group of whoever creates. It is believed when the user is in it;
   * when not, only as that of a directory which hands its group down, as Linux then sends that one.
   */
  private void asGroup(Call call, Fid dir, int gid, Call.Then<Caller> then) throws ErrnoException {
    Caller caller = call.callerOf(dir);
    if (caller.isRoot() || caller.inGroup(gid)) {
      then.done(Peer.withGroup(caller, gid));
      return;
    }
    if (conversation.peer().isAnonymous()) {
      // Nothing it says of itself counts, its group no more than its user.
      then.done(caller);
      return;
    }
    call.submit(
        caller,
        new Operation.Getattr(dir.id()),
        stat -> {
          boolean inherited = (stat.mode() & Mode.S_ISGID) != 0 && stat.gid() == gid;
          if (!inherited) {
            throw new ErrnoException(Errno.EPERM);
          }
          then.done(caller);
        });
  }

  private void link(Call call, Tlink r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    Fid fid = fids.require(r.fid());
    call.submit(
        call.callerOf(dir),
        new Operation.Link(fid.id(), dir.id(), r.name()),
        stat -> call.reply(new Rlink()));
  }

  private void unlink(Call call, Tunlinkat r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    Operation<Operation.Done> removal =
        (r.flags() & P9.UNLINKAT_REMOVEDIR) != 0
            ? new Operation.Rmdir(dir.id(), r.name())
            : new Operation.Unlink(dir.id(), r.name());
    call.submit(call.callerOf(dir), removal, done -> call.reply(new Runlinkat()));
  }

  private void renameat(Call call, Trenameat r) throws ErrnoException {
    Fid from = fids.require(r.oldDirFid());
    Fid to = fids.require(r.newDirFid());
    call.submit(
        call.callerOf(from),
        new Operation.Rename(from.id(), r.oldName(), to.id(), r.newName(), 0),
        done -> call.reply(new Rrenameat()));
  }

  private void rename(Call call, Trename r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    Place place = fid.place();
    if (place == null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    Fid to = fids.requireHeld(r.dirFid());
    Place moved = new Place(Objects.requireNonNull(to.node()), r.name());
    call.onFailure(errno -> {
      fids.put(moved);
      return null;
    });
    call.submit(
        call.callerOf(fid),
        new Operation.Rename(place.dir().id(), place.name(), to.id(), r.name(), 0),
        done -> {
          boolean stands = conversation.fids().replace(r.fid(), fid, fid.at(moved));
          fids.put(stands ? place : moved);
          call.reply(new Rrename());
        });
  }
}

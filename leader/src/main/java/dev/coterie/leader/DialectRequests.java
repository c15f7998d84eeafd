package dev.coterie.leader;

import static dev.coterie.api.OpenFlags.O_TMPFILE;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Stat;
import dev.coterie.wire.HandleReply.Rappend;
import dev.coterie.wire.HandleReply.Rcopyrange;
import dev.coterie.wire.HandleReply.Rcreate;
import dev.coterie.wire.HandleReply.Rfallocate;
import dev.coterie.wire.HandleReply.Rlockx;
import dev.coterie.wire.HandleReply.Ropen;
import dev.coterie.wire.HandleReply.Rreaddirx;
import dev.coterie.wire.HandleReply.Rseek;
import dev.coterie.wire.HandleReply.Rsetflags;
import dev.coterie.wire.HandleReply.Rshare;
import dev.coterie.wire.HandleReply.Rtake;
import dev.coterie.wire.HandleReply.Rwriteseq;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.HandleRequest.Tappend;
import dev.coterie.wire.HandleRequest.Tcopyrange;
import dev.coterie.wire.HandleRequest.Tcreate;
import dev.coterie.wire.HandleRequest.Tfallocate;
import dev.coterie.wire.HandleRequest.Tlockx;
import dev.coterie.wire.HandleRequest.Topen;
import dev.coterie.wire.HandleRequest.Treaddirx;
import dev.coterie.wire.HandleRequest.Treadseq;
import dev.coterie.wire.HandleRequest.Tseek;
import dev.coterie.wire.HandleRequest.Tsetflags;
import dev.coterie.wire.HandleRequest.Tshare;
import dev.coterie.wire.HandleRequest.Ttake;
import dev.coterie.wire.HandleRequest.Twriteseq;
import dev.coterie.wire.HeldLease;
import dev.coterie.wire.InodeReply.Raccess;
import dev.coterie.wire.InodeReply.Rgetxattr;
import dev.coterie.wire.InodeReply.Rlinkx;
import dev.coterie.wire.InodeReply.Rlistxattr;
import dev.coterie.wire.InodeReply.Rlookup;
import dev.coterie.wire.InodeReply.Rmake;
import dev.coterie.wire.InodeReply.Rrebind;
import dev.coterie.wire.InodeReply.Rremovexattr;
import dev.coterie.wire.InodeReply.Rrenamex;
import dev.coterie.wire.InodeReply.Rsetattrx;
import dev.coterie.wire.InodeReply.Rsetxattr;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.InodeRequest.Taccess;
import dev.coterie.wire.InodeRequest.Tgetxattr;
import dev.coterie.wire.InodeRequest.Tlinkx;
import dev.coterie.wire.InodeRequest.Tlistxattr;
import dev.coterie.wire.InodeRequest.Tlookup;
import dev.coterie.wire.InodeRequest.Tmake;
import dev.coterie.wire.InodeRequest.Trebind;
import dev.coterie.wire.InodeRequest.Tremovexattr;
import dev.coterie.wire.InodeRequest.Trenamex;
import dev.coterie.wire.InodeRequest.Tsetattrx;
import dev.coterie.wire.InodeRequest.Tsetxattr;
import dev.coterie.wire.P9;
import dev.coterie.wire.SessionReply.Rping;
import dev.coterie.wire.SessionRequest;
import dev.coterie.wire.SessionRequest.Tas;
import dev.coterie.wire.SessionRequest.Tdo;
import dev.coterie.wire.SessionRequest.Tonce;
import dev.coterie.wire.SessionRequest.Tping;
import dev.coterie.wire.SessionRequest.Tsession;
import java.nio.ByteBuffer;

/** The dialect: each message is one operation. */
final class DialectRequests {
  private final Conversation conversation;
  private final Fids fids;

  DialectRequests(Conversation conversation) {
    this.conversation = conversation;
    this.fids = new Fids(conversation);
  }

  void session(Call call, SessionRequest request) throws ErrnoException {
    switch (request) {
      case Tping(long nonce) -> call.reply(new Rping(nonce));
      case Tsession r ->
          call.reply(conversation.connection().leader().sessions().serve(conversation, r));
      case Tdo r -> Compound.begin(conversation, call, r);
      case Tas _, Tonce _ -> throw new ErrnoException(Errno.EPROTO);
    }
  }

  // ---- inodes and names ----

  void inode(Call call, InodeRequest request) throws ErrnoException {
    switch (request) {
      case Tlookup r -> lookup(call, r);
      case Tmake r -> make(call, r);
      case Trebind r -> rebind(call, r);
      case Tsetattrx r -> setattr(call, r);
      case Taccess r -> {
        Fid fid = fids.require(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Access(fid.id(), r.mask()),
            done -> call.reply(new Raccess()));
      }
      case Tlinkx r -> link(call, r);
      case Trenamex r -> rename(call, r);
      case Tgetxattr r -> {
        Fid fid = fids.require(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Getxattr(fid.id(), r.name()),
            value -> call.reply(new Rgetxattr(ByteBuffer.wrap(value))));
      }
      case Tsetxattr r -> setxattr(call, r);
      case Tlistxattr r -> {
        Fid fid = fids.require(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Listxattr(fid.id()),
            names -> call.reply(new Rlistxattr(names)));
      }
      case Tremovexattr r -> {
        Fid fid = fids.require(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Removexattr(fid.id(), r.name()),
            done -> call.reply(new Rremovexattr()));
      }
    }
  }

  private void lookup(Call call, Tlookup r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    call.reserve(r.newFid());
    call.submit(
        call.callerOf(dir),
        new Operation.Lookup(dir.id(), r.name()),
        stat -> {
          conversation.fids().fill(r.newFid(), fids.looked(dir, stat, null));
          call.reply(new Rlookup(stat));
        });
  }

  private void make(Call call, Tmake r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    InodeId id = dir.id();
    call.reserve(r.newFid());
    Operation<Stat> operation =
        switch (r.mode() & Mode.S_IFMT) {
          case Mode.S_IFDIR -> new Operation.Mkdir(id, r.name(), r.mode());
          case Mode.S_IFLNK -> new Operation.Symlink(id, r.name(), r.target().toBytes());
          default -> new Operation.Mknod(id, r.name(), r.mode(), r.rdev());
        };
    call.submit(
        call.callerOf(dir),
        operation,
        stat -> {
          conversation.fids().fill(r.newFid(), fids.looked(dir, stat, null));
          call.reply(new Rmake(stat));
        });
  }

  private void rebind(Call call, Trebind r) throws ErrnoException {
    Fid root = fids.require(r.rootFid());
    call.reserve(r.newFid());
    call.submit(
        call.callerOf(root),
        new Operation.Rebind(r.id()),
        stat -> {
          conversation.fids().fill(r.newFid(), fids.looked(root, stat, null));
          call.reply(new Rrebind(stat));
        });
  }

  private void setattr(Call call, Tsetattrx r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    long handle = r.handleFid() == P9.NOFID ? 0 : fids.requireOpen(r.handleFid()).handle();
    call.submit(
        call.callerOf(fid),
        new Operation.Setattr(fid.id(), handle, r.change().toSetAttr()),
        stat -> call.reply(new Rsetattrx(stat)));
  }

  private void link(Call call, Tlinkx r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    Fid fid = fids.require(r.fid());
    call.submit(
        call.callerOf(dir),
        new Operation.Link(fid.id(), dir.id(), r.name()),
        stat -> call.reply(new Rlinkx(stat)));
  }

  private void rename(Call call, Trenamex r) throws ErrnoException {
    Fid from = fids.require(r.oldDirFid());
    Fid to = fids.require(r.newDirFid());
    call.submit(
        call.callerOf(from),
        new Operation.Rename(from.id(), r.oldName(), to.id(), r.newName(), r.flags()),
        done -> call.reply(new Rrenamex()));
  }

  private void setxattr(Call call, Tsetxattr r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    byte[] value = new byte[r.data().remaining()];
    r.data().get(value);
    call.submit(
        call.callerOf(fid),
        new Operation.Setxattr(fid.id(), r.name(), value, r.flags()),
        done -> call.reply(new Rsetxattr()));
  }

  // ---- handles ----

  void handle(Call call, HandleRequest request) throws ErrnoException {
    switch (request) {
      case Tcreate r -> create(call, r);
      case Topen r -> open(call, r);
      case Treaddirx r -> readdir(call, r);
      case Tappend r -> append(call, r);
      case Treadseq r -> readNext(call, r);
      case Twriteseq r -> writeNext(call, r);
      case Tseek r -> seek(call, r);
      case Tlockx r -> lock(call, r);
      case Tsetflags r -> {
        Fid fid = fids.requireOpen(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.SetFlags(fid.handle(), r.flags()),
            done -> call.reply(new Rsetflags()));
      }
      case Tfallocate r -> {
        Fid fid = fids.requireOpen(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Fallocate(fid.handle(), r.mode(), r.offset(), r.length()),
            done -> call.reply(new Rfallocate()));
      }
      case Tcopyrange r -> copyRange(call, r);
      case Tshare r -> {
        Fid fid = fids.requireOpen(r.fid());
        call.submit(
            call.callerOf(fid),
            new Operation.Share(fid.handle()),
            token -> call.reply(new Rshare(token)));
      }
      case Ttake r -> take(call, r);
    }
  }

  private void create(Call call, Tcreate r) throws ErrnoException {
    Fid dir = fids.require(r.dirFid());
    call.reserve(r.nodeFid());
    call.reserve(r.handleFid());
    boolean nameless = (r.flags() & O_TMPFILE) == O_TMPFILE;
    Operation<Operation.Opened> operation =
        nameless && r.name().length() == 0
            ? new Operation.Tmpfile(dir.id(), r.flags(), r.mode())
            : new Operation.Create(dir.id(), r.name(), r.flags(), r.mode());
    call.submit(
        call.callerOf(dir),
        operation,
        opened -> {
          conversation.fids().fill(r.nodeFid(), fids.looked(dir, opened.stat(), null));
          conversation.fids().fill(r.handleFid(), Fids.ofHandle(dir, opened));
          call.reply(new Rcreate(opened.stat(), opened.flags()));
        });
  }

  private void open(Call call, Topen r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    call.reserve(r.newFid());
    // When a TCP connection breaks, the two ends notice at different times.
    int flags = conversation.peer().isOverTcp() ? r.flags() & ~OpenFlags.LEASE : r.flags();
    call.submit(
        call.callerOf(fid),
        new Operation.Open(fid.id(), flags),
        opened -> {
          conversation.fids().fill(r.newFid(), Fids.ofHandle(fid, opened));
          call.reply(new Ropen(opened.stat(), HeldLease.of(opened), opened.flags()));
        });
  }

  private void take(Call call, Ttake r) throws ErrnoException {
    Fid anchor = conversation.anchor();
    call.reserve(r.newFid());
    call.submit(
        call.callerOf(anchor),
        new Operation.Take(r.token()),
        opened -> {
          conversation.fids().fill(r.newFid(), Fids.ofHandle(anchor, opened));
          call.reply(new Rtake(opened.stat(), opened.flags()));
        });
  }

  private void readdir(Call call, Treaddirx r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    int bytes = P9.ioCount(r.count(), conversation.msize());
    boolean withStat = (r.flags() & P9.READDIRX_ATTRS) != 0;
    call.submit(
        call.callerOf(fid),
        new Operation.Readdir(fid.handle(), r.offset(), bytes, withStat),
        entries -> call.reply(new Rreaddirx(r.flags() & P9.READDIRX_ATTRS, entries)));
  }

  private void append(Call call, Tappend r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.Append(fid.handle(), r.data()),
        moved -> call.reply(new Rappend(moved.offset(), moved.count())));
  }

  private void readNext(Call call, Treadseq r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    ByteBuffer data = call.slotFor(P9.RREADSEQ, r.count());
    call.submit(
        call.callerOf(fid),
        new Operation.ReadNext(fid.handle(), data),
        moved -> call.replyData(reply -> reply.end(moved.offset(), moved.count())));
  }

  private void writeNext(Call call, Twriteseq r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    call.submit(
        call.callerOf(fid),
        new Operation.WriteNext(fid.handle(), r.data()),
        moved -> call.reply(new Rwriteseq(moved.offset(), moved.count())));
  }

  private void seek(Call call, Tseek r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    Whence whence = r.from();
    call.submit(
        call.callerOf(fid),
        new Operation.Seek(fid.handle(), whence, r.offset()),
        place -> call.reply(new Rseek(place)));
  }

  private void lock(Call call, Tlockx r) throws ErrnoException {
    Fid fid = fids.requireOpen(r.fid());
    RangeLock lock = r.lock();
    if (r.tests()) {
      call.submit(
          call.callerOf(fid),
          new Operation.GetLock(fid.handle(), lock),
          found -> call.reply(Rlockx.of(found)));
    } else {
      call.submit(
          call.callerOf(fid),
          new Operation.Lock(fid.handle(), lock, r.waits()),
          done -> call.reply(Rlockx.DONE));
    }
  }

  private void copyRange(Call call, Tcopyrange r) throws ErrnoException {
    Fid from = fids.requireOpen(r.fid());
    Fid to = fids.requireOpen(r.toFid());
    call.submit(
        call.callerOf(from),
        new Operation.CopyRange(from.handle(), r.offset(), to.handle(), r.toOffset(), r.length()),
        count -> call.reply(new Rcopyrange(count)));
  }
}

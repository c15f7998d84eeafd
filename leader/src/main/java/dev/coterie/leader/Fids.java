package dev.coterie.leader;

import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.leader.Fid.NodeRef;
import dev.coterie.leader.Fid.Place;
import dev.coterie.wire.P9;
import dev.coterie.wire.Qid;
import org.jspecify.annotations.Nullable;

/** What both dialects do with fids: find, make and let go. */
final class Fids {
  private final Conversation conversation;

  Fids(Conversation conversation) {
    this.conversation = conversation;
  }

  Fid require(int number) throws ErrnoException {
    return conversation.fids().require(number);
  }

  /** A fid that is open, for its handle. EBADF. */
  Fid requireOpen(int number) throws ErrnoException {
    Fid fid = require(number);
    if (!fid.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    return fid;
  }

  /**
   * A fid that was looked up, and its lookup held for the caller, who is to {@link #put} it. So it
   * stays whatever becomes of the fid. EBADF unknown, or it has none.
   */
  Fid requireHeld(int number) throws ErrnoException {
    while (true) {
      Fid fid = require(number);
      NodeRef node = fid.node();
      if (node == null || fid.xattr() != null) {
        throw new ErrnoException(Errno.EBADF);
      }
      if (node.tryGet()) {
        return fid;
      }
      // Another thread has put a fid in its place, or taken it away, before it let the lookup go.
    }
  }

  /** A new fid of an inode that was just looked up for {@code from}. */
  Fid looked(Fid from, Stat stat, @Nullable Place place) {
    return Fid.ofNode(from.caller(), new NodeRef(stat.id()), from.attached(), place);
  }

  /** A fid for a handle alone. */
  static Fid ofHandle(Fid from, Operation.Opened opened) {
    InodeId id = opened.stat().id();
    return new Fid(
        from.caller(), id, null, opened.handle(), opened.flags(), from.attached(), null, null);
  }

  /** One holder of a lookup less; the last has the session forget it. */
  void put(@Nullable NodeRef node) {
    if (node != null && node.put()) {
      // Nobody waits for it: what fails here has been given back by the end of the session.
      conversation
          .session()
          .submit(conversation.peer().self(), new Operation.Forget(node.id(), 1), Ignored.DONE);
    }
  }

  void put(@Nullable Place place) {
    if (place != null) {
      put(place.dir());
    }
  }

  /** Lets go what a fid holds but for its handle. */
  void letGo(Fid fid) {
    put(fid.node());
    put(fid.place());
    if (fid.xattr() != null) {
      conversation.letGoXattr(fid.xattr().bytes());
    }
  }

  /** Closes a handle that no fid stands for any more. */
  void close(Fid fid) {
    conversation.session().submit(fid.caller(), new Operation.Close(fid.handle()), Ignored.DONE);
  }

  /** The qid of a directory entry, for a plain client. */
  static Qid qid(DirEntry entry) {
    int type =
        entry.type() == Mode.direntType(Mode.S_IFDIR)
            ? P9.QTDIR
            : entry.type() == Mode.direntType(Mode.S_IFLNK) ? P9.QTSYMLINK : P9.QTFILE;
    return new Qid(type, 0, entry.id().number());
  }

  /**
   * For what nobody waits for: a failure of it means that the session is over and all was given
   * back.
   */
  enum Ignored implements Completion<Operation.Done> {
    DONE;

    @Override
    public void done(Operation.Done result) {}

    @Override
    public void failed(Errno errno) {}
  }
}

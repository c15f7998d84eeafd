package dev.coterie.leader;

import dev.coterie.api.Change;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.wire.BaseReply.Rread;
import dev.coterie.wire.HandleReply.Rreaddirx;
import dev.coterie.wire.HandleReply.Rreadseq;
import dev.coterie.wire.InodeReply.Rgetxattr;
import dev.coterie.wire.InodeReply.Rlistxattr;
import dev.coterie.wire.KeyReply.Rusekey;
import dev.coterie.wire.LeaseReply.Notice;
import dev.coterie.wire.LeaseReply.Rnotify;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.LinuxReply.Rreaddir;
import dev.coterie.wire.LinuxReply.Rreadlink;
import dev.coterie.wire.Reply;
import dev.coterie.wire.SessionReply.Rdo;
import dev.coterie.wire.WatchReply.Rchanges;
import java.nio.ByteBuffer;

/** Replies into buffers; one that does not fit the client's msize becomes EMSGSIZE. */
final class Replies {
  /** Room for any reply but those that carry data, lists or long targets; and for their headers. */
  private static final int SMALL_BYTES = 512;

  /** Largest entry of Rreaddir, Rreaddirx without its name, in bytes. */
  private static final int ENTRY_BYTES = 181;

  private Replies() {}

  /** Room that is enough for the frame of a reply, or for the error in its place, in bytes. */
  static int bytesMost(Reply reply, int msize) {
    return (int) Math.min(bytes(reply), Math.max(msize, SMALL_BYTES));
  }

  private static long bytes(Reply reply) {
    return SMALL_BYTES
            + switch (reply) {
              case Rreadlink r -> r.target().length();
              case Rgetxattr r -> r.data().remaining();
              case Rusekey r -> r.value().remaining();
              case Rlistxattr r -> r.names().stream().mapToLong(name -> name.length() + 1).sum();
              case Rreaddir r -> r.entries().stream().mapToLong(e -> entryBytes(e.name())).sum();
              case Rreaddirx r -> r.entries().stream().mapToLong(e -> entryBytes(e.name())).sum();
              case Rnotify r -> (long) Notice.BYTES * r.notices().size();
              case Rchanges r -> r.changes().stream().mapToLong(Change::bytes).sum();
              case Rread r -> r.data().remaining();
              case Rreadseq r -> r.data().remaining();
              case Rdo r -> r.replies().stream().mapToLong(Replies::bytes).sum();
              default -> 0;
            };
  }

  private static long entryBytes(Name name) {
    return (long) ENTRY_BYTES + name.length();
  }

  static void encode(Reply reply, int tag, ByteBuffer out, int msize) throws ErrnoException {
    try {
      reply.encode(tag, out, msize);
    } catch (ErrnoException e) {
      new Rlerror(Errno.EMSGSIZE.number()).encode(tag, out, msize);
    }
  }

  static void put(Reply reply, int tag, Outbox.Late out, int msize) {
    try {
      encode(reply, tag, out.room(bytesMost(reply, msize)), msize);
    } catch (ErrnoException e) {
      throw new AssertionError("an error reply does not fit", e);
    }
  }
}

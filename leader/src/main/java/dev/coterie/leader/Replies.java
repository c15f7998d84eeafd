package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.wire.LinuxReply.Rlerror;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import java.nio.ByteBuffer;

/** Replies into buffers; one that does not fit the client's msize becomes EMSGSIZE. */
final class Replies {
  /** Room for any reply but those that carry data, lists or long targets. */
  private static final int SMALL_BYTES = 512;

  private Replies() {}

  /** How large the frame of a reply may get, in bytes. */
  static int bytesMost(Reply reply, int msize) {
    return switch (reply.type()) {
      case P9.RREAD, P9.RREADLINK, P9.RREADDIR, P9.RREADDIRX, P9.RGETXATTR, P9.RLISTXATTR -> msize;
      default -> SMALL_BYTES;
    };
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

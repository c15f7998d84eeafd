package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.leader.Fid.Xattr;
import dev.coterie.wire.BaseReply.Rclunk;
import dev.coterie.wire.BaseReply.Rwrite;
import dev.coterie.wire.BaseRequest.Tread;
import dev.coterie.wire.BaseRequest.Twrite;
import dev.coterie.wire.LinuxReply.Rxattrcreate;
import dev.coterie.wire.LinuxReply.Rxattrwalk;
import dev.coterie.wire.LinuxRequest.Txattrcreate;
import dev.coterie.wire.LinuxRequest.Txattrwalk;
import dev.coterie.wire.P9;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Extended attributes as 9P2000.L has them: fids that are read, or written and applied at clunk.
 */
final class XattrRequests {
  private final Conversation conversation;
  private final Fids fids;

  XattrRequests(Conversation conversation, Fids fids) {
    this.conversation = conversation;
    this.fids = fids;
  }

  /** A new fid to read one attribute from, or with an empty name the list of names. */
  void walk(Call call, Txattrwalk r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    call.reserve(r.newFid());
    if (r.name().length() == 0) {
      call.submit(
          call.callerOf(fid),
          new Operation.Listxattr(fid.id()),
          names -> found(call, r.newFid(), fid, joined(names)));
    } else {
      call.submit(
          call.callerOf(fid),
          new Operation.Getxattr(fid.id(), r.name()),
          value -> found(call, r.newFid(), fid, value));
    }
  }

  private void found(Call call, int number, Fid from, byte[] value) throws ErrnoException {
    conversation.holdXattr(value.length);
    Fid reading =
        new Fid(
            from.caller(), from.id(), null, 0, 0, from.attached(), null, new Xattr.Reading(value));
    conversation.fids().fill(number, reading);
    call.reply(new Rxattrwalk(value.length));
  }

  private static byte[] joined(List<Name> names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Name name : names) {
      bytes.writeBytes(name.toBytes());
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  void read(Call call, Xattr.Reading reading, Tread r) throws ErrnoException {
    byte[] value = reading.value();
    int from = Math.clamp(r.offset(), 0, value.length);
    ByteBuffer data = call.slotFor(P9.RREAD, r.count());
    int count = Math.min(data.remaining(), value.length - from);
    data.put(value, from, count);
    call.replyData(reply -> reply.end(count));
  }

  /** Turns the fid into the buffer of an attribute to be set. */
  void create(Call call, Txattrcreate r) throws ErrnoException {
    Fid fid = fids.require(r.fid());
    if (fid.isOpen() || fid.xattr() != null) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (r.size() < 0 || r.size() > Limits.XATTR_VALUE_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    int size = (int) r.size();
    conversation.holdXattr(size);
    Fid writing = fid.withXattr(new Xattr.Writing(r.name(), r.flags(), ByteBuffer.allocate(size)));
    if (!conversation.fids().replace(r.fid(), fid, writing)) {
      conversation.letGoXattr(size);
      throw new ErrnoException(Errno.EBADF);
    }
    call.reply(new Rxattrcreate());
  }

  void write(Call call, Xattr.Writing writing, Twrite r) throws ErrnoException {
    ByteBuffer value = writing.value();
    int count = r.data().remaining();
    if (r.offset() != value.position() || count > value.remaining()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    value.put(r.data());
    call.reply(new Rwrite(count));
  }

  /**
   * At clunk: sets the attribute, or with size 0 and REPLACE removes it; its error is the clunk's.
   * The fid, which is not in the table any more, holds the inode until then.
   */
  void apply(Call call, Fid fid, Xattr.Writing writing) throws ErrnoException {
    call.onFailure(errno -> {
      fids.letGo(fid);
      return null;
    });
    ByteBuffer value = writing.value();
    if (value.hasRemaining()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    byte[] bytes = new byte[value.flip().remaining()];
    value.get(bytes);
    boolean removes = bytes.length == 0 && writing.flags() == Operation.Setxattr.XATTR_REPLACE;
    Operation<Operation.Done> operation =
        removes
            ? new Operation.Removexattr(fid.id(), writing.name())
            : new Operation.Setxattr(fid.id(), writing.name(), bytes, writing.flags());
    call.submit(
        call.callerOf(fid),
        operation,
        done -> {
          fids.letGo(fid);
          call.reply(new Rclunk());
        });
  }
}

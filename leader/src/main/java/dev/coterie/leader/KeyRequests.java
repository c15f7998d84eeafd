package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.Operation;
import dev.coterie.wire.KeyReply.Rclosekey;
import dev.coterie.wire.KeyReply.Ropenkey;
import dev.coterie.wire.KeyReply.Rreturnkey;
import dev.coterie.wire.KeyReply.Rusekey;
import dev.coterie.wire.KeyRequest;
import dev.coterie.wire.KeyRequest.Tclosekey;
import dev.coterie.wire.KeyRequest.Topenkey;
import dev.coterie.wire.KeyRequest.Treturnkey;
import dev.coterie.wire.KeyRequest.Tusekey;
import dev.coterie.wire.P9;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The dialect's messages about named keys. */
final class KeyRequests {
  private final Conversation conversation;

  KeyRequests(Conversation conversation) {
    this.conversation = conversation;
  }

  void serve(Call call, KeyRequest request) throws ErrnoException {
    if (conversation.peer().isOverTcp()) {
      // When such a connection breaks, the two ends notice at different times.
      throw new ErrnoException(Errno.EOPNOTSUPP);
    }
    Caller caller = call.callerOf(conversation.anchor());
    switch (request) {
      case Topenkey(var name) ->
          call.submit(caller, new Operation.OpenKey(name), key -> call.reply(new Ropenkey(key)));
      case Tusekey r -> use(call, caller, r);
      case Treturnkey r -> giveBack(call, caller, r);
      case Tclosekey(var key) ->
          call.submit(caller, new Operation.CloseKey(key), done -> call.reply(new Rclosekey()));
    }
  }

  private static void use(Call call, Caller caller, Tusekey r) throws ErrnoException {
    LeaseMode mode = LeaseMode.of(r.mode());
    if (mode == null) {
      throw new ErrnoException(Errno.EINVAL);
    }
    boolean gives = (r.flags() & P9.KEY_RETURNS) != 0;
    if (!gives && (r.flags() != 0 || r.seq() != 0)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    byte[] value = valueOf(r.flags() & ~P9.KEY_RETURNS, r.value());
    Operation.ReturnKey first = gives ? new Operation.ReturnKey(r.key(), r.seq(), value) : null;
    call.submit(
        caller,
        new Operation.UseKey(r.key(), mode, r.timeoutMs(), first),
        lease -> call.reply(Rusekey.of(lease)));
  }

  private static void giveBack(Call call, Caller caller, Treturnkey r) throws ErrnoException {
    call.submit(
        caller,
        new Operation.ReturnKey(r.key(), r.seq(), valueOf(r.flags(), r.value())),
        had -> call.reply(new Rreturnkey(had ? P9.KEY_RETURNED : P9.KEY_NOT_HELD)));
  }

  private static byte @Nullable [] valueOf(int flags, ByteBuffer sent) throws ErrnoException {
    if (flags == P9.KEY_CHANGED) {
      byte[] value = new byte[sent.remaining()];
      sent.get(value);
      return value;
    }
    if (flags != 0 || sent.hasRemaining()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return null;
  }
}

package dev.coterie.wire;

import java.nio.ByteBuffer;

/**
 * What a server answers (an R message): the reply of the request's own kind, or {@link
 * LinuxReply.Rlerror}.
 *
 * <p>Grouped as {@link Request} is.
 */
public sealed interface Reply extends Message
    permits BaseReply,
        LinuxReply,
        SessionReply,
        InodeReply,
        HandleReply,
        EventReply,
        WatchReply,
        LeaseReply,
        KeyReply {

  /**
   * Reads a reply from the body of a frame: all of it, from the buffer's position to its limit.
   *
   * @return the reply; its data, if it has any, is a slice of the body, good until the next frame
   *     is read
   * @throws ProtocolException an unknown type, or a body that is not of its form; nothing else is
   *     ever thrown
   */
  static Reply decode(int type, ByteBuffer body) throws ProtocolException {
    return Decoder.reply(type, body);
  }
}

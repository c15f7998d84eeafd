package dev.coterie.wire;

import java.nio.ByteBuffer;

/**
 * What a client asks (a T message).
 *
 * <p>Grouped as the protocol grew: {@link BaseRequest} is 9P2000, {@link LinuxRequest} what
 * 9P2000.L added; {@link SessionRequest}, {@link InodeRequest}, {@link HandleRequest}, {@link
 * EventRequest}, {@link WatchRequest}, {@link LeaseRequest} and {@link KeyRequest} are our dialect.
 */
public sealed interface Request extends Message
    permits BaseRequest,
        LinuxRequest,
        SessionRequest,
        InodeRequest,
        HandleRequest,
        EventRequest,
        WatchRequest,
        LeaseRequest,
        KeyRequest,
        UnknownRequest {

  /**
   * Reads a request from the body of a frame: all of it, from the buffer's position to its limit.
   *
   * @param dialect what this connection speaks; a type that is none of its own is an {@link
   *     UnknownRequest}
   * @return the request; its data, if it has any, is a slice of the body ({@link #detached})
   * @throws ProtocolException a type of the dialect with a body that is not of its form; nothing
   *     else is ever thrown
   */
  static Request decode(int type, ByteBuffer body, Dialect dialect) throws ProtocolException {
    return Decoder.request(type, body, dialect);
  }

  /**
   * The same request, with no tie to the frame it was read from: for one that is still under way
   * when the next frame is read. Copies the data of a writing request; any other is itself.
   */
  default Request detached() {
    return this;
  }
}

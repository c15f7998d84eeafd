package dev.coterie.wire;

import java.io.IOException;

/**
 * The peer sent what is no message of the protocol. The connection it came on cannot be trusted any
 * further and ends, with this text in the log; nobody else notices.
 */
public final class ProtocolException extends IOException {
  private static final boolean TRACE = Boolean.getBoolean("coterie.trace");
  private static final long serialVersionUID = 1L;

  public ProtocolException(String reason) {
    super(reason);
  }

  @Override
  public Throwable fillInStackTrace() {
    return TRACE ? super.fillInStackTrace() : this;
  }
}

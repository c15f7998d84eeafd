package dev.coterie.api;

import java.io.IOException;

/**
 * An operation ended with an {@link Errno}.
 *
 * <p>Carries no stack trace unless {@code -Dcoterie.trace=true}: an errno is an answer, not a fault
 * of the program, and filling a trace costs more than the operation it reports on.
 */
public class ErrnoException extends IOException {
  private static final boolean TRACE = Boolean.getBoolean("coterie.trace");
  private static final long serialVersionUID = 1L;

  private final Errno errno;
  private final String attempted;

  /**
   * @param errno the answer
   * @param attempted what was attempted, such as {@code open /a/b}
   */
  public ErrnoException(Errno errno, String attempted) {
    this.errno = errno;
    this.attempted = attempted;
  }

  public ErrnoException(Errno errno) {
    this(errno, "");
  }

  public Errno errno() {
    return errno;
  }

  /** Put together when asked for: mostly nobody does. */
  @Override
  public String getMessage() {
    return attempted.isEmpty() ? errno.text() : attempted + ": " + errno.text();
  }

  @Override
  public Throwable fillInStackTrace() {
    return TRACE ? super.fillInStackTrace() : this;
  }
}

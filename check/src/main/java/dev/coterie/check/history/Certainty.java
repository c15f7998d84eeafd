package dev.coterie.check.history;

import dev.coterie.api.Errno;

/** What the answer of an operation, or its absence, says about whether it took effect. */
enum Certainty {
  /** It took effect as its answer says, at one moment between its call and its return. */
  ANSWERED,
  /** The contract says that it had no effect. */
  REFUSED,
  /**
   * It may have had an effect, but not after its return: something was short, perhaps only at the
   * end.
   */
  DOUBTFUL,
  /**
   * It may have had an effect, or may still have it: the answer was lost on the way, or the caller
   * is gone.
   */
  OPEN;

  static Certainty of(Event event) {
    int errno = event.answer().errno();
    if (errno == Event.Answer.NO_ANSWER) {
      return OPEN;
    }
    return errno == 0 ? ANSWERED : of(Errno.of(errno));
  }

  static Certainty of(Errno errno) {
    return switch (errno) {
      case EINTR -> REFUSED;
      case EAGAIN, ENOMEM, ENFILE, EMFILE, ENOSPC, EDQUOT, ENOLCK -> DOUBTFUL;
      case EIO, ENOTCONN, ECONNRESET, EPIPE, ETIMEDOUT, ESTALE, EPROTO, ENODEV -> OPEN;
      default -> ANSWERED;
    };
  }
}

package dev.coterie.client;

import dev.coterie.api.Errno;

/** How a connection ended, and what that means for calls. */
enum End {
  NOT_YET,
  /** By this side. */
  CLOSED,
  /** By the other, or by a fault. */
  LOST;

  /** The error of a call that was sent and not answered. */
  Errno pending() {
    return this == CLOSED ? Errno.ESTALE : Errno.EIO;
  }

  /** The error of a call that comes now. */
  Errno later() {
    return this == CLOSED ? Errno.ESTALE : Errno.ENOTCONN;
  }
}

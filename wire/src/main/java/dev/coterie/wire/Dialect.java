package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;

/**
 * What the two ends of a connection have agreed to speak, by Tversion.
 *
 * <p>One exact string stands for one generation of the wire; there are no feature bits.
 */
public enum Dialect {
  /** Nothing agreed: Tversion is the only request there is. */
  UNKNOWN("unknown"),
  /** 9P2000.L as the Linux kernel speaks it. */
  PLAIN("9P2000.L"),
  /** 9P2000.L and one message for each operation of {@link dev.coterie.api.FileService}. */
  COTERIE_1("9P2000.L.coterie.1");

  private final String version;

  Dialect(String version) {
    this.version = version;
  }

  /** The string in Tversion and Rversion. */
  public String version() {
    return version;
  }

  /**
   * What a server answers to a client's proposal: the proposal, less as many of its last {@code
   * .suffix}es as must go until it is a version known here. Never longer than the proposal, so that
   * a plain client, which looks at the first eight bytes only, is never answered with a dialect it
   * did not ask for. Source: version(5), "9Pnnnn, then optionally a period and a string".
   */
  public static Dialect answer(String proposed) {
    String known = proposed;
    while (true) {
      Dialect dialect = agreed(known);
      int period = known.lastIndexOf('.');
      if (dialect != UNKNOWN || period < 0) {
        return dialect;
      }
      known = known.substring(0, period);
    }
  }

  /**
   * What a client takes a server's answer for; anything but a version as it stands here is {@link
   * #UNKNOWN}.
   */
  public static Dialect agreed(String answered) {
    if (answered.equals(COTERIE_1.version)) {
      return COTERIE_1;
    }
    return answered.equals(PLAIN.version) ? PLAIN : UNKNOWN;
  }

  /**
   * The largest frame a server agrees to, in bytes: what the client proposes, but no more than
   * {@link Limits#MSIZE_MAX_BYTES}.
   *
   * @param proposed as in Tversion, unsigned
   * @throws ErrnoException EMSGSIZE less than {@link Limits#MSIZE_MIN_BYTES}, in which no path
   *     would fit
   */
  public static int msize(int proposed) throws ErrnoException {
    if (Integer.compareUnsigned(proposed, Limits.MSIZE_MIN_BYTES) < 0) {
      throw new ErrnoException(Errno.EMSGSIZE, "Tversion");
    }
    return Integer.compareUnsigned(proposed, Limits.MSIZE_MAX_BYTES) < 0
        ? proposed
        : Limits.MSIZE_MAX_BYTES;
  }

  /** Whether a request of this type belongs to the dialect. */
  boolean has(int type) {
    return switch (this) {
      case UNKNOWN -> type == P9.TVERSION;
      case PLAIN -> type < P9.DIALECT_FIRST;
      case COTERIE_1 -> true;
    };
  }
}

package dev.coterie.api;

/**
 * The right to take one reference of a shared handle: 128 random bits, good for one {@link
 * Operation.Take} within {@link Limits#TOKEN_MS}. Whoever knows it may use it, so it is handed over
 * on a private channel and never logged.
 */
public record Token(long high, long low) {
  /** Says nothing of the bits: a token is a secret. */
  @Override
  public String toString() {
    return "Token";
  }

  /** The 32 hexadecimal digits to hand over. */
  public String toSecret() {
    return String.format("%016x%016x", high, low);
  }

  /** The token of 32 hexadecimal digits. */
  public static Token ofSecret(String digits) throws ErrnoException {
    if (!digits.matches("[0-9a-f]{32}")) {
      throw new ErrnoException(Errno.EINVAL, "token");
    }
    return new Token(
        Long.parseUnsignedLong(digits, 0, 16, 16), Long.parseUnsignedLong(digits, 16, 32, 16));
  }
}

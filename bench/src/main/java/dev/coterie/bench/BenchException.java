package dev.coterie.bench;

/** A run cannot be done, or has gone wrong; says why in one line. */
public class BenchException extends Exception {
  private static final long serialVersionUID = 1L;

  BenchException(String why) {
    super(why);
  }

  /** Why, in one line. */
  public String why() {
    String message = getMessage();
    return message == null ? "" : message.strip().replace('\n', ' ');
  }
}

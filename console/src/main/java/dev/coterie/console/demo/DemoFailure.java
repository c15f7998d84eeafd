package dev.coterie.console.demo;

/** A demo cannot go on: a worker died, hangs or reports a fault. */
final class DemoFailure extends Exception {
  private static final long serialVersionUID = 1L;

  DemoFailure(String why) {
    super(why);
  }

  String why() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}

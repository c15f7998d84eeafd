package dev.coterie.gates.fuse.kernel;

/** What requests are given to. */
public interface Handler {
  /**
   * Takes a request. It is answered exactly once, now or later and by any thread, by one of {@link
   * Exchange}'s methods; one that has no reply is {@link Exchange#end ended}.
   */
  void handle(Exchange exchange);

  /**
   * Whether the one who asked, having been signalled, does not wait any more. Asked again while the
   * request waits, and possibly just after it has been answered.
   */
  boolean isEndedBySignal(Exchange exchange);

  /** The mount has ended and nothing more will come. */
  void ended();
}

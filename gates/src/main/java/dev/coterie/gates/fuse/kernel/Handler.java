package dev.coterie.gates.fuse.kernel;

/** What requests are given to. */
public interface Handler {
  /**
   * Takes a request. It is answered exactly once, now or later and by any thread, by one of {@link
   * Exchange}'s methods; one that has no reply is {@link Exchange#end ended}.
   */
  void handle(Exchange exchange);

  /** The mount has ended and nothing more will come. */
  void ended();
}

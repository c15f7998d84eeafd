package dev.coterie.core.event;

/** Who is told of every change of a source. Called with no lock held. */
interface Watcher {
  /**
   * The source may have become ready.
   *
   * @param hint what for, or 0 when it can be anything
   * @return whether that has woken somebody up, so that no other exclusive watcher need be told
   */
  boolean changed(int hint);

  /** The source has ended. */
  void ended();
}

package dev.coterie.check.lease;

/** One connection of a link. What is on its way when it is lost comes to an end with it. */
final class Line {
  private boolean overAtLeader;
  private boolean overAtClient;

  /** Whether the leader reads it and writes to it. */
  boolean isOpenAtLeader() {
    return !overAtLeader;
  }

  /** Whether the client does. */
  boolean isOpenAtClient() {
    return !overAtClient;
  }

  void endAtLeader() {
    overAtLeader = true;
  }

  void endAtClient() {
    overAtClient = true;
  }
}

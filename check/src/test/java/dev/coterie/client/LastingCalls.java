package dev.coterie.client;

import dev.coterie.api.Operation;

/** What a client does with what has no answer when its connection was lost. */
public final class LastingCalls {
  private LastingCalls() {}

  /** Whether it is sent with its number in its slot. */
  public static boolean isOnce(Operation<?> operation) {
    return Lasting.isOnce(operation);
  }

  /** Whether it is sent again, of files. */
  public static boolean isSentAgain(Operation<?> operation) {
    return Lasting.isOnce(operation)
        || operation instanceof Operation.Read
        || Lasting.looks(operation);
  }
}

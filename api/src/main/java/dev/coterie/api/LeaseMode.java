package dev.coterie.api;

import org.jspecify.annotations.Nullable;

/** What a lease promises; each promises what those before it do. */
public enum LeaseMode {
  /** Nothing: the leader is asked each time. */
  NONE(0),

  /** No other session changes it: reads may be answered from a copy. */
  SHARED(1),

  /** No other session sees it either: changes may be kept back. */
  EXCLUSIVE(2);

  private final int number;

  LeaseMode(int number) {
    this.number = number;
  }

  /** Its number on the wire. */
  public int number() {
    return number;
  }

  /** Null: there is none of that number. */
  public static @Nullable LeaseMode of(int number) {
    return switch (number) {
      case 0 -> NONE;
      case 1 -> SHARED;
      case 2 -> EXCLUSIVE;
      default -> null;
    };
  }
}

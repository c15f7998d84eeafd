package dev.coterie.console.demo;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The state after one step, from which all that can be seen follows.
 *
 * @param round counted from 0
 * @param step the last one done
 */
record Scene(int round, Step step) {
  private static final int WRITTEN_BYTES = 100;
  private static final int LEFT_BYTES = 40;

  /** The name the round's file is made under. */
  String firstName() {
    return "a-" + round;
  }

  /** The name it is renamed to. */
  String secondName() {
    return "b-" + round;
  }

  /** The name it has now; null when it is gone. */
  @Nullable String name() {
    return switch (step) {
      case CREATE, WRITE -> firstName();
      case RENAME, TRUNCATE -> secondName();
      case REMOVE -> null;
    };
  }

  /** What is in it. */
  byte[] content() {
    int size =
        switch (step) {
          case CREATE, REMOVE -> 0;
          case WRITE, RENAME -> WRITTEN_BYTES;
          case TRUNCATE -> LEFT_BYTES;
        };
    byte[] content = new byte[size];
    Arrays.fill(content, (byte) ('A' + round % 26));
    return content;
  }

  Scene next() {
    return switch (step) {
      case CREATE -> new Scene(round, Step.WRITE);
      case WRITE -> new Scene(round, Step.RENAME);
      case RENAME -> new Scene(round, Step.TRUNCATE);
      case TRUNCATE -> new Scene(round, Step.REMOVE);
      case REMOVE -> new Scene(round + 1, Step.CREATE);
    };
  }

  /** Answers a watcher gives: stat and open of both names, the content of one, and the list. */
  int looks() {
    return name() == null ? 5 : 6;
  }

  String toText() {
    return round + " " + step;
  }

  static Scene parse(String text) {
    String[] words = text.split(" ", -1);
    return new Scene(Integer.parseInt(words[0]), Step.valueOf(words[1]));
  }
}

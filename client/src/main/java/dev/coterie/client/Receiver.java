package dev.coterie.client;

import java.io.IOException;

/**
 * How the reader comes by what the leader sends. A leader on the same processor has often answered
 * before the thread that asked is back from sending: while that is so, there is no system call to
 * wait. For one thread at a time.
 */
final class Receiver {
  /** Answers in a row that were not there yet, after which this is not tried for a spell. */
  private static final int MISSES_MAX = 4;

  /** The spell, in answers. */
  private static final int SPELL = 100;

  private final Socket socket; // immutable
  private final Output output; // immutable
  private Input input;
  private int misses;

  Receiver(Socket socket, Input input, Output output) {
    this.socket = socket;
    this.input = input;
    this.output = output;
  }

  Input input() {
    return input;
  }

  /** The socket goes on with another connection. */
  void replace(Input next) {
    input = next;
  }

  /**
   * Receives what there is, and waits for something before that.
   *
   * @return how many bytes, perhaps none; -1: the leader will send no more
   */
  int receive() throws IOException {
    if (!output.isStalled() && output.broken() == null) {
      if (misses < MISSES_MAX) {
        int received = input.receive();
        if (received != 0) {
          misses = 0;
          return received;
        }
        misses++;
      } else {
        misses = misses == MISSES_MAX + SPELL ? 0 : misses + 1;
      }
    }
    if (output.broken() == null) {
      socket.await(output.isStalled());
      output.resume();
    }
    return input.receive();
  }
}

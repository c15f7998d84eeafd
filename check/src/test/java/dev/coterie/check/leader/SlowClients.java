package dev.coterie.check.leader;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that sends requests and never reads what comes of them. */
final class SlowClients {
  private static final int IDLE_ROUNDS = 20;

  private SlowClients() {}

  /**
   * Sends the same request until the leader takes no more, for some time.
   *
   * @return how many it took
   */
  static int fill(RawClient client, Frame frame) throws IOException {
    int sent = 0;
    for (int idle = 0; idle < IDLE_ROUNDS; ) {
      ByteBuffer bytes = ByteBuffer.wrap(frame.toBytes(sent % 60_000 + 1));
      int went = client.channel().write(bytes);
      if (went == 0) {
        idle++;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        continue;
      }
      idle = 0;
      client.sendBytes(Arrays.copyOfRange(bytes.array(), bytes.position(), bytes.limit()));
      sent++;
    }
    return sent;
  }
}

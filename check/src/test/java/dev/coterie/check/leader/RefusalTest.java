package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Errno;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.file.Path;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that a leader does not serve. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RefusalTest {
  @TempDir private Path folder;

  private Served serving(int connections) throws IOException {
    return Served.in(folder, builder -> builder.connections(connections));
  }

  /** Is told why before it asks, and may ask all the same. */
  private static void isRefused(Path socket) throws IOException {
    try (RawClient client = RawClient.connect(socket)) {
      try {
        client.send(P9.NOTAG, Frame.of(P9.TVERSION).u4(8192).name(RawClient.PLAIN));
      } catch (IOException e) {
        // It was too slow, and the leader has closed by now: the reason is still to be read.
      }
      Reply reply = client.receive();
      assertThat(reply.tag()).isEqualTo(P9.NOTAG);
      assertThat(Errno.of(reply.errno())).isEqualTo(Errno.EUSERS);
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void connections_overTheNumberOfTheBuilder_areRefusedUntilOneLeaves() throws IOException {
    try (Served served = serving(2);
        RawClient stays = served.plain()) {
      RawClient leaves = served.dialect();
      isRefused(served.socket);
      stays.getattr(RawClient.ROOT);
      leaves.close();
      await().until(() -> served.leader.counts().connections() == 1);

      served.plain().close();
    }
  }

  @Test
  void connections_none_isNoNumber() {
    assertThatThrownBy(() -> serving(0)).isInstanceOf(IllegalArgumentException.class);
    assertThat(folder).isEmptyDirectory();
  }

  /** A flood of clients does not become a flood of lines. */
  @Test
  void refusals_many_areOneLine() throws IOException {
    try (LogLines log = new LogLines();
        Served served = serving(1);
        RawClient stays = served.plain()) {
      for (int i = 0; i < 200; i++) {
        isRefused(served.socket);
      }
      stays.getattr(RawClient.ROOT);
      // Two, if ten seconds come to their end just here.
      assertThat(log.lines())
          .hasSizeBetween(1, 2)
          .allMatch(line -> line.startsWith("WARNING "))
          .first()
          .asString()
          .matches("WARNING refused pid \\d+ \\(uid \\d+\\): too many connections");
    }
  }

  /** As for refusals; and all that end are still ended. */
  @Test
  void malformedFrames_many_areFewLines() throws IOException {
    try (LogLines log = new LogLines();
        Served served = serving(10)) {
      for (int i = 0; i < 200; i++) {
        try (RawClient client = served.plain()) {
          client.send(1, Frame.of(P9.TLOPEN));
          assertThat(client.isEnded()).isTrue();
        }
      }
      served.awaitIdle();
      assertThat(log.lines()).hasSizeBetween(1, 60).allMatch(line -> line.contains("ends early"));
    }
  }

  /** What wants a descriptor or memory to log has none when that is what is to be logged. */
  @Test
  void log_thatFails_costsNoClient() throws IOException {
    Logger logger = Logger.getLogger("dev.coterie.leader");
    Handler failing = new FailingHandler();
    logger.addHandler(failing);
    try (Served served = serving(1)) {
      try (RawClient stays = served.plain()) {
        isRefused(served.socket);
        isRefused(served.socket);
        stays.getattr(RawClient.ROOT);
        stays.send(1, Frame.of(P9.TLOPEN));
        assertThat(stays.isEnded()).isTrue();
      }
      served.awaitIdle();
      served.plain().close();
    } finally {
      logger.removeHandler(failing);
    }
  }

  private static final class FailingHandler extends Handler {
    @Override
    public void publish(LogRecord entry) {
      throw new NoClassDefFoundError("as if no file could be opened");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}

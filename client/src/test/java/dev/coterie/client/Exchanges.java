package dev.coterie.client;

import static dev.coterie.client.FakeLeader.inThread;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Operation;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;

/** A client, and a leader whose answers are written down. */
abstract class Exchanges {
  static final Caller ME = new Caller(501, 502, new int[] {503, 504}, 505, 026);

  final FakeLeader leader;
  final FakeLeader.Pair pair;

  Exchanges(Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  /** What comes of an operation that is this message, answered so. */
  <R> R answer(Operation<R> operation, Request expected, Reply reply) throws Exception {
    FutureTask<Request> received = inThread(() -> pair.peer().serve(reply));
    R answer = pair.client().call(ME, operation);
    assertThat(received.get()).isEqualTo(expected);
    return answer;
  }
}

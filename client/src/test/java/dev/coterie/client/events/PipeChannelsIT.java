package dev.coterie.client.events;

import dev.coterie.api.EventMask;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Pipes of the JDK, without native access. */
class PipeChannelsIT extends EventSetSuite {
  PipeChannelsIT(@TempDir Path folder) throws IOException {
    super(folder, KernelEpoll.NONE);
  }

  @Override
  Stream make() {
    return Stream.ofPipe();
  }

  @Override
  int hangup() {
    return EventMask.EPOLLIN;
  }

  @Override
  boolean hasEdges() {
    return false;
  }
}

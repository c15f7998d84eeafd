package dev.coterie.client.events;

import dev.coterie.api.EventMask;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Sockets of the JDK. */
class SocketChannelsIT extends EventSetSuite {
  SocketChannelsIT(@TempDir Path folder) throws IOException {
    super(folder, KernelEpoll::make);
  }

  @Override
  Stream make() {
    return Stream.ofSocket();
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

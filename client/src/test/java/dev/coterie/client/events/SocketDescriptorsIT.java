package dev.coterie.client.events;

import dev.coterie.api.EventMask;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Sockets as descriptors. */
class SocketDescriptorsIT extends EventSetSuite {
  SocketDescriptorsIT(@TempDir Path folder) throws IOException {
    super(folder, KernelEpoll::make);
  }

  @Override
  Stream make() {
    return Stream.ofDescriptors(Calls.socketPair());
  }

  @Override
  int hangup() {
    return EventMask.EPOLLIN | EventMask.EPOLLHUP;
  }

  @Override
  boolean hasEdges() {
    return true;
  }
}

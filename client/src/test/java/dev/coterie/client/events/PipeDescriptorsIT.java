package dev.coterie.client.events;

import dev.coterie.api.EventMask;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Pipes as descriptors. */
class PipeDescriptorsIT extends EventSetSuite {
  PipeDescriptorsIT(@TempDir Path folder) throws IOException {
    super(folder, KernelEpoll::make);
  }

  @Override
  Stream make() {
    return Stream.ofDescriptors(Calls.pipe());
  }

  @Override
  int hangup() {
    return EventMask.EPOLLHUP;
  }

  @Override
  boolean hasEdges() {
    return true;
  }
}

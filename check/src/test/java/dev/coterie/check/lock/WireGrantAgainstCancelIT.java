package dev.coterie.check.lock;

import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Over a socket, where giving up is a message. */
class WireGrantAgainstCancelIT extends GrantAgainstCancelSuite {
  @TempDir private Path folder;
  private Leader leader;

  @BeforeEach
  void start() throws IOException {
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .start();
  }

  @AfterEach
  void stop() {
    leader.close();
  }

  @Override
  FileService session() throws IOException {
    return Client.connect(
        new Address.Unix(folder.resolve("socket").toString()), ClientOptions.DEFAULT);
  }
}

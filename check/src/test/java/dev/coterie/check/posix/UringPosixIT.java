package dev.coterie.check.posix;

import dev.coterie.check.mount.UringSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** As {@link MountPosixIT}, with the requests over io_uring. */
class UringPosixIT extends MountPosixIT {
  private @Nullable UringSwitch offered;

  @BeforeAll
  void offer() throws IOException {
    offered = UringSwitch.set(true);
  }

  @AfterAll
  void takeBack() throws IOException {
    if (offered != null) {
      offered.close();
    }
  }

  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return new MountWorld(program(), layout, Files.createDirectory(scratch), 1, true);
  }

  /** What a call means is seen there; here, that it comes over whole. */
  @Override
  int seedCount() {
    return 2;
  }
}

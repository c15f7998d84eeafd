package dev.coterie.check.mount;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same over io_uring. */
class UringMountAclIT extends MountAclIT {
  private static @Nullable UringSwitch offered;

  @BeforeAll
  static void offer() throws IOException {
    offered = UringSwitch.set(true);
  }

  @AfterAll
  static void takeBack() throws IOException {
    if (offered != null) {
      offered.close();
    }
  }

  @Override
  List<String> options() {
    return List.of("--uring");
  }
}

package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.sys.Clocks;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The clock that goes on while the machine is suspended. */
class BootClockTest {
  /** How exactly the kernel tells the time since it was started. Source: proc_uptime(5). */
  private static final long TICK_NS = 10_000_000;

  private static long uptimeNs() throws IOException {
    String seconds = Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0];
    return new BigDecimal(seconds).movePointRight(9).longValueExact();
  }

  @Test
  void sinceBoot_isTheTimeSinceTheKernelWasStarted() throws IOException {
    long before = uptimeNs();
    long time = Clocks.sinceBoot();
    long after = uptimeNs() + TICK_NS;
    assertThat(time).isBetween(before, after);
  }
}

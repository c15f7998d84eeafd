package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL on mounts: used, killed under load, recovered, and its pages' checksums checked. */
@Timeout(1800)
@EnabledIfSystemProperty(named = "coterie.full", matches = "true")
class PostgresIT {
  private static final int SECONDS = 60;
  private static final int SCALE = 10;
  private static final int ACCOUNTS_EACH = 100_000;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/pgbench");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void killedUnderLoad_recoversAllThatWasSaid(String kind) throws Exception {
    // The database has a user of its own, who has to reach it.
    Shell.run("chmod 755 \"$1\"", folder).ok();
    try (Mounts mounts = new Mounts(folder, kind, 1)) {
      Path work = mounts.directory("work");
      Shell ran =
          Shell.run("sh \"$@\" 2>/dev/null", Scripts.path("sh/postgres.sh"), work, SECONDS, SCALE);
      assertThat(ran.ok().lines())
          .containsExactly("t|t|t|" + SCALE * ACCOUNTS_EACH, "recovered", "bad checksums: 0");
      mounts.end();
    }
  }
}

package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A build of this project inside a mount: git, Maven, the JVM and its compiler at work there. */
@Timeout(3600)
@EnabledIfSystemProperty(named = "coterie.full", matches = "true")
class BuildIT {
  private static final Path CHECKOUT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("..").normalize();

  private static final String BUILD =
      """
      set -e
      git clone -q "$2" "$1/src"
      cd "$1/src"
      ./mvnw -B -q -o test-compile -pl api,sys,wire
      git status --porcelain
      find api wire -name '*.class' | sort | sed 's,.*/,,'
      """;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/git");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void build_insideAMount_makesTheClasses(String kind) throws Exception {
    try (Mounts mounts = new Mounts(folder, kind, 1)) {
      assertThat(Shell.run(BUILD, mounts.first, CHECKOUT).ok().lines())
          .contains("FileService.class", "Name.class", "FrameReader.class");
      mounts.end();
    }
  }
}

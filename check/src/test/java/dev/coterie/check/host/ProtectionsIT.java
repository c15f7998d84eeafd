package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.leader.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Settings of the machine, as processes have them changed at the same time. */
@Timeout(180)
class ProtectionsIT {
  private static final List<String> BEFORE = List.of("1", "2", "0");

  @TempDir private Path folder = Path.of("");

  private List<Path> files() {
    return List.of(
        folder.resolve("protected_hardlinks"),
        folder.resolve("protected_regular"),
        folder.resolve("protected_fifos"));
  }

  @BeforeEach
  void make() throws IOException {
    for (int i = 0; i < BEFORE.size(); i++) {
      Files.writeString(files().get(i), BEFORE.get(i));
    }
  }

  private List<String> now() throws IOException {
    List<String> all = new ArrayList<>();
    for (Path file : files()) {
      all.add(Files.readString(file));
    }
    return all;
  }

  private Child off() throws IOException {
    Child child = Child.start(folder, ProtectionsMain.class, folder, folder);
    child.hear("off");
    assertThat(now()).containsOnly("0");
    return child;
  }

  @Test
  void settings_areAsBefore_whenTheLastIsOver() throws IOException {
    try (Child first = off();
        Child second = off()) {
      first.end();
      assertThat(now()).containsOnly("0");
      try (Child third = off()) {
        second.end();
        assertThat(now()).containsOnly("0");
        third.end();
      }
      assertThat(now()).isEqualTo(BEFORE);
    }
  }

  @Test
  void settings_ofOneThatWasKilled_areGivenBackByTheNext() throws IOException {
    try (Child killed = off()) {
      killed.kill();
      killed.awaitEnd();
    }
    try (Child next = off()) {
      next.end();
    }
    assertThat(now()).isEqualTo(BEFORE);
  }
}

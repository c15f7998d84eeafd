package dev.coterie.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {
  private static final long WAIT_MS = 60_000;

  @TempDir private Path folder = Path.of("");

  /** What failed is told, and what it came from: the last line of a stack trace says neither. */
  @Test
  void died_tellsTheExceptionAndItsCause() throws Exception {
    String trace =
        "Exception in thread \"main\" java.io.IOException: lost\\n\\tat"
            + " some.Where(Some.java:1)\\nCaused by: java.io.EOFException: no more\\n\\tat"
            + " other.Where(Other.java:2)\\n\\t... 1 more\\n";
    List<String> command = List.of("/bin/sh", "-c", "printf '" + trace + "' >&2; exit 1");
    try (Child child = Child.start("some", folder.resolve("some.err"), command)) {
      assertThatThrownBy(() -> child.hear(WAIT_MS))
          .isInstanceOf(BenchException.class)
          .hasMessage(
              "some: ended with status 1: Exception in thread \"main\" java.io.IOException: lost;"
                  + " Caused by: java.io.EOFException: no more");
    }
  }
}

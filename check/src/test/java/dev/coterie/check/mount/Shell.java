package dev.coterie.check.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a program of the machine said and how it ended. */
record Shell(int status, String out) {
  /** Only for what hangs: on a busy machine a long script takes minutes. */
  private static final int SECONDS = Boolean.getBoolean("coterie.full") ? 3500 : 240;

  /** Runs a script, with the words after it as its $1 and so on. */
  static Shell run(String script, Object... words) throws IOException, InterruptedException {
    List<String> line = new java.util.ArrayList<>(List.of("sh", "-c", script, "sh"));
    for (Object word : words) {
      line.add(word.toString());
    }
    return run(line, Map.of());
  }

  static Shell run(List<String> line, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("coterie-check-", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .directory(Path.of("/").toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(out.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("does not end: " + line + "\n" + Files.readString(out));
      }
      return new Shell(process.exitValue(), Files.readString(out, StandardCharsets.ISO_8859_1));
    } finally {
      Files.delete(out);
    }
  }

  /** What it said, if all went well. */
  String ok() {
    if (status != 0) {
      throw new AssertionError("status " + status + ": " + out);
    }
    return out.strip();
  }
}

package dev.coterie.check.posix;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A tmpfs of the kernel, through plain system calls of a C program. */
final class KernelWorld implements World {
  private final Process program;
  private final BufferedWriter to;
  private final BufferedReader from;

  /**
   * @param program the compiled kernel_fs.c
   * @param directory an empty one, where the program sees its tmpfs
   */
  KernelWorld(Path program, Path directory, Options options) throws IOException {
    this.program =
        new ProcessBuilder(program.toString(), directory.toString(), options.toKernel())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    this.to = this.program.outputWriter(ISO_8859_1);
    this.from = this.program.inputReader(ISO_8859_1);
    if (!"ready".equals(from.readLine())) {
      throw new IOException("kernel_fs did not start");
    }
  }

  /** Compiles the program. */
  static Path compile(Path source, Path directory) throws IOException, InterruptedException {
    Path program = directory.resolve("kernel_fs");
    Path log = directory.resolve("gcc.log");
    Process gcc =
        new ProcessBuilder(
                "gcc",
                "-O1",
                "-Wall",
                "-Wextra",
                "-pthread",
                "-o",
                program.toString(),
                source.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!gcc.waitFor(2, TimeUnit.MINUTES) || gcc.exitValue() != 0) {
      throw new IOException("gcc: " + Files.readString(log));
    }
    return program;
  }

  @Override
  public String act(Step step) throws IOException {
    to.write(step.toLine());
    to.write('\n');
    to.flush();
    String answer = from.readLine();
    if (answer == null) {
      throw new IOException("kernel_fs ended at: " + step);
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    to.close();
    program.destroy();
  }
}

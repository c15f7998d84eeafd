package dev.coterie.check.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A directory of the kernel, through plain system calls of a C program. */
final class KernelWorld implements World {
  private final LineProcess program;
  private int asked; // steps of the present batch

  /**
   * @param program the compiled kernel_fs.c
   * @param options of its
   * @param directory where the program begins: an empty one, if mounts are made there
   * @param mounts as kernel_fs.c has them; none: what is in the directory
   */
  KernelWorld(Path program, List<String> options, Path directory, List<String> mounts)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(options);
    command.add(directory.toString());
    command.addAll(mounts);
    this.program = new LineProcess("kernel_fs", command);
    this.program.awaitReady();
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
  public void begin(List<Step> steps) throws IOException {
    asked = steps.size();
    program.send(steps);
  }

  @Override
  public List<String> answers() throws IOException {
    List<String> answers = new ArrayList<>();
    while (answers.size() < asked) {
      answers.add(program.receive());
    }
    return answers;
  }

  @Override
  public void close() throws IOException {
    program.close();
  }
}

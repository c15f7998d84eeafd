package dev.coterie.check.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A running guest, which does one system call after the other as it is told; for one thread. What
 * it can do stands in guest_agent.c.
 */
final class Guest implements AutoCloseable {
  /** Emulation on a busy machine is slow: this is only for a guest that hangs. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final String name;
  private final Process process;
  private final BufferedWriter to;
  private final BufferedReader from;
  private final ScheduledExecutorService watchdog;
  private final Thread killer;

  private Guest(String name, Process process, ScheduledExecutorService watchdog) {
    this.name = name;
    this.process = process;
    this.watchdog = watchdog;
    this.to = process.outputWriter(StandardCharsets.US_ASCII);
    this.from = process.inputReader(StandardCharsets.US_ASCII);
    this.killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
  }

  /** Begins to resume a saved guest; {@link #greet} waits for it. */
  static Guest resume(
      GuestTools tools, String kernel, String name, Path console, ScheduledExecutorService watchdog)
      throws IOException {
    return new Guest(name, tools.run(kernel, console), watchdog);
  }

  void greet() throws IOException {
    ok("hello", name, Instant.now().getEpochSecond());
  }

  /** Sends a command without waiting for its answer. */
  private void tell(Object... words) throws IOException {
    StringBuilder line = new StringBuilder();
    for (Object word : words) {
      line.append(line.isEmpty() ? "" : " ").append(Answer.encoded(word));
    }
    to.write(line.append('\n').toString());
    to.flush();
  }

  /**
   * Does a command of the agent.
   *
   * @param words its name and arguments: text, bytes and numbers
   */
  Answer ask(Object... words) throws IOException {
    ScheduledFuture<?> end =
        watchdog.schedule(process::destroyForcibly, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    try {
      tell(words);
      String line = from.readLine();
      if (line == null) {
        throw new IOException("guest " + name + " is gone, asked for " + Arrays.toString(words));
      }
      return new Answer(Arrays.toString(words), line);
    } finally {
      end.cancel(false);
    }
  }

  Answer ok(Object... words) throws IOException {
    return ask(words).ok();
  }

  void fails(Errno errno, Object... words) throws IOException {
    assertThat(ask(words).errno()).as(Arrays.toString(words)).isEqualTo(errno);
  }

  /** Runs a shell script, which must succeed; what it wrote. */
  String sh(String script) throws IOException {
    Answer answer = ok("sh", script);
    assertThat(answer.number(0)).as("%s: %s", script, answer.text(1)).isZero();
    return answer.text(1);
  }

  /** The exit status of a shell script. */
  int status(String script) throws IOException {
    return (int) ok("sh", script).number(0);
  }

  // ---- calls with flags and modes, which the agent reads as octal numbers ----

  Answer open(int slot, String path, int flags, int mode) throws IOException {
    return ask("open", slot, path, Integer.toOctalString(flags), Integer.toOctalString(mode));
  }

  Answer open(int slot, String path, int flags) throws IOException {
    return open(slot, path, flags, 0644);
  }

  Answer mkdir(String path, int mode) throws IOException {
    return ask("mkdir", path, Integer.toOctalString(mode));
  }

  GuestStat stat(String path) throws IOException {
    return GuestStat.of(ok("stat", path));
  }

  GuestStat fstat(int slot) throws IOException {
    return GuestStat.of(ok("fstat", slot));
  }

  /** Reads at an offset; what came. */
  String pread(int slot, int count, long offset) throws IOException {
    return ok("pread", slot, count, offset).text(1);
  }

  void write(int slot, String text) throws IOException {
    assertThat(ok("write", slot, text).number(0)).isEqualTo(text.length());
  }

  void close(int slot) throws IOException {
    ok("close", slot);
  }

  /** Makes a file with this content. */
  void put(String path, String text) throws IOException {
    open(SCRATCH, path, 01101).ok();
    write(SCRATCH, text);
    close(SCRATCH);
  }

  /** The content of a file, which is short. */
  String get(String path) throws IOException {
    open(SCRATCH, path, 0).ok();
    String text = ok("read", SCRATCH, 1 << 16).text(1);
    close(SCRATCH);
    return text;
  }

  private static final int SCRATCH = 63;

  /** From now on acts as this user, with his group alone. */
  void as(int uid) throws IOException {
    ok("as", uid, uid);
  }

  @Override
  public String toString() {
    return name;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(killer);
  }
}

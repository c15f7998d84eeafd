package dev.coterie.check.mount;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.IoUring;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Has the kernel offer FUSE over io_uring, or not, until closed. It is one switch for the whole
 * machine, so one test has it at a time.
 */
public final class UringSwitch implements AutoCloseable {
  private static final Path SWITCH = Path.of("/sys/module/fuse/parameters/enable_uring");

  private final FileChannel lock;
  private final String before;

  private UringSwitch(FileChannel lock, String before) {
    this.lock = lock;
    this.before = before;
  }

  /**
   * Skips the test where the kernel cannot: that is no tool that could be installed, so it is no
   * failure with -Dcoterie.requireTools=true either.
   */
  public static UringSwitch set(boolean on) throws IOException {
    if (!Files.isWritable(SWITCH)) {
      abort("this kernel has no FUSE over io_uring");
    }
    try (IoUring tried = IoUring.open(1, 2)) {
      tried.enter(0);
    } catch (ErrnoException e) {
      abort("no io_uring for this process: " + e.getMessage());
    }
    Path held = Path.of(System.getProperty("java.io.tmpdir"), "coterie-check-uring.lock");
    FileChannel lock = FileChannel.open(held, CREATE, WRITE);
    lock.lock(); // given back with the channel
    UringSwitch made = new UringSwitch(lock, Files.readString(SWITCH));
    Files.writeString(SWITCH, on ? "Y" : "N");
    return made;
  }

  @Override
  public void close() throws IOException {
    Files.writeString(SWITCH, before);
    lock.close();
  }
}

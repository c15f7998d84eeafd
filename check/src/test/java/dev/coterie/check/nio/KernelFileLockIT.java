package dev.coterie.check.nio;

import dev.coterie.check.host.HostTools;
import dev.coterie.check.leader.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** The same between processes of the JDK's own provider: what the checks expect is what it does. */
class KernelFileLockIT extends FileLockProcessSuite {
  private static final Path LOCKS = Path.of("/proc/locks");

  @BeforeAll
  static void requireProc() {
    HostTools.require(Files.isReadable(LOCKS), "no /proc/locks");
  }

  @Override
  String place() {
    return folder.toString();
  }

  /** {@code 1: -> POSIX ADVISORY WRITE pid …}: a wait. Source: proc_locks(5). */
  @Override
  int waiting(Child process) throws IOException {
    String wait = "-> POSIX  ADVISORY  WRITE " + process.pid() + " ";
    return (int) Files.readAllLines(LOCKS).stream().filter(line -> line.contains(wait)).count();
  }
}

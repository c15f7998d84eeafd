package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.sys.Capabilities;
import dev.coterie.sys.MountNamespace;
import dev.coterie.sys.Program;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The namespaces of {@code coterie run}: a mount namespace of one thread. Who is not root gets one
 * in a user namespace, into which a process of several threads cannot change, and a JVM is that
 * from its first moment: so this program has itself started anew by unshare(1), in its own place.
 * There the user keeps its name and holds capabilities over nothing but the namespace.
 */
final class OwnNamespace {
  /** A property of the JVM that has been started anew. */
  private static final String ENTERED = "coterie.namespace";

  private static final List<String> UNSHARE =
      List.of("unshare", "--user", "--map-current-user", "--keep-caps");

  private OwnNamespace() {}

  /**
   * Gets this process into a user namespace, unless it is root's. May begin this program anew
   * instead of coming back, so nothing may be under way.
   *
   * @return whether it may have a mount namespace now
   */
  static boolean prepare() throws Failure {
    try {
      if (ProcessIdentity.self().isRoot()) {
        return true;
      }
      if (System.getProperty(ENTERED) != null) {
        Capabilities.layDown();
        return true;
      }
      if (isAllowed()) {
        Program.replace(anew());
      }
      return false;
    } catch (IOException e) {
      throw Failure.of("no user namespace: " + Failure.reason(e));
    }
  }

  /**
   * Enters the mount namespace: mounts that this thread makes from now on are seen by itself and by
   * the programs it starts, and by no other thread.
   */
  static void enter() throws Failure {
    try {
      MountNamespace.unshare();
    } catch (ErrnoException e) {
      throw Failure.of(
          e.errno() == Errno.EPERM ? "mounting needs root" : "unshare: " + e.errno().text());
    }
  }

  /** Tried out, as there are many ways to forbid it: sysctl, limits, security modules. */
  private static boolean isAllowed() {
    Path device = Path.of("/dev/fuse");
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return false;
    }
    List<String> line = new ArrayList<>(UNSHARE);
    // Mounting is what some machines forbid there; this makes all mounts private to begin with.
    line.addAll(List.of("--mount", "--", "true"));
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false; // there is no unshare
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The line by which this program was started, with unshare in front; bytes as characters. */
  private static List<byte[]> anew() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc/self/cmdline"));
    String[] words = new String(bytes, StandardCharsets.ISO_8859_1).split("\0", -1);
    List<String> line = new ArrayList<>(UNSHARE);
    line.add("--");
    line.add(ByteText.local(Detached.LAUNCHER.toRealPath()));
    boolean found = false;
    for (int i = 1; i < words.length - 1; i++) { // the last is what follows the last NUL
      if (!found && words[i].equals(Detached.MAIN)) {
        found = true;
        line.add("-D" + ENTERED + "=own");
      }
      line.add(words[i]);
    }
    if (!found) {
      throw new IOException("cannot tell how this program was started");
    }
    return line.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }
}

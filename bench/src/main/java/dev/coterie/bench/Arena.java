package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where runs take place: a folder in memory and the servers, which start when first asked for and
 * serve all further runs. One thread uses it.
 */
final class Arena implements AutoCloseable {
  /** A tmpfs on every Linux. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private static final long START_MS_MAX = 60_000;
  private static final long POLL_NANOS = 5_000_000;

  /** Enough for a process that starts and ends threads all the time. */
  private static final int PIN_TRIES = 50;

  /** A server under load. */
  record Server(Child process, String address, String aname) {
    long pid() {
      return process.pid();
    }
  }

  private final Settings settings;
  private final Path folder;
  private final Map<String, Server> servers = new HashMap<>();
  private final Set<String> made = new HashSet<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Mounts mounts = new Mounts(this);
  private final Thread end = new Thread(this::closeAll, "coterie-bench-end");
  private final Map<Long, String> pinned = new HashMap<>(); // pid → processors

  Arena(Settings settings) throws IOException {
    this.settings = settings;
    this.folder =
        Files.isWritable(MEMORY)
            ? Files.createTempDirectory(MEMORY, "coterie-bench-")
            : Files.createTempDirectory("coterie-bench-");
    Runtime.getRuntime().addShutdownHook(end);
  }

  Settings settings() {
    return settings;
  }

  /** A folder in memory; it goes with the arena. */
  Path folder() {
    return folder;
  }

  /** Where folders are mounted, by peers and by us. */
  Mounts mounts() {
    return mounts;
  }

  /** To be done at the end, before what was there already ends. */
  void atEnd(AutoCloseable end) {
    open.add(end);
  }

  /** Whether nobody has made this before; a name is that of something that is made once. */
  boolean isNew(String name) {
    return made.add(name);
  }

  /** Where the complaints of a program go. */
  Path errors(String name) {
    return folder.resolve(name + ".err");
  }

  // ---- servers ----

  /** Our leader with a mount of this kind at its root. */
  Server leader(String kind) throws IOException, BenchException {
    Server server = running("leader-" + kind);
    return server != null ? server : start("leader-" + kind, kind);
  }

  private Server start(String name, String kind) throws IOException, BenchException {
    Path socket = folder.resolve(name + ".sock");
    List<String> command = java(List.of("-XX:+UseG1GC"), LeaderMain.class);
    command.add(socket.toString());
    command.add(kind);
    command.add(export().toString());
    Child child = child(name, command);
    child.await("ready", START_MS_MAX);
    return keep(name, new Server(child, socket.toString(), "/"));
  }

  /** What a server serves that has no memory of its own: one folder for all of them. */
  private Path export() throws IOException {
    return Files.createDirectories(folder.resolve("export"));
  }

  /** diod(8), serving a folder on the same memory, without authentication. */
  Server diod() throws IOException, BenchException {
    Server server = running("diod");
    if (server != null) {
      return server;
    }
    Path program = Tools.find("diod");
    Path socket = folder.resolve("diod.sock");
    Path export = export();
    // With a configuration of its own: what the machine's says must not count.
    Path config = Files.writeString(folder.resolve("diod.conf"), "");
    List<String> command =
        List.of(
            program.toString(),
            "--foreground",
            "--no-auth",
            "--config-file",
            config.toString(),
            "--listen",
            socket.toString(),
            "--export",
            export.toString(),
            "--logdest",
            "stderr");
    Child child = child("diod", command);
    awaitSocket(child, socket);
    return keep("diod", new Server(child, socket.toString(), export.toString()));
  }

  /** The C server that sends back what it is sent. */
  Server echo() throws IOException, BenchException {
    Server server = running("echo");
    if (server != null) {
      return server;
    }
    Path socket = folder.resolve("echo.sock");
    Child child = child("echo", List.of(Tools.compiled("echo").toString(), socket.toString()));
    child.await("ready", START_MS_MAX);
    return keep("echo", new Server(child, socket.toString(), ""));
  }

  private @Nullable Server running(String name) {
    Server server = servers.get(name);
    return server != null && server.process().isAlive() ? server : null;
  }

  private Server keep(String name, Server server) {
    servers.put(name, server);
    return server;
  }

  private static void awaitSocket(Child child, Path socket) throws BenchException {
    long deadline = System.nanoTime() + START_MS_MAX * 1_000_000;
    while (!Files.exists(socket)) {
      if (!child.isAlive()) {
        throw child.died();
      }
      if (System.nanoTime() > deadline) {
        throw new BenchException(socket + ": nobody listens");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Starts a process that ends with the arena. */
  Child child(String name, List<String> command) throws IOException {
    Child child = Child.start(name, errors(name), command);
    open.add(child);
    return child;
  }

  /** A JVM of this program; arguments can be added. */
  static List<String> java(List<String> flags, Class<?> main) {
    return java(flags, System.getProperty("java.class.path"), main);
  }

  /** The same, with a class path that has more on it. */
  static List<String> java(List<String> flags, String classPath, Class<?> main) {
    List<String> line = new ArrayList<>();
    line.add(System.getProperty("java.home") + "/bin/java");
    line.add("--enable-native-access=ALL-UNNAMED");
    line.add("-Xlog:disable");
    line.addAll(flags);
    line.add("-cp");
    line.add(classPath);
    line.add(main.getName());
    return line;
  }

  // ---- processors ----

  /** The processor for runs on a single one: the last, as the first serves most interrupts. */
  static int processor() {
    return Runtime.getRuntime().availableProcessors() - 1;
  }

  /** Has a process, with all its threads, run on one processor, or on all again. */
  void pin(long pid, boolean single) throws IOException, BenchException {
    String wanted = single ? Integer.toString(processor()) : "0-" + processor();
    if (wanted.equals(pinned.getOrDefault(pid, "0-" + processor()))) {
      return;
    }
    List<String> command =
        List.of(Tools.find("taskset").toString(), "-a", "-c", "-p", wanted, Long.toString(pid));
    for (int tries = 1; !pinned.getOrDefault(pid, "").equals(wanted); tries++) {
      try {
        Tools.output(errors("taskset"), command);
        pinned.put(pid, wanted);
      } catch (BenchException e) {
        // It goes from thread to thread, and gives up at one that has just ended.
        if (tries == PIN_TRIES || ProcessHandle.of(pid).isEmpty()) {
          throw e;
        }
      }
    }
  }

  // ---- end ----

  @Override
  public void close() {
    closeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(end);
    } catch (IllegalStateException e) {
      // The end has begun, and the hook does the same.
    }
  }

  private synchronized void closeAll() {
    for (AutoCloseable one : open.reversed()) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    open.clear();
    try {
      delete(folder);
    } catch (IOException e) {
      System.err.println("coterie: bench: " + folder + " is left behind: " + e.getMessage());
    }
  }

  /** Removes a folder with all that is in it. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

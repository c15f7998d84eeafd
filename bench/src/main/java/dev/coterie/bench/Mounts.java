package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of one {@link Arena}, ours and those of peers, made when first asked for. All are in
 * the arena's folder, which is in memory.
 */
final class Mounts {
  private static final long WAIT_MS = 60_000;

  /** Whether the kernel offers new mounts their requests over io_uring. */
  private static final Path URING = Path.of("/sys/module/fuse/parameters/enable_uring");

  /**
   * One of them.
   *
   * @param folder where to work, somewhere below its root
   * @param gate serves the kernel; null: the kernel does by itself
   * @param leader in a process of its own; null: there is none
   */
  record Mounted(Path folder, @Nullable Child gate, @Nullable Child leader) {
    /** Whose CPU time is the server's. */
    List<Long> servers() {
      List<Long> pids = new ArrayList<>();
      if (gate != null) {
        pids.add(gate.pid());
      }
      if (leader != null) {
        pids.add(leader.pid());
      }
      return pids;
    }

    /** Requests of the kernel so far. */
    double requests() throws BenchException {
      if (gate == null) {
        return 0;
      }
      gate.say("counts");
      return Figures.parse(gate.hear(WAIT_MS)).get("requests");
    }
  }

  private final Arena arena;
  private final Map<String, Mounted> mounted = new HashMap<>();

  Mounts(Arena arena) {
    this.arena = arena;
  }

  // ---- peers ----

  /** Just the folder: the kernel's tmpfs. */
  Mounted plain() throws IOException, BenchException {
    return mounted("plain", directory -> new Mounted(directory, null, null));
  }

  /**
   * The same file system in C.
   *
   * @param loop of libfuse: "single", or "threads"
   */
  Mounted memfs(String loop) throws IOException, BenchException {
    String program = Tools.compiledWithFuse("memfs").toString();
    return mounted(
        "memfs-" + loop,
        directory -> served(directory, List.of(program, directory.toString(), loop)));
  }

  /** A folder once more, in C. */
  Mounted loopback(String loop) throws IOException, BenchException {
    String program = Tools.compiledWithFuse("loopback").toString();
    String source = folder("loopback-source-" + loop).toString();
    return mounted(
        "loopback-" + loop,
        directory -> served(directory, List.of(program, source, directory.toString(), loop)));
  }

  // ---- ours ----

  /** Gate and leader in one process, with a mount of this kind at the root. */
  Mounted ours(String kind) throws IOException, BenchException {
    String source = folder("ours-source").toString();
    return mounted("ours-" + kind, directory -> served(directory, java(directory, kind, source)));
  }

  /** The same with a tmpfs, its requests over io_uring. */
  Mounted uring() throws IOException, BenchException {
    enableUring();
    return mounted(
        "ours-uring",
        directory -> {
          List<String> command = java(directory, "tmpfs", "");
          command.add("uring");
          return served(directory, command);
        });
  }

  /** Where it is off, as it is by default, it is on until the end. */
  private void enableUring() throws IOException, BenchException {
    if (!Files.exists(URING)) {
      throw new BenchException("this kernel has no FUSE over io_uring");
    }
    String before = Files.readString(URING);
    if (!before.startsWith("Y")) {
      arena.atEnd(() -> Files.writeString(URING, before));
      Files.writeString(URING, "Y");
    }
  }

  /** A gate whose leader is another process, with a tmpfs. */
  Mounted apart() throws IOException, BenchException {
    return apart("apart", "at");
  }

  /** The same with copies in the gate. */
  Mounted apartWithCopies() throws IOException, BenchException {
    return apart("apart-copies", "copies");
  }

  private Mounted apart(String name, String kind) throws IOException, BenchException {
    Arena.Server leader = arena.leader("tmpfs");
    return mounted(
        name,
        directory -> {
          Mounted gate = served(directory, java(directory, kind, leader.address()));
          return new Mounted(gate.folder(), gate.gate(), leader.process());
        });
  }

  private static List<String> java(Path directory, String kind, String what) {
    List<String> command = Arena.java(List.of("-XX:+UseG1GC"), MountMain.class);
    command.addAll(List.of(directory.toString(), kind, what));
    return command;
  }

  // ---- all ----

  private interface Maker {
    Mounted at(Path directory) throws IOException, BenchException;
  }

  private Mounted mounted(String name, Maker maker) throws IOException, BenchException {
    Mounted known = mounted.get(name);
    if (known != null && (known.gate() == null || known.gate().isAlive())) {
      return known;
    }
    Mounted made = maker.at(folder("mount-" + name));
    mounted.put(name, made);
    return made;
  }

  private Path folder(String name) throws IOException {
    return Files.createDirectories(arena.folder().resolve(name));
  }

  private Mounted served(Path directory, List<String> command) throws IOException, BenchException {
    // Done after the process has ended, which unmounts it: what is left is that of a killed one.
    arena.atEnd(() -> unmount(directory));
    Child child = arena.child(directory.getFileName().toString(), command);
    child.await("ready", WAIT_MS);
    return new Mounted(Files.createDirectories(directory.resolve("work")), child, null);
  }

  private void unmount(Path directory) throws IOException, BenchException {
    if (Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + directory + " ")) {
      Tools.output(
          arena.errors("umount"),
          List.of(Tools.find("umount").toString(), "-l", directory.toString()));
    }
  }
}

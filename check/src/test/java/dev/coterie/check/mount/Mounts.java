package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tree and mounts of it, each by a process of its own. */
final class Mounts implements AutoCloseable {
  final Path first;
  final Path second; // the first one, if it is alone
  private final List<Coterie> processes = new ArrayList<>();

  /**
   * @param folder where the mounts are, and the directory of a host tree
   * @param kind of the tree: {@code tmpfs}, or {@code host} for a directory
   * @param count of mounts, 1 or 2
   */
  Mounts(Path folder, String kind, int count) throws IOException {
    this(folder, kind, count, 0);
  }

  /**
   * @param files that each of the processes may have open; 0: as it is
   * @param options of the mounts
   */
  Mounts(Path folder, String kind, int count, int files, String... options) throws IOException {
    String socket = folder.resolve("socket").toString();
    Path host = Files.createDirectory(folder.resolve("host"));
    String tree = kind.equals("host") ? "host:" + host : kind;
    first = Files.createDirectory(folder.resolve("a"));
    second = count == 2 ? Files.createDirectory(folder.resolve("b")) : first;
    boolean done = false;
    try {
      processes.add(Coterie.start(files, "up", "--socket", socket, "--mount", "/=" + tree));
      processes.add(Coterie.start(files, mount(socket, first, options)));
      if (count == 2) {
        processes.add(Coterie.start(files, mount(socket, second, options)));
      }
      done = true;
    } finally {
      if (!done) {
        processes.forEach(Coterie::close);
      }
    }
  }

  private static String[] mount(String socket, Path directory, String... options) {
    List<String> words = new ArrayList<>(List.of("mount"));
    words.addAll(List.of(options));
    words.addAll(List.of(socket, directory.toString()));
    return words.toArray(String[]::new);
  }

  /** The process that has the tree. */
  Coterie leader() {
    return processes.getFirst();
  }

  /** The process that serves the first mount. */
  Coterie gate() {
    return processes.get(1);
  }

  /** A new directory of the tree, as the first mount shows it, for a program to work in. */
  Path directory(String name) throws IOException, InterruptedException {
    Path directory = first.resolve(name);
    Shell.run("mkdir \"$1\"", directory).ok();
    return directory;
  }

  /** The same directory of the tree as the second mount shows it. */
  Path throughSecond(Path directory) {
    return second.resolve(first.relativize(directory));
  }

  /** Ends all, which has to go well. */
  void end() throws IOException, InterruptedException {
    for (Coterie process : processes.reversed()) {
      assertThat(process.terminate()).isZero();
    }
  }

  /** Takes away what is there still. */
  @Override
  public void close() throws IOException {
    processes.reversed().forEach(Coterie::close);
    try {
      for (Path directory : List.of(first, second)) {
        Shell.run("umount -l \"$1\" 2>/dev/null; true", directory);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while unmounting", e);
    }
  }
}

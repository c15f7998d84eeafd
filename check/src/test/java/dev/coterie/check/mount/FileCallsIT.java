package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of which a program expects what a local file system does: {@code file_calls.py}. */
@Timeout(600)
class FileCallsIT {
  private static final String SCRIPT = Scripts.path("python/file_calls.py").toString();
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  /** What a JVM needs and hardly more. */
  private static final int FEW_FILES = 200;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/python3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void calls_onAMount_areAsOnALocalFileSystem(String kind) throws Exception {
    Map<String, String> failed = new TreeMap<>();
    try (Mounts mounts = new Mounts(folder, kind, 1)) {
      for (String name : Shell.run("python3 \"$1\"", SCRIPT).ok().split("\n", -1)) {
        if (name.startsWith("file_handle") && !kind.equals("tmpfs") && !hostHasHandles()) {
          continue; // the tree's are made of the host's
        }
        Shell ran = Shell.run("python3 \"$@\"", SCRIPT, name, mounts.directory(name));
        if (ran.status() != 0 || !ran.out().isEmpty()) {
          failed.put(name, ran.out());
        }
      }
      mounts.end();
    }
    assertThat(failed).isEmpty();
  }

  private boolean hostHasHandles() throws Exception {
    return Shell.run("python3 \"$@\"", SCRIPT, "has_file_handles", folder).status() == 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void mappedPages_reachTheOtherMount(String kind) throws Exception {
    try (Mounts mounts = new Mounts(folder, kind, 2)) {
      String name = "mapped_pages_reach_the_other_mount";
      Shell ran = Shell.run("python3 \"$@\"", SCRIPT, name, mounts.first, mounts.second);
      assertThat(ran).isEqualTo(new Shell(0, ""));
      mounts.end();
    }
  }

  /** Neither gate nor leader has a descriptor for each inode that the kernel knows. */
  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void inodes_knownToTheKernel_takeNoDescriptor(String kind) throws Exception {
    try (Mounts mounts = new Mounts(folder, kind, 1, FEW_FILES)) {
      String name = "many_files_are_looked_up";
      String number = FULL ? "100000" : "2000";
      Shell ran = Shell.run("python3 \"$@\"", SCRIPT, name, mounts.first, number);
      assertThat(ran).isEqualTo(new Shell(0, ""));
      mounts.end();
    }
  }
}

package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Those of stress-ng's file system stressors, with their own verification, that pass on the
 * kernel's tmpfs or on the machine's own file system: they pass on mounts of ours.
 */
@Timeout(3600)
class StressIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SECONDS = FULL ? 5 : 1;
  private static final int OPERATIONS = FULL ? 200 : 5;
  private static final String SAYS = "class 'filesystem' stressors: ";

  /** Without -Dcoterie.full. */
  private static final Set<String> A_FEW = Set.of("handle", "link", "xattr");

  /** What FUSE has no request for, so that no file system over it can have it. */
  private static final Set<String> NOT_OVER_FUSE = Set.of("fiemap");

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/stress-ng");
  }

  @Test
  void stressors_passingOnTheKernelsOwn_passOnMounts() throws Exception {
    List<String> stressors = stressors();
    assertThat(stressors).isNotEmpty();
    Set<String> demanded = new TreeSet<>(passing(folder, stressors));
    demanded.addAll(passingOnTmpfs(stressors));
    demanded.removeAll(NOT_OVER_FUSE);
    for (String kind : List.of("tmpfs", "host")) {
      Path place = Files.createDirectory(folder.resolve(kind));
      try (Mounts mounts = new Mounts(place, kind, 1)) {
        Map<String, String> results = results(mounts.directory("work"), demanded);
        assertThat(results).as(kind).allSatisfy((_, said) -> assertThat(said).isEmpty());
        assertThat(results.keySet()).isEqualTo(demanded);
        mounts.end();
      }
    }
  }

  private static List<String> stressors() throws IOException, InterruptedException {
    String said = Shell.run("stress-ng --class 'filesystem?' 2>&1; true").ok();
    String names = said.substring(said.indexOf(SAYS) + SAYS.length()).strip();
    List<String> stressors = new ArrayList<>(List.of(names.split("\\s+")));
    if (!FULL) {
      stressors.retainAll(A_FEW);
    }
    return stressors;
  }

  private Set<String> passingOnTmpfs(List<String> stressors)
      throws IOException, InterruptedException {
    Path directory = Files.createDirectory(folder.resolve("kernel"));
    Shell.run("mount -t tmpfs none \"$1\"", directory).ok();
    try {
      return passing(directory, stressors);
    } finally {
      Shell.run("umount -l \"$1\"", directory).ok();
    }
  }

  private Set<String> passing(Path directory, Iterable<String> stressors)
      throws IOException, InterruptedException {
    Map<String, String> results = results(directory, stressors);
    results.values().removeIf(said -> !said.isEmpty());
    return results.keySet();
  }

  /** What each said that did not pass; nothing of one that did. */
  private Map<String, String> results(Path directory, Iterable<String> stressors)
      throws IOException, InterruptedException {
    Path said = Files.createTempDirectory(folder, "said");
    List<String> line = new ArrayList<>(List.of("sh", Scripts.path("sh/stress.sh").toString()));
    line.addAll(List.of(directory.toString(), "" + SECONDS, "" + OPERATIONS, said.toString()));
    stressors.forEach(line::add);
    Map<String, String> results = new TreeMap<>();
    for (String result : Shell.run(line, Map.of()).ok().lines().toList()) {
      String[] words = result.split(" ", -1);
      String passed = words[1].equals("passed") ? "" : result + "\n";
      results.put(
          words[0], passed.isEmpty() ? "" : passed + Files.readString(said.resolve(words[0])));
    }
    return results;
  }
}

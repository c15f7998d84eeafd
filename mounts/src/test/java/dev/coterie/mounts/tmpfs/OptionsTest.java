package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.mounts.tmpfs.TmpFs.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
  @Test
  void parse_nothing_isHalfOfMemory() {
    Options options = Options.parse(Map.of());
    long memory = MachineMemory.bytes();
    assertThat(options.sizeBytes()).isEqualTo(Math.min(memory / 2, Options.SIZE_MAX_BYTES));
    assertThat(options.inodes())
        .isPositive()
        .isLessThanOrEqualTo(memory / 4096 / 2)
        .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory() / 4 / 1024);
    assertThat(options.mode()).isEqualTo(01777);
    assertThat(options.uid()).isZero();
    assertThat(options.gid()).isZero();
    assertThat(options.readOnly()).isFalse();
    assertThat(options.atime()).isEqualTo(AtimePolicy.RELATIME);
    assertThat(options).isEqualTo(Options.defaults());
  }

  @Test
  void parse_everything_isTaken() {
    Map<String, String> given = new LinkedHashMap<>();
    given.put("size", "64m");
    given.put("nr_inodes", "2k");
    given.put("mode", "0750");
    given.put("uid", "1000");
    given.put("gid", "4294967294");
    given.put("ro", "");
    given.put("strictatime", "");
    assertThat(Options.parse(given))
        .isEqualTo(new Options(64 << 20, 2048, 0750, 1000, -2, true, AtimePolicy.STRICTATIME));
  }

  @ParameterizedTest
  @CsvSource({"1,1", "4097,4097", "3k,3072", "3K,3072", "2M,2097152", "1g,1073741824"})
  void parse_size_takesUnits(String text, long bytes) {
    assertThat(Options.parse(Map.of("size", text)).sizeBytes()).isEqualTo(bytes);
  }

  @Test
  void parse_sizeInPercent_isOfMemory() {
    assertThat(Options.parse(Map.of("size", "1%")).sizeBytes())
        .isEqualTo(MachineMemory.bytes() / 100);
  }

  @Test
  void parse_blocks_areOf4096Bytes() {
    assertThat(Options.parse(Map.of("nr_blocks", "10")).sizeBytes()).isEqualTo(40_960);
  }

  @ParameterizedTest
  @CsvSource({
    "size, '', 'size: not a number with k, m, g or t: '",
    "size, k, 'size: not a number with k, m, g or t: k'",
    "size, 12q, 'size: not a number with k, m, g or t: 12q'",
    "size, -1, 'size: not a number with k, m, g or t: -1'",
    "size, ١, 'size: not a number with k, m, g or t: ١'",
    "size, 0, 'size: not in 1..8796090925056: 0'",
    "size, 9t, 'size: not in 1..8796090925056: 9t'",
    "size, 99999999999999999999, 'size: not a number with k, m, g or t: 99999999999999999999'",
    "size, 0%, 'size: not a percentage of the machine''s memory: 0%'",
    "nr_blocks, 4g, 'nr_blocks: not in 1..2147483136: 4g'",
    "nr_inodes, 0, 'nr_inodes: not in 1..2147483647: 0'",
    "nr_inodes, x, 'nr_inodes: not a number with k, m, g or t: x'",
    "mode, 8, 'mode: not octal permissions: 8'",
    "mode, 10000, 'mode: not octal permissions: 10000'",
    "mode, '', 'mode: not octal permissions: '",
    "uid, root, 'uid: not an id: root'",
    "gid, 4294967295, 'gid: not an id: 4294967295'",
    "ro, 1, 'ro takes no value: 1'",
    "noatime, yes, 'noatime takes no value: yes'",
    "huge, always, 'unknown option huge'"
  })
  void parse_badValue_saysWhich(String option, String value, String error) {
    assertThatThrownBy(() -> Options.parse(Map.of(option, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tmpfs: " + error);
  }

  @Test
  void parse_severalBadValues_saysEach() {
    Map<String, String> given =
        Map.of("ro", "", "rw", "", "noatime", "", "relatime", "", "mode", "9", "abc", "");
    assertThatThrownBy(() -> Options.parse(given))
        .hasMessage(
            "tmpfs: ro and rw exclude each other; noatime and relatime exclude each other;"
                + " unknown option abc; mode: not octal permissions: 9");
  }

  @Test
  void options_outOfBounds_areRefused() {
    AtimePolicy atime = AtimePolicy.NOATIME;
    assertThatThrownBy(() -> new Options(0, 1, 0, 0, 0, false, atime)).hasMessageContaining("size");
    assertThatThrownBy(() -> new Options(1, 0, 0, 0, 0, false, atime))
        .hasMessageContaining("nr_inodes");
    assertThatThrownBy(() -> new Options(1, 1, 010000, 0, 0, false, atime))
        .hasMessageContaining("mode");
  }

  @Test
  void memory_ofContainer_isTheLowestLimit(@TempDir Path dir) throws IOException {
    Path proc = Files.createDirectories(dir.resolve("proc/self"));
    Path group = Files.createDirectories(dir.resolve("cgroup/a/b"));
    Files.writeString(dir.resolve("proc/meminfo"), "MemTotal:   1000 kB\nMemFree: 1 kB\n");
    assertThat(memory(dir)).isEqualTo(1_024_000);
    Files.writeString(proc.resolve("cgroup"), "1:name=systemd:/\n0::/a/b\n");
    assertThat(memory(dir)).isEqualTo(1_024_000);
    Files.writeString(group.resolve("memory.max"), "max\n");
    Files.writeString(group.resolveSibling("memory.max"), "500000\n");
    assertThat(memory(dir)).isEqualTo(500_000);
    Files.writeString(dir.resolve("cgroup/memory.max"), "400000\n");
    assertThat(memory(dir)).isEqualTo(400_000);
    Files.createDirectories(dir.resolve("cgroup/memory"));
    Files.writeString(proc.resolve("cgroup"), "4:cpu,memory:/not/here\n0::/\n");
    Files.writeString(dir.resolve("cgroup/memory/memory.limit_in_bytes"), "300000\n");
    assertThat(memory(dir)).isEqualTo(300_000);
  }

  private static long memory(Path dir) {
    return MachineMemory.bytes(dir.resolve("proc"), dir.resolve("cgroup"));
  }
}

package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script of mount(8) makes of what mount(8) says. */
class MountScriptTest {
  private static final Path SCRIPT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../mount.fuse.coterie");

  @TempDir Path folder = Path.of("");
  private Path script = folder;

  /** The script beside a program that only says how it was called. */
  @BeforeEach
  void install() throws IOException {
    script = Files.copy(SCRIPT, folder.resolve("mount.fuse.coterie"));
    Path program = folder.resolve("coterie");
    Files.writeString(program, "#!/bin/sh\nprintf '<%s>' \"$@\"\n");
    for (Path file : new Path[] {script, program}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** What holds when nothing is said: as for other file systems, but not for those of others. */
  private static String usual(String source) {
    boolean own = source.startsWith("host:") && "root".equals(System.getProperty("user.name"));
    return own ? "suid,dev" : "nosuid,nodev";
  }

  @Test
  void options_ofMount_reachTheProgram() throws Exception {
    Shell ran = Shell.run("\"$1\" /run/s '/mnt/a b' -o rw,ro,nosuid -o noatime", script);
    assertThat(ran.ok())
        .isEqualTo(
            "<mount><--background><--options><"
                + usual("/run/s")
                + ",rw,ro,nosuid,noatime><--></run/s></mnt/a b>");
  }

  @Test
  void options_ofFstab_areLeftOut() throws Exception {
    Shell ran =
        Shell.run(
            "\"$1\" host:/srv /mnt -n -s -t fuse.coterie -o"
                + " defaults,noauto,_netdev,x-systemd.automount,dev",
            script);
    assertThat(ran.ok())
        .isEqualTo(
            "<mount><--background><--options><" + usual("host:") + ",dev><--><host:/srv></mnt>");
  }

  @Test
  void arguments_missingOrUnknown_areRefused() throws Exception {
    assertThat(Shell.run("\"$1\" /run/s", script).status()).isNotZero();
    Shell unknown = Shell.run("\"$1\" /run/s /mnt --nonsense", script);
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.out()).contains("unknown argument: --nonsense");
  }
}

package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the helper of mount(8) makes of what mount(8) says. */
class MountHelperTest {
  private static final Path HELPER =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../mount.fuse.coterie");

  @TempDir Path folder = Path.of("");
  private Path helper = folder;

  /** The helper beside a program that only says how it was called. */
  @BeforeEach
  void install() throws IOException {
    helper = Files.copy(HELPER, folder.resolve("mount.fuse.coterie"));
    Path program = folder.resolve("coterie");
    Files.writeString(program, "#!/bin/sh\nprintf '<%s>' \"$@\"\n");
    for (Path file : new Path[] {helper, program}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void options_ofMount_reachTheProgram() throws Exception {
    Shell ran = Shell.run("\"$1\" /run/s '/mnt/a b' -o rw,ro,nosuid -o noatime", helper);
    assertThat(ran.ok())
        .isEqualTo("<mount><--background><--options><rw,ro,nosuid,noatime><--></run/s></mnt/a b>");
  }

  @Test
  void options_ofFstab_areLeftOut() throws Exception {
    Shell ran =
        Shell.run(
            "\"$1\" host:/srv /mnt -n -s -t fuse.coterie -o defaults,noauto,_netdev,x-systemd.automount,dev",
            helper);
    assertThat(ran.ok()).isEqualTo("<mount><--background><--options><dev><--><host:/srv></mnt>");
  }

  @Test
  void arguments_missingOrUnknown_areRefused() throws Exception {
    assertThat(Shell.run("\"$1\" /run/s", helper).status()).isNotZero();
    Shell unknown = Shell.run("\"$1\" /run/s /mnt --nonsense", helper);
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.out()).contains("unknown argument: --nonsense");
  }
}

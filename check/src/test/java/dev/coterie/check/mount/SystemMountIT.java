package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What mount(8) makes of us, when the script stands in /sbin: mounts, remounts, lines of fstab. */
@Timeout(300)
class SystemMountIT {
  /** Runs the rest in a mount namespace in which /sbin has one entry more. */
  private static final String ENTER =
      """
      set -e
      export XDG_RUNTIME_DIR="$1/run"
      mount -t tmpfs none "$1/place"
      cd "$1/place"
      mkdir real sbin
      there=$(readlink -f /sbin)
      mount --bind "$there" real
      for file in "$there"/*; do ln -s "$PWD/real/${file##*/}" sbin; done
      ln -s "$1/mount.fuse.coterie" sbin
      mount --bind sbin "$there"
      mkdir m d
      shown() { grep " $PWD/$1 " /proc/self/mountinfo | cut -d' ' -f6; }
      """;

  /** {@code grid DIR} says of each way to read whether it marks the access time. */
  private static final String GRID =
      """
      older=$(date +@%s -d '-1 hour') newer=$(date +@%s -d '+1 hour')
      grid() {
        mkdir "$1/g"; mkdir "$1/g/dir" "$1/g/dir/in"; echo text >"$1/g/file"; ln -s file "$1/g/link"
        cp /bin/true "$1/g/program"
        for state in older newer; do
          for way in read copy mmap execve readdir readlink; do
            case $way in
            read | copy | mmap) file=file ;;
            execve) file=program ;;
            readdir) file=dir do="ls -f" ;;
            readlink) file=link do=readlink ;;
            esac
            # Older or newer than the last change, which is now; never a day old.
            if [ $state = older ]; then at=$older; else at=$newer; fi
            touch -h -a -d "$at" "$1/g/$file"
            before=$(stat -c %x "$1/g/$file")
            case $way in
            read) cat "$1/g/$file" >/dev/null ;;
            copy) python3 -c "import os, sys
      a = os.open(sys.argv[1], os.O_RDONLY); b = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
      assert os.copy_file_range(a, b, 4) == 4" "$1/g/$file" "$1/g/copy" ;;
            mmap) python3 -c "import mmap, sys
      with open(sys.argv[1], 'rb') as f: assert mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[0] == 116" "$1/g/$file" ;;
            execve) "$1/g/$file" ;;
            *) $do "$1/g/$file" >/dev/null ;;
            esac
            if [ "$before" = "$(stat -c %x "$1/g/$file")" ]; then is=unmarked; else is=marked; fi
            echo "$way $state $is"
          done
        done
        rm -r "$1/g"
      }
      """;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/unshare");
    MountTools.requireProgram("/usr/bin/python3");
  }

  @BeforeEach
  void install() throws Exception {
    Path script = folder.resolve("mount.fuse.coterie");
    Files.copy(
        Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .resolve("../mount.fuse.coterie"),
        script);
    Path program = folder.resolve("coterie");
    Files.writeString(
        program, "#!/bin/sh\nexec '" + String.join("' '", Coterie.line()) + "' \"$@\"\n");
    for (Path file : List.of(script, program)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.createDirectory(folder.resolve("place"));
    Files.createDirectory(
        folder.resolve("run"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private List<String> lines(String script) throws Exception {
    List<String> line =
        List.of(
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            ENTER + script,
            "sh",
            folder.toString());
    Shell ran = Shell.run(line, Map.of());
    assertThat(ran.status()).as(ran.out()).isZero();
    return ran.out().lines().toList();
  }

  @Test
  void mount_optionsAndRemounts_areInForce() throws Exception {
    List<String> told =
        lines(
            """
            mount -t fuse.coterie "host:$PWD/d" m -o nosuid,nodev,noatime
            shown m
            echo x >m/f
            mount -o remount,ro m
            shown m
            echo y 2>&1 >m/f || true
            mount -o remount,rw m
            echo y >m/f
            mount -o remount,suid,dev,noexec,strictatime m
            shown m
            mount -o remount,exec,nosuid,nodev,relatime m
            shown m
            mount -f -t fuse.coterie "host:$PWD/d" d
            umount m
            shown m | grep . || echo none
            cat d/f
            """);
    assertThat(told)
        .containsExactly(
            "rw,nosuid,nodev,noatime",
            "ro,nosuid,nodev,noatime",
            told.get(2),
            "rw,noexec",
            "rw,nosuid,nodev,relatime",
            "none",
            "y");
    assertThat(told.get(2)).endsWith("Read-only file system");
  }

  /** As for any file system of root's: what is not said to be off is on. */
  @Test
  void mount_root_setuidProgramsAndDevicesWork() throws Exception {
    List<String> told =
        lines(
            """
            mount -t fuse.coterie "tmpfs:$PWD" m
            shown m
            mknod m/null c 1 3
            echo x >m/null
            cp /usr/bin/id m/id; chmod 4755 m/id
            setpriv --reuid 65534 --regid 65534 --clear-groups m/id -u
            mount -o remount,nosuid,nodev m
            setpriv --reuid 65534 --regid 65534 --clear-groups m/id -u
            cat m/null 2>/dev/null || echo no device
            umount m
            """);
    assertThat(told).containsExactly("rw,relatime", "0", "65534", "no device");
  }

  /** Whoever serves it could make any file a program of root's. */
  @Test
  void mount_leaderOfSomebodyElse_isNosuid() throws Exception {
    List<String> told =
        lines(
            """
            mkfifo up
            "$1/coterie" up --socket "$PWD/s" >up &
            leader=$!
            read line <up
            chown 65534 s
            mount -t fuse.coterie "$PWD/s" m
            shown m
            mount -o remount,ro m
            shown m
            umount m
            kill $leader
            """);
    assertThat(told).containsExactly("rw,nosuid,nodev,relatime", "ro,nosuid,nodev,relatime");
  }

  @Test
  void fstab_lines_areMounted() throws Exception {
    List<String> told =
        lines(
            """
            echo "host:$PWD/d $PWD/m fuse.coterie noauto,ro,noatime,nosuid,x-of-others,comment=ours 0 0" >fstab
            mount -T fstab -a
            shown m | grep . || echo none
            mount -T fstab "$PWD/m"
            shown m
            mount -T fstab -o remount,rw "$PWD/m"
            shown m
            umount m
            echo "host:$PWD/d $PWD/m fuse.coterie defaults,nodev,_netdev 0 0" >fstab
            mount -T fstab -a
            mount -T fstab -a
            shown m
            "$1/coterie" unmount m
            """);
    assertThat(told)
        .containsExactly("none", "ro,nosuid,noatime", "rw,nosuid,noatime", "rw,nodev,relatime");
  }

  // ---- access times ----

  private static final List<String> RULES =
      List.of("relatime", "noatime", "strictatime", "nodiratime,relatime", "diratime,noatime");

  /** The same as on the kernel's own tmpfs, mounted and remounted with the same options. */
  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void accessTimes_byMountOptions_areMarkedAsOnTmpfs(String kind) throws Exception {
    String script =
        GRID
            + """
            mkdir t
            mount -t tmpfs none t -o strictatime
            mount -t fuse.coterie "%s:$PWD/d" m -o strictatime
            for rule in strictatime %s; do
              mount -o remount,$rule t
              mount -o remount,$rule m
              grid t | sed "s/^/kernel $rule /"
              grid m | sed "s/^/ours $rule /"
            done
            umount m
            """
                .formatted(kind, String.join(" ", RULES));
    Set<String> kernel = new TreeSet<>();
    Set<String> ours = new TreeSet<>();
    for (String line : lines(script)) {
      (line.startsWith("kernel ") ? kernel : ours).add(line.substring(line.indexOf(' ') + 1));
    }
    assertThat(kernel).hasSize(RULES.size() * 12).contains("noatime read older unmarked");
    List<String> different = new ArrayList<>(ours);
    different.removeAll(kernel);
    assertThat(different).containsExactlyInAnyOrderElementsOf(exceptions(kind));
  }

  /**
   * A link is read without a handle, so the tree's own rule holds. On a host directory the host's
   * own rule holds, but for noatime and nodiratime, which a reader can ask for.
   */
  private static List<String> exceptions(String kind) {
    List<String> all = new ArrayList<>();
    all.add("noatime readlink older marked");
    all.add("diratime,noatime readlink older marked");
    all.add("strictatime readlink newer unmarked");
    if (kind.equals("host")) {
      for (String way : List.of("read", "copy", "mmap", "execve", "readdir")) {
        all.add("strictatime " + way + " newer unmarked");
      }
    }
    return all;
  }
}

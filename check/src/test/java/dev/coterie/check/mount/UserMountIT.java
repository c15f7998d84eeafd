package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one does who is not root: mounts by fusermount3, runs in a user namespace. */
@Timeout(300)
class UserMountIT {
  /** Words of a script: a leader, and a mount of it that says in m.out how it was made. */
  private static final String MOUNTED =
      """
      mkdir m
      mkfifo up # a command has begun when its first line is there
      coterie up --socket "$PWD/s" >up &
      leader=$!
      read line <up
      mkfifo said
      coterie mount --show "$PWD/s" m >said &
      mount=$!
      exec 3<said
      read line <&3; echo "$line"
      read line <&3; echo "$line"
      """;

  @TempDir static Path folder = Path.of("");
  private static @Nullable UserPlace place;

  @BeforeAll
  static void findTools() throws Exception {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/fusermount3");
    MountTools.requireProgram("/usr/bin/unshare");
    MountTools.requireProgram("/usr/bin/setpriv");
    place = UserPlace.in(folder);
  }

  private static List<String> lines(String script) throws Exception {
    Shell ran =
        Objects.requireNonNull(place)
            .run("set -e\nd=$(mktemp -d -p .); cd \"$d\"; chmod 755 .\n" + script);
    assertThat(ran.status()).as(ran.out()).isZero();
    return ran.out().lines().toList();
  }

  // ---- mount ----

  @Test
  void mount_user_isByFusermountAndItsOwn() throws Exception {
    List<String> told =
        lines(
            MOUNTED
                + """
                echo hello >m/f
                stat -c '%u %g %s' m/f
                grep " $PWD/m " /proc/mounts | cut -d' ' -f3,4
                coterie unmount m
                wait $mount
                echo "over $?"
                test ! -e m/f
                kill $leader
                """);
    assertThat(told)
        .containsExactly(
            told.getFirst(),
            "way: fusermount3",
            "65534 65534 6",
            "fuse.coterie"
                + " rw,nosuid,nodev,relatime,user_id=65534,group_id=65534,default_permissions",
            "over 0");
    assertThat(told.getFirst()).startsWith("coterie: mounted on ").endsWith("/m by fusermount3");
  }

  @Test
  void mount_userKilled_isClearedByUnmount() throws Exception {
    List<String> told =
        lines(
            MOUNTED
                + """
                echo kept >m/f
                kill -9 $mount
                wait $mount 2>/dev/null || true
                cat m/f 2>&1 || true
                coterie unmount m
                grep -c " $PWD/m " /proc/mounts || true
                coterie mount --background "$PWD/s" m
                cat m/f
                exec 4<m/f
                coterie unmount m 2>&1 || true
                coterie unmount --force m
                cat <&4 2>&1 | head -n 1
                grep -c " $PWD/m " /proc/mounts || true
                kill $leader
                """);
    assertThat(told.subList(2, told.size()))
        .containsExactly(
            "cat: m/f: Transport endpoint is not connected",
            "0",
            "kept",
            "coterie: unmount: m: in use; --force ends it all the same",
            "cat: -: Transport endpoint is not connected",
            "0");
  }

  @Test
  void mount_userRefused_isToldWhyInOneLine() throws Exception {
    List<String> told =
        lines(
            MOUNTED
                + """
                mkdir n
                program=$(command -v coterie)
                refused() { if "$program" "$@" 2>&1; then echo "not refused: $*"; fi; }
                refused mount "$PWD/s" /usr
                refused mount --options suid "$PWD/s" n
                refused mount --options dev -b "$PWD/s" n
                refused unmount /usr
                refused mount --options allow_other "$PWD/s" n
                PATH=/nonexistent refused mount "$PWD/s" n
                coterie unmount m
                kill $leader
                """);
    assertThat(told.subList(2, told.size()))
        .containsExactly(
            "coterie: mount: /usr: user has no write access to mountpoint /usr",
            "coterie: mount: mounting with suid or dev needs root",
            "coterie: mount: mounting with suid or dev needs root",
            "coterie: unmount: /usr: not a mount",
            told.get(6),
            told.get(7));
    assertThat(told.get(6)).contains("allow_other only allowed if 'user_allow_other' is set");
    assertThat(told.get(7)).endsWith("fusermount3 is not installed (package fuse3)");
  }

  /** A private leader of a user has a tree in which that user may write. */
  @Test
  void mount_userInBackground_hasATreeOfItsOwn() throws Exception {
    List<String> told =
        lines(
            """
            mkdir m
            coterie mount --background "tmpfs:$PWD" m
            stat -c '%u %g %a' m
            echo hello >m/f
            cat m/f
            coterie unmount m
            """);
    assertThat(told).containsExactly("65534 65534 755", "hello");
  }

  // ---- run ----

  @Test
  void run_user_isInNamespacesOfItsOwnUnderItsName() throws Exception {
    List<String> told =
        lines(
            """
            status=0
            coterie run -- sh -c '
              echo x >f
              id -u; id -g; stat -c "%u %g" . f
              grep CapEff /proc/self/status | tr -d "[:space:]"; echo
              chmod 0 f; cat f 2>/dev/null || echo denied
              readlink /proc/self/ns/user /proc/self/ns/mnt
              grep " $COTERIE_ROOT " /proc/mounts | cut -d" " -f3
              exit 7' || status=$?
            echo $status
            readlink /proc/self/ns/user /proc/self/ns/mnt
            """);
    assertThat(told.subList(0, 6))
        .containsExactly("65534", "65534", "65534 65534", "65534 65534", noCapability(), "denied");
    assertThat(told.subList(8, 10)).containsExactly("fuse.coterie", "7");
    assertThat(told.subList(6, 8)).doesNotContainAnyElementsOf(told.subList(10, 12));
    assertThat(Objects.requireNonNull(place).leftBehind()).isZero();
  }

  private static String noCapability() {
    return "CapEff:" + "0".repeat(16);
  }

  @Test
  void run_userOnHostDirectory_hasNoMoreRightsThanOutside() throws Exception {
    List<String> told =
        lines(
            """
            mkdir d
            echo secret >d/s; chmod 0 d/s
            coterie run --mount "/=host:$PWD/d" -- sh -c '
              echo kept >f; cat s 2>/dev/null || echo denied
              dd if=s 2>/dev/null || echo denied'
            stat -c '%u %g' d/f
            cat d/f
            """);
    assertThat(told).containsExactly("denied", "denied", "65534 65534", "kept");
  }

  @Test
  void run_userWithoutNamespaces_mountsByFusermount() throws Exception {
    List<String> told =
        lines(
            """
            program=$(command -v coterie)
            mkdir bin
            ln -s /usr/bin/fusermount3 /bin/sh bin # and no unshare
            PATH=$PWD/bin "$program" run -- /bin/sh -c 'echo x >f; exec /bin/grep " $PWD " /proc/mounts' |
              cut -d' ' -f3
            readlink /proc/self/ns/mnt >before
            PATH=$PWD/bin "$program" run -- /bin/readlink /proc/self/ns/mnt | diff before - && echo same
            rm bin/fusermount3
            PATH=$PWD/bin "$program" run -- /bin/true 2>&1 || true
            """);
    assertThat(told)
        .containsExactly(
            "fuse.coterie",
            "same",
            "coterie: run: no user namespace for this user, and fusermount3 is not installed"
                + " (package fuse3)");
    assertThat(Objects.requireNonNull(place).leftBehind()).isZero();
  }
}

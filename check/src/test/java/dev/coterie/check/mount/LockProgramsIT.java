package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs that rely on locks, half of their processes on each of two mounts of one tree. */
@Timeout(3600)
class LockProgramsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  /** As in ProgramsIT, but every other process works on the second mount. */
  private static final String SQLITE =
      """
      set -e
      first=$1 second=$2 mode=$3 processes=$4 transactions=$5
      sqlite3 "$first/db" "pragma journal_mode=$mode; create table t(writer, n); create table c(n); insert into c values(0);" >/dev/null
      for p in $(seq $processes); do
        if [ $((p % 2)) = 0 ]; then at=$second; else at=$first; fi
        {
          echo ".timeout 120000"
          echo "pragma journal_mode=$mode;"
          for i in $(seq $transactions); do
            echo "begin immediate; insert into t values($p, $i); update c set n = n + 1; commit;"
          done
        } | sqlite3 "$at/db" >/dev/null &
        jobs="$jobs $!"
      done
      for job in $jobs; do wait $job; done
      sqlite3 "$second/db" "pragma integrity_check; select count(*) from t; select n from c; select count(distinct writer || ' ' || n) from t;"
      """;

  /** Each adds to a number that is in a file, with nothing but flock(1) to keep it whole. */
  private static final String FLOCK =
      """
      set -e
      first=$1 second=$2 processes=$3 times=$4
      echo 0 >"$first/number"
      for p in $(seq $processes); do
        if [ $((p % 2)) = 0 ]; then at=$second; else at=$first; fi
        for i in $(seq $times); do
          flock "$at/lock" sh -c 'read n <"$1"; echo $((n + 1)) >"$1"' sh "$at/number"
        done &
        jobs="$jobs $!"
      done
      for job in $jobs; do wait $job; done
      cat "$second/number"
      """;

  private static final String PING_PONG =
      """
      set -e
      first=$1 second=$2 program=$3 processes=$4 rounds=$5
      head -c $((processes + 1)) /dev/zero >"$first/file"
      for p in $(seq $processes); do
        if [ $((p % 2)) = 0 ]; then at=$second; else at=$first; fi
        "$program" "$at/file" $processes $rounds &
        jobs="$jobs $!"
      done
      for job in $jobs; do wait $job; done
      od -An -v -tu1 "$second/file"
      """;

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/sqlite3");
    MountTools.requireProgram("/usr/bin/flock");
    MountTools.requireProgram("/usr/bin/gcc");
  }

  /** Journal mode, processes, transactions of each. */
  static List<Arguments> databases() {
    List<Arguments> all = new ArrayList<>();
    for (String mode : List.of("delete", "truncate", "persist")) {
      all.add(Arguments.of(mode, 4, FULL ? 100 : 20));
      if (FULL) {
        all.add(Arguments.of(mode, 8, 500));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("databases")
  void sqlite_onTwoMounts_countsAreExact(String mode, int processes, int transactions)
      throws Exception {
    int all = processes * transactions;
    try (Mounts mounts = new Mounts(folder, "tmpfs", 2)) {
      String told =
          Shell.run(SQLITE, mounts.first, mounts.second, mode, processes, transactions).ok();
      assertThat(told.lines()).containsExactly("ok", "" + all, "" + all, "" + all);
      mounts.end();
    }
  }

  @Test
  void flock_onTwoMounts_losesNoIncrement() throws Exception {
    int processes = 4;
    int times = FULL ? 250 : 25;
    try (Mounts mounts = new Mounts(folder, "tmpfs", 2)) {
      String told = Shell.run(FLOCK, mounts.first, mounts.second, processes, times).ok();
      assertThat(told).isEqualTo("" + processes * times);
      mounts.end();
    }
  }

  /** Who locks a byte after another reads what that has written under its lock. */
  @Test
  void pingPong_onTwoMounts_everyCountIsSeen() throws Exception {
    int processes = 3;
    int rounds = FULL ? 20_000 : 500; // a multiple of the bytes, so that each is locked as often
    Path program = folder.resolve("ping_pong");
    Shell.run("gcc -O1 -Wall -Wextra -o \"$2\" \"$1\"", Scripts.path("c/ping_pong.c"), program)
        .ok();
    int each = processes * rounds / (processes + 1) % 256;
    try (Mounts mounts = new Mounts(folder, "tmpfs", 2)) {
      String told =
          Shell.run(PING_PONG, mounts.first, mounts.second, program, processes, rounds).ok();
      assertThat(told.strip().split(" +")).hasSize(processes + 1).containsOnly("" + each);
      mounts.end();
    }
  }
}

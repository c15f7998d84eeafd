package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs as they are, on mounts of a tree in memory and of a directory of the host. */
@Timeout(3600)
class ProgramsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");

  /** Several processes insert, each in transactions of its own, and say how often they did. */
  private static final String SQLITE =
      """
      set -e
      cd "$1"; mode=$2; processes=$3; transactions=$4
      sqlite3 db "pragma journal_mode=$mode; create table t(writer, n); create table c(n); insert into c values(0);" >/dev/null
      for p in $(seq $processes); do
        for i in $(seq $transactions); do
          echo ".timeout 120000"
          echo "begin immediate; insert into t values($p, $i); update c set n = n + 1; commit;"
        done | sqlite3 db &
        jobs="$jobs $!"
      done
      for job in $jobs; do wait $job; done
      sqlite3 db "pragma integrity_check; select count(*) from t; select n from c; select count(distinct writer || ' ' || n) from t;"
      """;

  /**
   * A repository with history, cloned three times in parallel, changed, pushed, packed, checked.
   */
  private static final String GIT =
      """
      set -e
      first=$1; second=$2; commits=$3; importer=$4
      export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
      export GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent
      git init -q --bare "$first/origin"
      python3 "$importer" $commits /usr/lib/python3* >"$second/history"
      git -C "$first/origin" fast-import --quiet <"$second/history"
      rm "$first/history"
      git -C "$first/origin" symbolic-ref HEAD refs/heads/main
      for n in 1 2 3; do
        if [ $n = 2 ]; then at=$second; else at=$first; fi
        git clone -q "$at/origin" "$at/clone$n" &
        jobs="$jobs $!"
      done
      for job in $jobs; do wait $job; done
      for n in 1 2 3; do
        if [ $n = 2 ]; then at=$first; else at=$second; fi
        cd "$at/clone$n"
        echo "work of $n" > work$n; git add work$n; git commit -qm "work of $n"
        git pull -q --rebase; git push -q
      done
      git -C "$second/origin" gc -q
      git -C "$first/origin" fsck --full --strict 2>&1
      git -C "$second/clone1" pull -q
      git -C "$first/clone1" log --oneline | wc -l
      ls "$first/clone1" | grep -c work
      git -C "$first/clone1" status --porcelain | wc -l
      """;

  private static final Path IMPORTER = Scripts.path("python/fast_import.py");

  private static final List<String> MODES = List.of("delete", "truncate", "persist", "wal");

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/sqlite3");
    MountTools.requireProgram("/usr/bin/git");
    MountTools.requireProgram("/usr/bin/python3");
  }

  /** Tree, journal mode, processes. */
  static List<Arguments> databases() {
    List<Arguments> all = new ArrayList<>();
    for (String kind : List.of("tmpfs", "host")) {
      for (String mode : FULL ? MODES : List.of("delete", "wal")) {
        all.add(Arguments.of(kind, mode, 4));
      }
      if (FULL) {
        all.add(Arguments.of(kind, "delete", 8));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("databases")
  void sqlite_severalWriters_countsAreExact(String kind, String mode, int processes)
      throws Exception {
    int transactions = !FULL ? 25 : processes == 8 ? 500 : 100;
    int all = processes * transactions;
    try (Mounts mounts = new Mounts(folder, kind, 1)) {
      String told = Shell.run(SQLITE, mounts.first, mode, processes, transactions).ok();
      assertThat(told.lines()).containsExactly("ok", "" + all, "" + all, "" + all);
      mounts.end();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void git_onTwoMounts_historyIsWhole(String kind) throws Exception {
    int commits = FULL ? 5000 : 100;
    try (Mounts mounts = new Mounts(folder, kind, 2)) {
      String told = Shell.run(GIT, mounts.first, mounts.second, commits, IMPORTER).ok();
      assertThat(told.lines().toList())
          .as(told)
          .endsWith("" + (commits + 3), "3", "0")
          .noneMatch(line -> line.startsWith("error") || line.contains("missing"));
      mounts.end();
    }
  }
}

package dev.coterie.console.demo;

import dev.coterie.api.Change;
import java.util.BitSet;

/**
 * What was told of the changes of several processes, and what is wrong with it. Each creates and
 * removes files of its own, one after the other.
 */
final class Changes {
  /** What is watched for. */
  static final int KINDS = Change.CREATE | Change.DELETE;

  private final int records; // of each process
  private final BitSet[] told;
  private final int[] latest;
  private long arrived;
  private long covered;
  private long strange;
  private long doubled;
  private long misordered;

  Changes(int processes, int records) {
    this.records = records;
    this.told = new BitSet[processes];
    this.latest = new int[processes];
    for (int i = 0; i < processes; i++) {
      told[i] = new BitSet(records);
      latest[i] = -1;
    }
  }

  /** The file that a process's change is about. */
  static String name(int process, int record) {
    return "c" + process + "-" + record / 2;
  }

  static boolean isCreation(int record) {
    return record % 2 == 0;
  }

  private long expected() {
    return (long) told.length * records;
  }

  /** Whether every change was told, or counted by an event that says that some were not kept. */
  boolean isComplete() {
    return arrived + covered >= expected();
  }

  void add(Change change) {
    if (change.is(Change.Q_OVERFLOW)) {
      covered += change.cookie();
      return;
    }
    String[] words = change.path().toString().split("[c-]");
    if (words.length != 3) {
      strange++;
      return;
    }
    int process = Integer.parseInt(words[1]);
    int record = 2 * Integer.parseInt(words[2]) + (change.is(Change.CREATE) ? 0 : 1);
    if (process >= told.length || record >= records) {
      strange++;
    } else if (told[process].get(record)) {
      doubled++;
    } else {
      told[process].set(record);
      arrived++;
      misordered += record < latest[process] ? 1 : 0;
      latest[process] = Math.max(latest[process], record);
    }
  }

  Tally tally(double seconds) {
    long accounted = arrived + covered;
    long over = Math.max(0, accounted - expected());
    return new Tally(
        expected(),
        Math.min(accounted, expected()),
        Math.max(0, expected() - accounted),
        strange,
        doubled + over,
        misordered,
        0,
        Events.perSecond(accounted, seconds),
        "");
  }
}

package dev.coterie.api.lock;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Locks as one would write them without a thought of speed: each owner has a letter for each byte,
 * and everything is looked at each time. A file has {@link #BYTES} bytes, of which the last stands
 * for all that follow.
 */
final class NaiveLocks {
  static final int BYTES = 40;

  /** A request as the reference sees it. */
  record Wait(int id, int owner, boolean process, int from, int to, char kind, int[] overtaken) {}

  /** One family on one file. */
  private static final class File {
    final Map<Integer, char[]> held = new LinkedHashMap<>();
    final List<Wait> queue = new ArrayList<>();
  }

  private final List<File> files = new ArrayList<>();

  NaiveLocks(int count) {
    for (int i = 0; i < count; i++) {
      files.add(new File());
    }
  }

  private static char[] empty() {
    return "-".repeat(BYTES).toCharArray();
  }

  String held(int file, int owner) {
    return new String(files.get(file).held.getOrDefault(owner, empty()));
  }

  private static boolean clash(char a, char b) {
    return a != '-' && b != '-' && (a == 'w' || b == 'w');
  }

  private Set<Integer> blockers(File file, Wait wait) {
    Set<Integer> blockers = new HashSet<>();
    file.held.forEach((owner, bytes) -> {
      for (int i = wait.from; i <= wait.to; i++) {
        if (owner != wait.owner && clash(bytes[i], wait.kind)) {
          blockers.add(owner);
        }
      }
    });
    return blockers;
  }

  /** The owner of the first lock in the way, and its first byte; null if there is none. */
  @Nullable String conflict(int file, Wait wait) {
    for (Map.Entry<Integer, char[]> holder : files.get(file).held.entrySet()) {
      for (int i = wait.from; i <= wait.to; i++) {
        char[] bytes = holder.getValue();
        if (holder.getKey() != wait.owner && clash(bytes[i], wait.kind)) {
          int first = i;
          while (first > 0 && bytes[first - 1] == bytes[i]) {
            first--;
          }
          return holder.getKey() + " " + bytes[i] + " " + first;
        }
      }
    }
    return null;
  }

  private boolean holdsAnything(int owner) {
    return files.stream().anyMatch(file -> file.held.containsKey(owner));
  }

  boolean isFree(int number, Wait wait, boolean waits) {
    File file = files.get(number);
    return free(file, wait, waits ? file.queue : List.of());
  }

  private boolean free(File file, Wait wait, List<Wait> earlier) {
    if (!blockers(file, wait).isEmpty()) {
      return false;
    }
    return holdsAnything(wait.owner)
        || earlier.stream().noneMatch(w -> meet(w, wait) && w.overtaken[0] >= LockSpace.OVERTAKES);
  }

  private static boolean meet(Wait a, Wait b) {
    return a.owner != b.owner && clash(a.kind, b.kind) && a.from <= b.to && b.from <= a.to;
  }

  private void hold(File file, Wait wait) {
    char[] bytes = file.held.computeIfAbsent(wait.owner, owner -> empty());
    for (int i = wait.from; i <= wait.to; i++) {
      bytes[i] = wait.kind;
    }
  }

  LockTable.Outcome attempt(int number, Wait wait) {
    File file = files.get(number);
    if (!blockers(file, wait).isEmpty()) {
      return LockTable.Outcome.BUSY;
    }
    hold(file, wait);
    return LockTable.Outcome.GRANTED;
  }

  LockTable.Outcome request(int number, Wait wait) {
    File file = files.get(number);
    if (free(file, wait, file.queue)) {
      hold(file, wait);
      file.queue.stream().filter(w -> meet(w, wait)).forEach(w -> w.overtaken[0]++);
      return LockTable.Outcome.GRANTED;
    }
    if (wait.process && reaches(blockers(file, wait), wait.owner, new HashSet<>())) {
      return LockTable.Outcome.DEADLOCK;
    }
    file.queue.add(wait);
    return LockTable.Outcome.QUEUED;
  }

  private boolean reaches(Set<Integer> from, int target, Set<Integer> seen) {
    for (int owner : from) {
      if (owner == target) {
        return true;
      }
      if (seen.add(owner)) {
        for (File file : files) {
          for (Wait wait : file.queue) {
            if (wait.process
                && wait.owner == owner
                && reaches(blockers(file, wait), target, seen)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  void unlock(int number, int owner, int from, int to) {
    char[] bytes = files.get(number).held.get(owner);
    if (bytes == null) {
      return;
    }
    for (int i = from; i <= to; i++) {
      bytes[i] = '-';
    }
    if (new String(bytes).equals(new String(empty()))) {
      files.get(number).held.remove(owner);
    }
  }

  boolean withdraw(int number, int id) {
    return files.get(number).queue.removeIf(wait -> wait.id == id);
  }

  List<Integer> withdrawAll(int number, int owner) {
    List<Integer> ids =
        files.get(number).queue.stream().filter(w -> w.owner == owner).map(Wait::id).toList();
    files.get(number).queue.removeIf(w -> w.owner == owner);
    return ids;
  }

  /** What becomes free now, in the order in which it is granted. */
  List<Integer> grant(int number) {
    File file = files.get(number);
    List<Integer> granted = new ArrayList<>();
    for (int i = 0; i < file.queue.size(); i++) {
      Wait wait = file.queue.get(i);
      List<Wait> earlier = List.copyOf(file.queue.subList(0, i));
      if (free(file, wait, earlier)) {
        hold(file, wait);
        earlier.stream().filter(w -> meet(w, wait)).forEach(w -> w.overtaken[0]++);
        file.queue.remove(wait);
        granted.add(wait.id);
        i = -1;
      }
    }
    return granted;
  }
}

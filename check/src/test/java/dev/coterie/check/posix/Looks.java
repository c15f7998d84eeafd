package dev.coterie.check.posix;

import java.util.HashMap;
import java.util.Map;

/**
 * What one world has shown so far, to make its answers comparable: an inode number becomes the
 * place in the order of first sight, a time whether it has moved since the last look.
 */
final class Looks {
  /** Times before and after these were set by a step, and are compared as they are. */
  private static final long REAL_TIME_BEGINS = 1_500_000_000L;

  private static final long REAL_TIME_ENDS = 4_000_000_000L;

  private static final int FIRST_TIME = 9;

  private final Map<String, Integer> inodes = new HashMap<>();
  private final Map<String, String> times = new HashMap<>();

  String comparable(String answer) {
    if (answer.startsWith("S ")) {
      return attributes(answer.split(" "));
    }
    return answer.startsWith("D ") ? entries(answer.split(" ")) : answer;
  }

  private String inode(String number) {
    return "#" + inodes.computeIfAbsent(number, n -> inodes.size());
  }

  private String attributes(String[] words) {
    String number = words[8];
    words[8] = inode(number);
    for (int i = FIRST_TIME; i < words.length; i++) {
      String time = words[i];
      String before = times.put(number + " " + i, time);
      words[i] = isReal(time) ? moved(before, time) : "@" + time;
    }
    return String.join(" ", words);
  }

  private static boolean isReal(String time) {
    long seconds = Long.parseLong(time, 0, time.indexOf('.'), 10);
    return seconds >= REAL_TIME_BEGINS && seconds < REAL_TIME_ENDS;
  }

  private static String moved(@org.jspecify.annotations.Nullable String before, String time) {
    return before == null ? "?" : before.equals(time) ? "=" : "+";
  }

  private String entries(String[] words) {
    for (int i = 2; i < words.length; i++) {
      int colon = words[i].lastIndexOf(':');
      String number = words[i].substring(colon + 1);
      words[i] = words[i].substring(0, colon + 1) + (number.equals("-") ? number : inode(number));
    }
    return String.join(" ", words);
  }
}

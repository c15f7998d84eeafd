package dev.coterie.console;

import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.io.PrintStream;
import java.util.List;

/** Lines of {@code ls} as text. */
final class LsTable {
  private static final int NUMBERS = 4; // links, owner, group, size

  private final PrintStream out;
  private final boolean details;
  private final boolean terminal;
  private boolean first = true;

  LsTable(Console console, boolean details) {
    this.out = console.out();
    this.details = details;
    this.terminal = console.isTerminalOut();
  }

  /** The line above a directory's entries, when there are several. */
  void heading(String path) {
    if (!first) {
      out.println();
    }
    out.println(shown(path) + ":");
    first = false;
  }

  void print(List<LsCommand.Line> lines) {
    int[] widths = new int[NUMBERS];
    for (LsCommand.Line line : lines) {
      Stat stat = line.stat();
      for (int i = 0; details && stat != null && i < NUMBERS; i++) {
        widths[i] = Math.max(widths[i], number(stat, i).length());
      }
    }
    for (LsCommand.Line line : lines) {
      Stat stat = line.stat();
      if (details && stat != null) {
        printDetails(stat, widths);
      }
      String target = line.target();
      out.println(
          details && target != null
              ? shown(line.name()) + " -> " + shown(target)
              : shown(line.name()));
      first = false;
    }
  }

  private void printDetails(Stat stat, int[] widths) {
    out.print(Mode.toText(stat.mode()));
    for (int i = 0; i < NUMBERS; i++) {
      String number = number(stat, i);
      out.print(" ".repeat(1 + widths[i] - number.length()));
      out.print(number);
    }
    out.print(' ');
    out.print(time(stat.mtime()).substring(0, "yyyy-mm-dd hh:mm".length()));
    out.print(' ');
  }

  private static String number(Stat stat, int column) {
    return switch (column) {
      case 0 -> Long.toString(stat.nlink());
      case 1 -> Integer.toUnsignedString(stat.uid());
      case 2 -> Integer.toUnsignedString(stat.gid());
      default -> sizeOrDevice(stat);
    };
  }

  /** The size; of a device its major and minor number, in makedev(3)'s encoding. */
  static String sizeOrDevice(Stat stat) {
    int type = stat.mode() & Mode.S_IFMT;
    if (type != Mode.S_IFCHR && type != Mode.S_IFBLK) {
      return Long.toString(stat.size());
    }
    long device = stat.rdev();
    long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
    long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
    return major + "," + (minor & 0xffffffffL);
  }

  private String shown(String name) {
    return terminal ? ByteText.printable(name) : name;
  }

  /**
   * A time in UTC, as {@code 2026-01-31 23:59:59.123456789}. By hand: java.time takes longer to
   * load than the listing to fetch.
   */
  static String time(Timestamp time) {
    long days = Math.floorDiv(time.seconds(), 86_400L);
    int second = (int) Math.floorMod(time.seconds(), 86_400L);
    // Days since 0000-03-01 in the proleptic Gregorian calendar, in eras of 400 years; the year
    // begins in March so that the leap day is its last.
    long shifted = days + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    int dayOfEra = (int) Math.floorMod(shifted, 146_097L);
    int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int shiftedMonth = (5 * dayOfYear + 2) / 153;
    int day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
    int month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
    long year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
    StringBuilder text = new StringBuilder(29);
    pad(text, year, 4).append('-');
    pad(text, month, 2).append('-');
    pad(text, day, 2).append(' ');
    pad(text, second / 3600, 2).append(':');
    pad(text, second / 60 % 60, 2).append(':');
    pad(text, second % 60, 2).append('.');
    return pad(text, time.nanos(), 9).toString();
  }

  private static StringBuilder pad(StringBuilder text, long number, int digits) {
    String plain = Long.toString(number);
    for (int i = plain.length(); i < digits; i++) {
      text.append('0');
    }
    return text.append(plain);
  }
}

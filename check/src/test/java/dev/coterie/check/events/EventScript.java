package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLONESHOT;
import static dev.coterie.api.EventMask.EPOLLOUT;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random calls on event sets, counters and FIFOs, as lines of words. */
final class EventScript {
  private static final int SETS = 4;
  private static final int COUNTERS = 4;
  private static final int FIFOS = 3;
  private static final String[] MODES = {"r", "w", "rw"};
  private static final int[] SIZES = {1, 100, 4095, 4096, 4097, 20_000, 65_536, 70_000};

  private final Random random;
  private final List<String> lines = new ArrayList<>();
  private final List<String> sets = new ArrayList<>();
  private final List<String> counters = new ArrayList<>();
  private final List<String> ends = new ArrayList<>();
  private int numbers;

  private EventScript(long seed) {
    random = new Random(seed);
  }

  static List<String> random(long seed, int length) {
    EventScript script = new EventScript(seed);
    for (int i = 0; i < FIFOS; i++) {
      script.lines.add("mkfifo p" + i);
    }
    script.make("file", "", new ArrayList<>());
    for (int i = 0; i < SETS; i++) {
      script.make("evset", "", script.sets);
      script.make("eventfd", " 0 " + (i == 0), script.counters);
    }
    while (script.lines.size() < length) {
      script.next();
    }
    return script.lines;
  }

  private void make(String what, String arguments, List<String> kind) {
    String number = String.valueOf(numbers++);
    lines.add(what + " " + number + arguments);
    kind.add(number);
  }

  private String any(List<String> kind) {
    return kind.get(random.nextInt(kind.size()));
  }

  private void next() {
    int what = random.nextInt(100);
    if (what < 30) {
      lines.add("wait " + any(sets));
    } else if (what < 55) {
      control();
    } else if (what < 85) {
      move();
    } else if (what < 93) {
      open();
    } else {
      close();
    }
  }

  /** Any handle, the file too. */
  private String anything() {
    return switch (random.nextInt(10)) {
      case 0 -> "0";
      case 1, 2 -> any(sets);
      case 3, 4, 5 -> any(counters);
      default -> ends.isEmpty() ? any(counters) : any(ends);
    };
  }

  private void control() {
    String set = random.nextInt(30) == 0 ? anything() : any(sets);
    String member = anything();
    String operation =
        switch (random.nextInt(10)) {
          case 0, 1 -> "del";
          case 2, 3, 4 -> "mod";
          default -> "add";
        };
    lines.add(operation + " " + set + " " + member + " " + mask());
  }

  private int mask() {
    int mask =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1, 2 -> EPOLLIN;
          case 3 -> EPOLLOUT;
          default -> EPOLLIN | EPOLLOUT;
        };
    mask |= random.nextInt(2) == 0 ? EPOLLET : 0;
    mask |= random.nextInt(5) == 0 ? EPOLLONESHOT : 0;
    return random.nextInt(12) == 0 ? mask | EPOLLEXCLUSIVE : mask;
  }

  private void move() {
    if (random.nextInt(5) < 2 || ends.isEmpty()) {
      String counter = any(counters);
      long much = random.nextInt(8) == 0 ? Long.MAX_VALUE : random.nextInt(3);
      lines.add(random.nextBoolean() ? "put " + counter + " " + much : "get " + counter);
      return;
    }
    int size = SIZES[random.nextInt(SIZES.length)];
    lines.add((random.nextBoolean() ? "write " : "read ") + any(ends) + " " + size);
  }

  private void open() {
    if (random.nextInt(4) == 0) {
      List<String> kind = random.nextBoolean() ? counters : random.nextBoolean() ? sets : ends;
      if (!kind.isEmpty()) {
        make("dup", "", kind);
        int last = lines.size() - 1;
        lines.set(last, lines.get(last) + " " + kind.get(random.nextInt(kind.size() - 1)));
      }
      return;
    }
    String arguments = " p" + random.nextInt(FIFOS) + " " + MODES[random.nextInt(MODES.length)];
    make("open", arguments, ends);
  }

  @SuppressWarnings("ReferenceEquality") // these very lists
  private void close() {
    List<String> kind =
        switch (random.nextInt(5)) {
          case 0 -> sets;
          case 1 -> counters;
          default -> ends;
        };
    if (kind.size() > (kind == ends ? 0 : 2)) {
      String number = any(kind);
      kind.remove(number);
      lines.add("close " + number);
      if (kind == sets && kind.size() < SETS) {
        make("evset", "", sets);
      } else if (kind == counters && kind.size() < COUNTERS) {
        make("eventfd", " 1 false", counters);
      }
    }
  }
}

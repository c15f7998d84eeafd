package dev.coterie.console;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code coterie watch}. */
final class WatchCommand implements Command {
  private static final Option RECURSIVE =
      Option.flag('r', "--recursive", "all below a directory too, whatever comes there later");
  private static final Option ALL =
      Option.flag('a', "--all", "also opening, reading and closing of what was only read");
  private static final Option COUNT =
      new Option('n', "--count", "N", false, "end after so many changes");
  private static final Option TIMEOUT =
      new Option(
          't',
          "--timeout",
          "SECONDS",
          false,
          "end after so long; status 1 if --count was not reached");
  private static final Option READY =
      Option.flag("--ready", "first print a line READY, once all is watched");

  private static final int USUAL =
      Change.ALL_KINDS & ~(Change.OPEN | Change.ACCESS | Change.CLOSE_NOWRITE);

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "watch",
        "Prints a line for each change of files, by whatever process.",
        "PATH...",
        1,
        Synopsis.ANY,
        List.of(
            RECURSIVE, ALL, COUNT, TIMEOUT, READY, Synopsis.JSON, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "A line says what happened and to what: CREATE, DELETE, MODIFY, ATTRIB, CLOSE_WRITE,",
            "MOVED_FROM and MOVED_TO, DELETE_SELF, MOVE_SELF, as inotify(7) has them; ISDIR beside it",
            "of a directory. Q_OVERFLOW says how many changes came too fast to be kept. What is",
            "watched is the file, whatever it is called later; paths begin as they were given.",
            "Ends when there is nothing left to watch.",
            "",
            "Examples:",
            "  coterie watch -r /data",
            "  coterie watch --json --count 1 --timeout 60 /jobs | jq -r .path"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    long count = number(arguments, COUNT, Long.MAX_VALUE);
    long seconds = number(arguments, TIMEOUT, -1);
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      ChangeQueue queue = ChangeQueue.open(link.service(), link.tree().caller());
      Printer printer = new Printer(console, arguments.has(Synopsis.JSON));
      int mask =
          (arguments.has(ALL) ? Change.ALL_KINDS : USUAL)
              | (arguments.has(RECURSIVE) ? Change.RECURSIVE : 0);
      for (String path : arguments.operands()) {
        try {
          printer.paths.put(link.tree().watch(ByteText.path(path), queue, mask), path);
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
      if (arguments.has(READY)) {
        printer.ready();
      }
      boolean reached = follow(queue, printer, count, seconds);
      return reached ? console.status() : Failure.FAILED;
    }
  }

  private static long number(Arguments arguments, Option option, long otherwise) throws Failure {
    String text = arguments.value(option);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,9}")) {
      throw Failure.usage(option.name() + ": not a number: " + text);
    }
    return Long.parseLong(text);
  }

  /**
   * Prints until there is nothing left to watch, or the count or the time is over.
   *
   * @return false: the time was over before the count
   */
  private static boolean follow(ChangeQueue queue, Printer printer, long count, long seconds)
      throws IOException {
    long end = seconds < 0 ? 0 : System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long left = count;
    while (left > 0 && !printer.paths.isEmpty()) {
      List<Change> changes =
          seconds < 0
              ? queue.take()
              : queue.take(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (changes.isEmpty()) {
        return count == Long.MAX_VALUE;
      }
      for (Change change : changes) {
        if (left > 0 && printer.print(change)) {
          left--;
        }
      }
      printer.flush();
    }
    return true;
  }

  /** One line for each change. */
  private static final class Printer {
    final Map<Integer, String> paths = new HashMap<>(); // by watch; what is still watched
    private final Console console;
    private final boolean json;

    Printer(Console console, boolean json) {
      this.console = console;
      this.json = json;
    }

    void ready() throws IOException {
      if (json) {
        try (Json line = new Json(console)) {
          line.beginObject().field("ready", 1).endObject();
        }
      } else {
        console.out().println("READY");
      }
      flush();
    }

    void flush() throws IOException {
      console.finish();
    }

    /** Whether it is a change of a file, and not the end of a watch. */
    boolean print(Change change) {
      if (change.is(Change.IGNORED)) {
        paths.remove(change.watch());
        return false;
      }
      String path = path(change);
      String kinds = Change.kinds(change.mask());
      if (json) {
        printJson(change, kinds, path);
      } else if (path == null) {
        console.out().println(kinds + " " + change.cookie() + " changes lost");
      } else {
        console.out().println(kinds + " " + path);
      }
      return true;
    }

    private void printJson(Change change, String kinds, @Nullable String path) {
      try (Json line = new Json(console)) {
        line.beginObject().beginArray("kinds");
        for (String kind : kinds.split("[|]")) {
          line.element(kind);
        }
        line.endArray();
        if (path == null) {
          line.field("lost", change.cookie());
        } else {
          line.bytes("path", path);
          if (change.cookie() != 0) {
            line.field("cookie", Integer.toUnsignedLong(change.cookie()));
          }
        }
        line.endObject();
      }
    }

    private @Nullable String path(Change change) {
      String watched = paths.get(change.watch());
      if (watched == null || change.path().length() == 0) {
        return watched;
      }
      String below = ByteText.of(change.path().toBytes());
      return watched.endsWith("/") ? watched + below : watched + "/" + below;
    }
  }
}

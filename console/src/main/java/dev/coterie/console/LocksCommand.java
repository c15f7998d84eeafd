package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.LockReport;
import dev.coterie.api.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** {@code coterie locks}: who holds locks of files, who waits, and for whom. */
final class LocksCommand implements Command {
  private static final String[] HEADING = {
    "kind", "type", "bytes", "owner", "pid", "state", "path"
  };

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "locks",
        "Shows who has files locked, who waits, and for whom.",
        "",
        0,
        0,
        List.of(Synopsis.JSON, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "A line for each lock and each wait, those who wait in the order of their queue. An owner",
            "is a process (kind posix) or an open file (ofd, flock); it has a number only to tell who",
            "waits for whom. The process is the one that asked. A file is shown by its path, or as",
            "inode:NUMBER when the leader has no path of it at hand; a file that you cannot reach by",
            "a name is only counted. Waits that would never have ended were refused (EDEADLK), and",
            "how many that were since the leader started is the last line.",
            "",
            "Examples:",
            "  coterie locks",
            "  coterie locks --json | jq '.files[] | select(.waits != [])'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    LockReport report;
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      byte[] value = link.tree().getxattr(TreePath.of("/"), LockReport.ATTRIBUTE, true);
      report = LockReport.of(value);
    } catch (ErrnoException e) {
      throw e.errno() == Errno.EOPNOTSUPP || e.errno() == Errno.ENODATA
          ? Failure.of("this leader does not say who holds locks")
          : Failure.of("the list of locks", e);
    } catch (IllegalArgumentException e) {
      throw Failure.of("the list of locks cannot be read: " + e.getMessage());
    }
    Map<Integer, Integer> pids = pids(report);
    if (arguments.has(Synopsis.JSON)) {
      printJson(console, report, pids);
    } else {
      print(console, report, pids);
    }
    return console.status();
  }

  /** The process of each owner that holds something. */
  private static Map<Integer, Integer> pids(LockReport report) {
    Map<Integer, Integer> pids = new HashMap<>();
    for (LockReport.File file : report.files()) {
      file.held().forEach(lock -> pids.putIfAbsent(lock.owner(), lock.pid()));
    }
    return pids;
  }

  private static String path(LockReport.File file) {
    byte[] path = file.path().toBytes();
    return path.length > 0
        ? ByteText.of(path)
        : "inode:" + Long.toUnsignedString(file.id().number());
  }

  private static void print(Console console, LockReport report, Map<Integer, Integer> pids) {
    List<String[]> rows = new ArrayList<>();
    rows.add(HEADING);
    for (LockReport.File file : report.files()) {
      String path = console.isTerminalOut() ? ByteText.printable(path(file)) : path(file);
      for (LockReport.Lock lock : file.held()) {
        rows.add(row(lock, "held", path));
      }
      for (LockReport.Wait wait : file.waits()) {
        StringJoiner joined = new StringJoiner(",", "waits for ", "").setEmptyValue("waits behind");
        wait.blockers().forEach(owner -> joined.add(owner + pid(pids.getOrDefault(owner, 0))));
        rows.add(row(wait.wanted(), joined.toString(), path));
      }
    }
    if (rows.size() > 1) {
      printRows(console, rows);
    }
    if (report.hidden() > 0) {
      console.out().println("files with locks that you cannot reach: " + report.hidden());
    }
    if (report.left() > 0) {
      console.out().println("more lines than the leader can send: " + report.left());
    }
    console.out().println("deadlocks refused: " + report.deadlocks());
  }

  private static String pid(int pid) {
    return pid > 0 ? "(pid " + pid + ")" : "";
  }

  private static String[] row(LockReport.Lock lock, String state, String path) {
    return new String[] {
      kind(lock),
      type(lock),
      lock.start() + "-" + (lock.end() == Limits.FILE_BYTES ? "" : lock.end()),
      Integer.toString(lock.owner()),
      lock.pid() > 0 ? Integer.toString(lock.pid()) : "-",
      state,
      path
    };
  }

  private static String kind(LockReport.Lock lock) {
    return lock.kind().name().toLowerCase(Locale.ROOT);
  }

  private static String type(LockReport.Lock lock) {
    return lock.exclusive() ? "exclusive" : "shared";
  }

  private static void printRows(Console console, List<String[]> rows) {
    int[] widths = new int[HEADING.length - 1];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        text.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
      }
      console.out().println(text.append(row[widths.length]));
    }
  }

  private static void printJson(Console console, LockReport report, Map<Integer, Integer> pids) {
    try (Json json = new Json(console)) {
      json.beginObject()
          .field("deadlocksRefused", report.deadlocks())
          .field("filesHidden", report.hidden())
          .field("recordsLeftOut", report.left())
          .beginArray("files");
      for (LockReport.File file : report.files()) {
        json.beginObject()
            .bytes("path", ByteText.of(file.path().toBytes()))
            .field("inode", Long.toUnsignedString(file.id().number()))
            .field("generation", Integer.toUnsignedString(file.id().generation()))
            .beginArray("held");
        for (LockReport.Lock lock : file.held()) {
          json.beginObject();
          fields(json, lock);
          json.endObject();
        }
        json.endArray().beginArray("waits");
        for (LockReport.Wait wait : file.waits()) {
          json.beginObject();
          fields(json, wait.wanted());
          json.beginArray("for");
          for (int owner : wait.blockers()) {
            json.beginObject()
                .field("owner", owner)
                .field("pid", pids.getOrDefault(owner, 0))
                .endObject();
          }
          json.endArray().endObject();
        }
        json.endArray().endObject();
      }
      json.endArray().endObject();
    }
  }

  private static void fields(Json json, LockReport.Lock lock) {
    json.field("kind", kind(lock))
        .field("type", type(lock))
        .field("first", lock.start())
        .field("last", lock.end())
        .field("owner", lock.owner())
        .field("pid", lock.pid());
  }
}

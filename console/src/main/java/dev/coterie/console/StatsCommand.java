package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.kernel.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** {@code coterie stats}: what the kernel has asked of a mount. */
final class StatsCommand implements Command {
  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "stats",
        "Shows what the kernel has asked of a mount, and how long it took.",
        "DIR",
        1,
        1,
        List.of(Synopsis.JSON, Synopsis.HELP),
        List.of(
            "",
            "A line for each operation of FUSE: how often, how often it was answered by an error, the",
            "mean and below what half, 99 % and all of the answers stayed, in microseconds. The last",
            "three are powers of two. For root; all since the mount began.",
            "",
            "Examples:",
            "  coterie stats /mnt",
            "  coterie stats --json /mnt | jq '.lookup.count'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    String given = arguments.operands().getFirst();
    Path directory = ByteText.local(given).toAbsolutePath();
    List<Meters.Line> lines;
    try {
      lines = FuseMount.metersOf(directory);
    } catch (ErrnoException e) {
      boolean other = e.errno() == Errno.ENODATA || e.errno() == Errno.EOPNOTSUPP;
      throw Failure.of(
          given
              + ": "
              + (other ? "not the root of a mount, or not root who asks" : e.errno().text()));
    }
    if (arguments.has(Synopsis.JSON)) {
      printJson(lines, console);
    } else {
      print(lines, console);
    }
    return 0;
  }

  private static void print(List<Meters.Line> lines, Console console) {
    console
        .out()
        .printf(
            "%-16s %10s %8s %9s %9s %9s %9s%n",
            "operation", "count", "errors", "mean us", "50 % <", "99 % <", "all <");
    lines.stream()
        .sorted(Comparator.comparingLong(Meters.Line::count).reversed())
        .forEach(line ->
            console
                .out()
                .printf(
                    "%-16s %10d %8d %9.1f %9d %9d %9d%n",
                    line.label(),
                    line.count(),
                    line.errors(),
                    (double) line.micros() / line.count(),
                    line.microsAt(0.5),
                    line.microsAt(0.99),
                    line.microsAt(1)));
  }

  private static void printJson(List<Meters.Line> lines, Console console) {
    try (Json document = new Json(console)) {
      document.beginObject();
      for (Meters.Line line : lines) {
        document
            .beginObject(line.label())
            .field("count", line.count())
            .field("errors", line.errors())
            .field("micros", line.micros())
            .field("microsHalf", line.microsAt(0.5))
            .field("micros99", line.microsAt(0.99))
            .field("microsMost", line.microsAt(1))
            .endObject();
      }
      document.endObject();
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.MountList;
import dev.coterie.api.StatFs;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code coterie df}. */
final class DfCommand implements Command {
  private static final Option HUMAN =
      Option.flag('h', "--human-readable", "sizes as 1.5K, 23M, 7G instead of in KiB");
  private static final Option INODES =
      Option.flag('i', "--inodes", "how many files there are and can be, instead of bytes");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "df",
        "Shows how full the mounts are.",
        "[PATH...]",
        0,
        Synopsis.ANY,
        List.of(HUMAN, INODES, Synopsis.JSON, Synopsis.SOCKET, Synopsis.LONG_HELP),
        List.of(
            "",
            "Without a path all mounts of the leader; with paths the mounts that these lie on.",
            "",
            "Examples:",
            "  coterie df -h",
            "  coterie df -i /data",
            "  coterie df --json | jq '.[] | select(.available < 1000000) | .path'"));
  }

  /**
   * One line.
   *
   * @param path as it was given, or of the mount
   */
  record Line(String path, StatFs statfs) {
    String type() {
      return switch (statfs.type()) {
        case 0x01021994 -> "tmpfs";
        case 0xEF53 -> "ext4"; // 2 and 3 have the same number
        case 0x58465342 -> "xfs";
        case 0x9123683E -> "btrfs";
        case 0x794C7630 -> "overlay";
        case 0x6969 -> "nfs";
        case 0x2FC12FC1 -> "zfs";
        case 0xF2F52010 -> "f2fs";
        case 0x65735546 -> "fuse";
        default -> "0x" + Integer.toHexString(statfs.type());
      };
    }

    long size() {
      return statfs.blocks() * statfs.bsize();
    }

    long used() {
      return (statfs.blocks() - statfs.bfree()) * statfs.bsize();
    }

    long available() {
      return statfs.bavail() * statfs.bsize();
    }

    long filesUsed() {
      return statfs.files() - statfs.ffree();
    }
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<Line> lines = new ArrayList<>();
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      List<String> paths =
          arguments.operands().isEmpty() ? mounts(link.tree()) : arguments.operands();
      for (String path : paths) {
        try {
          lines.add(new Line(path, link.tree().statfs(ByteText.path(path))));
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
    }
    if (arguments.has(Synopsis.JSON)) {
      printJson(console, lines);
    } else if (!lines.isEmpty()) {
      print(console, lines, arguments.has(INODES), arguments.has(HUMAN));
    }
    return console.status();
  }

  private static List<String> mounts(Tree tree) throws Failure {
    try {
      List<String> paths = new ArrayList<>();
      byte[] value = tree.getxattr(TreePath.of("/"), MountList.ATTRIBUTE, true);
      for (TreePath path : MountList.of(value)) {
        paths.add(ByteText.of(path.toBytes()));
      }
      return paths;
    } catch (ErrnoException e) {
      throw e.errno() == Errno.EOPNOTSUPP
          ? Failure.of("this leader does not say where its mounts are; name paths")
          : Failure.of("the list of mounts", e);
    }
  }

  private static void print(Console console, List<Line> lines, boolean inodes, boolean human) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        inodes
            ? new String[] {"type", "inodes", "used", "free", "use%", "path"}
            : new String[] {"type", human ? "size" : "KiB", "used", "available", "use%", "path"});
    for (Line line : lines) {
      StatFs statfs = line.statfs();
      String shown = console.isTerminalOut() ? ByteText.printable(line.path()) : line.path();
      rows.add(
          inodes
              ? new String[] {
                line.type(),
                count(statfs.files(), human),
                count(line.filesUsed(), human),
                count(statfs.ffree(), human),
                percent(line.filesUsed(), statfs.ffree()),
                shown
              }
              : new String[] {
                line.type(),
                bytes(line.size(), human),
                bytes(line.used(), human),
                bytes(line.available(), human),
                percent(line.used(), line.available()),
                shown
              });
    }
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder text = new StringBuilder(row[0]).repeat(' ', widths[0] - row[0].length());
      for (int i = 1; i < row.length - 1; i++) {
        text.repeat(' ', 1 + widths[i] - row[i].length()).append(row[i]);
      }
      console.out().println(text.append(' ').append(row[row.length - 1]));
    }
  }

  private static String bytes(long count, boolean human) {
    // Rounded up, as df(1) does: what is used is never shown as nothing.
    return human ? human(count) : Long.toString(Math.ceilDiv(count, 1024L));
  }

  private static String count(long count, boolean human) {
    return human ? human(count) : Long.toString(count);
  }

  /** As ls(1) and df(1) with -h: two digits, rounded up. */
  static String human(long count) {
    if (count < 1024) {
      return Long.toString(count);
    }
    int unit = 0;
    long units = count;
    for (; units > 1L << 30; unit++) {
      units = Math.ceilDiv(units, 1024L);
    }
    long tenths = Math.ceilDiv(units * 10, 1024L);
    for (; tenths > 10_230; unit++) {
      tenths = Math.ceilDiv(tenths, 1024L);
    }
    String number =
        tenths < 100 ? tenths / 10 + "." + tenths % 10 : Long.toString(Math.ceilDiv(tenths, 10L));
    return number + "KMGTPE".charAt(unit);
  }

  /** Used of what there is for users, rounded up; "-" where there is no limit to be near to. */
  static String percent(long used, long free) {
    long all = used + free;
    return all <= 0 ? "-" : (long) Math.ceil(used * 100.0 / all) + "%";
  }

  private static void printJson(Console console, List<Line> lines) {
    try (Json json = new Json(console)) {
      json.beginArray();
      for (Line line : lines) {
        json.beginObject()
            .bytes("path", line.path())
            .field("type", line.type())
            .field("size", line.size())
            .field("used", line.used())
            .field("available", line.available())
            .field("inodes", line.statfs().files())
            .field("inodesUsed", line.filesUsed())
            .field("inodesFree", line.statfs().ffree())
            .field("blockSize", line.statfs().bsize())
            .field("fsid", Long.toUnsignedString(line.statfs().fsid()))
            .endObject();
      }
      json.endArray();
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code coterie stat}. */
final class StatCommand implements Command {
  private static final Option FOLLOW =
      Option.flag('L', "--dereference", "the target of a symbolic link, not the link");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "stat",
        "Shows what is known of files.",
        "PATH...",
        1,
        Synopsis.ANY,
        List.of(FOLLOW, Synopsis.JSON, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "", "Examples:", "  coterie stat /a/b", "  coterie stat --json /a | jq '.[0].size'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    try (LeaderLink link = LeaderLink.open(arguments, console);
        Json json = arguments.has(Synopsis.JSON) ? new Json(console) : null) {
      if (json != null) {
        json.beginArray();
      }
      for (String path : arguments.operands()) {
        try {
          show(link.tree(), path, arguments.has(FOLLOW), json, console);
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
      if (json != null) {
        json.endArray();
      }
    }
    return console.status();
  }

  private static void show(
      Tree tree, String path, boolean follow, @Nullable Json json, Console console)
      throws ErrnoException {
    Stat stat = follow ? tree.stat(ByteText.path(path)) : tree.lstat(ByteText.path(path));
    String target = stat.isSymlink() ? ByteText.of(tree.readlink(ByteText.path(path))) : null;
    if (json == null) {
      print(console, path, stat, target);
      return;
    }
    json.beginObject();
    fields(json, path, stat, target);
    json.endObject();
  }

  private static void print(Console console, String path, Stat stat, @Nullable String target) {
    PrintStream out = console.out();
    String shown = target == null ? path : path + " -> " + target;
    out.println("path    " + (console.isTerminalOut() ? ByteText.printable(shown) : shown));
    out.println("inode   " + stat.id());
    out.println("type    " + typeOf(stat.mode()));
    out.println("mode    " + octal(stat.mode()) + " " + Mode.toText(stat.mode()));
    out.println("links   " + stat.nlink());
    out.println("owner   " + Integer.toUnsignedString(stat.uid()));
    out.println("group   " + Integer.toUnsignedString(stat.gid()));
    int type = stat.mode() & Mode.S_IFMT;
    boolean device = type == Mode.S_IFCHR || type == Mode.S_IFBLK;
    out.println((device ? "device  " : "size    ") + LsTable.sizeOrDevice(stat));
    out.println("blocks  " + stat.blocks());
    out.println("access  " + LsTable.time(stat.atime()));
    out.println("modify  " + LsTable.time(stat.mtime()));
    out.println("change  " + LsTable.time(stat.ctime()));
    out.println("birth   " + LsTable.time(stat.btime()));
  }

  private static String octal(int mode) {
    String digits = Integer.toOctalString(mode & Mode.PERMISSIONS);
    return "0".repeat(4 - digits.length()) + digits;
  }

  static String typeOf(int mode) {
    return switch (mode & Mode.S_IFMT) {
      case Mode.S_IFREG -> "file";
      case Mode.S_IFDIR -> "directory";
      case Mode.S_IFLNK -> "symlink";
      case Mode.S_IFIFO -> "fifo";
      case Mode.S_IFSOCK -> "socket";
      case Mode.S_IFCHR -> "chardev";
      case Mode.S_IFBLK -> "blockdev";
      default -> "unknown";
    };
  }

  /** The attributes of one file, within an object. */
  static void fields(Json json, String path, Stat stat, @Nullable String target) {
    json.bytes("path", path)
        .field("type", typeOf(stat.mode()))
        .field("mode", octal(stat.mode()))
        .field("inode", stat.id().number())
        .field("generation", stat.id().generation())
        .field("nlink", stat.nlink())
        .field("uid", Integer.toUnsignedLong(stat.uid()))
        .field("gid", Integer.toUnsignedLong(stat.gid()))
        .field("size", stat.size())
        .field("blocks", stat.blocks())
        .field("rdev", stat.rdev())
        .field("atime", iso(stat.atime()))
        .field("mtime", iso(stat.mtime()))
        .field("ctime", iso(stat.ctime()))
        .field("btime", iso(stat.btime()));
    if (target != null) {
      json.bytes("target", target);
    }
  }

  /** As RFC 3339 has it. */
  private static String iso(Timestamp time) {
    return LsTable.time(time).replace(' ', 'T') + "Z";
  }
}

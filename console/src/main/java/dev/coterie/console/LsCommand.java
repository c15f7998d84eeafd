package dev.coterie.console;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code coterie ls}. */
final class LsCommand implements Command {
  private static final Option LONG =
      Option.flag('l', "--long", "mode, links, owner, group, size, time of change and link target");
  private static final Option ALL =
      Option.flag('a', "--all", "names that begin with a dot too, \".\" and \"..\" among them");
  private static final Option ITSELF =
      Option.flag('d', "--directory", "directories themselves, not what is in them");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "ls",
        "Lists directories.",
        "[PATH...]",
        0,
        Synopsis.ANY,
        List.of(LONG, ALL, ITSELF, Synopsis.JSON, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "Without a path the root is listed. Owners and groups are numbers, times are UTC.",
            "",
            "Examples:",
            "  coterie ls",
            "  coterie ls -la /data",
            "  coterie ls --json / | jq '.[].name'"));
  }

  /**
   * One file as listed.
   *
   * @param name as it was given, or in its directory
   * @param path with its directory
   * @param type as {@code d_type}
   * @param stat null when nobody needs it
   * @param target of a symbolic link, when somebody needs it
   */
  record Line(String name, String path, int type, @Nullable Stat stat, @Nullable String target)
      implements Comparable<Line> {
    @Override
    public int compareTo(Line other) {
      return name.compareTo(other.name);
    }
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> paths = arguments.operands().isEmpty() ? List.of("/") : arguments.operands();
    List<Line> single = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<List<Line>> directories = new ArrayList<>();
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      for (String path : paths) {
        try {
          List<Line> entries = arguments.has(ITSELF) ? null : list(link.tree(), path, arguments);
          if (entries == null) {
            single.add(line(link.tree(), path, path, link.tree().lstat(ByteText.path(path))));
          } else {
            Collections.sort(entries);
            names.add(path);
            directories.add(entries);
          }
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
    }
    Collections.sort(single);
    if (arguments.has(Synopsis.JSON)) {
      printJson(console, single, directories);
      return console.status();
    }
    LsTable table = new LsTable(console, arguments.has(LONG));
    table.print(single);
    for (int i = 0; i < names.size(); i++) {
      if (paths.size() > 1) {
        table.heading(names.get(i));
      }
      table.print(directories.get(i));
    }
    return console.status();
  }

  /** What a directory holds; null when the path is none, or with -l is a link to one. */
  private static @Nullable List<Line> list(Tree tree, String path, Arguments arguments)
      throws ErrnoException {
    boolean details = arguments.has(LONG) || arguments.has(Synopsis.JSON);
    boolean all = arguments.has(ALL);
    int flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
    try (OpenFile dir =
        tree.open(ByteText.path(path), details ? flags | OpenFlags.O_NOFOLLOW : flags, 0)) {
      List<Line> lines = new ArrayList<>();
      for (DirEntry entry : dir.list(details)) {
        String name = ByteText.of(entry.name());
        if (all || !name.startsWith(".")) {
          lines.add(line(tree, path, name, entry));
        }
      }
      if (all) {
        addDots(tree, path, details, lines);
      }
      return lines;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw e;
    }
  }

  private static void addDots(Tree tree, String path, boolean details, List<Line> lines)
      throws ErrnoException {
    for (String dots : new String[] {".", ".."}) {
      String full = ByteText.join(path, dots);
      Stat stat = details ? tree.stat(ByteText.path(full)) : null;
      lines.add(new Line(dots, full, Mode.direntType(Mode.S_IFDIR), stat, null));
    }
  }

  private static Line line(Tree tree, String dir, String name, DirEntry entry)
      throws ErrnoException {
    String path = ByteText.join(dir, name);
    Stat stat = entry.stat();
    return stat == null
        ? new Line(name, path, entry.type(), null, null)
        : line(tree, name, path, stat);
  }

  private static Line line(Tree tree, String name, String path, Stat stat) throws ErrnoException {
    String target = stat.isSymlink() ? ByteText.of(tree.readlink(ByteText.path(path))) : null;
    return new Line(name, path, Mode.direntType(stat.mode()), stat, target);
  }

  private static void printJson(Console console, List<Line> single, List<List<Line>> directories) {
    try (Json json = new Json(console)) {
      json.beginArray();
      for (Line line : single) {
        printJson(json, line);
      }
      for (List<Line> directory : directories) {
        for (Line line : directory) {
          printJson(json, line);
        }
      }
      json.endArray();
    }
  }

  private static void printJson(Json json, Line line) {
    json.beginObject().bytes("name", line.name());
    Stat stat = line.stat();
    if (stat != null) {
      StatCommand.fields(json, line.path(), stat, line.target());
    }
    json.endObject();
  }
}

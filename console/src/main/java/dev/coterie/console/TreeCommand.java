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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code coterie tree}: analogous to tree(1). */
final class TreeCommand implements Command {
  private static final Option ALL = Option.flag('a', "--all", "names that begin with a dot too");
  private static final Option DIRECTORIES = Option.flag('d', "--directories", "directories only");
  private static final Option LEVEL =
      new Option('L', "--level", "DEPTH", false, "no more than DEPTH levels of directories");
  private static final Option SIZE = Option.flag('s', "--size", "with sizes in bytes");
  private static final Option HUMAN =
      Option.flag('h', "--human-readable", "with sizes as 1.5K, 23M, 7G");

  private static final int DIRECTORY = Mode.direntType(Mode.S_IFDIR);
  private static final int SYMLINK = Mode.direntType(Mode.S_IFLNK);
  private static final int UNKNOWN = 0; // readdir(3), DT_UNKNOWN

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "tree",
        "Shows directories with all that is in them.",
        "[PATH...]",
        0,
        Synopsis.ANY,
        List.of(
            ALL,
            DIRECTORIES,
            LEVEL,
            SIZE,
            HUMAN,
            Synopsis.JSON,
            Synopsis.SOCKET,
            Synopsis.LONG_HELP),
        List.of(
            "",
            "Without a path from the root. Symbolic links are shown and not followed. Lines are",
            "drawn in ASCII unless LC_ALL, LC_CTYPE or LANG says UTF-8.",
            "",
            "Examples:",
            "  coterie tree /project",
            "  coterie tree -L 2 -d",
            "  coterie tree -ah /data",
            "  coterie tree --json / | jq '.[-1].files'"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    int depth = arguments.number(LEVEL, Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
    List<String> paths = arguments.operands().isEmpty() ? List.of("/") : arguments.operands();
    try (LeaderLink link = LeaderLink.open(arguments, console);
        Json json = arguments.has(Synopsis.JSON) ? new Json(console) : null) {
      Walk walk =
          json != null
              ? new JsonWalk(link.tree(), arguments, console, json)
              : new TextWalk(link.tree(), arguments, console);
      walk.begin();
      for (String path : paths) {
        walk.root(path, depth);
      }
      walk.end();
    }
    return console.status();
  }

  /** An entry, with what there is to be shown of it. */
  private record Entry(
      String name, String path, int type, @Nullable Stat stat, @Nullable String target) {
    boolean isDirectory() {
      return type == DIRECTORY;
    }
  }

  /** A directory that is being shown, and how far. */
  private static final class Level {
    final Entry directory;
    final List<Entry> entries;
    int shown;

    Level(Entry directory, List<Entry> entries) {
      this.directory = directory;
      this.entries = entries;
    }
  }

  /**
   * The way through the directories; what is printed on it is the subclass's. Not by recursion, for
   * which a stack may be too small.
   */
  private abstract static class Walk {
    final Console console;
    final Arguments arguments;
    long directories;
    long files;
    private final Tree tree;
    private final boolean details;

    Walk(Tree tree, Arguments arguments, Console console, boolean details) {
      this.tree = tree;
      this.arguments = arguments;
      this.console = console;
      this.details = details;
    }

    void begin() {}

    abstract void end();

    /** Prints an entry, {@code last} of its directory; of a directory before what is in it. */
    abstract void entry(Entry entry, boolean last);

    /** All that is in a directory was printed. */
    abstract void leave(Entry directory);

    void root(String path, int depth) {
      try {
        Stat stat = tree.stat(ByteText.path(path));
        if (!stat.isDirectory()) {
          throw new ErrnoException(Errno.ENOTDIR);
        }
        Deque<Level> levels = new ArrayDeque<>();
        enter(levels, new Entry(path, path, DIRECTORY, stat, null), true, depth);
        walk(levels, depth);
      } catch (ErrnoException e) {
        console.complain(path, e);
      }
    }

    private void walk(Deque<Level> levels, int depth) {
      while (!levels.isEmpty()) {
        Level level = levels.getLast();
        if (level.shown == level.entries.size()) {
          levels.removeLast();
          leave(level.directory);
          continue;
        }
        Entry entry = level.entries.get(level.shown++);
        boolean last = level.shown == level.entries.size();
        if (entry.isDirectory()) {
          directories++;
          enter(levels, entry, last, depth);
        } else {
          files++;
          entry(entry, last);
        }
      }
    }

    private void enter(Deque<Level> levels, Entry directory, boolean last, int depth) {
      entry(directory, last);
      List<Entry> entries = List.of();
      if (levels.size() < depth) {
        try {
          entries = list(directory.path());
        } catch (ErrnoException e) {
          console.complain(directory.path(), e);
        }
      }
      levels.add(new Level(directory, entries));
    }

    private List<Entry> list(String path) throws ErrnoException {
      List<Entry> entries = new ArrayList<>();
      int flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
      try (OpenFile dir = tree.open(ByteText.path(path), flags, 0)) {
        for (DirEntry found : dir.list(details)) {
          String name = ByteText.of(found.name());
          if (name.startsWith(".") && !arguments.has(ALL)) {
            continue;
          }
          Entry entry = entry(path, name, found);
          if (entry != null && (entry.isDirectory() || !arguments.has(DIRECTORIES))) {
            entries.add(entry);
          }
        }
      }
      entries.sort(Comparator.comparing(Entry::name));
      return entries;
    }

    /** Null when it is gone again. */
    private @Nullable Entry entry(String dir, String name, DirEntry found) {
      String path = ByteText.join(dir, name);
      try {
        Stat stat = found.stat();
        int type = found.type();
        if (type == UNKNOWN || (details && stat == null)) {
          stat = tree.lstat(ByteText.path(path));
          type = Mode.direntType(stat.mode());
        }
        String target = type == SYMLINK ? ByteText.of(tree.readlink(ByteText.path(path))) : null;
        return new Entry(name, path, type, stat, target);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ENOENT) {
          console.complain(path, e);
        }
        return null;
      }
    }
  }

  /** Lines with branches drawn in front of the names. */
  private static final class TextWalk extends Walk {
    private static final String[] PLAIN = {"|-- ", "`-- ", "|   ", "    "};

    private final String[] branches;
    private final StringBuilder before = new StringBuilder();
    private final Deque<Integer> lengths = new ArrayDeque<>(); // of what is before, outside

    TextWalk(Tree tree, Arguments arguments, Console console) {
      super(tree, arguments, console, arguments.has(SIZE) || arguments.has(HUMAN));
      branches = isUtf8(console) ? drawn() : PLAIN;
    }

    private static boolean isUtf8(Console console) {
      for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
        String value = console.environment(name);
        if (!value.isEmpty()) {
          return value.endsWith("UTF-8") || value.endsWith("utf8");
        }
      }
      return false;
    }

    private static String[] drawn() {
      return new String[] {
        ByteText.encoded("\u251c\u2500\u2500 "),
        ByteText.encoded("\u2514\u2500\u2500 "),
        ByteText.encoded("\u2502   "),
        "    "
      };
    }

    @Override
    void entry(Entry entry, boolean last) {
      boolean atRoot = lengths.isEmpty();
      StringBuilder line = new StringBuilder(before);
      if (!atRoot) {
        line.append(branches[last ? 1 : 0]);
      }
      Stat stat = entry.stat();
      if (stat != null && (arguments.has(SIZE) || arguments.has(HUMAN))) {
        boolean human = arguments.has(HUMAN);
        String size = human ? DfCommand.human(stat.size()) : Long.toString(stat.size());
        line.append('[').repeat(' ', (human ? 4 : 11) - size.length()).append(size).append("]  ");
      }
      line.append(shown(entry.name()));
      if (entry.target() != null) {
        line.append(" -> ").append(shown(entry.target()));
      }
      console.out().println(line);
      if (entry.isDirectory()) {
        lengths.addLast(before.length());
        before.append(atRoot ? "" : branches[last ? 3 : 2]);
      }
    }

    @Override
    void leave(Entry directory) {
      before.setLength(lengths.removeLast());
    }

    private String shown(String name) {
      return console.isTerminalOut() ? ByteText.printable(name) : name;
    }

    @Override
    void end() {
      String count = counted(directories, "directory", "directories");
      if (!arguments.has(DIRECTORIES)) {
        count += ", " + counted(files, "file", "files");
      }
      console.out().println("\n" + count);
    }

    private static String counted(long count, String one, String many) {
      return count + " " + (count == 1 ? one : many);
    }
  }

  /** An array: each directory that was asked for, and at last the counts. */
  private static final class JsonWalk extends Walk {
    private final Json json;

    JsonWalk(Tree tree, Arguments arguments, Console console, Json json) {
      super(tree, arguments, console, true);
      this.json = json;
    }

    @Override
    void begin() {
      json.beginArray();
    }

    @Override
    void entry(Entry entry, boolean last) {
      json.beginObject().bytes("name", entry.name());
      Stat stat = entry.stat();
      if (stat != null) {
        StatCommand.fields(json, entry.path(), stat, entry.target());
      }
      if (entry.isDirectory()) {
        json.beginArray("contents");
      } else {
        json.endObject();
      }
    }

    @Override
    void leave(Entry directory) {
      json.endArray().endObject();
    }

    @Override
    void end() {
      json.beginObject()
          .field("type", "report")
          .field("directories", directories)
          .field("files", files)
          .endObject()
          .endArray();
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;

/** {@code coterie rm}. */
final class RmCommand implements Command {
  private static final Option RECURSIVE =
      Option.flag('r', "--recursive", "directories with all that is in them");
  private static final Option FORCE = Option.flag('f', "--force", "no error if it is not there");
  private static final Option DIRECTORY = Option.flag('d', "--dir", "empty directories too");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "rm",
        "Removes files, with -r directories.",
        "PATH...",
        1,
        Synopsis.ANY,
        List.of(RECURSIVE, FORCE, DIRECTORY, Synopsis.SOCKET, Synopsis.HELP),
        List.of("", "Examples:", "  coterie rm /a/file", "  coterie rm -rf /scratch"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      for (String path : arguments.operands()) {
        String last = ByteText.lastName(path);
        if (last.isEmpty() || last.equals(".") || last.equals("..")) {
          console.complain(path + ": refused: the root, \".\" or \"..\"");
          continue;
        }
        try {
          remove(link.tree(), path, arguments, console);
        } catch (ErrnoException e) {
          if (!arguments.has(FORCE) || e.errno() != Errno.ENOENT) {
            console.complain(path, e);
          }
        }
      }
    }
    return console.status();
  }

  private static void remove(Tree tree, String path, Arguments arguments, Console console)
      throws ErrnoException {
    try {
      tree.unlink(ByteText.path(path));
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EISDIR || !(arguments.has(RECURSIVE) || arguments.has(DIRECTORY))) {
        throw e;
      }
      if (arguments.has(RECURSIVE)) {
        removeEntries(tree, path, console);
      }
      tree.rmdir(ByteText.path(path));
    }
  }

  /** Everything in a directory; what cannot be removed is complained about and left. */
  private static void removeEntries(Tree tree, String dir, Console console) throws ErrnoException {
    for (DirEntry entry : tree.list(ByteText.path(dir), false)) {
      String path = ByteText.join(dir, ByteText.of(entry.name()));
      try {
        if (entry.type() == Mode.direntType(Mode.S_IFDIR)) {
          removeEntries(tree, path, console);
          tree.rmdir(ByteText.path(path));
        } else {
          tree.unlink(ByteText.path(path));
        }
      } catch (ErrnoException e) {
        console.complain(path, e);
      }
    }
  }
}

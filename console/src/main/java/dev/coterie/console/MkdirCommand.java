package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code coterie mkdir}. */
final class MkdirCommand implements Command {
  private static final Option PARENTS =
      Option.flag('p', "--parents", "parents too; no error if it is there already");
  private static final Option MODE =
      new Option('m', "--mode", "MODE", false, "permissions, octal (default: 777 less the umask)");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "mkdir",
        "Makes directories.",
        "PATH...",
        1,
        Synopsis.ANY,
        List.of(PARENTS, MODE, Synopsis.SOCKET, Synopsis.HELP),
        List.of("", "Examples:", "  coterie mkdir /data", "  coterie mkdir -p -m 700 /a/b/c"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    Integer mode = mode(arguments.value(MODE));
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      for (String path : arguments.operands()) {
        try {
          if (arguments.has(PARENTS)) {
            makeParents(link.tree(), path);
          }
          make(link.tree(), path, mode, arguments.has(PARENTS));
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
    }
    return console.status();
  }

  private static @Nullable Integer mode(@Nullable String text) throws Failure {
    if (text == null) {
      return null;
    }
    if (!text.matches("[0-7]{1,4}")) {
      throw Failure.usage("--mode: not an octal mode: " + text);
    }
    return Integer.valueOf(text, 8);
  }

  private static void make(Tree tree, String path, @Nullable Integer mode, boolean mayBeThere)
      throws ErrnoException {
    try {
      tree.mkdir(ByteText.path(path), 0777);
      if (mode != null) {
        tree.chmod(ByteText.path(path), mode);
      }
    } catch (ErrnoException e) {
      if (!mayBeThere
          || e.errno() != Errno.EEXIST
          || !tree.stat(ByteText.path(path)).isDirectory()) {
        throw e;
      }
    }
  }

  /** The directories above a path that are missing. */
  static void makeParents(Tree tree, String path) throws ErrnoException {
    if (path.length() >= Limits.PATH_BYTES) {
      throw new ErrnoException(Errno.ENAMETOOLONG); // before any is made
    }
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    for (int slash = path.indexOf('/', 1);
        slash >= 0 && slash < end;
        slash = path.indexOf('/', slash + 1)) {
      if (path.charAt(slash - 1) != '/') {
        make(tree, path.substring(0, slash), null, true);
      }
    }
  }
}

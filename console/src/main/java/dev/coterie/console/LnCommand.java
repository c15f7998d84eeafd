package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;

/** {@code coterie ln}. */
final class LnCommand implements Command {
  private static final Option SYMBOLIC = Option.flag('s', "--symbolic", "a symbolic link");
  private static final Option FORCE =
      Option.flag('f', "--force", "remove a file that is in the way");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "ln",
        "Gives a file one more name, or makes a symbolic link.",
        "TARGET LINK",
        2,
        2,
        List.of(SYMBOLIC, FORCE, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "When LINK is a directory the link is made in it, by the last name of TARGET.",
            "",
            "Examples:",
            "  coterie ln /a/file /a/other-name",
            "  coterie ln -s ../shared /project/link"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    String target = arguments.operands().getFirst();
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      Tree tree = link.tree();
      String path = Places.into(tree, arguments.operands().getLast(), target);
      try {
        make(tree, target, path, arguments.has(SYMBOLIC));
      } catch (ErrnoException e) {
        if (!arguments.has(FORCE) || e.errno() != Errno.EEXIST) {
          throw Failure.of(path, e);
        }
        replace(tree, target, path, arguments.has(SYMBOLIC));
      }
    }
    return console.status();
  }

  private static void make(Tree tree, String target, String path, boolean symbolic)
      throws ErrnoException {
    if (symbolic) {
      tree.symlink(ByteText.bytes(target), ByteText.path(path));
    } else {
      tree.link(ByteText.path(target), ByteText.path(path), false);
    }
  }

  private static void replace(Tree tree, String target, String path, boolean symbolic)
      throws Failure {
    try {
      tree.unlink(ByteText.path(path));
      make(tree, target, path, symbolic);
    } catch (ErrnoException e) {
      throw Failure.of(path, e);
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;

/** {@code coterie mv}. */
final class MvCommand implements Command {
  private static final Option KEEP =
      Option.flag('n', "--no-clobber", "fail rather than replace what is there");
  private static final Option EXCHANGE =
      Option.flag("--exchange", "exchange two names in one step");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "mv",
        "Renames files and directories.",
        "SOURCE... TARGET",
        2,
        Synopsis.ANY,
        List.of(KEEP, EXCHANGE, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "Into TARGET when that is a directory. Each rename is one step that no other process",
            "sees half done; between two mounts it is refused (use cp -r and rm -r).",
            "",
            "Examples:",
            "  coterie mv /new.txt /current.txt",
            "  coterie mv /a /b /folder",
            "  coterie mv --exchange /blue /green"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> sources = arguments.operands().subList(0, arguments.operands().size() - 1);
    String target = arguments.operands().getLast();
    int flags = arguments.has(KEEP) ? Rename.RENAME_NOREPLACE : 0;
    if (arguments.has(EXCHANGE)) {
      flags |= Rename.RENAME_EXCHANGE;
    }
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      Tree tree = link.tree();
      if (sources.size() > 1 && !Places.isDirectory(tree, target)) {
        throw Failure.of(target + ": " + Errno.ENOTDIR.text());
      }
      for (String source : sources) {
        boolean exact = arguments.has(EXCHANGE);
        String place = exact ? target : Places.into(tree, target, source);
        try {
          tree.rename(ByteText.path(source), ByteText.path(place), flags);
        } catch (ErrnoException e) {
          console.complain(source + " -> " + place, e);
        }
      }
    }
    return console.status();
  }
}

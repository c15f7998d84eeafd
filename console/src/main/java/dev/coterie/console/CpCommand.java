package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.util.List;

/** {@code coterie cp}. */
final class CpCommand implements Command {
  static final Option RECURSIVE =
      Option.flag('r', "--recursive", "directories with all that is in them");
  static final Option ARCHIVE =
      Option.flag(
          'a', "--archive", "as -r, with owners where allowed, user.* attributes and holes");
  static final Option SPARSE =
      Option.flag("--sparse", "blocks of zeros become holes; holes of the tree stay without it");
  private static final Option PRESERVE =
      Option.flag('p', "--preserve", "keep permissions and times (-r always does)");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "cp",
        "Copies within the tree.",
        "SOURCE... TARGET",
        2,
        Synopsis.ANY,
        List.of(
            RECURSIVE, ARCHIVE, SPARSE, PRESERVE, Synopsis.JSON, Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "Into TARGET when that is a directory. The leader copies, and no content travels but"
                + " with",
            "--sparse. -r keeps hard and symbolic links, permissions and times.",
            "",
            "Examples:",
            "  coterie cp /a/file /b/",
            "  coterie cp -r /data /backup"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> operands = arguments.operands();
    List<String> sources = operands.subList(0, operands.size() - 1);
    String target = operands.getLast();
    boolean recursive = isRecursive(arguments);
    try (LeaderLink link = LeaderLink.open(arguments, console);
        Totals totals = new Totals(console)) {
      Tree tree = link.tree();
      if (sources.size() > 1 && !Places.isDirectory(tree, target)) {
        throw Failure.of(target + ": " + Errno.ENOTDIR.text());
      }
      Side side = new TreeSide(tree);
      Copy.Options options = options(arguments, arguments.has(PRESERVE));
      try (Copy copy = new Copy(side, side, options, console, totals)) {
        for (String source : sources) {
          copy.add(source, Places.into(tree, target, source));
        }
      }
      if (recursive || arguments.has(Synopsis.JSON)) {
        totals.print(console, arguments.has(Synopsis.JSON));
      }
    }
    return console.status();
  }

  static boolean isRecursive(Arguments arguments) {
    return arguments.has(RECURSIVE) || arguments.has(ARCHIVE);
  }

  static Copy.Options options(Arguments arguments, boolean keep) {
    return new Copy.Options(
        isRecursive(arguments), keep, arguments.has(ARCHIVE), arguments.has(SPARSE));
  }
}

package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** {@code coterie get}. */
final class GetCommand implements Command {
  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "get",
        "Copies files of the tree to this machine.",
        "PATH... TARGET",
        1,
        Synopsis.ANY,
        List.of(
            CpCommand.RECURSIVE,
            CpCommand.ARCHIVE,
            CpCommand.SPARSE,
            Synopsis.JSON,
            Synopsis.SOCKET,
            Synopsis.HELP),
        List.of(
            "",
            "Into TARGET when that is a directory; with one PATH alone into this directory.",
            "Permissions and times are kept; with -r hard and symbolic links too. \"-\" as TARGET",
            "stands for stdout.",
            "",
            "Examples:",
            "  coterie get /notes.txt",
            "  coterie get -r /project ./copy",
            "  coterie get -a /site /srv/site",
            "  coterie get /now - | wc -c"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> operands = arguments.operands();
    boolean alone = operands.size() == 1;
    List<String> sources = alone ? operands : operands.subList(0, operands.size() - 1);
    String target = alone ? "." : operands.getLast();
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      if (target.equals("-")) {
        toStdout(link.tree(), sources, console);
      } else {
        toFiles(link.tree(), sources, target, arguments, console);
      }
    }
    return console.status();
  }

  private static void toStdout(Tree tree, List<String> sources, Console console)
      throws IOException {
    for (String source : sources) {
      try (OpenFile file = tree.open(ByteText.path(source), OpenFlags.O_RDONLY, 0)) {
        CatCommand.copy(file, console.data());
      } catch (ErrnoException e) {
        console.complain(source, e);
      }
    }
  }

  private static void toFiles(
      Tree tree, List<String> sources, String target, Arguments arguments, Console console)
      throws Failure {
    boolean directory = Files.isDirectory(ByteText.local(target));
    if (sources.size() > 1 && !directory) {
      throw Failure.of(target + ": " + Errno.ENOTDIR.text());
    }
    boolean recursive = CpCommand.isRecursive(arguments);
    Copy.Options options = CpCommand.options(arguments, true);
    try (Totals totals = new Totals(console)) {
      try (Copy copy = new Copy(new TreeSide(tree), new LocalSide(), options, console, totals)) {
        for (String source : sources) {
          String name = ByteText.lastName(source);
          boolean named = !name.isEmpty() && !name.equals(".") && !name.equals("..");
          copy.add(source, directory && named ? ByteText.join(target, name) : target);
        }
      }
      if (recursive || arguments.has(Synopsis.JSON)) {
        totals.print(console, arguments.has(Synopsis.JSON));
      }
    }
  }
}

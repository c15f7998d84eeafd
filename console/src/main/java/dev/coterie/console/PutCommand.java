package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** {@code coterie put}. */
final class PutCommand implements Command {
  private static final int BUFFER_BYTES = 256 << 10;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "put",
        "Copies files of this machine into the tree.",
        "FILE... TARGET",
        2,
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
            "Into TARGET when that is a directory. Permissions and times are kept; with -r",
            "hard and symbolic links too. \"-\" stands for stdin.",
            "",
            "Examples:",
            "  coterie put notes.txt /notes.txt",
            "  coterie put -r src /project",
            "  coterie put -a /srv/site /site",
            "  date | coterie put - /now"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> operands = arguments.operands();
    List<String> sources = operands.subList(0, operands.size() - 1);
    String target = operands.getLast();
    try (LeaderLink link = LeaderLink.open(arguments, console);
        Totals totals = new Totals(console)) {
      Tree tree = link.tree();
      if (sources.size() > 1 && !Places.isDirectory(tree, target)) {
        throw Failure.of(target + ": " + Errno.ENOTDIR.text());
      }
      Copy.Options options = CpCommand.options(arguments, true);
      try (Copy copy = new Copy(new LocalSide(), new TreeSide(tree), options, console, totals)) {
        for (String source : sources) {
          if (source.equals("-")) {
            putStdin(console.in(), tree, target);
          } else {
            copy.add(source, Places.into(tree, target, source));
          }
        }
      }
      if (CpCommand.isRecursive(arguments) || arguments.has(Synopsis.JSON)) {
        totals.print(console, arguments.has(Synopsis.JSON));
      }
    }
    return console.status();
  }

  private static void putStdin(InputStream in, Tree tree, String target) throws Failure {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
    byte[] buffer = new byte[BUFFER_BYTES];
    String consequence = "";
    try (OpenFile file = tree.open(ByteText.path(target), flags, 0666)) {
      consequence = "; it is incomplete";
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        ByteBuffer source = ByteBuffer.wrap(buffer, 0, count);
        while (source.hasRemaining()) {
          file.write(source);
        }
      }
    } catch (IOException e) {
      throw Failure.of(target + ": " + Failure.reason(e) + consequence);
    }
  }
}

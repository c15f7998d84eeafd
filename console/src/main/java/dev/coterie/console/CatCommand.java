package dev.coterie.console;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** {@code coterie cat}. */
final class CatCommand implements Command {
  private static final int BUFFER_BYTES = 256 << 10;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "cat",
        "Writes files to stdout, one after the other.",
        "PATH...",
        1,
        Synopsis.ANY,
        List.of(Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "", "\"-\" stands for stdin.", "", "Examples:", "  coterie cat /notes.txt /more.txt"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      for (String path : arguments.operands()) {
        if (path.equals("-")) {
          console.in().transferTo(console.data());
          continue;
        }
        try (OpenFile file = link.tree().open(ByteText.path(path), OpenFlags.O_RDONLY, 0)) {
          copy(file, console.data());
        } catch (ErrnoException e) {
          console.complain(path, e);
        }
      }
    }
    return console.status();
  }

  /** All that is in the file from its offset on. */
  static long copy(OpenFile file, OutputStream out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    long total = 0;
    while (true) {
      buffer.clear();
      int count = file.read(buffer);
      if (count <= 0) {
        return total;
      }
      out.write(buffer.array(), 0, count);
      total += count;
    }
  }
}

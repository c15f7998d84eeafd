package dev.coterie.console;

import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** {@code coterie append}. */
final class AppendCommand implements Command {
  private static final int BUFFER_BYTES = 64 << 10;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "append",
        "Appends stdin to a file, whole lines at a time.",
        "PATH",
        1,
        1,
        List.of(Synopsis.SOCKET, Synopsis.HELP),
        List.of(
            "",
            "Makes the file if there is none. Lines of several processes that append at the same",
            "time never mix, as long as a line is shorter than 64 KiB.",
            "",
            "Examples:",
            "  date | coterie append /log",
            "  tail -f app.log | coterie append /all.log"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    String path = arguments.operands().getFirst();
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
    try (LeaderLink link = LeaderLink.open(arguments, console)) {
      try (OpenFile file = link.tree().open(ByteText.path(path), flags, 0666)) {
        appendLines(console.in(), file);
      } catch (IOException e) {
        throw Failure.of(path, e);
      }
    }
    return console.status();
  }

  /** Each write ends with a line, unless one line fills the buffer. */
  private static void appendLines(InputStream in, OpenFile file) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    int held = 0;
    while (true) {
      int count = in.read(buffer, held, buffer.length - held);
      if (count < 0) {
        append(file, buffer, held);
        return;
      }
      held += count;
      int end = lineEnd(buffer, held);
      if (end == 0 && held == buffer.length) {
        end = held;
      }
      append(file, buffer, end);
      System.arraycopy(buffer, end, buffer, 0, held - end);
      held -= end;
    }
  }

  private static int lineEnd(byte[] buffer, int count) {
    int end = count;
    while (end > 0 && buffer[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private static void append(OpenFile file, byte[] buffer, int count) throws IOException {
    ByteBuffer source = ByteBuffer.wrap(Arrays.copyOf(buffer, count));
    while (source.hasRemaining()) {
      file.append(source);
    }
  }
}

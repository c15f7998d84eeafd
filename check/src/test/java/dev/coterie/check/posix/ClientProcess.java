package dev.coterie.check.posix;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

/** One process of a {@link ClientWorld}: reads steps, does them, answers. */
final class ClientProcess {
  /** What it keeps. */
  enum Copies {
    NONE,
    READ,
    WRITTEN;

    ClientOptions options() {
      ClientOptions none = ClientOptions.DEFAULT;
      return switch (this) {
        case NONE -> none;
        case READ -> none.withCopies(1 << 20);
        case WRITTEN -> none.withCopies(1 << 20).withWriteBack();
      };
    }
  }

  private ClientProcess() {}

  /** SOCKET NUMBER PACE COPIES. */
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, ISO_8859_1));
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            false,
            ISO_8859_1);
    Address socket = new Address.Unix(args[0]);
    try (ProcessCalls calls =
        new ProcessCalls(
            Integer.parseInt(args[1]),
            Client.connect(socket, Copies.valueOf(args[3]).options()),
            new Pace(Pace.Kind.valueOf(args[2])))) {
      out.print("ready\n");
      out.flush();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.print(calls.act(Step.parse(line)) + "\n");
        if (!in.ready()) {
          out.flush();
        }
      }
    }
  }
}

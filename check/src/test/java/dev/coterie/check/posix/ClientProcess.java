package dev.coterie.check.posix;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

/** One process of a {@link ClientWorld}: reads steps, does them, answers. */
final class ClientProcess {
  private ClientProcess() {}

  /** SOCKET NUMBER. */
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, ISO_8859_1));
    PrintStream out = new PrintStream(System.out, true, ISO_8859_1);
    Address socket = new Address.Unix(args[0]);
    try (ProcessCalls calls =
        new ProcessCalls(
            Integer.parseInt(args[1]), Client.connect(socket, ClientOptions.DEFAULT))) {
      out.print("ready\n");
      out.flush();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.print(answer(calls, line) + "\n");
        out.flush();
      }
    }
  }

  /** A fault is an answer too, so that it is found with all that led to it. */
  private static String answer(ProcessCalls calls, String line) {
    try {
      return calls.act(Step.parse(line));
    } catch (RuntimeException | AssertionError e) {
      e.printStackTrace();
      return e.toString().replace('\n', ' ');
    }
  }
}

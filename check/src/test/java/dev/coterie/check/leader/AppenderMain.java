package dev.coterie.check.leader;

import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Appender;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that appends entries to a log through an {@link Appender}, from when it hears something
 * until it hears more. Says {@code connected}, ends with {@code done ENTRIES} or {@code failed
 * WHY}.
 */
final class AppenderMain {
  /** Entries after which it rests a little, so that the log stays of a size to be read. */
  private static final int RUN = 50;

  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private AppenderMain() {}

  /** Arguments: socket, file, number of this writer, bytes of an append, milliseconds. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    int writer = Integer.parseInt(args[2]);
    Appender.Options options =
        new Appender.Options(Integer.parseInt(args[3]), Long.parseLong(args[4]));
    try {
      System.out.println("done " + write(in, args[0], args[1], writer, options));
    } catch (IOException | RuntimeException e) {
      System.out.println("failed " + e);
      System.exit(1);
    }
  }

  private static long write(
      BufferedReader in, String socket, String path, int writer, Appender.Options options)
      throws IOException {
    long number = 0;
    try (Client client = Client.connect(Address.parse(socket), ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile file = tree.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0644);
        Appender log = Appender.of(client, ProcessIdentity.self(), file, options)) {
      System.out.println("connected");
      in.readLine();
      while (!in.ready()) {
        log.append(new Entry(writer, ++number).toBytes());
        if (number % RUN == 0) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
    return number;
  }
}

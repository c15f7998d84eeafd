package dev.coterie.check.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.client.Together;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Counts in a file, under a lock. Told {@code add N} it adds 1 N times, by two messages each;
 * {@code read} says what is there.
 */
final class TogetherMain {
  private static final RangeLock LOCK = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
  private static final RangeLock UNLOCK =
      RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.UNLOCK);

  private TogetherMain() {}

  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    Caller me = ProcessIdentity.self();
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT)) {
      int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
      long file = client.create(me, client.root(me).id(), Name.of("counter"), flags, 0644).handle();
      System.out.println("open");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("add")) {
          for (int i = 0; i < Integer.parseInt(words[1]); i++) {
            add(client, me, file);
          }
          System.out.println("add");
        } else {
          ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
          client.read(me, file, 0, number);
          System.out.println("read " + number.getLong(0));
        }
      }
    }
  }

  private static void add(Client client, Caller me, long file) throws Exception {
    ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    Together entry = client.together(me);
    entry.add(new Operation.Lock(file, LOCK, true));
    entry.add(new Operation.Read(file, 0, number));
    entry.run();
    number.clear().putLong(0, number.getLong(0) + 1);
    Together exit = client.together(me);
    exit.add(new Operation.Write(file, 0, number));
    exit.add(new Operation.Lock(file, UNLOCK, false));
    exit.run();
  }
}

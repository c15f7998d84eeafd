package dev.coterie.check.leader;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A client that keeps writes back and appends numbered records to a file, 8 bytes each from 0 on.
 * It is told {@code append N}; or {@code forever}: then it appends until it is killed, and after
 * each 10,000 syncs and says {@code synced} with how many there are; or {@code flood}: then it says
 * so and appends until it cannot, and says how many there were and why.
 */
final class WriteBackMain {
  private final Client client;
  private final long handle;
  private long records;

  private WriteBackMain(Client client, String name) throws Exception {
    var me = ProcessIdentity.self();
    this.client = client;
    Opened made = client.create(me, client.root(me).id(), Name.of(name), OpenFlags.O_WRONLY, 0600);
    this.handle = made.handle();
  }

  public static void main(String[] args) throws Exception {
    ClientOptions options = ClientOptions.DEFAULT.withCopies(4 << 20).withWriteBack();
    try (Client client = Client.connect(Address.parse(args[0]), options)) {
      WriteBackMain main = new WriteBackMain(client, args[1]);
      BufferedReader told =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
      for (String line = told.readLine(); line != null; line = told.readLine()) {
        main.obey(line.split(" ", 2));
      }
    }
  }

  private void obey(String[] words) throws Exception {
    switch (words[0]) {
      case "append" -> {
        append(Long.parseLong(words[1]));
        System.out.println("append " + records);
      }
      case "flood" -> {
        System.out.println("flooding");
        try {
          append(Long.MAX_VALUE);
        } catch (ErrnoException e) {
          System.out.println("flood " + records + " " + e.errno());
        }
      }
      case "forever" -> {
        while (true) {
          append(10_000);
          client.fsync(ProcessIdentity.self(), handle, false);
          System.out.println("synced " + records);
          append(5_000);
        }
      }
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private void append(long count) throws Exception {
    for (long i = 0; i < count; i++) {
      ByteBuffer record = ByteBuffer.allocate(Long.BYTES).putLong(0, records);
      client.append(ProcessIdentity.self(), handle, record);
      records++;
    }
  }
}

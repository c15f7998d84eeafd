package dev.coterie.check.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Name;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A client with copies: reads a file until it has one, says {@code warm}, and then reads once for
 * each line, and says what it was, or the error.
 */
final class CopyReaderMain {
  private static final int READS = 5;

  private CopyReaderMain() {}

  public static void main(String[] args) throws Exception {
    Caller me = ProcessIdentity.self();
    ClientOptions how = ClientOptions.DEFAULT.withCopies(1 << 20);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (FileService client = Client.connect(Address.parse(args[0]), how)) {
      var file = client.lookup(me, client.root(me).id(), Name.of(args[1])).id();
      long handle = client.open(me, file, 0).handle();
      for (int i = 0; i < READS; i++) {
        read(client, me, handle);
      }
      System.out.println("warm");
      while (in.readLine() != null) {
        try {
          System.out.println("read " + read(client, me, handle));
        } catch (ErrnoException e) {
          System.out.println("read " + e.errno());
        }
      }
    }
  }

  private static String read(FileService client, Caller me, long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    client.read(me, handle, 0, bytes);
    return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
  }
}

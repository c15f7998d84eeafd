package dev.coterie.bench;

import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.sync.SyncHandle;
import dev.coterie.client.sync.SyncMode;
import dev.coterie.client.sync.Use;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One of our processes in {@code sync}. Argument: ADDRESS. Each line KEY SECONDS: uses the key
 * alone as often as it can; answered by how often it had been another's before.
 */
public final class KeyMain {
  private KeyMain() {}

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(Address.parse("unix:" + args[0]), ClientOptions.DEFAULT)) {
      System.out.println("ready");
      for (String order = in.readLine(); order != null; order = in.readLine()) {
        String[] words = order.split(" ", -1);
        long nanos = Math.round(Double.parseDouble(words[1]) * 1e9);
        try (SyncHandle key = client.sync(words[0])) {
          System.out.println(pingpong(key, nanos));
        }
      }
    }
  }

  private static String pingpong(SyncHandle key, long nanos) throws IOException {
    byte[] mine = ByteBuffer.allocate(Long.BYTES).putLong(ProcessHandle.current().pid()).array();
    long begin = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - begin < nanos) {
      try (Use use = key.use(SyncMode.EXCLUSIVE)) {
        if (!Arrays.equals(use.value(), mine)) {
          count++;
          use.setValue(mine);
        }
      }
    }
    return "{\"ops\":" + count + ",\"seconds\":" + (System.nanoTime() - begin) / 1e9 + "}";
  }
}

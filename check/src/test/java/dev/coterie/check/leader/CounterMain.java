package dev.coterie.check.leader;

import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.sync.SyncHandle;
import dev.coterie.client.sync.SyncMode;
import dev.coterie.client.sync.Use;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Counts under a key. Told {@code add N} it adds 1 N times; {@code read} says what is there, {@code
 * hold} stays in a use in which it has set the value to 0.
 */
final class CounterMain {
  private CounterMain() {}

  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT);
        SyncHandle counter = client.sync(args[1])) {
      System.out.println("open");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "add" -> {
            for (int i = 0; i < Integer.parseInt(words[1]); i++) {
              add(counter);
            }
            System.out.println("add");
          }
          case "read" -> {
            try (Use use = counter.use(SyncMode.SHARED)) {
              System.out.println("read " + number(use));
            }
          }
          default -> {
            Use use = counter.use(SyncMode.EXCLUSIVE);
            use.setValue("0".getBytes(StandardCharsets.US_ASCII));
            System.out.println("hold");
          }
        }
      }
    }
  }

  static void add(SyncHandle counter) throws Exception {
    try (Use use = counter.use(SyncMode.EXCLUSIVE)) {
      use.setValue(Long.toString(number(use) + 1).getBytes(StandardCharsets.US_ASCII));
    }
  }

  static long number(Use use) {
    String text = new String(use.value(), StandardCharsets.US_ASCII);
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }
}

package dev.coterie.bench;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One of our processes in {@code locks}. Argument: ADDRESS. Each line WHAT FILE SECONDS is answered
 * by what came of it: {@code pingpong} does what {@code pingpong.c} does, {@code alone} locks and
 * unlocks where nobody else is.
 */
public final class LockerMain {
  private static final int BYTES = 3;
  private static final int MODE = 0600;
  private static final int SAMPLES = 1 << 16;

  private LockerMain() {}

  public static void main(String[] args) throws IOException {
    serve(args[0], ClientOptions.DEFAULT);
  }

  static void serve(String address, ClientOptions options) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (FileService service = Client.connect(Address.parse("unix:" + address), options);
        Tree tree = Tree.of(service, ProcessIdentity.self())) {
      System.out.println("ready");
      for (String order = in.readLine(); order != null; order = in.readLine()) {
        String[] words = order.split(" ", -1);
        long nanos = Math.round(Double.parseDouble(words[2]) * 1e9);
        try (OpenFile file = tree.open(words[1], OpenFlags.O_RDWR | OpenFlags.O_CREAT, MODE)) {
          System.out.println(
              words[0].equals("pingpong") ? pingpong(tree, file, nanos) : alone(tree, file, nanos));
        }
      }
    }
  }

  private static void set(Tree tree, OpenFile file, RangeLock.Type type, long at)
      throws ErrnoException {
    RangeLock lock = new RangeLock(RangeLock.Kind.POSIX, type, at, 1, 0);
    tree.service().lock(tree.caller(), file.handle(), lock, true);
  }

  private static String pingpong(Tree tree, OpenFile file, long nanos) throws ErrnoException {
    long begin = System.nanoTime();
    long count = 0;
    int at = 0;
    set(tree, file, RangeLock.Type.WRITE, at);
    do { // once at least: where the first lock took all the time, there is still a figure
      int next = (at + 1) % BYTES;
      set(tree, file, RangeLock.Type.WRITE, next);
      set(tree, file, RangeLock.Type.UNLOCK, at);
      at = next;
      count++;
    } while (System.nanoTime() - begin < nanos);
    return "{\"ops\":" + count + ",\"seconds\":" + (System.nanoTime() - begin) / 1e9 + "}";
  }

  private static String alone(Tree tree, OpenFile file, long nanos) throws ErrnoException {
    long[] took = new long[SAMPLES];
    long begin = System.nanoTime();
    long before = begin;
    int count = 0;
    do {
      set(tree, file, RangeLock.Type.WRITE, 0);
      set(tree, file, RangeLock.Type.UNLOCK, 0);
      long now = System.nanoTime();
      took[count % SAMPLES] = now - before;
      before = now;
      count++;
    } while (before - begin < nanos);
    int kept = Math.min(count, SAMPLES);
    Arrays.sort(took, 0, kept);
    return "{\"ops\":" + count + ",\"p50_us\":" + took[kept / 2] / 1e3 + "}";
  }
}

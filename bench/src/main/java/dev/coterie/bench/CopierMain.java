package dev.coterie.bench;

import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One of our processes in {@code copies}. Argument: ADDRESS. Each line WHAT WHO SECONDS FOLDER is
 * answered by how long one operation took: WHAT is {@code stat} or {@code read}, WHO is our {@code
 * copies}, or the {@code jdk} in the folder.
 */
public final class CopierMain {
  private static final long COPIES_BYTES = 16 << 20;
  private static final int FILE_BYTES = 1 << 20;
  private static final int BLOCK_BYTES = 4096;
  private static final int MODE = 0600;

  /** Operations between two looks at the clock, which costs a tenth of one. */
  private static final int BATCH = 100;

  private static final int SAMPLES = 1 << 16;

  private final Tree tree;
  private final OpenFile file;
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
  private final SplittableRandom random = new SplittableRandom(1);

  private CopierMain(Tree tree, OpenFile file) {
    this.tree = tree;
    this.file = file;
  }

  private interface Step {
    void run() throws IOException;
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    ClientOptions options = ClientOptions.DEFAULT.withCopies(COPIES_BYTES);
    try (FileService service = Client.connect(Address.parse("unix:" + args[0]), options);
        Tree tree = Tree.of(service, ProcessIdentity.self());
        OpenFile file = tree.open("/copied", OpenFlags.O_RDWR | OpenFlags.O_CREAT, MODE)) {
      service.write(tree.caller(), file.handle(), 0, ByteBuffer.allocate(FILE_BYTES));
      CopierMain copier = new CopierMain(tree, file);
      System.out.println("ready");
      for (String order = in.readLine(); order != null; order = in.readLine()) {
        String[] words = order.split(" ", 4);
        long nanos = Math.round(Double.parseDouble(words[2]) * 1e9);
        System.out.println(
            words[1].equals("jdk")
                ? copier.jdk(words[0], Path.of(words[3], "copied"), nanos)
                : measure(copier.copies(words[0]), nanos));
      }
    }
  }

  private Step copies(String what) {
    FileService service = tree.service();
    return what.equals("stat")
        ? () -> service.getattr(tree.caller(), file.id())
        : () -> requireWhole(service.read(tree.caller(), file.handle(), place(), block.clear()));
  }

  private String jdk(String what, Path path, long nanos) throws IOException {
    Files.write(path, new byte[FILE_BYTES]);
    if (what.equals("stat")) {
      return measure(() -> Files.readAttributes(path, PosixFileAttributes.class), nanos);
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return measure(() -> requireWhole(channel.read(block.clear(), place())), nanos);
    }
  }

  private long place() {
    return (long) random.nextInt(FILE_BYTES / BLOCK_BYTES) * BLOCK_BYTES;
  }

  private static void requireWhole(int moved) throws IOException {
    if (moved != BLOCK_BYTES) {
      throw new IOException("read " + moved + " bytes");
    }
  }

  private static String measure(Step step, long nanos) throws IOException {
    double[] took = new double[SAMPLES];
    long begin = System.nanoTime();
    long before = begin;
    int batches = 0;
    do {
      for (int i = 0; i < BATCH; i++) {
        step.run();
      }
      long now = System.nanoTime();
      took[batches % SAMPLES] = (now - before) / 1e3 / BATCH;
      before = now;
      batches++;
    } while (before - begin < nanos);
    int kept = Math.min(batches, SAMPLES);
    Arrays.sort(took, 0, kept);
    return "{\"ops\":" + (long) batches * BATCH + ",\"p50_us\":" + took[kept / 2] + "}";
  }
}

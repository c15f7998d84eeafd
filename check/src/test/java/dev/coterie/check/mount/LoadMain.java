package dev.coterie.check.mount;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program at work on a mount until it is told to stop, is killed, or gets an error. What has been
 * acknowledged to it, it notes at once in a file elsewhere, as what it is about to do; {@link
 * LoadNotes} reads them. After an error it makes further calls, of which each is to fail too.
 */
final class LoadMain {
  static final int BLOCK_BYTES = 128 << 10;
  static final int BLOCKS = 8;

  /** A file is removed when that many others have been made after it. */
  static final int FILES_KEPT = 5;

  static final int FILE_BYTES = 3000;
  private static final int SYNCED = 7; // one in so many

  private static final String STOP = "stop";

  private final Path folder;
  private final String name;
  private final FileChannel notes;
  private final List<Thread> threads;
  private volatile boolean stopped;
  private volatile String wrong = "";

  private LoadMain(Path folder, String name, FileChannel notes) {
    this.folder = folder;
    this.name = name;
    this.notes = notes;
    this.threads =
        Stream.<Work>of(this::append, this::makeAndRemove, this::overwrite)
            .map(work -> Thread.ofPlatform().unstarted(() -> work(work)))
            .toList();
  }

  /** Works as lines on stdin say: {@code FOLDER NAME NOTES} begins, {@code stop} stops. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    LoadMain load = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.equals(STOP)) {
        String[] words = line.split(" ", -1);
        load =
            new LoadMain(
                Path.of(words[0]),
                words[1],
                FileChannel.open(
                    Path.of(words[2]), StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND));
        load.threads.forEach(Thread::start);
        Thread.ofPlatform().daemon().start(load.tellingEnd(out));
      } else if (load != null) {
        load.stopped = true;
      }
    }
  }

  /** Says when all threads have ended, and what was wrong. */
  private Runnable tellingEnd(PrintStream out) {
    return () -> {
      try {
        for (Thread thread : threads) {
          thread.join();
        }
        notes.close();
      } catch (InterruptedException | IOException e) {
        wrong = e.toString();
      }
      out.println(wrong.isEmpty() ? "ended" : wrong);
    };
  }

  private interface Work {
    void run() throws IOException;
  }

  private void work(Work work) {
    try {
      work.run();
    } catch (IOException e) {
      requireFailure("stat", () -> Files.size(folder));
      requireFailure("create", () -> Files.createFile(folder.resolve(name + "-late")));
      requireFailure("list", this::list);
    }
  }

  private void list() throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      entries.forEach(entry -> wrong = entry + " is listed after an error");
    }
  }

  private void requireFailure(String call, Work late) {
    try {
      late.run();
      wrong = call + " after an error succeeds";
    } catch (IOException e) {
      // As it should.
    }
  }

  private void note(String text) throws IOException {
    ByteBuffer line = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.US_ASCII));
    if (notes.write(line) != line.limit()) {
      throw new AssertionError("a short note");
    }
  }

  // ---- the work ----

  private void append() throws IOException {
    try (FileChannel file =
        FileChannel.open(
            folder.resolve(name + "-log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int n = 0; !stopped; n++) {
        ByteBuffer record = ByteBuffer.wrap(record(n));
        try {
          if (file.write(record) != record.limit()) {
            wrong = "a short append";
          }
          if (n % SYNCED == 0) {
            file.force(false);
          }
        } catch (IOException e) {
          requireFailure("append", () -> file.write(ByteBuffer.wrap(record(-1))));
          throw e;
        }
        note("append " + n);
      }
    }
  }

  static byte[] record(int n) {
    return "%08d%n".formatted(n).getBytes(StandardCharsets.US_ASCII);
  }

  private void makeAndRemove() throws IOException {
    for (int n = 0; !stopped; n++) {
      Path made = folder.resolve(name + "-new-" + n);
      Files.write(made, content(n), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      note("make " + n);
      note("renaming " + n);
      Files.move(made, folder.resolve(name + "-file-" + n), StandardCopyOption.ATOMIC_MOVE);
      note("rename " + n);
      int old = n - FILES_KEPT;
      if (old >= 0) {
        note("removing " + old);
        Files.delete(folder.resolve(name + "-file-" + old));
        note("remove " + old);
      }
    }
  }

  static byte[] content(int n) {
    byte[] content = new byte[FILE_BYTES];
    java.util.Arrays.fill(content, (byte) ('a' + n % 26));
    return content;
  }

  private void overwrite() throws IOException {
    try (FileChannel file =
        FileChannel.open(
            folder.resolve(name + "-blocks"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
      for (int n = 1; !stopped; n++) {
        block.clear();
        while (block.hasRemaining()) {
          block.putInt(n);
        }
        block.flip();
        file.write(block, (long) (n % BLOCKS) * BLOCK_BYTES);
        note("block " + n);
      }
    }
  }
}

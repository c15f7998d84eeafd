package dev.coterie.bench.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The operations, the same lines for every file system. One thread works. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@SuppressWarnings("NullAway.Init") // JMH makes the object first and sets it up later
public class NioLoad {
  private static final int PAGE_BYTES = 4096;

  /** A file of 16 MiB: more than the first caches of a processor hold. */
  private static final int PAGES = 4096;

  /** Goes through all pages, and not in their order. */
  private static final int STRIDE = 1597;

  /** The file system; {@link Subject#open}. */
  @Param({"coterie", "jimfs", "jdk"})
  public String kind = "coterie";

  /** Files in the folder. */
  @Param("10000")
  public int files = 1;

  private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
  private int turn;

  // Set by open().
  private Subject subject;
  private Path folder;
  private Path file;
  private Path fresh;
  private FileChannel channel;

  /** Makes the files. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    subject = Subject.open(kind);
    folder = Files.createDirectory(subject.folder().resolve("files"));
    for (int i = 0; i < files; i++) {
      Files.createFile(folder.resolve("f" + i));
    }
    file = folder.resolve("f" + files / 2);
    fresh = folder.resolve("fresh");
    channel =
        FileChannel.open(
            subject.folder().resolve("data"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    for (int i = 0; i < PAGES; i++) {
      channel.write(page.clear(), (long) i * PAGE_BYTES);
    }
  }

  /** Removes them. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    channel.close();
    subject.close();
  }

  private long offset() {
    turn = (turn + STRIDE) % PAGES;
    return (long) turn * PAGE_BYTES;
  }

  /** The attributes of a file by its path. */
  @Benchmark
  public BasicFileAttributes stat() throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class);
  }

  /** A page of an open file, by {@code FileChannel}. */
  @Benchmark
  public int read() throws IOException {
    return channel.read(page.clear(), offset());
  }

  /** A page to an open file, by {@code FileChannel}. */
  @Benchmark
  public int write() throws IOException {
    return channel.write(page.clear(), offset());
  }

  /** An empty file that does not stay. */
  @Benchmark
  public void create() throws IOException {
    Files.createFile(fresh);
    Files.delete(fresh);
  }

  /** All files of a folder, with their attributes. */
  @Benchmark
  public int walk() throws IOException {
    int[] seen = {0};
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            seen[0]++;
            return FileVisitResult.CONTINUE;
          }
        });
    if (seen[0] != files) {
      throw new IOException("the walk saw " + seen[0] + " of " + files + " files");
    }
    return seen[0];
  }
}

package dev.coterie.check.nio;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** A process that locks through channels, as its lines have it: the first word, then a channel. */
final class FileLockMain {
  /** A channel and what is done with it. */
  private static final class Used {
    final Channel channel;
    final Deque<FileLock> locks = new ArrayDeque<>();
    @Nullable Thread thread;
    @Nullable Future<FileLock> waiting;
    volatile boolean interrupted;

    Used(Channel channel) {
      this.channel = channel;
    }
  }

  private final Path root;
  private final Map<String, Used> channels = new HashMap<>();

  private FileLockMain(Path root) {
    this.root = root;
  }

  /** Before the URI of a tree: with copies. */
  static final String COPIES = "copies:";

  /** Arguments: the URI of a tree or a directory of the machine. */
  public static void main(String[] args) throws Exception {
    boolean copies = args[0].startsWith(COPIES);
    String place = copies ? args[0].substring(COPIES.length()) : args[0];
    if (place.startsWith("coterie:")) {
      Map<String, ?> options = copies ? Map.of("copiesBytes", 1 << 20) : Map.of();
      try (FileSystem tree = FileSystems.newFileSystem(URI.create(place), options)) {
        new FileLockMain(tree.getPath("/")).serve();
      }
    } else {
      new FileLockMain(Path.of(place)).serve();
    }
  }

  private void serve() throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      System.out.println(words[0] + " " + answer(words));
    }
  }

  private String answer(String[] words) throws Exception {
    Used used = channels.get(words[1]);
    if (used == null) {
      Path file = root.resolve(words[2]);
      Channel channel =
          words[0].equals("async")
              ? AsynchronousFileChannel.open(file, READ, WRITE, CREATE)
              : FileChannel.open(file, READ, WRITE, CREATE);
      channels.put(words[1], new Used(channel));
      return "ok";
    }
    switch (words[0]) {
      case "try" -> {
        return tryLock(used, Long.parseLong(words[2]), Long.parseLong(words[3]), shared(words));
      }
      case "begin" ->
          begin(used, Long.parseLong(words[2]), Long.parseLong(words[3]), shared(words));
      case "end" -> {
        return end(used);
      }
      case "interrupt" -> {
        if (used.thread != null) {
          used.thread.interrupt();
        }
      }
      case "cancel" -> {
        return String.valueOf(used.waiting != null && used.waiting.cancel(false));
      }
      case "release" -> used.locks.pop().release();
      case "close" -> used.channel.close();
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "ok";
  }

  private static boolean shared(String[] words) {
    return words[4].equals("shared");
  }

  private static String tryLock(Used used, long position, long size, boolean shared) {
    try {
      FileLock lock =
          used.channel instanceof FileChannel channel
              ? channel.tryLock(position, size, shared)
              : ((AsynchronousFileChannel) used.channel).tryLock(position, size, shared);
      if (lock == null) {
        return "busy";
      }
      used.locks.push(lock);
      return "locked";
    } catch (IOException | RuntimeException e) {
      return e.getClass().getSimpleName();
    }
  }

  private static void begin(Used used, long position, long size, boolean shared) {
    if (used.channel instanceof AsynchronousFileChannel channel) {
      used.waiting = channel.lock(position, size, shared);
      return;
    }
    FutureTask<FileLock> task =
        new FutureTask<>(() -> {
          try {
            return ((FileChannel) used.channel).lock(position, size, shared);
          } finally {
            used.interrupted = Thread.currentThread().isInterrupted();
          }
        });
    used.waiting = task;
    used.thread = Thread.ofPlatform().daemon().start(task);
  }

  /** How the waiting ended; after an exception also whether interrupted, and whether open. */
  private static String end(Used used) throws InterruptedException {
    Future<FileLock> waiting = used.waiting;
    if (waiting == null) {
      return "nothing";
    }
    try {
      used.locks.push(waiting.get());
      return "locked";
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNull(e.getCause());
      String text = String.valueOf(cause.getMessage());
      return (text.contains("Resource deadlock avoided")
              ? "deadlock"
              : cause.getClass().getSimpleName())
          + (used.interrupted ? " interrupted" : "")
          + (used.channel.isOpen() ? " open" : " closed");
    }
  }
}

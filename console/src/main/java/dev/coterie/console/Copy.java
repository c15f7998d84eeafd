package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code cp}, {@code put} or {@code get}: files are copied by several threads, so that
 * the leader always has several requests at hand; large ones in pieces. Directories get their
 * permissions and times last, when nothing is made in them any more.
 *
 * <p>What cannot be copied is complained about, and the rest goes on.
 */
final class Copy implements AutoCloseable {
  private static final int THREADS = 8;
  private static final int PIECE_BYTES = 512 << 10;

  /** Files waiting for a thread; the walk waits rather than run ahead of more. */
  private static final int WAITING_MAX = 256;

  /**
   * What is wanted.
   *
   * @param recursive directories with all that is in them; symbolic links stay links then
   * @param keep permissions and times of files outside of a recursive copy too
   */
  record Options(boolean recursive, boolean keep) {}

  /** A directory whose permissions and times are still to be set. */
  private record Unfinished(String path, Side.Info info) {}

  private final Side from;
  private final Side to;
  private final Options options;
  private final Console console;
  private final Totals totals;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("coterie-copy-", 0).factory());
  private final Semaphore room = new Semaphore(WAITING_MAX);
  private final List<Unfinished> directories = new ArrayList<>(); // the walking thread's

  Copy(Side from, Side to, Options options, Console console, Totals totals) {
    this.from = from;
    this.to = to;
    this.options = options;
    this.console = console;
    this.totals = totals;
  }

  /** Copies one source to exactly this path. */
  void add(String source, String target) {
    try {
      Side.Info info = from.info(source, !options.recursive());
      if (Mode.isDirectory(info.mode()) && !options.recursive()) {
        console.complain(source + ": " + Errno.EISDIR.text() + "; -r copies it");
        return;
      }
      copy(source, target, info, null);
    } catch (IOException e) {
      console.complain(source, e);
    }
  }

  /**
   * @param root key of the directory that is being made at the top of the target: never to be gone
   *     into, for it would go on growing
   */
  private void copy(String source, String target, Side.Info info, @Nullable Object root) {
    switch (info.mode() & Mode.S_IFMT) {
      case Mode.S_IFDIR -> copyDirectory(source, target, info, root);
      case Mode.S_IFLNK -> copyLink(source, target, info);
      case Mode.S_IFREG -> enqueue(() -> copyFile(source, target, info));
      default -> copyNode(target, info, source);
    }
  }

  private void enqueue(Runnable task) {
    room.acquireUninterruptibly();
    threads.execute(() -> {
      try {
        task.run();
      } finally {
        room.release();
      }
    });
  }

  private void copyDirectory(String source, String target, Side.Info info, @Nullable Object root) {
    Object key;
    List<String> names;
    try {
      boolean made = makeDirectory(target, info.mode());
      Side.Info there = to.info(target, true);
      if (from.equals(to) && (there.key().equals(info.key()) || info.key().equals(root))) {
        console.complain(source + ": not copied into itself");
        return;
      }
      key = root == null ? there.key() : root;
      names = from.list(source);
      // The place that was named and was there before keeps what it has.
      if (made || root != null) {
        directories.add(new Unfinished(target, info));
      }
      totals.directory();
    } catch (IOException e) {
      complain(source, target, e);
      return;
    }
    for (String name : names) {
      String entry = ByteText.join(source, name);
      try {
        copy(entry, ByteText.join(target, name), from.info(entry, false), key);
      } catch (IOException e) {
        console.complain(entry, e);
      }
    }
  }

  private boolean makeDirectory(String target, int mode) throws IOException {
    try {
      to.mkdir(target, mode & Mode.PERMISSIONS | 0700);
      return true;
    } catch (IOException e) {
      if (to.isMissing(e) || !Mode.isDirectory(to.info(target, true).mode())) {
        throw e;
      }
      return false;
    }
  }

  private void copyLink(String source, String target, Side.Info info) {
    try {
      String link = from.readlink(source);
      try {
        to.symlink(link, target);
      } catch (IOException e) {
        replace(target, e);
        to.symlink(link, target);
      }
      to.utimens(target, info.atime(), info.mtime());
      totals.link();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  private void copyNode(String target, Side.Info info, String source) {
    try {
      to.mknod(target, info.mode(), info.rdev());
      to.utimens(target, info.atime(), info.mtime());
      totals.link();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  /** Removes what is in the way, unless it is a directory or the error was another one. */
  private void replace(String target, IOException cause) throws IOException {
    Side.Info there;
    try {
      there = to.info(target, false);
    } catch (IOException e) {
      throw cause;
    }
    if (Mode.isDirectory(there.mode())) {
      throw cause;
    }
    to.unlink(target);
  }

  private void complain(String source, String target, IOException cause) {
    console.complain(source + " -> " + target, cause);
  }

  // ---- files ----

  private void copyFile(String source, String target, Side.Info info) {
    try {
      if (from.equals(to) && isSame(target, info)) {
        console.complain(source + ": the same file as " + target);
        return;
      }
      Side.Content in = from.open(source);
      Side.Content out;
      try {
        out = to.create(target, info.mode() & 0777);
      } catch (IOException e) {
        in.close();
        throw e;
      }
      FileCopy copy = new FileCopy(source, target, info, in, out);
      int helpers = (int) Math.min(THREADS / 2, (info.size() - 1) / PIECE_BYTES);
      for (int i = 0; i < helpers; i++) {
        copy.join();
        threads.execute(copy);
      }
      copy.run();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  private boolean isSame(String target, Side.Info info) {
    try {
      return to.info(target, true).key().equals(info.key());
    } catch (IOException e) {
      return false; // create says what is wrong, if anything
    }
  }

  /** One file, copied piece by piece by any number of threads; the last one to leave ends it. */
  private final class FileCopy implements Runnable {
    private final String source;
    private final String target;
    private final Side.Info info;
    private final Side.Content in;
    private final Side.Content out;
    private final AtomicLong next = new AtomicLong(); // offset
    private final AtomicInteger atWork = new AtomicInteger(1);
    private final AtomicBoolean failed = new AtomicBoolean();
    private volatile boolean atEnd;

    FileCopy(String source, String target, Side.Info info, Side.Content in, Side.Content out) {
      this.source = source;
      this.target = target;
      this.info = info;
      this.in = in;
      this.out = out;
    }

    void join() {
      atWork.incrementAndGet();
    }

    @Override
    public void run() {
      try {
        ByteBuffer buffer = null;
        while (!atEnd && !failed.get()) {
          if (buffer == null) {
            buffer = ByteBuffer.allocate(Math.clamp(info.size() + 1, 4096, PIECE_BYTES));
          }
          piece(next.getAndAdd(buffer.capacity()), buffer);
        }
      } catch (IOException e) {
        fail(e, "; the copy is incomplete");
      } finally {
        if (atWork.decrementAndGet() == 0) {
          end();
        }
      }
    }

    private void piece(long start, ByteBuffer buffer) throws IOException {
      long end = start + buffer.capacity();
      for (long at = start; at < end; ) {
        long count = copyInside(at, end - at);
        if (count < 0) {
          buffer.clear().limit((int) (end - at));
          count = in.read(buffer, at);
          out.write(buffer.flip(), at);
        }
        if (count == 0) {
          atEnd = true;
          return;
        }
        at += count;
        totals.bytes(count);
      }
    }

    /** Has the leader copy, where both are in one mount of its tree; else -1. */
    private long copyInside(long at, long length) throws IOException {
      if (in instanceof TreeSide.TreeContent source && out instanceof TreeSide.TreeContent target) {
        try {
          return source.copyTo(target, at, length);
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EXDEV && e.errno() != Errno.EOPNOTSUPP) {
            throw e;
          }
        }
      }
      return -1;
    }

    private void fail(IOException cause, String consequence) {
      if (!failed.getAndSet(true)) {
        console.complain(source + " -> " + target + ": " + Failure.reason(cause) + consequence);
      }
    }

    private void end() {
      try (in;
          out) {
        // Only closed.
      } catch (IOException e) {
        fail(e, "; the copy may be incomplete");
      }
      if (failed.get()) {
        return;
      }
      try {
        if (options.recursive() || options.keep()) {
          to.chmod(target, info.mode());
          to.utimens(target, info.atime(), info.mtime());
        }
        totals.file();
      } catch (IOException e) {
        fail(e, "");
      }
    }
  }

  /** Waits for all files, then finishes the directories. */
  @Override
  public void close() {
    room.acquireUninterruptibly(WAITING_MAX);
    threads.close();
    for (Unfinished directory : directories.reversed()) {
      try {
        to.chmod(directory.path(), directory.info().mode());
        to.utimens(directory.path(), directory.info().atime(), directory.info().mtime());
      } catch (IOException e) {
        console.complain(directory.path(), e);
      }
    }
  }
}

package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.Mode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code cp}, {@code put} or {@code get}: files are copied by several threads, so that
 * the leader always has several requests at hand; large ones in pieces. Several names of one file
 * stay names of one file in a recursive copy. Directories get their permissions and times last,
 * when nothing is made in them any more.
 *
 * <p>What cannot be copied is complained about, and the rest goes on.
 */
final class Copy implements AutoCloseable {
  private static final int THREADS = 8;

  /** Files waiting for a thread; the walk waits rather than run ahead of more. */
  private static final int WAITING_MAX = 256;

  /**
   * What is wanted.
   *
   * @param recursive directories with all that is in them; symbolic links stay links then
   * @param keep permissions and times of files outside of a recursive copy too
   * @param archive owners and extended attributes too
   * @param sparse blocks of zeros become holes
   */
  record Options(boolean recursive, boolean keep, boolean archive, boolean sparse) {}

  /** A directory whose permissions and times are still to be set. */
  private record Unfinished(String source, String path, Side.Info info) {}

  /** The first name of a file with several, and whether it is there. */
  private static final class FirstName {
    final String target;
    volatile boolean copied;

    FirstName(String target) {
      this.target = target;
    }
  }

  /** A name that is to be one of a file copied by another name. */
  private record OtherName(FirstName first, String source, String target) {}

  private final Side from;
  private final Side to;
  private final Options options;
  private final Console console;
  private final Totals totals;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("coterie-copy-", 0).factory());
  private final Semaphore room = new Semaphore(WAITING_MAX);
  private final CopyAttributes attributes;

  // The walking thread's.
  private final List<Unfinished> directories = new ArrayList<>();
  private final Map<Object, FirstName> firstNames = new HashMap<>();
  private final List<OtherName> otherNames = new ArrayList<>();

  Copy(Side from, Side to, Options options, Console console, Totals totals) {
    this.from = from;
    this.to = to;
    this.options = options;
    this.console = console;
    this.totals = totals;
    this.attributes = new CopyAttributes(from, to, options.archive());
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
    if (Mode.isDirectory(info.mode())) {
      copyDirectory(source, target, info, root);
      return;
    }
    FirstName first = null;
    if (options.recursive() && info.nlink() > 1) {
      first = firstNames.get(info.key());
      if (first != null) {
        otherNames.add(new OtherName(first, source, target));
        return;
      }
      first = new FirstName(target);
      firstNames.put(info.key(), first);
    }
    FirstName name = first;
    switch (info.mode() & Mode.S_IFMT) {
      case Mode.S_IFLNK -> copyLink(source, target, info, name);
      case Mode.S_IFREG -> enqueue(() -> copyFile(source, target, info, name));
      default -> copyNode(source, target, info, name);
    }
  }

  private static void isCopied(@Nullable FirstName name) {
    if (name != null) {
      name.copied = true;
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
        directories.add(new Unfinished(source, target, info));
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

  private void copyLink(String source, String target, Side.Info info, @Nullable FirstName name) {
    try {
      String link = from.readlink(source);
      make(target, () -> to.symlink(link, target));
      attributes.keepOfNode(target, info);
      isCopied(name);
      totals.link();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  private void copyNode(String source, String target, Side.Info info, @Nullable FirstName name) {
    try {
      make(target, () -> to.mknod(target, info.mode(), info.rdev()));
      attributes.keepOfNode(target, info);
      isCopied(name);
      totals.link();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  private void copyOtherName(OtherName name) {
    if (!name.first().copied) {
      console.complain(
          name.source() + " -> " + name.target() + ": another name of a file that was not copied");
      return;
    }
    try {
      if (!isFirst(name)) {
        make(name.target(), () -> to.link(name.first().target, name.target()));
      }
      totals.link();
    } catch (IOException e) {
      complain(name.source(), name.target(), e);
    }
  }

  /** Whether the name is one of that file already. */
  private boolean isFirst(OtherName name) {
    try {
      Side.Info there = to.info(name.target(), false);
      return there.nlink() > 1 && there.key().equals(to.info(name.first().target, false).key());
    } catch (IOException e) {
      return false; // mostly there is none yet; whatever else is wrong, making the link says it
    }
  }

  /** One attempt to make something at the target. */
  private interface Making {
    void make() throws IOException;
  }

  private void make(String target, Making making) throws IOException {
    try {
      making.make();
    } catch (IOException e) {
      replace(target, e);
      making.make();
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

  private void copyFile(String source, String target, Side.Info info, @Nullable FirstName name) {
    try {
      if (from.equals(to) && isSame(target, info)) {
        console.complain(source + ": the same file as " + target);
        return;
      }
      Side.Content in = from.open(source);
      Side.Content out;
      try {
        out = to.create(target, permissionsAtFirst(info));
      } catch (IOException e) {
        in.close();
        throw e;
      }
      boolean zeros = options.sparse() || (options.archive() && !from.knowsHoles());
      FileCopy copy = new FileCopy(info, in, out, zeros, outcome(source, target, info, name));
      int helpers = (int) Math.min(THREADS / 2, (info.size() - 1) / FileCopy.PIECE_BYTES);
      for (int i = 0; i < helpers; i++) {
        copy.join();
        threads.execute(copy);
      }
      copy.run();
    } catch (IOException e) {
      complain(source, target, e);
    }
  }

  /** For nobody else until it has its owner, and so that its attributes can be set. */
  private int permissionsAtFirst(Side.Info info) {
    return options.archive() ? info.mode() & 0700 | 0600 : info.mode() & 0777;
  }

  private FileCopy.Outcome outcome(
      String source, String target, Side.Info info, @Nullable FirstName name) {
    return new FileCopy.Outcome() {
      @Override
      public void bytes(long count) {
        totals.bytes(count);
      }

      @Override
      public void done() throws IOException {
        isCopied(name);
        if (options.recursive() || options.keep()) {
          attributes.keep(source, target, info);
        }
        totals.file();
      }

      @Override
      public void failed(IOException cause, String consequence) {
        console.complain(source + " -> " + target + ": " + Failure.reason(cause) + consequence);
      }
    };
  }

  private boolean isSame(String target, Side.Info info) {
    try {
      return to.info(target, true).key().equals(info.key());
    } catch (IOException e) {
      return false; // create says what is wrong, if anything
    }
  }

  /** Waits for all files, gives them their other names, then finishes the directories. */
  @Override
  public void close() {
    room.acquireUninterruptibly(WAITING_MAX);
    threads.close();
    otherNames.forEach(this::copyOtherName);
    for (Unfinished directory : directories.reversed()) {
      try {
        attributes.keep(directory.source(), directory.path(), directory.info());
      } catch (IOException e) {
        console.complain(directory.path(), e);
      }
    }
  }
}

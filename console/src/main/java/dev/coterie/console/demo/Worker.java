package dev.coterie.console.demo;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;

/** One process of a demo, told what to do by its coordinator. */
public final class Worker {
  private static final int LOG_MODE = 0600;

  private final Tree tree;
  private final String folder;
  private final int index;
  private final int records;
  private final Pipe pipe;

  /**
   * @param folder where the demo takes place
   * @param index which worker this is; the first one, 0, has a part of its own
   * @param records to write
   */
  public Worker(Tree tree, String folder, int index, int records, InputStream in, PrintStream out) {
    this.tree = tree;
    this.folder = folder;
    this.index = index;
    this.records = records;
    this.pipe = new Pipe(in, out);
  }

  /**
   * Plays the part; what goes wrong is told to the coordinator.
   *
   * @param demo the word of a {@link Demo.Kind}
   */
  public void run(String demo) {
    try {
      switch (demo) {
        case "append" -> append();
        case "shared-handle" -> shareHandle();
        case "locks" -> writeLocked();
        case "simple" -> simple();
        default -> new EventWorker(tree, folder, index, records, pipe).run();
      }
    } catch (ErrnoException e) {
      pipe.say("failed " + e.getMessage());
    } catch (IOException e) {
      pipe.say("failed " + e);
    }
  }

  // ---- writers ----

  /** Each process opens the log for itself; O_APPEND alone keeps the records apart. */
  private void append() throws IOException {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
    try (OpenFile file = tree.open(folder + "/log", flags, LOG_MODE)) {
      write(file);
    }
  }

  /** One process opens the log, and all write at the one offset of its open file. */
  private void shareHandle() throws IOException {
    try (OpenFile file = index == 0 ? openAndShare() : tree.take(heardToken())) {
      write(file);
    }
  }

  private OpenFile openAndShare() throws IOException {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT;
    OpenFile file = tree.open(folder + "/log", flags, LOG_MODE);
    int others = Integer.parseInt(pipe.hear("share"));
    for (int i = 0; i < others; i++) {
      pipe.say("token " + file.share().toSecret());
    }
    return file;
  }

  private Token heardToken() throws IOException {
    return Token.ofSecret(pipe.hear("token"));
  }

  private void write(OpenFile file) throws IOException {
    byte[] line = new byte[LogRecord.BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(line);
    pipe.say("ready");
    pipe.hear("go");
    for (int i = 0; i < records; i++) {
      new LogRecord(index, i).putInto(line);
      buffer.clear();
      if (file.write(buffer) != line.length) {
        throw new IOException("short write");
      }
      pipe.sayAlive(i);
    }
    pipe.say("done");
  }

  /**
   * Each process writes its records where a counter says, and moves that on: three steps, which
   * only a lock on the counter keeps together. Every other process locks as a process, the others
   * by their handle; these exclude each other.
   */
  private void writeLocked() throws IOException {
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
    try (OpenFile log = tree.open(folder + "/log", flags, LOG_MODE);
        OpenFile counter = tree.open(folder + "/counter", flags, LOG_MODE)) {
      ByteBuffer line = ByteBuffer.allocate(LogRecord.BYTES);
      RangeLock.Kind kind = index % 2 == 0 ? RangeLock.Kind.POSIX : RangeLock.Kind.OFD;
      pipe.say("ready");
      pipe.hear("go");
      for (int i = 0; i < records; i++) {
        new LogRecord(index, i).putInto(line.array());
        lock(counter, RangeLock.whole(kind, RangeLock.Type.WRITE));
        writeAtCounter(log, counter, line.clear());
        lock(counter, RangeLock.whole(kind, RangeLock.Type.UNLOCK));
        pipe.sayAlive(i);
      }
      pipe.say("done");
    }
  }

  private void lock(OpenFile file, RangeLock lock) throws ErrnoException {
    tree.service().lock(tree.caller(), file.handle(), lock, true);
  }

  /** With the counter locked. */
  private static void writeAtCounter(OpenFile log, OpenFile counter, ByteBuffer line)
      throws IOException {
    ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    boolean fresh = counter.pread(number, 0) < Long.BYTES;
    long next = fresh ? 0 : number.getLong(0);
    boolean whole = log.pwrite(line, next * LogRecord.BYTES) == LogRecord.BYTES;
    if (!whole || counter.pwrite(number.clear().putLong(0, next + 1), 0) != Long.BYTES) {
      throw new IOException("short write");
    }
  }

  // ---- simple ----

  private void simple() throws IOException {
    pipe.say("ready");
    Scene scene = new Scene(0, Step.CREATE);
    for (String line = pipe.hear(); !line.equals("end"); line = pipe.hear()) {
      if (index == 0) {
        change(scene);
        pipe.say("state " + scene.toText());
        scene = scene.next();
      } else {
        look(Scene.parse(line.substring("look ".length())));
      }
    }
  }

  private void change(Scene scene) throws IOException {
    String first = folder + "/" + scene.firstName();
    String second = folder + "/" + scene.secondName();
    switch (scene.step()) {
      case CREATE ->
          tree.open(first, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, LOG_MODE)
              .close();
      case WRITE -> {
        try (OpenFile file = tree.open(first, OpenFlags.O_WRONLY, 0)) {
          if (file.write(ByteBuffer.wrap(scene.content())) != scene.content().length) {
            throw new IOException("short write");
          }
        }
      }
      case RENAME -> tree.rename(first, second, 0);
      case TRUNCATE -> tree.truncate(second, scene.content().length);
      case REMOVE -> tree.unlink(second);
    }
  }

  private void look(Scene scene) throws ErrnoException {
    Look look = new Look(tree, folder, scene);
    look.all();
    pipe.say("seen " + look.answers() + " " + look.stale());
  }

  static boolean isGone(ErrnoException e) {
    return e.errno() == Errno.EIO || e.errno() == Errno.ENOTCONN || e.errno() == Errno.ESTALE;
  }
}

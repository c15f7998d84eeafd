package dev.coterie.console;

import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicLong;

/** What a copy has come to; shows it on a terminal while it takes long, and at the end. */
final class Totals implements AutoCloseable {
  private static final long QUIET_MS = 1000;
  private static final long SHOW_MS = 200;
  private static final String ERASE_LINE = "\r\033[K";

  private final AtomicLong files = new AtomicLong();
  private final AtomicLong directories = new AtomicLong();
  private final AtomicLong links = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final long beginNanos = System.nanoTime();
  private final PrintStream err;
  private final Thread progress;

  Totals(Console console) {
    err = console.err();
    progress = Thread.ofPlatform().daemon().name("coterie-progress").unstarted(this::show);
    if (console.isTerminalErr()) {
      progress.start();
    }
  }

  void file() {
    files.incrementAndGet();
  }

  void directory() {
    directories.incrementAndGet();
  }

  /** A symbolic link, a further name of a file, a FIFO, socket or device. */
  void link() {
    links.incrementAndGet();
  }

  void bytes(long count) {
    bytes.addAndGet(count);
  }

  private void show() {
    boolean shown = false;
    try {
      for (long pause = QUIET_MS; ; pause = SHOW_MS) {
        Thread.sleep(pause);
        err.print(ERASE_LINE + files.get() + " files, " + amount(bytes.get()));
        err.flush();
        shown = true;
      }
    } catch (InterruptedException e) {
      // The copy is over.
    }
    if (shown) {
      err.print(ERASE_LINE);
      err.flush();
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Ends the progress line. */
  private void stop() {
    progress.interrupt();
    try {
      progress.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private double seconds() {
    return (System.nanoTime() - beginNanos) / 1e9;
  }

  /** What it came to in the end. */
  void print(Console console, boolean json) {
    stop();
    double seconds = seconds();
    if (!json) {
      long perSecond = Math.round(bytes.get() / Math.max(seconds, 1e-3));
      console
          .out()
          .println(
              files
                  + " files, "
                  + directories
                  + " directories, "
                  + links
                  + " links, "
                  + amount(bytes.get())
                  + " in "
                  + Math.round(seconds * 100) / 100.0
                  + " s, "
                  + amount(perSecond)
                  + "/s");
      return;
    }
    try (Json document = new Json(console)) {
      document
          .beginObject()
          .field("files", files.get())
          .field("directories", directories.get())
          .field("links", links.get())
          .field("bytes", bytes.get())
          .field("seconds", seconds)
          .endObject();
    }
  }

  static String amount(long count) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int unit = 0;
    double value = count;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return (unit == 0 ? Long.toString(count) : Double.toString(Math.round(value * 10) / 10.0))
        + " "
        + units[unit];
  }
}

package dev.coterie.console.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A worker's two pipes to its coordinator. */
final class Pipe {
  private static final int ORPHANED = 3;
  private static final long LIFE_NANOS = 1_000_000_000;

  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final PrintStream out;
  private long lastLife = System.nanoTime();

  Pipe(InputStream in, PrintStream out) {
    this.out = out;
    Thread.ofPlatform().daemon().name("coterie-demo-in").start(() -> listen(in));
  }

  private void listen(InputStream in) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        heard.add(line);
      }
    } catch (IOException e) {
      // As good as its end, which is dealt with below.
    }
    // The coordinator is gone, however it ended: nobody is to be left behind.
    Runtime.getRuntime().halt(ORPHANED);
  }

  void say(String line) {
    out.println(line);
    out.flush();
  }

  /** Says now and then that there is progress. */
  void sayAlive(int records) {
    long now = System.nanoTime();
    if (now - lastLife > LIFE_NANOS) {
      lastLife = now;
      say("at " + records);
    }
  }

  String hear() throws IOException {
    try {
      return heard.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What follows the keyword in the next line, which must begin with it. */
  String hear(String keyword) throws IOException {
    String line = hear();
    if (line.equals(keyword)) {
      return "";
    }
    if (!line.startsWith(keyword + " ")) {
      throw new IOException("not " + keyword + " but " + line);
    }
    return line.substring(keyword.length() + 1);
  }
}

package dev.coterie.console.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The worker processes of one demo, seen by its coordinator: one thread uses this. One that dies or
 * says nothing for too long ends the demo; closing this leaves no process behind.
 */
final class Workers implements AutoCloseable {
  private static final long END_MS_MAX = 10_000;

  /** How long it may take, at least, until all have begun: they start at the same time. */
  private static final long BEGIN_MS_MAX = 60_000;

  /** What a worker said; a null line is the end of its output. */
  private record Heard(int worker, @Nullable String line) {}

  /** A line of a worker. */
  record Line(int worker, String text) {
    /** The words of the line after {@code keyword}; null if it is another one. */
    @Nullable String after(String keyword) {
      if (text.equals(keyword)) {
        return "";
      }
      return text.startsWith(keyword + " ") ? text.substring(keyword.length() + 1) : null;
    }
  }

  /** One worker. */
  private static final class Member {
    final Process process;
    long lastNanos = System.nanoTime();
    boolean begun; // it has said something
    boolean atWork; // it was told something since
    boolean done;

    Member(Process process) {
      this.process = process;
    }
  }

  private final List<Member> members = new ArrayList<>();
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final long silenceMsMax;

  Workers(long silenceMsMax) {
    this.silenceMsMax = silenceMsMax;
  }

  /** Starts one more worker. */
  void start(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    int index = members.size();
    members.add(new Member(process));
    Thread.ofPlatform().daemon().name("coterie-demo-" + index).start(() -> listen(index, process));
  }

  private void listen(int index, Process process) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        heard.add(new Heard(index, line));
      }
    } catch (IOException e) {
      // The process was ended while we were reading: as good as the end of its output.
    }
    heard.add(new Heard(index, null));
  }

  int count() {
    return members.size();
  }

  void send(int worker, String line) throws DemoFailure {
    Member member = members.get(worker);
    member.lastNanos = System.nanoTime();
    member.atWork = member.begun;
    try {
      OutputStream stdin = member.process.getOutputStream();
      stdin.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      stdin.flush();
    } catch (IOException e) {
      throw died(worker);
    }
  }

  void sendAll(String line) throws DemoFailure {
    for (int i = 0; i < members.size(); i++) {
      send(i, line);
    }
  }

  /** The next line of any worker that is not only a sign of life. */
  Line next() throws DemoFailure {
    while (true) {
      Heard next = poll();
      if (next == null) {
        continue;
      }
      Member member = members.get(next.worker());
      member.lastNanos = System.nanoTime();
      member.begun = true;
      if (next.line() == null) {
        if (!member.done) {
          throw died(next.worker());
        }
        continue;
      }
      Line line = new Line(next.worker(), next.line());
      if (line.after("failed") != null) {
        throw new DemoFailure(nameOf(line.worker()) + ": " + line.after("failed"));
      }
      if (line.after("done") != null) {
        member.done = true;
      }
      if (line.after("at") == null) {
        return line;
      }
    }
  }

  /** Waits until every worker has said this. */
  void awaitAll(String keyword) throws DemoFailure {
    for (int missing = members.size(); missing > 0; missing--) {
      Line line = next();
      if (line.after(keyword) == null) {
        throw unexpected(line);
      }
    }
  }

  /** Waits until one worker has said this; what follows the keyword. */
  String await(String keyword) throws DemoFailure {
    Line line = next();
    String said = line.after(keyword);
    if (said == null) {
      throw unexpected(line);
    }
    return said;
  }

  /** Ends a worker as kill -9 does: nothing more is expected of it. */
  void kill(int worker) throws DemoFailure {
    Member member = members.get(worker);
    member.done = true;
    member.process.destroyForcibly();
    if (!awaitEnd(member.process)) {
      throw new DemoFailure(nameOf(worker) + ": cannot be killed");
    }
  }

  /** The worker said something else than its part has it say now. */
  DemoFailure unexpected(Line line) {
    return new DemoFailure(nameOf(line.worker()) + ": said '" + line.text() + "'");
  }

  private @Nullable Heard poll() throws DemoFailure {
    long now = System.nanoTime();
    long least = silenceMsMax;
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      if (member.done) {
        continue;
      }
      long most = member.atWork ? silenceMsMax : Math.max(silenceMsMax, BEGIN_MS_MAX);
      long left = most - TimeUnit.NANOSECONDS.toMillis(now - member.lastNanos);
      if (left <= 0 && heard.isEmpty()) {
        throw new DemoFailure(nameOf(i) + ": hangs, nothing heard of it for " + most + " ms");
      }
      least = Math.clamp(left, 1, least);
    }
    try {
      return heard.poll(least, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailure("interrupted");
    }
  }

  private DemoFailure died(int worker) {
    Process process = members.get(worker).process;
    String how = awaitEnd(process) ? "exit status " + process.exitValue() : "closed its output";
    return new DemoFailure(nameOf(worker) + ": died, " + how);
  }

  private String nameOf(int worker) {
    return "worker " + worker + " (pid " + members.get(worker).process.pid() + ")";
  }

  /** Waits until all have ended by themselves, as they do when they are done. */
  void awaitEnds() throws DemoFailure {
    for (int i = 0; i < members.size(); i++) {
      Process process = members.get(i).process;
      if (!awaitEnd(process)) {
        throw new DemoFailure(nameOf(i) + ": does not end");
      }
      if (process.exitValue() != 0) {
        throw died(i);
      }
    }
  }

  private static boolean awaitEnd(Process process) {
    try {
      return process.waitFor(END_MS_MAX, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    for (Member member : members) {
      member.process.destroyForcibly();
    }
    for (Member member : members) {
      awaitEnd(member.process);
    }
  }
}

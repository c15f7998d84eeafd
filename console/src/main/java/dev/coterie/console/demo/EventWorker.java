package dev.coterie.console.demo;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLEXCLUSIVE;
import static dev.coterie.api.EventMask.EPOLLIN;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One process of a demo of events: which part it plays its coordinator says. */
final class EventWorker {
  /** Data of the member that says that no more will come; those of others are positive. */
  static final long END = 0;

  /** What a worker adds at a time: 1, 2, 3, 1, … */
  private static final int UNITS = 3;

  private static final int LIFE_MS = 1000;
  private static final int RESTLESS_MS = 3;
  private static final long RESTLESS_NANOS = 1_000_000;
  private static final int MODE = 0600;

  private final Tree tree;
  private final String folder;
  private final int index;
  private final int records;
  private final Pipe pipe;
  private final Signals signals;

  EventWorker(Tree tree, String folder, int index, int records, Pipe pipe) {
    this.tree = tree;
    this.folder = folder;
    this.index = index;
    this.records = records;
    this.pipe = pipe;
    this.signals = new Signals(tree);
  }

  void run() throws IOException {
    pipe.say("ready");
    String[] words = pipe.hear("part").split(" ");
    List<Long> handles = new ArrayList<>();
    for (int i = 1; i < words.length; i++) {
      handles.add(signals.taken(words[i]));
    }
    switch (words[0]) {
      case "add" -> add(handles.getFirst());
      case "gather" -> gather(handles.get(0), handles.subList(1, handles.size()));
      case "step" -> step(handles.getFirst(), handles.subList(1, handles.size()));
      case "drain" -> answer(handles, true, false);
      case "note" -> answer(handles, false, false);
      case "restless" -> answerRestless(handles);
      case "fifo" -> writeFifo();
      case "change" -> change();
      case "perish" -> perish(handles.get(0), handles.get(1));
      case "survive" -> survive(handles.get(0), handles.get(1), handles.get(2));
      default -> throw new IOException("no part " + words[0]);
    }
  }

  private void begin() throws IOException {
    pipe.say("set");
    pipe.hear("go");
  }

  // ---- counters: as fast as they can ----

  private void add(long counter) throws IOException {
    begin();
    long units = 0;
    for (int i = 0; i < records; i++) {
      int number = 1 + i % UNITS;
      signals.put(counter, number);
      units += number;
      pipe.sayAlive(i);
    }
    pipe.say("done " + units);
  }

  /** Empties each counter that the set names; another process does the same. */
  private void gather(long set, List<Long> counters) throws IOException {
    begin();
    long units = 0;
    long changes = 0;
    boolean ending = false;
    while (true) {
      boolean found = false;
      for (Event event : signals.await(set, ending ? 0 : LIFE_MS)) {
        if (event.data() == END) {
          ending = true;
        } else {
          found = true;
          changes += event.changes();
          units += signals.take(counters.get((int) event.data() - 1));
        }
      }
      if (ending && !found) {
        break;
      }
      pipe.sayAlive(0);
    }
    pipe.say("done " + units + " " + changes);
  }

  // ---- cycles: the next only when this one was answered ----

  private void step(long work, List<Long> answers) throws IOException {
    long set = signals.set();
    for (long answer : answers) {
      signals.watch(set, answer, EPOLLIN, answer);
    }
    begin();
    for (int i = 0; i < records; i++) {
      signals.put(work, 1);
      if (!isAnswered(set, answers)) {
        break; // what does not come within the time is lost, as the count will show
      }
      pipe.sayAlive(i);
    }
    pipe.say("done");
  }

  private boolean isAnswered(long set, List<Long> answers) throws ErrnoException {
    Set<Long> missing = new HashSet<>(answers);
    while (!missing.isEmpty()) {
      List<Event> events = signals.await(set, Signals.ANSWER_MS);
      if (events.isEmpty()) {
        return false;
      }
      for (Event event : events) {
        if (signals.take(event.data()) > 0) {
          missing.remove(event.data());
        }
      }
    }
    return true;
  }

  /** Answers each edge that it is told of. */
  private void answer(List<Long> handles, boolean drains, boolean restless) throws IOException {
    long set = handles.get(0);
    if (!restless) {
      begin();
    }
    long reports = 0;
    long empty = 0;
    long givenUp = 0;
    boolean ending = false;
    while (true) {
      boolean found = false;
      int limitMs = restless ? ThreadLocalRandom.current().nextInt(RESTLESS_MS) : LIFE_MS;
      List<Event> events = signals.await(set, ending ? 0 : limitMs);
      givenUp += events.isEmpty() ? 1 : 0;
      for (Event event : events) {
        if (event.data() == END) {
          ending = true;
          continue;
        }
        found = true;
        reports++;
        empty += drains && signals.take(handles.get(1)) == 0 ? 1 : 0;
        signals.put(handles.get(2), 1);
      }
      if (ending && !found) {
        break;
      }
      pipe.sayAlive(0);
    }
    pipe.say("done " + reports + " " + empty + " " + givenUp);
  }

  /** The same with waits that end all the time: their time is up, or the thread is interrupted. */
  private void answerRestless(List<Long> handles) throws IOException {
    begin();
    FutureTask<Boolean> answering =
        new FutureTask<>(() -> {
          answer(handles, true, true);
          return true;
        });
    Thread waiter = Thread.ofPlatform().daemon().name("coterie-demo-waits").start(answering);
    while (!answering.isDone()) {
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(RESTLESS_NANOS));
      waiter.interrupt();
    }
    got(answering, 0);
  }

  /** What a wait came to, which is over or has so long. */
  private static <R> @Nullable R got(Future<R> wait, int limitMs) throws IOException {
    try {
      return wait.get(limitMs, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (ExecutionException e) {
      throw new IOException("the wait ended: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  // ---- FIFO ----

  private void writeFifo() throws IOException {
    try (OpenFile fifo = tree.open(folder + "/fifo", OpenFlags.O_WRONLY, 0)) {
      begin();
      byte[] line = new byte[LogRecord.BYTES];
      for (int i = 0; i < records; i++) {
        new LogRecord(index, i).putInto(line);
        if (fifo.write(ByteBuffer.wrap(line)) != line.length) {
          throw new IOException("short write");
        }
        pipe.sayAlive(i);
      }
      pipe.say("done");
    }
  }

  // ---- watch ----

  private void change() throws IOException {
    begin();
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    for (int i = 0; i < records; i++) {
      String name = folder + "/" + Changes.name(index, i);
      if (Changes.isCreation(i)) {
        tree.open(name, flags, MODE).close();
      } else {
        tree.unlink(name);
      }
      pipe.sayAlive(i);
    }
    pipe.say("done");
  }

  // ---- killed in a wait ----

  /** Waits, at a set that others have too and at one of its own, until it is killed. */
  private void perish(long shared, long counter) throws IOException {
    long own = signals.set();
    signals.watch(own, counter, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, 1);
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
    OpenFile alive = tree.open(folder + "/" + Events.lockName(index), flags, MODE);
    RangeLock lock = RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.WRITE);
    tree.service().lock(tree.caller(), alive.handle(), lock, true);
    begin();
    signals.await(own, 0); // edges that came before
    CompletableFuture<?> ofShared = signals.begin(new Operation.Evwait(shared, 1, -1));
    CompletableFuture<?> ofOwn = signals.begin(new Operation.Evwait(own, 1, -1));
    pipe.say("waits");
    got(CompletableFuture.anyOf(ofShared, ofOwn), Integer.MAX_VALUE);
    throw new IOException("was told before it was killed");
  }

  /** Waits at the same, behind those who will be killed, and says which waits have ended. */
  private void survive(long shared, long first, long second) throws IOException {
    long own = signals.set();
    pipe.say("set");
    boolean member = false;
    for (String line = pipe.hear(); !line.equals("end"); line = pipe.hear()) {
      if (member) {
        signals.unwatch(own, second);
      }
      signals.watch(own, second, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, 1);
      member = true;
      CompletableFuture<List<Event>> ofShared = signals.begin(new Operation.Evwait(shared, 9, -1));
      CompletableFuture<List<Event>> ofOwn = signals.begin(new Operation.Evwait(own, 9, -1));
      pipe.say("waits");
      pipe.hear("look");
      int seenShared = reports(ofShared);
      int seenOwn = reports(ofOwn);
      int more = signals.await(shared, 0).size() + signals.await(own, 0).size();
      signals.take(first);
      signals.take(second);
      pipe.say("seen " + seenShared + " " + seenOwn + " " + more);
      if (seenShared == 0 || seenOwn == 0) {
        break; // a wait is left over, which the next round must not have
      }
    }
    pipe.say("done");
  }

  private static int reports(Future<List<Event>> wait) throws IOException {
    List<Event> events = got(wait, Signals.ANSWER_MS);
    return events == null ? 0 : events.size();
  }
}

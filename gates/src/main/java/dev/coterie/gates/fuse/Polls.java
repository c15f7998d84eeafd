package dev.coterie.gates.fuse;

import static dev.coterie.api.EventMask.CHANGES_ONLY;
import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static dev.coterie.api.EventMask.EPOLLOUT;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What programs poll on one mount.
 *
 * <p>The kernel keeps no state of it: POLL asks what an open file is ready for, and whether it is
 * to be told when that may have changed; then it asks again. So the mount has one event set at the
 * leader, whose members are the polled files, and one thread, from the first POLL on, that waits
 * for the set and tells the kernel. What a file is ready for now is asked of a set that has it as
 * its only member.
 *
 * <p><b>Nothing is missed</b>: a file is watched before it is looked at. <b>Nothing is told
 * twice</b>, as an edge is to come once: each POLL that follows a word to the kernel has looked
 * itself, so what was reported of the time before is of an older <i>generation</i>, and dropped.
 *
 * <p><b>At once</b>: who has written through this mount finds those who wait on this mount woken up
 * when the call returns, as on one machine, whether the set has told yet or not.
 */
final class Polls {
  private static final System.Logger LOG = System.getLogger(Polls.class.getName());

  private final Requests requests;
  private final AtomicInteger numbers = new AtomicInteger();
  private final ConcurrentHashMap<Long, File> files = new ConcurrentHashMap<>(); // by handle
  private final ConcurrentHashMap<Integer, File> byNumber = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, List<File>> byNode = new ConcurrentHashMap<>();
  private @Nullable CompletableFuture<Long> set; // guarded by this; made by the first who polls
  private volatile @Nullable Thread listener; // atomic

  Polls(Requests requests) {
    this.requests = requests;
  }

  // ---- the files ----

  /**
   * An open file that is polled.
   *
   * @param kh what the kernel calls it
   * @param wakes tells the kernel of it
   */
  File file(long handle, long node, long kh, LongConsumer wakes) {
    return files.computeIfAbsent(
        handle,
        h -> {
          File file = new File(handle, node, numbers.incrementAndGet(), kh, wakes);
          byNumber.put(file.number, file);
          byNode.compute(
              node,
              (n, others) -> {
                List<File> all = others == null ? new CopyOnWriteArrayList<>() : others;
                all.add(file);
                return all;
              });
          return file;
        });
  }

  /** It is closed, and with it no member of any set any more. */
  void released(long handle) {
    File file = files.remove(handle);
    if (file == null) {
      return;
    }
    byNumber.remove(file.number);
    byNode.computeIfPresent(
        file.node,
        (n, all) -> {
          all.remove(file);
          return all.isEmpty() ? null : all;
        });
    file.giveBack();
  }

  // ---- what is changed through this mount ----

  /** How often the kernel had been told of each of a node's files. */
  record Seen(Map<File, Integer> words) {
    static final Seen NONE = new Seen(Map.of());
  }

  /** To be taken before a change. */
  Seen seen(long node) {
    List<File> polled = byNode.get(node);
    if (polled == null) {
      return Seen.NONE;
    }
    Map<File, Integer> words = new HashMap<>();
    polled.forEach(file -> words.put(file, file.words()));
    return new Seen(words);
  }

  /**
   * Tells of a change those who have not been told meanwhile.
   *
   * @param hint what the node may have become ready for
   */
  void changed(long node, int hint, Seen before) {
    List<File> polled = byNode.get(node);
    if (polled != null) {
      polled.forEach(file -> file.changed(hint, before.words.getOrDefault(file, -1)));
    }
  }

  // ---- what the leader tells ----

  /** The mount's set. Nothing is asked with a lock held, as answers may come on this thread. */
  private CompletableFuture<Long> set() {
    CompletableFuture<Long> made = new CompletableFuture<>();
    synchronized (this) {
      if (set != null && !set.isCompletedExceptionally()) {
        return set;
      }
      set = made;
    }
    var _ = made.thenAccept(this::listenTo);
    forward(ask(new Operation.Evset()).thenApply(Operation.Opened::handle), made);
    return made;
  }

  private static <R> void forward(CompletableFuture<R> from, CompletableFuture<R> to) {
    var _ =
        from.whenComplete((result, failure) -> {
          if (failure == null) {
            to.complete(result);
          } else {
            to.completeExceptionally(failure);
          }
        });
  }

  private void listenTo(long handle) {
    listener = Thread.ofPlatform().daemon().name("coterie-fuse-events").start(() -> listen(handle));
  }

  private void listen(long handle) {
    try {
      while (true) {
        for (Event event : requests.evwait(handle, Limits.EVENTS_PER_WAIT)) {
          File file = byNumber.get((int) (event.data() >>> Integer.SIZE));
          if (file != null) {
            file.reported((int) event.data());
          }
        }
      }
    } catch (ErrnoException e) {
      // The mount has ended, or the leader has: who waits is to look, and finds that it has.
      LOG.log(System.Logger.Level.DEBUG, "no more events: {0}", e.getMessage());
      files.values().forEach(File::tell);
    }
  }

  void end() {
    Thread waiting = listener;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  private <R> CompletableFuture<R> ask(Operation<R> operation) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    requests.ask(
        Caller.ROOT,
        operation,
        new Completion<R>() {
          @Override
          public void done(R result) {
            answer.complete(result);
          }

          @Override
          public void failed(Errno errno) {
            answer.completeExceptionally(new ErrnoException(errno, operation.label()));
          }
        });
    return answer;
  }

  /** One open file. */
  final class File {
    private final long handle;
    private final long node;
    private final int number;
    private final long kh;
    private final LongConsumer wakes;
    private CompletableFuture<Integer> last =
        CompletableFuture.completedFuture(0); // guarded by this; one looks after the other
    private @Nullable Long own; // guarded by this; the set that has this file alone
    private boolean member; // guarded by this; of the mount's set
    private int mask; // guarded by this; what it is polled for since it was told of
    private int generation; // guarded by this
    private boolean told = true; // guarded by this; since it was watched last
    private int words; // guarded by this; how often

    private File(long handle, long node, int number, long kh, LongConsumer wakes) {
      this.handle = handle;
      this.node = node;
      this.number = number;
      this.kh = kh;
      this.wakes = wakes;
    }

    /**
     * What it is ready for now.
     *
     * @param events of which the kernel wants to be told; 0: of none
     */
    CompletableFuture<Integer> look(int events) {
      CompletableFuture<Integer> looked = new CompletableFuture<>();
      CompletableFuture<Integer> before;
      synchronized (this) {
        before = last;
        last = looked;
      }
      forward(
          before
              .handle((ready, failure) -> 0) // which is the other's
              .thenCompose(done -> watched(events))
              .thenCompose(done -> ownSet())
              .thenCompose(alone -> ask(new Operation.Evwait(alone, 1, 0)))
              .thenApply(found -> found.isEmpty() ? 0 : found.getFirst().mask()),
          looked);
      return looked;
    }

    private CompletableFuture<Long> ownSet() {
      Long known = known();
      return known != null
          ? CompletableFuture.completedFuture(known)
          : ask(new Operation.Evset()).thenCompose(opened -> filled(opened.handle()));
    }

    private CompletableFuture<Long> filled(long made) {
      int all = EPOLLIN | EPOLLOUT;
      return ask(new Operation.Evctl(made, Control.ADD, handle, all, 0))
          .whenComplete((done, failure) -> {
            if (failure == null) {
              owns(made);
            } else {
              requests.giveBackHandle(made);
            }
          })
          .thenApply(done -> made);
    }

    private synchronized @Nullable Long known() {
      return own;
    }

    private synchronized void owns(long made) {
      own = made;
    }

    /** Sees to it that the mount's set tells of these. */
    private CompletableFuture<?> watched(int events) {
      if (events == 0) {
        return CompletableFuture.completedFuture(0);
      }
      return set().thenCompose(made -> watchedIn(made, events));
    }

    private CompletableFuture<?> watchedIn(long made, int events) {
      Operation.Evctl change;
      synchronized (this) {
        if (!told && (events & ~mask) == 0) {
          return CompletableFuture.completedFuture(0);
        }
        // Whoever polled before it was told comes again, if he still wants to know.
        mask = told ? events : mask | events;
        generation += told ? 1 : 0;
        told = false;
        Control control = member ? Control.MOD : Control.ADD;
        int all = mask | EPOLLET | CHANGES_ONLY;
        long data = (long) number << Integer.SIZE | Integer.toUnsignedLong(generation);
        change = new Operation.Evctl(made, control, handle, all, data);
      }
      return ask(change)
          .whenComplete((done, failure) -> {
            isMember(failure == null);
            if (failure != null) {
              tell(); // it is not watched: so all who poll are to find that
            }
          });
    }

    private synchronized void isMember(boolean done) {
      member |= done;
    }

    /** The set has reported it. */
    private synchronized void reported(int ofGeneration) {
      // Else it has been looked at since, or is about to be: a second word would be a second edge.
      if (ofGeneration == generation && !told) {
        tell();
      }
    }

    private synchronized void changed(int hint, int wordsBefore) {
      if ((mask & hint) != 0 && words == wordsBefore) {
        tell();
      }
    }

    /** In one piece, as who finds that it is told of relies on the kernel's having been told. */
    private synchronized void tell() {
      told = true;
      words++;
      wakes.accept(kh);
    }

    private synchronized int words() {
      return words;
    }

    private synchronized CompletableFuture<Integer> last() {
      return last;
    }

    private void giveBack() {
      var _ =
          last()
              .whenComplete((ready, failure) -> {
                Long made = known();
                if (made != null) {
                  requests.giveBackHandle(made);
                }
              });
    }
  }
}

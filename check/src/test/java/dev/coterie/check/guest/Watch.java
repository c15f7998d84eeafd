package dev.coterie.check.guest;

import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Ticket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every session of the leader: counts what clients ask for, and keeps waiting what a
 * check wants to wait.
 */
final class Watch implements UnaryOperator<FileService> {
  private static final Duration SOON = Duration.ofMinutes(2);

  private final Map<Class<?>, LongAdder> counts = new ConcurrentHashMap<>();
  private volatile int lastOpenFlags;
  private volatile @Nullable SetAttr lastSetattr;
  private volatile Predicate<Operation<?>> keeps = operation -> false;
  private final List<Kept<?>> kept = new CopyOnWriteArrayList<>();

  /** How often operations of these kinds were asked for. */
  long count(Set<Class<?>> kinds) {
    return counts.entrySet().stream()
        .filter(count -> kinds.contains(count.getKey()))
        .mapToLong(count -> count.getValue().sum())
        .sum();
  }

  long countAll() {
    return counts.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Flags of the last file that was opened, other than by creating it. */
  int lastOpenFlags() {
    return lastOpenFlags;
  }

  /** The last change of attributes that was asked for. */
  @Nullable SetAttr lastSetattr() {
    return lastSetattr;
  }

  /** From now on such operations wait, until they are cancelled or {@link #release}d. */
  void keep(Predicate<Operation<?>> which) {
    keeps = which;
  }

  void awaitKept(int count) {
    await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> kept.size() == count);
  }

  /** Lets go ahead what waits, and keeps nothing any more. */
  void release() {
    keeps = operation -> false;
    kept.forEach(Kept::release);
  }

  @Override
  public FileService apply(FileService session) {
    return new Watched(session);
  }

  private final class Watched implements FileService {
    private final FileService session;

    Watched(FileService session) {
      this.session = session;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      counts.computeIfAbsent(operation.getClass(), kind -> new LongAdder()).increment();
      if (operation instanceof Operation.Open open) {
        lastOpenFlags = open.flags();
      } else if (operation instanceof Operation.Setattr setattr) {
        lastSetattr = setattr.change();
      }
      if (!keeps.test(operation)) {
        return session.submit(caller, operation, completion);
      }
      Kept<R> waiting = new Kept<>(kept, session, caller, operation, completion);
      kept.add(waiting);
      return waiting;
    }

    @Override
    public void close() {
      for (Kept<?> waiting : kept) {
        if (waiting.session.equals(session)) {
          waiting.end(Errno.ESTALE);
        }
      }
      session.close();
    }
  }

  private static final class Kept<R> implements Ticket {
    private final List<Kept<?>> all;
    private final FileService session;
    private final Caller caller;
    private final Operation<R> operation;
    private final Completion<? super R> completion;
    private final AtomicBoolean over = new AtomicBoolean();

    Kept(
        List<Kept<?>> all,
        FileService session,
        Caller caller,
        Operation<R> operation,
        Completion<? super R> completion) {
      this.all = all;
      this.session = session;
      this.caller = caller;
      this.operation = operation;
      this.completion = completion;
    }

    private boolean finish() {
      all.remove(this);
      return over.compareAndSet(false, true);
    }

    void release() {
      if (finish()) {
        session.submit(caller, operation, completion);
      }
    }

    boolean end(Errno errno) {
      boolean first = finish();
      if (first) {
        completion.failed(errno);
      }
      return first;
    }

    @Override
    public boolean cancel() {
      return end(Errno.EINTR);
    }
  }
}

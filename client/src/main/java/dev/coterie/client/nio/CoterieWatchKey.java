package dev.coterie.client.nio;

import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.Watchable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One watched directory. Events are joined and bounded as the JDK's own provider does it. */
final class CoterieWatchKey implements WatchKey {
  /** Events kept; more become one OVERFLOW (the JDK's AbstractWatchKey). */
  private static final int EVENTS_MAX = 512;

  private final CoterieWatchService service; // immutable
  final int number; // immutable: of the watch
  private volatile CoteriePath directory;
  private volatile boolean valid = true;
  private boolean signalled; // guarded by this, as all below
  private List<Event> events = new ArrayList<>();
  private final Map<Path, Event> modifications = new HashMap<>();

  CoterieWatchKey(CoterieWatchService service, int number, CoteriePath directory) {
    this.service = service;
    this.number = number;
    this.directory = directory;
  }

  private static final class Event implements WatchEvent<Path> {
    private final WatchEvent.Kind<?> kind; // immutable
    private final @Nullable Path context; // immutable
    private int count = 1; // guarded by this

    Event(WatchEvent.Kind<?> kind, @Nullable Path context) {
      this.kind = kind;
      this.context = context;
    }

    synchronized void again() {
      count++;
    }

    @Override
    @SuppressWarnings("unchecked") // OVERFLOW has no context
    public WatchEvent.Kind<Path> kind() {
      return (WatchEvent.Kind<Path>) kind;
    }

    @Override
    public synchronized int count() {
      return count;
    }

    @Override
    @SuppressWarnings("NullAway") // null with OVERFLOW, as its documentation has it
    public Path context() {
      return context;
    }
  }

  /** It was registered again, perhaps by another path. */
  void isAt(CoteriePath path) {
    directory = path;
  }

  /**
   * Adds an event.
   *
   * @param context null with OVERFLOW
   */
  synchronized void add(WatchEvent.Kind<?> kind, @Nullable Path context) {
    Event last = events.isEmpty() ? null : events.getLast();
    if (last != null
        && (isOverflow(last.kind)
            || (kind.equals(last.kind) && Objects.equals(context, last.context)))) {
      last.again();
      return;
    }
    boolean modified = kind.equals(StandardWatchEventKinds.ENTRY_MODIFY);
    Event before = modified ? modifications.get(context) : null;
    if (before != null) {
      before.again();
      return;
    }
    if (isOverflow(kind) || events.size() >= EVENTS_MAX) {
      events.clear();
      modifications.clear();
      events.add(new Event(StandardWatchEventKinds.OVERFLOW, null));
    } else {
      Event event = new Event(kind, context);
      events.add(event);
      if (modified && context != null) {
        modifications.put(context, event);
      } else if (context != null) {
        modifications.remove(context);
      }
    }
    signal();
  }

  private static boolean isOverflow(WatchEvent.Kind<?> kind) {
    return kind.equals(StandardWatchEventKinds.OVERFLOW);
  }

  synchronized void signal() {
    if (!signalled) {
      signalled = true;
      service.ready(this);
    }
  }

  /** There is no watch behind it any more. */
  void invalidate() {
    valid = false;
  }

  @Override
  public boolean isValid() {
    return valid;
  }

  @Override
  public synchronized List<WatchEvent<?>> pollEvents() {
    List<WatchEvent<?>> taken = new ArrayList<>(events);
    events = new ArrayList<>();
    modifications.clear();
    return taken;
  }

  @Override
  public synchronized boolean reset() {
    if (signalled && valid) {
      if (events.isEmpty()) {
        signalled = false;
      } else {
        service.ready(this);
      }
    }
    return valid;
  }

  @Override
  public void cancel() {
    if (valid) {
      service.cancel(this);
    }
  }

  @Override
  public Watchable watchable() {
    return directory;
  }
}

package dev.coterie.client.nio;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static java.nio.file.StandardWatchEventKinds.OVERFLOW;

import dev.coterie.api.Change;
import dev.coterie.api.ChangeQueue;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Pending;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.NotDirectoryException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches of directories: one queue at the leader, and a thread that takes what it tells. A change
 * by any process is an event here.
 */
final class CoterieWatchService implements WatchService, Closeable {
  private static final int CREATED = Change.CREATE | Change.MOVED_TO;
  private static final int DELETED = Change.DELETE | Change.MOVED_FROM;
  private static final int MODIFIED = Change.MODIFY | Change.ATTRIB;

  /** What the JDK's modifiers mean of which only one machine's file systems know the use. */
  private static final String SENSITIVITY = "com.sun.nio.file.SensitivityWatchEventModifier";

  private final CoterieFileSystem fileSystem; // immutable
  private final ChangeQueue queue; // immutable
  private final Pending pending = new Pending();
  private final LinkedBlockingDeque<CoterieWatchKey> ready = new LinkedBlockingDeque<>();
  private final CoterieWatchKey end; // immutable: stands in `ready` for ever once this is closed
  private final Map<Integer, CoterieWatchKey> keys = new HashMap<>(); // guarded by this
  private volatile boolean closed;

  private CoterieWatchService(CoterieFileSystem fileSystem, ChangeQueue queue) {
    this.fileSystem = fileSystem;
    this.queue = queue;
    this.end = new CoterieWatchKey(this, 0, fileSystem.root());
  }

  static CoterieWatchService open(CoterieFileSystem fileSystem) throws IOException {
    ChangeQueue queue;
    try {
      queue = ChangeQueue.open(fileSystem.tree().service(), fileSystem.caller());
    } catch (ErrnoException e) {
      throw Failures.of(e, fileSystem.root());
    }
    CoterieWatchService service = fileSystem.opened(new CoterieWatchService(fileSystem, queue));
    Thread reader = new Thread(service::readOn, "coterie-watch");
    reader.setDaemon(true);
    reader.start();
    return service;
  }

  CoterieFileSystem fileSystem() {
    return fileSystem;
  }

  // ---- registering ----

  WatchKey register(
      CoteriePath directory, WatchEvent.Kind<?>[] kinds, WatchEvent.Modifier... modifiers)
      throws IOException {
    int mask = mask(kinds) | flags(modifiers) | Change.ONLYDIR;
    synchronized (this) {
      requireOpen();
      int number = watch(directory, mask);
      CoterieWatchKey known = keys.get(number);
      if (known != null) {
        known.isAt(directory);
        return known;
      }
      CoterieWatchKey key = new CoterieWatchKey(this, number, directory);
      keys.put(number, key);
      return key;
    }
  }

  private static int mask(WatchEvent.Kind<?>[] kinds) {
    int mask = 0;
    for (WatchEvent.Kind<?> kind : kinds) {
      if (kind.equals(ENTRY_CREATE)) {
        mask |= CREATED;
      } else if (kind.equals(ENTRY_DELETE)) {
        mask |= DELETED;
      } else if (kind.equals(ENTRY_MODIFY)) {
        mask |= MODIFIED;
      } else if (!kind.equals(OVERFLOW)) { // which comes unasked
        throw new UnsupportedOperationException(kind.name());
      }
    }
    if (mask == 0) {
      throw new IllegalArgumentException("No events to register");
    }
    return mask;
  }

  private static int flags(WatchEvent.Modifier... modifiers) {
    int flags = 0;
    for (WatchEvent.Modifier modifier : modifiers) {
      if (modifier.name().equals(TreeModifier.FILE_TREE.name())) {
        flags |= Change.RECURSIVE;
      } else if (!modifier.getClass().getName().equals(SENSITIVITY)) {
        throw new UnsupportedOperationException("Modifier not supported");
      }
    }
    return flags;
  }

  private int watch(CoteriePath directory, int mask) throws IOException {
    try {
      return fileSystem.tree().watch(directory.treePath(), queue, mask);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOTDIR && isFile(directory)) {
        throw new NotDirectoryException(directory.toString());
      }
      if (e.errno() == Errno.EOPNOTSUPP) {
        throw new UnsupportedOperationException("Modifier not supported on this mount");
      }
      throw Failures.of(e, directory);
    }
  }

  private boolean isFile(CoteriePath path) {
    try {
      return !fileSystem.tree().stat(path.treePath()).isDirectory();
    } catch (ErrnoException e) {
      return false;
    }
  }

  void cancel(CoterieWatchKey key) {
    synchronized (this) {
      key.invalidate();
      keys.remove(key.number, key);
    }
    try {
      queue.remove(key.number);
    } catch (ErrnoException e) {
      // It has ended by itself, or the service has.
    }
  }

  // ---- what the leader tells ----

  private void readOn() {
    try {
      while (!closed) {
        List<Change> changes = queue.take(pending);
        synchronized (this) {
          changes.forEach(this::tell);
        }
      }
    } catch (ErrnoException e) {
      close(); // by us, or the leader is gone: nothing will be told any more
    }
  }

  private void tell(Change change) {
    if (change.is(Change.Q_OVERFLOW)) {
      keys.values().forEach(key -> key.add(OVERFLOW, null));
      return;
    }
    CoterieWatchKey key = keys.get(change.watch());
    if (key == null) {
      return; // cancelled meanwhile
    }
    if (change.is(Change.IGNORED)) {
      keys.remove(change.watch());
      key.invalidate();
      key.signal();
      return;
    }
    WatchEvent.Kind<?> kind = kind(change);
    // The JDK's provider tells what is in a directory, and nothing of the directory itself.
    if (kind != null && change.path().length() > 0) {
      key.add(kind, CoteriePath.of(fileSystem, change.path().toBytes()));
    }
  }

  private static WatchEvent.@Nullable Kind<?> kind(Change change) {
    if (change.is(CREATED)) {
      return ENTRY_CREATE;
    }
    if (change.is(DELETED)) {
      return ENTRY_DELETE;
    }
    return change.is(MODIFIED) ? ENTRY_MODIFY : null;
  }

  // ---- WatchService ----

  void ready(CoterieWatchKey key) {
    ready.add(key);
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedWatchServiceException();
    }
  }

  /** Once closed, the end is found by everyone who waits. */
  private @Nullable WatchKey checked(@Nullable CoterieWatchKey key) {
    if (end.equals(key)) {
      ready.add(end);
    }
    requireOpen();
    return key;
  }

  @Override
  public @Nullable WatchKey poll() {
    requireOpen();
    return checked(ready.poll());
  }

  @Override
  public @Nullable WatchKey poll(long timeout, TimeUnit unit) throws InterruptedException {
    requireOpen();
    return checked(ready.poll(timeout, unit));
  }

  @Override
  @SuppressWarnings("NullAway") // what was taken is none
  public WatchKey take() throws InterruptedException {
    requireOpen();
    return checked(ready.take());
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      keys.values().forEach(CoterieWatchKey::invalidate);
      keys.clear();
    }
    fileSystem.closed(this);
    pending.cancel();
    ready.clear();
    ready.add(end);
    try {
      queue.close();
    } catch (ErrnoException e) {
      // With the session, or the leader, it has ended already.
    }
  }
}

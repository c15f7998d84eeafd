package dev.coterie.mounts.host;

import dev.coterie.api.InodeId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors of inodes that were reached a moment ago, as the next operation is often on the same
 * ones. Few, and not for long: an inode that others unlink meanwhile keeps its space until then.
 *
 * <p>Concurrency: any thread; a leaf, nothing is called with its monitor held.
 */
final class RecentDescriptors implements AutoCloseable {
  private static final int MOST = 64;

  /** After so long without use one is closed, or up to twice that. */
  private static final long IDLE_MILLIS = 100;

  private static final Executor LATER =
      CompletableFuture.delayedExecutor(IDLE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);

  private static final class Recent {
    final Descriptor descriptor;
    boolean used; // since the last sweep; guarded by the map

    Recent(Descriptor descriptor) {
      this.descriptor = descriptor;
      this.used = true;
    }
  }

  private final int capacity;
  private final LinkedHashMap<InodeId, Recent> recent =
      new LinkedHashMap<>(16, 0.75f, true); // guarded by itself; least recently used first
  private boolean sweeping; // guarded by recent: a sweep is to come
  private int atWork; // guarded by recent: sweeps that close what they have taken out
  private boolean closed; // guarded by recent

  /**
   * @param most descriptors that may be kept
   */
  RecentDescriptors(int most) {
    this.capacity = Math.min(most, MOST);
  }

  /** With one more user; null: it is not here. */
  @Nullable Descriptor get(InodeId id) {
    synchronized (recent) {
      Recent found = recent.get(id);
      if (found == null || !found.descriptor.tryUse()) {
        return null;
      }
      found.used = true;
      return found.descriptor;
    }
  }

  /** Keeps this one too. Whoever has it goes on to use it and closes it as ever. */
  void keep(InodeId id, Descriptor descriptor) {
    Recent before = null;
    Recent eldest = null;
    boolean begin = false;
    synchronized (recent) {
      if (closed || recent.containsKey(id) || !descriptor.tryUse()) {
        return;
      }
      before = recent.put(id, new Recent(descriptor));
      if (recent.size() > capacity) {
        Iterator<Recent> all = recent.values().iterator();
        eldest = all.next();
        all.remove();
      }
      begin = !sweeping;
      sweeping = true;
    }
    assert before == null : id;
    close(eldest);
    if (begin) {
      LATER.execute(this::sweep);
    }
  }

  void drop(InodeId id) {
    Recent dropped;
    synchronized (recent) {
      dropped = recent.remove(id);
    }
    close(dropped);
  }

  private void sweep() {
    List<Recent> idle = new ArrayList<>();
    boolean again;
    synchronized (recent) {
      Iterator<Recent> all = recent.values().iterator();
      while (all.hasNext()) {
        Recent each = all.next();
        if (each.used) {
          each.used = false;
        } else {
          idle.add(each);
          all.remove();
        }
      }
      again = !recent.isEmpty();
      sweeping = again;
      atWork++;
    }
    try {
      idle.forEach(RecentDescriptors::close);
    } finally {
      synchronized (recent) {
        atWork--;
        recent.notifyAll();
      }
    }
    if (again) {
      LATER.execute(this::sweep);
    }
  }

  private static void close(@Nullable Recent recent) {
    if (recent != null) {
      recent.descriptor.close();
    }
  }

  /** When this returns none of them is open here, so that the file system can be unmounted. */
  @Override
  public void close() {
    List<Recent> all;
    boolean interrupted = false;
    synchronized (recent) {
      closed = true;
      all = new ArrayList<>(recent.values());
      recent.clear();
      while (atWork > 0) {
        try {
          recent.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    all.forEach(RecentDescriptors::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.coterie.mounts.host;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.sys.DirectoryCalls;
import dev.coterie.sys.HostFlags;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * For those who may not open file handles, or where there are none: by a descriptor out of a cache
 * of bounded size, and else by walking again to where the inode was seen last and looking whether
 * it is there still. What others have moved meanwhile cannot be found.
 */
final class ReachByWalk implements Reach {
  /** Tells who an inode is. */
  interface Identify {
    InodeId of(int fd) throws ErrnoException;
  }

  /** A node, as long as anyone has it: so each knows of every move. */
  private static final class Known extends WeakReference<HostNode> {
    final InodeId id;

    Known(HostNode node, ReferenceQueue<HostNode> queue) {
      super(node, queue);
      this.id = node.id();
    }
  }

  private final Identify identify;
  private final int capacity;
  private final LinkedHashMap<HostNode, Descriptor> cache =
      new LinkedHashMap<>(16, 0.75f, true); // guarded by itself; least recently used first
  private final Map<InodeId, Known> nodes = new ConcurrentHashMap<>();
  private final ReferenceQueue<HostNode> gone = new ReferenceQueue<>();

  /**
   * @param capacity of the cache, in descriptors
   */
  ReachByWalk(Identify identify, int capacity) {
    this.identify = identify;
    this.capacity = capacity;
  }

  @Override
  public Descriptor open(HostNode node) throws ErrnoException {
    Deque<HostNode> below = new ArrayDeque<>(); // what is to be walked to, the nearest first
    HostNode at = node;
    Descriptor open = atHand(at);
    while (open == null) {
      HostNode.Place place = at.place();
      if (place == null) {
        throw new ErrnoException(Errno.ESTALE);
      }
      below.push(at);
      at = place.dir();
      open = atHand(at);
    }
    for (HostNode next : below) {
      open = step(open, next);
    }
    return open;
  }

  /** From a directory, which is closed, to a node that was seen in it. */
  private Descriptor step(Descriptor dir, HostNode node) throws ErrnoException {
    HostNode.Place place = node.place();
    try (dir) {
      if (place == null) {
        throw new ErrnoException(Errno.ESTALE);
      }
      Descriptor found =
          new Descriptor(
              DirectoryCalls.openat2(
                  dir.fd,
                  place.name(),
                  HostFlags.O_PATH | OpenFlags.O_NOFOLLOW,
                  0,
                  Finder.ONE_STEP));
      if (!isOf(found, node)) {
        throw new ErrnoException(Errno.ESTALE);
      }
      keep(node, found);
      return found;
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case EMFILE, ENFILE, ENOMEM -> throw e;
        default -> throw new ErrnoException(Errno.ESTALE);
      }
    }
  }

  /** Closes what is another. */
  private boolean isOf(Descriptor found, HostNode node) throws ErrnoException {
    boolean same = false;
    try {
      same = identify.of(found.fd).equals(node.id());
      return same;
    } finally {
      if (!same) {
        found.close();
      }
    }
  }

  private @Nullable Descriptor atHand(HostNode node) {
    Descriptor pinned = node.pinned();
    if (pinned != null) {
      return pinned;
    }
    synchronized (cache) {
      Descriptor cached = cache.get(node);
      return cached != null && cached.tryUse() ? cached : null;
    }
  }

  private void keep(HostNode node, Descriptor descriptor) {
    Descriptor before;
    Descriptor evicted = null;
    synchronized (cache) {
      if (!descriptor.tryUse()) {
        return;
      }
      before = cache.put(node, descriptor);
      if (cache.size() > capacity) {
        Iterator<Descriptor> eldest = cache.values().iterator();
        evicted = eldest.next();
        eldest.remove();
      }
    }
    closeIfAny(before);
    closeIfAny(evicted);
  }

  private static void closeIfAny(@Nullable Descriptor descriptor) {
    if (descriptor != null) {
      descriptor.close();
    }
  }

  @Override
  public HostNode known(HostNode fresh) {
    for (Known dead = (Known) gone.poll(); dead != null; dead = (Known) gone.poll()) {
      nodes.remove(dead.id, dead);
    }
    Known mine = new Known(fresh, gone);
    while (true) {
      Known before = nodes.putIfAbsent(fresh.id(), mine);
      HostNode node = before == null ? fresh : before.get();
      if (node != null) {
        return node;
      }
      nodes.remove(fresh.id(), before);
    }
  }

  @Override
  public void seen(HostNode node, HostNode dir, Name name, Descriptor descriptor) {
    node.seenAt(dir, name);
    keep(node, descriptor);
  }

  @Override
  public @Nullable HostNode find(InodeId id) {
    Known known = nodes.get(id);
    return known == null ? null : known.get();
  }

  /** What is open here was opened by a name, so that the kernel knows its place. */
  @Override
  public HostNode.@Nullable Place lastPlace(InodeId id) {
    return null;
  }

  /** Reaching it again needs what is in the cache, until nobody refers to it. */
  @Override
  public void removed(HostNode node) {}

  @Override
  public void release(HostNode node) {
    Descriptor cached;
    synchronized (cache) {
      cached = cache.remove(node);
    }
    closeIfAny(cached);
  }

  @Override
  public void close() {
    synchronized (cache) {
      cache.values().forEach(Descriptor::close);
      cache.clear();
    }
  }
}

package dev.coterie.client;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.client.Held.Handle;
import dev.coterie.client.Held.Node;
import dev.coterie.wire.P9;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The inodes and handles this session holds, and the fids it holds them by.
 *
 * <p>One fid for an inode, however often it was looked up: the leader makes one for each lookup,
 * and all but the first are clunked at once. An inode that came with a handle only (a token was
 * taken) has no fid of its own; one of its handles' stands in.
 *
 * <p>Lookups and forgets of one inode may meet in any order: an answered lookup that finds its
 * inode here adds to it and has a fid too many; one that finds it gone, because another thread gave
 * back the last reference meanwhile, makes it anew with the fid it brought. Both are decided under
 * this lock, where also the fids are chosen, so each fid has one owner at any time.
 *
 * <p>A hash table of its own: it takes the two numbers as they are, so looking up makes no objects,
 * and the first lookup of a process links no code for records' {@code equals}.
 */
final class References {
  /** The fid of the attach. It names the root for as long as the connection lasts. */
  static final int ROOT_FID = 0;

  private static final int INITIAL_SIZE = 64;
  private static final long SEQUENCE_MASK = 0x0FFF_FFFFL;

  private @Nullable Node[] buckets = new Node[INITIAL_SIZE]; // guarded by this; a power of two
  private int nodeCount; // guarded by this
  private @Nullable Handle[] handles = new Handle[INITIAL_SIZE]; // guarded by this: by fid
  private long handleSequence; // guarded by this
  private int[] freeFids = new int[INITIAL_SIZE]; // guarded by this: a stack, so that few are used
  private int freeCount; // guarded by this
  private int unusedFid = ROOT_FID + 1; // guarded by this: it and all above were never used
  private long removals; // guarded by this: requests so far that take a name away

  // ---- fids ----

  /** A fid for the leader to make something by: EMFILE when there are no more. */
  synchronized int newFid() throws ErrnoException {
    if (freeCount > 0) {
      return freeFids[--freeCount];
    }
    if (unusedFid >= Limits.FIDS_PER_CONNECTION) {
      throw new ErrnoException(Errno.EMFILE);
    }
    return unusedFid++;
  }

  /** The leader no longer knows the fid, or never did. */
  synchronized void freeFid(int fid) {
    if (freeCount == freeFids.length) {
      freeFids = Arrays.copyOf(freeFids, 2 * freeCount);
    }
    freeFids[freeCount++] = fid;
  }

  // ---- using ----

  /** What names the inode to the leader, in use until {@link #unuse}: ESTALE not referred to. */
  synchronized Held use(InodeId id) throws ErrnoException {
    Node node = find(id.number(), id.generation());
    if (node == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    Handle open = node.fid == P9.NOFID ? node.openHandle() : null;
    Held held = open != null ? open : node;
    held.calls++;
    return held;
  }

  /** The open file, in use until {@link #unuse}: EBADF. */
  synchronized Handle use(long handleNumber) throws ErrnoException {
    Handle handle = find(handleNumber);
    handle.calls++;
    return handle;
  }

  /** What names an open file for now; NOFID: it is closed. */
  synchronized int fidOf(long handleNumber) {
    int fid = (int) handleNumber;
    Handle handle = fid >= 0 && fid < handles.length ? handles[fid] : null;
    return handle == null || handle.number != handleNumber ? P9.NOFID : fid;
  }

  /**
   * The call that used it is over.
   *
   * @return whether that was the last use of something given up, which is to be clunked now: by its
   *     Close if it is a handle
   */
  synchronized boolean unuse(Held held) {
    held.calls--;
    return held.calls == 0
        && held.dropped
        && !(held instanceof Handle handle && handle.closing == null);
  }

  // ---- coming ----

  /**
   * Counts a lookup.
   *
   * @param fid by which the leader found it
   * @return the fid if it is one too many and to be clunked, else NOFID
   */
  synchronized int addLookup(InodeId id, int fid) {
    Node node = findOrAdd(id);
    node.lookups++;
    if (node.fid == P9.NOFID) {
      node.fid = fid;
      return P9.NOFID;
    }
    return fid == ROOT_FID ? P9.NOFID : fid;
  }

  /**
   * Counts a handle.
   *
   * @param counter whether it is of an event counter
   * @param quiet whether it was opened so that others need not know at once when it is closed
   * @return its number
   */
  synchronized long addHandle(InodeId id, int fid, boolean counter, boolean quiet) {
    Node node = findOrAdd(id);
    if (fid >= handles.length) {
      handles = Arrays.copyOf(handles, Math.max(fid + 1, 2 * handles.length));
    }
    handleSequence = (handleSequence + 1) & SEQUENCE_MASK;
    Handle handle = new Handle(handleSequence << Integer.SIZE | fid, node, fid, counter);
    handles[fid] = handle;
    if (quiet) {
      handle.closesQuietly(removals);
    }
    node.add(handle);
    return handle.number;
  }

  // ---- what makes a Close one that is waited for ----

  /** A lock is asked for through it. */
  synchronized void locks(Handle handle) {
    handle.node.locked = true;
  }

  /** It is shared, or waited for: its end is seen by others. */
  synchronized void isSeen(Handle handle) {
    handle.closesLoudly();
  }

  /** A name is taken away, perhaps that of an open file, whose space its last Close frees. */
  synchronized void removes() {
    removals++;
  }

  // ---- going ----

  /**
   * Gives back lookups: ESTALE not referred to · EINVAL fewer than that.
   *
   * @return the fid that is to be clunked, or NOFID
   */
  synchronized int forget(InodeId id, long count) throws ErrnoException {
    Node node = find(id.number(), id.generation());
    if (node == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    if (count < 0 || count > node.lookups) {
      throw new ErrnoException(Errno.EINVAL);
    }
    node.lookups -= count;
    return drop(node);
  }

  /** Gives up a handle, whose number is bad from now on: EBADF. Its fid is still to be clunked. */
  synchronized Handle close(long handleNumber) throws ErrnoException {
    Handle handle = find(handleNumber);
    handles[handle.fid] = null;
    handle.dropped = true;
    handle.node.remove(handle);
    return handle;
  }

  /**
   * As {@link #close}, if nobody else has to see that at once.
   *
   * @return null: it was not given up, and its Close is to be waited for
   */
  synchronized @Nullable Handle closeQuietly(long handleNumber) throws ErrnoException {
    return find(handleNumber).isQuiet(removals) ? close(handleNumber) : null;
  }

  /**
   * Gives up a handle, as {@link #close}, for a message that closes it after other operations: EBADF.
   *
   * @param uses how many of those use it
   * @return null: others use it too, and nothing was done
   */
  synchronized @Nullable Handle closeWith(long handleNumber, int uses) throws ErrnoException {
    Handle handle = find(handleNumber);
    if (handle.calls != uses) {
      return null;
    }
    handles[handle.fid] = null;
    handle.dropped = true;
    return handle;
  }

  /**
   * That message is answered.
   *
   * @param closed it was closed, and its fid is gone; else it is as before: what came first failed
   * @return the fid that is to be clunked, or NOFID
   */
  synchronized int settle(Handle handle, boolean closed) {
    if (!closed) {
      handles[handle.fid] = handle;
      handle.dropped = false;
      return P9.NOFID;
    }
    freeFid(handle.fid);
    handle.node.remove(handle);
    return drop(handle.node);
  }

  /**
   * Leaves the Close of a handle that was given up to the last call that still uses it.
   *
   * @return false when none does, and the Close can be sent now
   */
  synchronized boolean leaveClosing(Handle handle, Call<?> closing) {
    if (handle.calls == 0) {
      return false;
    }
    handle.closing = closing;
    return true;
  }

  /**
   * Lets go of the inode if nothing refers to it any more.
   *
   * @return the fid that is to be clunked, or NOFID
   */
  synchronized int drop(Node node) {
    if (node.lookups > 0 || node.handles != null || node.dropped) {
      return P9.NOFID;
    }
    node.dropped = true;
    remove(node);
    return node.calls == 0 ? clunkable(node) : P9.NOFID;
  }

  /** The fid to be clunked for a node that was dropped, or NOFID. */
  static int clunkable(Node node) {
    return node.fid == ROOT_FID ? P9.NOFID : node.fid;
  }

  // ---- the tables: under the lock ----

  private Handle find(long handleNumber) throws ErrnoException {
    int fid = (int) handleNumber;
    Handle handle = fid >= 0 && fid < handles.length ? handles[fid] : null;
    if (handle == null || handle.number != handleNumber) {
      throw new ErrnoException(Errno.EBADF);
    }
    return handle;
  }

  private @Nullable Node find(long number, int generation) {
    Node node = buckets[bucket(number, generation)];
    while (node != null && (node.number != number || node.generation != generation)) {
      node = node.nextInBucket;
    }
    return node;
  }

  private Node findOrAdd(InodeId id) {
    Node found = find(id.number(), id.generation());
    if (found != null) {
      return found;
    }
    if (nodeCount == buckets.length) {
      enlarge();
    }
    Node node = new Node(id.number(), id.generation());
    insert(node);
    nodeCount++;
    return node;
  }

  private void insert(Node node) {
    int bucket = bucket(node.number, node.generation);
    node.nextInBucket = buckets[bucket];
    buckets[bucket] = node;
  }

  private void remove(Node node) {
    int bucket = bucket(node.number, node.generation);
    Node at = buckets[bucket];
    if (at == node) {
      buckets[bucket] = node.nextInBucket;
    } else {
      while (at != null && at.nextInBucket != node) {
        at = at.nextInBucket;
      }
      if (at == null) {
        throw new AssertionError("no such node");
      }
      at.nextInBucket = node.nextInBucket;
    }
    node.nextInBucket = null;
    nodeCount--;
  }

  private void enlarge() {
    @Nullable Node[] before = buckets;
    buckets = new Node[2 * before.length];
    for (Node head : before) {
      Node node = head;
      while (node != null) {
        Node next = node.nextInBucket;
        insert(node);
        node = next;
      }
    }
  }

  private int bucket(long number, int generation) {
    long mixed = (number * 31 + generation) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 40) & (buckets.length - 1);
  }
}

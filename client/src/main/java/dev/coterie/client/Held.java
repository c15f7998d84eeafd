package dev.coterie.client;

import dev.coterie.wire.P9;
import org.jspecify.annotations.Nullable;

/**
 * Something at the leader that this session holds by a fid, and how many of its own calls are using
 * that fid just now.
 *
 * <p>A fid is clunked only when no call uses it any more, so that no call ever finds its fid gone,
 * or standing for something else. All fields are guarded by {@link References}.
 */
abstract sealed class Held {
  int fid = P9.NOFID;
  int calls;

  /** Given up: no further call uses it, and it ends with the last one that does. */
  boolean dropped;

  /** An inode, as long as the session refers to it. */
  static final class Node extends Held {
    final long number;
    final int generation;
    long lookups;

    /** Whether a lock was ever asked for: with any handle a lock may end. */
    boolean locked;

    /** Open handles, a list. */
    @Nullable Handle handles;

    @Nullable Node nextInBucket;

    Node(long number, int generation) {
      this.number = number;
      this.generation = generation;
    }

    void add(Handle handle) {
      Handle head = handles;
      handle.next = head;
      if (head != null) {
        head.previous = handle;
      }
      handles = handle;
    }

    /** One that is not being closed; null: there is none. */
    @Nullable Handle openHandle() {
      Handle handle = handles;
      while (handle != null && handle.dropped) {
        handle = handle.next;
      }
      return handle;
    }

    void remove(Handle handle) {
      Handle before = handle.previous;
      Handle after = handle.next;
      if (before == null) {
        handles = after;
      } else {
        before.next = after;
      }
      if (after != null) {
        after.previous = before;
      }
      handle.previous = null;
      handle.next = null;
    }
  }

  /** An open file. */
  static final class Handle extends Held {
    final long number;
    final Node node;
    @Nullable Handle next;
    @Nullable Handle previous;

    /** The Close that waits for the last call to be over. */
    @Nullable Call<?> closing;

    /** Whether a read or a write at an offset can wait without end. */
    final boolean counter;

    /** Names that this session had removed before this was opened; -1: its Close is waited for. */
    private long removals = -1;

    Handle(long number, Node node, int fid, boolean counter) {
      this.number = number;
      this.node = node;
      this.fid = fid;
      this.counter = counter;
    }

    /** That it is closed matters to this session alone, as far as is known now. */
    void closesQuietly(long removalsNow) {
      removals = removalsNow;
    }

    /** That it is closed matters to others. */
    void closesLoudly() {
      removals = -1;
    }

    boolean isQuiet(long removalsNow) {
      return calls == 0 && removals == removalsNow && !node.locked;
    }
  }
}

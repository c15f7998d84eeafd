package dev.coterie.core.watch;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.core.spi.OutsideWatch;

/** That one queue is told of changes of one inode, and of names in it if it is a directory. */
public final class Watch {
  final WatchQueue queue; // immutable, as all but the mask
  final int number;
  private final InodeId id;
  private final Caller caller;
  final boolean fed; // by a mount that others change too, and then not in the tree's table
  volatile int mask; // changed under the queue's monitor

  Watch(WatchQueue queue, int number, InodeId id, Caller caller, int mask, boolean fed) {
    this.queue = queue;
    this.number = number;
    this.id = id;
    this.caller = caller;
    this.mask = mask;
    this.fed = fed;
  }

  public InodeId id() {
    return id;
  }

  /** Who watches: what lies below is reported only as far as they may look. */
  public Caller caller() {
    return caller;
  }

  public int number() {
    return number;
  }

  public boolean isRecursive() {
    return (mask & Change.RECURSIVE) != 0;
  }

  /** Whether what has no name any more is not reported. */
  public boolean isOfNamed() {
    return (mask & Change.EXCL_UNLINK) != 0;
  }

  /** Its inode is no more, which is said. */
  public void end() {
    queue.end(this);
  }

  /**
   * Queues a change if it is of a kind that is watched.
   *
   * @param kinds perhaps with {@link Change#ISDIR}
   * @param path empty: the inode itself
   */
  public void report(int kinds, int cookie, Name path) {
    if (wants(kinds)) {
      queue.report(this, kinds, cookie, path);
    }
  }

  boolean wants(int kinds) {
    return (kinds & ((mask & Change.ALL_KINDS) | Change.UNMOUNT)) != 0;
  }

  /** What a mount that others change too tells of. */
  public OutsideWatch.Sink sink(Watches tree) {
    return new OutsideWatch.Sink() {
      @Override
      public void changed(int kinds, int cookie, Name name) {
        report(kinds, cookie, name);
        if ((kinds & Change.IGNORED) != 0) {
          end();
        }
      }

      @Override
      public void overflowed() {
        queue.overflowed();
      }

      @Override
      public void told() {
        tree.wake();
      }
    };
  }
}

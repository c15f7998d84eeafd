package dev.coterie.core.spi;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;

/** A watch that an {@link OutsideMount} keeps, until it is closed. Any thread. */
public interface OutsideWatch extends AutoCloseable {
  /** Replaces the kinds that are watched; nothing happens if the inode is gone. */
  void setMask(int mask) throws ErrnoException;

  /** Gives the sinks what has happened already: whoever saw a change finds it told then. */
  void drain();

  @Override
  void close();

  /** Who is told. */
  interface Sink {
    /**
     * Of more kinds than were asked for, perhaps. No lock of the core is held; the mount may hold
     * one of its own.
     *
     * @param mask of {@link dev.coterie.api.Change}; with {@code IGNORED} the last
     * @param cookie the same in both halves of a move, positive, else 0
     * @param name in the watched directory; empty: the watched inode itself
     */
    void changed(int mask, int cookie, Name name);

    /** Some changes were lost, nobody knows how many and whose. */
    void overflowed();

    /** What was to be told is told, for now; the mount holds no lock. */
    void told();
  }
}

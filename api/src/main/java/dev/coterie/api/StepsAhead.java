package dev.coterie.api;

import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service that is far away, and so does the steps of a path without waiting in between: each
 * takes effect as if it had been asked for alone, one after the other. What it did not do is to be
 * asked for; it is never an error to do less.
 */
public interface StepsAhead {
  /** Most names that are worth going ahead for at a time. */
  int NAMES = 16;

  /** Whether the beginning of the file is read too. */
  enum Content {
    /** No. */
    NOT,
    /** A read is likely to follow: whoever has copies may make one. */
    SOON,
    /** Into the buffer: the caller reads the file by this call. */
    NOW,
    /** Into the buffer, with a shared lease: for who hears of recalls. */
    LEASED
  }

  /**
   * How what the last name leads to is opened: not to write, nor to be made or emptied.
   *
   * @param flags of open(2)
   * @param buffer null unless it is to be read
   */
  record Opening(int flags, Content content, @Nullable ByteBuffer buffer) {
    /** As it is tried ahead: what could wait, or be used up by reading, is not opened so. */
    public int flagsAhead() {
      int leased = content == Content.LEASED ? OpenFlags.LEASE | OpenFlags.READ_SOON : 0;
      return flags | OpenFlags.NO_FIFO | OpenFlags.NO_COUNTER | leased;
    }
  }

  /**
   * What was done.
   *
   * @param found attributes of the first names, each with one reference; a symbolic link, or what
   *     is no directory, can only be the last
   * @param opened null: not
   * @param count bytes put into the buffer; -1: it was not read
   * @param leased null: no lease was asked for, or there was no answer
   * @param failure of the step after those that were done, which is what it would have failed with
   *     alone; null: none, or it is to be asked for
   */
  record Walked(
      List<Stat> found,
      @Nullable Opened opened,
      int count,
      @Nullable Leased leased,
      @Nullable ErrnoException failure) {
    public static final Walked NOTHING = new Walked(List.of(), null, -1, null, null);
  }

  /**
   * Looks up names, the first in {@code dir}, each other in what the one before it names, and opens
   * the last.
   *
   * @param names at least one, none of them dots
   * @param opening null: the last is not opened
   */
  Walked walkAhead(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException;

  /** By the service, if it is such a one. */
  static Walked by(
      FileService service, Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException {
    return service instanceof StepsAhead ahead
        ? ahead.walkAhead(caller, dir, names, opening)
        : Walked.NOTHING;
  }
}

package dev.coterie.client.sync;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import org.jspecify.annotations.Nullable;

/** A key in use, by one thread at a time. It is over when it is closed. */
public final class Use implements AutoCloseable {
  private final SyncHandles all;
  private final SharedKey key;
  private final SyncMode mode;
  final Line line; // in whose session it began
  private byte[] value;
  private boolean changed;
  private boolean closed;

  Use(SyncHandles all, SharedKey key, SyncMode mode, Line line, byte[] value) {
    this.all = all;
    this.key = key;
    this.mode = mode;
    this.line = line;
    this.value = value;
  }

  public SyncMode mode() {
    return mode;
  }

  /** The value, as a copy: what the use before this one left, in whichever process; or empty. */
  public byte[] value() {
    return value.clone();
  }

  /**
   * Sets the value that this use leaves, if its {@link #close} succeeds.
   *
   * @throws IllegalStateException the use is shared, or over
   * @throws IllegalArgumentException longer than {@link Limits#KEY_VALUE_BYTES}
   */
  public void setValue(byte[] newValue) {
    if (mode != SyncMode.EXCLUSIVE || closed) {
      throw new IllegalStateException(closed ? "the use is over" : "the use is shared");
    }
    if (newValue.length > Limits.KEY_VALUE_BYTES) {
      throw new IllegalArgumentException("a value of " + newValue.length + " bytes");
    }
    value = newValue.clone();
    changed = true;
  }

  /**
   * Ends the use.
   *
   * @throws ErrnoException ESTALE the key was taken from this process while it was in use, so that
   *     another may have had it at the same time; the value that was set is not taken
   */
  @Override
  public void close() throws ErrnoException {
    if (closed) {
      return;
    }
    closed = true;
    byte @Nullable [] left = changed ? value : null;
    try {
      key.end(this, left);
    } finally {
      all.leave(key);
    }
  }
}

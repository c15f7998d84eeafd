package dev.coterie.core.event;

import dev.coterie.api.ErrnoException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One open handle of a FIFO: to read from it, to write to it, or both. */
public final class PipeEnd extends Source {
  final Pipe pipe; // immutable
  final boolean reads; // immutable
  final boolean writes; // immutable
  long partnersBefore; // guarded by the pipe: how often the other side was opened before
  boolean first; // guarded by the pipe: nobody had one of its sides open before
  boolean unmet; // guarded by the pipe: opened without a writer, and none has come since

  PipeEnd(Pipe pipe, boolean reads, boolean writes) {
    this.pipe = pipe;
    this.reads = reads;
    this.writes = writes;
  }

  /** Tells those who wait for it that it is open. With no lock held. */
  public void announce() {
    pipe.announce(this);
  }

  /**
   * Whether somebody has the other side open, or had it since this was opened.
   *
   * @param waiter to be run when that has come about
   */
  public boolean isMet(@Nullable Runnable waiter) {
    return pipe.isMet(this, waiter);
  }

  /**
   * Reads what there is.
   *
   * @param waiter to be run when it is worth trying again; null: nobody waits
   * @return bytes read; 0 at the end, when nobody has it open to write; -1 nothing yet
   */
  public int read(ByteBuffer destination, @Nullable Runnable waiter) {
    return pipe.read(this, destination, waiter);
  }

  /**
   * Writes as much as there is room for; up to {@link Pipe#ATOMIC_BYTES} all or nothing.
   *
   * @param waiter to be run when there is room for more, if not all was written; null: nobody waits
   * @return bytes written
   * @throws ErrnoException EPIPE nobody has it open to read
   */
  public int write(ByteBuffer source, @Nullable Runnable waiter) throws ErrnoException {
    return pipe.write(this, source, waiter);
  }

  @Override
  public int ready() {
    return pipe.ready(this);
  }

  @Override
  public void end() {
    super.end();
    pipe.close(this);
  }
}

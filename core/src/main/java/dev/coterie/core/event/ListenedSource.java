package dev.coterie.core.event;

import dev.coterie.api.EventMask;
import java.util.function.BooleanSupplier;

/** Something that knows by itself whether it can be read, and whose changes are told to us. */
public class ListenedSource extends Source {
  private final BooleanSupplier readable; // immutable

  public ListenedSource(BooleanSupplier readable) {
    this.readable = readable;
  }

  /** More can be read now. With no lock held. */
  public final void more() {
    changed(EventMask.EPOLLIN);
  }

  @Override
  public final int ready() {
    return readable.getAsBoolean() ? EventMask.EPOLLIN : 0;
  }
}

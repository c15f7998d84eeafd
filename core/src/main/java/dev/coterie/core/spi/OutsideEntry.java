package dev.coterie.core.spi;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Stat;

/** What a name of an {@link OutsideMount} named, kept at hand until closed. */
public interface OutsideEntry extends AutoCloseable {
  OutsideNode node();

  /** The attributes now. */
  Stat stat() throws ErrnoException;

  @Override
  void close();
}

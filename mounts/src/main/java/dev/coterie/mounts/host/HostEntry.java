package dev.coterie.mounts.host;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Stat;
import dev.coterie.core.spi.OutsideEntry;

/** What a name named, open as a descriptor with O_PATH. */
final class HostEntry implements OutsideEntry {
  private final HostNode node;
  private final Descriptor descriptor;

  /**
   * @param descriptor whose use passes to the entry
   */
  HostEntry(HostNode node, Descriptor descriptor) {
    this.node = node;
    this.descriptor = descriptor;
  }

  @Override
  public HostNode node() {
    return node;
  }

  @Override
  public Stat stat() throws ErrnoException {
    return HostFs.stat(node, descriptor.fd);
  }

  @Override
  public void close() {
    descriptor.close();
  }
}

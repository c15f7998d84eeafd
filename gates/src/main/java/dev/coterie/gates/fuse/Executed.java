package dev.coterie.gates.fuse;

import dev.coterie.api.InodeId;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files that are being executed on this mount. The kernel keeps everybody from writing to them,
 * but by O_RDONLY | O_TRUNC only after the file was opened, when it is empty already.
 */
final class Executed {
  private final ConcurrentHashMap<Long, InodeId> byHandle = new ConcurrentHashMap<>();

  void began(long handle, InodeId id) {
    byHandle.put(handle, id);
  }

  /** Of any handle. */
  void released(long handle) {
    byHandle.remove(handle);
  }

  boolean contains(InodeId id) {
    return byHandle.containsValue(id);
  }
}

package dev.coterie.sys;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A mount namespace of one thread. Source: unshare(2), mount_namespaces(7). */
public final class MountNamespace {
  private static final int CLONE_NEWNS = 0x20000;
  private static final long MS_REC = 1 << 14;
  private static final long MS_PRIVATE = 1 << 18;

  private MountNamespace() {}

  /**
   * Gives the calling thread a mount namespace of its own, which the processes it starts share.
   * What is mounted there from now on is seen nowhere else, and ends with the last of them.
   *
   * @throws ErrnoException EPERM neither root nor in a user namespace of one's own
   */
  public static void unshare() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment none = MemorySegment.NULL;
      MemorySegment root = arena.allocateFrom("/");
      Capabilities.using(() -> {
        MountCalls.unshare(CLONE_NEWNS);
        MountCalls.mount(none, root, none, MS_REC | MS_PRIVATE, none);
      });
    }
  }
}

package dev.coterie.gates.fuse.kernel;

import dev.coterie.api.ErrnoException;
import dev.coterie.sys.FuseDevice;
import java.lang.foreign.MemorySegment;

/**
 * Where requests come from and replies go: the device of a mount, or what stands for it in tests.
 */
public interface Kernel {
  /**
   * Waits for a request.
   *
   * @return its length, or -1 when the mount has ended
   */
  int receive(MemorySegment buffer) throws ErrnoException;

  /**
   * Sends one reply or notification. ENOENT the request is not waited for any more, or the kernel
   * does not have what a notification names.
   */
  void send(MemorySegment frame, long length) throws ErrnoException;

  /**
   * As {@link #send}, from where the parts of the frame lie.
   *
   * @param parts {@code struct iovec}s
   * @param count of them
   */
  void gather(MemorySegment parts, int count, long length) throws ErrnoException;

  static Kernel of(FuseDevice device) {
    return new Kernel() {
      @Override
      public int receive(MemorySegment buffer) throws ErrnoException {
        return device.receive(buffer);
      }

      @Override
      public void send(MemorySegment frame, long length) throws ErrnoException {
        device.send(frame, length);
      }

      @Override
      public void gather(MemorySegment parts, int count, long length) throws ErrnoException {
        device.gather(parts, count, length);
      }
    };
  }
}

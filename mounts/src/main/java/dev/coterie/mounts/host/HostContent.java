package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.sys.DescriptorCalls;
import java.nio.ByteBuffer;

/**
 * A regular file of the host, open. What changes it is done as the caller: the kernel then clears
 * set-id bits and counts space as for that user.
 */
final class HostContent extends HostFile implements OutsideFile.Content {
  /** From here on the kernel might take the next append for one behind the largest offset. */
  private static final long HIGH_POSITION = Long.MAX_VALUE / 2;

  HostContent(Descriptor descriptor, boolean keepsAtime) {
    super(descriptor, keepsAtime);
  }

  @Override
  public int read(long offset, ByteBuffer destination) throws ErrnoException {
    return DescriptorCalls.pread(fd(), destination, offset);
  }

  @Override
  public int write(Caller caller, long offset, ByteBuffer source) throws ErrnoException {
    return Acting.as(caller, () -> DescriptorCalls.pwrite(fd(), source, offset));
  }

  /**
   * The host chooses the place and writes in one; the descriptor's position, which nobody else
   * moves meanwhile, tells where.
   */
  @Override
  public Transferred append(Caller caller, ByteBuffer source) throws ErrnoException {
    int count = Acting.as(caller, () -> DescriptorCalls.append(fd(), source));
    long end = seek(0, DescriptorCalls.SEEK_CUR);
    return new Transferred(end - count, count);
  }

  @Override
  public void requireOffset(long offset) throws ErrnoException {
    seek(offset, DescriptorCalls.SEEK_SET);
  }

  @Override
  public long seekData(long offset) throws ErrnoException {
    return seek(offset, DescriptorCalls.SEEK_DATA);
  }

  @Override
  public long seekHole(long offset) throws ErrnoException {
    return seek(offset, DescriptorCalls.SEEK_HOLE);
  }

  /** Leaves the descriptor's position where the next append is not refused for it. */
  private long seek(long offset, int whence) throws ErrnoException {
    long place = DescriptorCalls.lseek(fd(), offset, whence);
    if (place > HIGH_POSITION) {
      DescriptorCalls.lseek(fd(), 0, DescriptorCalls.SEEK_SET);
    }
    return place;
  }

  @Override
  public void allocate(Caller caller, int mode, long offset, long length) throws ErrnoException {
    Acting.as(
        caller,
        () -> {
          DescriptorCalls.fallocate(fd(), mode, offset, length);
          return mode;
        });
  }

  @Override
  public long copyTo(Caller caller, long offset, OutsideFile.Content to, long toOffset, long length)
      throws ErrnoException {
    int toFd = ((HostContent) to).fd();
    return Acting.as(
        caller, () -> DescriptorCalls.copyFileRange(fd(), offset, toFd, toOffset, length));
  }
}

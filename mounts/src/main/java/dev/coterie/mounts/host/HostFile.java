package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFlags;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.sys.DescriptorCalls;

/** A regular file or a directory of the host, open. */
abstract sealed class HostFile implements OutsideFile permits HostContent, HostDirectory {
  private final Descriptor descriptor;
  private final boolean keepsAtime;

  /**
   * @param descriptor whose use passes to the file
   * @param keepsAtime whether reads are not to be marked, whoever asks
   */
  HostFile(Descriptor descriptor, boolean keepsAtime) {
    this.descriptor = descriptor;
    this.keepsAtime = keepsAtime;
  }

  final int fd() {
    return descriptor.fd;
  }

  @Override
  public void setFlags(Caller caller, int flags) throws ErrnoException {
    int known = flags & (OpenFlags.O_APPEND | OpenFlags.O_NOATIME);
    int all = keepsAtime ? known | OpenFlags.O_NOATIME : known;
    Acting.as(
        caller,
        () -> {
          DescriptorCalls.setFlags(fd(), all);
          return all;
        });
  }

  @Override
  public void fsync(boolean dataOnly) throws ErrnoException {
    if (dataOnly) {
      DescriptorCalls.fdatasync(fd());
    } else {
      DescriptorCalls.fsync(fd());
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}

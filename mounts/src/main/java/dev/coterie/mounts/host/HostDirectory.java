package dev.coterie.mounts.host;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.core.spi.OutsideFile;
import dev.coterie.sys.DescriptorCalls;
import dev.coterie.sys.Dirent;
import dev.coterie.sys.FileHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the host, open. It is read a page at a time, from wherever the cookie says: the
 * host's own offset of an entry, moved behind the cookies of the dots.
 */
final class HostDirectory extends HostFile implements OutsideFile.Directory {
  /** First cookie that stands for an offset of the host: offset 0. */
  private static final long FIRST_COOKIE = 3;

  /** The largest offsets share the last cookie: ext4 uses the very last for "no more entries". */
  private static final long LAST_OFFSET = Long.MAX_VALUE;

  private static final long UNKNOWN = -1;
  private static final int DT_UNKNOWN = 0;

  /** From {@code d_type} to the type bits of {@code st_mode}. */
  private static final int TYPE_SHIFT = 12;

  private final Finder finder;
  private final HostNode node;
  private long position; // of the descriptor at the host; one reads at a time

  HostDirectory(Finder finder, HostNode node, Descriptor descriptor, boolean keepsAtime) {
    super(descriptor, keepsAtime);
    this.finder = finder;
    this.node = node;
  }

  private static long cookieOf(long offset) {
    return offset > LAST_OFFSET - FIRST_COOKIE ? LAST_OFFSET : offset + FIRST_COOKIE;
  }

  private static long offsetOf(long cookie) {
    if (cookie < FIRST_COOKIE) {
      return 0;
    }
    return cookie == LAST_OFFSET ? LAST_OFFSET : cookie - FIRST_COOKIE;
  }

  @Override
  public void readdir(Caller caller, long cookie, int bytes, boolean withStat, EntrySink sink)
      throws ErrnoException {
    long offset = offsetOf(cookie);
    if (position != offset) {
      position = UNKNOWN;
      DescriptorCalls.lseek(fd(), offset, DescriptorCalls.SEEK_SET);
    }
    while (true) {
      List<Dirent> entries = Dirent.read(fd(), bytes);
      if (entries.isEmpty()) {
        position = UNKNOWN; // some file systems do not say where the end is
        return;
      }
      position = entries.getLast().offset();
      for (Dirent entry : entries) {
        if (!entry.name().isDots() && !give(caller, entry, withStat, sink)) {
          return;
        }
      }
    }
  }

  /** False: the sink has enough. An entry that is gone meanwhile is left out. */
  private boolean give(Caller caller, Dirent entry, boolean withStat, EntrySink sink)
      throws ErrnoException {
    InodeId id = withStat ? null : identityOf(entry);
    if (id != null) {
      return giveWithoutStat(entry, id, sink);
    }
    HostEntry found;
    try {
      found =
          withStat
              ? finder.look(caller, node, fd(), entry.name())
              : finder.look(node, fd(), entry.name());
    } catch (ErrnoException e) {
      return switch (e.errno()) {
        case ENOENT -> true;
        // Not for this caller, or of another file system: the name is listed all the same.
        case EACCES, EXDEV -> giveWithoutStat(entry, identityOrNone(entry), sink);
        default -> throw e;
      };
    }
    try (found) {
      HostNode node = found.node();
      return sink.accept(
          entry.name(), node.id(), node.type(), cookieOf(entry.offset()), found::stat);
    }
  }

  private static boolean giveWithoutStat(Dirent entry, InodeId id, EntrySink sink)
      throws ErrnoException {
    int type = entry.type() << TYPE_SHIFT;
    return sink.accept(entry.name(), id, type, cookieOf(entry.offset()), () -> null);
  }

  /**
   * The identity by one call, of an entry that still names what was listed; null: it is to be
   * looked at.
   */
  private @Nullable InodeId identityOf(Dirent entry) {
    if (entry.type() == DT_UNKNOWN) {
      return null;
    }
    try {
      FileHandle handle = FileHandle.of(fd(), entry.name());
      return finder.isHere(handle) && finder.identities().isOf(handle, entry.ino())
          ? finder.identities().of(handle)
          : null;
    } catch (ErrnoException e) {
      return null;
    }
  }

  private InodeId identityOrNone(Dirent entry) {
    InodeId id = identityOf(entry);
    return id != null ? id : finder.identities().unreachable(entry.ino());
  }
}

package dev.coterie.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation.Setxattr;
import dev.coterie.core.event.Counter;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which files of inside mounts are event counters, until they are gone. A mount stores nothing of
 * them: to it they are empty files. By identity, as an inode that nobody counts on at the moment
 * keeps its number and not its object.
 */
final class Counters {
  private static final String SEMAPHORE = " semaphore";

  private final ConcurrentHashMap<InodeId, Counter> byInode = new ConcurrentHashMap<>();

  /** Whether there is any. One that is open is one of them. */
  boolean any() {
    return !byInode.isEmpty();
  }

  /** Null: a file like others. */
  @Nullable Counter find(InsideInode inode) {
    return any() ? byInode.get(inode.id()) : null;
  }

  /** EINVAL a counter has no content and no size. With the inode locked. */
  void requireContent(InsideInode inode) throws ErrnoException {
    if (find(inode) != null) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  void buried(InodeId id) {
    if (any()) {
      byInode.remove(id);
    }
  }

  // ---- as an attribute: what it counts, and " semaphore" if one is taken at a time ----

  /** With the inode locked. EACCES · ENODATA. */
  byte[] value(Caller caller, InsideInode inode) throws ErrnoException {
    Access.require(inode.node, caller, Access.READ);
    Counter counter = find(inode);
    if (counter == null) {
      throw new ErrnoException(Errno.ENODATA);
    }
    String count = Long.toUnsignedString(counter.count());
    return (counter.isSemaphore() ? count + SEMAPHORE : count).getBytes(UTF_8);
  }

  /**
   * Makes a counter of a file. With the inode locked, alone, and its mount writable.
   *
   * @param value as it is read; none: 0
   * @throws ErrnoException EPERM not the owner's · EINVAL not an empty regular file, or no such
   *     value · EEXIST it is one · ENODATA XATTR_REPLACE
   */
  void make(Caller caller, InsideInode inode, byte[] value, int flags) throws ErrnoException {
    Access.requireOwner(inode.node, caller);
    if (find(inode) != null) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if ((flags & Setxattr.XATTR_REPLACE) != 0) {
      throw new ErrnoException(Errno.ENODATA);
    }
    if (!Mode.isRegular(inode.node.mode()) || inode.node.size() != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    byInode.put(inode.id(), counter(new String(value, UTF_8)));
  }

  private static Counter counter(String text) throws ErrnoException {
    boolean semaphore = text.endsWith(SEMAPHORE);
    String count = semaphore ? text.substring(0, text.length() - SEMAPHORE.length()) : text;
    try {
      long initial = count.isEmpty() ? 0 : Long.parseUnsignedLong(count);
      if (Long.compareUnsigned(initial, Counter.MAX) <= 0) {
        return new Counter(initial, semaphore);
      }
    } catch (NumberFormatException e) {
      // no number, so no value either
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  /** It stays one as long as the file is there: ENODATA it is none · EPERM it is one. */
  Errno whyNotRemoved(InsideInode inode) {
    return find(inode) == null ? Errno.ENODATA : Errno.EPERM;
  }
}

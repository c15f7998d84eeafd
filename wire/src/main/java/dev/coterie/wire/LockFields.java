package dev.coterie.wire;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.RangeLock;

/** Kinds and types of locks as numbers, and back. */
final class LockFields {
  private LockFields() {}

  static int kind(RangeLock.Kind kind) {
    return switch (kind) {
      case POSIX -> P9.LOCK_KIND_POSIX;
      case OFD -> P9.LOCK_KIND_OFD;
      case FLOCK -> P9.LOCK_KIND_FLOCK;
    };
  }

  /** EINVAL: no such kind. */
  static RangeLock.Kind kind(int number) throws ErrnoException {
    return switch (number) {
      case P9.LOCK_KIND_POSIX -> RangeLock.Kind.POSIX;
      case P9.LOCK_KIND_OFD -> RangeLock.Kind.OFD;
      case P9.LOCK_KIND_FLOCK -> RangeLock.Kind.FLOCK;
      default -> throw new ErrnoException(Errno.EINVAL, "lock");
    };
  }

  static int type(RangeLock.Type type) {
    return switch (type) {
      case READ -> P9.LOCK_TYPE_RDLCK;
      case WRITE -> P9.LOCK_TYPE_WRLCK;
      case UNLOCK -> P9.LOCK_TYPE_UNLCK;
    };
  }

  /** EINVAL: no such type. */
  static RangeLock.Type type(int number) throws ErrnoException {
    return switch (number) {
      case P9.LOCK_TYPE_RDLCK -> RangeLock.Type.READ;
      case P9.LOCK_TYPE_WRLCK -> RangeLock.Type.WRITE;
      case P9.LOCK_TYPE_UNLCK -> RangeLock.Type.UNLOCK;
      default -> throw new ErrnoException(Errno.EINVAL, "lock");
    };
  }
}

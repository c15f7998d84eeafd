package dev.coterie.client.nio;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * The edge: an {@link Errno} as the exception that programs expect of a file system on Unix, which
 * are those of the JDK's own provider.
 */
final class Failures {
  private Failures() {}

  static IOException of(ErrnoException failure, CoteriePath path) {
    return of(failure, path, null);
  }

  /** As the JDK's access to attributes: what lies below a file that is no directory is missing. */
  static IOException ofMissing(ErrnoException failure, CoteriePath path) {
    return isMissing(failure) ? new NoSuchFileException(path.toString()) : of(failure, path, null);
  }

  /** Whether there is no such file. */
  static boolean isMissing(ErrnoException failure) {
    return failure.errno() == Errno.ENOENT || failure.errno() == Errno.ENOTDIR;
  }

  static IOException of(ErrnoException failure, CoteriePath path, @Nullable CoteriePath other) {
    requireOpen(path.getFileSystem());
    if (other != null) {
      requireOpen(other.getFileSystem());
    }
    String file = path.toString();
    String second = other == null ? null : other.toString();
    return switch (failure.errno()) {
      case EACCES -> new AccessDeniedException(file, second, null);
      case ENOENT -> new NoSuchFileException(file, second, null);
      case EEXIST -> new FileAlreadyExistsException(file, second, null);
      // Of a rename it could be either.
      case ENOTEMPTY ->
          second == null
              ? new DirectoryNotEmptyException(file)
              : new FileSystemException(file, second, reason(failure));
      // Also what is said of a link that was not to be followed.
      case ELOOP ->
          new FileSystemException(
              file, second, reason(failure) + " or a link that is not to be followed");
      case EINTR -> interrupted(file);
      default -> new FileSystemException(file, second, reason(failure));
    };
  }

  private static IOException interrupted(String file) {
    return new InterruptedIOException(file + ": " + Errno.EINTR.text());
  }

  /** Of a failing connection also what happened to it. */
  static String reason(ErrnoException failure) {
    return switch (failure.errno()) {
      case EIO, ENOTCONN -> String.valueOf(failure.getMessage());
      default -> failure.errno().text();
    };
  }

  private static void requireOpen(CoterieFileSystem fileSystem) {
    if (!fileSystem.isOpen()) {
      throw new ClosedFileSystemException();
    }
  }
}

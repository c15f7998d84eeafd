package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Ends a command with one line on stderr and an exit status. */
final class Failure extends Exception {
  /** Something that was asked for could not be done. */
  static final int FAILED = 1;

  /** The command line was not understood. */
  static final int USAGE = 2;

  private static final long serialVersionUID = 1L;

  private final int status;

  private Failure(int status, String message) {
    super(message, null, false, Boolean.getBoolean("coterie.trace"));
    this.status = status;
  }

  static Failure of(String message) {
    return new Failure(FAILED, message);
  }

  /** What the path is about, then what is wrong. */
  static Failure of(String path, IOException cause) {
    return new Failure(FAILED, path + ": " + reason(cause));
  }

  /** Ends with a status of the command's own. */
  static Failure with(int status, String message) {
    return new Failure(status, message);
  }

  static Failure usage(String message) {
    return new Failure(USAGE, message);
  }

  int status() {
    return status;
  }

  String text() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  /**
   * The sentence of an error without the path it is about. Not a switch over types, which the JVM
   * would have to make first.
   */
  static String reason(IOException cause) {
    if (cause instanceof ErrnoException e) {
      return e.errno().text();
    }
    if (cause instanceof NoSuchFileException) {
      return Errno.ENOENT.text();
    }
    if (cause instanceof FileAlreadyExistsException) {
      return Errno.EEXIST.text();
    }
    if (cause instanceof AccessDeniedException) {
      return Errno.EACCES.text();
    }
    if (cause instanceof DirectoryNotEmptyException) {
      return Errno.ENOTEMPTY.text();
    }
    if (cause instanceof NotDirectoryException) {
      return Errno.ENOTDIR.text();
    }
    if (cause instanceof FileSystemException e && e.getReason() != null) {
      return e.getReason();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}

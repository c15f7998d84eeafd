package dev.coterie.console;

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

  /** The sentence of an error without the path it is about. */
  static String reason(IOException cause) {
    String message = cause.getMessage();
    return switch (cause) {
      case ErrnoException e -> e.errno().text();
      case NoSuchFileException _ -> "No such file or directory";
      case FileAlreadyExistsException _ -> "File exists";
      case AccessDeniedException _ -> "Permission denied";
      case DirectoryNotEmptyException _ -> "Directory not empty";
      case NotDirectoryException _ -> "Not a directory";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> message == null ? cause.getClass().getSimpleName() : message;
    };
  }
}

package dev.coterie.client.nio;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_DSYNC;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_SYNC;
import static dev.coterie.api.OpenFlags.O_TRUNC;
import static dev.coterie.api.OpenFlags.O_WRONLY;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.nio.file.CopyOption;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/** Options of {@code java.nio.file}, read once into what they ask for. */
final class Options {
  private Options() {}

  static final int NEW_FILE = 0666;
  static final int NEW_DIRECTORY = 0777;

  /** Whether symbolic links are followed. */
  static boolean follows(LinkOption... options) {
    boolean follow = true;
    for (LinkOption option : options) {
      follow &= Objects.requireNonNull(option) != LinkOption.NOFOLLOW_LINKS;
    }
    return follow;
  }

  // ---- opening ----

  /**
   * How a file is opened.
   *
   * @param flags of open(2)
   */
  record Opening(
      int flags,
      boolean read,
      boolean write,
      boolean append,
      boolean deleteOnClose,
      boolean sync,
      boolean dataSync) {

    /** As for a channel. */
    static Opening of(Set<? extends OpenOption> options) {
      Set<? extends OpenOption> known = requireKnown(options);
      boolean append = known.contains(StandardOpenOption.APPEND);
      boolean write = known.contains(StandardOpenOption.WRITE) || append;
      boolean read = known.contains(StandardOpenOption.READ) || !write;
      if (append && known.contains(StandardOpenOption.READ)) {
        throw new IllegalArgumentException("READ + APPEND not allowed");
      }
      if (append && known.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
        throw new IllegalArgumentException("APPEND + TRUNCATE_EXISTING not allowed");
      }
      boolean deletes = known.contains(StandardOpenOption.DELETE_ON_CLOSE);
      boolean sync = known.contains(StandardOpenOption.SYNC);
      boolean dataSync = known.contains(StandardOpenOption.DSYNC);
      int flags = read && write ? O_RDWR : write ? O_WRONLY : O_RDONLY;
      flags |= write ? writingFlags(known, append) : 0;
      // A new file is no link. The JDK's provider takes its word for it also when only reading.
      boolean fresh = known.contains(StandardOpenOption.CREATE_NEW);
      if (!fresh && (deletes || known.contains(LinkOption.NOFOLLOW_LINKS))) {
        flags |= O_NOFOLLOW;
      }
      flags |= (sync ? O_SYNC : 0) | (dataSync ? O_DSYNC : 0);
      return new Opening(flags, read, write, append, deletes, sync, dataSync);
    }

    /** Opens a file so. Who opens one only to read it reads it. */
    OpenFile open(Tree tree, TreePath path, int mode) throws ErrnoException {
      boolean reads = read && !write && !deleteOnClose;
      return reads ? tree.openToRead(path, flags) : tree.open(path, flags, mode);
    }

    /** "This option is ignored if the file is opened only for reading" (StandardOpenOption). */
    private static int writingFlags(Set<? extends OpenOption> options, boolean append) {
      int flags = append ? O_APPEND : 0;
      if (options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
        flags |= O_TRUNC;
      }
      if (options.contains(StandardOpenOption.CREATE_NEW)) {
        return flags | O_CREAT | O_EXCL;
      }
      return options.contains(StandardOpenOption.CREATE) ? flags | O_CREAT : flags;
    }

    private static Set<? extends OpenOption> requireKnown(Set<? extends OpenOption> options) {
      for (OpenOption option : options) {
        Objects.requireNonNull(option);
        if (!(option instanceof StandardOpenOption) && option != LinkOption.NOFOLLOW_LINKS) {
          throw new UnsupportedOperationException(option + " not supported");
        }
      }
      return options;
    }

    boolean exclusive() {
      return (flags & O_EXCL) != 0;
    }

    boolean noFollow() {
      return (flags & O_NOFOLLOW) != 0;
    }

    /** Whether writes are to be durable before they return. */
    boolean syncs() {
      return sync || dataSync;
    }
  }

  // ---- copying and moving ----

  /** What is asked of a copy or move. */
  record Transfer(boolean replace, boolean attributes, boolean follow, boolean atomic) {
    static Transfer ofCopy(CopyOption... options) {
      boolean replace = false;
      boolean attributes = false;
      boolean follow = true;
      for (CopyOption option : options) {
        if (option == StandardCopyOption.REPLACE_EXISTING) {
          replace = true;
        } else if (option == StandardCopyOption.COPY_ATTRIBUTES) {
          attributes = true;
        } else if (option == LinkOption.NOFOLLOW_LINKS) {
          follow = false;
        } else {
          throw unknown(option);
        }
      }
      return new Transfer(replace, attributes, follow, false);
    }

    /** A move is always of the link itself, with all attributes. */
    static Transfer ofMove(CopyOption... options) {
      boolean replace = false;
      boolean atomic = false;
      for (CopyOption option : options) {
        if (option == StandardCopyOption.REPLACE_EXISTING) {
          replace = true;
        } else if (option == StandardCopyOption.ATOMIC_MOVE) {
          atomic = true;
        } else if (option != LinkOption.NOFOLLOW_LINKS) {
          throw unknown(option);
        }
      }
      return new Transfer(replace, true, false, atomic);
    }

    private static RuntimeException unknown(CopyOption option) {
      Objects.requireNonNull(option);
      return new UnsupportedOperationException("Unsupported copy option: " + option);
    }
  }

  // ---- attributes of a new file ----

  /** The permissions a new file is to have, before the umask. */
  static int mode(int otherwise, FileAttribute<?>... attributes) {
    int mode = otherwise;
    for (FileAttribute<?> attribute : attributes) {
      String name = attribute.name();
      if (!name.equals("posix:permissions") && !name.equals("unix:permissions")) {
        throw new UnsupportedOperationException(
            "'" + name + "' not supported as initial attribute");
      }
      mode = mode((Set<?>) attribute.value());
    }
    return mode;
  }

  /** The bits of a set of {@link PosixFilePermission}; ClassCastException if it holds others. */
  static int mode(Set<?> permissions) {
    int mode = 0;
    for (Object permission : permissions) {
      mode |= bit((PosixFilePermission) Objects.requireNonNull(permission));
    }
    return mode;
  }

  private static int bit(PosixFilePermission permission) {
    return switch (permission) {
      case OWNER_READ -> 0400;
      case OWNER_WRITE -> 0200;
      case OWNER_EXECUTE -> 0100;
      case GROUP_READ -> 040;
      case GROUP_WRITE -> 020;
      case GROUP_EXECUTE -> 010;
      case OTHERS_READ -> 04;
      case OTHERS_WRITE -> 02;
      case OTHERS_EXECUTE -> 01;
    };
  }

  static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    for (PosixFilePermission permission : PosixFilePermission.values()) {
      if ((mode & bit(permission)) != 0) {
        set.add(permission);
      }
    }
    return set;
  }
}

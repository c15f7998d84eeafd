package dev.coterie.client.nio;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import java.io.IOException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileSystemException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one channel. To the leader they are POSIX locks of this process, as the JDK's own
 * are to the kernel: they meet those of programs on kernel mounts and of other JVMs, and take part
 * in the search for deadlocks. Unlike the kernel's they do not end when another channel of the file
 * is closed.
 */
final class ChannelLocks {
  /**
   * This process, as a session numbers them: not the session itself, whose locks any close ends.
   */
  private static final long OWNER = 1;

  final CoterieFileSystem fileSystem; // immutable
  private final CoteriePath path; // immutable: for messages
  private final OpenFile file; // immutable
  private final Options.Opening opening; // immutable
  boolean closed; // guarded by the table
  private volatile LocksOfProcess.@Nullable Key key; // set by the first who locks

  ChannelLocks(
      CoterieFileSystem fileSystem, CoteriePath path, OpenFile file, Options.Opening opening) {
    this.fileSystem = fileSystem;
    this.path = path;
    this.file = file;
    this.opening = opening;
  }

  void requireMode(boolean shared) {
    if (shared && !opening.read()) {
      throw new NonReadableChannelException();
    }
    if (!shared && !opening.write()) {
      throw new NonWritableChannelException();
    }
  }

  /** Notes what is about to be asked for. */
  void add(CoterieFileLock lock) throws IOException {
    LocksOfProcess.ALL.add(key(), lock);
  }

  private LocksOfProcess.Key key() throws IOException {
    LocksOfProcess.Key known = key;
    if (known == null) {
      known = new LocksOfProcess.Key(fileSystem.treeMark(), file.id());
      key = known;
    }
    return known;
  }

  /** Waits until the leader grants what was noted; false: the channel was closed first. */
  boolean await(CoterieFileLock lock, Pending pending) throws IOException {
    boolean granted = false;
    try {
      fileSystem.service().call(fileSystem.caller(), operation(lock, type(lock), true), pending);
      granted = true;
    } catch (ErrnoException e) {
      throw failure(e);
    } finally {
      if (!granted) {
        drop(lock);
      }
    }
    return keep(lock);
  }

  /** Asks the leader for what was noted, and is told later. */
  Ticket ask(CoterieFileLock lock, Completion<Operation.Done> answer) {
    return fileSystem
        .service()
        .submit(fileSystem.caller(), operation(lock, type(lock), true), answer);
  }

  /**
   * Asks the leader for what was noted, without waiting and whether or not this thread was
   * interrupted; false: another's lock stands in the way, or the channel was closed first.
   */
  boolean attempt(CoterieFileLock lock) throws IOException {
    boolean granted = false;
    try {
      undisturbed(operation(lock, type(lock), false));
      granted = true;
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EAGAIN) {
        throw failure(e);
      }
    } finally {
      if (!granted) {
        drop(lock);
      }
    }
    return granted && keep(lock);
  }

  /** The leader has granted it; if the channel was closed meanwhile, it is given back. */
  boolean keep(CoterieFileLock lock) {
    if (LocksOfProcess.ALL.granted(lock)) {
      return true;
    }
    unlockIfPossible(lock);
    drop(lock);
    return false;
  }

  /** What was noted is not to be, or not any more: the leader has nothing of it. */
  void drop(CoterieFileLock lock) {
    lock.end();
    LocksOfProcess.Key known = key;
    if (known != null) {
      closeAll(LocksOfProcess.ALL.remove(known, List.of(lock)));
    }
  }

  void release(CoterieFileLock lock) throws IOException {
    synchronized (lock) {
      if (!lock.isValid()) {
        return;
      }
      try {
        undisturbed(operation(lock, RangeLock.Type.UNLOCK, false));
      } catch (ErrnoException e) {
        throw failure(e);
      }
      drop(lock);
    }
  }

  /** Ends what the channel holds, and closes its file. */
  void closeFile() throws ErrnoException {
    LocksOfProcess.Key known = key;
    if (known == null) {
      file.close();
      return;
    }
    List<CoterieFileLock> held = LocksOfProcess.ALL.close(known, this);
    for (CoterieFileLock lock : held) {
      synchronized (lock) {
        if (lock.end()) {
          unlockIfPossible(lock);
        }
      }
    }
    closeAll(LocksOfProcess.ALL.remove(known, held));
    if (!LocksOfProcess.ALL.keeps(known, fileSystem, file)) {
      file.close();
    }
  }

  /** Closes what was kept for others. Nobody waits for its errors: its channel is closed. */
  private static void closeAll(List<OpenFile> files) {
    for (OpenFile file : files) {
      try {
        file.close();
      } catch (ErrnoException e) {
        // Its session is over, and with it the file.
      }
    }
  }

  private void unlockIfPossible(CoterieFileLock lock) {
    try {
      undisturbed(operation(lock, RangeLock.Type.UNLOCK, false));
    } catch (ErrnoException e) {
      // The handle or the session is gone, and with it the lock.
    }
  }

  private void undisturbed(Operation.Lock operation) throws ErrnoException {
    fileSystem.service().callUndisturbed(fileSystem.caller(), operation);
  }

  private static RangeLock.Type type(CoterieFileLock lock) {
    return lock.isShared() ? RangeLock.Type.READ : RangeLock.Type.WRITE;
  }

  private Operation.Lock operation(CoterieFileLock lock, RangeLock.Type type, boolean waits) {
    boolean toEnd = lock.position() + lock.size() == Long.MAX_VALUE;
    long length = toEnd ? 0 : lock.size();
    return new Operation.Lock(
        file.handle(),
        new RangeLock(RangeLock.Kind.POSIX, type, lock.position(), length, OWNER),
        waits);
  }

  private IOException failure(ErrnoException e) {
    return new FileSystemException(path.toString(), null, Failures.reason(e));
  }

  IOException failure(Errno errno) {
    return new FileSystemException(path.toString(), null, errno.text());
  }
}

package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.*;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Faults as file systems have them: each turns a good session into one that is wrong now and then,
 * when several work at a time. One instance per process.
 */
enum SeededBug {
  /** The end is asked for first and written to afterwards. */
  APPEND_IN_TWO_STEPS {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      InodeId id = operation instanceof Append append ? good.inodeOf(append.handle()) : null;
      if (!(operation instanceof Append append) || id == null) {
        return null;
      }
      long end = good.getattr(id).size();
      pause();
      int count = good.writeAt(append.handle(), end, append.source());
      return new Transferred(end, count);
    }
  },

  /** Names are remembered in each process and not forgotten when others change them. */
  STALE_LOOKUP {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (operation instanceof Lookup lookup && ThreadLocalRandom.current().nextInt(4) > 0) {
        return good.names.get(lookup);
      }
      return null;
    }
  },

  /** What is in the way of a rename is removed first. */
  RENAME_IN_TWO_STEPS {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (operation instanceof Rename rename && rename.flags() == 0) {
        try {
          good.call(new Unlink(rename.newDir(), rename.newName()));
        } catch (ErrnoException e) {
          return null;
        }
        pause();
      }
      return null;
    }
  },

  /** RENAME_NOREPLACE looks first. */
  NOREPLACE_IN_TWO_STEPS {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (!(operation instanceof Rename rename)
          || rename.flags() != Rename.RENAME_NOREPLACE
          || good.exists(rename.newDir(), rename.newName())) {
        return null;
      }
      pause();
      return good.call(
          new Rename(rename.dir(), rename.name(), rename.newDir(), rename.newName(), 0));
    }
  },

  /** A write of several cells becomes two. */
  TORN_WRITE {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (!(operation instanceof Write write)
          || write.source().remaining() <= Stamp.CELL_BYTES
          || good.isAppend(write.handle())) {
        return null;
      }
      ByteBuffer source = write.source();
      int end = source.limit();
      source.limit(source.position() + Stamp.CELL_BYTES);
      int first = good.writeAt(write.handle(), write.offset(), source);
      pause();
      source.limit(end);
      return first + good.writeAt(write.handle(), write.offset() + first, source);
    }
  },

  /** A read of several cells becomes two. */
  TORN_READ {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (!(operation instanceof Read read) || read.destination().remaining() <= Stamp.CELL_BYTES) {
        return null;
      }
      ByteBuffer destination = read.destination();
      int end = destination.limit();
      destination.limit(destination.position() + Stamp.CELL_BYTES);
      int first = good.call(new Read(read.handle(), read.offset(), destination));
      pause();
      destination.limit(end);
      return first < Stamp.CELL_BYTES
          ? first
          : first + good.call(new Read(read.handle(), read.offset() + first, destination));
    }
  },

  /** A truncate writes back what it found before, and what was appended meanwhile is gone. */
  TRUNCATE_FORGETS_APPEND {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (!(operation instanceof Setattr setattr) || setattr.change().size() == null) {
        return null;
      }
      InodeId id = setattr.id();
      int size = setattr.change().size().intValue();
      long handle = good.call(new Open(id, OpenFlags.O_RDWR)).handle();
      ByteBuffer content = ByteBuffer.allocate(size);
      good.call(new Read(handle, 0, content));
      pause();
      good.call(new Setattr(id, 0, SetAttr.ofSize(0)));
      good.writeAt(handle, 0, content.flip());
      good.call(new Close(handle));
      return good.call(new Setattr(id, 0, setattr.change()));
    }
  },

  /** O_EXCL looks first. */
  EXCL_IN_TWO_STEPS {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (!(operation instanceof Create create) || (create.flags() & OpenFlags.O_EXCL) == 0) {
        return null;
      }
      if (good.exists(create.dir(), create.name())) {
        throw new ErrnoException(Errno.EEXIST);
      }
      pause();
      int flags = create.flags() & ~OpenFlags.O_EXCL;
      return good.call(new Create(create.dir(), create.name(), flags, create.mode()));
    }
  },

  /** The size of a file is remembered in each process. */
  STALE_SIZE {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (operation instanceof Getattr getattr && ThreadLocalRandom.current().nextInt(4) > 0) {
        return good.sizes.get(getattr);
      }
      return null;
    }
  },

  /** Now and then an append is done again, as if its answer had been lost. */
  APPEND_DONE_TWICE {
    @Override
    @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException {
      if (operation instanceof Append append && ThreadLocalRandom.current().nextInt(20) == 0) {
        good.call(new Append(append.handle(), append.source().duplicate()));
        pause();
      }
      return null;
    }
  };

  /** What is answered instead of doing the operation properly; null for doing it properly. */
  abstract @Nullable Object instead(Session good, Operation<?> operation) throws ErrnoException;

  /** The session with the fault. */
  FileService over(FileService good) {
    return new Session(this, good);
  }

  /** Widens the gap, so that others come in between often. */
  private static void pause() {
    long end = System.nanoTime() + ThreadLocalRandom.current().nextInt(20_000);
    // In a loop: the answer of the operation before may have left a permit, with which park returns
    // at once.
    for (long left = 1; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** A session and what the faults remember. */
  static final class Session implements FileService {
    private final SeededBug bug;
    private final FileService good;
    private final Map<Long, Opened> handles = new ConcurrentHashMap<>();
    final Map<Lookup, Stat> names = new ConcurrentHashMap<>();
    final Map<Getattr, Stat> sizes = new ConcurrentHashMap<>();

    Session(SeededBug bug, FileService good) {
      this.bug = bug;
      this.good = good;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      R answer;
      try {
        Object wrong = operation instanceof Forget ? Done.DONE : bug.instead(this, operation);
        // References are never given back, so that what is remembered stays valid.
        @SuppressWarnings("unchecked") // each fault answers what its operation is declared to
        R instead = (R) wrong;
        answer = instead != null ? instead : call(operation);
      } catch (ErrnoException e) {
        completion.failed(e.errno());
        return Ticket.DONE;
      }
      remember(operation, answer);
      completion.done(answer);
      return Ticket.DONE;
    }

    private void remember(Operation<?> operation, Object answer) {
      if (answer instanceof Opened opened) {
        handles.put(opened.handle(), opened);
      }
      if (answer instanceof Stat stat && operation instanceof Lookup lookup) {
        names.put(lookup, stat);
      }
      if (answer instanceof Stat stat
          && operation instanceof Getattr getattr
          && Mode.isRegular(stat.mode())) {
        sizes.put(getattr, stat);
      }
    }

    <R> R call(Operation<R> operation) throws ErrnoException {
      return good.call(Caller.ROOT, operation);
    }

    Stat getattr(InodeId id) throws ErrnoException {
      return call(new Getattr(id));
    }

    int writeAt(long handle, long offset, ByteBuffer source) throws ErrnoException {
      return call(new Write(handle, offset, source));
    }

    boolean exists(InodeId dir, Name name) throws ErrnoException {
      try {
        call(new Lookup(dir, name));
        return true;
      } catch (ErrnoException e) {
        if (e.errno() == Errno.ENOENT) {
          return false;
        }
        throw e;
      }
    }

    boolean isAppend(long handle) {
      Opened opened = handles.get(handle);
      return opened == null || (opened.flags() & OpenFlags.O_APPEND) != 0;
    }

    /** The inode of a handle that writes where it is told to, null for others. */
    @Nullable InodeId inodeOf(long handle) {
      Opened opened = handles.get(handle);
      return opened == null || isAppend(handle) ? null : opened.stat().id();
    }

    @Override
    public void close() {
      good.close();
    }
  }
}

package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.*;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Timestamp;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The least tree on which the workload runs, under one lock: linearizable because nothing in it is
 * concurrent. Permissions, times and whatever the workload does not use are left out.
 */
final class MemoryTree {
  private final Map<InodeId, Inode> inodes = new HashMap<>();
  private final Map<Long, Handle> handles = new HashMap<>();
  private final Inode root;
  private long lastNumber;
  private long lastHandle;

  private static final class Inode {
    final InodeId id;
    final int mode;
    final Map<Name, Inode> names = new TreeMap<>();
    byte[] content = {};
    long links;
    long references;

    Inode(InodeId id, int mode) {
      this.id = id;
      this.mode = mode;
    }

    boolean isDirectory() {
      return Mode.isDirectory(mode);
    }

    Stat stat() {
      Timestamp time = Timestamp.EPOCH;
      long shown = isDirectory() ? 2 : links;
      return new Stat(id, mode, shown, 0, 0, 0, content.length, 4096, 0, time, time, time, time, 0);
    }
  }

  private record Handle(Inode inode, int flags) {}

  MemoryTree() {
    root = make(Mode.S_IFDIR | 0755);
    root.links = 1;
  }

  /** A session; all of them see the same tree. */
  FileService session() {
    return new FileService() {
      @Override
      public <R> Ticket submit(
          Caller caller, Operation<R> operation, Completion<? super R> completion) {
        Object result;
        try {
          result = perform(operation);
        } catch (ErrnoException e) {
          completion.failed(e.errno());
          return Ticket.DONE;
        }
        @SuppressWarnings("unchecked") // each branch answers what its operation is declared to
        R answer = (R) result;
        completion.done(answer);
        return Ticket.DONE;
      }

      @Override
      public void close() {}
    };
  }

  private synchronized Object perform(Operation<?> operation) throws ErrnoException {
    return switch (operation) {
      case Root op -> referred(root).stat();
      case Lookup op -> referred(child(op.dir(), op.name())).stat();
      case Forget op -> forget(op);
      case Getattr op -> inode(op.id()).stat();
      case Setattr op -> setattr(op);
      case Mknod op -> referred(add(op.dir(), op.name(), op.mode())).stat();
      case Mkdir op -> referred(add(op.dir(), op.name(), Mode.S_IFDIR | op.mode())).stat();
      case Symlink op -> referred(add(op.dir(), op.name(), Mode.S_IFLNK | 0777)).stat();
      case Link op -> link(op);
      case Unlink op -> unlink(op);
      case Rmdir op -> rmdir(op);
      case Rename op -> rename(op);
      case Create op -> create(op);
      case Open op -> open(op);
      case Close op -> close(op);
      case Readdir op -> readdir(op);
      case Read op -> read(op);
      case Write op -> write(op);
      case Append op -> append(handle(op.handle()).inode, op.source());
      default -> throw new ErrnoException(Errno.ENOSYS);
    };
  }

  private Inode make(int mode) {
    Inode inode = new Inode(new InodeId(++lastNumber, 1), mode);
    inodes.put(inode.id, inode);
    return inode;
  }

  private static Inode referred(Inode inode) {
    inode.references++;
    return inode;
  }

  private void release(Inode inode) {
    if (inode.links == 0 && inode.references == 0) {
      inodes.remove(inode.id);
    }
  }

  private Inode inode(InodeId id) throws ErrnoException {
    Inode inode = inodes.get(id);
    if (inode == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return inode;
  }

  private Inode directory(InodeId id) throws ErrnoException {
    Inode directory = inode(id);
    if (!directory.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (directory.links == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return directory;
  }

  private Inode child(InodeId dir, Name name) throws ErrnoException {
    Inode child = directory(dir).names.get(name);
    if (child == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return child;
  }

  private Handle handle(long handle) throws ErrnoException {
    Handle open = handles.get(handle);
    if (open == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return open;
  }

  private Done forget(Forget op) throws ErrnoException {
    Inode inode = inode(op.id());
    if (inode.references < op.count()) {
      throw new ErrnoException(Errno.EINVAL);
    }
    inode.references -= op.count();
    release(inode);
    return Done.DONE;
  }

  private Stat setattr(Setattr op) throws ErrnoException {
    Inode inode = inode(op.id());
    Long size = op.change().size();
    if (size != null) {
      inode.content = Arrays.copyOf(inode.content, size.intValue());
    }
    return inode.stat();
  }

  private Inode add(InodeId dir, Name name, int mode) throws ErrnoException {
    Inode directory = directory(dir);
    if (directory.names.containsKey(name)) {
      throw new ErrnoException(Errno.EEXIST);
    }
    Inode inode = make(mode);
    inode.links = 1;
    directory.names.put(name, inode);
    return inode;
  }

  private Stat link(Link op) throws ErrnoException {
    Inode inode = inode(op.id());
    Inode directory = directory(op.dir());
    if (directory.names.containsKey(op.name())) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (inode.isDirectory()) {
      throw new ErrnoException(Errno.EPERM);
    }
    if (inode.links == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    inode.links++;
    directory.names.put(op.name(), inode);
    return inode.stat();
  }

  private Done unlink(Unlink op) throws ErrnoException {
    Inode inode = child(op.dir(), op.name());
    if (inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    remove(directory(op.dir()), op.name());
    return Done.DONE;
  }

  private Done rmdir(Rmdir op) throws ErrnoException {
    Inode inode = child(op.dir(), op.name());
    if (!inode.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!inode.names.isEmpty()) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
    remove(directory(op.dir()), op.name());
    return Done.DONE;
  }

  private void remove(Inode directory, Name name) {
    Inode gone = directory.names.remove(name);
    if (gone != null) {
      gone.links--;
      release(gone);
    }
  }

  private Done rename(Rename op) throws ErrnoException {
    Inode from = directory(op.dir());
    Inode moved = child(op.dir(), op.name());
    Inode to = directory(op.newDir());
    Inode replaced = to.names.get(op.newName());
    if (op.flags() == Rename.RENAME_EXCHANGE) {
      if (replaced == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      from.names.put(op.name(), replaced);
      to.names.put(op.newName(), moved);
      return Done.DONE;
    }
    if (replaced != null) {
      if (op.flags() == Rename.RENAME_NOREPLACE) {
        throw new ErrnoException(Errno.EEXIST);
      }
      if (replaced == moved) {
        return Done.DONE;
      }
      requireReplaceable(moved, replaced);
      remove(to, op.newName());
    }
    from.names.remove(op.name());
    to.names.put(op.newName(), moved);
    return Done.DONE;
  }

  private static void requireReplaceable(Inode moved, Inode replaced) throws ErrnoException {
    if (moved.isDirectory() && !replaced.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!moved.isDirectory() && replaced.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (!replaced.names.isEmpty()) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
  }

  private Opened create(Create op) throws ErrnoException {
    Inode inode = directory(op.dir()).names.get(op.name());
    if (inode == null) {
      inode = add(op.dir(), op.name(), Mode.S_IFREG | op.mode());
    } else if ((op.flags() & OpenFlags.O_EXCL) != 0) {
      throw new ErrnoException(Errno.EEXIST);
    } else if (inode.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    } else if (Mode.isSymlink(inode.mode)) {
      throw new ErrnoException(Errno.ELOOP);
    }
    return opened(referred(inode), op.flags());
  }

  private Opened open(Open op) throws ErrnoException {
    Inode inode = inode(op.id());
    if ((op.flags() & OpenFlags.O_TRUNC) != 0) {
      inode.content = new byte[0];
    }
    return opened(inode, op.flags());
  }

  private Opened opened(Inode inode, int flags) {
    handles.put(++lastHandle, new Handle(referred(inode), flags));
    return new Opened(lastHandle, inode.stat(), flags);
  }

  private Done close(Close op) throws ErrnoException {
    Handle handle = handle(op.handle());
    handles.remove(op.handle());
    handle.inode.references--;
    release(handle.inode);
    return Done.DONE;
  }

  private List<DirEntry> readdir(Readdir op) throws ErrnoException {
    List<DirEntry> entries = new ArrayList<>();
    long cookie = 0;
    Inode directory = handle(op.handle()).inode;
    List<Map.Entry<Name, @Nullable Inode>> all = new ArrayList<>();
    all.add(Map.entry(Name.DOT, directory));
    all.add(Map.entry(Name.DOT_DOT, directory));
    directory.names.forEach((name, inode) -> all.add(Map.entry(name, inode)));
    for (var entry : all) {
      Inode inode = Objects.requireNonNull(entry.getValue());
      if (++cookie > op.cookie() && entries.size() < 10) {
        entries.add(
            new DirEntry(entry.getKey(), inode.id, Mode.direntType(inode.mode), cookie, null));
      }
    }
    return entries;
  }

  private Integer read(Read op) throws ErrnoException {
    byte[] content = handle(op.handle()).inode.content;
    int count =
        (int) Math.max(0, Math.min(op.destination().remaining(), content.length - op.offset()));
    if (count > 0) {
      op.destination().put(content, (int) op.offset(), count);
    }
    return count;
  }

  private Integer write(Write op) throws ErrnoException {
    Handle handle = handle(op.handle());
    if ((handle.flags & OpenFlags.O_APPEND) != 0) {
      return append(handle.inode, op.source()).count();
    }
    return put(handle.inode, (int) op.offset(), op.source());
  }

  private Transferred append(Inode inode, ByteBuffer source) {
    long offset = inode.content.length;
    return new Transferred(offset, put(inode, (int) offset, source));
  }

  private static int put(Inode inode, int offset, ByteBuffer source) {
    int count = source.remaining();
    if (inode.content.length < offset + count) {
      inode.content = Arrays.copyOf(inode.content, offset + count);
    }
    source.get(inode.content, offset, count);
    return count;
  }
}

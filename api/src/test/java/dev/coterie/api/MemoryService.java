package dev.coterie.api;

import dev.coterie.api.Operation.Opened;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tree in memory, just good enough to walk in: no content, no times, search permission only. It
 * counts references and handles, so that a test can see that all were given back.
 */
final class MemoryService implements FileService {
  private static final class Node {
    final InodeId id;
    final Map<Name, Node> entries = new LinkedHashMap<>();
    int mode;
    byte[] target = {};
    @Nullable Node parent;
    long references;

    Node(InodeId id, int mode) {
      this.id = id;
      this.mode = mode;
    }

    boolean isDirectory() {
      return Mode.isDirectory(mode);
    }
  }

  private final Map<InodeId, Node> nodes = new HashMap<>();
  private final Map<Long, Node> handles = new HashMap<>();
  private final Node root = node(Mode.S_IFDIR | 0755);
  private long number;
  private long handleNumber;

  /** Is shown each operation before it is done; may change the tree, as another process would. */
  Consumer<Operation<?>> before = operation -> {};

  long references() {
    return nodes.values().stream().mapToLong(node -> node.references).sum();
  }

  int handles() {
    return handles.size();
  }

  private Node node(int mode) {
    Node node = new Node(new InodeId(++number, 1), mode);
    nodes.put(node.id, node);
    return node;
  }

  @Override
  @SuppressWarnings("unchecked") // each case answers what its operation's type says
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    before.accept(operation);
    R result;
    try {
      result = (R) answer(caller, operation);
    } catch (ErrnoException e) {
      completion.failed(e.errno());
      return Ticket.DONE;
    }
    completion.done(result);
    return Ticket.DONE;
  }

  @Override
  public void close() {}

  private Object answer(Caller caller, Operation<?> operation) throws ErrnoException {
    return switch (operation) {
      case Operation.Root _ -> entered(root);
      case Operation.Lookup(var dir, var name) -> entered(find(caller, dir, name));
      case Operation.Forget(var id, var count) -> {
        require(id).references -= count;
        yield Operation.Done.DONE;
      }
      case Operation.Getattr(var id) -> stat(require(id));
      case Operation.Setattr(var id, _, var change) -> {
        Node node = require(id);
        node.mode =
            (node.mode & Mode.S_IFMT)
                | Objects.requireNonNullElse(change.mode(), node.mode & 07777);
        yield stat(node);
      }
      case Operation.Access(var id, _) -> {
        requireSearch(caller, require(id));
        yield Operation.Done.DONE;
      }
      case Operation.Readlink(var id) -> require(id).target;
      case Operation.Mkdir(var dir, var name, var mode) ->
          entered(make(caller, dir, name, Mode.S_IFDIR | mode));
      case Operation.Mknod(var dir, var name, var mode, _) ->
          entered(make(caller, dir, name, mode));
      case Operation.Symlink(var dir, var name, var target) -> {
        Node made = make(caller, dir, name, Mode.S_IFLNK | 0777);
        made.target = target;
        yield entered(made);
      }
      case Operation.Link(var id, var dir, var name) -> {
        Node old = require(id);
        make(caller, dir, name, 0);
        require(dir).entries.put(name, old);
        yield stat(old);
      }
      case Operation.Unlink(var dir, var name) -> remove(caller, dir, name, Errno.EISDIR);
      case Operation.Rmdir(var dir, var name) -> remove(caller, dir, name, Errno.ENOTEMPTY);
      case Operation.Rename(var dir, var name, var newDir, var newName, _) -> {
        Node moved = find(caller, dir, name);
        require(dir).entries.remove(name);
        require(newDir).entries.put(newName, moved);
        yield Operation.Done.DONE;
      }
      case Operation.Create(var dir, var name, var flags, var mode) ->
          createIn(caller, dir, name, flags, mode);
      case Operation.Tmpfile(_, var flags, var mode) -> opened(node(Mode.S_IFREG | mode), flags, 1);
      case Operation.Open(var id, var flags) -> openNode(require(id), flags, 0);
      case Operation.Close(var handle) -> {
        if (handles.remove(handle) == null) {
          throw new ErrnoException(Errno.EBADF);
        }
        yield Operation.Done.DONE;
      }
      case Operation.Readdir(var handle, var cookie, _, _) -> page(handles.get(handle), cookie);
      case Operation.Statfs(var id) -> {
        require(id);
        yield new StatFs(0, 4096, 0, 0, 0, 0, 0, 1, Limits.NAME_BYTES);
      }
      default -> throw new ErrnoException(Errno.ENOSYS);
    };
  }

  private Node require(InodeId id) throws ErrnoException {
    Node node = nodes.get(id);
    if (node == null || (node.references == 0 && !handles.containsValue(node))) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return node;
  }

  private static void requireSearch(Caller caller, Node dir) throws ErrnoException {
    if (!dir.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (!caller.isRoot() && (dir.mode & 1) == 0) {
      throw new ErrnoException(Errno.EACCES);
    }
  }

  private Node find(Caller caller, InodeId id, Name name) throws ErrnoException {
    Node dir = require(id);
    requireSearch(caller, dir);
    if (name.isDots()) {
      return name.equals(Name.DOT) || dir.parent == null ? dir : dir.parent;
    }
    name.requireEntry();
    Node found = dir.entries.get(name);
    if (found == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return found;
  }

  private Node make(Caller caller, InodeId id, Name name, int mode) throws ErrnoException {
    Node dir = require(id);
    requireSearch(caller, dir);
    if (name.isDots() || dir.entries.containsKey(name)) {
      throw new ErrnoException(Errno.EEXIST);
    }
    name.requireEntry();
    Node made = node(mode);
    made.parent = dir;
    dir.entries.put(name, made);
    return made;
  }

  private Object remove(Caller caller, InodeId id, Name name, Errno dots) throws ErrnoException {
    if (name.isDots()) {
      throw new ErrnoException(
          name.equals(Name.DOT) && dots == Errno.ENOTEMPTY ? Errno.EINVAL : dots);
    }
    boolean directory = find(caller, id, name).isDirectory();
    if (directory != (dots == Errno.ENOTEMPTY)) {
      throw new ErrnoException(directory ? Errno.EISDIR : Errno.ENOTDIR);
    }
    require(id).entries.remove(name);
    return Operation.Done.DONE;
  }

  private Opened createIn(Caller caller, InodeId id, Name name, int flags, int mode)
      throws ErrnoException {
    Node found = require(id).entries.get(name);
    if (found == null) {
      return opened(make(caller, id, name, Mode.S_IFREG | mode), flags, 1);
    }
    if ((flags & OpenFlags.O_EXCL) != 0) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (found.isDirectory()) {
      throw new ErrnoException(Errno.EISDIR);
    }
    return openNode(found, flags, 1);
  }

  private Opened openNode(Node node, int flags, int references) throws ErrnoException {
    if ((flags & OpenFlags.O_DIRECTORY) != 0 && !node.isDirectory()) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (Mode.isSymlink(node.mode)) {
      throw new ErrnoException(Errno.ELOOP);
    }
    return opened(node, flags, references);
  }

  private Opened opened(Node node, int flags, int references) {
    node.references += references;
    handles.put(++handleNumber, node);
    return new Opened(handleNumber, stat(node), flags);
  }

  private List<DirEntry> page(@Nullable Node dir, long cookie) throws ErrnoException {
    if (dir == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    List<DirEntry> all = new ArrayList<>();
    all.add(new DirEntry(Name.DOT, dir.id, 4, 1, null));
    all.add(new DirEntry(Name.DOT_DOT, dir.id, 4, 2, null));
    dir.entries.forEach((name, node) ->
        all.add(new DirEntry(name, node.id, Mode.direntType(node.mode), all.size() + 1, null)));
    // Three at a time, so that a listing needs several answers.
    int from = (int) cookie;
    return all.subList(from, Math.min(all.size(), from + 3));
  }

  private static Stat entered(Node node) {
    node.references++;
    return stat(node);
  }

  private static Stat stat(Node node) {
    Timestamp zero = Timestamp.EPOCH;
    long size = node.target.length;
    return new Stat(
        node.id, node.mode, 1, 0, 0, 0, size, 4096, 0, zero, zero, zero, zero, node.entries.size());
  }
}

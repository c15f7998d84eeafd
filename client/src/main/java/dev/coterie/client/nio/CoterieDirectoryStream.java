package dev.coterie.client.nio;

import static dev.coterie.api.OpenFlags.O_DIRECTORY;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_RDONLY;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.ClosedDirectoryStreamException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open directory: its entries, and operations on what it holds, whatever happens to the path it
 * was opened by. What it is relative to is the inode (as openat(2) and its like).
 *
 * <p>Weakly consistent: an entry that is there all the time is given once; one that comes or goes
 * meanwhile, at most once.
 */
final class CoterieDirectoryStream implements SecureDirectoryStream<Path>, Place.TreeSource {
  private final CoteriePath directory; // immutable: what entries are shown below
  private final OpenFile handle; // immutable
  private final Tree tree; // immutable: from this directory
  private final DirectoryStream.Filter<? super Path> filter; // immutable
  private boolean iterated; // guarded by this
  private volatile boolean closed; // atomic

  private CoterieDirectoryStream(
      CoteriePath directory,
      OpenFile handle,
      Tree tree,
      DirectoryStream.Filter<? super Path> filter) {
    this.directory = directory;
    this.handle = handle;
    this.tree = tree;
    this.filter = filter;
  }

  /** Opens the directory at a path of a tree; its entries are shown below {@code shown}. */
  static CoterieDirectoryStream open(
      Tree tree,
      CoteriePath path,
      CoteriePath shown,
      boolean follow,
      DirectoryStream.Filter<? super Path> filter)
      throws IOException {
    try {
      int flags = O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW);
      OpenFile handle = tree.open(path.treePath(), flags, 0);
      return shown
          .getFileSystem()
          .opened(new CoterieDirectoryStream(shown, handle, tree.at(handle), filter));
    } catch (ErrnoException e) {
      if (!follow && e.errno() == Errno.ENOTDIR && isLink(tree, path)) {
        throw Failures.of(new ErrnoException(Errno.ELOOP), path);
      }
      if (e.errno() == Errno.ENOTDIR) {
        throw new NotDirectoryException(path.toString());
      }
      throw Failures.of(e, path);
    }
  }

  private static boolean isLink(Tree tree, CoteriePath path) {
    try {
      return tree.lstat(path.treePath()).isSymlink();
    } catch (ErrnoException e) {
      return false;
    }
  }

  /** The tree from here: ClosedDirectoryStreamException. */
  @Override
  public Tree tree() {
    if (closed) {
      if (!directory.getFileSystem().isOpen()) {
        throw new ClosedFileSystemException();
      }
      throw new ClosedDirectoryStreamException();
    }
    return tree;
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    directory.getFileSystem().closed(this);
    try {
      handle.close();
    } catch (ErrnoException e) {
      if (directory.getFileSystem().isOpen()) {
        throw Failures.of(e, directory);
      }
    }
  }

  // ---- entries ----

  @Override
  public synchronized Iterator<Path> iterator() {
    if (closed) {
      throw new IllegalStateException("Directory stream is closed");
    }
    if (iterated) {
      throw new IllegalStateException("Iterator already obtained");
    }
    iterated = true;
    return new Entries();
  }

  /** The entries that the filter takes. After closing, none but those read before. */
  private final class Entries implements Iterator<Path> {
    private Iterator<DirEntry> page = List.<DirEntry>of().iterator(); // guarded by this
    private long cookie; // guarded by this
    private boolean ended; // guarded by this
    private @Nullable Path next; // guarded by this

    @Override
    public synchronized boolean hasNext() {
      if (next == null && !ended) {
        next = find();
        ended = next == null;
      }
      return next != null;
    }

    @Override
    public synchronized Path next() {
      if (!hasNext() || next == null) {
        throw new NoSuchElementException();
      }
      Path found = next;
      next = null;
      return found;
    }

    private @Nullable Path find() {
      try {
        for (DirEntry entry = read(); entry != null; entry = read()) {
          Path path = directory.child(entry.name().toBytes());
          if (!entry.name().isDots() && filter.accept(path)) {
            return path;
          }
        }
        return null;
      } catch (IOException e) {
        throw new DirectoryIteratorException(e);
      }
    }

    private @Nullable DirEntry read() throws IOException {
      if (!page.hasNext() && !closed) {
        page = readPage().iterator();
      }
      if (!page.hasNext()) {
        return null;
      }
      DirEntry entry = page.next();
      cookie = entry.cookie();
      return entry;
    }

    private List<DirEntry> readPage() throws IOException {
      try {
        return handle.readdir(cookie, false);
      } catch (ErrnoException e) {
        // A directory that was removed has no entries. Closed meanwhile: none any more.
        if (closed || e.errno() == Errno.ENOENT) {
          return List.of();
        }
        throw new FileSystemException(directory.toString(), null, Failures.reason(e));
      }
    }
  }

  // ---- what it holds ----

  @Override
  public SecureDirectoryStream<Path> newDirectoryStream(Path path, LinkOption... options)
      throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    boolean follow = Options.follows(options);
    return open(tree(), named(ours), directory.resolve(ours), follow, entry -> true);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    Tree here = tree();
    Options.Opening opening = Options.Opening.of(options);
    CoteriePath file = opening.exclusive() ? ours : named(ours);
    return CoterieFileChannel.open(here, file, opening, attributes);
  }

  /** Refuses the empty path, which names nothing below an open directory. */
  private static CoteriePath named(CoteriePath path) throws NoSuchFileException {
    if (path.isEmpty()) {
      throw new NoSuchFileException(path.toString());
    }
    return path;
  }

  @Override
  public TreePath locate(CoteriePath path) {
    return path.treePathBelow();
  }

  @Override
  public void deleteFile(Path path) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    try {
      tree().unlink(ours.treePathBelow());
    } catch (ErrnoException e) {
      throw Failures.of(e, ours);
    }
  }

  @Override
  public void deleteDirectory(Path path) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    try {
      tree().rmdir(ours.treePathBelow());
    } catch (ErrnoException e) {
      throw Failures.of(e, ours);
    }
  }

  @Override
  public void move(Path source, SecureDirectoryStream<Path> targetDirectory, Path target)
      throws IOException {
    CoteriePath from = CoteriePath.of(source);
    CoteriePath to = CoteriePath.of(target);
    Objects.requireNonNull(targetDirectory);
    if (!(targetDirectory instanceof CoterieDirectoryStream that)) {
      throw new ProviderMismatchException();
    }
    Tree there = that.tree();
    if (directory.getFileSystem() != that.directory.getFileSystem()) {
      throw new AtomicMoveNotSupportedException(
          from.toString(), to.toString(), "on another file system");
    }
    try {
      tree().rename(from.treePathBelow(), there, to.treePathBelow(), 0);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EXDEV) {
        throw new AtomicMoveNotSupportedException(from.toString(), to.toString(), e.errno().text());
      }
      throw Failures.of(e, from, to);
    }
  }

  // ---- attributes ----

  @Override
  public <V extends FileAttributeView> @Nullable V getFileAttributeView(Class<V> type) {
    return Views.of(new Itself(), type);
  }

  @Override
  public <V extends FileAttributeView> @Nullable V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    CoteriePath ours = CoteriePath.of(path);
    return Views.of(new Place.AtPath(this, ours, Options.follows(options)), type);
  }

  /** The open directory, by its handle and not by any name. */
  private final class Itself implements Place {
    @Override
    public CoteriePath shown() {
      return directory;
    }

    @Override
    public boolean follow() {
      return true;
    }

    @Override
    public boolean isByPath() {
      return false;
    }

    @Override
    public Stat stat() throws ErrnoException {
      tree();
      return handle.fstat();
    }

    @Override
    public void set(SetAttr change) throws ErrnoException {
      tree().service().setattr(tree.caller(), handle.id(), 0, change);
    }
  }
}

package dev.coterie.client.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.api.TreeMark;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A tree as a file system of {@code java.nio.file}: one session, one caller, working directory at
 * the root.
 */
final class CoterieFileSystem extends FileSystem implements Place.TreeSource {
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final CoterieFileSystemProvider provider; // immutable
  private final TreeUri uri; // immutable: of the root
  private final FileService service; // immutable
  private final Caller caller; // immutable
  private final Tree tree; // immutable
  private final long number = NUMBERS.incrementAndGet();
  private final CoteriePath root; // immutable
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet(); // channels and streams
  private volatile @Nullable Object treeMark; // set by the first who asks
  private volatile boolean closed; // atomic

  CoterieFileSystem(
      CoterieFileSystemProvider provider, TreeUri uri, FileService service, Caller caller)
      throws ErrnoException {
    this.provider = provider;
    this.uri = uri;
    this.service = service;
    this.caller = caller;
    this.tree = Tree.of(new Undisturbed(service), caller);
    this.root = new CoteriePath(this, new byte[] {'/'});
  }

  // ---- for the classes of this package ----

  /** The tree, from the root: ClosedFileSystemException after closing. */
  @Override
  public Tree tree() {
    requireOpen();
    return tree;
  }

  FileService service() {
    return service;
  }

  Caller caller() {
    return caller;
  }

  CoteriePath root() {
    return root;
  }

  /** Tells apart the file systems of this process. */
  long number() {
    return number;
  }

  /** Whether one inode of both is the same file: they are of one leader. */
  boolean sharesTreeWith(CoterieFileSystem other) {
    return this == other || uri.equals(other.uri);
  }

  /**
   * What tells this tree from those of other leaders, and is equal for all file systems of it; of a
   * leader that does not say, only for this one.
   */
  Object treeMark() throws IOException {
    Object known = treeMark;
    if (known == null) {
      try {
        known = ByteBuffer.wrap(tree().getxattr(root.treePath(), TreeMark.ATTRIBUTE, true));
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ENODATA && e.errno() != Errno.EOPNOTSUPP) {
          throw Failures.of(e, root);
        }
        known = this;
      }
      treeMark = known;
    }
    return known;
  }

  TreeUri treeUri() {
    return uri;
  }

  /** Has this closed with the file system. */
  <C extends Closeable> C opened(C resource) throws IOException {
    open.add(resource);
    if (closed) {
      resource.close();
      throw new ClosedFileSystemException();
    }
    return resource;
  }

  void closed(Closeable resource) {
    open.remove(resource);
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedFileSystemException();
    }
  }

  /** "Trailing slash if directory", as the paths of the JDK's provider have it. */
  URI toUri(CoteriePath path) {
    return uri.resolve(path.toAbsolutePath().bytes(), !closed && isDirectory(path));
  }

  private boolean isDirectory(CoteriePath path) {
    try {
      return tree.stat(path.treePath()).isDirectory();
    } catch (ErrnoException e) {
      return false;
    }
  }

  // ---- real paths ----

  /**
   * The path without symbolic links, "." and ".."; or, without following, a path to the link itself
   * from which only "." is gone and each ".." whose name before is none of a link.
   */
  CoteriePath realPath(CoteriePath path, boolean follow) throws IOException {
    try {
      CoteriePath absolute = path.toAbsolutePath();
      return follow ? resolveLinks(absolute) : dropDots(absolute);
    } catch (ErrnoException e) {
      throw Failures.of(e, path);
    }
  }

  private CoteriePath resolveLinks(CoteriePath absolute) throws ErrnoException, IOException {
    CoteriePath real = root;
    @Nullable CoteriePath left = absolute;
    int followed = 0;
    while (left != null && left.getNameCount() > 0) {
      CoteriePath name = left.getName(0);
      int count = left.getNameCount();
      left = count == 1 ? null : left.subpath(1, count);
      // Also of "." and "..": that what is before them can be searched.
      Stat stat = tree().lstat(real.child(name.bytes()).treePath());
      if (stat.isSymlink()) {
        if (++followed > Limits.SYMLINKS_FOLLOWED) {
          throw new ErrnoException(Errno.ELOOP);
        }
        CoteriePath target = readLink(real.child(name.bytes()));
        real = target.isAbsolute() ? root : real;
        left = left == null ? target : target.resolve(left);
        continue;
      }
      real = real.child(name.bytes()).normalize();
    }
    return real;
  }

  /** The target of a symbolic link. */
  CoteriePath readLink(CoteriePath link) throws ErrnoException {
    return CoteriePath.of(this, tree().readlink(link.treePath()));
  }

  private CoteriePath dropDots(CoteriePath absolute) throws IOException {
    CoteriePath kept = root;
    boolean climbed = false;
    for (int i = 0; i < absolute.getNameCount(); i++) {
      byte[] name = absolute.getName(i).bytes();
      boolean dotDot = name.length == 2 && name[0] == '.' && name[1] == '.';
      if (name.length == 1 && name[0] == '.') {
        continue;
      }
      if (dotDot && !climbed && !isLink(kept)) {
        CoteriePath parent = kept.getParent();
        kept = parent == null ? root : parent;
        continue;
      }
      climbed = dotDot;
      kept = kept.child(name);
    }
    isLink(kept); // it has to be there
    return kept;
  }

  private boolean isLink(CoteriePath path) throws IOException {
    try {
      return tree().lstat(path.treePath()).isSymlink();
    } catch (ErrnoException e) {
      throw Failures.of(e, path);
    }
  }

  // ---- FileSystem ----

  @Override
  public CoterieFileSystemProvider provider() {
    return provider;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  /** Closes what is open in it, then ends the session. */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    provider.closed(this);
    IOException failure = null;
    for (Closeable resource : open) {
      try {
        resource.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    service.close();
    if (failure != null) {
      throw failure;
    }
  }

  /** False: a tree can have mounts of both kinds, and each {@link FileStore} says so of its own. */
  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(root);
  }

  /** The one of the root. Others, of mounts further down, are found by their paths. */
  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of(new CoterieFileStore(root));
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return NamedAttributes.VIEWS;
  }

  @Override
  public CoteriePath getPath(String first, String... more) {
    Objects.requireNonNull(first);
    if (more.length == 0) {
      return CoteriePath.of(this, PathText.encode(first));
    }
    StringBuilder joined = new StringBuilder(first);
    for (String part : more) {
      if (!part.isEmpty()) {
        joined.append(joined.isEmpty() ? "" : "/").append(part);
      }
    }
    return CoteriePath.of(this, PathText.encode(joined.toString()));
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    int colon = syntaxAndPattern.indexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("no syntax: " + syntaxAndPattern);
    }
    String syntax = syntaxAndPattern.substring(0, colon);
    String pattern = syntaxAndPattern.substring(colon + 1);
    if (syntax.equalsIgnoreCase("glob")) {
      return matcher(Glob.toRegex(pattern));
    }
    if (syntax.equalsIgnoreCase("regex")) {
      return matcher(pattern);
    }
    throw new UnsupportedOperationException("Syntax '" + syntax + "' not recognized");
  }

  private static PathMatcher matcher(String regex) {
    Pattern compiled = Pattern.compile(regex);
    return path -> compiled.matcher(path.toString()).matches();
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    return Principals.LOOKUP;
  }

  @Override
  public WatchService newWatchService() throws IOException {
    return CoterieWatchService.open(this);
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}

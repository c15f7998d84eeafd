package dev.coterie.client.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Stat;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.LinkOption;
import java.nio.file.NotLinkException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.spi.FileSystemProvider;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The provider of scheme {@code coterie}, found by the service loader. See the package's front page
 * for its URIs; {@link CoterieFileSystems} is the other door.
 */
public final class CoterieFileSystemProvider extends FileSystemProvider {
  /** Of {@code newFileSystem}: the tree of the leader to attach, a String. */
  public static final String TREE = "tree";

  /** Of {@code newFileSystem}: how long to wait for the leader, in milliseconds, a Number. */
  public static final String CONNECT_MS_MAX = "connectMsMax";

  /**
   * Of {@code newFileSystem}: how many bytes of files to keep copies of, a Number; without it none,
   * nor of anything else. {@link ClientOptions#withCopies}.
   */
  public static final String COPIES = "copiesBytes";

  /**
   * Of {@code newFileSystem}, beside {@link #COPIES}: whether writes are kept back while nobody
   * else uses the file, a Boolean. {@link ClientOptions#withWriteBack}.
   */
  public static final String WRITE_BACK = "writeBack";

  /**
   * Of {@code newFileSystem}: whether a lost connection is replaced, with all that is open and
   * locked, a Boolean. {@link Client#connectLasting}.
   */
  public static final String LASTING = "lasting";

  /** All file systems that are open and can be found by URI, whoever made them. */
  private static final ConcurrentHashMap<TreeUri, CoterieFileSystem> OPEN =
      new ConcurrentHashMap<>();

  private static final AtomicLong LOCAL_NAMES = new AtomicLong();

  /** For the service loader. All instances show the same file systems. */
  public CoterieFileSystemProvider() {}

  /** The instance that file systems say they are of: the installed one, if there is one. */
  private static final class Canonical {
    static final CoterieFileSystemProvider INSTANCE = find();

    private static CoterieFileSystemProvider find() {
      for (FileSystemProvider provider : FileSystemProvider.installedProviders()) {
        if (provider instanceof CoterieFileSystemProvider ours) {
          return ours;
        }
      }
      return new CoterieFileSystemProvider();
    }
  }

  // ---- file systems ----

  @Override
  public String getScheme() {
    return TreeUri.SCHEME;
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> env) throws IOException {
    TreeUri.Parsed parsed = TreeUri.parse(uri);
    Address address = parsed.address();
    if (address == null) {
      throw new IllegalArgumentException("no address of a leader: " + uri);
    }
    boolean lasting = env.get(LASTING) instanceof Boolean lasts && lasts;
    return connect(address, options(env), lasting);
  }

  private static ClientOptions options(Map<String, ?> env) {
    ClientOptions options = ClientOptions.DEFAULT;
    for (Map.Entry<String, ?> entry : env.entrySet()) {
      Object value = entry.getValue();
      options =
          switch (entry.getKey()) {
            case TREE -> options.withTree((String) value);
            case CONNECT_MS_MAX -> options.withConnectMsMax(((Number) value).longValue());
            case COPIES -> options.withCopies(((Number) value).longValue());
            case WRITE_BACK -> options; // below: it needs the copies
            case LASTING -> options; // of the connection
            default -> throw new IllegalArgumentException("unknown property " + entry.getKey());
          };
    }
    return env.get(WRITE_BACK) instanceof Boolean back && back ? options.withWriteBack() : options;
  }

  static FileSystem connect(Address address, ClientOptions options, boolean lasting)
      throws IOException {
    TreeUri uri = TreeUri.of(address);
    if (OPEN.containsKey(uri)) {
      throw new FileSystemAlreadyExistsException(uri.toString());
    }
    Client client;
    try {
      client =
          lasting ? Client.connectLasting(address, options) : Client.connect(address, options);
    } catch (ErrnoException e) {
      throw new IOException("cannot connect to " + address + ": " + e.getMessage(), e);
    }
    Caller identity = options.identity();
    return add(uri, client, identity != null ? identity : ProcessIdentity.self());
  }

  /** A file system over a session that it takes over. */
  static FileSystem over(FileService service, Caller caller) throws IOException {
    TreeUri uri = TreeUri.ofLocal("local-" + LOCAL_NAMES.incrementAndGet());
    return add(uri, service, caller);
  }

  private static FileSystem add(TreeUri uri, FileService service, Caller caller)
      throws IOException {
    CoterieFileSystem fileSystem;
    try {
      fileSystem = new CoterieFileSystem(Canonical.INSTANCE, uri, service, caller);
    } catch (ErrnoException e) {
      service.close();
      throw new IOException("no root in " + uri + ": " + e.getMessage(), e);
    }
    if (OPEN.putIfAbsent(uri, fileSystem) != null) {
      service.close();
      throw new FileSystemAlreadyExistsException(uri.toString());
    }
    return fileSystem;
  }

  void closed(CoterieFileSystem fileSystem) {
    OPEN.remove(fileSystem.treeUri(), fileSystem);
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return find(TreeUri.parse(uri));
  }

  private static CoterieFileSystem find(TreeUri.Parsed parsed) {
    CoterieFileSystem found = OPEN.get(parsed.tree());
    if (found == null) {
      throw new FileSystemNotFoundException(parsed.tree().toString());
    }
    return found;
  }

  @Override
  public Path getPath(URI uri) {
    TreeUri.Parsed parsed = TreeUri.parse(uri);
    return CoteriePath.of(find(parsed), parsed.path());
  }

  // ---- opening ----

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    Options.Opening opening = Options.Opening.of(options);
    return CoterieFileChannel.open(ours.getFileSystem().tree(), ours, opening, attributes);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public AsynchronousFileChannel newAsynchronousFileChannel(
      Path path,
      Set<? extends OpenOption> options,
      @Nullable ExecutorService executor,
      FileAttribute<?>... attributes)
      throws IOException {
    if (options.contains(StandardOpenOption.APPEND)) {
      throw new UnsupportedOperationException("APPEND not allowed");
    }
    Options.Opening opening = Options.Opening.of(options);
    return CoterieAsyncChannel.open(CoteriePath.of(path), opening, executor, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path path, DirectoryStream.Filter<? super Path> filter) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    Objects.requireNonNull(filter);
    return CoterieDirectoryStream.open(ours.getFileSystem().tree(), ours, ours, true, filter);
  }

  // ---- names ----

  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    int mode = Options.mode(Options.NEW_DIRECTORY, attributes);
    try {
      ours.getFileSystem().tree().mkdir(ours.treePath(), mode);
    } catch (ErrnoException e) {
      throw Failures.of(e, ours);
    }
  }

  @Override
  public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes)
      throws IOException {
    CoteriePath ours = CoteriePath.of(link);
    CoteriePath to = CoteriePath.of(target);
    if (attributes.length > 0) {
      Options.mode(0, attributes);
      throw new UnsupportedOperationException("a symbolic link has no initial attributes");
    }
    try {
      ours.getFileSystem().tree().symlink(to.bytes(), ours.treePath());
    } catch (ErrnoException e) {
      throw Failures.of(e, ours);
    }
  }

  @Override
  public void createLink(Path link, Path existing) throws IOException {
    CoteriePath ours = CoteriePath.of(link);
    CoteriePath from = CoteriePath.of(existing);
    try {
      if (ours.getFileSystem() != from.getFileSystem()) {
        throw new ErrnoException(Errno.EXDEV);
      }
      // Of a symbolic link it makes another name, as link(2) does.
      ours.getFileSystem().tree().link(from.treePath(), ours.treePath(), false);
    } catch (ErrnoException e) {
      throw Failures.of(e, ours, from);
    }
  }

  @Override
  public Path readSymbolicLink(Path link) throws IOException {
    CoteriePath ours = CoteriePath.of(link);
    try {
      return ours.getFileSystem().readLink(ours);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINVAL) {
        throw new NotLinkException(ours.toString());
      }
      throw Failures.of(e, ours);
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    try {
      remove(ours);
    } catch (ErrnoException e) {
      throw Failures.of(e, ours);
    }
  }

  @Override
  public boolean deleteIfExists(Path path) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    try {
      remove(ours);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw Failures.of(e, ours);
    }
  }

  /** Mostly it is a file, so it is taken for one; a directory answers that it is none. */
  private static void remove(CoteriePath path) throws ErrnoException {
    try {
      path.getFileSystem().tree().unlink(path.treePath());
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EISDIR) {
        throw e;
      }
      path.getFileSystem().tree().rmdir(path.treePath());
    }
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    Options.Transfer asked = Options.Transfer.ofCopy(options);
    Transfers.copy(CoteriePath.of(source), CoteriePath.of(target), asked);
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    Options.Transfer asked = Options.Transfer.ofMove(options);
    Transfers.move(CoteriePath.of(source), CoteriePath.of(target), asked);
  }

  // ---- looking ----

  @Override
  public boolean isSameFile(Path path, Path other) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    if (ours.equals(other)) {
      return true;
    }
    Objects.requireNonNull(other);
    if (!(other instanceof CoteriePath theirs)) {
      return false;
    }
    return stat(ours).id().equals(stat(theirs).id())
        && ours.getFileSystem().sharesTreeWith(theirs.getFileSystem());
  }

  private static Stat stat(CoteriePath path) throws IOException {
    try {
      return path.getFileSystem().tree().stat(path.treePath());
    } catch (ErrnoException e) {
      throw Failures.of(e, path);
    }
  }

  @Override
  public boolean isHidden(Path path) {
    CoteriePath name = CoteriePath.of(path).getFileName();
    return name != null && !name.isEmpty() && name.bytes()[0] == '.';
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return CoterieFileStore.of(CoteriePath.of(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    CoteriePath ours = CoteriePath.of(path);
    int mask = 0;
    for (AccessMode mode : modes) {
      mask |=
          switch (mode) {
            case READ -> 4;
            case WRITE -> 2;
            case EXECUTE -> 1;
          };
    }
    try {
      if (mask == 0) {
        ours.getFileSystem().tree().stat(ours.treePath());
      } else {
        ours.getFileSystem().tree().access(ours.treePath(), mask);
      }
    } catch (ErrnoException e) {
      throw Failures.ofMissing(e, ours);
    }
  }

  @Override
  public boolean exists(Path path, LinkOption... options) {
    return find(CoteriePath.of(path), Options.follows(options)) != null;
  }

  private static @Nullable Stat find(CoteriePath path, boolean follow) {
    try {
      return follow
          ? path.getFileSystem().tree().stat(path.treePath())
          : path.getFileSystem().tree().lstat(path.treePath());
    } catch (ErrnoException e) {
      return null;
    }
  }

  // ---- attributes ----

  private static Place place(Path path, LinkOption... options) {
    CoteriePath ours = CoteriePath.of(path);
    return new Place.AtPath(ours.getFileSystem(), ours, Options.follows(options));
  }

  @Override
  public <V extends FileAttributeView> @Nullable V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return Views.of(place(path, options), type);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    requireKnown(type);
    CoteriePath ours = CoteriePath.of(path);
    try {
      return type.cast(new CoterieAttributes(stat(ours, options), ours.getFileSystem()));
    } catch (ErrnoException e) {
      throw Failures.ofMissing(e, ours);
    }
  }

  @Override
  public <A extends BasicFileAttributes> @Nullable A readAttributesIfExists(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    requireKnown(type);
    CoteriePath ours = CoteriePath.of(path);
    try {
      return type.cast(new CoterieAttributes(stat(ours, options), ours.getFileSystem()));
    } catch (ErrnoException e) {
      if (Failures.isMissing(e)) {
        return null;
      }
      throw Failures.of(e, ours);
    }
  }

  private static void requireKnown(Class<?> type) {
    if (Objects.requireNonNull(type) != BasicFileAttributes.class
        && type != PosixFileAttributes.class) {
      throw new UnsupportedOperationException(type.getName());
    }
  }

  private static Stat stat(CoteriePath path, LinkOption... options) throws ErrnoException {
    return Options.follows(options)
        ? path.getFileSystem().tree().stat(path.treePath())
        : path.getFileSystem().tree().lstat(path.treePath());
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return NamedAttributes.read(place(path, options), attributes);
  }

  @Override
  public void setAttribute(
      Path path, String attribute, @Nullable Object value, LinkOption... options)
      throws IOException {
    NamedAttributes.set(place(path, options), attribute, value);
  }
}

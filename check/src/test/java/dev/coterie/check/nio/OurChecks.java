package dev.coterie.check.nio;

import static dev.coterie.check.nio.Checks.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AccessMode;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.spi.FileSystemProvider;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What holds of our file systems in particular: several of one tree, mounts, closing. */
interface OurChecks extends Checks {
  Caller SOMEBODY = new Caller(1234, 1234, new int[0], 77, 022);

  NioTarget target();

  /** What kind the mount at "/" is. */
  String storeType();

  private FileSystem fileSystem() {
    return dir().getFileSystem();
  }

  // ---- the provider and its file systems ----

  @Test
  default void provider_isInstalled() {
    assertThat(FileSystemProvider.installedProviders()).contains(fileSystem().provider());
    assertThat(fileSystem().provider().getScheme()).isEqualTo("coterie");
  }

  @Test
  default void fileSystem_isFoundByUri() {
    URI uri = fileSystem().getPath("/").toUri();
    assertThat(FileSystems.getFileSystem(uri)).isSameAs(fileSystem());
    assertThat(Path.of(uri.resolve("a%20b"))).isEqualTo(fileSystem().getPath("/a b"));
    assertThatThrownBy(() -> FileSystems.getFileSystem(URI.create("coterie:/no/such/socket")))
        .isInstanceOf(FileSystemNotFoundException.class);
    for (String bad :
        new String[] {
          "coterie:relative", "coterie:/s!/p?q", "coterie:/s!/p#f", "coterie:/s!/%00"
        }) {
      assertThatThrownBy(() -> Path.of(URI.create(bad)))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  default void newFileSystem_twoOfOneAddress_isRefused() {
    URI uri = fileSystem().getPath("/").toUri();
    if (uri.getRawAuthority() == null) {
      assertThatThrownBy(() -> FileSystems.newFileSystem(uri, Map.of()))
          .isInstanceOf(FileSystemAlreadyExistsException.class);
    }
    assertThatThrownBy(
            () -> FileSystems.newFileSystem(URI.create("coterie:/no/such/socket"), Map.of()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () -> FileSystems.newFileSystem(URI.create("coterie:/no/such"), Map.of("x", 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FileSystems.newFileSystem(URI.create("coterie://name/"), Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  default void fileSystem_saysWhatItIs() {
    assertThat(fileSystem().isOpen()).isTrue();
    assertThat(fileSystem().isReadOnly()).isFalse();
    assertThat(fileSystem().getSeparator()).isEqualTo("/");
    assertThat(fileSystem().getRootDirectories()).containsExactly(fileSystem().getPath("/"));
    assertThat(fileSystem().getFileStores()).hasSize(1);
    assertThatThrownBy(() -> fileSystem().getPathMatcher("odd:x"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> fileSystem().getPathMatcher("glob"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(fileSystem().getPathMatcher("regex:a+").matches(fileSystem().getPath("aaa")))
        .isTrue();
  }

  @Test
  default void closedFileSystem_everythingOfItIsClosed() throws IOException {
    FileSystem other = target().another(Caller.ROOT);
    Path file = Files.writeString(other.getPath(path("f").toString()), "abc");
    FileChannel channel = FileChannel.open(file, READ);
    AsynchronousFileChannel async = AsynchronousFileChannel.open(file, READ);
    var stream =
        other.provider().newDirectoryStream(other.getPath(dir().toString()), entry -> true);
    URI uri = file.toUri();
    other.close();
    other.close();
    assertThat(other.isOpen()).isFalse();
    assertThat(channel.isOpen()).isFalse();
    assertThat(async.isOpen()).isFalse();
    assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(stream::iterator).isInstanceOf(IllegalStateException.class);
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> Files.exists(file),
            () -> Files.readString(file),
            () -> Files.size(file),
            () -> Files.delete(file),
            () -> Files.createDirectory(file.resolveSibling("d")),
            () -> Files.newDirectoryStream(file),
            () -> Files.getFileStore(file),
            () -> file.toRealPath(),
            () -> Files.copy(file, file.resolveSibling("g")),
            () -> Files.copy(path("f"), file.resolveSibling("g")),
            () -> ((SecureDirectoryStream<Path>) stream).deleteFile(file))) {
      assertThatThrownBy(call).isInstanceOf(ClosedFileSystemException.class);
    }
    assertThatThrownBy(() -> Path.of(uri)).isInstanceOf(FileSystemNotFoundException.class);
    assertThat(path("f")).hasContent("abc");
  }

  // ---- several file systems of one tree ----

  @Test
  default void anotherSession_seesEverythingAtOnce() throws IOException {
    try (FileSystem other = target().another(Caller.ROOT)) {
      Path theirs = other.getPath(path("f").toString());
      for (int i = 0; i < 50; i++) {
        Files.writeString(path("f"), "x".repeat(i));
        assertThat(Files.size(theirs)).isEqualTo(i);
        Files.writeString(theirs, "y", APPEND);
        assertThat(Files.size(path("f"))).isEqualTo(i + 1);
        Files.move(theirs, theirs.resolveSibling("g"));
        assertThat(Files.exists(path("f"))).isFalse();
        Files.delete(path("g"));
        assertThat(Files.exists(theirs.resolveSibling("g"))).isFalse();
      }
    }
  }

  @Test
  default void copyAndMove_betweenFileSystems_work() throws IOException {
    try (FileSystem other = target().another(Caller.ROOT)) {
      Path there = other.getPath(path("g").toString());
      file("f", "abc");
      Files.setPosixFilePermissions(path("f"), PosixFilePermissions.fromString("r--------"));
      Files.copy(path("f"), there, COPY_ATTRIBUTES);
      assertThat(there).hasContent("abc");
      assertThat(Files.getLastModifiedTime(there)).isEqualTo(Files.getLastModifiedTime(path("f")));
      assertThatThrownBy(() -> Files.move(path("f"), there.resolveSibling("h"), ATOMIC_MOVE))
          .isInstanceOf(AtomicMoveNotSupportedException.class);
      Files.move(path("f"), there.resolveSibling("h"));
      assertThat(path("h")).hasContent("abc");
      assertThat(path("f")).doesNotExist();
    }
  }

  /** File locks are the JVM's, whichever file system they were taken by. */
  @Test
  default void overlappingLocks_ofTwoFileSystems_areRefused() throws IOException {
    file("f", "abc");
    FileSystem other = target().another(Caller.ROOT);
    try (FileChannel ours = FileChannel.open(path("f"), WRITE);
        FileChannel theirs = FileChannel.open(other.getPath(path("f").toString()), WRITE)) {
      FileLock lock = ours.lock(0, 10, false);
      assertThatThrownBy(() -> theirs.tryLock(9, 1, false))
          .isExactlyInstanceOf(OverlappingFileLockException.class);
      assertThatThrownBy(() -> theirs.lock(0, 100, false))
          .isExactlyInstanceOf(OverlappingFileLockException.class);
      assertThat(theirs.tryLock(10, 10, false)).isNotNull();
      lock.release();
      assertThat(theirs.tryLock(0, 10, false)).isNotNull();
      other.close();
      assertThat(ours.tryLock()).isNotNull();
    }
  }

  // ---- permissions ----

  @Test
  default void permissions_ofTheCaller_decide() throws IOException {
    file("f", "abc");
    Files.setPosixFilePermissions(path("f"), PosixFilePermissions.fromString("rw-r-----"));
    directory("d");
    Files.setPosixFilePermissions(path("d"), PosixFilePermissions.fromString("rwxr-xr-x"));
    try (FileSystem other = target().another(SOMEBODY)) {
      Path theirs = other.getPath(path("f").toString());
      assertThatThrownBy(() -> Files.readString(theirs)).isInstanceOf(AccessDeniedException.class);
      assertThat(Files.isReadable(theirs)).isFalse();
      assertThat(Files.isWritable(theirs)).isFalse();
      assertThat(Files.isExecutable(theirs)).isFalse();
      assertThat(Files.exists(theirs)).isTrue();
      assertThatThrownBy(() -> other.provider().checkAccess(theirs, AccessMode.READ))
          .isInstanceOf(AccessDeniedException.class);
      assertThatThrownBy(() -> Files.createFile(other.getPath(path("d/x").toString())))
          .isInstanceOf(AccessDeniedException.class);
      assertThatThrownBy(() -> Files.setOwner(theirs, Files.getOwner(theirs)))
          .isInstanceOf(FileSystemException.class);
      Path own = Files.createFile(other.getPath("/1234-" + System.nanoTime()));
      assertThat(Files.getAttribute(own, "unix:uid")).isEqualTo(1234);
      assertThat(Files.getOwner(own)).hasToString("1234");
      Files.delete(own);
    }
    assertThat(Files.isReadable(path("f"))).isTrue();
    assertThat(Files.isExecutable(path("f"))).isFalse();
    assertThat(Files.isExecutable(path("no"))).isFalse();
  }

  // ---- mounts ----

  @Test
  default void otherMount_moveCopiesThere() throws IOException {
    Path there = fileSystem().getPath("/other/moved-" + System.nanoTime());
    file("f", "abc");
    assertThatThrownBy(() -> Files.move(path("f"), there, ATOMIC_MOVE))
        .isInstanceOf(AtomicMoveNotSupportedException.class);
    assertThatThrownBy(() -> Files.createLink(there, path("f")))
        .isInstanceOf(FileSystemException.class);
    Files.move(path("f"), there);
    assertThat(there).hasContent("abc");
    assertThat(path("f")).doesNotExist();
    Files.copy(there, path("g"));
    assertThat(path("g")).hasContent("abc");
    try (FileChannel from = FileChannel.open(there, READ);
        FileChannel to = FileChannel.open(path("h"), WRITE, CREATE)) {
      assertThat(from.transferTo(0, 10, to)).isEqualTo(3);
    }
    assertThat(path("h")).hasContent("abc");
    directory("d");
    Files.move(path("d"), there.resolveSibling("d"));
    directory("full");
    file("full/x", "");
    assertThatThrownBy(() -> Files.move(path("full"), there.resolveSibling("e")))
        .isInstanceOf(DirectoryNotEmptyException.class);
    Files.delete(there);
    Files.delete(there.resolveSibling("d"));
  }

  @Test
  default void readOnlyMount_refusesChanges() throws IOException {
    Path there = fileSystem().getPath("/ro");
    assertThat(Files.getFileStore(there).isReadOnly()).isTrue();
    assertThat(Files.isWritable(there)).isFalse();
    assertThatThrownBy(() -> Files.createFile(there.resolve("f")))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("Read-only file system");
    assertThatThrownBy(() -> Files.setLastModifiedTime(there, TransferChecks.LONG_AGO))
        .isInstanceOf(FileSystemException.class);
  }

  @Test
  default void fileStores_areOfTheirMounts() throws IOException {
    FileStore here = Files.getFileStore(dir());
    FileStore small = Files.getFileStore(fileSystem().getPath("/small"));
    assertThat(small.getTotalSpace()).isEqualTo(64 << 10);
    assertThat(small).isNotEqualTo(here);
    assertThat(here.type()).isEqualTo(storeType());
    assertThat(fileSystem().getFileStores()).contains(here);
  }

  @Test
  default void fullMount_writesWhatFitsThenSays() throws IOException {
    Path there = fileSystem().getPath("/small/f");
    try (FileChannel channel = FileChannel.open(there, WRITE, CREATE)) {
      int written = channel.write(ByteBuffer.allocate(1 << 20));
      assertThat(written).isBetween(1, 64 << 10);
      assertThat(channel.position()).isEqualTo(written);
      assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1)))
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining("No space left on device");
    } finally {
      Files.deleteIfExists(there);
    }
  }

  // ---- names that are not text ----

  @Test
  default void names_notUtf8_areKept() throws IOException {
    byte[] name = {'a', (byte) 0xFF, (byte) 0xC3, 'b', (byte) 0x80};
    String escaped = "a%FF%C3b%80";
    Path made = Files.createFile(Path.of(URI.create(dir().toUri() + escaped)));
    assertThat(made.toUri().getRawPath()).endsWith("/" + escaped);
    try (var entries = Files.list(dir())) {
      assertThat(entries.toList()).containsExactly(made);
    }
    assertThat(made.getFileName()).hasToString("a\uDCFF\uDCC3b\uDC80");
    assertThat(fileSystem().getPath(made.toString())).isEqualTo(made);
    Path link = Files.createSymbolicLink(path("l"), made.getFileName());
    assertThat(Files.readSymbolicLink(link)).isEqualTo(made.getFileName());
    assertThat(new String(name, ISO_8859_1)).hasSize(5);
  }

  // ---- where the JDK's provider falls behind ----

  @Test
  default void times_before1970_areKept() throws IOException {
    FileTime before = FileTime.from(Instant.ofEpochSecond(-5, 250_000_000));
    Files.setLastModifiedTime(file("f", "abc"), before);
    assertThat(Files.getLastModifiedTime(path("f"))).isEqualTo(before);
  }

  @Test
  default void permissions_ofALinkItself_cannotBeSet() throws IOException {
    file("f", "abc");
    var before = Files.getPosixFilePermissions(path("f"));
    var view =
        Files.getFileAttributeView(link("l", "f"), PosixFileAttributeView.class, NOFOLLOW_LINKS);
    assertThatThrownBy(() -> view.setPermissions(PosixFilePermissions.fromString("rwx------")))
        .isInstanceOf(FileSystemException.class);
    assertThat(Files.getPosixFilePermissions(path("f"))).isEqualTo(before);
  }

  // ---- asynchronous channels ----

  @Test
  default void async_readsAndWrites() throws Exception {
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(path("f"), READ, WRITE, CREATE)) {
      assertThat(channel.write(bytes("abcdef"), 2).get()).isEqualTo(6);
      assertThat(channel.size()).isEqualTo(8);
      ByteBuffer read = ByteBuffer.allocate(3);
      assertThat(channel.read(read, 3).get()).isEqualTo(3);
      assertThat(Checks.text(read)).isEqualTo("bcd");
      assertThat(channel.read(ByteBuffer.allocate(1), 8).get()).isEqualTo(-1);
      channel.truncate(3);
      channel.force(true);
      assertThat(channel.size()).isEqualTo(3);
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), -1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> AsynchronousFileChannel.open(path("f"), APPEND))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  default void async_handler_isCalledByTheExecutor() throws Exception {
    file("f", "abc");
    try (ExecutorService executor =
        Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"))) {
      AsynchronousFileChannel channel =
          AsynchronousFileChannel.open(path("f"), Set.of(READ), executor);
      CompletableFuture<String> done = new CompletableFuture<>();
      channel.read(ByteBuffer.allocate(9), 0, "attachment", new Completing(done));
      assertThat(done.get()).isEqualTo("3 attachment mine");
      assertThatThrownBy(() -> channel.write(bytes("x"), 0))
          .isInstanceOf(NonWritableChannelException.class);
      channel.close();
      CompletableFuture<String> late = new CompletableFuture<>();
      channel.read(ByteBuffer.allocate(9), 0, "attachment", new Completing(late));
      assertThatThrownBy(late::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(ClosedChannelException.class);
    }
    try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(path("f"), WRITE)) {
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(9), 0))
          .isInstanceOf(NonReadableChannelException.class);
    }
  }

  /** Puts what a handler is told into a future. */
  record Completing(CompletableFuture<String> done) implements CompletionHandler<Integer, String> {
    @Override
    public void completed(Integer count, String attachment) {
      done.complete(count + " " + attachment + " " + Thread.currentThread().getName());
    }

    @Override
    public void failed(Throwable failure, String attachment) {
      done.completeExceptionally(failure);
    }
  }

  @Test
  default void watch_tellsOfOtherSessions_andEndsWithTheFileSystem() throws Exception {
    Path watched = directory("w");
    FileSystem other = target().another(Caller.ROOT);
    WatchService service = other.newWatchService();
    WatchKey key = other.getPath(watched.toString()).register(service, WatchServiceChecks.all());
    Files.createDirectory(watched.resolve("d"));
    assertThat(WatchServiceChecks.until(service, "CREATE d")).containsExactly("CREATE d");
    other.close();
    assertThat(key.isValid()).isFalse();
    assertThatThrownBy(service::take).isInstanceOf(ClosedWatchServiceException.class);
    assertThatThrownBy(other::newWatchService).isInstanceOf(ClosedFileSystemException.class);
  }

  // ---- what there is not ----

  @Test
  default void mappings_areRefused() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE);
        Arena arena = Arena.ofConfined()) {
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> channel.map(FileChannel.MapMode.READ_ONLY, 0, 3),
              () -> channel.map(FileChannel.MapMode.READ_WRITE, 0, 3, arena))) {
        assertThatThrownBy(call).isInstanceOf(UnsupportedOperationException.class);
      }
    }
  }
}

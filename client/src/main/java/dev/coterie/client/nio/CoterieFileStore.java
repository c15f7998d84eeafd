package dev.coterie.client.nio;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.StatFs;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The mount that a file lies on, as statfs(2) tells of it. */
final class CoterieFileStore extends FileStore {
  private static final int WRITE = 2; // access(2), W_OK

  private static final Set<Class<? extends FileAttributeView>> VIEWS =
      Set.of(
          BasicFileAttributeView.class,
          PosixFileAttributeView.class,
          FileOwnerAttributeView.class,
          UserDefinedFileAttributeView.class);

  private final CoteriePath file; // immutable: a file of it
  private volatile @Nullable StatFs first; // what tells it from others does not change

  CoterieFileStore(CoteriePath file) {
    this.file = file;
  }

  /** The store of a file that is there. */
  static CoterieFileStore of(CoteriePath file) throws IOException {
    CoterieFileStore store = new CoterieFileStore(file);
    store.first = store.statfs();
    return store;
  }

  private StatFs statfs() throws IOException {
    try {
      return file.getFileSystem().tree().statfs(file.treePath());
    } catch (ErrnoException e) {
      throw Failures.of(e, file);
    }
  }

  /** Null when it cannot be asked. */
  private @Nullable StatFs known() {
    StatFs known = first;
    if (known == null) {
      try {
        known = statfs();
      } catch (IOException e) {
        return null;
      }
      first = known;
    }
    return known;
  }

  /** Where the tree is. */
  @Override
  public String name() {
    return file.getFileSystem().toString();
  }

  /** The kind of mount, by the number it has in {@code f_type}. */
  @Override
  public String type() {
    StatFs known = known();
    return known == null ? "unknown" : typeName(known.type());
  }

  /** Source: linux/magic.h. */
  private static String typeName(int magic) {
    return switch (magic) {
      case 0x01021994 -> "tmpfs";
      case 0xEF53 -> "ext4";
      case 0x58465342 -> "xfs";
      case 0x9123683E -> "btrfs";
      case 0x794C7630 -> "overlay";
      case 0x65735546 -> "fuse";
      case 0x01021997 -> "9p";
      case 0x6969 -> "nfs";
      default -> "0x" + Integer.toHexString(magic).toLowerCase(Locale.ROOT);
    };
  }

  /** Whether a write is refused with EROFS. */
  @Override
  public boolean isReadOnly() {
    try {
      file.getFileSystem().tree().access(file.treePath(), WRITE);
      return false;
    } catch (ErrnoException e) {
      return e.errno() == Errno.EROFS;
    }
  }

  private static long bytes(StatFs statfs, long blocks) {
    long high = Math.multiplyHigh(blocks, statfs.bsize());
    long low = blocks * statfs.bsize();
    return high != 0 || low < 0 ? Long.MAX_VALUE : low;
  }

  @Override
  public long getTotalSpace() throws IOException {
    StatFs now = statfs();
    return bytes(now, now.blocks());
  }

  @Override
  public long getUsableSpace() throws IOException {
    StatFs now = statfs();
    return bytes(now, now.bavail());
  }

  @Override
  public long getUnallocatedSpace() throws IOException {
    StatFs now = statfs();
    return bytes(now, now.bfree());
  }

  @Override
  public long getBlockSize() throws IOException {
    return statfs().bsize();
  }

  @Override
  public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
    return VIEWS.contains(Objects.requireNonNull(type));
  }

  @Override
  public boolean supportsFileAttributeView(String name) {
    return NamedAttributes.VIEWS.contains(Objects.requireNonNull(name));
  }

  @Override
  public <V extends FileStoreAttributeView> @Nullable V getFileStoreAttributeView(Class<V> type) {
    Objects.requireNonNull(type);
    return null;
  }

  @Override
  public Object getAttribute(String attribute) throws IOException {
    return switch (attribute) {
      case "totalSpace" -> getTotalSpace();
      case "usableSpace" -> getUsableSpace();
      case "unallocatedSpace" -> getUnallocatedSpace();
      case "blockSize" -> getBlockSize();
      default -> throw new UnsupportedOperationException("'" + attribute + "' not recognized");
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CoterieFileStore that
        && file.getFileSystem() == that.file.getFileSystem()
        && Objects.equals(fsid(), that.fsid());
  }

  @Override
  public int hashCode() {
    return Objects.hash(file.getFileSystem().number(), fsid());
  }

  private @Nullable Long fsid() {
    StatFs known = known();
    return known == null ? null : known.fsid();
  }

  @Override
  public String toString() {
    return file.getFileSystem() + " (" + type() + ")";
  }
}

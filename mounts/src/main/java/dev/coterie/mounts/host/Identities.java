package dev.coterie.mounts.host;

import dev.coterie.api.InodeId;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.MountContext;
import dev.coterie.sys.FileHandle;
import dev.coterie.sys.Statx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Between the kernel's file handles and the tree's identities.
 *
 * <p>Most file systems put the inode's number and its generation into the handle, and nothing else.
 * Then the identity is these two, with the mount's tag in the upper 16 bits of the number:
 *
 * <pre>
 *   number      tag[16] st_ino[48]         generation   i_generation[32]
 * </pre>
 *
 * and the handle can be made of the identity again, without a table and after a restart. Any other
 * handle gives 80 bits of its SHA-256, and is kept in a table of bounded size. Where there are no
 * handles the time of birth stands for the generation: a number used again has another one.
 */
final class Identities {
  /** How many identities that say nothing about their handles are kept. */
  private static final int TABLE_SIZE = 1 << 16;

  private static final long INO_MASK = (1L << MountContext.TAG_SHIFT) - 1;

  /** How a file system fills its handles, where number and generation are all that is in them. */
  private enum Layout {
    /** {@code ino[4] generation[4]}: ext4 and most others (fs/libfs.c, generic_encode_ino32_fh). */
    INO32_GEN,
    /** {@code generation[4] ino[8]}: tmpfs (mm/shmem.c, shmem_encode_fh). */
    GEN_INO64,
    /** {@code ino[8] generation[4]}: XFS (fs/xfs/xfs_export.c). */
    INO64_GEN,
    OTHER
  }

  private final long tag;
  private final Layout layout;
  private final Map<InodeId, FileHandle> table = new LruTable(); // guarded by itself

  /**
   * @param root whose handle shows how the file system makes them; null: it has none
   */
  Identities(int tag, @Nullable FileHandle root, Statx rootStat) {
    this.tag = (long) tag << MountContext.TAG_SHIFT;
    this.layout = layoutOf(root, rootStat.ino());
  }

  private static Layout layoutOf(@Nullable FileHandle handle, long ino) {
    if (handle != null) {
      for (Layout layout : Layout.values()) {
        if (fits(layout, handle) && inoOf(layout, handle) == ino) {
          return layout;
        }
      }
    }
    return Layout.OTHER;
  }

  private static boolean fits(Layout layout, FileHandle handle) {
    int length = handle.bytes().length;
    return switch (layout) {
      case INO32_GEN -> handle.type() == FileHandle.INO32_GEN && length == 8;
      case GEN_INO64 -> handle.type() == FileHandle.INO32_GEN && length == 12;
      case INO64_GEN -> handle.type() == FileHandle.INO64_GEN && length == 12;
      case OTHER -> false;
    };
  }

  private static long inoOf(Layout layout, FileHandle handle) {
    ByteBuffer bytes = inMachineOrder(ByteBuffer.wrap(handle.bytes()));
    return switch (layout) {
      case INO32_GEN -> Integer.toUnsignedLong(bytes.getInt(0));
      case GEN_INO64 -> bytes.getLong(4);
      case INO64_GEN -> bytes.getLong(0);
      case OTHER -> throw new AssertionError("a handle without a number");
    };
  }

  private static int generationOf(Layout layout, FileHandle handle) {
    ByteBuffer bytes = inMachineOrder(ByteBuffer.wrap(handle.bytes()));
    return switch (layout) {
      case INO32_GEN -> bytes.getInt(4);
      case GEN_INO64 -> bytes.getInt(0);
      case INO64_GEN -> bytes.getInt(8);
      case OTHER -> throw new AssertionError("a handle without a generation");
    };
  }

  private static ByteBuffer inMachineOrder(ByteBuffer buffer) {
    return buffer.order(ByteOrder.nativeOrder());
  }

  /** Whether the handle says the number of its inode, and it is this one. */
  boolean isOf(FileHandle handle, long ino) {
    return fits(layout, handle) && inoOf(layout, handle) == ino;
  }

  /** The identity of an inode by its handle. */
  InodeId of(FileHandle handle) {
    if (fits(layout, handle)) {
      long ino = inoOf(layout, handle);
      if ((ino & ~INO_MASK) == 0) {
        return new InodeId(tag | ino, generationOf(layout, handle));
      }
    }
    byte[] all = handle.bytes();
    InodeId id =
        hashed(ByteBuffer.allocate(Integer.BYTES + all.length).putInt(handle.type()).put(all));
    synchronized (table) {
      table.put(id, handle);
    }
    return id;
  }

  /** The identity of an inode that has no handle. */
  InodeId of(Statx stat) {
    Timestamp born = stat.btime() == null ? Timestamp.EPOCH : stat.btime();
    return hashed(
        ByteBuffer.allocate(4 * Long.BYTES)
            .putLong(stat.device())
            .putLong(stat.ino())
            .putLong(born.seconds())
            .putLong(born.nanos()));
  }

  /** An identity by number alone, of what is not to be reached: it is nobody's. */
  InodeId unreachable(long ino) {
    return new InodeId(tag | (ino & INO_MASK), 0);
  }

  /** The handle of an identity, if it can be told; whether there is such an inode is not known. */
  @Nullable FileHandle handleOf(InodeId id) {
    if ((id.number() & ~INO_MASK) != tag) {
      return null;
    }
    synchronized (table) {
      FileHandle known = table.get(id);
      if (known != null) {
        return known;
      }
    }
    long ino = id.number() & INO_MASK;
    ByteBuffer bytes = inMachineOrder(ByteBuffer.allocate(layout == Layout.INO32_GEN ? 8 : 12));
    return switch (layout) {
      case INO32_GEN ->
          ino >>> 32 != 0
              ? null
              : handle(FileHandle.INO32_GEN, bytes.putInt((int) ino).putInt(id.generation()));
      case GEN_INO64 -> handle(FileHandle.INO32_GEN, bytes.putInt(id.generation()).putLong(ino));
      case INO64_GEN -> handle(FileHandle.INO64_GEN, bytes.putLong(ino).putInt(id.generation()));
      case OTHER -> null;
    };
  }

  private static FileHandle handle(int type, ByteBuffer bytes) {
    return new FileHandle(type, content(bytes), 0);
  }

  private static byte[] content(ByteBuffer buffer) {
    byte[] all = new byte[buffer.capacity()];
    buffer.get(0, all);
    return all;
  }

  private InodeId hashed(ByteBuffer of) {
    ByteBuffer digest = ByteBuffer.wrap(sha256(content(of)));
    return new InodeId(tag | (digest.getLong() & INO_MASK), digest.getInt());
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every JDK has it
    }
  }

  /** Forgets what was not asked for longest. */
  private static final class LruTable extends LinkedHashMap<InodeId, FileHandle> {
    private static final long serialVersionUID = 1L;

    LruTable() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<InodeId, FileHandle> eldest) {
      return size() > TABLE_SIZE;
    }
  }
}

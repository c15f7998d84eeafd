package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What the kernel calls an inode for ever, whatever names it has: "the handle for a file is
 * persistent", and no later file has it (name_to_handle_at(2)).
 *
 * @param type how the file system has filled {@code bytes}
 * @param bytes opaque; at most 128. Not to be changed
 * @param mountId of the mount it was reached through, as {@link Statx#mountId}
 */
public record FileHandle(int type, byte[] bytes, int mountId) {
  /**
   * Of {@code type}: an inode number of 32 bits and a generation; on tmpfs another order of them.
   */
  public static final int INO32_GEN = 1;

  /** Of {@code type}: an inode number of 64 bits and a generation (XFS). */
  public static final int INO64_GEN = 0x81;

  /** struct file_handle: handle_bytes[4] handle_type[4] f_handle[handle_bytes]. */
  private static final int HEADER_BYTES = 8;

  private static final int MOST_BYTES = 128; // MAX_HANDLE_SZ
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int AT_HANDLE_FID = 0x200;
  private static final MemorySegment EMPTY = Arena.global().allocate(1);

  private static final MethodHandle NAME_TO_HANDLE_AT =
      function("name_to_handle_at", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle OPEN_BY_HANDLE_AT =
      function("open_by_handle_at", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);

  /**
   * {@code int name_to_handle_at(int dirfd, const char *pathname, struct file_handle *handle, int
   * *mount_id, int flags)}, of what a descriptor says. EOPNOTSUPP the file system has none.
   */
  public static FileHandle of(int fd) throws ErrnoException {
    return of(fd, EMPTY, AT_EMPTY_PATH);
  }

  /** The same of a name in a directory, which is not followed. */
  public static FileHandle of(int dir, Name name) throws ErrnoException {
    return of(dir, Scratch.own().name(name), 0);
  }

  /**
   * As {@link #of(int)}, also where the file system gives handles that tell inodes apart and cannot
   * be opened (Linux 6.5). EINVAL an older kernel.
   */
  public static FileHandle identifying(int fd) throws ErrnoException {
    return of(fd, EMPTY, AT_EMPTY_PATH | AT_HANDLE_FID);
  }

  private static FileHandle of(int dir, MemorySegment path, int flags) throws ErrnoException {
    MemorySegment struct = Scratch.own().struct;
    MemorySegment mountId = struct.asSlice(Scratch.STRUCT_BYTES - Long.BYTES);
    struct.set(JAVA_INT, 0, MOST_BYTES);
    MemorySegment state = state();
    try {
      checked(
          state,
          (int) NAME_TO_HANDLE_AT.invokeExact(state, dir, path, struct, mountId, flags),
          "name_to_handle_at");
    } catch (Throwable t) {
      throw fault(t);
    }
    int length = struct.get(JAVA_INT, 0);
    return new FileHandle(
        struct.get(JAVA_INT, 4),
        struct.asSlice(HEADER_BYTES, length).toArray(JAVA_BYTE),
        mountId.get(JAVA_INT, 0));
  }

  /**
   * {@code int open_by_handle_at(int mount_fd, struct file_handle *handle, int flags)}. EPERM not
   * privileged (CAP_DAC_READ_SEARCH) · ESTALE there is no such inode any more.
   *
   * @param mount any descriptor on the file system, but none with O_PATH
   */
  public int open(int mount, int flags) throws ErrnoException {
    MemorySegment struct = Scratch.own().struct;
    struct.set(JAVA_INT, 0, bytes.length);
    struct.set(JAVA_INT, 4, type);
    MemorySegment.copy(bytes, 0, struct, JAVA_BYTE, HEADER_BYTES, bytes.length);
    int machine = HostFlags.ofMachine(flags | OpenFlags.O_CLOEXEC);
    MemorySegment state = state();
    try {
      return checked(
          state,
          (int) OPEN_BY_HANDLE_AT.invokeExact(state, mount, struct, machine),
          "open_by_handle_at");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** Whether both say the same inode, if they are of one file system. */
  public boolean sameInode(FileHandle other) {
    return type == other.type && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FileHandle that && sameInode(that) && mountId == that.mountId;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "handle " + type + ":" + HexFormat.of().formatHex(bytes);
  }
}

package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The device through which the kernel asks for a FUSE mount's files, and the mounting itself.
 * Source: fuse(4), mount(2), umount2(2).
 *
 * <p>Any number of threads may receive and send. {@link #close} only when none does any more.
 */
public final class FuseDevice implements AutoCloseable {
  /** Flags of mount(2). */
  public static final long MS_RDONLY = 1;

  public static final long MS_NOSUID = 2;
  public static final long MS_NODEV = 4;
  public static final long MS_NOEXEC = 8;
  public static final long MS_NOATIME = 1 << 10;
  public static final long MS_NODIRATIME = 1 << 11;
  public static final long MS_RELATIME = 1 << 21;
  public static final long MS_STRICTATIME = 1 << 24;

  /** IOV_MAX. */
  public static final int PARTS_MOST = 1024;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 02000000;
  private static final int MNT_FORCE = 1;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;
  private static final String TYPE = "fuse.coterie";

  /** {@code _IOR(229, 0, uint32_t)}, since 7.23 of the protocol. */
  private static final long FUSE_DEV_IOC_CLONE = 0x8004e500L;

  private final int fd;
  private final boolean byFusermount;
  private boolean closed; // guarded by this

  private FuseDevice(int fd, boolean byFusermount) {
    this.fd = fd;
    this.byFusermount = byFusermount;
  }

  /**
   * Mounts a file system that is served through the device given back: by mount(2) where this
   * process may, else, unless it is root, by fusermount3(1).
   *
   * @param directory whose content it hides
   * @param source what mount(8) shows as the device
   * @param flags of mount(2)
   * @param othersToo whether users other than the mount's may use it
   * @throws ErrnoException of mount(2); ENOENT, ENODEV the kernel has no FUSE
   * @throws IOException what fusermount3 has to say, in one line
   */
  public static FuseDevice mount(Path directory, String source, long flags, boolean othersToo)
      throws IOException {
    boolean root = Accounts.effectiveUid() == 0;
    try {
      return mountSelf(directory, source, flags, othersToo);
    } catch (ErrnoException e) {
      boolean refused = e.errno() == Errno.EPERM || e.errno() == Errno.EACCES;
      if (root || !refused) {
        throw e;
      }
      String options = FuseOptions.ofFusermount(source, flags, othersToo);
      return new FuseDevice(Fusermount.mount(directory, options), true);
    }
  }

  private static FuseDevice mountSelf(Path directory, String source, long flags, boolean othersToo)
      throws ErrnoException {
    FuseDevice device = open();
    try (Arena arena = Arena.ofConfined()) {
      String data = FuseOptions.ofMount(device.fd, othersToo);
      MemorySegment target = path(arena, directory);
      Capabilities.using(() ->
          MountCalls.mount(
              arena.allocateFrom(source),
              target,
              arena.allocateFrom(TYPE),
              flags,
              arena.allocateFrom(data)));
      return device;
    } catch (ErrnoException e) {
      device.close();
      throw e;
    }
  }

  private static FuseDevice open() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      return new FuseDevice(
          MountCalls.open(arena.allocateFrom("/dev/fuse"), O_RDWR | O_CLOEXEC, 0), false);
    }
  }

  /** Whether fusermount3(1) has mounted it: then it is this user's alone, unless allow_other. */
  public boolean isByFusermount() {
    return byFusermount;
  }

  /**
   * Another descriptor of the same mount, with a queue of its own for what it received: a reply
   * must leave on the descriptor its request came from.
   */
  public FuseDevice cloned() throws ErrnoException {
    FuseDevice other = open();
    try (Arena arena = Arena.ofConfined()) {
      MountCalls.ioctl(other.fd, FUSE_DEV_IOC_CLONE, arena.allocateFrom(JAVA_INT, fd));
      return other;
    } catch (ErrnoException e) {
      other.close();
      throw e;
    }
  }

  /**
   * Ends a mount that nobody uses.
   *
   * @throws ErrnoException EBUSY in use · EINVAL no mount
   * @throws IOException what fusermount3 has to say, in one line
   */
  public static void unmount(Path directory) throws IOException {
    unmount(directory, 0);
  }

  /**
   * Ends a mount, in use or not: it is out of the tree at once, what waits for an answer is given
   * up and every later call on a file of it is ENOTCONN.
   */
  public static void abort(Path directory) throws IOException {
    unmount(directory, MNT_FORCE | MNT_DETACH);
  }

  private static void unmount(Path directory, int how) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = path(arena, directory);
      Capabilities.using(() -> MountCalls.umount2(target, UMOUNT_NOFOLLOW | how));
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EPERM || Accounts.effectiveUid() == 0) {
        throw e;
      }
      unmountAsUser(directory, how != 0);
    }
  }

  private static void unmountAsUser(Path directory, boolean force) throws IOException {
    MountTable.Entry mount = MountTable.find(directory);
    if (mount == null) {
      throw new ErrnoException(Errno.EINVAL, "umount");
    }
    try {
      Fusermount.unmount(directory, force);
      if (force) {
        // Not before: who serves it would be told, and unmount it too.
        mount.abort();
      }
    } catch (IOException e) {
      boolean busy = String.valueOf(e.getMessage()).endsWith(": Device or resource busy");
      throw busy ? new ErrnoException(Errno.EBUSY, "umount") : e;
    }
  }

  private static MemorySegment path(Arena arena, Path path) {
    byte[] bytes = bytes(path);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
    return segment;
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** An extended attribute of a mount's root: of the mount itself, not of a file in its tree. */
  public static byte[] attribute(Path directory, Name name) throws ErrnoException {
    return InodeCalls.getxattr(bytes(directory), name);
  }

  /**
   * Waits for a request.
   *
   * @return its length, or -1 when the mount has ended
   */
  public int receive(MemorySegment buffer) throws ErrnoException {
    while (true) {
      try {
        return (int) MountCalls.read(fd, buffer, buffer.byteSize());
      } catch (ErrnoException e) {
        switch (e.errno()) {
          // ENOENT: the request was interrupted before it could be given out.
          case EINTR, EAGAIN, ENOENT -> {}
          case ENODEV -> {
            return -1;
          }
          default -> throw e;
        }
      }
    }
  }

  /**
   * Sends a reply or a notification as one.
   *
   * @throws ErrnoException ENOENT the request was interrupted and is not waited for any more; or
   *     for a notification, the kernel does not have what it names
   */
  public void send(MemorySegment frame, long length) throws ErrnoException {
    long sent = MountCalls.write(fd, frame, length);
    if (sent != length) {
      throw new ErrnoException(Errno.EIO, "write to the FUSE device");
    }
  }

  /**
   * As {@link #send}, from where the parts of the frame lie.
   *
   * @param parts {@code struct iovec}: base[8] length[8], one after the other
   * @param count of them, {@link #PARTS_MOST} at most
   */
  public void gather(MemorySegment parts, int count, long length) throws ErrnoException {
    long sent = MountCalls.writev(fd, parts, count);
    if (sent != length) {
      throw new ErrnoException(Errno.EIO, "write to the FUSE device");
    }
  }

  /** Puts a command to this device into a submission; the command's own bytes are zero. */
  public void putCommand(MemorySegment submission, int command, long userData) {
    SubmissionEntry.putCommand(submission, fd, command, userData);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      try {
        Libc.close(fd);
      } catch (ErrnoException e) {
        // close(2): the descriptor is gone whatever is reported.
        assert e.errno() != Errno.EBADF : e;
      }
    }
  }
}

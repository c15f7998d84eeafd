package dev.coterie.gates.fuse;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Name;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Kernel;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.Server;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A tree mounted in the kernel, from its mounting until its end. */
public final class FuseMount implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FuseMount.class.getName());

  /** Most threads that read requests: so many can be kept waiting by the storage at a time. */
  private static final int READERS = 8;

  /**
   * How long a mount that is closed may take to end: one that somebody took out of the tree lives
   * on for those who have its files open.
   */
  private static final long DETACHED_MILLIS = 2000;

  private final Path directory;
  private final FuseDevice device;
  private final FuseGate gate;
  private final Server server;
  private final Meters meters;
  private final @Nullable OverRings rings;

  private FuseMount(
      Path directory,
      FuseDevice device,
      FuseGate gate,
      Server server,
      Meters meters,
      @Nullable OverRings rings) {
    this.directory = directory;
    this.device = device;
    this.gate = gate;
    this.server = server;
    this.meters = meters;
    this.rings = rings;
  }

  /**
   * How to mount.
   *
   * @param source what mount(8) shows as the device
   * @param flags of mount(2): {@link FuseDevice#MS_RDONLY} and so on
   * @param othersToo whether users other than the mount's may use it; where fusermount3 mounts, the
   *     machine's administrator decides that
   * @param uring whether its requests come over io_uring, where the kernel offers that
   */
  public record Options(String source, long flags, boolean othersToo, boolean uring) {
    public static final Options DEFAULT =
        new Options("coterie", FuseDevice.MS_NOSUID | FuseDevice.MS_NODEV, true);

    public Options(String source, long flags, boolean othersToo) {
      this(source, flags, othersToo, false);
    }

    public Options withUring(boolean wanted) {
      return new Options(source, flags, othersToo, wanted);
    }
  }

  /**
   * Mounts a tree and returns when programs can use it. Who may not mount does so by fusermount3.
   *
   * @param service stays open as long as the mount; the caller closes it afterwards
   * @throws ErrnoException of mount(2); EPROTO the kernel's FUSE is too old
   * @throws IOException what fusermount3 has to say, in one line
   */
  public static FuseMount mount(FileService service, Path directory, Options options)
      throws IOException {
    return mount(service, directory, options, Set.of());
  }

  /**
   * As {@link #mount(FileService, Path, Options)}.
   *
   * @param wanted what else is to be taken, where the kernel offers it, as it is not of use to
   *     everybody
   */
  public static FuseMount mount(
      FileService service, Path directory, Options options, Set<InitFlag> wanted)
      throws IOException {
    Meters meters = new Meters();
    FuseGate gate = new FuseGate(service, meters);
    wanted.forEach(gate::want);
    FuseDevice device =
        FuseDevice.mount(directory, options.source(), options.flags(), options.othersToo());
    Server server = new Server(Kernel.of(device), gate, meters, Negotiation.DATA_BYTES, READERS);
    OverRings rings =
        options.uring()
            ? OverRings.prepare(device, server, gate, service, () -> abort(directory))
            : null;
    FuseMount mount = new FuseMount(directory, device, gate, server, meters, rings);
    server.start();
    mount.awaitBegin();
    try {
      gate.times().follow(directory);
    } catch (IOException e) {
      mount.close();
      throw e;
    }
    return mount;
  }

  private void awaitBegin() throws ErrnoException {
    try {
      Negotiation agreed = gate.begun().get();
      if (rings != null) {
        rings.begin(agreed);
      }
    } catch (ExecutionException e) {
      close();
      throw new ErrnoException(Errno.EPROTO, String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR, "mount");
    }
  }

  public Path directory() {
    return directory;
  }

  /** What kernel and gate have agreed on. */
  public Negotiation negotiation() {
    return gate.begun().join();
  }

  /** Why the requests do not come over io_uring, although wanted; null: they do, or were not. */
  public @Nullable String whyNoUring() {
    return rings == null ? null : rings.whyNot();
  }

  /** The extended attribute of a mount's root that tells root what has been asked for so far. */
  public static final String METERS = "trusted.coterie.meters";

  /**
   * What has been asked for so far of a mount of any process.
   *
   * @throws ErrnoException ENODATA, EOPNOTSUPP not a mount of Coterie, or the caller is not root
   */
  public static List<Meters.Line> metersOf(Path directory) throws ErrnoException {
    try {
      return Meters.parse(FuseDevice.attribute(directory, Name.of(METERS)));
    } catch (IllegalArgumentException e) {
      throw new ErrnoException(Errno.EPROTO, METERS + ": " + e.getMessage());
    }
  }

  /** What has been asked for so far. */
  public Meters meters() {
    return meters;
  }

  /** Whether it was mounted by fusermount3, for a user who may not mount. */
  public boolean isByFusermount() {
    return device.isByFusermount();
  }

  /** Waits until somebody has unmounted it. */
  public void awaitEnd() throws InterruptedException {
    server.join();
    if (rings != null) {
      rings.join();
    }
  }

  /**
   * Unmounts it.
   *
   * @throws ErrnoException EBUSY files of it are open, or it is somebody's working directory
   * @throws IOException what fusermount3 has to say, in one line
   */
  public void unmount() throws IOException {
    FuseDevice.unmount(directory);
  }

  /** Unmounts it, in use or not: later calls on its files end with ENOTCONN. */
  @Override
  public void close() {
    if (!abort(directory)) {
      return;
    }
    try {
      if (!server.join(DETACHED_MILLIS)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: unmounted, but in use still; ends with this process",
            directory);
        return;
      }
      if (rings != null) {
        rings.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    device.close();
  }

  private static boolean abort(Path directory) {
    try {
      FuseDevice.abort(directory);
    } catch (ErrnoException e) {
      // EINVAL: somebody else has unmounted it.
      assert e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT : e;
    } catch (IOException e) {
      // It stays, and answers ENOTCONN when this process has ended.
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", directory, e.getMessage());
      return false;
    }
    return true;
  }
}

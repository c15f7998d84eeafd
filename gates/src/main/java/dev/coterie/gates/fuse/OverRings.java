package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Operation;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Rings;
import dev.coterie.gates.fuse.kernel.Server;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A mount's requests over io_uring; or why they come to the device all the same. */
final class OverRings {
  private static final Path SWITCH = Path.of("/sys/module/fuse/parameters/enable_uring");

  private @Nullable Rings rings;
  private @Nullable String whyNot;

  private OverRings() {}

  /**
   * Makes what is needed, before the mount begins: so that the kernel can be told.
   *
   * @param lost ends the mount, when it cannot be served any more
   */
  static OverRings prepare(
      FuseDevice device, Server server, FuseGate gate, FileService service, Runnable lost) {
    OverRings over = new OverRings();
    try {
      haveThreadsStarted(service);
      Rings rings = Rings.open(device, server, Negotiation.DATA_BYTES, lost);
      over.rings = rings;
      server.endWith(rings);
      gate.want(InitFlag.OVER_IO_URING);
    } catch (ErrnoException e) {
      over.whyNot = "this process can have no io_uring (" + e.getMessage() + ")";
    }
    return over;
  }

  /**
   * A thread stays on the processor of the one that starts it. So what threads the service has, for
   * what nobody waits for, are not to be started by those of the rings.
   */
  private static void haveThreadsStarted(FileService service) throws ErrnoException {
    InodeId root = service.root(Caller.ROOT).id();
    CountDownLatch done = new CountDownLatch(1);
    Completion<Object> whatever =
        new Completion<>() {
          @Override
          public void done(Object result) {
            done.countDown();
          }

          @Override
          public void failed(Errno errno) {
            done.countDown();
          }
        };
    service.submit(Caller.ROOT, new Operation.Statfs(root), whatever);
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR, "mount");
    }
    service.forget(Caller.ROOT, root, 1);
  }

  /** Begins, if kernel and gate have agreed on it. */
  void begin(Negotiation agreed) {
    Rings prepared = rings;
    if (prepared == null) {
      return;
    }
    if (!agreed.taken().contains(InitFlag.OVER_IO_URING)) {
      whyNot = "this kernel does not offer FUSE over io_uring" + remedy();
      prepared.end();
      return;
    }
    try {
      prepared.begin();
    } catch (ErrnoException e) {
      whyNot = "the kernel takes no FUSE over io_uring (" + e.getMessage() + ")";
    }
  }

  private static String remedy() {
    try {
      boolean off = Files.readString(SWITCH).startsWith("N");
      return off ? " unless root says so: echo Y > " + SWITCH : "";
    } catch (IOException e) {
      return " (it came with Linux 6.14)";
    }
  }

  /** Null: they come over io_uring. */
  @Nullable String whyNot() {
    return whyNot;
  }

  /** Waits until the mount has ended. */
  void join() throws InterruptedException {
    if (rings != null) {
      rings.join();
    }
  }
}

package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.gates.fuse.kernel.Exchange;
import dev.coterie.gates.fuse.kernel.Handler;
import dev.coterie.gates.fuse.kernel.Init;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.gates.fuse.kernel.Opcode;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What each of the kernel's requests means on a tree. The mount it serves is {@link FuseMount}; the
 * package's front page says how they fit together.
 */
final class FuseGate implements Handler {
  private static final System.Logger LOG = System.getLogger(FuseGate.class.getName());

  private final IntPredicate killed;
  private final Set<InitFlag> wanted = EnumSet.noneOf(InitFlag.class); // until the mount begins
  private final Requests requests;
  private final NameRequests names;
  private final AttrRequests attributes;
  private final FileRequests files;
  private final CounterRequests counters;
  private final LockRequests locks;
  private final AccessTimes times = new AccessTimes();
  private final DirectoryPlus directories;
  private final CompletableFuture<Negotiation> negotiated = new CompletableFuture<>();
  private final CompletableFuture<Negotiation> begun = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  /**
   * @param service the tree; stays open until the caller closes it
   * @param meters shown to root as an extended attribute of the root
   */
  FuseGate(FileService service, Meters meters) throws ErrnoException {
    this(service, meters, Callers::isBeingKilled);
  }

  /**
   * @param killed says of a thread of the machine whether its process is being killed
   */
  FuseGate(FileService service, Meters meters, IntPredicate killed) throws ErrnoException {
    this.killed = killed;
    NodeTable nodes = new NodeTable(service.root(Caller.ROOT).id());
    this.requests = new Requests(service, nodes);
    this.names = new NameRequests(requests);
    this.attributes = new AttrRequests(requests, meters, times);
    this.counters = new CounterRequests(requests);
    this.files = new FileRequests(requests, times, counters);
    this.locks = new LockRequests(requests);
    this.directories = new DirectoryPlus(requests);
  }

  /** When reads mark access times. */
  AccessTimes times() {
    return times;
  }

  /** Takes this too, if it is offered; before the mount begins. */
  void want(InitFlag flag) {
    wanted.add(flag);
  }

  /** Completes when the kernel has begun the mount. */
  CompletableFuture<Negotiation> begun() {
    return begun;
  }

  /** Completes when the mount has ended. */
  CompletableFuture<@Nullable Void> over() {
    return over;
  }

  @Override
  public void handle(Exchange exchange) {
    Opcode opcode = exchange.opcode();
    if (opcode == null) {
      exchange.answerError(Errno.ENOSYS);
      return;
    }
    try {
      dispatch(opcode, exchange);
    } catch (ErrnoException e) {
      exchange.answerError(e.errno());
    }
  }

  private void dispatch(Opcode opcode, Exchange exchange) throws ErrnoException {
    switch (opcode) {
      case INIT -> init(exchange);
      case DESTROY -> exchange.answer(0);
      case LOOKUP -> names.lookup(exchange);
      case FORGET -> names.forget(exchange);
      case BATCH_FORGET -> names.batchForget(exchange);
      case MKNOD -> names.mknod(exchange);
      case MKDIR -> names.mkdir(exchange);
      case SYMLINK -> names.symlink(exchange);
      case LINK -> names.link(exchange);
      case UNLINK -> names.unlink(exchange);
      case RMDIR -> names.rmdir(exchange);
      case RENAME -> names.rename(exchange);
      case RENAME2 -> names.rename2(exchange);
      case GETATTR -> attributes.getattr(exchange);
      case STATX -> attributes.statx(exchange);
      case SETATTR -> attributes.setattr(exchange);
      case ACCESS -> attributes.access(exchange);
      case READLINK -> attributes.readlink(exchange);
      case STATFS -> attributes.statfs(exchange);
      case GETXATTR -> attributes.getxattr(exchange);
      case LISTXATTR -> attributes.listxattr(exchange);
      case SETXATTR -> attributes.setxattr(exchange, negotiated.join().setxattrHeaderBytes());
      case REMOVEXATTR -> attributes.removexattr(exchange);
      case OPEN -> files.open(exchange);
      case OPENDIR -> files.opendir(exchange);
      case CREATE -> files.create(exchange);
      case TMPFILE -> files.tmpfile(exchange);
      case RELEASE, RELEASEDIR -> {
        locks.released(exchange);
        files.release(exchange);
      }
      case FLUSH -> locks.flush(exchange);
      case GETLK -> locks.getlk(exchange);
      case SETLK -> locks.setlk(exchange, false);
      case SETLKW -> locks.setlk(exchange, true);
      case READ -> files.read(exchange);
      case WRITE -> files.write(exchange);
      case FSYNC, FSYNCDIR -> files.fsync(exchange);
      case FALLOCATE -> files.fallocate(exchange);
      case LSEEK -> files.lseek(exchange);
      case COPY_FILE_RANGE -> files.copyFileRange(exchange);
      case READDIR -> files.readdir(exchange);
      case READDIRPLUS -> files.beforeListing(exchange, () -> readdirplus(exchange));
      case NOTIFY_REPLY, INTERRUPT -> exchange.end();
      case POLL -> counters.poll(exchange);
      // Not offered, or nothing to say: the kernel does without from then on. An ioctl is ENOTTY to
      // the program.
      case BMAP, IOCTL, SETUPMAPPING, REMOVEMAPPING, SYNCFS -> exchange.answerError(Errno.ENOSYS);
    }
  }

  private void readdirplus(Exchange exchange) {
    try {
      directories.readdirplus(exchange);
    } catch (ErrnoException e) {
      exchange.answerError(e.errno());
    }
  }

  private void init(Exchange exchange) {
    Negotiation negotiation = Negotiation.of(exchange.request(), wanted);
    if (!negotiation.isPossible()) {
      String spoken = negotiation.major() + "." + negotiation.minor();
      LOG.log(System.Logger.Level.ERROR, "the kernel speaks FUSE {0}, which is too old", spoken);
      exchange.answerError(Errno.EPROTO);
      begun.completeExceptionally(
          new ErrnoException(Errno.EPROTO, "the kernel speaks FUSE " + spoken));
      return;
    }
    // Known before the kernel goes on to other requests, which need it.
    negotiated.complete(negotiation);
    negotiation.answer(Init.maxReadahead(exchange.request())).put(exchange.body());
    exchange.answer(Init.OUT_BYTES);
    begun.complete(negotiation);
  }

  /**
   * No signal but one that kills ends a call on a file, here as on a local file system; programs
   * rely on it: after an fsync that ended with EINTR a database stops itself. Waiting for a lock is
   * ended by any, and so is waiting for a counter. Source: signal(7), "Interruption of system
   * calls".
   */
  @Override
  public boolean isEndedBySignal(Exchange exchange) {
    return isWaitOfProgram(exchange) || killed.test(exchange.pid());
  }

  private static boolean isWaitOfProgram(Exchange exchange) {
    Opcode opcode = exchange.opcode();
    return opcode == Opcode.SETLKW
        || ((opcode == Opcode.READ || opcode == Opcode.WRITE)
            && FileRequests.isOfCounter(exchange));
  }

  @Override
  public void ended() {
    counters.end();
    over.complete(null);
  }
}

package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.client.copies.Kept.Extent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes that are kept back under exclusive leases, and sent later: when a buffer is full, after
 * about a second, when the lease is recalled, and before any other operation on the inode. Of one
 * inode one message is under way at a time, so that what is lost with this process is the end.
 *
 * <p>What cannot be written back is lost, with what was kept after it, and told once at each handle
 * that wrote it: at its next write, fsync or close.
 */
final class WriteBack {
  /** The longest run that is kept of one inode: what one message holds. */
  static final int RUN_BYTES = Limits.MSIZE_MAX_BYTES - 24;

  /** A longer write is not kept: its message is worth its cost. */
  static final int WRITE_BYTES = 256 << 10;

  /** No room: one run is full, and the one before it on its way. */
  static final Object FULL = new Object();

  private static final long RETRY_MS = 20; // only for what found too much under way
  private static final long CLOSE_MS = 5_000;

  private final FileService below; // immutable
  private final Keeper keeper; // immutable
  private final Nodes nodes; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies
  private final long bytesMax; // immutable
  private final int from; // immutable
  private final Set<Node> dirty = ConcurrentHashMap.newKeySet();
  private final AtomicLong total = new AtomicLong(); // bytes that are kept back

  /**
   * @param bytesMax kept back at most
   * @param from which write in a row is the first to be kept back; 0: none
   */
  WriteBack(
      FileService below,
      Keeper keeper,
      Nodes nodes,
      ConcurrentHashMap<Long, Handle> handles,
      long bytesMax,
      int from) {
    this.below = below;
    this.keeper = keeper;
    this.nodes = nodes;
    this.handles = handles;
    this.bytesMax = bytesMax;
    this.from = from;
  }

  // ---- keeping ----

  /** Whether an exclusive lease is worth asking for before this write. */
  @Nullable Node wants(long number, boolean append, int count) {
    Handle handle = handles.get(number);
    if (from == 0 || handle == null || !handle.keepsWrites() || !fits(count)) {
      return null;
    }
    Node node = handle.node;
    synchronized (node) {
      if (handle.writesThrough() || node.counter) {
        return null;
      }
      Copy copy = node.copy;
      boolean lacks =
          copy == null || !copy.exclusive || ((append || handle.appends()) && copy.size() < 0);
      return ++node.writes >= from && lacks && node.wantsWriteLease(keeper.now()) ? node : null;
    }
  }

  private static boolean fits(int count) {
    return count > 0 && count <= WRITE_BYTES;
  }

  /** What a write answers that is kept back; null: it is to be sent; or {@link #FULL}. */
  @Nullable Object keep(Caller caller, Operation<?> operation) throws ErrnoException {
    if (from == 0) {
      return null;
    }
    return switch (operation) {
      case Operation.Write o -> {
        Object at = keep(caller, o.handle(), false, o.offset(), o.source());
        yield at instanceof Transferred moved ? (Object) moved.count() : at;
      }
      case Operation.Append o -> keep(caller, o.handle(), true, 0, o.source());
      default -> null;
    };
  }

  private @Nullable Object keep(
      Caller caller, long number, boolean append, long offset, ByteBuffer source)
      throws ErrnoException {
    Handle handle = handles.get(number);
    if (handle == null) {
      return null;
    }
    Errno error = handle.takeError();
    if (error != null) {
      throw new ErrnoException(error, "write");
    }
    int count = source.remaining();
    if (!handle.keepsWrites() || !fits(count)) {
      return null;
    }
    if (total.get() + count > bytesMax) {
      pushAll();
      return null;
    }
    Node node = handle.node;
    Object answer;
    synchronized (node) {
      answer = keep(new Wish(caller, handle, number, append, offset, source));
    }
    send(node, FULL.equals(answer));
    if (answer instanceof Transferred) {
      source.position(source.limit());
      keeper.used(node);
    }
    return answer;
  }

  /** A write that might be kept back. */
  private record Wish(
      Caller caller, Handle handle, long number, boolean append, long offset, ByteBuffer source) {
    int count() {
      return source.remaining();
    }

    /** Where it goes; -1: the leader knows that, or the error. */
    long at(long size) {
      long at = append || handle.appends() ? size : offset;
      boolean fits = at >= 0 && Math.max(at, offset) <= Limits.FILE_BYTES - count();
      return fits && (append || offset >= 0) ? at : -1;
    }
  }

  /** Under the node's monitor, which whoever ends a lease takes too. */
  private @Nullable Object keep(Wish wish) {
    Node node = wish.handle.node;
    Kept kept = node.kept;
    Copy copy = node.copy;
    if (copy == null || !copy.exclusive || wish.handle.writesThrough() || node.counter) {
      return null;
    }
    if (node.changing != (kept == null ? 0 : 1) || (kept != null && !kept.whenEmpty.isEmpty())) {
      return null; // another change is under way, or somebody waits for the end of these
    }
    long size = kept == null ? copy.size() : kept.size;
    long at = wish.at(size);
    if (at < 0) {
      return null;
    }
    Extent filling = kept == null ? null : kept.filling;
    boolean goesOn =
        filling != null && filling.takes(wish.handle, wish.caller, at, wish.count(), RUN_BYTES);
    if (kept != null && filling != null && !goesOn && kept.flight != null) {
      return FULL;
    }
    if (kept == null) {
      dirty.add(node); // before it is looked whether it may be: who begins a change looks after
    }
    Extent extent =
        filling != null && goesOn ? filling : new Extent(wish.handle, wish.number, wish.caller, at);
    int growth = extent.growth(at, wish.count());
    byte[] former = extent.former(at, wish.count());
    extent.put(at, wish.source);
    if (!keeper.keeps()) { // looked at when the bytes are in
      extent.put(at, ByteBuffer.wrap(former));
      if (kept == null) {
        dirty.remove(node);
      }
      return null;
    }
    extent.grow(growth);
    total.addAndGet(growth);
    if (kept == null) {
      kept = new Kept(nodes.begin(node), size);
      node.kept = kept;
    }
    if (filling != null && !goesOn) {
      kept.flight = filling;
    }
    kept.filling = extent;
    kept.size = size < 0 ? -1 : Math.max(size, at + wish.count());
    return new Transferred(at, wish.count());
  }

  /** The size of a file with what is kept back of it; -1: to be asked for. */
  long size(Node node) {
    synchronized (node) {
      Kept kept = node.kept;
      Copy copy = node.copy;
      boolean known = kept != null && copy != null && copy.exclusive && node.changing == 1;
      return known && keeper.keeps() ? kept.size : -1;
    }
  }

  // ---- sending ----

  /** Sends what is to be sent of a node, and with {@code all} also the run that still grows. */
  private void send(Node node, boolean all) {
    Extent next = null;
    synchronized (node) {
      Kept kept = node.kept;
      if (kept == null) {
        return;
      }
      if (kept.flight == null && (all || !kept.whenEmpty.isEmpty())) {
        kept.flight = kept.filling;
        kept.filling = null;
      }
      if (kept.flight != null && kept.flight.unsent) {
        next = kept.flight;
        next.unsent = false;
      }
    }
    if (next != null) {
      send(node, next);
    }
  }

  private void send(Node node, Extent extent) {
    Keeper.Sending sending = keeper.sending();
    ByteBuffer rest = extent.rest();
    int asked = rest.remaining();
    Operation.Write write = new Operation.Write(extent.number, extent.start + extent.sent, rest);
    below.submit(
        extent.caller,
        write,
        new Completion<Integer>() {
          @Override
          public void done(Integer count) {
            keeper.answered(write, count, sending);
            extent.sent += count;
            if (count == asked) {
              over(node, null);
            } else if (count > 0) { // a frame is shorter, or space runs out
              send(node, extent);
            } else {
              over(node, Errno.EIO);
            }
          }

          @Override
          public void failed(Errno errno) {
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) { // too much is under way
              synchronized (node) {
                extent.unsent = true;
              }
            } else {
              keeper.failed(errno);
              over(node, errno);
            }
          }
        });
  }

  /** What was on its way has come to its end. */
  private void over(Node node, @Nullable Errno errno) {
    List<Runnable> told = new ArrayList<>(1);
    synchronized (node) {
      Kept kept = node.kept;
      if (kept == null || kept.flight == null) {
        throw new AssertionError("an answer to nothing");
      }
      drop(kept.flight, errno);
      kept.flight = null;
      if (errno != null) {
        if (kept.filling != null) {
          drop(kept.filling, errno);
          kept.filling = null;
        }
        kept.size = -1;
      }
      told.addAll(kept.whenRoom);
      kept.whenRoom = new ArrayList<>(1);
      if (kept.filling == null) {
        told.addAll(kept.whenEmpty);
        node.kept = null;
        nodes.end(kept.begun, kept.size);
        dirty.remove(node);
      }
    }
    told.forEach(Runnable::run);
    send(node, false);
  }

  private void drop(Extent extent, @Nullable Errno errno) {
    total.addAndGet(-extent.length());
    if (errno != null) {
      extent.fail(
          switch (errno) {
            case ESTALE, ENOTCONN, EBADF -> Errno.EIO; // it is not the caller's doing
            default -> errno;
          });
    }
  }

  private void pushAll() {
    dirty.forEach(node -> send(node, true));
  }

  /** To be called every now and then, by one thread: what was there at the last call goes. */
  void look() {
    for (Node node : dirty) {
      boolean aged;
      synchronized (node) {
        Extent filling = node.kept == null ? null : node.kept.filling;
        aged = filling != null && filling.aged;
        if (filling != null) {
          filling.aged = true;
        }
      }
      send(node, aged);
    }
  }

  // ---- waiting for the end of it ----

  boolean isClean() {
    return dirty.isEmpty();
  }

  boolean isDirty(@Nullable Node node) {
    return node != null && dirty.contains(node);
  }

  /** Runs it when nothing is kept back of the node, perhaps at once; with no lock held. */
  void drain(Node node, Runnable then) {
    synchronized (node) {
      if (node.kept != null) {
        node.kept.whenEmpty.add(then);
        then = () -> {};
      }
    }
    then.run();
    send(node, true);
  }

  private void drain(List<Node> some, Runnable then) {
    if (some.isEmpty()) {
      then.run();
      return;
    }
    some.subList(1, some.size()).forEach(node -> send(node, true)); // all at once
    drain(some.getFirst(), () -> drain(some.subList(1, some.size()), then));
  }

  /** Runs it when what the operation may touch or show is written back, perhaps at once. */
  void before(Operation<?> operation, Runnable then) {
    drain(touched(operation), then);
  }

  /** Returns when what the operation may touch or show is written back. */
  void await(Operation<?> operation) {
    touched(operation).forEach(this::await);
  }

  private void await(Node node) {
    CountDownLatch empty = new CountDownLatch(1);
    drain(node, empty::countDown);
    await(node, empty, Long.MAX_VALUE);
  }

  /** Until there is room for one more run of a node. */
  void awaitRoom(Operation<?> operation) {
    CountDownLatch room = new CountDownLatch(1);
    Node node = whenRoom(operation, room::countDown);
    if (node != null) {
      await(node, room, Long.MAX_VALUE);
    }
  }

  /** As {@link #awaitRoom}, without waiting. */
  @Nullable Node whenRoom(Operation<?> operation, Runnable then) {
    Handle handle = operation instanceof Operation.OnHandle<?> on ? handles.get(on.handle()) : null;
    if (handle != null) {
      synchronized (handle.node) {
        Kept kept = handle.node.kept;
        if (kept != null && kept.flight != null) {
          kept.whenRoom.add(then);
          return handle.node;
        }
      }
    }
    then.run();
    return null;
  }

  private void await(Node node, CountDownLatch latch, long most) {
    boolean interrupted = false;
    long waited = 0;
    while (latch.getCount() > 0 && waited < most) {
      try {
        if (!latch.await(RETRY_MS, TimeUnit.MILLISECONDS)) {
          waited += RETRY_MS;
          send(node, false);
        }
      } catch (InterruptedException e) {
        interrupted = true; // what is written back is not the caller's own
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes all back, and waits for that; not for a leader that is silent. */
  void close() {
    for (Node node : dirty) {
      CountDownLatch empty = new CountDownLatch(1);
      drain(node, empty::countDown);
      await(node, empty, CLOSE_MS);
    }
  }

  // ---- what an operation touches ----

  /** What is dirty when a name is looked up: attributes of that, in its answer, are too old. */
  Set<InodeId> unwritten(Operation<?> operation) {
    return dirty.isEmpty() || !(operation instanceof Operation.Lookup)
        ? Set.of()
        : dirty.stream().map(node -> node.id).collect(Collectors.toUnmodifiableSet());
  }

  /** The error of lost writes that the handle of this operation owes; null: none. */
  @Nullable Errno owed(Operation<?> operation) {
    if (from == 0) {
      return null;
    }
    return switch (operation) {
      case Operation.Fsync o -> owed(o.handle());
      case Operation.Close o -> owed(o.handle());
      case Operation.Write o -> owed(o.handle());
      case Operation.Append o -> owed(o.handle());
      case Operation.WriteNext o -> owed(o.handle());
      default -> null;
    };
  }

  private @Nullable Errno owed(long number) {
    Handle handle = handles.get(number);
    return handle == null ? null : handle.takeError();
  }

  /** What closes all the same, and then tells of writes that were lost. */
  static <R> Completion<R> owing(Errno owed, Completion<? super R> completion) {
    return new Completion<R>() {
      @Override
      public void done(R result) {
        completion.failed(owed);
      }

      @Override
      public void failed(Errno errno) {
        completion.failed(errno);
      }
    };
  }

  /** What is dirty of what the operation may touch or show. */
  private List<Node> touched(Operation<?> operation) {
    if (dirty.isEmpty()) {
      return List.of();
    }
    return switch (operation) {
      case Operation.Root o -> List.of();
      case Operation.Lookup o -> List.of(); // by who asks, with `unwritten`
      case Operation.Forget o -> List.of();
      case Operation.Mknod o -> List.of();
      case Operation.Mkdir o -> List.of();
      case Operation.Symlink o -> List.of();
      case Operation.Tmpfile o -> List.of();
      case Operation.Rmdir o -> List.of();
      case Operation.Eventfd o -> List.of();
      case Operation.Evset o -> List.of();
      case Operation.OpenWatch o -> List.of();
      case Operation.Access o -> List.of();
      case Operation.Statfs o -> all();
      case Operation.AddWatch o -> all();
      case Operation.NextChanges o -> all();
      case Operation.Evwait o -> all();
      case Operation.Create o when (o.flags() & OpenFlags.O_EXCL) != 0 -> List.of();
      case Operation.Readdir o -> o.attributes() ? all() : List.of();
      case Operation.Open o -> of(nodes.get(o.id()));
      case Operation.Rebind o -> of(nodes.get(o.id()));
      case Operation.Link o -> of(nodes.get(o.id()));
      case Operation.Unlink o -> named(o.dir(), o.name());
      case Operation.CopyRange o -> {
        List<Node> both = new ArrayList<>(behind(o.handle()));
        both.addAll(behind(o.toHandle()));
        yield both;
      }
      case Operation.OnInode<?> o -> of(nodes.get(o.id()));
      case Operation.OnHandle<?> o -> behind(o.handle());
      default -> all();
    };
  }

  private List<Node> all() {
    return List.copyOf(dirty);
  }

  private List<Node> of(@Nullable Node node) {
    return node != null && dirty.contains(node) ? List.of(node) : List.of();
  }

  private List<Node> behind(long number) {
    Handle handle = handles.get(number);
    return of(handle == null ? null : handle.node);
  }

  private List<Node> named(InodeId directory, Name name) {
    Node node = nodes.get(directory);
    Copy copy = node == null ? null : node.copy;
    Copy.Entry entry = copy == null ? null : copy.names.get(name);
    return entry == null ? all() : of(entry.child());
  }
}

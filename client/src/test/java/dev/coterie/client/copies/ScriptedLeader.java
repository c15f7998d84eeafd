package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A leader of one directory with files, which does what it is told: an answer can be held back, and
 * be delivered later than what happened after it.
 */
final class ScriptedLeader implements FileService {
  static final InodeId ROOT = new InodeId(1, 1);

  /** Flags that only steer the opening. */
  private static final int OURS =
      OpenFlags.LEASE | OpenFlags.READ_SOON | OpenFlags.NO_FIFO | OpenFlags.NO_COUNTER;

  static final class File {
    final InodeId id;
    byte[] content = {};
    int mode;
    int nlink = 1;
    int lastSeq;
    int held; // the seq; 0: none
    boolean exclusive;

    File(InodeId id, int mode) {
      this.id = id;
      this.mode = mode;
    }
  }

  final Map<InodeId, File> files = new HashMap<>();
  final Map<Name, InodeId> names = new HashMap<>();
  final Map<InodeId, Long> references = new HashMap<>();
  final Map<Long, InodeId> handles = new HashMap<>();
  private final Map<Long, Integer> flags = new HashMap<>();
  private final Map<Long, Long> offsets = new HashMap<>();

  /** The handle that the last token was made of. */
  private long shared;

  /** What came, by label. */
  final List<String> log = new ArrayList<>();

  /** Operations whose next answer is held back, by label. */
  final List<String> toHold = new ArrayList<>();

  final ArrayDeque<Runnable> heldBack = new ArrayDeque<>();

  /** Operations whose next answer is this error, by label. */
  final Map<String, Errno> toFail = new HashMap<>();

  boolean refusesLeases;

  /** Exclusive ones too; else shared ones instead. */
  boolean grantsExclusive;

  /** The longest write that it takes. */
  int writeBytes = Integer.MAX_VALUE;

  /** Where the bytes of each write went, as "offset+count". */
  final List<String> writes = new ArrayList<>();

  /** And which they were. */
  final List<String> written = new ArrayList<>();

  /** The leases that came back. */
  final List<LeaseName> returned = new ArrayList<>();

  /** What happens when leases come back. */
  Runnable atReturn = () -> {};

  /** What happens while a request for recalls is on its way. */
  Runnable beforeRecalls = () -> {};

  @Nullable Completion<List<LeaseName>> taker;

  /** The change counter of all attributes. */
  long change = 1;

  /** Whose answer was held back last. */
  @Nullable Completion<?> lastHeld;

  private long lastHandle;

  ScriptedLeader() {
    files.put(ROOT, new File(ROOT, Mode.S_IFDIR | 0755));
  }

  File file(String name, String content) {
    File file = new File(new InodeId(files.size() + 1, 1), Mode.S_IFREG | 0644);
    file.content = content.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    files.put(file.id, file);
    names.put(Name.of(name), file.id);
    return file;
  }

  /** What came since the last call, without what keeps leases going. */
  List<String> came() {
    List<String> came = new ArrayList<>(log);
    came.remove("nextrecalls");
    log.clear();
    return came;
  }

  /** Wants a lease back, and tells so. */
  void recall(File file) {
    recall(file.id, file.held);
  }

  /** Wants to see it, and lets its holder keep a shared lease. */
  void recallToShared(File file) {
    recall(new LeaseName(file.id, file.held).keeping(LeaseMode.SHARED));
  }

  void recall(InodeId id, int seq) {
    recall(new LeaseName(id, seq));
  }

  private void recall(LeaseName lease) {
    Completion<List<LeaseName>> told = taker;
    if (told == null) {
      throw new AssertionError("nobody asks for recalls");
    }
    taker = null;
    told.done(List.of(lease));
  }

  /** Delivers the answer that was held back first. */
  void deliver() {
    heldBack.remove().run();
  }

  @Override
  @SuppressWarnings("unchecked") // the answer is of the operation
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    log.add(operation.label());
    if (operation instanceof Operation.NextRecalls && toFail.get("nextrecalls") == null) {
      beforeRecalls.run();
      taker = (Completion<List<LeaseName>>) (Completion<?>) completion;
      return () -> false;
    }
    Errno failure = toFail.remove(operation.label());
    Object answer = failure != null ? failure : answer(operation);
    Runnable delivery =
        () -> {
          if (answer instanceof Errno errno) {
            completion.failed(errno);
          } else {
            completion.done((R) answer);
          }
        };
    if (toHold.remove(operation.label())) {
      heldBack.add(delivery);
      lastHeld = completion;
    } else {
      delivery.run();
    }
    return Ticket.DONE;
  }

  private Object answer(Operation<?> operation) {
    return switch (operation) {
      case Operation.Getattr o -> stat(file(o.id()));
      case Operation.Lease o -> leased(file(o.id()), o.mode());
      case Operation.Root o -> referred(ROOT);
      case Operation.Lookup o -> {
        InodeId id = names.get(o.name());
        yield id == null ? Errno.ENOENT : referred(id);
      }
      case Operation.Forget o -> {
        references.merge(o.id(), -o.count(), Long::sum);
        yield Done.DONE;
      }
      case Operation.ReturnLeases o -> {
        atReturn.run();
        for (LeaseName lease : o.leases()) {
          File file = files.get(lease.id());
          returned.add(lease);
          if (file != null && file.held == lease.seq()) {
            file.exclusive = false;
            file.held = lease.keeps() == LeaseMode.SHARED ? file.held : 0;
          }
        }
        yield Done.DONE;
      }
      case Operation.Setattr o -> {
        File file = file(o.id());
        Integer mode = o.change().mode();
        file.mode = mode == null ? file.mode : (file.mode & Mode.S_IFMT) | mode;
        Long size = o.change().size();
        if (size != null) {
          file.content = Arrays.copyOf(file.content, Math.toIntExact(size));
        }
        yield stat(file);
      }
      case Operation.Unlink o -> {
        InodeId id = names.remove(o.name());
        if (id == null) {
          yield Errno.ENOENT;
        }
        file(id).nlink--;
        yield Done.DONE;
      }
      default -> data(operation);
    };
  }

  private Object data(Operation<?> operation) {
    return switch (operation) {
      case Operation.Open o -> opened(o.id(), o.flags());
      case Operation.Create o -> {
        File file = file(names.get(o.name()));
        file.content = new byte[0];
        referred(file.id);
        yield opened(file.id, o.flags());
      }
      case Operation.Close o -> {
        handles.remove(o.handle());
        yield Done.DONE;
      }
      case Operation.Read o -> {
        byte[] content = file(handles.get(o.handle())).content;
        int at = (int) Math.min(o.offset(), content.length);
        int count = Math.min(o.destination().remaining(), content.length - at);
        o.destination().put(content, at, count);
        yield count;
      }
      case Operation.Write o -> {
        boolean appends = (flags(o.handle()) & OpenFlags.O_APPEND) != 0;
        yield write(file(handles.get(o.handle())), appends ? -1 : o.offset(), o.source()).count();
      }
      case Operation.Append o -> write(file(handles.get(o.handle())), -1, o.source());
      case Operation.Fsync o -> Done.DONE;
      case Operation.SetFlags o -> {
        flags.merge(o.handle(), 0, (had, none) -> had & ~OpenFlags.SETTABLE | o.flags());
        yield Done.DONE;
      }
      case Operation.Setxattr o -> Done.DONE;
      case Operation.Lock o -> Done.DONE;
      case Operation.Fallocate o -> Done.DONE;
      case Operation.Rename o -> Done.DONE;
      case Operation.Share o -> {
        shared = o.handle();
        yield new Token(1, 2);
      }
      default -> atOffset(operation);
    };
  }

  /** Answered by a session of somebody else's who has taken the handle that was shared last. */
  Object byOther(Operation<?> operation) {
    return atOffset(operation);
  }

  private Object atOffset(Operation<?> operation) {
    return switch (operation) {
      case Operation.Take o -> new Opened(shared, stat(file(handles.get(shared))), flags(shared));
      case Operation.Seek o -> {
        long base =
            switch (o.whence()) {
              case SET -> 0;
              case CUR -> offset(o.handle());
              case END -> file(handles.get(o.handle())).content.length;
              case DATA, HOLE -> 1000; // whatever
            };
        offsets.put(o.handle(), base + o.offset());
        yield offset(o.handle());
      }
      case Operation.ReadNext o -> {
        long at = offset(o.handle());
        int count = (Integer) data(new Operation.Read(o.handle(), at, o.destination()));
        offsets.put(o.handle(), at + count);
        yield new Transferred(at, count);
      }
      case Operation.WriteNext o -> {
        long at = (flags(o.handle()) & OpenFlags.O_APPEND) != 0 ? -1 : offset(o.handle());
        Transferred moved = write(file(handles.get(o.handle())), at, o.source());
        offsets.put(o.handle(), moved.offset() + moved.count());
        yield moved;
      }
      default -> Errno.ENOSYS;
    };
  }

  long offset(long handle) {
    return offsets.getOrDefault(handle, 0L);
  }

  private int flags(long handle) {
    return flags.getOrDefault(handle, 0);
  }

  private Transferred write(File file, long offset, ByteBuffer source) {
    int at = (int) (offset < 0 ? file.content.length : offset);
    int count = Math.min(source.remaining(), writeBytes);
    file.content = Arrays.copyOf(file.content, Math.max(file.content.length, at + count));
    source.get(file.content, at, count);
    writes.add(at + "+" + count);
    written.add(new String(file.content, at, count, java.nio.charset.StandardCharsets.UTF_8));
    return new Transferred(at, count);
  }

  private File file(@Nullable InodeId id) {
    File file = files.get(id);
    if (file == null) {
      throw new AssertionError("no file " + id);
    }
    return file;
  }

  private Stat referred(InodeId id) {
    references.merge(id, 1L, Long::sum);
    return stat(file(id));
  }

  private Opened opened(InodeId id, int flags) {
    handles.put(++lastHandle, id);
    this.flags.put(lastHandle, flags);
    Opened opened = new Opened(lastHandle, stat(file(id)), flags & ~OURS);
    return (flags & OpenFlags.LEASE) == 0
        ? opened
        : opened.with(leased(file(id), LeaseMode.SHARED));
  }

  private Leased leased(File file, LeaseMode wish) {
    if (refusesLeases) {
      return new Leased(stat(file), 0);
    }
    boolean exclusive = wish == LeaseMode.EXCLUSIVE && grantsExclusive;
    if (file.held == 0 || exclusive && !file.exclusive) {
      file.held = ++file.lastSeq;
      file.exclusive = exclusive;
    }
    LeaseMode mode = file.exclusive ? LeaseMode.EXCLUSIVE : LeaseMode.SHARED;
    return new Leased(stat(file), mode, file.held);
  }

  private Stat stat(File file) {
    Timestamp time = new Timestamp(0, 0);
    return new Stat(
        file.id,
        file.mode,
        file.nlink,
        0,
        0,
        0,
        file.content.length,
        4096,
        8,
        time,
        time,
        time,
        time,
        change);
  }

  @Override
  public void close() {}
}

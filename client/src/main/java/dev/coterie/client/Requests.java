package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.client.Held.Handle;
import dev.coterie.wire.AttrChange;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.EventRequest;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.KeyRequest;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.LinuxRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import dev.coterie.wire.WatchRequest;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From an operation to its message: one for each, with the fids that stand for its inodes and
 * handles.
 *
 * <p>What the message uses is noted in the {@link Call}, so that it can be let go when the call is
 * over; {@link Replies} is the way back.
 *
 * <p>Chains of instanceof, the frequent operations first: a switch on types would link code when a
 * process first comes here.
 */
final class Requests {
  private static final Name NO_NAME = Name.of("");

  private final References references; // immutable
  private final Caller identity; // immutable: whom the leader takes this connection for
  private final int msize; // immutable
  private final int overheadBytes; // immutable: of each change, beside what it is itself

  Requests(References references, Caller identity, int msize, int overheadBytes) {
    this.references = references;
    this.identity = identity;
    this.msize = msize;
    this.overheadBytes = overheadBytes;
  }

  /**
   * The message of an operation.
   *
   * @throws ErrnoException ESTALE an inode that is not referred to · EBADF no such handle · EMFILE
   *     no more fids; what the call already uses is noted in it all the same
   */
  Request make(Caller caller, Call<?> call) throws ErrnoException {
    Request request =
        call.parts.isEmpty()
            ? bare(call, dataBytes(caller))
            : together(call, dataBytes(caller) - Together.OVERHEAD_BYTES);
    call.replyType = request.type() + 1;
    boolean assumed = isAssumed(caller, call.operation);
    for (int i = 0; i < call.parts.size(); i++) {
      assumed &= isAssumed(caller, call.parts.get(i).operation);
    }
    return assumed ? request : new SessionRequest.Tas(caller, request);
  }

  /** "Without `as`, the caller is the user of the attach, with umask 0." */
  private boolean isAssumed(Caller caller, Operation<?> operation) {
    return isMine(caller)
        && (caller.umask() == 0 || !dependsOnUmask(operation))
        && (isMyPid(caller) || !(operation instanceof Operation.Lock));
  }

  private Request bare(Call<?> call, int dataBytes) throws ErrnoException {
    return call.operation instanceof Operation.OnHandle<?> onHandle
        ? onHandle(call, onHandle, dataBytes)
        : onInode(call, call.operation);
  }

  /**
   * One message of several, up to the first that cannot be asked for: that one and those after it
   * have no type of reply then.
   *
   * @throws ErrnoException that is so of the first
   */
  private Request together(Call<?> call, int dataBytes) throws ErrnoException {
    List<Call<?>> parts = call.parts;
    List<Request> made = new ArrayList<>(parts.size());
    try {
      for (int i = 0; i < parts.size(); i++) {
        Call<?> part = parts.get(i);
        Request request =
            part.operation instanceof Operation.Close close
                ? closing(call, i, close)
                : bare(part, dataBytes);
        part.replyType = request.type() + 1;
        made.add(request);
      }
    } catch (ErrnoException e) {
      if (made.isEmpty()) {
        throw e;
      }
    }
    return new SessionRequest.Tdo(0, made);
  }

  /** EBADF · EBUSY others use it too, and have to be waited for. */
  private Request closing(Call<?> call, int index, Operation.Close close) throws ErrnoException {
    int uses = 0;
    for (int i = 0; i < index; i++) {
      uses += usesOf(call.parts.get(i), close.handle());
    }
    Handle handle = references.closeWith(close.handle(), uses);
    if (handle == null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    call.parts.get(index).closes = handle;
    return new BaseRequest.Tclunk(handle.fid);
  }

  private static int usesOf(Call<?> part, long handleNumber) {
    int first = part.first instanceof Handle one && one.number == handleNumber ? 1 : 0;
    int second = part.second instanceof Handle two && two.number == handleNumber ? 1 : 0;
    return first + second;
  }

  /**
   * The messages of the steps of a path, in their order.
   *
   * @param dir in which the first name is looked up
   * @throws ErrnoException as {@link #make}; what the calls already use is noted in them
   */
  List<Request> steps(Caller caller, InodeId dir, Ahead.Chain chain) throws ErrnoException {
    List<Request> steps = new ArrayList<>();
    int fid = P9.NOFID;
    for (Call<Stat> call : chain.lookups) {
      int from = fid == P9.NOFID ? use(call, dir) : fid;
      fid = newFid(call);
      Name name = ((Operation.Lookup) call.operation).name();
      steps.add(step(caller, call, new InodeRequest.Tlookup(from, fid, name)));
    }
    Call<Operation.Opened> open = chain.open;
    if (open != null) {
      int flags = ((Operation.Open) open.operation).flags();
      steps.add(step(caller, open, new HandleRequest.Topen(fid, newHandleFid(open), flags)));
      Call<Integer> read = chain.read;
      if (read != null) {
        ByteBuffer destination = ((Operation.Read) read.operation).destination();
        read.count = readable(destination, dataBytes(caller));
        steps.add(step(caller, read, new BaseRequest.Tread(open.newHandleFid, 0, read.count)));
      }
    }
    return steps;
  }

  private Request step(Caller caller, Call<?> call, Request request) {
    call.replyType = request.type() + 1;
    return as(caller, request);
  }

  /** The message of the caller, whose umask does not matter. */
  Request as(Caller caller, Request request) {
    return isMine(caller) ? request : new SessionRequest.Tas(caller, request);
  }

  /** The error of an operation whose message no frame can hold. */
  static Errno tooLong(Operation<?> operation) {
    if (operation instanceof Operation.Setxattr(_, var name, var value, _)) {
      if (name.length() > Limits.XATTR_NAME_BYTES) {
        return Errno.ERANGE;
      }
      return value.length > Limits.XATTR_VALUE_BYTES ? Errno.E2BIG : Errno.EMSGSIZE;
    }
    if (operation instanceof Operation.ReturnLeases
        || operation instanceof Operation.ReturnLocks
        || operation instanceof Operation.ReturnKey) {
      return Errno.EMSGSIZE;
    }
    if (operation instanceof Operation.OpenKey) {
      return Errno.EINVAL;
    }
    boolean attribute =
        operation instanceof Operation.Getxattr || operation instanceof Operation.Removexattr;
    return attribute ? Errno.ERANGE : Errno.ENAMETOOLONG;
  }

  @SuppressWarnings("ReferenceEquality") // mostly it is the very same
  private boolean isMine(Caller caller) {
    return caller == identity || caller.sameIdentity(identity);
  }

  /** Locks are held against the process that asked; others show its number. */
  private boolean isMyPid(Caller caller) {
    return caller.pid() == 0 || caller.pid() == identity.pid();
  }

  private static boolean dependsOnUmask(Operation<?> operation) {
    return operation instanceof Operation.Create
        || operation instanceof Operation.Mkdir
        || operation instanceof Operation.Mknod
        || operation instanceof Operation.Tmpfile;
  }

  /** How many bytes one message of this caller can move. */
  int dataBytes(Caller caller) {
    int most = msize - P9.IOHDR - overheadBytes;
    return isMine(caller) ? most : most - SessionRequest.Tas.overheadBytes(caller);
  }

  // ---- operations on inodes ----

  private Request onInode(Call<?> call, Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Getattr getattr) {
      return new LinuxRequest.Tgetattr(use(call, getattr.id()), P9.GETATTR_ALL);
    }
    if (operation instanceof Operation.Lookup lookup) {
      int dir = use(call, lookup.dir());
      return new InodeRequest.Tlookup(dir, newFid(call), lookup.name());
    }
    if (operation instanceof Operation.Open open) {
      int fid = use(call, open.id());
      return new HandleRequest.Topen(fid, newHandleFid(call), open.flags());
    }
    if (operation instanceof Operation.Create create) {
      int dir = use(call, create.dir());
      if (create.name().length() == 0) {
        throw new ErrnoException(Errno.ENOENT); // in the message it would mean none at all
      }
      return new HandleRequest.Tcreate(
          dir, newFid(call), newHandleFid(call), create.name(), create.flags(), create.mode());
    }
    if (operation instanceof Operation.Root) {
      return new LinuxRequest.Tgetattr(References.ROOT_FID, P9.GETATTR_ALL);
    }
    return onNames(call, operation);
  }

  private Request onNames(Call<?> call, Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Unlink unlink) {
      references.removes();
      return new LinuxRequest.Tunlinkat(use(call, unlink.dir()), unlink.name(), 0);
    }
    if (operation instanceof Operation.Rmdir rmdir) {
      int dir = use(call, rmdir.dir());
      return new LinuxRequest.Tunlinkat(dir, rmdir.name(), P9.UNLINKAT_REMOVEDIR);
    }
    if (operation instanceof Operation.Rename(var from, var name, var to, var newName, var flags)) {
      references.removes();
      return new InodeRequest.Trenamex(use(call, from), name, useAlso(call, to), newName, flags);
    }
    if (operation instanceof Operation.Link link) {
      int fid = use(call, link.id());
      return new InodeRequest.Tlinkx(useAlso(call, link.dir()), fid, link.name());
    }
    return making(call, operation);
  }

  private Request making(Call<?> call, Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Mkdir mkdir) {
      int mode = Mode.S_IFDIR | (mkdir.mode() & Mode.PERMISSIONS);
      return make(call, mkdir.dir(), mkdir.name(), mode, 0, NO_NAME);
    }
    if (operation instanceof Operation.Symlink symlink) {
      Name target = Name.of(symlink.target());
      return make(call, symlink.dir(), symlink.name(), Mode.S_IFLNK | 0777, 0, target);
    }
    if (operation instanceof Operation.Mknod(var dir, var name, var mode, var rdev)) {
      return make(call, dir, name, nodeMode(mode), rdev, NO_NAME);
    }
    if (operation instanceof Operation.Tmpfile tmpfile) {
      int dir = use(call, tmpfile.dir());
      int flags = tmpfile.flags() | OpenFlags.O_TMPFILE;
      return new HandleRequest.Tcreate(
          dir, newFid(call), newHandleFid(call), NO_NAME, flags, tmpfile.mode());
    }
    if (operation instanceof Operation.OpenWatch) {
      return new WatchRequest.Topenwatch(newHandleFid(call));
    }
    if (operation instanceof Operation.Take take) {
      return new HandleRequest.Ttake(take.token(), newHandleFid(call));
    }
    if (operation instanceof Operation.Evset) {
      return new EventRequest.Tevset(newHandleFid(call), P9.EVSET_SET, 0, 0);
    }
    if (operation instanceof Operation.Eventfd(var initial, var flags)) {
      return new EventRequest.Tevset(newHandleFid(call), P9.EVSET_COUNTER, flags, initial);
    }
    if (operation instanceof Operation.Evlock(var handle, var lock)) {
      int fid = useSeen(call, handle);
      return EventRequest.Tevlock.of(newHandleFid(call), fid, lock);
    }
    if (operation instanceof Operation.Rebind rebind) {
      return new InodeRequest.Trebind(newFid(call), rebind.id(), References.ROOT_FID);
    }
    return onAttributes(call, operation);
  }

  private Request make(Call<?> call, InodeId dir, Name name, int mode, long rdev, Name target)
      throws ErrnoException {
    int dirFid = use(call, dir);
    return new InodeRequest.Tmake(dirFid, newFid(call), name, mode, rdev, target);
  }

  /** What mknod(2) makes; the message could make directories and symbolic links too. */
  private static int nodeMode(int mode) throws ErrnoException {
    int permissions = mode & Mode.PERMISSIONS;
    return switch (mode & Mode.S_IFMT) {
      case 0 -> Mode.S_IFREG | permissions;
      case Mode.S_IFREG, Mode.S_IFIFO, Mode.S_IFSOCK, Mode.S_IFCHR, Mode.S_IFBLK ->
          (mode & Mode.S_IFMT) | permissions;
      case Mode.S_IFDIR -> throw new ErrnoException(Errno.EPERM);
      default -> throw new ErrnoException(Errno.EINVAL);
    };
  }

  private Request onAttributes(Call<?> call, Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Setattr setattr) {
      int fid = use(call, setattr.id());
      int handle = setattr.handle() == 0 ? P9.NOFID : useAlso(call, setattr.handle());
      return new InodeRequest.Tsetattrx(fid, handle, AttrChange.of(setattr.change()));
    }
    if (operation instanceof Operation.Access access) {
      return new InodeRequest.Taccess(use(call, access.id()), access.mask());
    }
    if (operation instanceof Operation.Readlink readlink) {
      return new LinuxRequest.Treadlink(use(call, readlink.id()));
    }
    if (operation instanceof Operation.Getxattr getxattr) {
      return new InodeRequest.Tgetxattr(use(call, getxattr.id()), getxattr.name());
    }
    if (operation instanceof Operation.Setxattr(var id, var name, var value, var flags)) {
      return new InodeRequest.Tsetxattr(use(call, id), name, flags, ByteBuffer.wrap(value));
    }
    if (operation instanceof Operation.Listxattr listxattr) {
      return new InodeRequest.Tlistxattr(use(call, listxattr.id()));
    }
    if (operation instanceof Operation.Removexattr removexattr) {
      return new InodeRequest.Tremovexattr(use(call, removexattr.id()), removexattr.name());
    }
    if (operation instanceof Operation.Statfs statfs) {
      return new LinuxRequest.Tstatfs(use(call, statfs.id()));
    }
    return onLeases(call, operation);
  }

  private Request onLeases(Call<?> call, Operation<?> operation) throws ErrnoException {
    if (operation instanceof Operation.Lease lease) {
      return new LeaseRequest.Tlease(use(call, lease.id()), P9.PLANE_INODE, lease.mode().number());
    }
    if (operation instanceof Operation.LeaseNames names) {
      return new LeaseRequest.Tlease(use(call, names.id()), P9.PLANE_NAMES, P9.LEASE_SHARED);
    }
    if (operation instanceof Operation.NextRecalls(var max, var waits)) {
      int most = Math.clamp(max, 0, Limits.LEASES_PER_MESSAGE);
      return new LeaseRequest.Tnotify(most, waits ? P9.NOTIFY_WAIT : 0);
    }
    if (operation instanceof Operation.ReturnLocks(var lease, var locks)) {
      return returnLocks(lease, locks);
    }
    if (operation instanceof Operation.ReturnLeases(var leases)) {
      if (leases.size() > Limits.LEASES_PER_MESSAGE) {
        throw new ErrnoException(Errno.EINVAL);
      }
      return LeaseRequest.Tleaseret.of(leases);
    }
    return onKeys(operation);
  }

  private static Request onKeys(Operation<?> operation) {
    if (operation instanceof Operation.UseKey use) {
      return use(use, use.first());
    }
    if (operation instanceof Operation.ReturnKey given) {
      return new KeyRequest.Treturnkey(given.key(), given.seq(), changed(given), valueOf(given));
    }
    if (operation instanceof Operation.OpenKey open) {
      return new KeyRequest.Topenkey(open.name());
    }
    if (operation instanceof Operation.CloseKey close) {
      return new KeyRequest.Tclosekey(close.key());
    }
    throw new AssertionError("no message for " + operation.label());
  }

  private static Request use(Operation.UseKey use, Operation.@Nullable ReturnKey given) {
    int mode = use.mode().number();
    return given == null
        ? new KeyRequest.Tusekey(use.key(), mode, use.timeoutMs())
        : new KeyRequest.Tusekey(
            use.key(),
            mode,
            use.timeoutMs(),
            P9.KEY_RETURNS | changed(given),
            given.seq(),
            valueOf(given));
  }

  private static int changed(Operation.ReturnKey given) {
    return given.value() == null ? 0 : P9.KEY_CHANGED;
  }

  private static ByteBuffer valueOf(Operation.ReturnKey given) {
    byte[] value = given.value();
    return value == null ? ByteBuffer.allocate(0) : ByteBuffer.wrap(value);
  }

  private Request returnLocks(LeaseName lease, List<LeasedLock> locks) throws ErrnoException {
    if (lease.plane() != LeasePlane.LOCKS || locks.size() > Limits.LOCKS_PER_RETURN) {
      throw new ErrnoException(Errno.EINVAL);
    }
    List<LeaseRequest.Lock> all = new ArrayList<>(locks.size());
    for (LeasedLock lock : locks) {
      all.add(LeaseRequest.Lock.of(references.fidOf(lock.handle()), lock));
    }
    return new LeaseRequest.Tlockret(lease.id(), lease.seq(), all);
  }

  // ---- operations on handles ----

  private Request onHandle(Call<?> call, Operation.OnHandle<?> operation, int dataBytes)
      throws ErrnoException {
    Handle handle = references.use(operation.handle());
    call.first = handle;
    int fid = handle.fid;
    if (operation instanceof Operation.Read read) {
      call.count = readable(read.destination(), dataBytes);
      return new BaseRequest.Tread(fid, notNegative(read.offset()), call.count);
    }
    if (operation instanceof Operation.Write write) {
      ByteBuffer data = writable(call, write.source(), dataBytes);
      return new BaseRequest.Twrite(fid, notNegative(write.offset()), data);
    }
    if (operation instanceof Operation.Append append) {
      return new HandleRequest.Tappend(fid, writable(call, append.source(), dataBytes));
    }
    if (operation instanceof Operation.ReadNext readNext) {
      call.count = readable(readNext.destination(), dataBytes);
      return new HandleRequest.Treadseq(fid, call.count);
    }
    if (operation instanceof Operation.WriteNext writeNext) {
      return new HandleRequest.Twriteseq(fid, writable(call, writeNext.source(), dataBytes));
    }
    if (operation instanceof Operation.Readdir(_, var cookie, var bytes, var attributes)) {
      int most = Math.clamp(bytes, 0, msize - P9.IOHDR);
      return new HandleRequest.Treaddirx(fid, cookie, most, attributes ? P9.READDIRX_ATTRS : 0);
    }
    return onOffsets(call, operation, handle);
  }

  private Request onOffsets(Call<?> call, Operation.OnHandle<?> operation, Handle handle)
      throws ErrnoException {
    int fid = handle.fid;
    if (operation instanceof Operation.Seek(_, var whence, var offset)) {
      return new HandleRequest.Tseek(fid, HandleRequest.Tseek.whence(whence), offset);
    }
    if (operation instanceof Operation.Lock(_, var lock, var waits)) {
      references.locks(handle);
      return HandleRequest.Tlockx.of(fid, lock, waits ? P9.LOCKX_WAIT : 0);
    }
    if (operation instanceof Operation.GetLock(_, var lock)) {
      return HandleRequest.Tlockx.of(fid, lock, P9.LOCKX_TEST);
    }
    if (operation instanceof Operation.LeaseLocks) {
      return new LeaseRequest.Tlease(fid, P9.PLANE_LOCKS, P9.LEASE_EXCLUSIVE);
    }
    if (operation instanceof Operation.Fsync fsync) {
      return new LinuxRequest.Tfsync(fid, fsync.dataOnly());
    }
    if (operation instanceof Operation.SetFlags setFlags) {
      return new HandleRequest.Tsetflags(fid, setFlags.flags());
    }
    if (operation instanceof Operation.Fallocate(_, var mode, var offset, var length)) {
      return new HandleRequest.Tfallocate(fid, mode, offset, length);
    }
    if (operation instanceof Operation.CopyRange(_, var at, var to, var toOffset, var length)) {
      return new HandleRequest.Tcopyrange(fid, at, useAlso(call, to), toOffset, length);
    }
    if (operation instanceof Operation.Evwait(_, var max, var timeoutMs)) {
      return new EventRequest.Tevwait(fid, max, timeoutMs);
    }
    if (operation instanceof Operation.Evctl(_, var control, var member, var mask, var data)) {
      int op = EventRequest.Tevctl.op(control);
      return new EventRequest.Tevctl(fid, op, useSeen(call, member), mask, data);
    }
    if (operation instanceof Operation.Share) {
      references.isSeen(handle);
      return new HandleRequest.Tshare(fid);
    }
    return onWatches(call, operation, fid);
  }

  private Request onWatches(Call<?> call, Operation.OnHandle<?> operation, int fid)
      throws ErrnoException {
    if (operation instanceof Operation.NextChanges(_, var bytes, var waits)) {
      int most = Math.clamp(bytes, 0, msize - P9.IOHDR);
      return new WatchRequest.Tchanges(fid, most, waits ? P9.CHANGES_WAIT : 0);
    }
    if (operation instanceof Operation.AddWatch(_, var id, var mask)) {
      return new WatchRequest.Taddwatch(fid, useAlso(call, id), mask);
    }
    if (operation instanceof Operation.RemoveWatch(_, var watch)) {
      return new WatchRequest.Tremovewatch(fid, watch);
    }
    throw new AssertionError("no message for " + operation.label());
  }

  private static int readable(ByteBuffer destination, int dataBytes) {
    if (destination.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    return Math.min(destination.remaining(), dataBytes);
  }

  private static ByteBuffer writable(Call<?> call, ByteBuffer source, int dataBytes) {
    call.count = Math.min(source.remaining(), dataBytes);
    return call.count == source.remaining() ? source : source.slice(source.position(), call.count);
  }

  /** The wire knows no other: all ones in Twrite is illegal. */
  private static long notNegative(long offset) throws ErrnoException {
    if (offset < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return offset;
  }

  // ---- fids ----

  private int use(Call<?> call, InodeId id) throws ErrnoException {
    Held held = references.use(id);
    call.first = held;
    return held.fid;
  }

  private int useAlso(Call<?> call, InodeId id) throws ErrnoException {
    Held held = references.use(id);
    call.second = held;
    return held.fid;
  }

  private int useAlso(Call<?> call, long handle) throws ErrnoException {
    Held held = references.use(handle);
    call.second = held;
    return held.fid;
  }

  private int useSeen(Call<?> call, long handleNumber) throws ErrnoException {
    Handle handle = references.use(handleNumber);
    call.second = handle;
    references.isSeen(handle);
    return handle.fid;
  }

  private int newFid(Call<?> call) throws ErrnoException {
    call.newFid = references.newFid();
    return call.newFid;
  }

  private int newHandleFid(Call<?> call) throws ErrnoException {
    call.newHandleFid = references.newFid();
    return call.newHandleFid;
  }
}

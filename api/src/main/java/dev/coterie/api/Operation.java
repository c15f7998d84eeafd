package dev.coterie.api;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one operation of {@link FileService}, as a value. What each does, its units and
 * its errors stand there, at the method of the same name.
 *
 * @param <R> what it answers
 */
public sealed interface Operation<R> {

  /** The answer of an operation that has nothing to say but that it was done. */
  enum Done {
    DONE
  }

  /** An operation on one inode, by its identity. */
  sealed interface OnInode<R> extends Operation<R> {
    InodeId id();
  }

  /** An operation on names of a directory. */
  sealed interface InDirectory<R> extends Operation<R> {
    InodeId dir();
  }

  /** An operation that works through an open handle. */
  sealed interface OnHandle<R> extends Operation<R> {
    long handle();
  }

  /**
   * An operation that gives the session a handle: EMFILE when it has {@link
   * Limits#HANDLES_PER_SESSION}.
   */
  sealed interface Opening extends Operation<Opened> {}

  /** An operation on a named key, or that makes one; documented at {@link KeyCalls}. */
  sealed interface OnKey<R> extends Operation<R> {}

  // ---- inodes and names ----

  record Root() implements Operation<Stat> {}

  record Lookup(InodeId dir, Name name) implements InDirectory<Stat> {}

  record Forget(InodeId id, long count) implements Operation<Done> {}

  record Rebind(InodeId id) implements Operation<Stat> {}

  record Getattr(InodeId id) implements OnInode<Stat> {}

  /** {@code handle} 0: by the inode alone. */
  record Setattr(InodeId id, long handle, SetAttr change) implements OnInode<Stat> {}

  record Access(InodeId id, int mask) implements OnInode<Done> {}

  record Mknod(InodeId dir, Name name, int mode, long rdev) implements InDirectory<Stat> {}

  record Mkdir(InodeId dir, Name name, int mode) implements InDirectory<Stat> {}

  record Symlink(InodeId dir, Name name, byte[] target) implements InDirectory<Stat> {}

  record Readlink(InodeId id) implements OnInode<byte[]> {}

  record Link(InodeId id, InodeId dir, Name name) implements InDirectory<Stat> {}

  record Unlink(InodeId dir, Name name) implements InDirectory<Done> {}

  record Rmdir(InodeId dir, Name name) implements InDirectory<Done> {}

  record Rename(InodeId dir, Name name, InodeId newDir, Name newName, int flags)
      implements InDirectory<Done> {
    public static final int RENAME_NOREPLACE = 1;
    public static final int RENAME_EXCHANGE = 2;
  }

  record Getxattr(InodeId id, Name name) implements OnInode<byte[]> {}

  record Setxattr(InodeId id, Name name, byte[] value, int flags) implements OnInode<Done> {
    public static final int XATTR_CREATE = 1;
    public static final int XATTR_REPLACE = 2;
  }

  record Listxattr(InodeId id) implements OnInode<List<Name>> {}

  record Removexattr(InodeId id, Name name) implements OnInode<Done> {}

  record Statfs(InodeId id) implements OnInode<StatFs> {}

  // ---- handles ----

  record Create(InodeId dir, Name name, int flags, int mode)
      implements Opening, InDirectory<Opened> {}

  record Tmpfile(InodeId dir, int flags, int mode) implements Opening, InDirectory<Opened> {}

  record Open(InodeId id, int flags) implements Opening {}

  record Close(long handle) implements OnHandle<Done> {}

  record Readdir(long handle, long cookie, int bytes, boolean attributes)
      implements OnHandle<List<DirEntry>> {
    /** What an entry counts for beside its name in {@code bytes}: its fixed part on the wire. */
    public static final int ENTRY_BYTES = 28;

    /** What its attributes count for in {@code bytes}, when they are asked for. */
    public static final int STAT_BYTES = 160;
  }

  /**
   * Into the destination; or instead, if the service will, to the pieces, which then have ended.
   *
   * @param pieces null: not wanted
   */
  record Read(long handle, long offset, ByteBuffer destination, @Nullable Pieces pieces)
      implements OnHandle<Integer> {
    public Read(long handle, long offset, ByteBuffer destination) {
      this(handle, offset, destination, null);
    }
  }

  record Write(long handle, long offset, ByteBuffer source) implements OnHandle<Integer> {}

  record Append(long handle, ByteBuffer source) implements OnHandle<Transferred> {}

  record ReadNext(long handle, ByteBuffer destination) implements OnHandle<Transferred> {}

  record WriteNext(long handle, ByteBuffer source) implements OnHandle<Transferred> {}

  record Seek(long handle, Whence whence, long offset) implements OnHandle<Long> {}

  record SetFlags(long handle, int flags) implements OnHandle<Done> {}

  record Fallocate(long handle, int mode, long offset, long length) implements OnHandle<Done> {
    public static final int FALLOC_FL_KEEP_SIZE = 1;
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    public static final int FALLOC_FL_ZERO_RANGE = 16;
  }

  record CopyRange(long handle, long offset, long toHandle, long toOffset, long length)
      implements OnHandle<Long> {}

  record Fsync(long handle, boolean dataOnly) implements OnHandle<Done> {}

  /** {@code waits}: until it is free; else EAGAIN. */
  record Lock(long handle, RangeLock lock, boolean waits) implements OnHandle<Done> {}

  record GetLock(long handle, RangeLock lock) implements OnHandle<FoundLock> {}

  // ---- events ----

  record Evset() implements Opening {}

  /** {@code flags}: {@link #EFD_SEMAPHORE}, {@link OpenFlags#O_NONBLOCK}. */
  record Eventfd(long initial, int flags) implements Opening {
    public static final int EFD_SEMAPHORE = 1;
  }

  record Evctl(long handle, Control control, long member, int mask, long data)
      implements OnHandle<Done> {}

  /** {@code handle}: of the file; {@code lock}: what could be taken by it. */
  record Evlock(long handle, RangeLock lock) implements Opening {}

  /** {@code timeoutMs}: 0 looks only, -1 has no end. */
  record Evwait(long handle, int max, int timeoutMs) implements OnHandle<List<Event>> {}

  record Share(long handle) implements OnHandle<Token> {}

  record Take(Token token) implements Opening {}

  // ---- watches ----

  record OpenWatch() implements Opening {}

  record AddWatch(long handle, InodeId id, int mask) implements OnHandle<Integer> {}

  record RemoveWatch(long handle, int watch) implements OnHandle<Done> {}

  /** {@code waits}: until there is one; else EAGAIN. */
  record NextChanges(long handle, int bytes, boolean waits) implements OnHandle<List<Change>> {}

  // ---- leases ----

  /**
   * {@code mode}: what is wished for. With an exclusive lease, of a regular file that no other
   * session has one of, no other session sees anything of the file but that it is there, until it
   * is given back; so changes can be kept back until then. They are sent before the lease is given
   * back, and wait for no other session.
   */
  record Lease(InodeId id, LeaseMode mode) implements OnInode<Leased> {
    public Lease(InodeId id) {
      this(id, LeaseMode.SHARED);
    }
  }

  /**
   * The names of a directory, absent ones too, and the attributes of it and of those entries that
   * are directories or have one name ({@code nlink} 1), as they are told from then on.
   */
  record LeaseNames(InodeId id) implements OnInode<Leased> {}

  record ReturnLeases(List<LeaseName> leases) implements Operation<Done> {}

  /** {@code waits}: until there is one; else EAGAIN. */
  record NextRecalls(int max, boolean waits) implements Operation<List<LeaseName>> {}

  /** The locks of an open file, to be decided on alone. */
  record LeaseLocks(long handle) implements OnHandle<Leased> {}

  /** {@code locks}: what was decided meanwhile. */
  record ReturnLocks(LeaseName lease, List<LeasedLock> locks) implements Operation<Done> {}

  // ---- keys ----

  record OpenKey(Name name) implements OnKey<InodeId> {}

  /**
   * {@code timeoutMs}: 0 takes what is free, -1 has no end. {@code first}: of the same key, what is
   * given back in one step with the asking; if it is not held, EINVAL and nothing was done, and
   * else it is given back however the asking ends.
   */
  record UseKey(InodeId key, LeaseMode mode, int timeoutMs, @Nullable ReturnKey first)
      implements OnKey<KeyLease> {
    /** Gives nothing back. */
    public UseKey(InodeId key, LeaseMode mode, int timeoutMs) {
      this(key, mode, timeoutMs, null);
    }
  }

  /**
   * {@code value}: null, it was not changed. Answers whether the lease was held, and so the value
   * taken.
   */
  record ReturnKey(InodeId key, int seq, byte @Nullable [] value) implements OnKey<Boolean> {}

  record CloseKey(InodeId key) implements OnKey<Done> {}

  // ---- answers ----

  /**
   * A lease on a key.
   *
   * @param mode what is held now; perhaps more than asked for
   * @param seq which of its grants; never 0
   * @param value as it was given back last
   * @param recalled others wait already: it counts as recalled, though nothing else says so
   */
  record KeyLease(LeaseMode mode, int seq, byte[] value, boolean recalled) {}

  /**
   * What stands in the way of a lock.
   *
   * @param type UNLOCK: nothing does
   * @param start first byte
   * @param length in bytes; 0: to the end
   * @param pid of the holder in its own session; -1 when it is a handle, 0 when unknown
   */
  record FoundLock(RangeLock.Type type, long start, long length, int pid) {}

  /**
   * A handle came to be.
   *
   * @param handle names it in this session; never 0
   * @param stat the inode; the session holds it until the handle is closed, beside any reference by
   *     lookup
   * @param flags of open(2), without those that only steered the opening
   * @param mode of the lease that the session has on the inode now, if one was wished for
   * @param seq of that lease; 0: none
   */
  record Opened(long handle, Stat stat, int flags, LeaseMode mode, int seq) {
    /** Without a lease. */
    public Opened(long handle, Stat stat, int flags) {
      this(handle, stat, flags, LeaseMode.NONE, 0);
    }

    /** The same with a lease, and the attributes that came with that. */
    public Opened with(Leased leased) {
      return new Opened(handle, leased.stat(), flags, leased.mode(), leased.seq());
    }

    public Leased leased() {
      return new Leased(stat, mode, seq);
    }
  }

  /**
   * Bytes were moved at a place the leader chose.
   *
   * @param offset of the first byte
   * @param count bytes moved
   */
  record Transferred(long offset, int count) {}

  /**
   * Attributes, and perhaps a lease.
   *
   * @param mode of the lease that the session has now; perhaps less than asked for
   * @param seq of the lease; 0: none was granted
   */
  record Leased(Stat stat, LeaseMode mode, int seq) {
    /** Shared, if there is one. */
    public Leased(Stat stat, int seq) {
      this(stat, seq == 0 ? LeaseMode.NONE : LeaseMode.SHARED, seq);
    }
  }

  /** What is done to a member of an event set. Source: epoll_ctl(2). */
  enum Control {
    ADD,
    DEL,
    MOD
  }

  /** From where a seek counts. Source: lseek(2). */
  enum Whence {
    SET,
    CUR,
    END,
    DATA,
    HOLE
  }

  /**
   * The name of the operation in messages and metrics: that of the method of {@link FileService}.
   */
  default String label() {
    return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }
}

package dev.coterie.api;

import dev.coterie.api.Operation.*;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * One coherent POSIX tree: what a leader's core offers to each session, and what a client gives
 * back over the wire.
 *
 * <p>Every operation names its {@link Caller} and is <b>submitted</b>: it completes at once, or
 * becomes a {@link Ticket} that can be cancelled. Any operation may wait, not only those that look
 * as if they did: others' copies may have to be recalled first. The methods below are the thin view
 * that waits; an interrupt of the waiting thread cancels the operation, which then ends with EINTR
 * and leaves the thread's interrupt status set.
 *
 * <p><b>References.</b> An inode is named by its {@link InodeId} and may be used while this session
 * refers to it: from a {@code lookup}, {@code root}, {@code rebind} or a creating operation until
 * as many references are given back by {@code forget}, and as long as one of its handles is open.
 * An identity the session does not refer to is ESTALE, so an identity that was guessed opens
 * nothing. An inode whose last link is gone lives until the last reference of any session is.
 *
 * <p><b>Order.</b> Each operation takes effect at one moment between its call and its return, the
 * same for all sessions. Concurrency classes: <i>read</i> (shared on the inode), <i>write</i>
 * (alone on the inode), <i>names</i> (alone on the directory; rename on both, with the inodes it
 * moves).
 *
 * <p><b>Errors</b> of every operation, beside its own: ESTALE no reference, or the session is over
 * · EINTR cancelled · EIO the mount's storage failed or the leader is gone · EROFS a change on a
 * read-only mount · EACCES, EPERM as path_resolution(7) and the call's manual page say, for the
 * caller's ids. Names: {@link Name#requireEntry}; ENOTDIR {@code dir} is none.
 *
 * <p>Leases will come as further operations of the same kind.
 */
public interface FileService extends AutoCloseable {

  /**
   * Submits an operation.
   *
   * @param completion is given the answer, perhaps before this returns
   * @return {@link Ticket#DONE} when it was; otherwise what can be cancelled
   */
  <R> Ticket submit(Caller caller, Operation<R> operation, Completion<? super R> completion);

  /**
   * Submits an operation and waits for its answer.
   *
   * @throws ErrnoException the operation's error; EINTR when this thread was interrupted and the
   *     operation had no effect
   */
  default <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    return Waiter.await(this, caller, operation, null);
  }

  /** As {@link #call(Caller, Operation)}, given up also when all that is pending is cancelled. */
  default <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    return Waiter.await(this, caller, operation, pending);
  }

  /**
   * As {@link #call(Caller, Operation)}, whether or not this thread was interrupted, which stays
   * so: for what does not wait for others and must be done.
   */
  default <R> R callUndisturbed(Caller caller, Operation<R> operation) throws ErrnoException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return call(caller, operation);
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EINTR || !Thread.currentThread().isInterrupted()) {
            throw e;
          }
          interrupted |= Thread.interrupted(); // it came first, and nothing was done
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Whether the leader is another process. Then a thread that waits for its answer itself has it
   * sooner than a completion would, which another thread has to be woken up to call.
   */
  default boolean isRemote() {
    return false;
  }

  /**
   * Ends the session: what waits is cancelled, its handles, references and tokens are given back.
   */
  @Override
  void close();

  // ---- inodes and names -------------------------------------------------------------------------

  /** The root of the tree, with one reference. */
  default Stat root(Caller caller) throws ErrnoException {
    return call(caller, new Root());
  }

  /**
   * Finds a name in a directory and takes one reference. "." and ".." are answered too, ".." across
   * mounts; the root's ".." is the root. Symbolic links are not followed. ENOENT no such name ·
   * EACCES no search permission. <i>Read</i>. Source: path_resolution(7).
   */
  default Stat lookup(Caller caller, InodeId dir, Name name) throws ErrnoException {
    return call(caller, new Lookup(dir, name));
  }

  /**
   * Gives back {@code count} references. One too many is EINVAL and gives back none. From another
   * process it may travel with this session's next request.
   */
  default void forget(Caller caller, InodeId id, long count) throws ErrnoException {
    call(caller, new Forget(id, count));
  }

  /**
   * Takes a reference by identity, as open_by_handle_at(2) does: for gates that were disconnected.
   * The caller must be root or be able to search every directory down to one of the inode's names.
   * ESTALE no such inode · EACCES. <i>Read</i>.
   */
  default Stat rebind(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Rebind(id));
  }

  /** The attributes, of unlinked inodes too. <i>Read</i>. Source: stat(2). */
  default Stat getattr(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Getattr(id));
  }

  /**
   * Changes attributes as one change and answers the new ones. Through a handle ({@code handle} not
   * 0) a size needs the handle to be open for writing and no permission on the file. EPERM not the
   * owner · EACCES · EINVAL negative size, or the handle is not open for writing · EISDIR size of a
   * directory · EFBIG · ENOSPC. <i>Write</i>. Source: chmod(2), chown(2), truncate(2),
   * utimensat(2).
   */
  default Stat setattr(Caller caller, InodeId id, long handle, SetAttr change)
      throws ErrnoException {
    return call(caller, new Setattr(id, handle, change));
  }

  /**
   * Whether the caller may read (4), write (2), search or execute (1): EACCES if not. <i>Read</i>.
   * Source: access(2).
   */
  default void access(Caller caller, InodeId id, int mask) throws ErrnoException {
    call(caller, new Access(id, mask));
  }

  /**
   * Makes a FIFO, socket, device node or empty regular file, with one reference. {@code mode}: type
   * and permissions, the umask is the caller's; {@code rdev} in makedev(3)'s encoding. EEXIST ·
   * EPERM a device (a whiteout, character device 0:0, is none) and not root · ENOSPC · EMLINK.
   * <i>Names</i>. Source: mknod(2).
   */
  default Stat mknod(Caller caller, InodeId dir, Name name, int mode, long rdev)
      throws ErrnoException {
    return call(caller, new Mknod(dir, name, mode, rdev));
  }

  /**
   * Makes a directory, with one reference. EEXIST · ENOSPC · EMLINK. <i>Names</i>. Source:
   * mkdir(2).
   */
  default Stat mkdir(Caller caller, InodeId dir, Name name, int mode) throws ErrnoException {
    return call(caller, new Mkdir(dir, name, mode));
  }

  /**
   * Makes a symbolic link, with one reference. ENOENT empty target · ENAMETOOLONG over {@link
   * Limits#SYMLINK_BYTES} · EEXIST. <i>Names</i>. Source: symlink(2).
   */
  default Stat symlink(Caller caller, InodeId dir, Name name, byte[] target) throws ErrnoException {
    return call(caller, new Symlink(dir, name, target));
  }

  /** The target of a symbolic link. EINVAL it is none. <i>Read</i>. Source: readlink(2). */
  default byte[] readlink(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Readlink(id));
  }

  /**
   * Gives an inode one more name and answers its attributes; takes no reference. Also the first
   * name of one made by {@code tmpfile} without O_EXCL. EPERM a directory · ENOENT the last link is
   * gone · EXDEV other mount · EEXIST · EMLINK. <i>Names</i>, then <i>write</i> on the inode.
   * Source: link(2).
   */
  default Stat link(Caller caller, InodeId id, InodeId dir, Name name) throws ErrnoException {
    return call(caller, new Link(id, dir, name));
  }

  /**
   * Removes a name that is no directory's. EISDIR · ENOENT · EBUSY a mount point. <i>Names</i>.
   * Source: unlink(2).
   */
  default void unlink(Caller caller, InodeId dir, Name name) throws ErrnoException {
    call(caller, new Unlink(dir, name));
  }

  /**
   * Removes an empty directory. ENOTEMPTY · ENOTDIR · EINVAL "." · ENOTEMPTY ".." · EBUSY a mount
   * point. <i>Names</i>. Source: rmdir(2).
   */
  default void rmdir(Caller caller, InodeId dir, Name name) throws ErrnoException {
    call(caller, new Rmdir(dir, name));
  }

  /**
   * Moves a name, replacing what the new name named. {@code flags}: {@link
   * Rename#RENAME_NOREPLACE}, {@link Rename#RENAME_EXCHANGE}. EXDEV other mount · EEXIST ·
   * ENOTEMPTY · EISDIR, ENOTDIR unlike kinds · EINVAL into itself, or unknown flags · EBUSY a mount
   * point. <i>Names</i> on both. Source: rename(2).
   */
  default void rename(
      Caller caller, InodeId dir, Name name, InodeId newDir, Name newName, int flags)
      throws ErrnoException {
    call(caller, new Rename(dir, name, newDir, newName, flags));
  }

  /**
   * The value of an extended attribute. Access control lists are attributes too: {@link
   * XattrNames}. ENODATA · EOPNOTSUPP. <i>Read</i>. Source: getxattr(2), xattr(7).
   */
  default byte[] getxattr(Caller caller, InodeId id, Name name) throws ErrnoException {
    return call(caller, new Getxattr(id, name));
  }

  /**
   * Sets an extended attribute: {@code user.*} on files and directories; {@code trusted.*} and
   * {@code security.*} for root. {@code flags}: {@link Setxattr#XATTR_CREATE}, {@link
   * Setxattr#XATTR_REPLACE}. EEXIST · ENODATA · ERANGE name · E2BIG value · EOPNOTSUPP unknown name
   * space · ENOSPC. <i>Write</i>. Source: setxattr(2), xattr(7).
   */
  default void setxattr(Caller caller, InodeId id, Name name, byte[] value, int flags)
      throws ErrnoException {
    call(caller, new Setxattr(id, name, value, flags));
  }

  /** The names of the extended attributes the caller may see. <i>Read</i>. Source: listxattr(2). */
  default List<Name> listxattr(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Listxattr(id));
  }

  /** Removes an extended attribute. ENODATA. <i>Write</i>. Source: removexattr(2). */
  default void removexattr(Caller caller, InodeId id, Name name) throws ErrnoException {
    call(caller, new Removexattr(id, name));
  }

  /** The file system an inode lies on. <i>Read</i>. Source: statfs(2). */
  default StatFs statfs(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Statfs(id));
  }

  // ---- handles ----------------------------------------------------------------------------------

  /**
   * Opens a name for the caller, making a regular file when there is none (or O_EXCL and there is
   * one: EEXIST). Takes one reference of the inode beside the handle's. A symbolic link at the name
   * is ELOOP (or EEXIST), never followed: paths are the layer above. Errors as {@code open} and
   * {@code mknod}. <i>Names</i>. Source: open(2), O_CREAT.
   */
  default Opened create(Caller caller, InodeId dir, Name name, int flags, int mode)
      throws ErrnoException {
    return call(caller, new Create(dir, name, flags, mode));
  }

  /**
   * Opens a new regular file without a name; with O_EXCL it can never be given one. Takes one
   * reference of the inode beside the handle's. EINVAL not open for writing. <i>Names</i>. Source:
   * open(2), O_TMPFILE.
   */
  default Opened tmpfile(Caller caller, InodeId dir, int flags, int mode) throws ErrnoException {
    return call(caller, new Tmpfile(dir, flags, mode));
  }

  /**
   * Opens an inode; O_TRUNC also empties it. EACCES · EISDIR writing a directory · ENOTDIR
   * O_DIRECTORY on another · ELOOP a symbolic link · EPERM O_NOATIME and not the owner · ENXIO a
   * socket or device (nodes only: whoever presents the tree to programs gives them life) · EMFILE.
   *
   * <p>A FIFO of an inside mount joins those who open it here: opening waits until the other side
   * is open too. With O_NONBLOCK it does not; to write alone it is ENXIO then if nobody reads. Of
   * an outside mount it is ENXIO. <i>Read</i>, with O_TRUNC <i>write</i>. Source: open(2).
   */
  default Opened open(Caller caller, InodeId id, int flags) throws ErrnoException {
    return call(caller, new Open(id, flags));
  }

  /**
   * Gives back this session's handle; the open file ends with its last reference in any session.
   * EBADF.
   */
  default void close(Caller caller, long handle) throws ErrnoException {
    call(caller, new Close(handle));
  }

  /**
   * Entries of an open directory after {@code cookie} (0: from the start, "." and ".." first), as
   * many as fit in {@code bytes} (each counts {@link Readdir#ENTRY_BYTES}, its name, and {@link
   * Readdir#STAT_BYTES} with attributes); an empty list is the end. An entry that was there all the
   * time is given exactly once, one that came or went in the meantime at most once. EINVAL {@code
   * bytes} too small for one entry · ENOTDIR. <i>Read</i>. Source: readdir(3).
   */
  default List<DirEntry> readdir(
      Caller caller, long handle, long cookie, int bytes, boolean attributes)
      throws ErrnoException {
    return call(caller, new Readdir(handle, cookie, bytes, attributes));
  }

  /**
   * Reads at an offset into the buffer's remaining bytes and moves its position; 0 is the end of
   * the file. The buffer belongs to the operation until it completes. EBADF not open for reading ·
   * EISDIR · EINVAL negative offset, or a range behind {@link Limits#FILE_BYTES}. <i>Read</i>.
   * Source: pread(2).
   */
  default int read(Caller caller, long handle, long offset, ByteBuffer destination)
      throws ErrnoException {
    return call(caller, new Read(handle, offset, destination));
  }

  /**
   * Writes the buffer's remaining bytes at an offset and moves its position; on an O_APPEND handle
   * at the end instead. May be short when space runs out. EBADF not open for writing · ENOSPC ·
   * EFBIG at the largest size · EINVAL negative offset, or a range behind {@link
   * Limits#FILE_BYTES}. <i>Write</i>. Source: pwrite(2), BUGS for O_APPEND.
   */
  default int write(Caller caller, long handle, long offset, ByteBuffer source)
      throws ErrnoException {
    return call(caller, new Write(handle, offset, source));
  }

  /**
   * Writes at the end of the file, whatever the handle's flags, and says where that was.
   * <i>Write</i>.
   */
  default Transferred append(Caller caller, long handle, ByteBuffer source) throws ErrnoException {
    return call(caller, new Append(handle, source));
  }

  /**
   * Reads at the handle's shared offset and moves it on. <i>Read</i>, alone on the handle. Source:
   * read(2).
   */
  default Transferred readNext(Caller caller, long handle, ByteBuffer destination)
      throws ErrnoException {
    return call(caller, new ReadNext(handle, destination));
  }

  /**
   * Writes at the handle's shared offset (with O_APPEND at the end) and moves it behind what was
   * written. <i>Write</i>, alone on the handle. Source: write(2).
   */
  default Transferred writeNext(Caller caller, long handle, ByteBuffer source)
      throws ErrnoException {
    return call(caller, new WriteNext(handle, source));
  }

  /**
   * Moves the handle's shared offset and answers the new one. EINVAL before the start · ENXIO no
   * data or hole there, or beyond the end. Source: lseek(2).
   */
  default long seek(Caller caller, long handle, Whence whence, long offset) throws ErrnoException {
    return call(caller, new Seek(handle, whence, offset));
  }

  /**
   * Sets those of {@link OpenFlags#SETTABLE} for all who share the handle. Source: fcntl(2),
   * F_SETFL.
   */
  default void setFlags(Caller caller, long handle, int flags) throws ErrnoException {
    call(caller, new SetFlags(handle, flags));
  }

  /**
   * Allocates, punches or zeroes a range. {@code mode}: 0, {@link Fallocate#FALLOC_FL_KEEP_SIZE},
   * PUNCH_HOLE with KEEP_SIZE, ZERO_RANGE. EOPNOTSUPP other modes · EINVAL · EFBIG · ENOSPC, with
   * nothing allocated. <i>Write</i>. Source: fallocate(2).
   */
  default void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws ErrnoException {
    call(caller, new Fallocate(handle, mode, offset, length));
  }

  /**
   * Copies bytes from file to file inside the tree; answers how many, at most {@link
   * Limits#COPY_BYTES} at a time, 0 at the end of the source. EINVAL overlap in one file · EXDEV
   * other mount · EBADF · EFBIG · EOVERFLOW a range around 0. <i>Read</i> on one, <i>write</i> on
   * the other. Source: copy_file_range(2).
   */
  default long copyRange(
      Caller caller, long handle, long offset, long toHandle, long toOffset, long length)
      throws ErrnoException {
    return call(caller, new CopyRange(handle, offset, toHandle, toOffset, length));
  }

  /**
   * Makes content (and, unless {@code dataOnly}, attributes) durable as far as the mount is.
   * Source: fsync(2).
   */
  default void fsync(Caller caller, long handle, boolean dataOnly) throws ErrnoException {
    call(caller, new Fsync(handle, dataOnly));
  }

  /**
   * Locks a range of a file, or the file, or unlocks it. A lock replaces what its owner had there,
   * and joins with what touches it. Who waits is served in the order of asking, except that, as on
   * Linux, a request that meets no lock goes before a wait, some times; a wait is never overtaken
   * without end. The lock is on the inode: rename and unlink do not touch it.
   *
   * <p>EAGAIN another's lock stands in the way and {@code waits} is false · EDEADLK the wait would
   * close a cycle of processes that wait for each other's POSIX locks · EBADF the handle is not
   * open for what is locked (not flock), or was closed meanwhile · EINVAL, EOVERFLOW no range ·
   * ENOLCK more than {@link Limits#LOCKS_PER_SESSION}. Source: fcntl_locking(2), flock(2).
   */
  default void lock(Caller caller, long handle, RangeLock lock, boolean waits)
      throws ErrnoException {
    call(caller, new Lock(handle, lock, waits));
  }

  /**
   * The first lock that stands in the way of one, as F_GETLK and F_OFD_GETLK say it. EINVAL,
   * EOVERFLOW no range.
   */
  default FoundLock getLock(Caller caller, long handle, RangeLock lock) throws ErrnoException {
    return call(caller, new GetLock(handle, lock));
  }

  // ---- events ----------------------------------------------------------------------------------

  /**
   * Makes an event set: a persistent list of handles and what they are watched for. Itself a
   * handle, it can be shared, and be watched by another set. EMFILE. Source: epoll(7).
   */
  default Opened evset(Caller caller) throws ErrnoException {
    return call(caller, new Evset());
  }

  /**
   * Makes an event counter: writing eight bytes, little-endian, adds to it, reading takes what
   * there is. {@code flags}: {@link Eventfd#EFD_SEMAPHORE} to take one at a time, {@link
   * OpenFlags#O_NONBLOCK}. EINVAL other flags, or {@code initial} all ones · EMFILE. Source:
   * eventfd(2). One with a name in the tree is a file with {@link XattrNames#COUNTER}.
   */
  default Opened eventfd(Caller caller, long initial, int flags) throws ErrnoException {
    return call(caller, new Eventfd(initial, flags));
  }

  /**
   * Adds a handle to an event set, changes what it is watched for, or takes it out. What is armed
   * or reported belongs to the set and the handle, so no other set sees it; the member goes with
   * the handle's last reference in any session.
   *
   * @param mask of {@link EventMask}; EPOLLERR and EPOLLHUP are always in it
   * @param data comes back in the {@link Event}
   * @throws ErrnoException EBADF · EINVAL not an event set, the set itself, or a mask that cannot
   *     be · EPERM what is always ready: a file, a directory · EEXIST · ENOENT · ELOOP sets in each
   *     other, or deeper than {@link Limits#EVENT_SET_DEPTH} · ENOSPC. Source: epoll_ctl(2)
   */
  default void evctl(Caller caller, long set, Control control, long handle, int mask, long data)
      throws ErrnoException {
    call(caller, new Evctl(set, control, handle, mask, data));
  }

  /**
   * Makes of a question about a lock something that can be watched: a handle, readable (EPOLLIN)
   * while the lock could be taken by {@code handle}, which nobody is promised to get. It becomes so
   * when the last lock in the way ends and goes to nobody who waits for it. It outlives {@code
   * handle}, can be shared, and can only be watched. EBADF the file is not open for such a lock ·
   * EINVAL, EOVERFLOW no range, no lock · EMFILE.
   */
  default Opened evlock(Caller caller, long handle, RangeLock lock) throws ErrnoException {
    return call(caller, new Evlock(handle, lock));
  }

  /**
   * Waits until members of a set are ready; an empty list: the time is up. A report is taken by one
   * who waits, whichever session.
   *
   * @param max how many to report at most, and never more than {@link Limits#EVENTS_PER_WAIT}
   * @param timeoutMs 0 looks only, -1 has no end
   * @throws ErrnoException EBADF, also when it is closed meanwhile · EINVAL not an event set, or
   *     max is not positive. Source: epoll_wait(2)
   */
  default List<Event> evwait(Caller caller, long set, int max, int timeoutMs)
      throws ErrnoException {
    return call(caller, new Evwait(set, max, timeoutMs));
  }

  /**
   * Waits until some handles are ready, once: by a set that is made for it and given back.
   *
   * @param masks of {@link EventMask} by handle; files are always ready
   * @return the events, each with its handle as data; none: the time is up
   * @throws ErrnoException as {@code evctl} and {@code evwait}
   */
  default List<Event> poll(Caller caller, Map<Long, Integer> masks, int timeoutMs)
      throws ErrnoException {
    return OncePoll.poll(this, caller, masks, timeoutMs);
  }

  // ---- sharing ---------------------------------------------------------------------------------

  /**
   * Makes a token by which another session can take a reference of this handle, offset and flags
   * shared, as fork(2) does. It is a reference itself until taken, until {@link Limits#TOKEN_MS}
   * have passed or this session ends. EMFILE.
   */
  default Token share(Caller caller, long handle) throws ErrnoException {
    return call(caller, new Share(handle));
  }

  /**
   * Takes the reference of a token, once. ENOENT unknown, taken or expired · EPERM shared by
   * another user · EMFILE.
   */
  default Opened take(Caller caller, Token token) throws ErrnoException {
    return call(caller, new Take(token));
  }

  // ---- watches ----------------------------------------------------------------------------------

  /**
   * Makes a watch queue, whose handle is shared and closed as others are; its inode is the root's
   * and means nothing. EMFILE, also with {@link Limits#WATCH_QUEUES_PER_SESSION}. Source:
   * inotify_init(2).
   */
  default Opened openWatch(Caller caller) throws ErrnoException {
    return call(caller, new OpenWatch());
  }

  /**
   * Watches an inode, whatever it is called later, and of a directory the names in it and what they
   * name: every change by whomever that begins after this has returned. A change is queued before
   * it is answered, and changes one after the other are queued in that order. {@code mask}: kinds
   * and flags of {@link Change}. An inode that the queue watches already has its mask replaced.
   *
   * <p>With {@link Change#RECURSIVE} all below the directory within its mount is watched too, where
   * it is at the moment of the change, as far as the caller may read the directories on the way;
   * nothing is lost between the making of a directory and its being watched. EOPNOTSUPP that, on a
   * mount that others change too.
   *
   * <p>EACCES may not be read · EINVAL no kind, or unknown flags · ENOTDIR · EEXIST · ENOSPC {@link
   * Limits#WATCHES_PER_QUEUE}. Source: inotify_add_watch(2).
   *
   * @return the number of the watch
   */
  default int addWatch(Caller caller, long handle, InodeId id, int mask) throws ErrnoException {
    return call(caller, new AddWatch(handle, id, mask));
  }

  /**
   * Ends a watch; {@link Change#IGNORED} is the last that is heard of it. EINVAL. Source:
   * inotify_rm_watch(2).
   */
  default void removeWatch(Caller caller, long handle, int watch) throws ErrnoException {
    call(caller, new RemoveWatch(handle, watch));
  }

  /**
   * Takes changes, one at least and as many as fit in {@code bytes} (each counts {@link
   * Change#CHANGE_BYTES} and its path). What was not kept, beyond {@link Limits#CHANGES_PER_QUEUE}
   * or {@link Limits#CHANGE_BYTES_PER_QUEUE}, is a {@link Change#Q_OVERFLOW} in its place, with the
   * number of changes lost. EAGAIN there is none and {@code waits} is false · EBADF closed
   * meanwhile. Source: inotify(7).
   */
  default List<Change> nextChanges(Caller caller, long handle, int bytes, boolean waits)
      throws ErrnoException {
    return call(caller, new NextChanges(handle, bytes, waits));
  }

  // ---- leases ----

  /**
   * {@link #getattr}, and a shared {@link Lease} if one can be had now: till it is returned no
   * other session changes the inode's attributes, but for its access time, its content or its
   * names. To have none ({@code seq} 0) is always right. Whoever has one takes {@link #nextRecalls}
   * all the time, gives back within {@link Limits#LEASE_RECALL_MS}, or the session ends, and uses
   * nothing of it {@link Limits#LEASE_MS} after the sending of the last request that was answered.
   */
  default Leased lease(Caller caller, InodeId id) throws ErrnoException {
    return call(caller, new Lease(id));
  }

  /** Gives leases back; one that the session does not hold is no error. */
  default void returnLeases(Caller caller, List<LeaseName> leases) throws ErrnoException {
    call(caller, new ReturnLeases(leases));
  }

  /** Takes leases that are to be given back, one at least. EAGAIN there is none, and no wait. */
  default List<LeaseName> nextRecalls(Caller caller, int max, boolean waits) throws ErrnoException {
    return call(caller, new NextRecalls(max, waits));
  }
}

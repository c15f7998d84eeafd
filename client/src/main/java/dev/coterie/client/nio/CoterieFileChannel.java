package dev.coterie.client.nio;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Pending;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An open file as a channel. Its position is its own: nobody else has this handle.
 *
 * <p>Interruption and closing are those of {@code InterruptibleChannel}: what an interrupt or a
 * close by another thread finds waiting at the leader is given up there ({@link Pending}).
 *
 * <p>A transfer goes on until all is moved, so that one of more bytes than fit in a message is seen
 * by others in pieces.
 */
final class CoterieFileChannel extends FileChannel {
  /** A read that stops short of this is at the end of the file: no message holds less. */
  private static final int MESSAGE_BYTES = 32 << 10;

  /** Bytes moved at a time between this tree and something else. */
  private static final int TRANSFER_BYTES = 128 << 10;

  /** Gathered buffers up to this size are written as one. */
  private static final int GATHER_BYTES = 512 << 10;

  private final CoterieFileSystem fileSystem; // immutable
  private final CoteriePath path; // immutable: what it was opened by, for messages
  private final OpenFile file; // immutable
  private final Options.Opening opening; // immutable
  private final ChannelLocks locks; // immutable
  private final Pending pending = new Pending();
  private final Object positionLock = new Object();
  private long position; // guarded by positionLock

  CoterieFileChannel(
      CoterieFileSystem fileSystem, CoteriePath path, OpenFile file, Options.Opening opening) {
    this.fileSystem = fileSystem;
    this.path = path;
    this.file = file;
    this.opening = opening;
    this.locks = new ChannelLocks(fileSystem, path, file, opening);
  }

  /** Opens a file at a path of a tree, as a channel. */
  static CoterieFileChannel open(
      Tree tree, CoteriePath path, Options.Opening opening, FileAttribute<?>... attributes)
      throws IOException {
    CoterieFileSystem fileSystem = path.getFileSystem();
    OpenFile file = openFile(tree, path, opening, attributes);
    return fileSystem.opened(new CoterieFileChannel(fileSystem, path, file, opening));
  }

  static OpenFile openFile(
      Tree tree, CoteriePath path, Options.Opening opening, FileAttribute<?>... attributes)
      throws IOException {
    int mode = Options.mode(Options.NEW_FILE, attributes);
    if (opening.exclusive() && path.endsInDot()) {
      throw new FileAlreadyExistsException(path.toString()); // whatever is before it
    }
    OpenFile file;
    try {
      file = opening.open(tree, path.treePath(), mode);
    } catch (ErrnoException e) {
      throw failure(e, path, opening);
    }
    if (opening.deleteOnClose()) {
      unlink(tree, path);
    }
    return file;
  }

  private static IOException failure(ErrnoException e, CoteriePath path, Options.Opening opening) {
    if (e.errno() == Errno.EISDIR && opening.exclusive()) {
      return new FileAlreadyExistsException(path.toString());
    }
    return Failures.of(e, path);
  }

  /**
   * "A best effort attempt" (DELETE_ON_CLOSE): at once, as the JDK's provider on Unix does it.
   * Later the name could be another file's.
   */
  private static void unlink(Tree tree, CoteriePath path) {
    try {
      tree.unlink(path.treePath());
    } catch (ErrnoException e) {
      // Somebody else was quicker, or may do what this caller may not.
    }
  }

  // ---- one operation ----

  /** An operation, with interruption and closing as channels have them. */
  private <R> R call(Operation<R> operation) throws IOException {
    boolean done = false;
    try {
      begin();
      R answer = callPlain(operation);
      done = true;
      return answer;
    } finally {
      finish(done);
    }
  }

  /**
   * Throws what closed the channel meanwhile, if anything did. A client waits in a selector, which
   * takes an interrupt for itself, so this looks for one.
   */
  private void finish(boolean done) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      begin();
    }
    end(done);
  }

  private <R> R callPlain(Operation<R> operation) throws IOException {
    try {
      return fileSystem.service().call(fileSystem.caller(), operation, pending);
    } catch (ErrnoException e) {
      throw failure(e);
    }
  }

  private IOException failure(ErrnoException e) {
    return new FileSystemException(path.toString(), null, Failures.reason(e));
  }

  private void requireReadable() throws ClosedChannelException {
    requireOpen();
    if (!opening.read()) {
      throw new NonReadableChannelException();
    }
  }

  private void requireWritable() throws ClosedChannelException {
    requireOpen();
    if (!opening.write()) {
      throw new NonWritableChannelException();
    }
  }

  private void requireOpen() throws ClosedChannelException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
  }

  private static void requireNotNegative(long value, String what) {
    if (value < 0) {
      throw new IllegalArgumentException("Negative " + what);
    }
  }

  @Override
  protected void implCloseChannel() throws IOException {
    pending.cancel();
    fileSystem.closed(this);
    try {
      locks.closeFile();
    } catch (ErrnoException e) {
      if (fileSystem.isOpen()) {
        throw failure(e);
      }
    }
  }

  // ---- reading ----

  @Override
  public int read(ByteBuffer destination) throws IOException {
    requireReadable();
    synchronized (positionLock) {
      int count = readAt(destination, position);
      position += Math.max(count, 0);
      return count;
    }
  }

  @Override
  public int read(ByteBuffer destination, long position) throws IOException {
    Objects.requireNonNull(destination);
    requireNotNegative(position, "position");
    requireReadable();
    return readAt(destination, position);
  }

  /** The bytes read; -1 at the end of the file. */
  private int readAt(ByteBuffer destination, long offset) throws IOException {
    if (destination.isReadOnly()) {
      throw new IllegalArgumentException("Read-only buffer");
    }
    if (!destination.hasRemaining()) {
      return 0;
    }
    int total = 0;
    while (true) {
      int count;
      try {
        count = Moves.count(call(Moves.reading(file, destination, offset + total)));
      } catch (FileSystemException e) {
        return requireSome(total, e);
      }
      total += count;
      if (count < MESSAGE_BYTES || !destination.hasRemaining() || file.isFifo()) {
        return total == 0 ? -1 : total;
      }
    }
  }

  /** A failure after some bytes were moved is left to the next call, which will meet it again. */
  private static int requireSome(int total, FileSystemException e) throws FileSystemException {
    if (total == 0) {
      throw e;
    }
    return total;
  }

  @Override
  public long read(ByteBuffer[] destinations, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, destinations.length);
    requireReadable();
    synchronized (positionLock) {
      long total = 0;
      for (int i = offset; i < offset + length; i++) {
        int wanted = destinations[i].remaining();
        int count = readAt(destinations[i], position);
        if (count < 0) {
          return total == 0 ? -1 : total;
        }
        position += count;
        total += count;
        if (count < wanted) {
          break;
        }
      }
      return total;
    }
  }

  // ---- writing ----

  @Override
  public int write(ByteBuffer source) throws IOException {
    requireWritable();
    synchronized (positionLock) {
      return writeNext(source);
    }
  }

  /** With positionLock held: at the position, or at the end of a file that is appended to. */
  private int writeNext(ByteBuffer source) throws IOException {
    if (!opening.append()) {
      int count = writeAt(source, position);
      position += count;
      return count;
    }
    int total = 0;
    while (source.hasRemaining()) {
      try {
        Transferred moved = call(new Operation.Append(file.handle(), source));
        position = moved.offset() + moved.count();
        total += moved.count();
      } catch (FileSystemException e) {
        return requireSome(total, e);
      }
    }
    sync();
    return total;
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    Objects.requireNonNull(source);
    requireNotNegative(position, "position");
    requireWritable();
    return writeAt(source, position);
  }

  private int writeAt(ByteBuffer source, long offset) throws IOException {
    int total = 0;
    while (source.hasRemaining()) {
      try {
        total += Moves.count(call(Moves.writing(file, source, offset + total)));
      } catch (FileSystemException e) {
        return requireSome(total, e);
      }
    }
    sync();
    return total;
  }

  /** What SYNC and DSYNC ask for, whatever the mount makes of the flags of open(2). */
  private void sync() throws IOException {
    if (opening.syncs()) {
      force(opening.sync());
    }
  }

  /** Small ones are put together, so that they are one append as with writev(2). */
  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, sources.length);
    requireWritable();
    long bytes = 0;
    for (int i = offset; i < offset + length; i++) {
      bytes += sources[i].remaining();
    }
    synchronized (positionLock) {
      if (length > 1 && bytes <= GATHER_BYTES) {
        return writeGathered(sources, offset, length, (int) bytes);
      }
      long total = 0;
      for (int i = offset; i < offset + length; i++) {
        total += writeNext(sources[i]);
      }
      return total;
    }
  }

  private int writeGathered(ByteBuffer[] sources, int offset, int length, int bytes)
      throws IOException {
    ByteBuffer all = ByteBuffer.allocate(bytes);
    for (int i = offset; i < offset + length; i++) {
      all.put(sources[i].duplicate());
    }
    writeNext(all.flip());
    for (int i = offset; i < offset + length; i++) {
      sources[i].position(sources[i].limit());
    }
    return bytes;
  }

  // ---- position and size ----

  /** Of a file that is appended to the end, as the next write goes there. */
  @Override
  public long position() throws IOException {
    requireOpen();
    synchronized (positionLock) {
      return opening.append() ? size() : position;
    }
  }

  @Override
  public FileChannel position(long newPosition) throws IOException {
    requireOpen();
    requireNotNegative(newPosition, "position");
    synchronized (positionLock) {
      position = newPosition;
      return this;
    }
  }

  @Override
  public long size() throws IOException {
    requireOpen();
    return call(new Operation.Getattr(file.id())).size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    requireOpen();
    requireNotNegative(size, "size");
    requireWritable();
    synchronized (positionLock) {
      if (size < size()) {
        call(new Operation.Setattr(file.id(), file.handle(), SetAttr.ofSize(size)));
        sync();
      }
      position = Math.min(position, size);
      return this;
    }
  }

  @Override
  public void force(boolean metaData) throws IOException {
    requireOpen();
    call(new Operation.Fsync(file.handle(), !metaData));
  }

  // ---- from channel to channel ----

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    requireOpen();
    if (!target.isOpen()) {
      throw new ClosedChannelException();
    }
    requireReadable();
    if (target instanceof CoterieFileChannel ours) {
      ours.requireWritable();
    }
    requireNotNegative(position, "position");
    requireNotNegative(count, "count");
    if (target instanceof CoterieFileChannel ours && copiesTo(ours)) {
      synchronized (ours.positionLock) {
        long copied = copyTo(ours, position, ours.position, count);
        if (copied >= 0) {
          ours.position += copied;
          return copied;
        }
      }
    }
    // Up to the end as it is now: the target can be the same file.
    return pump(position, Math.min(count, size() - position), target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count)
      throws IOException {
    requireOpen();
    if (!source.isOpen()) {
      throw new ClosedChannelException();
    }
    if (source instanceof CoterieFileChannel ours) {
      ours.requireReadable();
    }
    requireWritable();
    requireNotNegative(position, "position");
    requireNotNegative(count, "count");
    if (source instanceof CoterieFileChannel ours && ours.copiesTo(this)) {
      synchronized (ours.positionLock) {
        long copied = ours.copyTo(this, ours.position, position, count);
        if (copied >= 0) {
          ours.position += copied;
          return copied;
        }
      }
    }
    if (source instanceof CoterieFileChannel ours) {
      return drain(source, position, Math.min(count, ours.size() - ours.position()));
    }
    return drain(source, position, count);
  }

  /** Whether the leader can copy to that channel by itself. */
  private boolean copiesTo(CoterieFileChannel target) {
    return target.fileSystem == fileSystem && !target.opening.append();
  }

  /** The bytes the leader copied; -1 if it cannot copy between these two. */
  long copyTo(CoterieFileChannel target, long from, long to, long count) throws IOException {
    long total = 0;
    // Up to the end as it is now, which moves on when the file is copied to itself.
    long limit = file.id().equals(target.file.id()) ? Math.min(count, size() - from) : count;
    while (total < limit) {
      long moved;
      try {
        moved = copyRange(target, from + total, to + total, limit - total);
      } catch (ErrnoException e) {
        if (total > 0) {
          break;
        }
        if (e.errno() == Errno.EXDEV || e.errno() == Errno.EINVAL) {
          return -1; // on another mount, or the ranges overlap
        }
        throw failure(e);
      }
      if (moved == 0) {
        break;
      }
      total += moved;
    }
    target.sync();
    return total;
  }

  private long copyRange(CoterieFileChannel target, long from, long to, long count)
      throws IOException {
    boolean done = false;
    try {
      begin();
      long room = Math.min(count, Long.MAX_VALUE - Math.max(from, to));
      long moved =
          fileSystem
              .service()
              .call(
                  fileSystem.caller(),
                  new Operation.CopyRange(file.handle(), from, target.file.handle(), to, room),
                  pending);
      done = true;
      return moved;
    } finally {
      finish(done);
    }
  }

  private long pump(long from, long count, WritableByteChannel target) throws IOException {
    if (count <= 0) {
      return 0;
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(count, TRANSFER_BYTES));
    long total = 0;
    while (total < count) {
      buffer.clear().limit((int) Math.min(count - total, TRANSFER_BYTES));
      int read = readAt(buffer, from + total);
      if (read <= 0) {
        break;
      }
      int written = target.write(buffer.flip());
      total += written;
      if (written < read) {
        break;
      }
    }
    return total;
  }

  private long drain(ReadableByteChannel source, long to, long count) throws IOException {
    if (count <= 0) {
      return 0;
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(count, TRANSFER_BYTES));
    long total = 0;
    while (total < count) {
      buffer.clear().limit((int) Math.min(count - total, TRANSFER_BYTES));
      int read = source.read(buffer);
      if (read <= 0) {
        break;
      }
      total += writeAt(buffer.flip(), to + total);
    }
    return total;
  }

  // ---- locks ----

  /** As the JDK's: an interrupt closes the channel too. */
  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    CoterieFileLock lock = wanted(position, size, shared);
    boolean done = false;
    try {
      try {
        begin();
        done = locks.await(lock, pending);
      } finally {
        finish(done);
      }
    } catch (ClosedByInterruptException e) {
      throw new FileLockInterruptionException();
    }
    return lock;
  }

  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
    CoterieFileLock lock = wanted(position, size, shared);
    return locks.attempt(lock) ? lock : null;
  }

  private CoterieFileLock wanted(long position, long size, boolean shared) throws IOException {
    requireOpen();
    locks.requireMode(shared);
    CoterieFileLock lock = new CoterieFileLock(this, locks, position, size, shared);
    locks.add(lock);
    return lock;
  }

  // ---- what there is not ----

  /**
   * Not possible: no memory of this process shows what other processes write, and a copy would not
   * be a mapping.
   */
  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException("a file of a Coterie file system cannot be mapped");
  }

  @Override
  public MemorySegment map(MapMode mode, long offset, long size, Arena arena) {
    throw new UnsupportedOperationException("a file of a Coterie file system cannot be mapped");
  }
}

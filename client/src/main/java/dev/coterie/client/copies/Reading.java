package dev.coterie.client.copies;

import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Read;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Reads of files; not of empty ones, as what seems empty may be a counter. */
final class Reading {
  /** The longest read that is made longer, to whole blocks. */
  private static final int ROUNDED_MAX = 256 << 10;

  private final Keeper keeper; // immutable
  private final PagePool pool; // immutable
  private final ConcurrentHashMap<Long, Handle> handles; // of Copies

  Reading(Keeper keeper, PagePool pool, ConcurrentHashMap<Long, Handle> handles) {
    this.keeper = keeper;
    this.pool = pool;
    this.handles = handles;
  }

  // ---- from a copy ----

  /** The count; -1: to be asked for. */
  int copied(long number, long offset, ByteBuffer destination) {
    Handle handle = handles.get(number);
    if (handle == null || !handle.readsCopies()) {
      return -1;
    }
    Copy copy = handle.node.copy;
    long size = copy == null ? -1 : copy.size();
    if (copy == null || size <= 0 || offset < 0 || offset + destination.remaining() < 0) {
      return -1;
    }
    int count = (int) Math.min(destination.remaining(), Math.max(0, size - offset));
    if (!copyPages(copy, offset, destination, count) || !keeper.stands(handle.node, copy)) {
      return -1;
    }
    destination.position(destination.position() + count);
    keeper.used(handle.node);
    return count;
  }

  /** The size of a file; -1: to be asked for. */
  long size(Node node) {
    Copy copy = node.copy;
    long size = copy == null ? -1 : copy.size();
    if (copy == null || size < 0 || !keeper.stands(node, copy)) {
      return -1;
    }
    keeper.used(node);
    return size;
  }

  private static boolean copyPages(Copy copy, long offset, ByteBuffer destination, int count) {
    int done = 0;
    while (done < count) {
      Page page = copy.page((offset + done) / PagePool.BLOCK);
      if (page == null) {
        return false;
      }
      int within = (int) ((offset + done) % PagePool.BLOCK);
      int length = Math.min(count - done, PagePool.BLOCK - within);
      destination.put(destination.position() + done, page.slab, page.at + within, length);
      VarHandle.loadLoadFence(); // the pool says that it is invalid before it writes
      if (!page.valid) {
        return false;
      }
      if (!page.used) {
        page.used = true;
      }
      done += length;
    }
    return true;
  }

  // ---- from below ----

  /** The node a lease is worth asking for before this read; null: none. */
  @Nullable Node wants(Read read) {
    Handle handle = handles.get(read.handle());
    if (handle == null || !handle.fillsCopies()) {
      return null;
    }
    Copy copy = handle.node.copy;
    boolean lacks = copy == null || copy.size() < 0;
    return lacks && handle.node.wantsUseLease(keeper.now()) ? handle.node : null;
  }

  Ask<Integer, Integer> ask(Read read) {
    Handle handle = handles.get(read.handle());
    Copy copy = handle == null ? null : handle.node.copy;
    if (handle == null || copy == null || copy.size() <= 0 || !handle.fillsCopies()) {
      return marking(handle, read);
    }
    long first = read.offset() / PagePool.BLOCK * PagePool.BLOCK;
    long end = read.offset() + read.destination().remaining();
    end = (end + PagePool.BLOCK - 1) / PagePool.BLOCK * PagePool.BLOCK;
    if (read.offset() < 0 || end < 0 || !read.destination().hasRemaining()) {
      return marking(handle, read);
    }
    return end - first <= ROUNDED_MAX
        ? rounded(handle, copy, read, first, (int) (end - first))
        : whole(handle, copy, read);
  }

  /** The read itself. */
  Ask<Integer, Integer> marking(@Nullable Handle handle, Read read) {
    return new Ask<>(
        read,
        count -> {
          if (handle != null) {
            handle.node.forgetTimes();
          }
          return count;
        },
        errno -> {},
        false);
  }

  /** The read itself, to be kept as far as it is of whole blocks. */
  private Ask<Integer, Integer> whole(Handle handle, Copy copy, Read read) {
    ByteBuffer destination = read.destination();
    int position = destination.position();
    return new Ask<>(
        new Read(read.handle(), read.offset(), destination),
        count -> {
          keep(handle, copy, read.offset(), destination, position, count);
          return count;
        },
        errno -> {},
        false);
  }

  /** More than the read wants, of which it is given its part. */
  private Ask<Integer, Integer> rounded(
      Handle handle, Copy copy, Read read, long first, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    return new Ask<>(
        new Read(read.handle(), first, bytes),
        count -> {
          keep(handle, copy, first, bytes, 0, count);
          ByteBuffer destination = read.destination();
          int skipped = (int) (read.offset() - first);
          int wanted = destination.remaining();
          boolean toEnd = first + count == copy.size() && keeper.stands(handle.node, copy);
          if (count < skipped + wanted && !toEnd) {
            return null; // short, and not known why
          }
          int given = Math.max(0, Math.min(wanted, count - skipped));
          destination.put(destination.position(), bytes, skipped, given);
          destination.position(destination.position() + given);
          return given;
        },
        errno -> {},
        true);
  }

  private void keep(Handle handle, Copy copy, long offset, ByteBuffer bytes, int index, int count) {
    copy.fill(pool, offset, bytes, index, count);
    copy.forgetTimes();
    handle.node.forgetTimes();
    keeper.used(handle.node);
  }

  /** Of operations that mark the access time of what is behind a handle. */
  <R> Ask<R, R> marks(Operation<R> operation, long number) {
    Handle handle = handles.get(number);
    return new Ask<>(
        operation,
        answer -> {
          if (handle != null) {
            handle.node.forgetTimes();
          }
          return answer;
        },
        errno -> {},
        false);
  }
}

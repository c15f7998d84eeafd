package dev.coterie.client.copies;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of all files of a client, outside the heap. When it is full the next is put in the
 * place of one that was not used lately.
 */
final class PagePool {
  /** One block, in bytes. */
  static final int BLOCK = 16 << 10;

  private static final int SLAB = 64 * BLOCK;

  private final @Nullable Page[] owners; // guarded by this
  private final @Nullable ByteBuffer[] slabs; // guarded by this
  private final int[] free; // guarded by this
  private int freeCount; // guarded by this
  private int begun; // guarded by this: places ever used
  private int hand; // guarded by this

  PagePool(long bytes) {
    int count = (int) Math.min(Math.max(1, bytes / BLOCK), Integer.MAX_VALUE / 2);
    owners = new @Nullable Page[count];
    slabs = new @Nullable ByteBuffer[(count - 1) / (SLAB / BLOCK) + 1];
    free = new int[count];
  }

  /** A page with these bytes; nobody else sees it yet. */
  synchronized Page put(ByteBuffer from, int index, int length) {
    int slot = place();
    ByteBuffer slab = slab(slot / (SLAB / BLOCK));
    int at = slot % (SLAB / BLOCK) * BLOCK;
    // Whoever still reads the former page must not find it valid after the first byte is written.
    VarHandle.fullFence();
    slab.put(at, from, index, length);
    Page page = new Page(slab, at, slot);
    owners[slot] = page;
    return page;
  }

  synchronized void giveBack(Page page) {
    if (page.equals(owners[page.slot])) {
      page.valid = false;
      owners[page.slot] = null;
      free[freeCount++] = page.slot;
    }
  }

  private int place() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    if (begun < owners.length) {
      return begun++;
    }
    while (true) {
      hand = hand + 1 == owners.length ? 0 : hand + 1;
      Page page = owners[hand];
      if (page == null) {
        throw new AssertionError("a free place that is not in the list");
      }
      if (!page.used) {
        page.valid = false;
        return hand;
      }
      page.used = false;
    }
  }

  private ByteBuffer slab(int index) {
    ByteBuffer slab = slabs[index];
    if (slab == null) {
      long rest = (long) (owners.length - index * (SLAB / BLOCK)) * BLOCK;
      slab = Arena.ofAuto().allocate(Math.min(SLAB, rest)).asByteBuffer();
      slabs[index] = slab;
    }
    return slab;
  }
}

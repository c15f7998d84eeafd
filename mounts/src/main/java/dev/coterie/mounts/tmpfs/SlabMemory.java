package dev.coterie.mounts.tmpfs;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Where slabs of pages come from. {@link MappedMemory} gives them back to the system at once, but
 * needs native access; {@link OfArenas} works everywhere.
 *
 * <p>Concurrency: any thread, each slab by one at a time.
 */
interface SlabMemory extends AutoCloseable {
  /** Of one slab: a huge page of x86-64 and aarch64. */
  int SLAB_BYTES = 2 << 20;

  /**
   * Memory of this slab, which is not open; null when the system has none. Its content is anything.
   */
  @Nullable ByteBuffer open(int number);

  /** Gives the memory of this slab back. */
  void close(int number);

  /**
   * Gives everything back; whoever still reads gets an IllegalStateException, not foreign bytes.
   */
  @Override
  void close();

  /** The best there is for so many slabs. */
  static SlabMemory ofSlabs(int slabs) {
    SlabMemory mapped = MappedMemory.reserve(slabs);
    return mapped != null ? mapped : new OfArenas();
  }

  /**
   * Each slab an arena of its own. The JVM zeroes it, and the system's allocator may keep what was
   * given back (glibc does so for all but the largest pieces).
   */
  final class OfArenas implements SlabMemory {
    /** Arenas of the open slabs, by number; concurrent. */
    private final ConcurrentMap<Integer, Arena> arenas = new ConcurrentHashMap<>();

    @Override
    public @Nullable ByteBuffer open(int number) {
      Arena arena = Arena.ofShared();
      try {
        ByteBuffer bytes = arena.allocate(SLAB_BYTES, PageStore.PAGE_BYTES).asByteBuffer();
        arenas.put(number, arena);
        return bytes;
      } catch (OutOfMemoryError e) {
        arena.close();
        return null;
      }
    }

    @Override
    public void close(int number) {
      Objects.requireNonNull(arenas.remove(number)).close();
    }

    @Override
    public void close() {
      arenas.values().forEach(Arena::close);
      arenas.clear();
    }
  }
}

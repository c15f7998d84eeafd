package dev.coterie.mounts.tmpfs;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Slabs side by side in one reserved range of addresses. Linux gives a page when it is first
 * touched, zeroed, and takes a slab back when told to. Each slab lies on a huge page's boundary and
 * asks for one, so that a slab costs one page fault and not 512.
 *
 * <p>Used only where the JVM allows native access ({@code --enable-native-access}), so that nobody
 * sees a warning who did not ask for speed.
 */
final class MappedMemory implements SlabMemory {
  // Source: asm-generic/mman-common.h and mman.h; x86-64 and aarch64 agree.
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;

  /** Handles of libc, made when the first mount needs them. */
  private static final class Libc {
    /** {@code void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)}. */
    static final MethodHandle MMAP =
        handle(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));

    /** {@code int munmap(void *addr, size_t length)}. */
    static final MethodHandle MUNMAP =
        handle(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    /** {@code int madvise(void *addr, size_t length, int advice)}. */
    static final MethodHandle MADVISE =
        handle(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
  }

  /** Of the whole range; closing it unmaps. Immutable. */
  private final Arena arena;

  /** The slabs, the first at a slab's boundary; immutable. */
  private final MemorySegment range;

  private MappedMemory(Arena arena, MemorySegment range) {
    this.arena = arena;
    this.range = range;
  }

  /** Reserves addresses for so many slabs, or returns null where that cannot be. */
  static @Nullable MappedMemory reserve(int slabs) {
    if (!System.getProperty("os.name").equals("Linux")
        || !MappedMemory.class.getModule().isNativeAccessEnabled()) {
      return null;
    }
    long bytes = (long) slabs * SLAB_BYTES;
    long mapped = bytes + SLAB_BYTES;
    long address = mmap(mapped);
    if (address == -1) {
      return null; // with vm.overcommit_memory=2 a large range is refused
    }
    Arena arena = Arena.ofShared();
    MemorySegment.ofAddress(address).reinterpret(mapped, arena, all -> munmap(all, mapped));
    long first = address + SLAB_BYTES - 1 & -SLAB_BYTES;
    MemorySegment range = MemorySegment.ofAddress(first).reinterpret(bytes, arena, null);
    madvise(range, MADV_HUGEPAGE);
    return new MappedMemory(arena, range);
  }

  @Override
  public ByteBuffer open(int number) {
    return slab(number).asByteBuffer();
  }

  @Override
  public void close(int number) {
    madvise(slab(number), MADV_DONTNEED);
  }

  @Override
  public void close() {
    arena.close();
  }

  private MemorySegment slab(int number) {
    return range.asSlice((long) number * SLAB_BYTES, SLAB_BYTES);
  }

  private static long mmap(long bytes) {
    try {
      return (long)
          Libc.MMAP.invokeExact(
              0L,
              bytes,
              PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
              -1,
              0L);
    } catch (Throwable e) {
      throw new AssertionError("mmap", e);
    }
  }

  private static void munmap(MemorySegment segment, long bytes) {
    try {
      int result = (int) Libc.MUNMAP.invokeExact(segment.address(), bytes);
      assert result == 0;
    } catch (Throwable e) {
      throw new AssertionError("munmap", e);
    }
  }

  /** Advice may be refused (a kernel without huge pages); nothing depends on it. */
  private static void madvise(MemorySegment segment, int advice) {
    try {
      int ignored = (int) Libc.MADVISE.invokeExact(segment.address(), segment.byteSize(), advice);
    } catch (Throwable e) {
      throw new AssertionError("madvise", e);
    }
  }
}

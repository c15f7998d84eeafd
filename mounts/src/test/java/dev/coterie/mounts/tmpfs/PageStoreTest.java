package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PageStoreTest {
  private static final int SLAB = PageStore.SLAB_PAGES;

  /** Counts what is open; has no more than it is told. */
  private static final class CountedMemory implements SlabMemory {
    private static final ByteBuffer BYTES = ByteBuffer.allocate(SLAB_BYTES);

    final TreeSet<Integer> open = new TreeSet<>();
    final int slabs;
    int opened;

    CountedMemory(int slabs) {
      this.slabs = slabs;
    }

    @Override
    public synchronized @Nullable ByteBuffer open(int number) {
      if (open.size() == slabs) {
        return null;
      }
      assertThat(open.add(number)).isTrue();
      opened++;
      return BYTES;
    }

    @Override
    public synchronized void close(int number) {
      assertThat(open.remove(number)).isTrue();
    }

    @Override
    public synchronized void close() {
      open.clear();
    }
  }

  static Stream<SlabMemory> memories() {
    MappedMemory mapped = MappedMemory.reserve(4);
    return mapped == null
        ? Stream.of(new SlabMemory.OfArenas())
        : Stream.of(new SlabMemory.OfArenas(), mapped);
  }

  private static int[] take(PageStore store, int count) {
    int[] pages = new int[count];
    assertThat(store.takeAll(pages)).isTrue();
    return pages;
  }

  @Test
  void take_fewPages_areNeighboursInOneSlab() {
    CountedMemory memory = new CountedMemory(9);
    PageStore store = new PageStore(10 * SLAB, memory);
    assertThat(take(store, 3)).containsExactly(0, 1, 2);
    assertThat(take(store, 2)).containsExactly(3, 4);
    assertThat(memory.open).containsExactly(0);
    assertThat(store.free()).isEqualTo(10 * SLAB - 5);
  }

  @Test
  void take_moreThanThereAre_takesTheRest() {
    PageStore store = new PageStore(SLAB + 10, new CountedMemory(9));
    int[] pages = new int[2 * SLAB];
    assertThat(store.take(pages, 3, SLAB)).isEqualTo(SLAB);
    assertThat(store.take(pages, 3 + SLAB, 40)).isEqualTo(10);
    assertThat(store.take(pages, 0, 1)).isZero();
    assertThat(Arrays.stream(pages).skip(3).limit(SLAB + 10).distinct().count())
        .isEqualTo(SLAB + 10);
    assertThat(store.free()).isZero();
  }

  @Test
  void takeAll_oneTooMany_takesNone() {
    PageStore store = new PageStore(10, new CountedMemory(9));
    assertThat(store.takeAll(new int[11])).isFalse();
    assertThat(store.free()).isEqualTo(10);
    assertThat(store.takeAll(new int[10])).isTrue();
  }

  @Test
  void take_systemHasNoMemory_isShort() {
    CountedMemory memory = new CountedMemory(1);
    PageStore store = new PageStore(2 * SLAB, memory);
    int[] pages = new int[SLAB + 1];
    assertThat(store.take(pages, 0, SLAB + 1)).isEqualTo(SLAB);
    assertThat(store.takeAll(new int[1])).isFalse();
    assertThat(store.free()).isEqualTo(SLAB);
    store.free(pages, 7, 1);
    assertThat(take(store, 1)).containsExactly(7);
  }

  @Test
  void free_everything_keepsOneSlab() {
    CountedMemory memory = new CountedMemory(9);
    PageStore store = new PageStore(8 * SLAB, memory);
    int[] pages = take(store, 4 * SLAB);
    assertThat(memory.open).hasSize(4);
    store.free(pages, 0, pages.length);
    assertThat(memory.open).hasSize(1);
    assertThat(store.free()).isEqualTo(8 * SLAB);
    int[] again = take(store, SLAB);
    assertThat(memory.opened).isEqualTo(4);
    store.free(again, 0, SLAB);
    assertThat(memory.open).hasSize(1);
  }

  @Test
  void free_allButOnePageOfEachSlab_givesNothingBack() {
    CountedMemory memory = new CountedMemory(9);
    PageStore store = new PageStore(8 * SLAB, memory);
    int[] pages = take(store, 3 * SLAB);
    for (int slab = 0; slab < 3; slab++) {
      store.free(pages, slab * SLAB, SLAB - 1);
    }
    assertThat(memory.open).hasSize(3);
    // The lowest are used first, so that the others can become free.
    assertThat(Arrays.stream(take(store, SLAB - 1))).allMatch(page -> page < SLAB);
  }

  @Test
  void free_twice_isOurFault() {
    PageStore store = new PageStore(10, new CountedMemory(9));
    int[] pages = take(store, 2);
    store.free(pages, 0, 1);
    assertThatThrownBy(() -> store.free(pages, 0, 1)).isInstanceOf(AssertionError.class);
  }

  @Test
  void adjacent_acrossSlabs_isNot() {
    assertThat(PageStore.adjacent(3, 4)).isTrue();
    assertThat(PageStore.adjacent(4, 3)).isFalse();
    assertThat(PageStore.adjacent(3, 5)).isFalse();
    assertThat(PageStore.adjacent(SLAB - 1, SLAB)).isFalse();
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("memories")
  void bytes_ofEachPage_areItsOwn(SlabMemory memory) {
    try (PageStore store = new PageStore(2 * SLAB, memory)) {
      int[] pages = take(store, SLAB + 2);
      ByteBuffer page = ByteBuffer.allocateDirect(PageStore.PAGE_BYTES);
      for (int number : pages) {
        store.write(number, 0, page.putInt(100, number), 0, PageStore.PAGE_BYTES);
      }
      store.zero(pages[1], 100, 2);
      store.copy(pages[2], 100, pages[SLAB + 1], 200, 4);
      for (int number : pages) {
        store.read(number, 0, page, 0, PageStore.PAGE_BYTES);
        assertThat(page.getInt(100)).isEqualTo(number == 1 ? 1 : number);
      }
      assertThat(page.getInt(200)).isEqualTo(pages[2]);
    }
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("memories")
  void close_thenRead_fails(SlabMemory memory) {
    PageStore store = new PageStore(10, memory);
    int page = take(store, 1)[0];
    store.close();
    store.close();
    assertThatThrownBy(() -> store.read(page, 0, ByteBuffer.allocate(1), 0, 1))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Each thread marks its pages, and finds its marks again before it frees them. */
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("memories")
  void takeAndFree_manyThreads_noPageHasTwoOwners(SlabMemory memory) throws Exception {
    int limit = 4 * SLAB;
    int threads = 4;
    try (PageStore store = new PageStore(limit, memory);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Callable<Integer>> tasks = new ArrayList<>();
      IntStream.range(0, threads).forEach(i -> tasks.add(() -> markAndCheck(store, i)));
      int most = 0;
      for (Future<Integer> done : pool.invokeAll(tasks)) {
        most = Math.max(most, done.get());
      }
      assertThat(most).isPositive();
      assertThat(store.free()).isEqualTo(limit);
    }
  }

  /** Slabs come and go all the time, and the store is full most of it. */
  @Test
  void takeAndFree_manyThreadsWithoutRoom_staysWithinLimit() throws Exception {
    int threads = 4;
    int limit = 3 * SLAB;
    PageStore store = new PageStore(limit, new CountedMemory(3));
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Callable<Integer> task =
          () -> {
            int[] pages = new int[SLAB];
            for (int round = 0; round < 3000; round++) {
              store.free(pages, 0, store.take(pages, 0, SLAB));
            }
            return store.free();
          };
      for (Future<Integer> done : pool.invokeAll(Collections.nCopies(threads, task))) {
        assertThat(done.get()).isBetween(0, limit);
      }
    }
    assertThat(store.free()).isEqualTo(limit);
  }

  private static int markAndCheck(PageStore store, int thread) {
    Random random = new Random(thread);
    ByteBuffer buffer = ByteBuffer.allocate(8);
    int most = 0;
    for (int round = 0; round < 60; round++) {
      int[] pages = new int[1 + random.nextInt(2 * SLAB)];
      int count = store.take(pages, 0, pages.length);
      for (int i = 0; i < count; i++) {
        store.write(pages[i], 8 * thread, buffer.putInt(0, round).putInt(4, i), 0, 8);
        store.write(pages[i], 1000, buffer.putInt(0, thread), 0, 4);
      }
      for (int i = 0; i < count; i++) {
        store.read(pages[i], 8 * thread, buffer, 0, 8);
        assertThat(buffer.getLong(0)).isEqualTo((long) round << 32 | i);
        store.read(pages[i], 1000, buffer, 0, 4);
        assertThat(buffer.getInt(0)).isEqualTo(thread);
      }
      store.free(pages, 0, count);
      most = Math.max(most, count);
    }
    return most;
  }
}

package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PageTableTest {
  private static final int SLOTS = PageLeaf.SLOTS;

  static long[] seeds() {
    return Seeds.of(30);
  }

  /** Random indexes, near and far, against a sorted map. */
  @ParameterizedTest
  @MethodSource("seeds")
  void anything_randomOperations_isAsInMap(long seed) {
    Random random = new Random(seed);
    try (PageStore store = new PageStore(4000, new SlabMemory.OfArenas())) {
      PageTable table = new PageTable();
      NavigableMap<Long, Integer> model = new TreeMap<>();
      for (int step = 0; step < 600; step++) {
        long from = index(random);
        if (random.nextInt(4) > 0) {
          fill(table, model, from, store, random);
        } else {
          long to = Math.max(from, Math.min(PageTable.INDEX_END, from + length(random)));
          table.cut(from, to, store);
          model.subMap(from, true, to, false).clear();
        }
        check(table, model, random);
      }
      assertThat(store.free()).isEqualTo(4000 - model.size());
      table.cut(0, PageTable.INDEX_END, store);
      assertThat(table.leafFrom(0)).isNull();
      assertThat(store.free()).isEqualTo(4000);
    }
  }

  /** Of any magnitude, so that leaves part at every level. */
  private static long index(Random random) {
    long wide = random.nextLong() >>> (13 + random.nextInt(51));
    return random.nextInt(4) == 0 ? PageTable.INDEX_END - 1 - wide : wide;
  }

  private static long length(Random random) {
    return 1 + (random.nextLong() >>> (13 + random.nextInt(51)));
  }

  private static void fill(
      PageTable table,
      NavigableMap<Long, Integer> model,
      long index,
      PageStore store,
      Random random) {
    PageLeaf leaf = table.makeLeaf(index / SLOTS);
    int from = (int) (index % SLOTS);
    int to = from + 1 + random.nextInt(SLOTS - from);
    int filled = table.fill(leaf, from, to, store);
    table.prune(leaf, store);
    for (int slot = from; slot < filled; slot++) {
      int page = leaf.page(slot);
      Integer before = model.putIfAbsent(leaf.first() + slot, page);
      assertThat(before).isIn(null, page);
    }
    if (filled < to) {
      assertThat(model).hasSize(4000).doesNotContainKey(leaf.first() + filled);
    }
  }

  private static void check(PageTable table, NavigableMap<Long, Integer> model, Random random) {
    assertThat(table.count()).isEqualTo(model.size());
    long at = index(random);
    PageLeaf leaf = table.leaf(at / SLOTS);
    Integer page = model.get(at);
    int slot = (int) (at % SLOTS);
    assertThat(leaf != null && leaf.isPresent(slot) ? (Integer) leaf.page(slot) : null)
        .isEqualTo(page);

    Map.Entry<Long, Integer> next = model.ceilingEntry(at / SLOTS * SLOTS);
    PageLeaf found = table.leafFrom(at / SLOTS);
    assertThat(found == null).isEqualTo(next == null);
    if (found != null && next != null) {
      int first = Long.numberOfTrailingZeros(found.present());
      assertThat(found.first() + first).isEqualTo(next.getKey());
      assertThat(found.page(first)).isEqualTo(next.getValue());
      assertThat(table.leaf(found.prefix)).isSameAs(found);
    }
    long to = at + length(random);
    assertThat(table.countIn(at, to)).isEqualTo(model.subMap(at, to).size());
  }

  @Test
  void cut_wholeWays_leavesNeighbours() {
    try (PageStore store = new PageStore(1000, new SlabMemory.OfArenas())) {
      PageTable table = new PageTable();
      for (long number : new long[] {0, 1, 64, 4096, 4097, 1L << 40}) {
        table.fill(table.makeLeaf(number), 0, 2, store);
      }
      table.cut(1L * SLOTS + 1, 4096L * SLOTS + 1, store);
      assertThat(table.count()).isEqualTo(8);
      assertThat(Objects.requireNonNull(table.leaf(1)).present()).isEqualTo(1);
      assertThat(table.leaf(64)).isNull();
      assertThat(Objects.requireNonNull(table.leaf(4096)).present()).isEqualTo(2);
      assertThat(Objects.requireNonNull(table.leafFrom(4098)).prefix).isEqualTo(1L << 40);
    }
  }

  @Test
  void runs_ofPages_endWhereMemoryOrMarksDo() {
    PageLeaf leaf = new PageLeaf(0);
    int[] source = {10, 11, 12, 20, 511, 512};
    leaf.fill(
        2,
        8,
        (pages, from, count) -> {
          System.arraycopy(source, 0, pages, from, count);
          return count;
        });
    leaf.markWritten(PageLeaf.bits(2, 4));
    assertThat(leaf.adjacentEnd(2)).isEqualTo(5);
    assertThat(leaf.adjacentEnd(5)).isEqualTo(6);
    assertThat(leaf.adjacentEnd(6)).isEqualTo(7); // 511 and 512 lie in two slabs
    assertThat(leaf.extentEnd(0)).isEqualTo(2);
    assertThat(leaf.extentEnd(2)).isEqualTo(4);
    assertThat(leaf.extentEnd(4)).isEqualTo(SLOTS);
  }
}

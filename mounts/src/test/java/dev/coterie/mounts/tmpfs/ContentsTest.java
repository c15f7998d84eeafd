package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContentsTest {
  private static final int PAGE = PageStore.PAGE_BYTES;

  static long[] seeds() {
    return Seeds.of(20);
  }

  /** A file, and what it should be: bytes, and for each page whether it is there and written. */
  private static final class Model {
    final PageTable table = new PageTable();
    final byte[] bytes;
    final boolean[] present;
    final boolean[] written;
    int size;

    Model(int pages) {
      bytes = new byte[pages * PAGE];
      present = new boolean[pages];
      written = new boolean[pages];
    }

    void markWritten(int from, int to) {
      for (int page = from / PAGE; from < to && page * PAGE < to; page++) {
        present[page] = true;
        written[page] = true;
      }
    }

    /** Zeroes, and frees (or with {@code keep} keeps unwritten) the pages that lie inside. */
    void clear(int from, int to, boolean keep) {
      Arrays.fill(bytes, from, to, (byte) 0);
      for (int page = (from + PAGE - 1) / PAGE; (page + 1) * PAGE <= to; page++) {
        present[page] &= keep;
        written[page] = false;
      }
    }

    void allocate(int from, int to) {
      for (int page = from / PAGE; page * PAGE < to; page++) {
        present[page] = true;
      }
    }

    int missing(int from, int to) {
      int missing = 0;
      for (int page = from / PAGE; page * PAGE < to; page++) {
        missing += present[page] ? 0 : 1;
      }
      return missing;
    }
  }

  /** Random operations on two files of one store that is now and then too small. */
  @ParameterizedTest
  @MethodSource("seeds")
  void anything_randomOperations_isAsInModel(long seed) {
    Random random = new Random(seed);
    int pages = random.nextBoolean() ? 20 : 200;
    int limit = random.nextBoolean() ? pages / 2 : pages * 2;
    try (PageStore store = new PageStore(limit)) {
      Contents contents = new Contents(store);
      Model[] files = {new Model(pages), new Model(pages)};
      for (int step = 1; step <= 200; step++) {
        Model file = files[random.nextInt(2)];
        step(contents, store, file, files[random.nextInt(2)], random);
        check(contents, store, files, random);
        if (step % 25 == 0) {
          for (Model each : files) {
            checkBytes(contents, each, 0, each.bytes.length);
          }
        }
      }
      for (Model file : files) {
        contents.truncate(file.table, 0);
        assertThat(file.table.count()).isZero();
      }
      assertThat(store.free()).isEqualTo(limit);
    }
  }

  private static void step(
      Contents contents, PageStore store, Model file, Model other, Random random) {
    int from = edge(random, file.bytes.length - 1);
    int to = from + 1 + random.nextInt(Math.min(file.bytes.length - from, reach(random)));
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> write(contents, store, file, from, to, random);
      case 3 -> {
        contents.punch(file.table, from, to);
        file.clear(from, to, false);
      }
      case 4 -> {
        if (from <= file.size) {
          contents.truncate(file.table, from);
          file.clear(from, file.bytes.length, false);
        }
        file.size = from;
      }
      case 5 -> {
        boolean fits = file.missing(from, to) <= store.free();
        assertThat(contents.allocate(file.table, from, to)).isEqualTo(fits);
        if (fits) {
          file.allocate(from, to);
        }
      }
      case 6 -> {
        boolean fits = file.missing(from, to) <= store.free();
        assertThat(contents.zero(file.table, from, to)).isEqualTo(fits);
        if (fits) {
          file.allocate(from, to);
          file.clear(from, to, true);
        }
      }
      default -> copy(contents, other, file, from, to - from, random);
    }
  }

  /** Up to a few bytes, pages or everything. */
  private static int reach(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> 100;
      case 1 -> 5 * PAGE;
      default -> Integer.MAX_VALUE;
    };
  }

  /** Often at or beside the edge of a page. */
  private static int edge(Random random, int bound) {
    int at = random.nextInt(bound);
    int nearPage = at / PAGE * PAGE + random.nextInt(3) - 1;
    return random.nextBoolean() ? Math.max(0, nearPage) : at;
  }

  private static void write(
      Contents contents, PageStore store, Model file, int from, int to, Random random) {
    byte[] bytes = new byte[to - from + 5];
    random.nextBytes(bytes);
    ByteBuffer source =
        random.nextBoolean() ? ByteBuffer.wrap(bytes) : ByteBuffer.allocateDirect(bytes.length);
    source.duplicate().put(bytes);
    source.position(3).limit(3 + to - from);
    int expected = to - from;
    int room = store.free();
    for (int page = from / PAGE; page * PAGE < to; page++) {
      room -= file.present[page] ? 0 : 1;
      if (room < 0) {
        expected = Math.max(0, page * PAGE - from);
        break;
      }
    }
    int written = contents.write(file.table, from, source, to - from);
    assertThat(written).isEqualTo(expected);
    assertThat(source.position()).isEqualTo(3 + written);
    System.arraycopy(bytes, 3, file.bytes, from, written);
    file.markWritten(from, from + written);
    file.size = Math.max(file.size, from + written);
  }

  private static void copy(
      Contents contents, Model from, Model file, int to, int length, Random random) {
    int source = edge(random, file.bytes.length - 1);
    int count = Math.min(Math.min(length, from.size - source), file.bytes.length - to);
    if (count <= 0 || from == file && Math.abs(source - to) < count) {
      return;
    }
    int copied = (int) contents.copy(from.table, source, file.table, to, count);
    assertThat(copied).isBetween(0, count);
    for (int done = 0; done < copied; ) {
      int at = source + done;
      int target = to + done;
      boolean data = from.written[at / PAGE];
      int n = Math.min(copied - done, PAGE - at % PAGE);
      if (data) {
        n = Math.min(n, PAGE - target % PAGE);
        System.arraycopy(from.bytes, at, file.bytes, target, n);
        file.markWritten(target, target + n);
      } else {
        while (done + n < copied && !from.written[(at + n) / PAGE]) {
          n = Math.min(copied - done, n + PAGE);
        }
        file.clear(target, target + n, false);
      }
      done += n;
    }
    file.size = Math.max(file.size, to + copied);
  }

  private static void check(Contents contents, PageStore store, Model[] files, Random random) {
    int pages = 0;
    for (Model file : files) {
      int count = 0;
      for (boolean present : file.present) {
        count += present ? 1 : 0;
      }
      assertThat(file.table.count()).isEqualTo(count);
      pages += count;
      int from = random.nextInt(file.bytes.length);
      checkBytes(
          contents, file, from, random.nextInt(Math.min(10 * PAGE, file.bytes.length - from + 1)));
      if (file.size > 0) {
        checkSeek(contents, file, edge(random, file.size));
      }
    }
    assertThat(store.free()).isEqualTo(store.limit() - pages);
  }

  private static void checkBytes(Contents contents, Model file, int from, int count) {
    byte[] found = new byte[count];
    ByteBuffer destination = ByteBuffer.wrap(found);
    contents.read(file.table, from, destination, count);
    assertThat(destination.position()).isEqualTo(count);
    assertThat(Arrays.mismatch(found, Arrays.copyOfRange(file.bytes, from, from + count)))
        .isEqualTo(-1);
  }

  private static void checkSeek(Contents contents, Model file, int from) {
    int at = Math.min(from, file.size - 1);
    int data = at;
    while (data < file.size && !file.written[data / PAGE]) {
      data++;
    }
    int hole = at;
    while (hole < file.size && file.written[hole / PAGE]) {
      hole++;
    }
    assertThat(contents.seekData(file.table, at)).isEqualTo(data < file.size ? data : -1);
    assertThat(contents.seekHole(file.table, at, file.size)).isEqualTo(hole);
  }

  @Test
  void write_withoutSpace_leavesNoLeafBehind() {
    try (PageStore store = new PageStore(1)) {
      Contents contents = new Contents(store);
      PageTable table = new PageTable();
      ByteBuffer source = ByteBuffer.allocate(2 * PAGE);
      assertThat(contents.write(table, 0, source, 2 * PAGE)).isEqualTo(PAGE);
      assertThat(contents.write(table, 1L << 40, source, PAGE)).isZero();
      assertThat(source.position()).isEqualTo(PAGE);
      assertThat(table.leafFrom(1)).isNull();
    }
  }

  @Test
  void write_atLastOffset_readsBack() {
    try (PageStore store = new PageStore(4)) {
      Contents contents = new Contents(store);
      PageTable table = new PageTable();
      long last = Long.MAX_VALUE - 1;
      contents.write(table, last, ByteBuffer.wrap(new byte[] {7}), 1);
      contents.write(table, 0, ByteBuffer.wrap(new byte[] {8}), 1);
      ByteBuffer read = ByteBuffer.allocate(3);
      contents.read(table, last - 2, read, 3);
      assertThat(read.array()).containsExactly(0, 0, 7);
      assertThat(contents.seekData(table, 1L << 40)).isEqualTo(last & -PAGE);
      assertThat(contents.seekHole(table, last, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
      contents.truncate(table, Long.MAX_VALUE);
      assertThat(table.count()).isEqualTo(2);
      contents.punch(table, 1, Long.MAX_VALUE);
      assertThat(table.count()).isEqualTo(2); // parts of two pages
      contents.truncate(table, 1L << 62);
      assertThat(table.count()).isEqualTo(1);
    }
  }
}

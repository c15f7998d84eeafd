package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.check.suite.Checks.fails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Bytes through open files. */
interface DataChecks extends Checks {
  @Test
  default void write_isReadByEverySessionAtOnce() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    long theirs = other.open("/f", O_RDWR);
    for (int i = 0; i < 100; i++) {
      one.write(mine, 0, "%04d".formatted(i));
      assertThat(other.read(theirs, 0, 4)).isEqualTo("%04d".formatted(i));
      other.write(theirs, 4, "%04d".formatted(i));
      assertThat(one.read(mine, 4, 10)).isEqualTo("%04d".formatted(i));
    }
  }

  @Test
  default void read_movesTheBufferByWhatItGot() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123456789");
    long handle = one.open("/f", O_RDONLY);
    ByteBuffer buffer = ByteBuffer.allocate(20);
    buffer.position(3).limit(8);
    assertThat(one.service().read(one.caller(), handle, 2, buffer)).isEqualTo(5);
    assertThat(buffer.position()).isEqualTo(8);
    assertThat(new String(buffer.array(), UTF_8)).startsWith("\0\0\0" + "23456").endsWith("\0");
    assertThat(one.service().read(one.caller(), handle, 8, buffer.clear())).isEqualTo(2);
    assertThat(buffer.position()).isEqualTo(2);
  }

  @Test
  default void read_intoDirectBuffer_works() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    ByteBuffer direct = ByteBuffer.allocateDirect(100_000);
    new Random(1).ints(100_000, 0, 256).forEach(i -> direct.put((byte) i));
    assertThat(one.service().write(one.caller(), handle, 11, direct.flip())).isEqualTo(100_000);
    assertThat(direct.hasRemaining()).isFalse();
    ByteBuffer back = ByteBuffer.allocateDirect(100_000);
    assertThat(one.service().read(one.caller(), handle, 11, back)).isEqualTo(100_000);
    assertThat(back.flip()).isEqualTo(direct.flip());
  }

  @Test
  default void read_atOrBehindTheEnd_isNothing() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123");
    long handle = one.open("/f", O_RDONLY);
    assertThat(one.read(handle, 4, 10)).isEmpty();
    assertThat(one.read(handle, 1 << 20, 10)).isEmpty();
    assertThat(one.read(handle, Long.MAX_VALUE - 10, 10)).isEmpty();
    assertThat(one.read(handle, 0, 0)).isEmpty();
  }

  @Test
  default void read_ofHoles_givesZeros() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 100_000, "end");
    assertThat(one.stat("/f").size()).isEqualTo(100_003);
    assertThat(one.stat("/f").blocks()).isEqualTo(8);
    assertThat(one.read(handle, 0, 20_000)).isEqualTo("\0".repeat(20_000));
    assertThat(one.read(handle, 99_998, 10)).isEqualTo("\0\0end");
  }

  @Test
  default void write_ofMuch_isReadBackWhole() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    byte[] data = new byte[3_000_001];
    new Random(2).nextBytes(data);
    ByteBuffer source = ByteBuffer.wrap(data);
    long at = 12_345;
    while (source.hasRemaining()) {
      at += one.service().write(one.caller(), handle, at, source);
    }
    ByteBuffer back = ByteBuffer.allocate(data.length);
    at = 12_345;
    for (int got = 1; got > 0 && back.hasRemaining(); ) {
      got = one.service().read(one.caller(), handle, at, back);
      at += got;
    }
    assertThat(Arrays.equals(back.array(), data)).isTrue();
  }

  @Test
  default void transfers_notAllowedByTheHandle_areEbadf() throws ErrnoException {
    Actor one = root();
    one.file("/f", "text");
    long reader = one.open("/f", O_RDONLY);
    long writer = one.open("/f", O_WRONLY);
    fails(Errno.EBADF, () -> one.write(reader, 0, "x"));
    fails(Errno.EBADF, () -> one.append(reader, "x"));
    fails(Errno.EBADF, () -> one.writeNext(reader, "x"));
    fails(Errno.EBADF, () -> one.read(writer, 0, 1));
    fails(Errno.EBADF, () -> one.readNext(writer, 1));
  }

  @Test
  default void transfers_atNegativeOffsets_areEinval() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    fails(Errno.EINVAL, () -> one.read(handle, -1, 1));
    fails(Errno.EINVAL, () -> one.write(handle, -1, "x"));
    fails(Errno.EINVAL, () -> one.write(handle, Long.MIN_VALUE, "x"));
  }

  @Test
  default void read_ofDirectory_isEisdir() throws ErrnoException {
    Actor one = root();
    one.mkdir("/d");
    long handle = one.open("/d", O_RDONLY);
    fails(Errno.EISDIR, () -> one.read(handle, 0, 1));
    fails(Errno.EISDIR, () -> one.readNext(handle, 1));
  }

  @Test
  default void write_ofNothing_changesNothing() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    target().tick();
    var before = one.stat("/f");
    assertThat(one.write(handle, 1000, "")).isZero();
    assertThat(one.stat("/f")).isEqualTo(before);
  }

  @Test
  default void transfers_upToTheLargestOffset_andNotBehind() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(one.write(handle, Long.MAX_VALUE - 10, "0123456")).isEqualTo(7);
    fails(Errno.EINVAL, () -> one.write(handle, Long.MAX_VALUE - 3, "0123"));
    fails(Errno.EINVAL, () -> one.read(handle, Long.MAX_VALUE - 3, 4));
    fails(Errno.EINVAL, () -> one.write(handle, Long.MAX_VALUE, "0"));
    assertThat(one.append(handle, "789012").count()).isEqualTo(3);
    assertThat(one.stat("/f").size()).isEqualTo(Long.MAX_VALUE);
    assertThat(one.read(handle, Long.MAX_VALUE - 10, 10)).isEqualTo("0123456789");
    fails(Errno.EFBIG, () -> one.append(handle, "x"));
    assertThat(one.stat("/f").blocks()).isEqualTo(8);
  }

  @Test
  default void write_byOthersThanRoot_clearsSetids() throws ErrnoException {
    Actor one = root();
    one.file("/f", "");
    one.chown("/f", 0, TEAM);
    one.chmod("/f", 06777);
    one.write(one.open("/f", O_WRONLY), 0, "x");
    assertThat(one.permissions("/f")).isEqualTo(06777);
    Actor alice = process(ALICE);
    alice.write(alice.open("/f", O_WRONLY), 0, "x");
    assertThat(one.permissions("/f")).isEqualTo(0777);
    one.chmod("/f", 02767);
    alice.write(alice.open("/f", O_WRONLY), 0, "x");
    assertThat(one.permissions("/f")).isEqualTo(02767);
    Actor carol = process(CAROL);
    carol.write(carol.open("/f", O_WRONLY), 0, "x");
    assertThat(one.permissions("/f")).isEqualTo(0767);
  }

  // ---- appending ----

  @Test
  default void append_saysWhereItWrote() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(one.append(handle, "012")).isEqualTo(new Transferred(0, 3));
    assertThat(one.append(handle, "345")).isEqualTo(new Transferred(3, 3));
    assertThat(one.append(handle, "")).isEqualTo(new Transferred(6, 0));
    assertThat(one.content("/f")).isEqualTo("012345");
  }

  @Test
  default void write_throughAppendHandle_goesToTheEnd() throws ErrnoException {
    Actor one = root();
    one.file("/f", "0123");
    long handle = one.open("/f", O_RDWR | O_APPEND);
    assertThat(one.write(handle, 0, "45")).isEqualTo(2);
    assertThat(one.writeNext(handle, "67")).isEqualTo(new Transferred(6, 2));
    assertThat(one.content("/f")).isEqualTo("01234567");
    assertThat(one.service().seek(one.caller(), handle, Whence.CUR, 0)).isEqualTo(8);
  }

  @Test
  default void append_byTwoHandles_neverOverlaps() throws Exception {
    Actor one = root();
    one.file("/f", "");
    Actor[] actors = {root(), root(), root(), root()};
    Checks.together(
        4,
        i -> {
          long handle = actors[i].open("/f", O_WRONLY | O_APPEND);
          for (int k = 0; k < 250; k++) {
            String record = "%d:%04d\n".formatted(i, k);
            if (k % 2 == 0) {
              actors[i].writeNext(handle, record);
            } else {
              actors[i].append(handle, record);
            }
          }
          return 0;
        });
    String[] lines = one.content("/f").split("\n");
    assertThat(lines).hasSize(1000).doesNotHaveDuplicates();
    for (int i = 0; i < 4; i++) {
      String mine = i + ":";
      assertThat(Arrays.stream(lines).filter(line -> line.startsWith(mine))).isSorted();
    }
  }

  // ---- offsets ----

  @Test
  default void readNextAndWriteNext_moveOneOffset() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(one.writeNext(handle, "0123456789")).isEqualTo(new Transferred(0, 10));
    assertThat(one.readNext(handle, 10)).isEmpty();
    assertThat(seek(one, handle, Whence.SET, 2)).isEqualTo(2);
    assertThat(one.readNext(handle, 3)).isEqualTo("234");
    assertThat(one.writeNext(handle, "XY")).isEqualTo(new Transferred(5, 2));
    assertThat(one.readNext(handle, 10)).isEqualTo("789");
    assertThat(one.content("/f")).isEqualTo("01234XY789");
  }

  @Test
  default void readAndWrite_leaveTheOffsetAlone() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.writeNext(handle, "0123");
    one.write(handle, 10, "x");
    one.read(handle, 0, 4);
    one.append(handle, "y");
    assertThat(seek(one, handle, Whence.CUR, 0)).isEqualTo(4);
  }

  private static long seek(Actor one, long handle, Whence whence, long offset)
      throws ErrnoException {
    return one.service().seek(one.caller(), handle, whence, offset);
  }

  @Test
  default void seek_fromEachPlace_answersTheNewOffset() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "0123456789");
    assertThat(seek(one, handle, Whence.SET, 3)).isEqualTo(3);
    assertThat(seek(one, handle, Whence.CUR, 4)).isEqualTo(7);
    assertThat(seek(one, handle, Whence.CUR, -7)).isZero();
    assertThat(seek(one, handle, Whence.END, -1)).isEqualTo(9);
    assertThat(one.readNext(handle, 10)).isEqualTo("9");
    assertThat(seek(one, handle, Whence.END, 100)).isEqualTo(110);
  }

  @Test
  default void seek_toTheLargestOffset_isTaken() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    assertThat(seek(one, handle, Whence.SET, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  default void seek_beforeTheStartOrTooFar_isEinvalAndStays() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.writeNext(handle, "0123");
    fails(Errno.EINVAL, () -> seek(one, handle, Whence.SET, -1));
    fails(Errno.EINVAL, () -> seek(one, handle, Whence.CUR, -5));
    fails(Errno.EINVAL, () -> seek(one, handle, Whence.END, -5));
    fails(Errno.EINVAL, () -> seek(one, handle, Whence.END, Long.MAX_VALUE));
    assertThat(seek(one, handle, Whence.CUR, 0)).isEqualTo(4);
  }

  @Test
  default void seek_toDataAndHoles_findsThem() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 8192, "data");
    one.write(handle, 40_960, "more");
    one.truncate("/f", 100_000);
    assertThat(seek(one, handle, Whence.DATA, 0)).isEqualTo(8192);
    assertThat(seek(one, handle, Whence.DATA, 8194)).isEqualTo(8194);
    assertThat(seek(one, handle, Whence.HOLE, 8194)).isEqualTo(12_288);
    assertThat(seek(one, handle, Whence.DATA, 12_288)).isEqualTo(40_960);
    assertThat(seek(one, handle, Whence.HOLE, 0)).isZero();
    assertThat(seek(one, handle, Whence.HOLE, 40_960)).isEqualTo(45_056);
    fails(Errno.ENXIO, () -> seek(one, handle, Whence.DATA, 45_056));
    fails(Errno.ENXIO, () -> seek(one, handle, Whence.DATA, 100_000));
    fails(Errno.ENXIO, () -> seek(one, handle, Whence.HOLE, 100_000));
    fails(Errno.ENXIO, () -> seek(one, handle, Whence.HOLE, -1));
    fails(Errno.ENXIO, () -> seek(one, handle, Whence.DATA, -1));
    assertThat(seek(one, handle, Whence.CUR, 0)).isEqualTo(40_960 + 4096);
  }

  @Test
  default void seek_toTheHoleBehindFullData_isTheEnd() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "x".repeat(5000));
    assertThat(seek(one, handle, Whence.HOLE, 0)).isEqualTo(5000);
    assertThat(seek(one, handle, Whence.HOLE, 4999)).isEqualTo(5000);
  }

  @Test
  default void sharedOffset_ofOneHandleInManyThreads_givesEachByteOnce() throws Exception {
    Actor one = root();
    String all = "x".repeat(5) + "0123456789".repeat(400);
    one.file("/f", all);
    long handle = one.open("/f", O_RDONLY);
    seek(one, handle, Whence.SET, 5);
    var parts =
        Checks.together(
            4,
            i -> {
              var mine = new TreeSet<Long>();
              while (true) {
                ByteBuffer buffer = ByteBuffer.allocate(10);
                Transferred moved = one.service().readNext(one.caller(), handle, buffer);
                if (moved.count() == 0) {
                  return mine;
                }
                assertThat(new String(buffer.array(), UTF_8)).isEqualTo("0123456789");
                mine.add(moved.offset());
              }
            });
    assertThat(parts.stream().mapToInt(TreeSet::size).sum()).isEqualTo(400);
    assertThat(parts.stream().flatMap(TreeSet::stream).collect(Collectors.toSet())).hasSize(400);
  }

  @Test
  default void fsync_ofEachKind_isDone() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    one.write(handle, 0, "x");
    one.service().fsync(one.caller(), handle, false);
    one.service().fsync(one.caller(), handle, true);
    one.mkdir("/d");
    one.service().fsync(one.caller(), one.open("/d", O_RDONLY), false);
  }

  @Test
  default void write_keepsTheTypeAndOtherBits() throws ErrnoException {
    Actor one = root();
    one.file("/f", "", 0600);
    one.chmod("/f", 01600);
    one.write(one.open("/f", O_WRONLY), 0, "x");
    assertThat(one.stat("/f").mode()).isEqualTo(Mode.S_IFREG | 01600);
  }
}

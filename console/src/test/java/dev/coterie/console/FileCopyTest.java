package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Mode;
import dev.coterie.api.Timestamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Content arrives as it is, and blocks of zeros are not written where they need not be. */
class FileCopyTest {
  private static final int BLOCK = 4096;

  /** Content in memory; says where its data is, by blocks, and counts what is written. */
  private static final class Memory implements Side.Content {
    private final int mostAtOnce;
    private byte[] bytes;
    private int written;
    private int read;

    Memory(byte[] bytes, int mostAtOnce) {
      this.bytes = bytes;
      this.mostAtOnce = mostAtOnce;
    }

    @Override
    public int read(ByteBuffer destination, long offset) {
      int count =
          Math.clamp(bytes.length - offset, 0, Math.min(destination.remaining(), mostAtOnce));
      if (count > 0) {
        destination.put(bytes, (int) offset, count);
      }
      read += count;
      return count;
    }

    @Override
    public void write(ByteBuffer source, long offset) {
      int end = (int) offset + source.remaining();
      extend(end);
      written += source.remaining();
      source.get(bytes, (int) offset, source.remaining());
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void extend(long size) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(size, bytes.length));
    }

    @Override
    public long nextData(long offset) {
      for (long at = offset; at < bytes.length; at = (at / BLOCK + 1) * BLOCK) {
        if (!isHole(at)) {
          return at;
        }
      }
      return -1;
    }

    @Override
    public long nextHole(long offset) {
      long at = offset;
      while (at < bytes.length && !isHole(at)) {
        at = Math.min(bytes.length, (at / BLOCK + 1) * BLOCK);
      }
      return at;
    }

    private boolean isHole(long at) {
      int start = (int) (at / BLOCK * BLOCK);
      for (int i = start; i < Math.min(bytes.length, start + BLOCK); i++) {
        if (bytes[i] != 0) {
          return false;
        }
      }
      return true;
    }

    /** Bytes in blocks that are not all zeros. */
    int data() {
      int data = 0;
      for (int at = 0; at < bytes.length; at += BLOCK) {
        data += isHole(at) ? 0 : Math.min(BLOCK, bytes.length - at);
      }
      return data;
    }

    @Override
    public void close() {}
  }

  private static byte[] content(Random random) {
    byte[] bytes =
        new byte[random.nextInt(4) * FileCopy.PIECE_BYTES / 2 + random.nextInt(9) * 1000];
    for (int at = 0; at < bytes.length; at += BLOCK) {
      if (random.nextInt(3) == 0) {
        // One byte is enough, and may be the block's last.
        bytes[Math.min(bytes.length - 1, at + random.nextInt(BLOCK))] = 1;
      }
    }
    return bytes;
  }

  private static void copy(Memory in, Memory out, boolean holes, boolean skipsZeros) {
    Side.Info info =
        new Side.Info(
            "key",
            Mode.S_IFREG | 0644,
            1,
            0,
            0,
            in.size(),
            holes,
            0,
            Timestamp.EPOCH,
            Timestamp.EPOCH);
    AtomicBoolean done = new AtomicBoolean();
    new FileCopy(
            info,
            in,
            out,
            skipsZeros,
            new FileCopy.Outcome() {
              @Override
              public void bytes(long count) {}

              @Override
              public void done() {
                assertThat(done.getAndSet(true)).isFalse();
              }

              @Override
              public void failed(IOException cause, String consequence) {
                throw new AssertionError(cause);
              }
            })
        .run();
    assertThat(done).isTrue();
  }

  @Test
  void run_anyContent_arrives_andOnlyDataIsWritten() {
    for (long seed = 0; seed < 300; seed++) {
      byte[] bytes = content(new Random(seed));
      for (boolean holes : new boolean[] {false, true}) {
        for (boolean skipsZeros : new boolean[] {false, true}) {
          Memory in = new Memory(bytes, Integer.MAX_VALUE);
          Memory out = new Memory(new byte[0], 0);
          copy(in, out, holes, skipsZeros);
          String what = "seed " + seed + " holes " + holes + " skipsZeros " + skipsZeros;
          assertThat(out.bytes).as(what).isEqualTo(bytes);
          assertThat(out.written)
              .as(what)
              .isEqualTo(holes || skipsZeros ? in.data() : bytes.length);
          assertThat(in.read).as(what).isEqualTo(holes ? in.data() : bytes.length);
        }
      }
    }
  }

  @Test
  void run_shortReads_arriveToo() {
    for (long seed = 0; seed < 20; seed++) {
      byte[] bytes = content(new Random(seed));
      Memory out = new Memory(new byte[0], 0);
      copy(new Memory(bytes, 1000), out, seed % 2 == 0, true);
      assertThat(out.bytes).as("seed %d", seed).isEqualTo(bytes);
    }
  }
}

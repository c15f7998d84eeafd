package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Mode;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReaddirWriterTest {
  private static final DirEntry FIRST = Samples.entry("first", 1, Samples.STAT);
  private static final DirEntry SECOND = Samples.entry("other", 2, null);

  /** Of one entry with a name of five bytes: plain, ours, ours with attributes. */
  private static final int PLAIN_BYTES = 24 + 5;

  private static final int OURS_BYTES = 28 + 5;
  private static final int ATTRS_BYTES = 28 + 5 + 153;

  private final ReaddirWriter writer = new ReaddirWriter();

  @Test
  void add_plain_isTheFrameOfRreaddirWithVersion0() throws Exception {
    ByteBuffer out = ByteBuffer.allocateDirect(200).position(3);

    writer.begin(0xABCD, 100, out);
    assertThat(writer.add(FIRST)).isTrue();
    assertThat(writer.add(SECOND)).isTrue();
    writer.end();

    Qid qid = new Qid(P9.QTFILE, 0, Samples.STAT.id().number());
    int type = Mode.direntType(Samples.STAT.mode());
    assertThat(written(out, 3))
        .isEqualTo(
            Samples.frameOf(
                0xABCD,
                new LinuxReply.Rreaddir(
                    List.of(
                        new LinuxReply.Rreaddir.Entry(qid, 1, type, FIRST.name()),
                        new LinuxReply.Rreaddir.Entry(qid, 2, type, SECOND.name())))));
  }

  @Test
  void add_oursWithAttributes_isTheFrameOfRreaddirx() throws Exception {
    ByteBuffer out = ByteBuffer.allocate(1000);

    writer.beginX(7, P9.READDIRX_ATTRS, 900, out);
    assertThat(writer.add(FIRST)).isTrue();
    assertThat(writer.add(SECOND)).isTrue();
    writer.end();

    assertThat(written(out, 0))
        .isEqualTo(
            Samples.frameOf(
                7, new HandleReply.Rreaddirx(P9.READDIRX_ATTRS, List.of(FIRST, SECOND))));
  }

  @Test
  void add_entryThatJustFits_isPut() {
    assertFits(P9.RREADDIR, 0, PLAIN_BYTES);
    assertFits(P9.RREADDIRX, 0, OURS_BYTES);
    assertFits(P9.RREADDIRX, P9.READDIRX_ATTRS, ATTRS_BYTES);
  }

  /** Two entries fit in twice the size, one in a byte less; in a byte less than one, none. */
  private void assertFits(int type, int flags, int size) {
    assertThat(entriesIn(type, flags, 2 * size)).isEqualTo(2);
    assertThat(entriesIn(type, flags, 2 * size - 1)).isEqualTo(1);
    assertThat(entriesIn(type, flags, size)).isEqualTo(1);
    assertThat(entriesIn(type, flags, size - 1)).isZero();
    assertThat(entriesIn(type, flags, 0)).isZero();
  }

  private int entriesIn(int type, int flags, int most) {
    ByteBuffer out = ByteBuffer.allocate(4096);
    if (type == P9.RREADDIR) {
      writer.begin(1, most, out);
    } else {
      writer.beginX(1, flags, most, out);
    }
    int entries = 0;
    while (entries < 10 && writer.add(FIRST)) {
      entries++;
    }
    assertThat(writer.isEmpty()).isEqualTo(entries == 0);
    writer.end();
    int header = type == P9.RREADDIR ? 11 : 15;
    assertThat(out.position() - header).isLessThanOrEqualTo(most);
    return entries;
  }

  @Test
  void end_withoutEntries_isTheEndOfTheDirectory() throws Exception {
    ByteBuffer out = ByteBuffer.allocate(100);

    writer.begin(7, 50, out);
    writer.end();

    assertThat(written(out, 0)).isEqualTo(Samples.frameOf(7, new LinuxReply.Rreaddir(List.of())));
  }

  @Test
  void add_afterOneThatDidNotFit_leavesTheFrameWhole() throws Exception {
    ByteBuffer out = ByteBuffer.allocate(100);

    writer.begin(7, PLAIN_BYTES + 3, out);
    assertThat(writer.add(FIRST)).isTrue();
    assertThat(writer.add(SECOND)).isFalse();
    writer.end();

    var frame = (LinuxReply.Rreaddir) Reply.decode(P9.RREADDIR, Samples.bodyOf(written(out, 0)));
    assertThat(frame.entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.name()).isEqualTo(FIRST.name()));
  }

  @Test
  void begin_leastRoom_isEnoughForTheHeaderAndTheEntries() {
    ByteBuffer out = ByteBuffer.allocate(15 + OURS_BYTES);

    writer.beginX(7, 0, OURS_BYTES, out);
    assertThat(writer.add(FIRST)).isTrue();
    writer.end();

    assertThat(out.hasRemaining()).isFalse();
    assertThatThrownBy(() -> writer.begin(7, 20, ByteBuffer.allocate(30)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> writer.begin(7, -1, ByteBuffer.allocate(30)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void abandon_thenError_isInItsPlace() {
    ByteBuffer out = ByteBuffer.allocate(100).position(3);

    writer.begin(7, 50, out);
    assertThat(writer.add(FIRST)).isTrue();
    writer.abandon();

    assertThat(out.position()).isEqualTo(3);
    assertThatThrownBy(writer::end).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.add(FIRST)).isInstanceOf(IllegalStateException.class);
  }

  private static byte[] written(ByteBuffer out, int from) {
    byte[] bytes = new byte[out.position() - from];
    out.get(from, bytes);
    return bytes;
  }
}

package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.SetAttr;
import dev.coterie.api.SetAttr.Time;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Stat to attributes and back, SetAttr to the bits of setattr and back. */
class AttrsTest {
  @Test
  void attributes_thereAndBack_areTheSameStat() throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(Attrs.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    Attrs.put(bytes, Samples.STAT);

    assertThat(bytes.hasRemaining()).isFalse();
    assertThat(Attrs.get(bytes.flip())).isEqualTo(Samples.STAT);
  }

  @Test
  void attributes_absent_areAsLongAndNull() throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(Attrs.BYTES).order(ByteOrder.LITTLE_ENDIAN);

    Attrs.putAbsent(bytes);

    assertThat(bytes.hasRemaining()).isFalse();
    assertThat(Attrs.getIfPresent(bytes.flip())).isNull();
    assertThat(bytes.hasRemaining()).isFalse();
    assertThatThrownBy(() -> Attrs.get(bytes.rewind())).isInstanceOf(ProtocolException.class);
  }

  @Test
  void qid_ofKinds_hasTheirType() {
    assertThat(Qid.of(withMode(Mode.S_IFDIR), Dialect.PLAIN).type()).isEqualTo(0x80);
    assertThat(Qid.of(withMode(Mode.S_IFLNK), Dialect.PLAIN).type()).isEqualTo(0x02);
    for (int kind : new int[] {Mode.S_IFREG, Mode.S_IFIFO, Mode.S_IFSOCK, Mode.S_IFCHR}) {
      assertThat(Qid.of(withMode(kind | 07777), Dialect.PLAIN).type()).isZero();
    }
    assertThat(Qid.of(withMode(Mode.S_IFDIR), Dialect.PLAIN).isDirectory()).isTrue();
    assertThat(Qid.of(withMode(Mode.S_IFREG), Dialect.PLAIN).isDirectory()).isFalse();
  }

  @Test
  void qid_version_isTheChangeInOurDialectOnly() {
    assertThat(Qid.of(Samples.STAT, Dialect.COTERIE_1).version()).isEqualTo(0x55565758);
    assertThat(Qid.of(Samples.STAT, Dialect.PLAIN).version()).isZero();
    assertThat(Qid.of(Samples.STAT, Dialect.PLAIN).path()).isEqualTo(0x8877665544332211L);
  }

  @Test
  void setAttr_thereAndBack_isTheSameChange() throws Exception {
    Time now = Time.Now.NOW;
    Time at = new Time.At(new Timestamp(-5, 999_999_999));
    for (SetAttr change :
        new SetAttr[] {
          SetAttr.NOTHING,
          SetAttr.ofMode(07777),
          SetAttr.ofOwner(-1, 0),
          SetAttr.ofOwner(7, -1),
          SetAttr.ofSize(0),
          SetAttr.ofSize(Long.MAX_VALUE),
          SetAttr.ofTimes(now, at),
          SetAttr.ofTimes(at, now),
          SetAttr.ofTimes(null, now),
          SetAttr.ofTimes(at, null),
          new SetAttr(0, 0, 0, 0L, at, now),
        }) {
      assertThat(AttrChange.of(change).toSetAttr()).isEqualTo(change);
    }
  }

  @Test
  void setAttr_bits_areThoseOfTheProtocol() {
    Time at = new Time.At(Timestamp.EPOCH);
    assertThat(AttrChange.of(SetAttr.NOTHING).valid()).isZero();
    assertThat(AttrChange.of(SetAttr.ofMode(1)).valid()).isEqualTo(0x1);
    assertThat(AttrChange.of(SetAttr.ofOwner(1, -1)).valid()).isEqualTo(0x2);
    assertThat(AttrChange.of(SetAttr.ofOwner(-1, 1)).valid()).isEqualTo(0x4);
    assertThat(AttrChange.of(SetAttr.ofSize(1)).valid()).isEqualTo(0x8);
    assertThat(AttrChange.of(SetAttr.ofTimes(Time.Now.NOW, null)).valid()).isEqualTo(0x10);
    assertThat(AttrChange.of(SetAttr.ofTimes(null, Time.Now.NOW)).valid()).isEqualTo(0x20);
    assertThat(AttrChange.of(SetAttr.ofTimes(at, null)).valid()).isEqualTo(0x90);
    assertThat(AttrChange.of(SetAttr.ofTimes(null, at)).valid()).isEqualTo(0x120);
  }

  @Test
  void setAttr_ofLinux_isReadWithItsHabits() throws Exception {
    // chmod sends the type with the permissions, and CTIME; times that are not valid are what was
    // in memory.
    AttrChange chmod = new AttrChange(0x41, 0100644, -1, -1, -1, -1, -1, -1, -1);

    assertThat(chmod.toSetAttr()).isEqualTo(SetAttr.ofMode(0644));
    assertThat(new AttrChange(0x40, 0, 0, 0, 0, 0, 0, 0, 0).toSetAttr()).isEqualTo(SetAttr.NOTHING);
    // SET without its bit says nothing, nor do bits that do not exist.
    assertThat(new AttrChange(0xFFFFF180, 0, 0, 0, 0, 0, -1, 0, -1).toSetAttr())
        .isEqualTo(SetAttr.NOTHING);
  }

  @Test
  void setAttr_nanosecondsOutOfRange_areEinvalOnlyIfGiven() throws Exception {
    AttrChange now = new AttrChange(0x30, 0, 0, 0, 0, 0, 1L << 40, 0, -1);
    assertThat(now.toSetAttr()).isEqualTo(SetAttr.ofTimes(Time.Now.NOW, Time.Now.NOW));

    for (long nanos : new long[] {-1, 1_000_000_000L, 1L << 32}) {
      AttrChange given = new AttrChange(0x90, 0, 0, 0, 0, 0, nanos, 0, 0);
      assertThatThrownBy(given::toSetAttr)
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
  }

  private static Stat withMode(int mode) {
    return new Stat(
        new InodeId(1, 2),
        mode,
        1,
        0,
        0,
        0,
        0,
        4096,
        0,
        Timestamp.EPOCH,
        Timestamp.EPOCH,
        Timestamp.EPOCH,
        Timestamp.EPOCH,
        0);
  }
}

package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class DataReplyTest {
  private final DataReply reply = new DataReply();

  @Test
  void end_dataReadInPlace_isTheFrameOfRread() {
    ByteBuffer out = ByteBuffer.allocateDirect(100).position(3);

    reply.begin(P9.RREAD, 0xABCD, 20, out).put(Samples.data("hello"));
    reply.end(5);

    assertThat(written(out, 3))
        .isEqualTo(Samples.frameOf(0xABCD, new BaseReply.Rread(Samples.data("hello"))));
  }

  @Test
  void end_withOffset_isTheFrameOfRreadseq() {
    ByteBuffer out = ByteBuffer.allocate(100);

    reply.begin(P9.RREADSEQ, 7, 20, out).put(Samples.data("hello"));
    reply.end(1L << 40, 5);

    assertThat(written(out, 0))
        .isEqualTo(Samples.frameOf(7, new HandleReply.Rreadseq(1L << 40, Samples.data("hello"))));
  }

  @Test
  void end_value_isTheFrameOfRgetxattr() {
    ByteBuffer out = ByteBuffer.allocate(100);

    reply.begin(P9.RGETXATTR, 7, 5, out).put(Samples.data("hello"));
    reply.end(5);

    assertThat(written(out, 0))
        .isEqualTo(Samples.frameOf(7, new InodeReply.Rgetxattr(Samples.data("hello"))));
  }

  @Test
  void end_nothingRead_isAnEmptyRread() {
    ByteBuffer out = ByteBuffer.allocate(100);

    assertThat(reply.begin(P9.RREAD, 7, 20, out).remaining()).isEqualTo(20);
    reply.end(0);

    assertThat(written(out, 0))
        .isEqualTo(Samples.frameOf(7, new BaseReply.Rread(Samples.data(""))));
  }

  @Test
  void begin_exactlyEnoughRoom_fitsAllOfIt() {
    ByteBuffer out = ByteBuffer.allocate(11 + 4);

    reply.begin(P9.RREAD, 7, 4, out).putInt(1);
    reply.end(4);

    assertThat(out.hasRemaining()).isFalse();
  }

  @Test
  void begin_notEnoughRoom_isAFaultOfTheCaller() {
    assertThatThrownBy(() -> reply.begin(P9.RREAD, 7, 4, ByteBuffer.allocate(14)))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> reply.begin(P9.RREAD, 7, -1, ByteBuffer.allocate(14)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void abandon_thenError_isInItsPlace() {
    ByteBuffer out = ByteBuffer.allocate(100).position(3);

    reply.begin(P9.RREAD, 7, 20, out).put(Samples.data("hello"));
    reply.abandon();

    assertThat(out.position()).isEqualTo(3);
    reply.begin(P9.RREAD, 7, 20, out);
  }

  @Test
  void end_countOrKindThatCannotBe_isAFaultOfTheCaller() {
    ByteBuffer out = ByteBuffer.allocate(100);
    reply.begin(P9.RREAD, 7, 20, out);

    assertThatThrownBy(() -> reply.begin(P9.RREAD, 8, 20, out))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reply.end(21)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reply.end(-1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reply.end(5L, 5)).isInstanceOf(IllegalStateException.class);
    reply.end(20);
    assertThatThrownBy(() -> reply.end(20)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reply.begin(P9.RWRITE, 8, 20, out))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] written(ByteBuffer out, int from) {
    byte[] bytes = new byte[out.position() - from];
    out.get(from, bytes);
    return bytes;
  }
}

package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
  private final FrameReader frames = new FrameReader(Samples.MSIZE);

  @Test
  void next_byteByByte_givesEachFrameWhenItIsWhole() throws Exception {
    for (int i = 0; i < Samples.requests().size(); i++) {
      Request sample = Samples.requests().get(i);
      byte[] frame = Samples.frameOf(i, sample);
      ByteBuffer received = ByteBuffer.allocate(frame.length).limit(0);
      for (int there = 0; there < frame.length; there++) {
        int missing = frames.next(received);
        assertThat(missing).isEqualTo(there < 4 ? 7 - there : frame.length - there);
        assertThat(received.position()).isZero();
        received.limit(there + 1).put(there, frame[there]);
      }
      assertThat(frames.next(received)).isZero();
      assertThat(received.hasRemaining()).isFalse();
      assertThat(frames.tag()).isEqualTo(i);
      assertThat(frames.type()).isEqualTo(sample.type());
      assertThat(frames.request(Dialect.COTERIE_1)).isEqualTo(sample);
    }
  }

  @Test
  void next_chunksOfAnySize_givesAllFramesInOrder() throws Exception {
    var stream = new ByteArrayOutputStream();
    List<Reply> sent = Samples.replies();
    for (int i = 0; i < sent.size(); i++) {
      stream.write(Samples.frameOf(0xFFFF - i, sent.get(i)));
    }
    for (int seed = 0; seed < 50; seed++) {
      assertThat(receive(stream.toByteArray(), new Random(seed))).isEqualTo(sent);
    }
  }

  /** As a connection does it: one buffer, compacted when a frame is not whole. */
  private List<Reply> receive(byte[] stream, Random random) throws Exception {
    List<Reply> replies = new ArrayList<>();
    ByteBuffer received = ByteBuffer.allocateDirect(Samples.MSIZE).limit(0);
    int sent = 0;
    while (sent < stream.length || received.hasRemaining()) {
      int missing = frames.next(received);
      if (missing == 0) {
        assertThat(frames.tag()).isEqualTo(0xFFFF - replies.size());
        replies.add(copied(frames.reply()));
        continue;
      }
      received.compact();
      int chunk = Math.min(1 + random.nextInt(300), stream.length - sent);
      assertThat(chunk).isPositive();
      received.put(stream, sent, Math.min(chunk, received.remaining())).flip();
      sent += chunk;
    }
    return replies;
  }

  /** A reply with data of its own: the buffer is used again. */
  private static Reply copied(Reply reply) {
    return switch (reply) {
      case BaseReply.Rread(ByteBuffer data) -> new BaseReply.Rread(Fields.copy(data));
      case InodeReply.Rgetxattr(ByteBuffer data) -> new InodeReply.Rgetxattr(Fields.copy(data));
      case HandleReply.Rreadseq(long offset, ByteBuffer data) ->
          new HandleReply.Rreadseq(offset, Fields.copy(data));
      case SessionReply.Rdo(List<Reply> replies) ->
          new SessionReply.Rdo(replies.stream().map(FrameReaderTest::copied).toList());
      default -> reply;
    };
  }

  @Test
  void next_sizeLessThanHeader_isRefused() {
    for (int size : new int[] {0, 1, 6, -1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> frames.next(sized(size)))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining(Integer.toUnsignedString(size));
    }
  }

  @Test
  void next_sizeOverMsize_isRefusedBeforeItIsThere() throws Exception {
    assertThat(frames.next(sized(Samples.MSIZE))).isEqualTo(Samples.MSIZE - 4);
    assertThatThrownBy(() -> frames.next(sized(Samples.MSIZE + 1)))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> frames.next(sized(Integer.MAX_VALUE)))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void setMsize_largerFrame_isTakenFromThenOn() throws Exception {
    frames.setMsize(Samples.MSIZE + 1);

    assertThat(frames.next(sized(Samples.MSIZE + 1))).isEqualTo(Samples.MSIZE + 1 - 4);
  }

  @Test
  void next_anotherBuffer_isReadFromItsOwnBytes() throws Exception {
    ByteBuffer first = ByteBuffer.wrap(Samples.frameOf(1, new BaseRequest.Tclunk(11)));
    ByteBuffer second = ByteBuffer.wrap(Samples.frameOf(2, new BaseRequest.Tclunk(22)));

    assertThat(frames.next(first)).isZero();
    assertThat(frames.next(second)).isZero();

    assertThat(frames.request(Dialect.PLAIN)).isEqualTo(new BaseRequest.Tclunk(22));
  }

  @Test
  void request_withoutAFrame_isAFaultOfTheCaller() throws Exception {
    assertThatThrownBy(frames::type).isInstanceOf(IllegalStateException.class);
    ByteBuffer received = ByteBuffer.wrap(Samples.frameOf(1, new BaseRequest.Tclunk(11)));
    assertThat(frames.next(received)).isZero();
    assertThat(frames.next(received)).isPositive();
    assertThatThrownBy(() -> frames.request(Dialect.PLAIN))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void body_ofARelay_isAllBehindTheHeader() throws Exception {
    assertThat(frames.next(ByteBuffer.wrap(Samples.frameOf(1, new BaseRequest.Tflush(0x0102)))))
        .isZero();

    assertThat(frames.body()).isEqualTo(ByteBuffer.wrap(new byte[] {2, 1}));
  }

  private static ByteBuffer sized(int size) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, size);
  }
}

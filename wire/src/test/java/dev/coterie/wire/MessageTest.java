package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Whence;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessageTest {
  private static final int TAG = 0xA1B2;

  static Stream<Message> messages() {
    return Samples.messages();
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_thenDecode_isTheSameMessage(Message message) throws Exception {
    byte[] frame = Samples.frameOf(TAG, message);

    assertThat(Samples.decode(message, Samples.bodyOf(frame))).isEqualTo(message);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_header_hasSizeTypeAndTag(Message message) {
    byte[] frame = Samples.frameOf(TAG, message);

    ByteBuffer header = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(header.getInt()).isEqualTo(frame.length);
    assertThat(Byte.toUnsignedInt(header.get())).isEqualTo(message.type());
    assertThat(Short.toUnsignedInt(header.getShort())).isEqualTo(TAG);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_directBufferBehindOtherBytes_isTheSameFrame(Message message) throws Exception {
    byte[] frame = Samples.frameOf(TAG, message);
    ByteBuffer out = ByteBuffer.allocateDirect(frame.length + 5).position(5);

    message.encode(TAG, out, frame.length);

    byte[] there = new byte[frame.length];
    out.get(5, there);
    assertThat(there).isEqualTo(frame);
    assertThat(out.position()).isEqualTo(5 + frame.length);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_bufferOneByteTooSmall_isEmsgsizeAndMovesNothing(Message message) {
    int size = Samples.frameOf(TAG, message).length;
    ByteBuffer out = ByteBuffer.allocate(size + 2).position(3);

    assertThatThrownBy(() -> message.encode(TAG, out, Samples.MSIZE))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
    assertThat(out.position()).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_oneByteOverMsize_isEmsgsizeAndMovesNothing(Message message) {
    int size = Samples.frameOf(TAG, message).length;
    ByteBuffer out = ByteBuffer.allocate(2 * size).position(3);

    assertThatThrownBy(() -> message.encode(TAG, out, size - 1))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
    assertThat(out.position()).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void encode_twice_givesTheSameBytes(Message message) {
    byte[] first = Samples.frameOf(TAG, message);

    assertThat(Samples.frameOf(TAG, message)).isEqualTo(first);
  }

  @Test
  void samples_coverEveryRecord() {
    Set<Class<?>> sampled =
        Samples.messages().map(Object::getClass).collect(Collectors.toUnmodifiableSet());
    Set<Class<?>> all = recordsOf(Message.class).collect(Collectors.toUnmodifiableSet());

    assertThat(all).hasSize(73 + 72 + 1);
    assertThat(sampled).hasSize(73 + 72).isSubsetOf(all).doesNotContain(UnknownRequest.class);
  }

  @Test
  void types_repliesAreRequestsPlusOne() {
    Set<Integer> requests =
        Samples.requests().stream().map(Message::type).collect(Collectors.toSet());
    Set<Integer> replies =
        Samples.replies().stream().map(Message::type).collect(Collectors.toSet());

    assertThat(requests).allMatch(type -> type % 2 == 0 && type < 256);
    // A Tas or Tonce is answered by its inner request's reply, and Rlerror answers any.
    replies.remove(P9.RLERROR);
    requests.remove(P9.TAS);
    requests.remove(P9.TONCE);
    assertThat(requests.stream().map(type -> type + 1))
        .containsExactlyInAnyOrderElementsOf(replies);
  }

  /** It is the file system that answers ENAMETOOLONG. */
  @Test
  void decode_nameOf65535Bytes_isWhole() throws Exception {
    Request request = new InodeRequest.Tlookup(1, 2, Name.wrap(longestBytes()));

    byte[] frame = Samples.frameOf(TAG, request);

    assertThat(Samples.decode(request, Samples.bodyOf(frame))).isEqualTo(request);
  }

  @Test
  void encode_nameOver16Bits_isEmsgsize() {
    byte[] bytes = Arrays.copyOf(longestBytes(), longestBytes().length + 1);
    Request request = new InodeRequest.Tlookup(1, 2, Name.wrap(bytes));

    assertThatThrownBy(() -> request.encode(TAG, ByteBuffer.allocate(1 << 18), 1 << 18))
        .isInstanceOf(ErrnoException.class);
  }

  @Test
  void encode_xattrListThePeerWouldRefuse_isEmsgsize() throws Exception {
    byte[] bytes = new byte[Limits.XATTR_LIST_BYTES];
    Arrays.fill(bytes, (byte) 'n');
    Reply over = new InodeReply.Rlistxattr(List.of(Name.of(bytes)));
    Reply most = new InodeReply.Rlistxattr(List.of(Name.of(Arrays.copyOf(bytes, 65_535))));

    assertThatThrownBy(() -> over.encode(TAG, ByteBuffer.allocate(1 << 18), 1 << 18))
        .isInstanceOf(ErrnoException.class);
    assertThat(Samples.frameOf(TAG, most)).hasSize(7 + 4 + 65_536);
    assertThatThrownBy(() -> new InodeReply.Rlistxattr(List.of(Name.of(""))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void decode_nameWithNulAndSlash_isLeftToTheFileSystem() throws Exception {
    Request request = new InodeRequest.Tlookup(1, 2, Name.of("a\0/b"));

    assertThat(Samples.decode(request, Samples.bodyOf(Samples.frameOf(TAG, request))))
        .isEqualTo(request);
  }

  @Test
  void encode_writtenData_isLeftAsItWas() {
    ByteBuffer data = ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 9}).position(1).limit(4);

    byte[] frame = Samples.frameOf(TAG, new BaseRequest.Twrite(1, 2, data));

    assertThat(data.position()).isEqualTo(1);
    assertThat(data.limit()).isEqualTo(4);
    assertThat(frame).endsWith(3, 0, 0, 0, 1, 2, 3);
  }

  @Test
  void decode_writtenData_isASliceOfTheFrame() throws Exception {
    byte[] frame = Samples.frameOf(TAG, new BaseRequest.Twrite(1, 2, Samples.data("abc")));
    var request =
        (BaseRequest.Twrite) Request.decode(P9.TWRITE, Samples.bodyOf(frame), Dialect.COTERIE_1);

    frame[frame.length - 1] = 'z';

    assertThat(request.data()).isEqualTo(Samples.data("abz"));
  }

  @Test
  void detached_everyRequest_isEqualAndKeepsNothingOfTheFrame() throws Exception {
    for (Request sample : Samples.requests()) {
      byte[] frame = Samples.frameOf(TAG, sample);
      Request read =
          Request.decode(sample.type(), Samples.bodyOf(frame), Dialect.COTERIE_1).detached();

      Arrays.fill(frame, (byte) 0x55);

      assertThat(read).isEqualTo(sample);
    }
  }

  @Test
  void errorReply_put_isTheFrameOfRlerror() {
    ByteBuffer out = ByteBuffer.allocate(LinuxReply.Rlerror.FRAME_BYTES);

    LinuxReply.Rlerror.put(TAG, Errno.ESTALE, out);

    assertThat(out.array()).isEqualTo(Samples.frameOf(TAG, new LinuxReply.Rlerror(Errno.ESTALE)));
    assertThat(new LinuxReply.Rlerror(116).errno()).isEqualTo(Errno.ESTALE);
    assertThat(new LinuxReply.Rlerror(4711).errno()).isEqualTo(Errno.EIO);
  }

  @Test
  void as_aroundWhatItMayNot_isRefused() {
    List<Request> forbidden =
        List.of(
            new BaseRequest.Tversion(8192, "9P2000.L"),
            new BaseRequest.Tauth(1, "", "", 0),
            new BaseRequest.Tattach(1, 2, "", "", 0),
            new BaseRequest.Tflush(1),
            new SessionRequest.Tas(Samples.CALLER, new BaseRequest.Tclunk(1)));
    for (Request inner : forbidden) {
      assertThatThrownBy(() -> new SessionRequest.Tas(Samples.CALLER, inner))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void as_overhead_isWhatItAddsToTheFrame() {
    Request inner = new BaseRequest.Tclunk(1);
    int alone = Samples.frameOf(TAG, inner).length;
    int named = Samples.frameOf(TAG, new SessionRequest.Tas(Samples.CALLER, inner)).length;

    assertThat(SessionRequest.Tas.overheadBytes(Samples.CALLER)).isEqualTo(named - alone);
  }

  @Test
  void fsync_withoutDatasync_isWholeFsync() throws Exception {
    ByteBuffer body = ByteBuffer.wrap(new byte[] {7, 0, 0, 0});

    assertThat(Request.decode(P9.TFSYNC, body, Dialect.PLAIN))
        .isEqualTo(new LinuxRequest.Tfsync(7, false));
  }

  @Test
  void seek_whence_goesThereAndBack() throws Exception {
    // SEEK_SET to SEEK_HOLE, as lseek(2) numbers them.
    List<Whence> all = List.of(Whence.SET, Whence.CUR, Whence.END, Whence.DATA, Whence.HOLE);
    assertThat(all).hasSameSizeAs(Whence.values());
    for (int number = 0; number < all.size(); number++) {
      assertThat(HandleRequest.Tseek.whence(all.get(number))).isEqualTo(number);
      assertThat(new HandleRequest.Tseek(1, number, 0).from()).isEqualTo(all.get(number));
    }
    assertThatThrownBy(() -> new HandleRequest.Tseek(1, 5, 0).from())
        .isInstanceOf(ErrnoException.class);
  }

  @Test
  void mknod_rdev_isMakedev() {
    assertThat(new LinuxRequest.Tmknod(1, Samples.name("n"), 2, 0x8, 0x1, 3).rdev())
        .isEqualTo(0x801);
    // makedev(0xABC, 0xFEDCB): the kernel's new_encode_dev gives the same number.
    assertThat(new LinuxRequest.Tmknod(1, Samples.name("n"), 2, 0xABC, 0xFEDCB, 3).rdev())
        .isEqualTo(0xFEDABCCBL);
  }

  @Test
  void ioCount_anyCount_leavesRoomForTheHeader() {
    assertThat(P9.ioCount(100, 8192)).isEqualTo(100);
    assertThat(P9.ioCount(8192 - 24, 8192)).isEqualTo(8168);
    assertThat(P9.ioCount(8192 - 23, 8192)).isEqualTo(8168);
    assertThat(P9.ioCount(-1, 8192)).isEqualTo(8168);
    assertThat(P9.ioCount(0, 8192)).isZero();
  }

  private static byte[] longestBytes() {
    byte[] bytes = new byte[0xFFFF];
    Arrays.fill(bytes, (byte) 'n');
    return bytes;
  }

  private static Stream<Class<?>> recordsOf(Class<?> type) {
    Class<?>[] permitted = type.getPermittedSubclasses();
    return permitted == null
        ? Stream.of(type)
        : Arrays.stream(permitted).flatMap(MessageTest::recordsOf);
  }
}

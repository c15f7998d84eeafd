package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever bytes come, the answer is a message or a ProtocolException, and no more memory than the
 * bytes account for.
 */
class MalformedTest {
  private static final int FUZZ_ROUNDS = Boolean.getBoolean("coterie.full") ? 5_000_000 : 50_000;
  private static final long FIXED_SEED = 42;

  /**
   * An empty or one-byte entry of a list becomes a few objects; no frame grows by more than this
   * factor.
   */
  private static final int GROWTH_MAX = 64;

  private static final int ALLOCATED_FREE_BYTES = 8192;

  private static List<Message> messages() {
    return Samples.messages().toList();
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_everyTruncation_isRefused(Message message) {
    ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, message));
    for (int length = 0; length < body.capacity(); length++) {
      ByteBuffer part = body.slice(0, length);
      if (message instanceof LinuxRequest.Tfsync && length == 4) {
        continue; // the old form
      }
      assertThatThrownBy(() -> Samples.decode(message, part))
          .as("%s cut to %d bytes", message, length)
          .isInstanceOf(ProtocolException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_trailingByte_isRefused(Message message) {
    byte[] frame = Samples.frameOf(1, message);
    ByteBuffer longer = Samples.bodyOf(Arrays.copyOf(frame, frame.length + 1));

    assertThatThrownBy(() -> Samples.decode(message, longer)).isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_everySingleByteMutation_decodesOrIsRefused(Message message) {
    byte[] body = bytesOf(Samples.bodyOf(Samples.frameOf(1, message)));
    for (int i = 0; i < body.length; i++) {
      byte was = body[i];
      for (int value = 0; value < 256; value++) {
        body[i] = (byte) value;
        decodeOrRefuse(message instanceof Request, message.type(), body);
      }
      body[i] = was;
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_everyOtherType_decodesOrIsRefused(Message message) {
    byte[] body = bytesOf(Samples.bodyOf(Samples.frameOf(1, message)));
    for (int type = 0; type < 256; type++) {
      decodeOrRefuse(true, type, body);
      decodeOrRefuse(false, type, body);
    }
  }

  @Test
  void decode_fuzzFixedSeed_decodesOrIsRefused() {
    fuzz(FIXED_SEED);
  }

  @Test
  void decode_fuzzFreshSeed_decodesOrIsRefused() {
    long seed = Long.getLong("coterie.seed", new Random().nextLong());
    System.out.println("MalformedTest seed " + seed);
    fuzz(seed);
  }

  private static void fuzz(long seed) {
    var random = new Random(seed);
    List<Message> samples = messages();
    List<byte[]> bodies =
        samples.stream()
            .map(sample -> bytesOf(Samples.bodyOf(Samples.frameOf(1, sample))))
            .toList();
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      boolean request = random.nextBoolean();
      int type = random.nextInt(256);
      byte[] body = new byte[random.nextInt(200)];
      random.nextBytes(body);
      if (random.nextBoolean()) {
        int chosen = random.nextInt(samples.size());
        request = samples.get(chosen) instanceof Request;
        type = samples.get(chosen).type();
        body = bodies.get(chosen).clone();
        damage(body, random);
      }
      try {
        decodeOrRefuse(request, type, body);
      } catch (Throwable t) {
        throw new AssertionError("seed " + seed + " round " + round, t);
      }
    }
  }

  private static void damage(byte[] body, RandomGenerator random) {
    for (int i = random.nextInt(6); i > 0 && body.length > 0; i--) {
      body[random.nextInt(body.length)] = (byte) random.nextInt(256);
    }
  }

  /** What is read can be written, and what was written is read as the same. */
  private static void decodeOrRefuse(boolean request, int type, byte[] body) {
    try {
      Message message = decode(request, type, ByteBuffer.wrap(body));
      if (message instanceof UnknownRequest
          || message instanceof SessionRequest.Tas as && as.inner() instanceof UnknownRequest) {
        return;
      }
      ByteBuffer out = ByteBuffer.allocate(4 * body.length + 64);
      message.encode(1, out, out.capacity());
      ByteBuffer again = out.flip().position(P9.HEADER_BYTES).slice();
      if (!decode(request, type, again).equals(message)) {
        throw new AssertionError("written and read, it is no longer " + message);
      }
    } catch (ProtocolException expected) {
      return;
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
  }

  private static Message decode(boolean request, int type, ByteBuffer body)
      throws ProtocolException {
    return request ? Request.decode(type, body, Dialect.COTERIE_1) : Reply.decode(type, body);
  }

  @Test
  void decode_everyMutation_allocatesNoMoreThanTheFrameAccountsFor() {
    allocationsOfMutations(); // the first round loads classes
    assertThat(allocationsOfMutations()).isEmpty();
  }

  private static List<String> allocationsOfMutations() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<String> faults = new ArrayList<>();
    for (Message message : messages()) {
      byte[] body = bytesOf(Samples.bodyOf(Samples.frameOf(1, message)));
      for (int i = 0; i < body.length; i++) {
        byte was = body[i];
        body[i] = (byte) 0xFF;
        ByteBuffer in = ByteBuffer.wrap(body);
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
          decode(message instanceof Request, message.type(), in);
        } catch (ProtocolException expected) {
          body[i] = was; // as below; the exception itself counts too
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        body[i] = was;
        if (allocated > ALLOCATED_FREE_BYTES + (long) GROWTH_MAX * body.length) {
          faults.add(message + " byte " + i + ": " + allocated);
        }
      }
    }
    return faults;
  }

  @Test
  void decode_smallestEntries_growByALimitedFactor() throws Exception {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ByteBuffer names = ByteBuffer.allocate(4 + Limits.XATTR_LIST_BYTES);
    names.order(ByteOrder.LITTLE_ENDIAN).putInt(Limits.XATTR_LIST_BYTES);
    while (names.hasRemaining()) {
      names.put((byte) 'a').put((byte) 0);
    }
    Reply.decode(P9.RLISTXATTR, names.flip().duplicate());
    long before = threads.getCurrentThreadAllocatedBytes();
    Reply.decode(P9.RLISTXATTR, names);

    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .isLessThan((long) GROWTH_MAX * names.capacity());
  }

  @Test
  void decode_walkOf17Names_isRefused() throws Exception {
    ByteBuffer body = little(10 + 17 * 2).putInt(1).putInt(2).putShort((short) 17);

    assertThatThrownBy(() -> Request.decode(P9.TWALK, body.rewind(), Dialect.PLAIN))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("17");
    body.putShort(8, (short) 16);
    ByteBuffer most = body.limit(10 + 16 * 2).rewind();
    var walk = (BaseRequest.Twalk) Request.decode(P9.TWALK, most, Dialect.PLAIN);
    assertThat(walk.names()).hasSize(16);
  }

  @Test
  void decode_asWithGroups_upToTheLimit() throws Exception {
    var most = (SessionRequest.Tas) Request.decode(P9.TAS, as(Limits.GROUPS), Dialect.COTERIE_1);
    assertThat(most.caller().groups()).hasSize(Limits.GROUPS);

    ByteBuffer over = as(Limits.GROUPS + 1);
    assertThatThrownBy(() -> Request.decode(P9.TAS, over, Dialect.COTERIE_1))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("groups");
  }

  @Test
  void decode_asAroundWhatItMayNot_isRefused() {
    for (int inner :
        new int[] {P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TSESSION, P9.TONCE, P9.TAS}) {
      ByteBuffer body = as(0);
      body.put(body.limit() - 5, (byte) inner);
      assertThatThrownBy(() -> Request.decode(P9.TAS, body, Dialect.COTERIE_1))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("Tas around type " + inner);
    }
  }

  @Test
  void decode_onceAroundWhatItMayNot_isRefused() {
    for (int inner :
        new int[] {P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TSESSION, P9.TONCE}) {
      ByteBuffer body = little(13).putInt(0).putInt(1).put((byte) inner).putInt(0).flip();
      assertThatThrownBy(() -> Request.decode(P9.TONCE, body, Dialect.COTERIE_1))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("Tonce around type " + inner);
    }
  }

  // ---- several in one message ----

  @Test
  void decode_doAroundWhatItMayNot_isRefused() {
    for (int inner :
        new int[] {
          P9.TVERSION, P9.TAUTH, P9.TATTACH, P9.TFLUSH, P9.TSESSION, P9.TONCE, P9.TAS, P9.TDO
        }) {
      assertThatThrownBy(() -> decodeDo(several(1, 11, inner, 0)))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("Tdo around type " + inner);
    }
    assertThatThrownBy(() -> Reply.decode(P9.RDO, replies(1, 9, P9.RDO, 0).putShort(9, (short) 1)))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("Rdo around type " + P9.RDO);
  }

  @Test
  void decode_doOfNoneOrTooMany_isRefused() throws Exception {
    for (int count : new int[] {0, Limits.COMPOUND_OPERATIONS + 1, 0xFFFF}) {
      assertThatThrownBy(() -> decodeDo(several(count, 11, P9.TCLUNK, 0)))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("frames in a message: " + count);
      assertThatThrownBy(() -> Reply.decode(P9.RDO, replies(count, 7, P9.RCLUNK, 0)))
          .isInstanceOf(ProtocolException.class)
          .hasMessage("frames in a message: " + count);
    }
    Request most =
        new SessionRequest.Tdo(
            0,
            Collections.nCopies(Limits.COMPOUND_OPERATIONS, (Request) new BaseRequest.Tclunk(5)));
    assertThat(decodeDo(Samples.bodyOf(Samples.frameOf(1, most)))).isEqualTo(most);
  }

  /** Each size inside is held against what is left, and against what its request needs. */
  @Test
  void decode_doWithAnotherSizeInside_isRefused() throws Exception {
    for (int size : new int[] {-1, 0, 6, 7, 10, 12, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> decodeDo(several(1, size, P9.TCLUNK, 0)))
          .as("%s", size)
          .isInstanceOf(ProtocolException.class);
      assertThatThrownBy(
              () -> Reply.decode(P9.RDO, replies(1, size == 7 ? 8 : size, P9.RCLUNK, 0)))
          .as("%s", size)
          .isInstanceOf(ProtocolException.class);
    }
    assertThat(decodeDo(several(1, 11, P9.TCLUNK, 0)).requests())
        .isEqualTo(List.of(new BaseRequest.Tclunk(5)));
  }

  @Test
  void decode_doWithoutItsPlaceAsTag_isRefused() {
    assertThatThrownBy(() -> decodeDo(several(1, 11, P9.TCLUNK, 1)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("place");
    assertThatThrownBy(() -> Reply.decode(P9.RDO, replies(1, 7, P9.RCLUNK, 1)))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("place");
  }

  /** A count inside a request cannot reach into the next one. */
  @Test
  void decode_doWithDataBeyondItsRequest_isRefused() {
    Request both =
        new SessionRequest.Tdo(
            0,
            List.of(
                new BaseRequest.Twrite(1, 2, ByteBuffer.wrap(new byte[4])),
                new BaseRequest.Tclunk(5)));
    ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, both)).order(ByteOrder.LITTLE_ENDIAN);
    int count = body.position() + 6 + 7 + 4 + 8;
    body.putInt(count, 5);
    assertThatThrownBy(() -> decodeDo(body)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void decode_doAroundUnknown_isKnownAsThat() throws Exception {
    assertThat(decodeDo(several(1, 11, 198, 0)).requests())
        .isEqualTo(List.of(new UnknownRequest(198)));
  }

  private static SessionRequest.Tdo decodeDo(ByteBuffer body) throws ProtocolException {
    return (SessionRequest.Tdo) Request.decode(P9.TDO, body, Dialect.COTERIE_1);
  }

  /** A Tdo around one request with four bytes of body. */
  private static ByteBuffer several(int count, int size, int type, int tag) {
    ByteBuffer body = little(17).putInt(0).putShort((short) count);
    return body.putInt(size).put((byte) type).putShort((short) tag).putInt(5).flip();
  }

  /** An Rdo around one reply without body, but for an Rdo. */
  private static ByteBuffer replies(int count, int size, int type, int tag) {
    ByteBuffer body = little(2 + Math.clamp(size, 7, 16)).putShort((short) count);
    return body.putInt(size).put((byte) type).putShort((short) tag).rewind();
  }

  @Test
  void decode_asAroundUnknown_isKnownAsThat() throws Exception {
    ByteBuffer body = as(0);
    body.put(body.limit() - 5, (byte) 198);

    assertThat(Request.decode(P9.TAS, body, Dialect.COTERIE_1))
        .isInstanceOfSatisfying(
            SessionRequest.Tas.class,
            as -> assertThat(as.inner()).isEqualTo(new UnknownRequest(198)));
  }

  /** A Tas around a Tclunk. */
  private static ByteBuffer as(int groups) {
    ByteBuffer body = little(19 + 4 * groups + 4);
    body.putInt(1).putInt(2).putShort((short) groups).position(body.position() + 4 * groups);
    return body.putInt(3).putInt(4).put((byte) P9.TCLUNK).putInt(5).flip();
  }

  @Test
  void decode_typeOfNoDialect_isUnknownAndSkipped() throws Exception {
    for (int type : new int[] {6, 7, 98, 101, 106, 112, 114, 124, 126, 191, 198, 255}) {
      ByteBuffer body = ByteBuffer.allocate(10);
      assertThat(Request.decode(type, body, Dialect.COTERIE_1)).isEqualTo(new UnknownRequest(type));
      assertThat(body.hasRemaining()).isFalse();
    }
  }

  @Test
  void decode_ourTypeInPlainDialect_isUnknown() throws Exception {
    for (Request request : Samples.requests()) {
      ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, request));
      Request read = Request.decode(request.type(), body, Dialect.PLAIN);
      assertThat(read)
          .isEqualTo(request.type() < 160 ? request : new UnknownRequest(request.type()));
    }
  }

  @Test
  void decode_beforeTversion_nothingElseIsKnown() throws Exception {
    for (Request request : Samples.requests()) {
      ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, request));
      Request read = Request.decode(request.type(), body, Dialect.UNKNOWN);
      assertThat(read)
          .isEqualTo(
              request instanceof BaseRequest.Tversion
                  ? request
                  : new UnknownRequest(request.type()));
    }
  }

  @Test
  void decode_replyOfUnknownType_isRefused() {
    for (int type : new int[] {0, 6, 100, 106, 107, 197, 199, 207}) {
      assertThatThrownBy(() -> Reply.decode(type, ByteBuffer.allocate(0)))
          .isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void decode_attributesOutOfRange_areRefused() throws Exception {
    // nanoseconds of atime, block size, generation: each one over what it can be
    assertAttrsRefused(8 + 13 + 12 + 5 * 8 + 8, 1_000_000_000L);
    assertAttrsRefused(8 + 13 + 12 + 3 * 8, 1L << 31);
    assertAttrsRefused(153 - 16, 1L << 32);
    assertAttrsRefused(0, P9.GETATTR_BASIC);
    assertAttrsRefused(0, 0);
  }

  private static void assertAttrsRefused(int at, long value) {
    ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, new InodeReply.Rlookup(Samples.STAT)));
    body.putLong(at, value);
    assertThatThrownBy(() -> Reply.decode(P9.RLOOKUP, body)).isInstanceOf(ProtocolException.class);
  }

  /** Leases that are announced are there, as many as are said. */
  @Test
  void decode_opening_refusesLeasesThatAreNot() throws Exception {
    HeldLease lease = new HeldLease(Samples.STAT.id(), 0, 1, 2);
    HandleReply.Ropen reply = new HandleReply.Ropen(Samples.STAT, List.of(lease), 0);
    int count = Attrs.BYTES;
    for (int wrong : new int[] {0, 2, 255}) {
      ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, reply)).put(count, (byte) wrong);
      assertThatThrownBy(() -> Reply.decode(P9.ROPEN, body)).isInstanceOf(ProtocolException.class);
    }
    ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, reply));
    assertThat(Reply.decode(P9.ROPEN, body)).isEqualTo(reply);
    ByteBuffer unsaid = Samples.bodyOf(Samples.frameOf(1, reply)).putLong(0, P9.GETATTR_ALL);
    assertThatThrownBy(() -> Reply.decode(P9.ROPEN, unsaid)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void decode_xattrList_refusesEmptyNamesAndMissingEnds() {
    for (String list : List.of("\0", "a\0\0", "a", "a\0b")) {
      ByteBuffer body = little(4 + list.length()).putInt(list.length());
      body.put(Samples.data(list)).flip();
      assertThatThrownBy(() -> Reply.decode(P9.RLISTXATTR, body))
          .isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void decode_xattrListOverTheLimit_isRefused() throws Exception {
    ByteBuffer names = little(4 + Limits.XATTR_LIST_BYTES + 1).putInt(Limits.XATTR_LIST_BYTES + 1);
    while (names.remaining() > 1) {
      names.put((byte) 'a');
    }
    names.put((byte) 0).rewind();
    assertThatThrownBy(() -> Reply.decode(P9.RLISTXATTR, names))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("65537");

    ByteBuffer most = names.slice(0, 4 + Limits.XATTR_LIST_BYTES);
    most.order(ByteOrder.LITTLE_ENDIAN).putInt(0, Limits.XATTR_LIST_BYTES);
    most.put(most.limit() - 1, (byte) 0);
    assertThat(Reply.decode(P9.RLISTXATTR, most)).isInstanceOf(InodeReply.Rlistxattr.class);
  }

  @Test
  void decode_countOfEntriesThatIsNotTheRest_isRefused() throws Exception {
    for (Message message : messages()) {
      int countAt =
          switch (message.type()) {
            case P9.RREADDIR, P9.RLISTXATTR -> 0;
            case P9.RREADDIRX -> 4;
            default -> -1;
          };
      if (countAt >= 0) {
        ByteBuffer body = Samples.bodyOf(Samples.frameOf(1, message));
        int count = body.getInt(countAt);
        assertThat(Samples.decode(message, body.rewind())).isEqualTo(message);
        for (int lie : new int[] {count - 1, count + 1, 0, -1}) {
          body.putInt(countAt, lie);
          assertThatThrownBy(() -> Samples.decode(message, body.rewind()))
              .isInstanceOf(ProtocolException.class);
        }
      }
    }
  }

  private static ByteBuffer little(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] bytesOf(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}

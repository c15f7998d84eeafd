package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.wire.P9;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A client that sends frames put together by hand, for one thread. */
public final class RawClient implements AutoCloseable {
  public static final String PLAIN = "9P2000.L";
  public static final String DIALECT = "9P2000.L.coterie.1";
  public static final int MSIZE = 1 << 16;

  /** The fid that {@link #attached} clients have for the root. */
  public static final int ROOT = 0;

  private static final int TAGS = 60_000;

  /** How long a reply may take before the test has failed. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SocketChannel channel;
  private final Selector selector = Selector.open();
  private int msize = MSIZE;
  private int lastTag;

  private RawClient(SocketAddress address) throws IOException {
    channel = SocketChannel.open(address);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
  }

  public static RawClient connect(Path socket) throws IOException {
    return new RawClient(UnixDomainSocketAddress.of(socket));
  }

  public static RawClient connect(int port) throws IOException {
    return new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** A client with a version agreed and {@link #ROOT} attached as the peer itself. */
  public static RawClient attached(Path socket, String version) throws IOException {
    RawClient client = connect(socket);
    client.version(MSIZE, version);
    client.attach(ROOT, P9.NONUNAME);
    return client;
  }

  public SocketChannel channel() {
    return channel;
  }

  // ---- frames ----

  public void sendBytes(byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      if (channel.write(left) == 0) {
        awaitReady(SelectionKey.OP_WRITE);
      }
    }
  }

  public void send(int tag, Frame frame) throws IOException {
    sendBytes(frame.toBytes(tag));
  }

  /** Sends frames so that the leader has the last of them when it looks at the first. */
  public void sendTogether(byte[]... frames) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] frame : frames) {
      all.writeBytes(frame);
    }
    sendBytes(all.toByteArray());
  }

  public Reply receive() throws IOException {
    ByteBuffer header = read(P9.HEADER_BYTES);
    int size = header.getInt();
    int type = Byte.toUnsignedInt(header.get());
    int tag = Short.toUnsignedInt(header.getShort());
    assertThat(size).as("size of a reply of type %s", type).isBetween(P9.HEADER_BYTES, msize);
    return new Reply(type, tag, read(size - P9.HEADER_BYTES));
  }

  private ByteBuffer read(int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int came = channel.read(bytes);
      if (came < 0) {
        throw new EOFException("the leader ended the connection");
      }
      if (came == 0) {
        awaitReady(SelectionKey.OP_READ);
      }
    }
    return bytes.flip();
  }

  private void awaitReady(int what) throws IOException {
    channel.keyFor(selector).interestOps(what);
    int ready = selector.select(PATIENCE.toMillis());
    selector.selectedKeys().clear();
    assertThat(ready).as("the leader within %s", PATIENCE).isPositive();
  }

  /** Whether there is something to receive now. */
  public boolean hasReply() throws IOException {
    channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
    int ready = selector.selectNow();
    selector.selectedKeys().clear();
    return ready > 0;
  }

  /** Whether the leader has ended the connection; waits for that or for a reply. */
  public boolean isEnded() {
    try {
      receive();
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  public int nextTag() {
    lastTag = lastTag % TAGS + 1;
    return lastTag;
  }

  public Reply call(Frame frame) throws IOException {
    int tag = nextTag();
    send(tag, frame);
    Reply reply = receive();
    assertThat(reply.tag()).as("tag of %s", reply).isEqualTo(tag);
    assertThat(reply.type())
        .as("answer to type %s", frame.type())
        .isIn(frame.type() + 1, P9.RLERROR);
    return reply;
  }

  /** Sends a request that must succeed. */
  public Reply ok(Frame frame) throws IOException {
    Reply reply = call(frame);
    assertThat(reply.type()).as("answer to type %s: %s", frame.type(), reply).isNotEqualTo(7);
    return reply;
  }

  /** Sends a request that must fail with this error. */
  public void fails(Errno errno, Frame frame) throws IOException {
    Reply reply = call(frame);
    assertThat(reply.isError()).as("answer to type %s: %s", frame.type(), reply).isTrue();
    assertThat(Errno.of(reply.errno())).as("error of type %s", frame.type()).isEqualTo(errno);
  }

  // ---- the messages that most tests need ----

  public Reply version(int proposedMsize, String proposed) throws IOException {
    send(P9.NOTAG, Frame.of(P9.TVERSION).u4(proposedMsize).name(proposed));
    Reply reply = receive();
    assertThat(reply.tag()).isEqualTo(P9.NOTAG);
    if (!reply.isError()) {
      msize = reply.body().getInt(0);
    }
    return reply;
  }

  public int msize() {
    return msize;
  }

  public void attach(int fid, int uid) throws IOException {
    ok(attachFrame(fid, uid, ""));
  }

  public static Frame attachFrame(int fid, int uid, String tree) {
    return Frame.of(P9.TATTACH).u4(fid).u4(P9.NOFID).name("").name(tree).u4(uid);
  }

  public static Frame walkFrame(int fid, int newFid, String... names) {
    Frame frame = Frame.of(P9.TWALK).u4(fid).u4(newFid).u2(names.length);
    List.of(names).forEach(frame::name);
    return frame;
  }

  public void walk(int fid, int newFid, String... names) throws IOException {
    Reply reply = ok(walkFrame(fid, newFid, names));
    assertThat(reply.body().getShort()).as("names walked").isEqualTo((short) names.length);
  }

  public static Frame openFrame(int fid, int flags) {
    return Frame.of(P9.TLOPEN).u4(fid).u4(flags);
  }

  /** Moves {@code fid}, a directory, to a new file that is open. */
  public static Frame createFrame(int fid, String name, int flags, int mode) {
    return Frame.of(P9.TLCREATE).u4(fid).name(name).u4(flags).u4(mode).u4(0);
  }

  /** A new file under the root, open as {@code fid}. */
  public void create(int fid, String name) throws IOException {
    walk(ROOT, fid);
    ok(createFrame(fid, name, 2, 0644));
  }

  public static Frame mkdirFrame(int fid, String name, int mode, int gid) {
    return Frame.of(P9.TMKDIR).u4(fid).name(name).u4(mode).u4(gid);
  }

  public static Frame readFrame(int fid, long offset, int count) {
    return Frame.of(P9.TREAD).u4(fid).u8(offset).u4(count);
  }

  public static Frame writeFrame(int fid, long offset, byte[] data) {
    return Frame.of(P9.TWRITE).u4(fid).u8(offset).data(data);
  }

  public byte[] read(int fid, long offset, int count) throws IOException {
    return ok(readFrame(fid, offset, count)).data();
  }

  public int write(int fid, long offset, byte[] data) throws IOException {
    return ok(writeFrame(fid, offset, data)).body().getInt();
  }

  public static Frame clunkFrame(int fid) {
    return Frame.of(P9.TCLUNK).u4(fid);
  }

  public void clunk(int fid) throws IOException {
    ok(clunkFrame(fid));
  }

  public static Frame getattrFrame(int fid) {
    return Frame.of(P9.TGETATTR).u4(fid).u8(P9.GETATTR_ALL);
  }

  public Attrs getattr(int fid) throws IOException {
    return Attrs.of(ok(getattrFrame(fid)).body());
  }

  /** Some of the 153 bytes. */
  public record Attrs(
      int qidType,
      int qidVersion,
      long number,
      int mode,
      int uid,
      int gid,
      long nlink,
      long size,
      long mtime) {
    static Attrs of(ByteBuffer b) {
      b.getLong();
      int qidType = Byte.toUnsignedInt(b.get());
      int qidVersion = b.getInt();
      long number = b.getLong();
      int mode = b.getInt();
      int uid = b.getInt();
      int gid = b.getInt();
      long nlink = b.getLong();
      b.getLong();
      long size = b.getLong();
      b.getLong();
      b.getLong();
      b.getLong();
      b.getLong();
      return new Attrs(qidType, qidVersion, number, mode, uid, gid, nlink, size, b.getLong());
    }
  }

  public static Frame setSizeFrame(int fid, long size) {
    return setattrFrame(fid, P9.SETATTR_SIZE, 0, 0, 0, size);
  }

  public static Frame setattrFrame(int fid, int valid, int mode, int uid, int gid, long size) {
    return Frame.of(P9.TSETATTR)
        .u4(fid)
        .u4(valid)
        .u4(mode)
        .u4(uid)
        .u4(gid)
        .u8(size)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(0);
  }

  public static Frame unlinkFrame(int fid, String name, int flags) {
    return Frame.of(P9.TUNLINKAT).u4(fid).name(name).u4(flags);
  }

  public static Frame fsyncFrame(int fid) {
    return Frame.of(P9.TFSYNC).u4(fid).u4(0);
  }

  public static Frame flushFrame(int oldTag) {
    return Frame.of(P9.TFLUSH).u2(oldTag);
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}

package dev.coterie.gates.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.gates.fuse.kernel.Kernel;
import dev.coterie.gates.fuse.kernel.Opcode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The kernel's side of a mount, so that a gate can be tested without one. */
final class FakeKernel implements Kernel {
  private static final byte[] END = new byte[0];
  private static final int HEADER_BYTES = 40;

  private final LinkedBlockingQueue<byte[]> requests = new LinkedBlockingQueue<>();
  private final ConcurrentHashMap<Long, LinkedBlockingQueue<Reply>> replies =
      new ConcurrentHashMap<>();
  private final AtomicLong uniques = new AtomicLong();

  /** Replies to these are refused with ENOENT, as when whoever asked has been killed. */
  private final ConcurrentHashMap<Long, CountDownLatch> killed = new ConcurrentHashMap<>();

  /** What came back: an errno as the kernel sees it, and the body. */
  record Reply(int error, ByteBuffer body) {}

  /** Puts a body together, little endian. */
  static final class Body {
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    Body int32(int value) {
      bytes.putInt(value);
      return this;
    }

    Body int64(long value) {
      bytes.putLong(value);
      return this;
    }

    Body text(String text) {
      bytes.put(text.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
      return this;
    }

    Body data(byte[] data) {
      bytes.put(data);
      return this;
    }

    private byte[] toBytes() {
      byte[] result = new byte[bytes.position()];
      bytes.get(0, result);
      return result;
    }
  }

  static Body body() {
    return new Body();
  }

  /** Sends a request as root, and answers its number. */
  long send(Opcode opcode, long nodeId, Body body) {
    return send(opcode, nodeId, body, 0, uniques.addAndGet(2));
  }

  long send(Opcode opcode, long nodeId, Body body, int uid, long unique) {
    byte[] bytes = body.toBytes();
    ByteBuffer frame =
        ByteBuffer.allocate(HEADER_BYTES + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putInt(frame.capacity()).putInt(opcode.number()).putLong(unique).putLong(nodeId);
    frame.putInt(uid).putInt(uid).putInt(0).putInt(0).put(bytes);
    replies.putIfAbsent(unique, new LinkedBlockingQueue<>());
    requests.add(frame.array());
    return unique;
  }

  /** Sends bytes as they are. */
  void sendRaw(byte[] frame) {
    requests.add(frame);
  }

  /** Whoever sent this request is gone: its reply will not be taken. */
  void kill(long unique) {
    killed.put(unique, new CountDownLatch(1));
  }

  /** Waits until the reply to such a request has been refused. */
  void awaitRefused(long unique) throws InterruptedException {
    CountDownLatch refused = killed.get(unique);
    if (refused == null || !refused.await(30, TimeUnit.SECONDS)) {
      throw new AssertionError("no reply to request " + unique + ", which was to be refused");
    }
  }

  Reply await(long unique) throws InterruptedException {
    LinkedBlockingQueue<Reply> queue =
        replies.computeIfAbsent(unique, key -> new LinkedBlockingQueue<>());
    Reply reply = queue.poll(30, TimeUnit.SECONDS);
    if (reply == null) {
      throw new AssertionError("no reply to request " + unique);
    }
    return reply;
  }

  Reply call(Opcode opcode, long nodeId, Body body) throws InterruptedException {
    return await(send(opcode, nodeId, body));
  }

  /** Whether nothing has come back for a request. */
  boolean isSilent(long unique) {
    LinkedBlockingQueue<Reply> queue = replies.get(unique);
    return queue == null || queue.isEmpty();
  }

  /** Ends the mount. */
  void end() {
    requests.add(END);
  }

  @Override
  public int receive(MemorySegment buffer) throws ErrnoException {
    try {
      byte[] frame = requests.take();
      if (frame.length == 0) {
        requests.add(END); // for the other readers
        return -1;
      }
      MemorySegment.copy(frame, 0, buffer, JAVA_BYTE, 0, frame.length);
      return frame.length;
    } catch (InterruptedException e) {
      throw new ErrnoException(Errno.EINTR);
    }
  }

  @Override
  public void gather(MemorySegment parts, int count, long length) throws ErrnoException {
    MemorySegment frame = Arena.ofAuto().allocate(length);
    long at = 0;
    for (int i = 0; i < count; i++) {
      long bytes = parts.get(JAVA_LONG, 16L * i + 8);
      MemorySegment part =
          MemorySegment.ofAddress(parts.get(JAVA_LONG, 16L * i)).reinterpret(bytes);
      MemorySegment.copy(part, 0, frame, at, bytes);
      at += bytes;
    }
    send(frame, length);
  }

  @Override
  public void send(MemorySegment frame, long length) throws ErrnoException {
    ByteBuffer reply =
        ByteBuffer.wrap(frame.asSlice(0, length).toArray(JAVA_BYTE)).order(ByteOrder.LITTLE_ENDIAN);
    int said = reply.getInt();
    if (said != length) {
      throw new AssertionError("a reply of " + length + " bytes says it has " + said);
    }
    int error = reply.getInt();
    long unique = reply.getLong();
    CountDownLatch refused = killed.get(unique);
    if (refused != null) {
      refused.countDown();
      throw new ErrnoException(Errno.ENOENT);
    }
    replies
        .computeIfAbsent(unique, key -> new LinkedBlockingQueue<>())
        .add(new Reply(-error, reply.slice().order(ByteOrder.LITTLE_ENDIAN)));
  }
}

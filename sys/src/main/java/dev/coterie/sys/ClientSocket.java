package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connecting end of a unix socket. It never blocks but in {@link #await}, which an interrupt, a
 * {@link #wakeup} or the socket's end makes return; for platform threads, as a call that blocks
 * pins a virtual thread's carrier.
 *
 * <p>Any thread may write or close while another waits or reads: the descriptor is given back to
 * the kernel when the last call on it has returned.
 */
public final class ClientSocket implements AutoCloseable {
  // Values of x86-64 and aarch64 Linux: bits/socket.h, asm-generic/socket.h, asm-generic/poll.h.
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDTIMEO = 21;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final short POLLIN = 1;
  private static final short POLLIN_OR_OUT = 5;
  private static final int SHUT_WR = 1;
  private static final int SHUT_RDWR = 2;

  /** struct pollfd: fd[4] events[2] revents[2]. */
  private static final int POLLFD_BYTES = 8;

  private static final int EVENTS = 4;
  private static final int REVENTS = 6;

  /** How long connect(2) waits for its place in the queue before somebody looks at the clock. */
  private static final int CONNECT_MICROS = 50_000;

  /** Set in {@link #uses} when nobody may begin a call any more. */
  private static final int CLOSED = 1 << 30;

  private final int fd;
  private final EventCounter wakes;
  private final AtomicBoolean woken =
      new AtomicBoolean(); // the counter is not 0, or about not to be
  private final AtomicInteger uses = new AtomicInteger(); // calls under way
  private final MemorySegment polled; // of the one who waits: the socket's pollfd, the counter's
  private final Interrupts interrupts = new Interrupts();

  private ClientSocket(int fd, EventCounter wakes) {
    this.fd = fd;
    this.wakes = wakes;
    this.polled = Arena.ofAuto().allocate(2 * POLLFD_BYTES, Integer.BYTES);
    polled.set(JAVA_INT, 0, fd);
    polled.set(JAVA_INT, POLLFD_BYTES, wakes.fd());
    polled.set(JAVA_SHORT, POLLFD_BYTES + EVENTS, POLLIN);
  }

  /**
   * Whether this process may call the C library without being warned of it, and knows its values.
   */
  public static boolean isAvailable() {
    return ClientSocket.class.getModule().isNativeAccessEnabled()
        && System.getProperty("os.name", "").equals("Linux");
  }

  /**
   * Connects to a unix socket. If as many wait there as may, it waits its turn.
   *
   * @param deadline of {@link System#nanoTime}
   * @throws ErrnoException ECONNREFUSED nobody listens · ENOENT · EACCES · ENAMETOOLONG · ETIMEDOUT
   *     · EINTR this thread is interrupted
   */
  public static ClientSocket connect(Path path, long deadline) throws ErrnoException {
    byte[] bytes = StreamSocket.requireUnixPath(path);
    int fd = Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EventCounter wakes = null;
    try (Arena arena = Arena.ofConfined()) {
      // struct timeval: seconds[8] microseconds[8]
      MemorySegment slice = arena.allocateFrom(JAVA_LONG, 0, CONNECT_MICROS);
      Libc.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, slice, 2 * Long.BYTES);
      MemorySegment address = StreamSocket.unixAddress(arena, bytes);
      while (!tryConnect(fd, address, StreamSocket.unixAddressBytes(bytes))) {
        if (Thread.currentThread().isInterrupted()) {
          throw new ErrnoException(Errno.EINTR, "connect");
        }
        if (System.nanoTime() - deadline >= 0) {
          throw new ErrnoException(Errno.ETIMEDOUT, "connect");
        }
      }
      wakes = EventCounter.openNonblocking();
      return new ClientSocket(fd, wakes);
    } finally {
      if (wakes == null) {
        Libc.close(fd);
      }
    }
  }

  /** False: it is not its turn yet. */
  private static boolean tryConnect(int fd, MemorySegment address, int length)
      throws ErrnoException {
    try {
      Libc.connect(fd, address, length);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN || e.errno() == Errno.EINTR) {
        return false;
      }
      throw e;
    }
  }

  // ---- moving bytes ----

  /**
   * Receives what there is, without waiting.
   *
   * @return how many bytes; -1: there will be no more
   */
  public int read(ByteBuffer destination) throws IOException {
    enter();
    try {
      MemorySegment memory = MemorySegment.ofBuffer(destination);
      long received = Libc.tryRecv(fd, memory, memory.byteSize(), MSG_DONTWAIT);
      if (received <= 0) {
        return received < 0 ? 0 : -1;
      }
      destination.position(destination.position() + (int) received);
      return (int) received;
    } finally {
      leave();
    }
  }

  /**
   * Sends what there is room for, without waiting.
   *
   * @return how many bytes went, perhaps 0
   */
  public int write(ByteBuffer source) throws IOException {
    enter();
    try {
      MemorySegment memory = MemorySegment.ofBuffer(source);
      long sent = Libc.send(fd, memory, memory.byteSize(), MSG_NOSIGNAL | MSG_DONTWAIT);
      source.position(source.position() + (int) sent);
      return (int) sent;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EAGAIN) {
        return 0;
      }
      throw e;
    } finally {
      leave();
    }
  }

  // ---- waiting: for one thread at a time ----

  /**
   * Waits until there is something to read, or the end; or, if asked, it can be written; or {@link
   * #wakeup} was or is called; or this thread is interrupted.
   *
   * @param millis -1: for as long as it takes
   */
  public void await(boolean orWritable, int millis) throws IOException {
    enter();
    try {
      interrupts.block();
      try {
        polled.set(JAVA_SHORT, POLLFD_BYTES + REVENTS, (short) 0);
        polled.set(JAVA_SHORT, EVENTS, orWritable ? POLLIN_OR_OUT : POLLIN);
        MountCalls.poll(polled, 2, millis);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      } finally {
        interrupts.unblock();
      }
      if ((polled.get(JAVA_SHORT, POLLFD_BYTES + REVENTS) & POLLIN) != 0) {
        wakes.drain();
        woken.set(false); // before the caller looks at what it was woken for
      }
    } finally {
      leave();
    }
  }

  /** Makes {@link #await} return, the current one or, if there is none, the next. */
  public void wakeup() {
    if (woken.compareAndSet(false, true)) {
      wakes.signal();
    }
  }

  // ---- the end ----

  /** Tells the peer that no more will be sent. */
  public void shutdownOutput() throws IOException {
    enter();
    try {
      Libc.shutdown(fd, SHUT_WR);
    } finally {
      leave();
    }
  }

  /** Ends the connection for all; who waits returns. */
  @Override
  public void close() {
    int before = uses.getAndUpdate(count -> (count & CLOSED) != 0 ? count : (count + 1) | CLOSED);
    if ((before & CLOSED) != 0) {
      return;
    }
    try {
      Libc.shutdown(fd, SHUT_RDWR);
    } catch (ErrnoException e) {
      assert e.errno() == Errno.ENOTCONN : e; // the peer was faster
    }
    wakeup();
    leave();
  }

  private void enter() throws ClosedChannelException {
    int before = uses.getAndUpdate(count -> (count & CLOSED) != 0 ? count : count + 1);
    if ((before & CLOSED) != 0) {
      throw new ClosedChannelException();
    }
  }

  private void leave() {
    if (uses.decrementAndGet() == CLOSED) {
      wakes.close();
      try {
        Libc.close(fd);
      } catch (ErrnoException e) {
        // close(2): the descriptor is gone whatever is reported.
        assert e.errno() != Errno.EBADF : e;
      }
    }
  }

  /**
   * What has an interrupt of the waiting thread call {@link #wakeup}. The JDK offers this to those
   * who implement selectors, and only the waiting is done here: it has no channels, and nobody else
   * has it, so what is about channels is never called.
   */
  private final class Interrupts extends AbstractSelector {
    Interrupts() {
      super(SelectorProvider.provider());
    }

    void block() {
      begin();
    }

    void unblock() {
      end();
    }

    @Override
    public Selector wakeup() {
      ClientSocket.this.wakeup();
      return this;
    }

    @Override
    protected void implCloseSelector() {}

    @Override
    protected SelectionKey register(
        AbstractSelectableChannel channel, int interest, @Nullable Object attachment) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<SelectionKey> keys() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int selectNow() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int select(long timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int select() {
      throw new UnsupportedOperationException();
    }
  }
}

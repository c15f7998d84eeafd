package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.core.Alarm;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.sys.StreamSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A leader: one tree, served on a unix socket, on TCP of this host, and within this process.
 *
 * <pre>{@code
 * try (Leader leader = Leader.builder().mount("/", tmpfs).listen(Path.of("/run/tree.sock")).start()) {
 *   FileService tree = leader.openSession();   // without a socket
 *   ...
 * }
 * }</pre>
 */
public final class Leader implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Leader.class.getName());

  /** Holds a plain client's request for a lock until it is granted. */
  public static final long LOCK_HOLD_FOREVER_MS = Long.MAX_VALUE;

  private static final int POOL_THREADS = 4;
  private static final long TICK_MS = 1000;
  private static final int COMPLAINTS = 20;

  /** How soon a thread is tried for again when there was none: the JVM prints each attempt. */
  private static final long THREAD_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Vfs vfs;
  private final Sessions sessions;
  private final AtomicLong numbers = new AtomicLong();
  private final UnaryOperator<FileService> decorator;
  private final int connectionsMost;
  private final long lockHoldMs;
  private final ThreadPoolExecutor pool =
      new ThreadPoolExecutor(
          POOL_THREADS,
          POOL_THREADS,
          0,
          TimeUnit.MILLISECONDS,
          new LinkedBlockingQueue<>(), // bounded by what each connection may have under way
          Thread.ofPlatform().daemon().name("coterie-pool-", 0).factory());
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coterie-tick").factory());
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final List<Listener> listeners = new ArrayList<>(); // filled before start returns
  private final List<Thread> listenerThreads = new ArrayList<>(); // filled before start returns
  private int threadsFor = Integer.MAX_VALUE; // guarded by connections: there were for so many
  private long threadsLookedNanos; // guarded by connections: when that was found
  private final LongAdder requestsOfEnded = new LongAdder();
  private final AtomicLong faults = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final BufferPool buffers = new BufferPool();
  private final Complaints complaints = new Complaints(COMPLAINTS);
  private @Nullable SocketFile socketFile; // set before start returns
  private int tcpPort; // set before start returns

  private Leader(Vfs vfs, long epoch, Builder builder) {
    this.vfs = vfs;
    this.sessions = new Sessions(epoch, builder.sessionMs);
    this.decorator = builder.decorator;
    this.connectionsMost = builder.connectionsMost;
    this.lockHoldMs = builder.lockHoldMs;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** What a leader serves, and where. */
  public static final class Builder {
    private final Map<String, MountFactory> mounts = new LinkedHashMap<>();
    private @Nullable Path socket;
    private int port = -1;
    private boolean tcpTrusted;
    private int connectionsMost = Limits.CONNECTIONS;
    private long lockHoldMs = Limits.LOCK_HOLD_MS;
    private int sessionMs = Limits.LEASE_MS;
    private InstantSource clock = InstantSource.system();
    private Alarm alarm = Alarm.ofSystem();
    private UnaryOperator<FileService> decorator = UnaryOperator.identity();

    private Builder() {}

    /** Grafts a mount onto an absolute path; one must be at "/". */
    public Builder mount(String path, MountFactory mount) {
      if (mounts.putIfAbsent(path, mount) != null) {
        throw new IllegalArgumentException("two mounts at " + path);
      }
      return this;
    }

    /** Listens on a unix socket, for its owner and root alone. */
    public Builder listen(Path path) {
      socket = path;
      return this;
    }

    /**
     * Listens on TCP, on 127.0.0.1 only.
     *
     * @param tcpPort 0: any free one, see {@link Leader#tcpPort}
     * @param trusted whether the identities clients send are believed; otherwise all of them are
     *     nobody
     */
    public Builder tcp(int tcpPort, boolean trusted) {
      port = tcpPort;
      tcpTrusted = trusted;
      return this;
    }

    /**
     * Serves so many connections at a time, instead of {@link Limits#CONNECTIONS}. Each costs a
     * descriptor, a thread and some ten KiB.
     */
    public Builder connections(int most) {
      if (most < 1) {
        throw new IllegalArgumentException("connections: " + most);
      }
      connectionsMost = most;
      return this;
    }

    /**
     * Holds the request of a plain 9P client that would wait for a lock so long, instead of {@link
     * Limits#LOCK_HOLD_MS}, before it is told to ask again; its place in the queue is kept for
     * twice that time.
     *
     * @param time in milliseconds; {@link #LOCK_HOLD_FOREVER_MS}: until it is granted
     */
    public Builder lockHoldMs(long time) {
      if (time < 0) {
        throw new IllegalArgumentException("lockHoldMs: " + time);
      }
      lockHoldMs = time;
      return this;
    }

    /**
     * Keeps a session without connections so long, instead of {@link Limits#LEASE_MS}, and a margin
     * besides. For tests, in which no client may be too late.
     *
     * @param time in milliseconds, no less than that
     */
    Builder sessionMs(int time) {
      if (time < Limits.LEASE_MS) {
        throw new IllegalArgumentException("sessionMs: " + time); // it may hold leases
      }
      sessionMs = time;
      return this;
    }

    /** The clock of file times and time limits. */
    public Builder clock(InstantSource source) {
      clock = source;
      return this;
    }

    /** What ends the waits of the tree whose time is up, those for leases among them. */
    public Builder alarm(Alarm source) {
      alarm = source;
      return this;
    }

    /** Wraps the service of each session: to count, to trace, to inject faults. */
    public Builder decorate(UnaryOperator<FileService> wrapper) {
      decorator = wrapper;
      return this;
    }

    /**
     * Opens the mounts and serves.
     *
     * @throws IOException a mount cannot be opened, or the socket is taken
     */
    public Leader start() throws IOException {
      // By chance, not by the clock: a leader may be started again within a second.
      SecureRandom random = new SecureRandom();
      Vfs.Config config =
          new Vfs.Config(clock, random, random.nextInt(), Barrier.OPEN, Limits.DENTRIES, alarm);
      Vfs vfs = new Vfs(config, mounts);
      Leader leader = new Leader(vfs, random.nextLong(), this);
      try {
        leader.start(socket, port, tcpTrusted);
        return leader;
      } catch (IOException | RuntimeException e) {
        leader.close();
        throw e;
      }
    }
  }

  private void start(@Nullable Path socket, int port, boolean tcpTrusted) throws IOException {
    if (socket != null) {
      SocketFile file = SocketFile.listen(socket.toAbsolutePath());
      socketFile = file;
      listen("coterie-accept-unix", file.socket(), s -> Peer.of(s.peerCredentials()));
    }
    if (port >= 0) {
      StreamSocket tcp = listenLoopback(port);
      tcpPort = tcp.port();
      listen(
          "coterie-accept-tcp",
          tcp,
          s -> {
            s.setNoDelay();
            return Peer.overTcp(tcpTrusted);
          });
    }
    var _ = ticker.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
  }

  private static StreamSocket listenLoopback(int port) throws IOException {
    try {
      return StreamSocket.listenLoopback(port);
    } catch (ErrnoException e) {
      throw new IOException("cannot serve TCP port " + port + ": " + e.errno().text(), e);
    }
  }

  private void tick() {
    try {
      vfs.expire();
      listeners.forEach(Listener::tick);
      complaints.sayUnsaid();
    } catch (RuntimeException | Error e) {
      // Thrown on, it would be the last tick.
      countFault();
      Complaints.log(System.Logger.Level.ERROR, "a tick failed", e);
    }
  }

  private void listen(String name, StreamSocket socket, Listener.PeerOf peerOf) {
    Listener listener = new Listener(this, socket, peerOf);
    listeners.add(listener);
    listenerThreads.add(Thread.ofPlatform().daemon().name(name).start(listener));
  }

  /** How long a plain client that would wait for a lock is held. */
  long lockHoldMs() {
    return lockHoldMs;
  }

  /** Runs what takes no time, later; not when the leader has been closed by then. */
  Future<?> later(long millis, Runnable action) {
    return ticker.schedule(action, millis, TimeUnit.MILLISECONDS);
  }

  /** A session of this process's own, without a socket. */
  public FileService openSession() {
    return decorate(newSession());
  }

  /** The TCP port served, 0 if none. */
  public int tcpPort() {
    return tcpPort;
  }

  /**
   * What is alive now.
   *
   * @param connections clients connected
   * @param fids of all connections
   * @param faults sessions that were ended by a broken invariant of our own: always 0 unless there
   *     is a bug
   */
  public record Counts(int connections, int fids, long faults, Vfs.Counts tree) {}

  public Counts counts() {
    int fids = connections.stream().mapToInt(Connection::fidCount).sum();
    return new Counts(connections.size(), fids, faults.get(), vfs.counts());
  }

  /** Waits until no client is connected. */
  public void awaitUnused() throws InterruptedException {
    synchronized (connections) {
      while (!connections.isEmpty()) {
        connections.wait();
      }
    }
  }

  /** Requests taken so far, from connections that have ended too. */
  public long requests() {
    long sum = requestsOfEnded.sum();
    for (Connection connection : connections) {
      sum += connection.requestCount();
    }
    return sum;
  }

  /** Ends all connections and sessions, then the mounts. The socket's name goes last. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      ticker.close();
      listeners.forEach(Listener::close);
      listenerThreads.forEach(Leader::join);
      for (Connection connection : connections) {
        connection.shutdown();
      }
      connections.forEach(Connection::awaitEnd);
      sessions.close();
      pool.close();
      vfs.close();
    } finally {
      closeSocketFile();
    }
  }

  private void closeSocketFile() {
    SocketFile file = socketFile;
    if (file == null) {
      return;
    }
    try {
      file.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "the socket's name is left behind: {0}", e.getMessage());
    }
  }

  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- for connections ----

  Session newSession() {
    return vfs.openSession();
  }

  /** Those that their clients have named. */
  Sessions sessions() {
    return sessions;
  }

  void awaitEnd(Session session) throws InterruptedException {
    vfs.awaitEnd(session);
  }

  /** Another one each time. */
  long nextNumber() {
    return numbers.incrementAndGet();
  }

  FileService decorate(Session session) {
    return decorator.apply(session);
  }

  /** What stands against one more connection. */
  enum Obstacle {
    TOO_MANY(Errno.EUSERS, "too many connections"),
    NO_DESCRIPTOR(Errno.EMFILE, "no file descriptor for it"),
    NO_THREAD(Errno.EAGAIN, "no thread for it"),
    NO_MEMORY(Errno.ENOMEM, "no memory for it");

    final Errno errno; // what the client is told
    final String text;

    Obstacle(Errno errno, String text) {
      this.errno = errno;
      this.text = text;
    }
  }

  /**
   * Starts to serve a connection. Called by listeners.
   *
   * @return why not; null if it is served, and then the socket is not the caller's any more
   */
  @Nullable Obstacle admit(StreamSocket socket, Peer peer) {
    Connection connection;
    synchronized (connections) {
      if (connections.size() >= connectionsMost) {
        return Obstacle.TOO_MANY;
      }
      if (connections.size() >= threadsFor
          && System.nanoTime() - threadsLookedNanos < THREAD_AGAIN_NANOS) {
        return Obstacle.NO_THREAD;
      }
      try {
        connection = new Connection(this, socket, peer);
      } catch (OutOfMemoryError e) {
        return Obstacle.NO_MEMORY;
      }
      connections.add(connection);
    }
    if (connection.start()) {
      return null;
    }
    synchronized (connections) {
      threadsFor = connections.size();
      threadsLookedNanos = System.nanoTime();
    }
    return Obstacle.NO_THREAD;
  }

  void ended(Connection connection) {
    requestsOfEnded.add(connection.requestCount());
    synchronized (connections) {
      connections.remove(connection);
      connections.notifyAll();
    }
  }

  Complaints complaints() {
    return complaints;
  }

  void countFault() {
    faults.incrementAndGet();
  }

  ThreadPoolExecutor pool() {
    return pool;
  }

  BufferPool buffers() {
    return buffers;
  }
}

package dev.coterie.client.events;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.EventMask;
import dev.coterie.api.FileService;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Pending;
import dev.coterie.api.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Waits for many things at once: handles of the tree, and channels and descriptors of this process.
 *
 * <pre>{@code
 * try (EventSet set = EventSet.open(service, caller)) {
 *   set.add(Member.of(fifo), EPOLLIN, 1);                 // an OpenFile of the tree
 *   set.add(Member.of(socketChannel), EPOLLIN, 2);        // non-blocking
 *   set.add(Member.ofDescriptor(0), EPOLLIN | EPOLLET, 3);
 *   for (Event event : set.await(16)) {
 *     ...event.data()...
 *   }
 * }
 * }</pre>
 *
 * <p>Members are persistent, as epoll(7)'s, and a wait costs what is ready, however many members
 * are not. What can be asked for differs by kind, and what a kind cannot is EINVAL:
 *
 * <pre>
 *                 ready for                       level  edge  one-shot  exclusive
 *  handle         all of EventMask                  x     x       x          x
 *  descriptor     all of it that is Linux's         x     x       x          x
 *  channel        EPOLLIN (or a connection to       x             x
 *                 accept), EPOLLOUT (or connected);
 *                 its end and its errors come as
 *                 what was asked for
 * </pre>
 *
 * <p>Handles are members of a set of the leader's, which can be {@link #share shared} with other
 * processes and be put into other sets by its {@link #handle}; there channels and descriptors do
 * not follow. Channels are in a {@link java.nio.channels.Selector}, descriptors in one epoll set of
 * the kernel's, which needs native access ({@code --enable-native-access}): without, a descriptor
 * is EOPNOTSUPP. The first channel or descriptor makes the selector, the first descriptor a thread
 * beside, which waits for these.
 *
 * <p>A channel or descriptor that is closed leaves the set, at the latest when it is next reported,
 * and another file by its number is never taken for it. A descriptor should be taken out before it
 * is closed all the same (epoll(7), Q6): one without an inode of its own, such as an eventfd,
 * cannot be told from another that has come to have its number while a copy of it is open. What the
 * host reports is checked: {@link #hostReports}.
 *
 * <p>May be used by any number of threads; of those that wait one does at a time, and each event
 * goes to one. Members may be changed meanwhile. An interrupt ends a wait with EINTR, stays set,
 * and costs no event: what would have been reported still is, to the next who waits. Errors: those
 * of {@link FileService#evctl} and {@link FileService#evwait}, of epoll_ctl(2) for what is the
 * host's; EBADF after {@link #close}.
 */
public final class EventSet implements AutoCloseable {
  /** Without end. */
  private static final long EVER = Long.MAX_VALUE;

  private final FileService service; // immutable
  private final Caller caller; // immutable
  private final long handle; // immutable
  private final Kernel.Maker maker; // immutable
  private final ReentrantLock waiting = new ReentrantLock(); // held by the one who waits
  private volatile @Nullable HostMembers host; // written under this
  private volatile boolean treeUsed; // only becomes true: the leader's set may have members
  private volatile @Nullable Pending treeWait; // what waits for the tree alone
  private volatile boolean closed; // written under this
  private boolean treeFirst; // guarded by waiting

  private EventSet(FileService service, Caller caller, long handle, Kernel.Maker maker) {
    this.service = service;
    this.caller = caller;
    this.handle = handle;
    this.maker = maker;
  }

  public static EventSet open(FileService service, Caller caller) throws ErrnoException {
    return open(service, caller, KernelEpoll::make);
  }

  static EventSet open(FileService service, Caller caller, Kernel.Maker maker)
      throws ErrnoException {
    return new EventSet(service, caller, service.evset(caller).handle(), maker);
  }

  /** Takes the tree's part of one that another process shares: {@link #share}. */
  public static EventSet take(FileService service, Caller caller, Token token)
      throws ErrnoException {
    EventSet set =
        new EventSet(service, caller, service.take(caller, token).handle(), KernelEpoll::make);
    set.treeUsed = true;
    return set;
  }

  /**
   * Waits until some members are ready, once: by a set that is made for it and given back. Files
   * and directories of the tree or the host are always ready.
   *
   * @param masks of {@link EventMask}
   * @param timeout null: without end
   * @return what each that is ready is ready for; none: the time is up
   */
  public static Map<Member, Integer> poll(
      FileService service, Caller caller, Map<Member, Integer> masks, @Nullable Duration timeout)
      throws ErrnoException {
    Map<Member, Integer> ready = new HashMap<>();
    try (EventSet set = open(service, caller)) {
      List<Member> members = List.copyOf(masks.keySet());
      for (int i = 0; i < members.size(); i++) {
        Member member = members.get(i);
        int mask = masks.getOrDefault(member, 0);
        int always = mask & (EventMask.EPOLLIN | EventMask.EPOLLOUT);
        if (!set.addUnlessAlwaysReady(member, mask, i) && always != 0) {
          ready.put(member, always);
        }
      }
      Duration time = ready.isEmpty() ? timeout : Duration.ZERO;
      for (Event event : set.awaitUntil(Limits.EVENTS_PER_WAIT, end(time))) {
        ready.put(members.get((int) event.data()), event.mask());
      }
    }
    return ready;
  }

  private boolean addUnlessAlwaysReady(Member member, int mask, long data) throws ErrnoException {
    try {
      add(member, mask, data);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EPERM) {
        return false;
      }
      throw e;
    }
  }

  // ---- members ----

  /**
   * Adds a member. EEXIST it is one · EPERM what is always ready: a file, a directory · EINVAL a
   * mask that the kind of member cannot have, or a channel in blocking mode · EOPNOTSUPP a
   * descriptor without native access.
   *
   * @param mask of {@link EventMask}
   * @param data comes back in the {@link Event}
   */
  public void add(Member member, int mask, long data) throws ErrnoException {
    requireOpen();
    switch (member) {
      case Member.Handle(var number) -> {
        service.evctl(caller, handle, Control.ADD, number, mask, data);
        useTree();
      }
      case Member.Channel(var channel) -> host().add(channel, mask, data);
      case Member.Descriptor(var number) -> {
        requireOfLinux(mask);
        host().descriptors().add(number, mask, data);
      }
    }
  }

  /** Changes what a member is watched for, and arms it again. ENOENT it is none. */
  public void modify(Member member, int mask, long data) throws ErrnoException {
    requireOpen();
    switch (member) {
      case Member.Handle(var number) ->
          service.evctl(caller, handle, Control.MOD, number, mask, data);
      case Member.Channel(var channel) -> host().modify(channel, mask, data);
      case Member.Descriptor(var number) -> {
        requireOfLinux(mask);
        host().descriptors().modify(number, mask, data);
      }
    }
  }

  /** Takes a member out. ENOENT it is none. */
  public void remove(Member member) throws ErrnoException {
    requireOpen();
    switch (member) {
      case Member.Handle(var number) -> service.evctl(caller, handle, Control.DEL, number, 0, 0);
      case Member.Channel(var channel) -> host().remove(channel);
      case Member.Descriptor(var number) -> host().descriptors().remove(number);
    }
  }

  private static void requireOfLinux(int mask) throws ErrnoException {
    int known =
        EventMask.EPOLLIN
            | EventMask.EPOLLOUT
            | EventMask.EPOLLERR
            | EventMask.EPOLLHUP
            | EventMask.EPOLLRDHUP
            | EventMask.EPOLLEXCLUSIVE
            | EventMask.EPOLLWAKEUP
            | EventMask.EPOLLONESHOT
            | EventMask.EPOLLET;
    if ((mask & ~known) != 0) {
      throw new ErrnoException(Errno.EINVAL, "mask");
    }
  }

  private void requireOpen() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF, "event set");
    }
  }

  /** Who waits for the host alone is to wait for the tree too. */
  private void useTree() {
    treeUsed = true;
    HostMembers members = host;
    if (members != null) {
      members.wake();
    }
  }

  private HostMembers host() throws ErrnoException {
    HostMembers members = host;
    return members != null && !closed ? members : makeHost();
  }

  private synchronized HostMembers makeHost() throws ErrnoException {
    requireOpen();
    HostMembers members = host;
    if (members == null) {
      members = new HostMembers(maker);
      host = members;
      Pending alone = treeWait;
      if (alone != null) {
        alone.cancel(); // that is to wait for the host too
      }
    }
    return members;
  }

  // ---- waiting ----

  /**
   * Waits until members are ready.
   *
   * @param max how many to report at most, and never more than {@link Limits#EVENTS_PER_WAIT}
   */
  public List<Event> await(int max) throws ErrnoException {
    return awaitUntil(max, EVER);
  }

  /** As {@link #await(int)}; none: the time is up. {@link Duration#ZERO} looks only. */
  public List<Event> await(int max, Duration timeout) throws ErrnoException {
    return awaitUntil(max, end(timeout));
  }

  /** By the clock of {@link System#nanoTime}, or {@link #EVER}. */
  private static long end(@Nullable Duration timeout) {
    if (timeout == null || timeout.compareTo(Duration.ofDays(36_500)) > 0) {
      return EVER;
    }
    long end = System.nanoTime() + Math.max(timeout.toNanos(), 0);
    return end == EVER ? end - 1 : end;
  }

  private static long left(long end) {
    return end == EVER ? EVER : Math.max(end - System.nanoTime(), 0);
  }

  private List<Event> awaitUntil(int max, long end) throws ErrnoException {
    if (max <= 0) {
      throw new ErrnoException(Errno.EINVAL, "await");
    }
    requireUninterrupted();
    if (!lockUntil(end)) {
      return List.of(); // another waits: what there was went to it
    }
    try {
      int most = Math.min(max, Limits.EVENTS_PER_WAIT);
      while (true) {
        requireOpen();
        HostMembers members = host;
        List<Event> events = members == null ? awaitTree(most, end) : awaitAll(members, most, end);
        if (!events.isEmpty() || left(end) == 0) {
          return events;
        }
      }
    } finally {
      waiting.unlock();
    }
  }

  private boolean lockUntil(long end) throws ErrnoException {
    try {
      if (end == EVER) {
        waiting.lockInterruptibly();
        return true;
      }
      return waiting.tryLock(left(end), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR, "await");
    }
  }

  private static void requireUninterrupted() throws ErrnoException {
    if (Thread.currentThread().isInterrupted()) {
      throw new ErrnoException(Errno.EINTR, "await");
    }
  }

  /** For the tree alone; perhaps nothing before the time is up: the host came to be used. */
  private List<Event> awaitTree(int max, long end) throws ErrnoException {
    Pending pending = new Pending();
    treeWait = pending;
    try {
      if (host != null) {
        return List.of();
      }
      long millis = Math.ceilDiv(left(end), TimeUnit.MILLISECONDS.toNanos(1));
      int timeoutMs = end == EVER ? -1 : (int) Math.min(millis, Integer.MAX_VALUE);
      return service.call(caller, new Operation.Evwait(handle, max, timeoutMs), pending);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINTR && host != null && !Thread.currentThread().isInterrupted()) {
        return List.of();
      }
      throw e;
    } finally {
      treeWait = null;
    }
  }

  /**
   * For both. While it waits nothing of the host's is taken, only seen to be there; so it does not
   * matter how a wait ends.
   */
  private List<Event> awaitAll(HostMembers members, int max, long end) throws ErrnoException {
    requireUninterrupted();
    List<Event> events = look(members, max, left(end) == 0);
    if (!events.isEmpty() || left(end) == 0) {
      return events;
    }
    ParkedWait parked = null;
    ErrnoException fault = null;
    try {
      boolean hostReady = false;
      while (!hostReady && left(end) > 0 && !closed && !Thread.currentThread().isInterrupted()) {
        if (treeUsed && parked == null) {
          parked = ParkedWait.begin(service, caller, handle, max, members::wake);
        }
        if (parked != null && parked.isAnswered()) {
          break;
        }
        hostReady = members.await(left(end));
      }
    } catch (ErrnoException e) {
      fault = e; // not before it is known what the tree's wait was given
    }
    if (parked != null) {
      events.addAll(parked.finish());
    }
    if (events.isEmpty()) {
      if (fault != null) {
        throw fault;
      }
      requireUninterrupted();
    }
    addHost(members, events, max);
    return events;
  }

  /**
   * What is ready now. The tree is asked if the host had something, as else it is waited for; and
   * first, if the last time the host left no room for it.
   */
  private List<Event> look(HostMembers members, int max, boolean once) throws ErrnoException {
    List<Event> events = new ArrayList<>();
    boolean first = treeFirst;
    if (first) {
      addTree(events, max);
    }
    addHost(members, events, max);
    treeFirst = !first && events.size() == max;
    if (!first && (once || !events.isEmpty())) {
      addTree(events, max);
    }
    return events;
  }

  /** What was taken is never lost by an error: that comes again. */
  private void addTree(List<Event> events, int max) throws ErrnoException {
    if (!treeUsed || events.size() == max) {
      return;
    }
    try {
      events.addAll(service.evwait(caller, handle, max - events.size(), 0));
    } catch (ErrnoException e) {
      if (events.isEmpty()) {
        throw e;
      }
    }
  }

  private static void addHost(HostMembers members, List<Event> events, int max)
      throws ErrnoException {
    if (events.size() == max) {
      return;
    }
    try {
      events.addAll(members.take(max - events.size()));
    } catch (ErrnoException e) {
      if (events.isEmpty()) {
        throw e;
      }
    }
  }

  // ---- sharing, and the end ----

  /**
   * Makes a token by which another process can {@link #take} the set with its members of the tree:
   * of those that wait, in whichever process, each event goes to one.
   */
  public Token share() throws ErrnoException {
    requireOpen();
    useTree();
    return service.share(caller, handle);
  }

  /**
   * The handle of the leader's set, for operations of the service that have no method here. By it
   * this set can be a {@link Member} of another, which is told of members of the tree alone.
   */
  public long handle() {
    useTree();
    return handle;
  }

  /** What the host has reported so far, and what was wrong with it. */
  public HostReports hostReports() {
    HostMembers members = host;
    return members == null ? new HostReports(0, 0, 0, 0) : members.reports();
  }

  /**
   * Frees the channels and descriptors, and gives back the leader's set, which ends with the last
   * who has it. What waits ends with EBADF. Not cancelled by an interrupt, which stays set.
   */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    HostMembers members = host;
    if (members != null) {
      members.close();
    }
    service.callUndisturbed(caller, new Operation.Close(handle));
  }
}

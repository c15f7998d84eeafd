package dev.coterie.api;

/**
 * What a member of an event set can be ready for, and how that is reported. Source: epoll_ctl(2).
 */
public final class EventMask {
  private EventMask() {}

  /** Something can be read without waiting, or the end of it. */
  public static final int EPOLLIN = 0x001;

  /** Something can be written without waiting. */
  public static final int EPOLLOUT = 0x004;

  /** Nobody will read what is written. Reported unasked. */
  public static final int EPOLLERR = 0x008;

  /** Nobody will write any more. Reported unasked. */
  public static final int EPOLLHUP = 0x010;

  /** The other end of a stream has been shut down for writing. */
  public static final int EPOLLRDHUP = 0x2000;

  /**
   * Report every time that it becomes ready, even if it is not ready any more when the report is
   * taken: what O_ASYNC promises of a signal. See {@link Notifications}. Not Linux's; alone, with
   * none of the bits below but EPOLLET and EPOLLWAKEUP.
   */
  public static final int NOTIFY = 1 << 26;

  /**
   * No flag of epoll(7): what is so already when the member is added or changed is not reported;
   * nor, if it is given other data, what was still to be reported with the old. How a kernel mount,
   * which looks by itself, asks only for what happens afterwards.
   */
  public static final int CHANGES_ONLY = 1 << 25;

  /** Of several sets that wait for one change wake at least one, but need not wake all. */
  public static final int EPOLLEXCLUSIVE = 1 << 28;

  /** Ask power management to stay awake: without meaning here. */
  public static final int EPOLLWAKEUP = 1 << 29;

  /** Report once, then nothing until the member is changed. */
  public static final int EPOLLONESHOT = 1 << 30;

  /** Report changes, not states. */
  public static final int EPOLLET = 1 << 31;
}

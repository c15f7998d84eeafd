package dev.coterie.client.events;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.Epoll;
import dev.coterie.sys.InodeCalls;
import dev.coterie.sys.Statx;

/** Linux's epoll. */
final class KernelEpoll implements Kernel {
  /** What there is without native access. */
  static final Kernel.Maker NONE =
      () -> {
        throw new ErrnoException(Errno.EOPNOTSUPP, "a descriptor without native access");
      };

  private final Epoll epoll; // immutable

  private record File(long device, long ino) {}

  private KernelEpoll(Epoll epoll) {
    this.epoll = epoll;
  }

  /** Whether this JVM may call it. */
  static boolean isThere() {
    return System.getProperty("os.name").equals("Linux")
        && Epoll.class.getModule().isNativeAccessEnabled();
  }

  /** EOPNOTSUPP this JVM may not call it. */
  static Kernel make() throws ErrnoException {
    if (!isThere()) {
      return NONE.make();
    }
    return new KernelEpoll(Epoll.open());
  }

  @Override
  public void add(int descriptor, int mask, long data) throws ErrnoException {
    epoll.add(descriptor, mask, data);
  }

  @Override
  public void modify(int descriptor, int mask, long data) throws ErrnoException {
    epoll.modify(descriptor, mask, data);
  }

  @Override
  public void remove(int descriptor) throws ErrnoException {
    epoll.remove(descriptor);
  }

  @Override
  public void take(int max, Report report) throws ErrnoException {
    epoll.take(max, report::ready);
  }

  @Override
  public boolean await() throws ErrnoException {
    return epoll.await();
  }

  @Override
  public Object fileOf(int descriptor) throws ErrnoException {
    Statx statx = InodeCalls.statx(descriptor);
    return new File(statx.device(), statx.ino());
  }

  @Override
  public void close() {
    epoll.close();
  }
}

package dev.coterie.core;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** One thread of {@link StormTest}: random operations on few names. */
final class StormWorker implements Runnable {
  private static final Caller ROOT = Caller.ROOT;

  /** What may happen to who acts on names and identities that others change at the same time. */
  private static final Set<Errno> EXPECTED =
      EnumSet.of(
          Errno.ENOENT,
          Errno.EEXIST,
          Errno.ESTALE,
          Errno.ENOTDIR,
          Errno.EISDIR,
          Errno.ENOTEMPTY,
          Errno.EINVAL,
          Errno.EBUSY,
          Errno.EXDEV,
          Errno.EPERM,
          Errno.ELOOP,
          Errno.EBADF,
          Errno.ENODATA,
          Errno.ENXIO,
          Errno.EAGAIN,
          Errno.ESPIPE);

  /** Some are FIFOs, for which nobody is to wait. */
  private static final int FLAGS = OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK;

  private final Vfs vfs;
  private final Session session;
  private final Random random;
  private final int operations;
  private final List<InodeId> directories = new ArrayList<>();
  private final List<InodeId> files = new ArrayList<>();
  private final List<Long> handles = new ArrayList<>();

  StormWorker(Vfs vfs, Session session, Random random, int operations) {
    this.vfs = vfs;
    this.session = session;
    this.random = random;
    this.operations = operations;
  }

  @Override
  public void run() {
    for (int i = 0; i < operations; i++) {
      int kind = random.nextInt(22);
      try {
        if (directories.isEmpty() || kind == 0) {
          visitRoot();
        } else if (kind < 12) {
          onNames(kind);
        } else {
          onInodes(kind);
        }
      } catch (ErrnoException e) {
        if (!EXPECTED.contains(e.errno())) {
          throw new AssertionError("operation " + i, e);
        }
      }
    }
  }

  private void visitRoot() throws ErrnoException {
    if (directories.size() > 20) {
      directories.clear();
      files.clear();
    }
    directories.add(session.root(ROOT).id());
  }

  private InodeId dir() {
    return directories.get(random.nextInt(directories.size()));
  }

  private Name name() {
    return Name.of(random.nextInt(8) == 0 ? "m" : String.valueOf((char) ('a' + random.nextInt(5))));
  }

  private void onNames(int kind) throws ErrnoException {
    switch (kind) {
      case 1, 2 -> directories.add(session.mkdir(ROOT, dir(), name(), 0755).id());
      case 3 -> lookUp(name());
      case 4 -> lookUp(random.nextBoolean() ? Name.DOT : Name.DOT_DOT);
      case 5 -> {
        var opened = session.create(ROOT, dir(), name(), FLAGS | OpenFlags.O_CREAT, 0644);
        files.add(opened.stat().id());
        handles.add(opened.handle());
      }
      case 6 -> files.add(session.mknod(ROOT, dir(), name(), Mode.S_IFIFO | 0600, 0).id());
      case 7 -> session.link(ROOT, file(), dir(), name());
      case 8 -> session.unlink(ROOT, dir(), name());
      case 9 -> session.rmdir(ROOT, dir(), name());
      case 10 -> session.rename(ROOT, dir(), name(), dir(), name(), random.nextInt(3));
      default -> {
        InodeId here = dir();
        session.rename(ROOT, here, name(), here, name(), random.nextInt(3));
      }
    }
  }

  private void lookUp(Name name) throws ErrnoException {
    var found = session.lookup(ROOT, dir(), name);
    (found.isDirectory() ? directories : files).add(found.id());
  }

  private InodeId file() throws ErrnoException {
    if (files.isEmpty()) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return files.get(random.nextInt(files.size()));
  }

  private void onInodes(int kind) throws ErrnoException {
    switch (kind) {
      case 12 -> session.forget(ROOT, random.nextBoolean() ? dir() : file(), 1);
      case 13 -> session.getattr(ROOT, random.nextBoolean() ? dir() : file());
      case 14 -> session.setattr(ROOT, file(), 0, SetAttr.ofSize(random.nextInt(20_000)));
      case 15 -> handles.add(session.open(ROOT, file(), FLAGS).handle());
      case 16 -> readdir();
      case 17, 18 -> closeOne();
      case 19 -> session.rebind(ROOT, random.nextBoolean() ? dir() : file());
      case 20 -> session.setxattr(ROOT, file(), Name.of("user.a"), new byte[9], 0);
      default -> transfer();
    }
  }

  private void readdir() throws ErrnoException {
    long handle = session.open(ROOT, dir(), OpenFlags.O_RDONLY).handle();
    try {
      session.readdir(ROOT, handle, 0, 4096, true);
    } finally {
      session.close(ROOT, handle);
    }
  }

  private void closeOne() throws ErrnoException {
    if (!handles.isEmpty()) {
      session.close(ROOT, handles.remove(random.nextInt(handles.size())));
    }
  }

  private long handle() throws ErrnoException {
    if (handles.isEmpty()) {
      throw new ErrnoException(Errno.EBADF);
    }
    return handles.get(random.nextInt(handles.size()));
  }

  private void transfer() throws ErrnoException {
    long handle = handle();
    switch (random.nextInt(7)) {
      case 0 -> session.writeNext(ROOT, handle, ByteBuffer.allocate(random.nextInt(9000)));
      case 1 -> session.readNext(ROOT, handle, ByteBuffer.allocate(5000));
      case 2 -> session.append(ROOT, handle, ByteBuffer.allocate(100));
      case 3 -> session.copyRange(ROOT, handle, 0, handle(), random.nextInt(9000), 5000);
      case 4 -> session.seek(ROOT, handle, Whence.END, -1);
      case 5 -> session.fallocate(ROOT, handle, 3, 0, 5000);
      default -> handOver(handle);
    }
  }

  /** To a session that ends at once, with or without having taken it. */
  private void handOver(long handle) throws ErrnoException {
    Token token = session.share(ROOT, handle);
    try (Session heir = vfs.openSession()) {
      if (random.nextBoolean()) {
        long taken = heir.take(ROOT, token).handle();
        heir.append(ROOT, taken, ByteBuffer.allocate(10));
      }
    }
  }
}

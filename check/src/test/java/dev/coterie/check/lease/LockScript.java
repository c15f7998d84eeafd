package dev.coterie.check.lease;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.LockReport;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.RangeLock;
import dev.coterie.api.Ticket;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Random requests for locks by several sessions, and what became of each. On one thread. */
final class LockScript implements AutoCloseable {
  private static final int SESSIONS = 3;
  private static final int FILES = 2;
  private static final int HANDLES = 2; // of each file in each session
  private static final int STEP_MS = 300;

  /** Bytes from 0 on; the end of the last is that of the file. */
  private static final int BYTES = 12;

  private final HandAlarm alarm = new HandAlarm();
  private final AtomicLong below = new AtomicLong();
  private final Vfs vfs;
  private final List<FileService> sessions = new ArrayList<>();
  private final List<Copies> copies = new ArrayList<>();
  private final InodeId root;
  private final InodeId[][] files = new InodeId[SESSIONS][FILES];
  private final long[][][] handles = new long[SESSIONS][FILES][HANDLES];
  private final List<Ticket> tickets = new ArrayList<>();
  private final TreeSet<String> ended = new TreeSet<>(); // since the last step
  private long now;
  private int local;
  private int asked;
  private int waits;
  private int deadlocks;

  LockScript(boolean withCopies) throws IOException, ErrnoException {
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    vfs =
        new Vfs(
            new Vfs.Config(clock, new Random(1), 7, Barrier.OPEN, Limits.DENTRIES, alarm),
            Map.of("/", TmpFs.Options.defaults().factory()));
    for (int i = 0; i < SESSIONS; i++) {
      FileService session = new Counting(vfs.openSession(), below);
      // The last is one that cannot decide anything itself.
      if (withCopies && i < SESSIONS - 1) {
        Copies own = new Copies(session, 1 << 16, () -> now);
        copies.add(own);
        session = own;
      }
      sessions.add(session);
    }
    root = sessions.getFirst().root(caller(0)).id();
    for (int session = 0; session < SESSIONS; session++) {
      FileService service = sessions.get(session);
      service.root(caller(session));
      for (int file = 0; file < FILES; file++) {
        Name name = Name.of("f" + file);
        Operation.Opened opened =
            service.create(caller(session), root, name, OpenFlags.O_RDWR, 0600);
        files[session][file] = opened.stat().id();
        handles[session][file][0] = opened.handle();
        handles[session][file][1] =
            service.open(caller(session), opened.stat().id(), OpenFlags.O_RDWR).handle();
      }
    }
  }

  private static Caller caller(int session) {
    return Caller.ROOT.withPid(100 + session);
  }

  /** What became of one step. */
  String step(Random random) throws ErrnoException {
    now += TimeUnit.MILLISECONDS.toNanos(STEP_MS);
    alarm.pass(STEP_MS);
    copies.forEach(Copies::look);
    // Mostly one session at a time has to do with a file.
    int file = random.nextInt(FILES);
    int session = random.nextInt(12) == 0 ? random.nextInt(SESSIONS) : file % SESSIONS;
    int handle = random.nextInt(HANDLES);
    String what =
        switch (random.nextInt(20)) {
          case 0 -> reopen(session, file, handle);
          case 1 -> cancel(random);
          case 2 -> random.nextInt(4) == 0 ? report() : "";
          case 5, 6, 7, 8 -> release(session, file);
          case 3, 4 -> test(random, session, handles[session][file][handle]);
          default -> lock(random, session, handles[session][file][handle]);
        };
    String all = what + " " + ended;
    ended.clear();
    return all;
  }

  private static RangeLock lock(Random random, RangeLock.Type type) {
    RangeLock.Kind kind =
        switch (random.nextInt(5)) {
          case 0 -> RangeLock.Kind.FLOCK;
          case 1 -> RangeLock.Kind.OFD;
          default -> RangeLock.Kind.POSIX;
        };
    int start = random.nextInt(BYTES);
    int length = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(BYTES);
    return new RangeLock(kind, type, start, length, random.nextInt(3));
  }

  private String lock(Random random, int session, long handle) {
    RangeLock.Type type =
        switch (random.nextInt(10)) {
          case 0, 1, 2 -> RangeLock.Type.READ;
          case 3, 4, 5 -> RangeLock.Type.WRITE;
          default -> RangeLock.Type.UNLOCK;
        };
    RangeLock lock = lock(random, type);
    int number = tickets.size();
    long before = below.get();
    boolean[] over = new boolean[1];
    String[] end = new String[1];
    boolean waitsFor = random.nextInt(3) == 0;
    if (!waitsFor) {
      // As most programs ask, so that the table is asked for.
      try {
        sessions.get(session).lock(caller(session), handle, lock, false);
        end[0] = "done";
      } catch (ErrnoException e) {
        end[0] = e.errno().name();
      }
      count(before);
      return lock + " by " + session + ": " + end[0];
    }
    Ticket ticket =
        sessions
            .get(session)
            .submit(
                caller(session),
                new Operation.Lock(handle, lock, true),
                new Completion<Operation.Done>() {
                  @Override
                  public void done(Operation.Done result) {
                    ends("done");
                  }

                  @Override
                  public void failed(Errno errno) {
                    deadlocks += errno == Errno.EDEADLK ? 1 : 0;
                    ends(errno.name());
                  }

                  private void ends(String how) {
                    over[0] = true;
                    ended.add(number + ":" + how);
                  }
                });
    tickets.add(ticket);
    waits += over[0] ? 0 : 1;
    count(before);
    return lock + " by " + session + ", " + number;
  }

  private void count(long before) {
    if (below.get() == before) {
      local++;
    } else {
      asked++;
    }
  }

  /** All that a session has on a file, so that it can be alone with it. */
  private String release(int session, int file) throws ErrnoException {
    for (RangeLock.Kind kind : RangeLock.Kind.values()) {
      for (int i = 0; i < 3; i++) {
        long handle = handles[session][file][i % HANDLES];
        RangeLock all = new RangeLock(kind, RangeLock.Type.UNLOCK, 0, 0, i);
        sessions.get(session).lock(caller(session), handle, all, false);
      }
    }
    return "release";
  }

  private String test(Random random, int session, long handle) throws ErrnoException {
    RangeLock.Type type = random.nextBoolean() ? RangeLock.Type.READ : RangeLock.Type.WRITE;
    return sessions.get(session).getLock(caller(session), handle, lock(random, type)).toString();
  }

  private String cancel(Random random) {
    if (!tickets.isEmpty()) {
      tickets.get(random.nextInt(tickets.size())).cancel();
    }
    return "cancel";
  }

  private String reopen(int session, int file, int handle) throws ErrnoException {
    FileService service = sessions.get(session);
    service.close(caller(session), handles[session][file][handle]);
    handles[session][file][handle] =
        service.open(caller(session), files[session][file], OpenFlags.O_RDWR).handle();
    return "reopen";
  }

  /** All that is locked, as the leader says it. */
  String report() throws ErrnoException {
    byte[] value = sessions.getLast().getxattr(caller(SESSIONS - 1), root, LockReport.ATTRIBUTE);
    return HexFormat.of().formatHex(value);
  }

  int local() {
    return local;
  }

  int asked() {
    return asked;
  }

  int waits() {
    return waits;
  }

  int deadlocks() {
    return deadlocks;
  }

  /** What is locked when all but the last session have ended. */
  String end() throws ErrnoException {
    sessions.subList(0, SESSIONS - 1).forEach(FileService::close);
    return ended + report();
  }

  @Override
  public void close() {
    sessions.forEach(FileService::close);
    vfs.close();
  }
}

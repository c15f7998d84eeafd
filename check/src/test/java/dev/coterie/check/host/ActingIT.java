package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thread that has acted as a caller is the process again afterwards, whatever came of it: user,
 * group, supplementary groups, capabilities and umask.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ActingIT {
  private static final int THREADS = 8;
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 50_000 : 1_000;
  private static final Caller ROOT = Caller.ROOT;
  private static final Caller USER = new Caller(1001, 1001, new int[] {2000}, 1, 027);

  @TempDir private Path folder = Path.of("");
  private Path directory = Path.of("");
  private @Nullable Mounted mounted;

  @BeforeEach
  void make() throws IOException {
    HostTools.requireRoot();
    directory = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-acting-");
    mounted = new Mounted(directory, "-t", "tmpfs", "-o", "size=1m", "tmpfs");
    Files.setAttribute(directory, "unix:mode", 0755);
    Files.setAttribute(Files.createDirectory(directory.resolve("open")), "unix:mode", 0777);
    Files.setAttribute(Files.createDirectory(directory.resolve("closed")), "unix:mode", 0700);
    Files.createDirectory(directory.resolve("open/dir"));
    Files.writeString(directory.resolve("open/file"), "content");
    Files.createSymbolicLink(directory.resolve("open/link"), Path.of("file"));
    HostTools.run("mkfifo", directory.resolve("open/fifo").toString());
  }

  @AfterEach
  void remove() throws IOException {
    if (mounted != null) {
      mounted.close();
      Files.delete(directory);
    }
  }

  private Vfs tree() throws IOException {
    Vfs.Config config = new Vfs.Config(InstantSource.system(), new Random(1), 1);
    HostFs.Options options = new HostFs.Options(directory, false, false);
    return new Vfs(config, Map.of("/", options.factory()));
  }

  /** What the kernel says this thread is. */
  private static List<String> self() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.matches("(Uid|Gid|Groups|CapEff|CapPrm|Umask):.*"))
        .toList();
  }

  /** What a caller tries, and is refused. */
  private interface Attempt {
    void run(FileService service, Caller caller) throws ErrnoException;
  }

  private static final class Places {
    final InodeId root;
    final InodeId open;
    final InodeId closed;
    final InodeId file;
    final InodeId link;
    final InodeId fifo;

    Places(FileService service) throws ErrnoException {
      root = service.root(ROOT).id();
      open = service.lookup(ROOT, root, Name.of("open")).id();
      closed = service.lookup(ROOT, root, Name.of("closed")).id();
      file = service.lookup(ROOT, open, Name.of("file")).id();
      link = service.lookup(ROOT, open, Name.of("link")).id();
      fifo = service.lookup(ROOT, open, Name.of("fifo")).id();
    }
  }

  private static Map<Errno, Attempt> refusals(Places at) {
    Name file = Name.of("file");
    Map<Errno, Attempt> all = new LinkedHashMap<>();
    all.put(Errno.EACCES, (s, c) -> s.lookup(c, at.closed, file));
    all.put(Errno.ENOENT, (s, c) -> s.lookup(c, at.open, Name.of("none")));
    all.put(Errno.EEXIST, (s, c) -> s.mkdir(c, at.open, file, 0777));
    all.put(Errno.ENOTDIR, (s, c) -> s.rmdir(c, at.open, file));
    all.put(Errno.EISDIR, (s, c) -> s.unlink(c, at.open, Name.of("dir")));
    all.put(Errno.EPERM, (s, c) -> s.setattr(c, at.file, 0, SetAttr.ofMode(0600)));
    all.put(Errno.ELOOP, (s, c) -> s.open(c, at.link, OpenFlags.O_RDONLY));
    all.put(Errno.ENXIO, (s, c) -> s.open(c, at.fifo, OpenFlags.O_RDONLY));
    all.put(Errno.ENAMETOOLONG, (s, c) -> s.lookup(c, at.open, Name.of("n".repeat(300))));
    all.put(Errno.ENODATA, (s, c) -> s.getxattr(c, at.file, Name.of("user.none")));
    all.put(Errno.EOPNOTSUPP, (s, c) -> s.getxattr(c, at.file, Name.of("odd.a")));
    all.put(Errno.EINVAL, (s, c) -> s.rename(c, at.open, file, at.open, file, 64));
    all.put(Errno.ENOSPC, ActingIT::fillUp);
    return all;
  }

  /** Writes more than there is room for; what fitted is removed again. */
  private static void fillUp(FileService service, Caller caller) throws ErrnoException {
    InodeId root = service.root(caller).id();
    InodeId open = service.lookup(caller, root, Name.of("open")).id();
    Name name = Name.of("big");
    int flags = OpenFlags.O_CREAT | OpenFlags.O_WRONLY;
    var opened = service.create(caller, open, name, flags, 0666);
    try {
      for (long offset = 0; ; offset += 1 << 16) {
        service.write(caller, opened.handle(), offset, ByteBuffer.allocate(1 << 16));
      }
    } finally {
      service.close(caller, opened.handle());
      service.unlink(caller, open, name);
    }
  }

  @Test
  void afterEachError_threadIsTheProcessAgain() throws Exception {
    List<String> before = self();
    try (Vfs tree = tree();
        FileService service = tree.openSession()) {
      Places places = new Places(service);
      for (var refusal : refusals(places).entrySet()) {
        requireRefused(service, USER, refusal.getKey(), refusal.getValue());
        requireRoot(service, places, before);
      }
    }
  }

  /** Acting as this user cannot even begin, when the groups have changed already. */
  @Test
  void afterUserThatIsNone_threadIsTheProcessAgain() throws Exception {
    List<String> before = self();
    try (Vfs tree = tree();
        FileService service = tree.openSession()) {
      Places places = new Places(service);
      for (Caller none :
          List.of(
              new Caller(-1, 1001, new int[] {2000}, 1, 022),
              new Caller(1001, -1, new int[] {2000}, 1, 022))) {
        Attempt look = (s, c) -> s.lookup(c, places.open, Name.of("file"));
        requireRefused(service, none, Errno.EPERM, look);
        requireRoot(service, places, before);
      }
    }
  }

  private static void requireRefused(
      FileService service, Caller caller, Errno errno, Attempt attempt) {
    try {
      attempt.run(service, caller);
      fail("%s was not refused", errno);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(errno);
    }
  }

  /** What root alone may do can be done by this thread, and belongs to root. */
  private static void requireRoot(FileService service, Places at, List<String> before)
      throws IOException {
    assertThat(self()).isEqualTo(before);
    Stat made = service.mknod(ROOT, at.closed, Name.of("made"), Mode.S_IFREG | 0666, 0);
    assertThat(List.of(made.uid(), made.gid(), made.mode() & 0777)).containsExactly(0, 0, 0666);
    service.setattr(ROOT, made.id(), 0, SetAttr.ofOwner(1002, 1003));
    service.unlink(ROOT, at.closed, Name.of("made"));
    service.forget(ROOT, made.id(), 1);
  }

  @Test
  void threadsOfManyUsers_keepApart() throws Exception {
    try (Vfs tree = tree();
        FileService service = tree.openSession()) {
      Places places = new Places(service);
      runInThreads(thread -> act(service, places, thread));
    }
  }

  /** The same through a leader's socket, on one connection. */
  @Test
  void requestsOfManyUsers_keepApart() throws Exception {
    try (HostLeader leader = HostLeader.start(Privilege.HANDLES, folder, directory)) {
      try (FileService service = leader.connect()) {
        Places places = new Places(service);
        runInThreads(thread -> act(service, places, thread));
      }
      leader.end();
    }
  }

  private interface Work {
    void run(int thread) throws Exception;
  }

  private static void runInThreads(Work work) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        Callable<Boolean> task =
            () -> {
              List<String> before = self();
              work.run(thread);
              assertThat(self()).isEqualTo(before);
              return true;
            };
        all.add(threads.submit(task));
      }
      for (Future<Boolean> one : all) {
        assertThat(one.get()).isTrue();
      }
    }
  }

  private static void act(FileService service, Places at, int thread) throws IOException {
    Random random = new Random(thread);
    List<Attempt> refusals =
        refusals(at).entrySet().stream()
            .filter(entry -> entry.getKey() != Errno.ENOSPC) // which others would meet
            .map(Map.Entry::getValue)
            .toList();
    for (int round = 0; round < ROUNDS; round++) {
      int uid = 1001 + random.nextInt(5);
      int[] groups = {3000 + random.nextInt(3)};
      Caller caller = new Caller(uid, uid + 1000, groups, 1, random.nextInt(4) * 9);
      try {
        refusals.get(random.nextInt(refusals.size())).run(service, caller);
        fail("was not refused");
      } catch (ErrnoException e) {
        // As it should be.
      }
      Caller maker = random.nextInt(3) == 0 ? new Caller(0, 0, new int[0], 1, 022) : caller;
      Name name = Name.of("t" + thread);
      Stat made = service.mknod(maker, at.open, name, Mode.S_IFREG | 0666, 0);
      assertThat(List.of(made.uid(), made.gid(), made.mode() & 0777))
          .containsExactly(maker.uid(), maker.gid(), 0666 & ~maker.umask());
      service.unlink(maker, at.open, name);
      service.forget(maker, made.id(), 1);
    }
  }

  @Test
  void leaderThatIsNotRoot_hasOneOwner() throws Exception {
    int nobody = Privilege.NOBODY_ID;
    requireReadableByNobody();
    Path own = Files.createDirectory(directory.resolve("own"));
    Files.setAttribute(own, "unix:uid", nobody);
    Files.setAttribute(folder, "unix:uid", nobody);
    try (HostLeader leader = HostLeader.start(Privilege.NOBODY, folder, own)) {
      try (FileService service = leader.connect()) {
        InodeId root = service.root(ROOT).id();
        Caller owner = new Caller(nobody, nobody, new int[0], 1, 022);
        for (Caller allowed : List.of(owner, ROOT)) {
          Name name = Name.of("by-" + allowed.uid());
          Stat made = service.mkdir(allowed, root, name, 0777);
          assertThat(made.uid()).isEqualTo(nobody);
          Attempt chown = (s, c) -> s.setattr(c, made.id(), 0, SetAttr.ofOwner(0, 0));
          requireRefused(service, allowed, Errno.EPERM, chown);
        }
        for (Caller other : List.of(USER, new Caller(1, nobody, new int[] {nobody}, 1, 0))) {
          Name by = Name.of("by-0");
          requireRefused(service, other, Errno.EACCES, (s, c) -> s.lookup(c, root, by));
          requireRefused(service, other, Errno.EACCES, (s, c) -> s.mkdir(c, root, Name.of("n"), 0));
          requireRefused(service, other, Errno.EACCES, (s, c) -> s.rmdir(c, root, by));
          requireRefused(
              service, other, Errno.EACCES, (s, c) -> s.open(c, root, OpenFlags.O_DIRECTORY));
          requireRefused(
              service, other, Errno.EACCES, (s, c) -> s.setattr(c, root, 0, SetAttr.ofMode(0)));
        }
      }
      leader.end();
    }
  }

  private static void requireReadableByNobody() throws Exception {
    Path classes =
        Path.of(HostLeaderMain.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<String> command = new ArrayList<>(Privilege.NOBODY.around());
    command.addAll(List.of("test", "-r", classes.toString()));
    boolean readable = new ProcessBuilder(command).start().waitFor() == 0;
    HostTools.require(readable, "nobody may not read classes");
  }
}

package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Pieces;
import dev.coterie.api.RangeLock;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Of every operation there is: whose leases it waits for, and what it shows when they are back. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseConflictsTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name DIR = Name.of("dir");
  private static final Name FILE = Name.of("file");
  private static final Name OTHER = Name.of("other");
  private static final Name LINK = Name.of("link");
  private static final Name EMPTY = Name.of("empty");
  private static final Name NEW = Name.of("new");
  private static final Name TWO = Name.of("two");
  private static final Name TWO_TOO = Name.of("two-too");
  private static final Name ATTRIBUTE = Name.of("user.a");
  private static final String BEFORE = "old";
  private static final String AFTER = "what was kept back";

  /** Leases of another session that an operation waits for, of the object that the row is about. */
  enum WaitsFor {
    NOTHING,
    EXCLUSIVE,
    ALL
  }

  enum Leases {
    FILE,
    DIRECTORY,
    NAMES
  }

  /** A tree, and what the session that asks has of it. */
  static final class World {
    final Vfs vfs;
    final FileService holder;
    final FileService other;
    final FileService asker;
    final long holderHandle;
    final InodeId dir;
    final InodeId below;
    final InodeId twice;
    final InodeId file;
    final InodeId second;
    final InodeId link;
    final long handle;
    final long secondHandle;
    final long directory;
    final ByteBuffer read = ByteBuffer.allocate(64);
    final List<String> pieces = new ArrayList<>();

    World(boolean asksItself) throws IOException {
      vfs =
          new Vfs(
              new Vfs.Config(
                  InstantSource.system(),
                  new Random(1),
                  7,
                  Barrier.OPEN,
                  Limits.DENTRIES,
                  new HandAlarm()),
              Map.of("/", TmpFs.Options.defaults().factory()));
      holder = vfs.openSession();
      other = vfs.openSession();
      InodeId root = holder.root(ME).id();
      dir = holder.mkdir(ME, root, DIR, 0755).id();
      below = holder.mkdir(ME, dir, EMPTY, 0755).id();
      twice = holder.mknod(ME, dir, TWO, 0100644, 0).id();
      holder.link(ME, twice, dir, TWO_TOO);
      Opened made = holder.create(ME, dir, FILE, OpenFlags.O_RDWR, 0644);
      file = made.stat().id();
      holderHandle = made.handle();
      holder.write(ME, holderHandle, 0, bytes(BEFORE));
      holder.setxattr(ME, file, ATTRIBUTE, new byte[] {1}, 0);
      holder.create(ME, dir, OTHER, OpenFlags.O_RDWR, 0644);
      holder.symlink(ME, dir, LINK, "file".getBytes(US_ASCII));
      asker = asksItself ? holder : other;
      asker.lookup(ME, asker.root(ME).id(), DIR);
      asker.lookup(ME, dir, FILE);
      second = asker.lookup(ME, dir, OTHER).id();
      link = asker.lookup(ME, dir, LINK).id();
      asker.lookup(ME, dir, EMPTY);
      asker.lookup(ME, dir, TWO);
      handle = asker.open(ME, file, OpenFlags.O_RDWR).handle();
      secondHandle = asker.open(ME, second, OpenFlags.O_RDWR).handle();
      directory = asker.open(ME, dir, OpenFlags.O_RDONLY).handle();
    }

    LeaseName lease(Leases of, LeaseMode mode) throws ErrnoException {
      InodeId id = of == Leases.FILE ? file : dir;
      LeasePlane plane = of == Leases.NAMES ? LeasePlane.NAMES : LeasePlane.INODE;
      Leased leased =
          holder.call(
              ME,
              of == Leases.NAMES ? new Operation.LeaseNames(id) : new Operation.Lease(id, mode));
      assertThat(leased.mode()).isEqualTo(mode);
      return new LeaseName(id, plane, leased.seq());
    }

    Operation.Read readPieces() {
      return new Operation.Read(
          handle,
          0,
          read,
          new Pieces() {
            @Override
            public void add(ByteBuffer piece) {
              byte[] bytes = new byte[piece.remaining()];
              piece.duplicate().get(bytes);
              pieces.add(new String(bytes, US_ASCII));
            }

            @Override
            public void end() {}
          });
    }
  }

  interface Making {
    Operation<?> in(World world) throws ErrnoException;
  }

  interface Showing {
    Object of(World world, Object answer) throws ErrnoException;
  }

  /**
   * An operation.
   *
   * @param name tells it from others of its kind
   * @param shows what its answer tells of the file; null: nothing of what is kept back
   * @param expected that, once all was written back
   */
  record Row(
      String name,
      Leases of,
      WaitsFor waitsFor,
      Making making,
      @Nullable Showing shows,
      Object expected) {
    Row(String name, WaitsFor waitsFor, Making making) {
      this(name, Leases.FILE, waitsFor, making, null, "");
    }

    static Row size(String name, Making making) {
      return new Row(
          name,
          Leases.FILE,
          WaitsFor.EXCLUSIVE,
          making,
          (world, answer) -> sizeIn(answer),
          (long) AFTER.length());
    }

    static Row content(String name, Making making) {
      return new Row(
          name,
          Leases.FILE,
          WaitsFor.EXCLUSIVE,
          making,
          (world, answer) -> new String(world.read.array(), 0, world.read.position(), US_ASCII),
          AFTER);
    }

    static Row place(String name, Making making, Object expected) {
      return new Row(
          name, Leases.FILE, WaitsFor.EXCLUSIVE, making, (world, answer) -> answer, expected);
    }

    static Row directory(String name, WaitsFor waitsFor, Making making) {
      return new Row(name, Leases.DIRECTORY, waitsFor, making, null, "");
    }

    static Row names(String name, WaitsFor waitsFor, Making making) {
      return new Row(name, Leases.NAMES, waitsFor, making, null, "");
    }

    Row showing(Showing what, Object value) {
      return new Row(name, of, waitsFor, making, what, value);
    }

    @Override
    public String toString() {
      return name + " (lease on the " + of + ")";
    }
  }

  private static long sizeIn(Object answer) {
    return switch (answer) {
      case Stat stat -> stat.size();
      case Opened opened -> opened.stat().size();
      case Leased leased -> leased.stat().size();
      default -> throw new AssertionError(answer);
    };
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(US_ASCII));
  }

  private static long sizeOfFile(World world, Object unused) throws ErrnoException {
    return world.asker.getattr(ME, world.file).size();
  }

  /** Every operation, some in several ways. */
  private static List<Row> rows() {
    List<Row> all = new ArrayList<>();
    all.addAll(names());
    all.addAll(attributes());
    all.addAll(opens());
    all.addAll(data());
    all.addAll(others());
    all.addAll(inDirectories());
    all.addAll(inNames());
    all.addAll(dataInNames());
    return all;
  }

  private static List<Row> names() {
    return List.of(
        new Row("root", WaitsFor.NOTHING, w -> new Operation.Root()),
        Row.size("lookup", w -> new Operation.Lookup(w.dir, FILE)),
        new Row("lookup of another", WaitsFor.NOTHING, w -> new Operation.Lookup(w.dir, OTHER)),
        new Row("forget", WaitsFor.NOTHING, w -> new Operation.Forget(w.link, 1)),
        Row.size("rebind", w -> new Operation.Rebind(w.file)),
        new Row("mknod", WaitsFor.NOTHING, w -> new Operation.Mknod(w.dir, NEW, 0100644, 0)),
        new Row("mkdir", WaitsFor.NOTHING, w -> new Operation.Mkdir(w.dir, NEW, 0755)),
        new Row(
            "symlink", WaitsFor.NOTHING, w -> new Operation.Symlink(w.dir, NEW, new byte[] {'f'})),
        new Row("readlink", WaitsFor.NOTHING, w -> new Operation.Readlink(w.link)),
        new Row("link", WaitsFor.ALL, w -> new Operation.Link(w.file, w.dir, NEW))
            .showing((w, answer) -> sizeIn(answer), (long) AFTER.length()),
        new Row("unlink", WaitsFor.ALL, w -> new Operation.Unlink(w.dir, FILE)),
        new Row("rmdir", WaitsFor.NOTHING, w -> new Operation.Rmdir(w.dir, EMPTY)),
        new Row("rename", WaitsFor.ALL, w -> new Operation.Rename(w.dir, FILE, w.dir, NEW, 0)),
        new Row(
            "rename onto it",
            WaitsFor.ALL,
            w -> new Operation.Rename(w.dir, OTHER, w.dir, FILE, 0)));
  }

  private static List<Row> attributes() {
    return List.of(
        Row.size("getattr", w -> new Operation.Getattr(w.file)),
        new Row(
                "setattr",
                WaitsFor.ALL,
                w -> new Operation.Setattr(w.file, 0, SetAttr.ofMode(0600)))
            .showing((w, answer) -> sizeIn(answer), (long) AFTER.length()),
        new Row(
                "setattr through a handle",
                WaitsFor.ALL,
                w -> new Operation.Setattr(w.file, w.handle, SetAttr.ofSize(2)))
            .showing((w, answer) -> sizeIn(answer), 2L),
        new Row("access", WaitsFor.EXCLUSIVE, w -> new Operation.Access(w.file, 4)),
        new Row("getxattr", WaitsFor.EXCLUSIVE, w -> new Operation.Getxattr(w.file, ATTRIBUTE)),
        new Row("listxattr", WaitsFor.EXCLUSIVE, w -> new Operation.Listxattr(w.file)),
        new Row(
            "setxattr",
            WaitsFor.ALL,
            w -> new Operation.Setxattr(w.file, ATTRIBUTE, new byte[] {2}, 0)),
        new Row("removexattr", WaitsFor.ALL, w -> new Operation.Removexattr(w.file, ATTRIBUTE)),
        new Row("statfs", WaitsFor.NOTHING, w -> new Operation.Statfs(w.file)),
        Row.size("lease", w -> new Operation.Lease(w.file, LeaseMode.SHARED)),
        new Row("leasenames", WaitsFor.NOTHING, w -> new Operation.LeaseNames(w.dir)),
        Row.size("leaselocks", w -> new Operation.LeaseLocks(w.handle)),
        Row.size("lease, exclusive", w -> new Operation.Lease(w.file, LeaseMode.EXCLUSIVE)));
  }

  private static List<Row> opens() {
    return List.of(
        Row.size("open", w -> new Operation.Open(w.file, OpenFlags.O_RDONLY)),
        Row.size(
            "open to append",
            w -> new Operation.Open(w.file, OpenFlags.O_WRONLY | OpenFlags.O_APPEND)),
        new Row(
                "open, truncating",
                WaitsFor.ALL,
                w -> new Operation.Open(w.file, OpenFlags.O_RDWR | OpenFlags.O_TRUNC))
            .showing((w, answer) -> sizeIn(answer), 0L),
        Row.size(
            "create of what is there",
            w -> new Operation.Create(w.dir, FILE, OpenFlags.O_RDWR, 0644)),
        new Row(
                "create of what is there, truncating",
                WaitsFor.ALL,
                w -> new Operation.Create(w.dir, FILE, OpenFlags.O_RDWR | OpenFlags.O_TRUNC, 0644))
            .showing((w, answer) -> sizeIn(answer), 0L),
        new Row(
            "create", WaitsFor.NOTHING, w -> new Operation.Create(w.dir, NEW, OpenFlags.O_RDWR, 0)),
        new Row(
            "tmpfile", WaitsFor.NOTHING, w -> new Operation.Tmpfile(w.dir, OpenFlags.O_RDWR, 0)),
        new Row("close", WaitsFor.NOTHING, w -> new Operation.Close(w.handle)),
        new Row(
            "readdir", WaitsFor.NOTHING, w -> new Operation.Readdir(w.directory, 0, 8192, false)),
        new Row(
                "readdir with attributes",
                WaitsFor.EXCLUSIVE,
                w -> new Operation.Readdir(w.directory, 0, 8192, true))
            .showing((w, answer) -> listed((List<?>) answer), (long) AFTER.length()),
        new Row("share", WaitsFor.NOTHING, w -> new Operation.Share(w.handle)),
        Row.size("take", w -> new Operation.Take(w.asker.share(ME, w.handle))));
  }

  private static long listed(List<?> entries) {
    return entries.stream()
        .map(DirEntry.class::cast)
        .filter(entry -> entry.name().equals(FILE))
        .map(DirEntry::stat)
        .findFirst()
        .orElseThrow()
        .size();
  }

  private static List<Row> data() {
    return List.of(
        Row.content("read", w -> new Operation.Read(w.handle, 0, w.read)),
        new Row("read of pieces", WaitsFor.EXCLUSIVE, World::readPieces)
            .showing((w, answer) -> String.join("", w.pieces), AFTER),
        Row.content("readnext", w -> new Operation.ReadNext(w.handle, w.read)),
        new Row("write", WaitsFor.ALL, w -> new Operation.Write(w.handle, 0, bytes("x")))
            .showing(LeaseConflictsTest::sizeOfFile, (long) AFTER.length()),
        new Row("append", WaitsFor.ALL, w -> new Operation.Append(w.handle, bytes("x")))
            .showing((w, answer) -> ((Transferred) answer).offset(), (long) AFTER.length()),
        Row.place(
            "append of nothing",
            w -> new Operation.Append(w.handle, bytes("")),
            new Transferred(AFTER.length(), 0)),
        new Row("writenext", WaitsFor.ALL, w -> new Operation.WriteNext(w.handle, bytes("x")))
            .showing(LeaseConflictsTest::sizeOfFile, (long) AFTER.length()),
        new Row("seek", WaitsFor.NOTHING, w -> new Operation.Seek(w.handle, Whence.SET, 9)),
        new Row("seek on", WaitsFor.NOTHING, w -> new Operation.Seek(w.handle, Whence.CUR, 9)),
        Row.place(
            "seek from the end",
            w -> new Operation.Seek(w.handle, Whence.END, 1),
            AFTER.length() + 1L),
        Row.place(
            "seek to data",
            w -> new Operation.Seek(w.handle, Whence.DATA, BEFORE.length() + 1),
            BEFORE.length() + 1L),
        Row.place(
            "seek to a hole",
            w -> new Operation.Seek(w.handle, Whence.HOLE, 0),
            (long) AFTER.length()),
        new Row("setflags", WaitsFor.NOTHING, w -> new Operation.SetFlags(w.handle, 0)),
        new Row("fallocate", WaitsFor.ALL, w -> new Operation.Fallocate(w.handle, 0, 0, 100))
            .showing(LeaseConflictsTest::sizeOfFile, 100L),
        Row.place(
            "copyrange from it",
            w -> new Operation.CopyRange(w.handle, 0, w.secondHandle, 0, 100),
            (long) AFTER.length()),
        new Row(
                "copyrange within it",
                WaitsFor.ALL,
                w -> new Operation.CopyRange(w.handle, 0, w.handle, 100, 2))
            .showing((w, answer) -> answer, 2L),
        new Row(
            "copyrange to it",
            WaitsFor.ALL,
            w -> {
              w.asker.write(ME, w.secondHandle, 0, bytes("x"));
              return new Operation.CopyRange(w.secondHandle, 0, w.handle, 0, 1);
            }),
        new Row("fsync", WaitsFor.NOTHING, w -> new Operation.Fsync(w.handle, false)));
  }

  private static RangeLock lock(RangeLock.Type type) {
    return RangeLock.whole(RangeLock.Kind.OFD, type);
  }

  private static long watch(World world) throws ErrnoException {
    return world.asker.call(ME, new Operation.OpenWatch()).handle();
  }

  private static long set(World world) throws ErrnoException {
    return world.asker.call(ME, new Operation.Evset()).handle();
  }

  private static InodeId key(World world) throws ErrnoException {
    return world.asker.call(ME, new Operation.OpenKey(NEW));
  }

  private static List<Row> others() {
    return List.of(
        new Row(
            "lock",
            WaitsFor.NOTHING,
            w -> new Operation.Lock(w.handle, lock(RangeLock.Type.WRITE), true)),
        new Row(
            "getlock",
            WaitsFor.NOTHING,
            w -> new Operation.GetLock(w.handle, lock(RangeLock.Type.READ))),
        new Row("evset", WaitsFor.NOTHING, w -> new Operation.Evset()),
        new Row("eventfd", WaitsFor.NOTHING, w -> new Operation.Eventfd(1, 0)),
        new Row(
            "evctl",
            WaitsFor.NOTHING,
            w -> {
              long counter = w.asker.call(ME, new Operation.Eventfd(1, 0)).handle();
              return new Operation.Evctl(set(w), Control.ADD, counter, 1, 0);
            }),
        new Row(
            "evlock",
            WaitsFor.NOTHING,
            w -> new Operation.Evlock(w.handle, lock(RangeLock.Type.READ))),
        new Row("evwait", WaitsFor.NOTHING, w -> new Operation.Evwait(set(w), 1, 0)),
        new Row("openwatch", WaitsFor.NOTHING, w -> new Operation.OpenWatch()),
        new Row(
            "addwatch",
            WaitsFor.NOTHING,
            w -> new Operation.AddWatch(watch(w), w.file, Change.MODIFY)),
        new Row(
            "removewatch",
            WaitsFor.NOTHING,
            w -> {
              long watch = watch(w);
              int number = w.asker.call(ME, new Operation.AddWatch(watch, w.file, Change.MODIFY));
              return new Operation.RemoveWatch(watch, number);
            }),
        new Row(
            "nextchanges", WaitsFor.NOTHING, w -> new Operation.NextChanges(watch(w), 64, false)),
        new Row("returnleases", WaitsFor.NOTHING, w -> new Operation.ReturnLeases(List.of())),
        new Row(
            "returnlocks",
            WaitsFor.NOTHING,
            w -> new Operation.ReturnLocks(new LeaseName(w.file, LeasePlane.LOCKS, 1), List.of())),
        new Row("openkey", WaitsFor.NOTHING, w -> new Operation.OpenKey(NEW)),
        new Row("usekey", WaitsFor.NOTHING, w -> new Operation.UseKey(key(w), LeaseMode.SHARED, 0)),
        new Row("returnkey", WaitsFor.NOTHING, w -> new Operation.ReturnKey(key(w), 1, null)),
        new Row("closekey", WaitsFor.NOTHING, w -> new Operation.CloseKey(key(w))),
        new Row("nextrecalls", WaitsFor.NOTHING, w -> new Operation.NextRecalls(1, false)));
  }

  /** Nobody can have a directory alone. */
  private static List<Row> inDirectories() {
    return List.of(
        Row.directory("lookup", WaitsFor.NOTHING, w -> new Operation.Lookup(w.dir, FILE)),
        Row.directory("getattr", WaitsFor.NOTHING, w -> new Operation.Getattr(w.dir)),
        Row.directory(
            "readdir", WaitsFor.NOTHING, w -> new Operation.Readdir(w.directory, 0, 8192, true)),
        Row.directory("mknod", WaitsFor.ALL, w -> new Operation.Mknod(w.dir, NEW, 0100644, 0)),
        Row.directory("mkdir", WaitsFor.ALL, w -> new Operation.Mkdir(w.dir, NEW, 0755)),
        Row.directory(
            "symlink", WaitsFor.ALL, w -> new Operation.Symlink(w.dir, NEW, new byte[] {'f'})),
        Row.directory("link", WaitsFor.ALL, w -> new Operation.Link(w.file, w.dir, NEW)),
        Row.directory("unlink", WaitsFor.ALL, w -> new Operation.Unlink(w.dir, FILE)),
        Row.directory("rmdir", WaitsFor.ALL, w -> new Operation.Rmdir(w.dir, EMPTY)),
        Row.directory(
            "rename", WaitsFor.ALL, w -> new Operation.Rename(w.dir, FILE, w.dir, NEW, 0)),
        Row.directory(
            "create", WaitsFor.ALL, w -> new Operation.Create(w.dir, NEW, OpenFlags.O_RDWR, 0)),
        Row.directory(
            "tmpfile", WaitsFor.NOTHING, w -> new Operation.Tmpfile(w.dir, OpenFlags.O_RDWR, 0)),
        Row.directory(
            "setattr", WaitsFor.ALL, w -> new Operation.Setattr(w.dir, 0, SetAttr.ofMode(0700))));
  }

  /** Nobody can have names alone. */
  private static List<Row> inNames() {
    return List.of(
        Row.names("lookup", WaitsFor.NOTHING, w -> new Operation.Lookup(w.dir, FILE)),
        Row.names("getattr", WaitsFor.NOTHING, w -> new Operation.Getattr(w.dir)),
        Row.names("getattr of an entry", WaitsFor.NOTHING, w -> new Operation.Getattr(w.file)),
        Row.names(
            "readdir", WaitsFor.NOTHING, w -> new Operation.Readdir(w.directory, 0, 8192, true)),
        Row.names("mknod", WaitsFor.ALL, w -> new Operation.Mknod(w.dir, NEW, 0100644, 0)),
        Row.names("mkdir", WaitsFor.ALL, w -> new Operation.Mkdir(w.dir, NEW, 0755)),
        Row.names(
            "symlink", WaitsFor.ALL, w -> new Operation.Symlink(w.dir, NEW, new byte[] {'f'})),
        Row.names("link", WaitsFor.ALL, w -> new Operation.Link(w.file, w.dir, NEW)),
        Row.names("link elsewhere", WaitsFor.ALL, w -> new Operation.Link(w.file, w.below, NEW)),
        Row.names("unlink", WaitsFor.ALL, w -> new Operation.Unlink(w.dir, FILE)),
        Row.names("rmdir", WaitsFor.ALL, w -> new Operation.Rmdir(w.dir, EMPTY)),
        Row.names("rename", WaitsFor.ALL, w -> new Operation.Rename(w.dir, FILE, w.dir, NEW, 0)),
        Row.names(
            "rename out of it",
            WaitsFor.ALL,
            w -> new Operation.Rename(w.dir, FILE, w.below, NEW, 0)),
        Row.names(
            "rename of it",
            WaitsFor.ALL,
            w -> new Operation.Rename(w.asker.root(ME).id(), DIR, w.asker.root(ME).id(), NEW, 0)),
        Row.names(
            "create", WaitsFor.ALL, w -> new Operation.Create(w.dir, NEW, OpenFlags.O_RDWR, 0)),
        Row.names(
            "tmpfile", WaitsFor.NOTHING, w -> new Operation.Tmpfile(w.dir, OpenFlags.O_RDWR, 0)),
        Row.names(
            "setattr", WaitsFor.ALL, w -> new Operation.Setattr(w.dir, 0, SetAttr.ofMode(0700))),
        Row.names(
            "create in a directory of it",
            WaitsFor.ALL,
            w -> new Operation.Create(w.below, NEW, OpenFlags.O_RDWR, 0)),
        Row.names(
            "setattr of a directory of it",
            WaitsFor.ALL,
            w -> new Operation.Setattr(w.below, 0, SetAttr.ofMode(0700))));
  }

  private static List<Row> dataInNames() {
    return List.of(
        Row.names(
            "setattr of an entry",
            WaitsFor.ALL,
            w -> new Operation.Setattr(w.file, 0, SetAttr.ofMode(0600))),
        Row.names(
            "setattr of a link",
            WaitsFor.ALL,
            w -> new Operation.Setattr(w.link, 0, SetAttr.ofOwner(1, 1))),
        Row.names(
            "setattr of what has two names",
            WaitsFor.NOTHING,
            w -> new Operation.Setattr(w.twice, 0, SetAttr.ofMode(0600))),
        Row.names(
            "setxattr",
            WaitsFor.ALL,
            w -> new Operation.Setxattr(w.file, ATTRIBUTE, new byte[] {2}, 0)),
        Row.names("removexattr", WaitsFor.ALL, w -> new Operation.Removexattr(w.file, ATTRIBUTE)),
        Row.names(
            "open, truncating",
            WaitsFor.ALL,
            w -> new Operation.Open(w.file, OpenFlags.O_RDWR | OpenFlags.O_TRUNC)),
        Row.names("read", WaitsFor.NOTHING, w -> new Operation.Read(w.handle, 0, w.read)),
        Row.names("write", WaitsFor.ALL, w -> new Operation.Write(w.handle, 0, bytes("x"))),
        Row.names("append", WaitsFor.ALL, w -> new Operation.Append(w.handle, bytes("x"))),
        Row.names("writenext", WaitsFor.ALL, w -> new Operation.WriteNext(w.handle, bytes("x"))),
        Row.names("fallocate", WaitsFor.ALL, w -> new Operation.Fallocate(w.handle, 0, 0, 100)),
        Row.names(
            "copyrange to it",
            WaitsFor.ALL,
            w -> new Operation.CopyRange(w.handle, 0, w.secondHandle, 0, 1)),
        Row.names("fsync", WaitsFor.NOTHING, w -> new Operation.Fsync(w.handle, false)));
  }

  // ---- the checks ----

  static Stream<Arguments> rowsAndModes() {
    return rows().stream()
        .flatMap(row ->
            Stream.of(LeaseMode.SHARED, LeaseMode.EXCLUSIVE)
                .filter(mode -> row.of() == Leases.FILE || mode == LeaseMode.SHARED)
                .map(mode -> Arguments.of(row, mode)));
  }

  static List<Row> allRows() {
    return rows();
  }

  @ParameterizedTest
  @MethodSource("rowsAndModes")
  void anothersOperation_waitsForWhatItConflictsWith(Row row, LeaseMode mode) throws Exception {
    World world = new World(false);
    Operation<?> operation = row.making().in(world);
    LeaseName lease = world.lease(row.of(), mode);
    Asked<?> asked = new Asked<>(world.asker, operation);
    boolean waits =
        row.waitsFor() == WaitsFor.ALL
            || (row.waitsFor() == WaitsFor.EXCLUSIVE && mode == LeaseMode.EXCLUSIVE);
    assertThat(asked.waits()).isEqualTo(waits);
    if (!waits) {
      assertNothingIsRecalled(world);
      requireRight(asked.end);
    } else {
      LeaseMode most = row.waitsFor() == WaitsFor.ALL ? LeaseMode.NONE : LeaseMode.SHARED;
      LeaseName kept = lease.keeping(most);
      assertThat(world.holder.nextRecalls(ME, 10, false)).containsExactly(kept);
      if (mode == LeaseMode.EXCLUSIVE) {
        writeBack(world);
        assertThat(asked.waits()).as("still held").isTrue();
      }
      world.holder.returnLeases(ME, List.of(kept));
      assertThat(asked.waits()).as("given back").isFalse();
      requireRight(asked.end);
      assertNothingIsRecalled(world);
      if (most == LeaseMode.SHARED) {
        assertThat(world.lease(row.of(), LeaseMode.SHARED)).as("the rest of it").isEqualTo(lease);
      }
      if (mode == LeaseMode.EXCLUSIVE && row.shows() != null) {
        assertThat(row.shows().of(world, asked.answer())).isEqualTo(row.expected());
      }
    }
    world.vfs.close();
  }

  @ParameterizedTest
  @MethodSource("allRows")
  void ownOperation_waitsForNothing(Row row) throws Exception {
    World world = new World(true);
    Operation<?> operation = row.making().in(world);
    world.lease(row.of(), row.of() == Leases.FILE ? LeaseMode.EXCLUSIVE : LeaseMode.SHARED);
    Asked<?> asked = new Asked<>(world.asker, operation);
    assertThat(asked.waits()).isFalse();
    requireRight(asked.end);
    assertNothingIsRecalled(world);
    world.vfs.close();
  }

  /** So a client that alone has a handle need not ask where its offset is. */
  @ParameterizedTest
  @MethodSource("allRows")
  void anothersOperation_doesNotMoveTheOffsetOfAHandleThatIsNotShared(Row row) throws Exception {
    World world = new World(false);
    world.holder.setFlags(ME, world.holderHandle, OpenFlags.O_APPEND);
    assertThat(world.holder.seek(ME, world.holderHandle, Whence.SET, 1)).isEqualTo(1);
    Asked<?> asked = new Asked<>(world.asker, row.making().in(world));
    assertThat(asked.waits()).isFalse();
    requireRight(asked.end);
    assertThat(world.holder.seek(ME, world.holderHandle, Whence.CUR, 0)).isEqualTo(1);
    world.asker.close(); // with the leases that it has now
    Operation<?> append = new Operation.WriteNext(world.holderHandle, bytes("x"));
    Transferred appended = (Transferred) world.holder.call(ME, append);
    assertThat(appended.offset()).as("still at the end").isEqualTo(size(world) - 1);
    world.vfs.close();
  }

  private static long size(World world) throws ErrnoException {
    return world.holder.getattr(ME, world.file).size();
  }

  /** What the holder has kept back goes to the leader while another waits for it. */
  private static void writeBack(World world) {
    Asked<?> written =
        new Asked<>(world.holder, new Operation.Write(world.holderHandle, 0, bytes(AFTER)));
    assertThat(written.end).isEqualTo(AFTER.length());
  }

  private static void assertNothingIsRecalled(World world) {
    assertThatThrownBy(() -> world.holder.nextRecalls(ME, 10, false))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
  }

  private static void requireRight(@Nullable Object end) {
    if (end instanceof Errno errno) {
      assertThat(errno).as("there is nothing").isIn(Errno.EAGAIN, Errno.ENXIO);
    }
  }

  @Test
  void everyOperation_isInTheTable() throws Exception {
    Set<Class<?>> seen = new HashSet<>();
    for (Row row : rows()) {
      World world = new World(false);
      seen.add(row.making().in(world).getClass());
      world.vfs.close();
    }
    assertThat(seen).isEqualTo(new HashSet<>(leaves(Operation.class)));
  }

  private static List<Class<?>> leaves(Class<?> type) {
    List<Class<?>> all = new ArrayList<>();
    for (Class<?> sub : type.getPermittedSubclasses()) {
      all.addAll(sub.isRecord() ? List.of(sub) : leaves(sub));
    }
    return all;
  }
}

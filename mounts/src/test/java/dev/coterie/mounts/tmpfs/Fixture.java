package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.InsideNode;
import dev.coterie.core.spi.MountContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** A small file system, with commands as the core would give them: each a second after the last. */
final class Fixture implements AutoCloseable {
  static final int PAGES = 1000;
  static final int INODES = 100;

  final TmpFs fs;
  final InsideNode root;
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger seconds = new AtomicInteger();

  Fixture() {
    this(PAGES, INODES);
  }

  Fixture(int pages, int inodes) {
    TmpFs.Options options =
        new TmpFs.Options(pages * 4096L, inodes, 01777, 0, 0, false, AtimePolicy.RELATIME);
    fs = new TmpFs(options, new MountContext(this::id, InstantSource.fixed(Instant.EPOCH), 1));
    root = fs.root();
  }

  InodeId id() {
    return new InodeId(ids.incrementAndGet(), 0);
  }

  /** A moment that no command had before. */
  Timestamp tick() {
    return new Timestamp(seconds.incrementAndGet(), 0);
  }

  /** The moment of the last command. */
  Timestamp now() {
    return new Timestamp(seconds.get(), 0);
  }

  InsideNode create(InsideNode dir, @Nullable String name, int mode) throws ErrnoException {
    Name entry = name == null ? null : Name.of(name);
    boolean linkable = name == null;
    return fs.apply(
        new Command.Create(
            dir, entry, id(), mode, null, null, 7, 8, 0x0103, new byte[0], linkable, tick()));
  }

  InsideNode file(InsideNode dir, String name) throws ErrnoException {
    return create(dir, name, Mode.S_IFREG | 0644);
  }

  InsideNode dir(InsideNode dir, String name) throws ErrnoException {
    return create(dir, name, Mode.S_IFDIR | 0755);
  }

  InsideNode symlink(InsideNode dir, String name, String target) throws ErrnoException {
    byte[] bytes = target.getBytes(StandardCharsets.UTF_8);
    int mode = Mode.S_IFLNK | 0777;
    return fs.apply(
        new Command.Create(
            dir, Name.of(name), id(), mode, null, null, 0, 0, 0, bytes, false, tick()));
  }

  void link(InsideNode dir, String name, InsideNode node) throws ErrnoException {
    fs.apply(new Command.Link(dir, Name.of(name), node, tick()));
  }

  void unlink(InsideNode dir, String name) {
    InsideNode node = lookup(dir, name);
    if (node != null) {
      fs.apply(new Command.Unlink(dir, Name.of(name), node, tick()));
    }
  }

  @Nullable InsideNode lookup(InsideNode dir, String name) {
    return fs.lookup(dir, Name.of(name));
  }

  void rename(InsideNode dir, String name, InsideNode newDir, String newName, boolean exchange) {
    InsideNode node = lookup(dir, name);
    if (node != null) {
      InsideNode replaced = lookup(newDir, newName);
      fs.apply(
          new Command.Rename(
              dir, Name.of(name), node, newDir, Name.of(newName), replaced, exchange, tick()));
    }
  }

  int write(InsideNode file, long offset, int count) throws ErrnoException {
    ByteBuffer source = ByteBuffer.allocate(count);
    int written = fs.apply(new Command.Write(file, offset, source, file.mode(), tick()));
    if (source.position() != written) {
      throw new AssertionError("position " + source.position() + " after writing " + written);
    }
    return written;
  }

  void allocate(
      InsideNode file, Command.Allocate.Kind kind, boolean keepSize, long offset, long length)
      throws ErrnoException {
    fs.apply(new Command.Allocate(file, kind, keepSize, offset, length, file.mode(), tick()));
  }

  void truncate(InsideNode file, long size) {
    Stat stat = fs.stat(file);
    Timestamp now = tick();
    fs.apply(
        new Command.SetAttr(
            file, stat.mode(), null, stat.uid(), stat.gid(), size, stat.atime(), now, now));
  }

  void setxattr(InsideNode node, String name, int bytes) throws ErrnoException {
    fs.apply(new Command.SetXattr(node, Name.of(name), new byte[bytes], tick()));
  }

  void removexattr(InsideNode node, String name) {
    fs.apply(new Command.RemoveXattr(node, Name.of(name), tick()));
  }

  Stat stat(InsideNode node) {
    return fs.stat(node);
  }

  long freePages() {
    return fs.statfs().bfree();
  }

  long freeInodes() {
    return fs.statfs().ffree();
  }

  static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ErrnoException.class,
            e -> {
              if (e.errno() != errno) {
                throw new AssertionError("expected " + errno, e);
              }
            });
  }

  @Override
  public void close() {
    fs.close();
  }
}

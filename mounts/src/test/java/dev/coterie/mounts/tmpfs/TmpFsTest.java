package dev.coterie.mounts.tmpfs;

import static dev.coterie.mounts.tmpfs.Fixture.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.Command.Allocate.Kind;
import dev.coterie.core.spi.InsideNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TmpFsTest {
  private final Fixture fixture = new Fixture();
  private final TmpFs fs = fixture.fs;
  private final InsideNode root = fixture.root;

  @AfterEach
  void close() {
    fixture.close();
  }

  // ---- numbers ----

  @Test
  void root_ofNewMount_isAsOptionsSay() {
    Stat stat = fixture.stat(root);
    assertThat(stat.mode()).isEqualTo(Mode.S_IFDIR | 01777);
    assertThat(stat.nlink()).isEqualTo(2);
    assertThat(stat.size()).isEqualTo(40);
    assertThat(stat.blocks()).isZero();
    assertThat(stat.blksize()).isEqualTo(4096);
    assertThat(fs.parent(root)).isSameAs(root);
    assertThat(fs.anyParent(root)).isNull();
    assertThat(fs.find(root.id())).isSameAs(root);
    assertThat(fs.isEmpty(root)).isTrue();
  }

  @Test
  void statfs_ofNewMount_isTmpfs() {
    StatFs statfs = fs.statfs();
    assertThat(statfs.type()).isEqualTo(0x01021994);
    assertThat(statfs.bsize()).isEqualTo(4096);
    assertThat(statfs.blocks()).isEqualTo(Fixture.PAGES);
    assertThat(statfs.bfree()).isEqualTo(Fixture.PAGES).isEqualTo(statfs.bavail());
    assertThat(statfs.files()).isEqualTo(Fixture.INODES);
    assertThat(statfs.ffree()).isEqualTo(Fixture.INODES - 1);
    assertThat(statfs.namelen()).isEqualTo(255);
  }

  @Test
  void directory_withEntries_counts20BytesEach() throws ErrnoException {
    InsideNode dir = fixture.dir(root, "dir");
    fixture.file(dir, "file");
    fixture.dir(dir, "sub");
    assertThat(fixture.stat(dir).size()).isEqualTo(80);
    assertThat(dir.nlink()).isEqualTo(3);
    assertThat(root.nlink()).isEqualTo(3);
    fixture.unlink(dir, "sub");
    fixture.unlink(dir, "file");
    assertThat(fixture.stat(dir).size()).isEqualTo(40);
    assertThat(dir.nlink()).isEqualTo(2);
    fixture.unlink(root, "dir");
    assertThat(dir.nlink()).isZero();
    assertThat(root.nlink()).isEqualTo(2);
    assertThat(fs.parent(dir)).isSameAs(root);
    assertThat(fs.anyParent(dir)).isNull();
  }

  @Test
  void create_eachKind_isWhatWasAsked() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    InsideNode device = fixture.create(root, "device", Mode.S_IFCHR | 0600);
    InsideNode fifo = fixture.create(root, "fifo", Mode.S_IFIFO | 02640);
    InsideNode nameless = fixture.create(root, null, Mode.S_IFREG | 0600);
    assertThat(fixture.stat(file).uid()).isEqualTo(7);
    assertThat(fixture.stat(file).gid()).isEqualTo(8);
    assertThat(fixture.stat(device).rdev()).isEqualTo(0x0103);
    assertThat(device.mode()).isEqualTo(Mode.S_IFCHR | 0600);
    assertThat(fifo.mode()).isEqualTo(Mode.S_IFIFO | 02640);
    assertThat(fifo.size()).isZero();
    assertThat(file.nlink()).isEqualTo(1);
    assertThat(nameless.nlink()).isZero();
    assertThat(fs.find(nameless.id())).isSameAs(nameless);
    assertThat(fs.lookup(root, Name.of("file"))).isSameAs(file);
    assertThat(fs.lookup(root, Name.of("none"))).isNull();
    assertThat(fixture.freeInodes()).isEqualTo(Fixture.INODES - 5);
  }

  @Test
  void symlink_belowAndFrom128Bytes_takesNoneOrOnePage() throws ErrnoException {
    for (int length : new int[] {1, 127, 128, Limits.SYMLINK_BYTES}) {
      String target = "x".repeat(length - 1) + "y";
      InsideNode link = fixture.symlink(root, "link" + length, target);
      assertThat(link.size()).isEqualTo(length);
      assertThat(fs.readlink(link)).asString().isEqualTo(target);
      assertThat(fixture.stat(link).blocks()).isEqualTo(length < 128 ? 0 : 8);
    }
    assertThat(fixture.freePages()).isEqualTo(Fixture.PAGES - 2);
  }

  @Test
  void blocks_ofFile_countWhatIsAllocated() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    fixture.write(file, 100_000, 1);
    assertThat(fixture.stat(file).size()).isEqualTo(100_001);
    assertThat(fixture.stat(file).blocks()).isEqualTo(8);
    fixture.allocate(file, Kind.ALLOCATE, true, 0, 8192);
    fixture.allocate(file, Kind.ALLOCATE, true, 1 << 20, 4096);
    assertThat(fixture.stat(file).size()).isEqualTo(100_001);
    assertThat(fixture.stat(file).blocks()).isEqualTo(32);
    assertThat(fs.seekData(file, 0)).isEqualTo(98_304);
    assertThat(fs.seekHole(file, 98_304)).isEqualTo(100_001);
    fixture.truncate(file, 100_001); // to its own size: what lies behind the end goes
    assertThat(fixture.stat(file).blocks()).isEqualTo(24);
    fixture.allocate(file, Kind.PUNCH_HOLE, true, 98_304, 4096);
    assertThat(fixture.stat(file).blocks()).isEqualTo(16);
    assertThat(fs.seekData(file, 0)).isEqualTo(-1);
    fixture.allocate(file, Kind.ZERO_RANGE, false, 0, 200_000);
    assertThat(fixture.stat(file).size()).isEqualTo(200_000);
    assertThat(fixture.stat(file).blocks()).isEqualTo(49 * 8);
  }

  @Test
  void truncate_shrinkThenGrow_readsZeros() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    ByteBuffer ones = ByteBuffer.allocate(10_000);
    java.util.Arrays.fill(ones.array(), (byte) 1);
    fs.apply(new Command.Write(file, 0, ones, file.mode(), fixture.tick()));
    fixture.truncate(file, 5000);
    fixture.truncate(file, 10_000);
    ByteBuffer read = ByteBuffer.allocate(20_000);
    assertThat(fs.read(file, 0, read)).isEqualTo(10_000);
    for (int i = 0; i < 10_000; i++) {
      assertThat(read.get(i)).isEqualTo((byte) (i < 5000 ? 1 : 0));
    }
    assertThat(fs.read(file, 10_000, read)).isZero();
    assertThat(fs.read(file, Long.MAX_VALUE, read)).isZero();
    assertThat(read.position()).isEqualTo(10_000);
  }

  @Test
  void copyRange_fromSparse_keepsHoles() throws ErrnoException {
    InsideNode from = fixture.file(root, "from");
    InsideNode to = fixture.file(root, "to");
    fixture.write(from, 1 << 20, 5000);
    fixture.write(to, 0, 2 << 20);
    int mode = to.mode();
    Command.CopyRange all =
        new Command.CopyRange(from, 0, to, 0, Long.MAX_VALUE, mode, fixture.tick());
    assertThat(fs.apply(all)).isEqualTo(from.size());
    assertThat(to.size()).isEqualTo(2 << 20);
    assertThat(fs.seekData(to, 0)).isEqualTo(1 << 20);
    // Behind the source's end the target's own pages stay.
    assertThat(fixture.stat(to).blocks()).isEqualTo(256 * 8);
    InsideNode tail = fixture.file(root, "tail");
    fixture.truncate(from, 1 << 20);
    Command.CopyRange hole = new Command.CopyRange(from, 0, tail, 1, 100, mode, fixture.tick());
    assertThat(fs.apply(hole)).isEqualTo(100);
    assertThat(tail.size()).isEqualTo(101);
    assertThat(fixture.stat(tail).blocks()).isZero();
  }

  @Test
  void write_clearsSetIdBits_asCommandSays() throws ErrnoException {
    InsideNode file = fixture.create(root, "file", Mode.S_IFREG | 06755);
    fs.apply(new Command.Write(file, 0, ByteBuffer.allocate(1), 0755, fixture.tick()));
    assertThat(file.mode()).isEqualTo(Mode.S_IFREG | 0755);
  }

  // ---- names ----

  @Test
  void rename_directory_movesItsLinkAndParent() throws ErrnoException {
    InsideNode one = fixture.dir(root, "one");
    InsideNode two = fixture.dir(root, "two");
    InsideNode dir = fixture.dir(one, "dir");
    InsideNode replaced = fixture.dir(two, "dir");
    fixture.rename(one, "dir", two, "dir", false);
    assertThat(one.nlink()).isEqualTo(2);
    assertThat(two.nlink()).isEqualTo(3);
    assertThat(replaced.nlink()).isZero();
    assertThat(fs.parent(dir)).isSameAs(two);
    assertThat(fs.anyParent(dir)).isSameAs(two);
    assertThat(fixture.lookup(two, "dir")).isSameAs(dir);
    assertThat(fs.isEmpty(one)).isTrue();
    assertThat(fixture.stat(two).size()).isEqualTo(60);
  }

  @Test
  void exchange_fileAndDirectory_swapsLinksAndParents() throws ErrnoException {
    InsideNode one = fixture.dir(root, "one");
    InsideNode two = fixture.dir(root, "two");
    InsideNode dir = fixture.dir(one, "dir");
    InsideNode file = fixture.file(two, "file");
    fixture.rename(one, "dir", two, "file", true);
    assertThat(one.nlink()).isEqualTo(2);
    assertThat(two.nlink()).isEqualTo(3);
    assertThat(fs.parent(dir)).isSameAs(two);
    assertThat(fs.anyParent(file)).isSameAs(one);
    assertThat(fixture.lookup(one, "dir")).isSameAs(file);
    assertThat(fixture.lookup(two, "file")).isSameAs(dir);
    assertThat(dir.nlink()).isEqualTo(2);
    assertThat(file.nlink()).isEqualTo(1);
  }

  @Test
  void rename_ontoHardLinkedFile_leavesItsOtherNames() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    InsideNode other = fixture.file(root, "other");
    fixture.link(root, "other2", other);
    long free = fixture.freeInodes();
    fixture.rename(root, "file", root, "other", false);
    assertThat(other.nlink()).isEqualTo(1);
    assertThat(fs.anyParent(other)).isSameAs(root);
    assertThat(fixture.lookup(root, "other")).isSameAs(file);
    assertThat(fixture.freeInodes()).isEqualTo(free + 1);
  }

  @Test
  void anyParent_ofManyLinks_alwaysNamesTheInode() throws ErrnoException {
    Random random = new Random(1);
    List<InsideNode> dirs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      dirs.add(fixture.dir(root, "dir" + i));
    }
    InsideNode file = fixture.create(root, null, Mode.S_IFREG);
    int[] links = new int[dirs.size()];
    for (int step = 0; step < 2000; step++) {
      int dir = random.nextInt(links.length);
      int to = random.nextInt(links.length);
      if (links[dir] > 0 && dir != to && random.nextInt(3) == 0) {
        fixture.rename(dirs.get(dir), "n" + --links[dir], dirs.get(to), "n" + links[to]++, false);
      } else if (links[dir] > 0 && random.nextInt(3) > 0 && file.nlink() > 1) {
        fixture.unlink(dirs.get(dir), "n" + --links[dir]);
      } else if (file.nlink() < 20) {
        fixture.link(dirs.get(dir), "n" + links[dir]++, file);
      }
      InsideNode parent = fs.anyParent(file);
      assertThat(file.nlink() == 0 ? parent == null : links[dirs.indexOf(parent)] > 0).isTrue();
    }
    for (int dir = 0; dir < links.length; dir++) {
      while (links[dir] > 0) {
        fixture.unlink(dirs.get(dir), "n" + --links[dir]);
      }
    }
    assertThat(fs.anyParent(file)).isNull();
    assertThat(file.nlink()).isZero();
  }

  @Test
  void link_ofNamelessFile_onceAndThenAsAnyOther() throws ErrnoException {
    InsideNode file = fixture.create(root, null, Mode.S_IFREG);
    long free = fixture.freeInodes();
    fixture.link(root, "a", file);
    assertThat(fixture.freeInodes()).isEqualTo(free); // it was counted when it was made
    fixture.link(root, "b", file);
    assertThat(fixture.freeInodes()).isEqualTo(free - 1);
    fixture.unlink(root, "a");
    fixture.unlink(root, "b");
    assertErrno(Errno.ENOENT, () -> fixture.link(root, "c", file));
    assertThat(fixture.lookup(root, "c")).isNull();
  }

  @Test
  void link_ofFileMadeNotLinkable_isENOENT() throws ErrnoException {
    InsideNode file =
        fs.apply(
            new Command.Create(
                root,
                null,
                fixture.id(),
                Mode.S_IFREG,
                null,
                null,
                0,
                0,
                0,
                new byte[0],
                false,
                fixture.now()));
    assertErrno(Errno.ENOENT, () -> fixture.link(root, "a", file));
  }

  @Test
  void readdir_afterCookie_goesOnInOrderOfInsertion() throws ErrnoException {
    for (String name : List.of("c", "a", "b")) {
      fixture.file(root, name);
    }
    fixture.rename(root, "a", root, "d", false);
    List<String> names = new ArrayList<>();
    List<Long> cookies = new ArrayList<>();
    fs.readdir(
        root,
        2,
        (name, node, cookie) -> {
          assertThat(fs.lookup(root, name)).isSameAs(node);
          cookies.add(cookie);
          return names.add(name.toString());
        });
    assertThat(names).containsExactly("c", "b", "d");
    assertThat(cookies).containsExactly(3L, 5L, 6L);
    fs.readdir(root, 3, (name, node, cookie) -> !names.add(name.toString()));
    assertThat(names).endsWith("d", "b");
  }

  // ---- extended attributes ----

  @Test
  void xattrs_takeSpaceOfInodes_asTheKernelCounts() throws ErrnoException {
    long free = fixture.freeInodes();
    fixture.setxattr(root, "user.abc", 976); // 40 + 8 + 976 = 1024
    assertThat(fixture.freeInodes()).isEqualTo(free - 1);
    fixture.setxattr(root, "user.abc", 977);
    assertThat(fixture.freeInodes()).isEqualTo(free - 2);
    assertThat(fs.getxattr(root, Name.of("user.abc"))).hasSize(977);
    assertThat(fs.listxattr(root)).containsExactly(Name.of("user.abc"));
    fixture.removexattr(root, "user.abc");
    assertThat(fixture.freeInodes()).isEqualTo(free);
    assertThat(fs.listxattr(root)).isEmpty();
    assertThat(fs.getxattr(root, Name.of("user.abc"))).isNull();
  }

  @Test
  void setxattr_replacingWithoutRoomForBoth_isENOSPC() throws ErrnoException {
    fixture.setxattr(root, "user.a", 60_000);
    assertErrno(Errno.ENOSPC, () -> fixture.setxattr(root, "user.a", 60_000));
    assertThat(fs.getxattr(root, Name.of("user.a"))).hasSize(60_000);
  }

  @Test
  void setxattr_moreNamesThanAListHolds_isENOSPC() throws ErrnoException {
    try (Fixture large = new Fixture(10, 10_000)) {
      String prefix = "user." + "x".repeat(246);
      for (int i = 100; i < 356; i++) {
        large.setxattr(large.root, prefix + i, 0); // 255 bytes with the NUL
      }
      large.setxattr(large.root, "user.zzzz", 0);
      String left = "user." + "y".repeat(Limits.XATTR_LIST_BYTES - 256 * 255 - 10 - 6);
      assertErrno(Errno.ENOSPC, () -> large.setxattr(large.root, left + "y", 0));
      large.setxattr(large.root, left, 0);
      large.setxattr(large.root, left, 9);
      assertThat(large.fs.listxattr(large.root)).hasSize(258);
    }
  }

  // ---- limits ----

  @Test
  void write_untilFull_isShortThenENOSPC() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    int size = Fixture.PAGES * 4096;
    fixture.write(file, 0, size - 100);
    assertThat(fixture.write(file, size - 100, 5000)).isEqualTo(100);
    assertThat(file.size()).isEqualTo(size);
    assertThat(fixture.freePages()).isZero();
    assertErrno(Errno.ENOSPC, () -> fixture.write(file, size, 1));
    assertErrno(Errno.ENOSPC, () -> fixture.write(file, Limits.FILE_BYTES - 1, 1));
    assertThat(fixture.write(file, 0, 5000)).isEqualTo(5000);
    assertErrno(Errno.ENOSPC, () -> fixture.symlink(root, "long", "x".repeat(200)));
    assertThat(fixture.lookup(root, "long")).isNull();
    assertThat(fixture.freeInodes()).isEqualTo(Fixture.INODES - 2);
    fixture.symlink(root, "short", "x".repeat(100));
    InsideNode copy = fixture.file(root, "copy");
    assertErrno(
        Errno.ENOSPC,
        () -> fs.apply(new Command.CopyRange(file, 0, copy, 0, 9, 0644, fixture.tick())));
    assertThat(copy.size()).isZero();
  }

  @Test
  void allocate_oneTooMany_changesNothing() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    fixture.write(file, 4096, 4096);
    int size = Fixture.PAGES * 4096;
    for (Kind kind : List.of(Kind.ALLOCATE, Kind.ZERO_RANGE)) {
      assertErrno(Errno.ENOSPC, () -> fixture.allocate(file, kind, false, 0, size + 1));
      assertErrno(Errno.ENOSPC, () -> fixture.allocate(file, kind, false, 0, Limits.FILE_BYTES));
      assertThat(fixture.stat(file).blocks()).isEqualTo(8);
      assertThat(file.size()).isEqualTo(8192);
    }
    fixture.allocate(file, Kind.ALLOCATE, false, 0, size);
    assertThat(fixture.freePages()).isZero();
    assertThat(file.size()).isEqualTo(size);
    fixture.allocate(file, Kind.ZERO_RANGE, false, 1, size - 1);
    assertThat(fs.seekData(file, 0)).isEqualTo(-1);
    fixture.allocate(file, Kind.PUNCH_HOLE, true, 0, Limits.FILE_BYTES);
    assertThat(fixture.freePages()).isEqualTo(Fixture.PAGES);
  }

  @Test
  void create_untilNoInodeIsLeft_isENOSPC() throws ErrnoException {
    for (int i = 1; i < Fixture.INODES - 1; i++) {
      fixture.file(root, "file" + i);
    }
    InsideNode last = fixture.file(root, "last");
    assertThat(fixture.freeInodes()).isZero();
    assertErrno(Errno.ENOSPC, () -> fixture.file(root, "more"));
    assertErrno(Errno.ENOSPC, () -> fixture.create(root, null, Mode.S_IFREG));
    assertErrno(Errno.ENOSPC, () -> fixture.link(root, "more", last));
    assertErrno(Errno.ENOSPC, () -> fixture.setxattr(root, "user.a", 0));
    assertThat(fixture.lookup(root, "more")).isNull();
    assertThat(root.size()).isEqualTo(40 + 20 * (Fixture.INODES - 1));
    fixture.rename(root, "file1", root, "file2", false);
    assertThat(fixture.freeInodes()).isZero(); // not released yet
  }

  // ---- the end ----

  @Test
  void release_ofUnlinked_freesAll_andNotBefore() throws ErrnoException {
    InsideNode file = fixture.file(root, "file");
    fixture.write(file, 0, 100_000);
    fixture.setxattr(file, "user.a", 5000);
    long pages = fixture.freePages();
    fs.release(file);
    assertThat(fs.find(file.id())).isSameAs(file);
    fixture.unlink(root, "file");
    assertThat(fixture.freePages()).isEqualTo(pages);
    assertThat(fs.find(file.id())).isSameAs(file);
    assertThat(fs.read(file, 0, ByteBuffer.allocate(10))).isEqualTo(10);
    fs.release(file);
    fs.release(file);
    assertThat(fs.find(file.id())).isNull();
    assertThat(fixture.freePages()).isEqualTo(Fixture.PAGES);
    assertThat(fixture.freeInodes()).isEqualTo(Fixture.INODES - 1);
  }

  /** Whatever was made and done: when all is removed and released, all is free. */
  @Test
  void accounting_afterRandomOperations_endsAtNothing() throws ErrnoException {
    for (long seed : Seeds.of(20)) {
      try (Fixture small = new Fixture(200, 60)) {
        new RandomTree(small, new Random(seed)).run(300);
        assertThat(small.freePages()).as("seed %d", seed).isEqualTo(200);
        assertThat(small.freeInodes()).as("seed %d", seed).isEqualTo(59);
        assertThat(small.root.nlink()).isEqualTo(2);
        assertThat(small.root.size()).isEqualTo(40);
      }
    }
  }

  /** Each thread fills, checks and empties files of its own, as the core's locks allow. */
  @Test
  void filesOfSeveralThreads_atOnce_keepTheirContent() throws Exception {
    int threads = 4;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        InsideNode file = fixture.file(root, "file" + i);
        int seed = i;
        tasks.add(() -> writeAndCheck(file, new Random(seed)));
      }
      for (Future<Void> done : pool.invokeAll(tasks)) {
        done.get();
      }
    }
    assertThat(fixture.freePages()).isEqualTo(Fixture.PAGES);
  }

  private @org.jspecify.annotations.Nullable Void writeAndCheck(InsideNode file, Random random)
      throws ErrnoException {
    byte[] bytes = new byte[40 * 4096];
    ByteBuffer read = ByteBuffer.allocateDirect(bytes.length);
    for (int round = 0; round < 50; round++) {
      random.nextBytes(bytes);
      int from = random.nextInt(10_000);
      ByteBuffer source = ByteBuffer.wrap(bytes, from, bytes.length - from);
      fs.apply(new Command.Write(file, from, source, 0644, fixture.now()));
      assertThat(fs.read(file, from, read.clear())).isEqualTo(bytes.length - from);
      assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(bytes, from, bytes.length - from));
      fs.apply(
          new Command.SetAttr(
              file, 0644, null, 0, 0, 0, fixture.now(), fixture.now(), fixture.now()));
    }
    return null;
  }
}

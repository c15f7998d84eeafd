package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.OpenFlags;
import dev.coterie.check.leader.RawClient.Attrs;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each message of 9P2000.L once, and the habits of real clients with them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlainFilesTest {
  private static final int S_IFIFO = 0010000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFLNK = 0120000;

  @TempDir private Path folder;
  private Served served;
  private RawClient client;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    client = served.plain();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    served.close();
    assertThat(served.leader.counts().faults()).isZero();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void mkdir(int dir, String name) throws IOException {
    client.ok(RawClient.mkdirFrame(dir, name, 0755, 0));
  }

  // ---- walk ----

  @Test
  void walk_severalNames_answersAQidForEach() throws IOException {
    mkdir(ROOT, "a");
    client.walk(ROOT, 1, "a");
    mkdir(1, "b");
    ByteBuffer body = client.ok(RawClient.walkFrame(ROOT, 2, "a", "b", "..", "b")).body();

    assertThat(body.getShort()).isEqualTo((short) 4);
    assertThat(body.remaining()).isEqualTo(4 * 13);
    assertThat(Byte.toUnsignedInt(body.get(2))).isEqualTo(P9.QTDIR);
    assertThat(body.getInt(3)).as("version of a plain qid").isZero();
    assertThat(body.getLong(7)).isEqualTo(client.getattr(1).number());
    assertThat(body.getLong(7 + 26)).isEqualTo(client.getattr(1).number());
    assertThat(body.getLong(7 + 39)).isEqualTo(client.getattr(2).number());
  }

  @Test
  void walk_laterNameMissing_isShortAndMakesNoFid() throws IOException {
    mkdir(ROOT, "a");
    ByteBuffer body = client.ok(RawClient.walkFrame(ROOT, 1, "a", "missing", "b")).body();

    assertThat(body.getShort()).isEqualTo((short) 1);
    client.fails(Errno.EBADF, RawClient.getattrFrame(1));
    // What Linux does then: clunk it all the same, and go on.
    client.fails(Errno.EBADF, RawClient.clunkFrame(1));
    client.walk(ROOT, 1, "a");
  }

  @Test
  void walk_firstNameMissing_isTheError() throws IOException {
    client.create(1, "f");
    client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 2, "missing", "b"));
    client.fails(Errno.ENOTDIR, RawClient.walkFrame(1, 2, "b"));
    client.fails(Errno.EBADF, RawClient.clunkFrame(2));
  }

  @Test
  void walk_inPlace_movesTheFidOrLeavesIt() throws IOException {
    mkdir(ROOT, "a");
    client.walk(ROOT, 1);
    client.fails(Errno.ENOENT, RawClient.walkFrame(1, 1, "missing"));
    assertThat(client.getattr(1).number()).isEqualTo(client.getattr(ROOT).number());
    client.ok(RawClient.walkFrame(1, 1, "a", "missing"));
    assertThat(client.getattr(1).number()).isEqualTo(client.getattr(ROOT).number());
    client.walk(1, 1, "a");
    assertThat(client.getattr(1).number()).isNotEqualTo(client.getattr(ROOT).number());
    client.walk(1, 1);
  }

  @Test
  void walk_sixteenNames_isAllowed() throws IOException {
    String[] names = new String[16];
    Arrays.fill(names, ".");
    client.walk(ROOT, 1, names);
    client.walk(ROOT, 2, "..", "..");

    assertThat(client.getattr(2).number()).isEqualTo(client.getattr(ROOT).number());
  }

  /** lib9p refused this, and rm -rf broke. */
  @Test
  void openDirectoryFid_servesAsADirectory() throws IOException {
    client.walk(ROOT, 1);
    client.ok(RawClient.openFrame(1, OpenFlags.O_DIRECTORY));
    mkdir(1, "a");
    client.walk(1, 2, "a");
    client.walk(1, 3);
    client.ok(RawClient.openFrame(3, 0));
    assertThat(client.getattr(1).qidType()).isEqualTo(P9.QTDIR);
    client.ok(Frame.of(P9.TSYMLINK).u4(1).name("l").name("a").u4(0));
    client.ok(RawClient.unlinkFrame(1, "l", 0));
    client.ok(RawClient.unlinkFrame(1, "a", P9.UNLINKAT_REMOVEDIR));
    client.fails(Errno.EBADF, RawClient.walkFrame(1, 1, "a"));
    client.fails(Errno.EBADF, RawClient.openFrame(1, 0));
    client.clunk(1);
  }

  // ---- open, create, read, write ----

  @Test
  void create_movesTheFidToTheOpenFile() throws IOException {
    client.walk(ROOT, 1);
    ByteBuffer body =
        client.ok(RawClient.createFrame(1, "f", OpenFlags.O_RDWR, S_IFREG | 0640)).body();
    assertThat(body.remaining()).isEqualTo(17);
    assertThat(body.getInt(13)).as("iounit").isZero();
    Attrs attrs = client.getattr(1);

    assertThat(attrs.number()).isEqualTo(body.getLong(5));
    assertThat(attrs.mode()).isEqualTo(S_IFREG | 0640);
    assertThat(client.write(1, 0, bytes("hello"))).isEqualTo(5);
    assertThat(client.read(1, 1, 100)).isEqualTo(bytes("ello"));
    client.fails(Errno.EBADF, RawClient.createFrame(1, "g", 2, 0644));
  }

  @Test
  void create_exclusive_refusesWhatIsThere() throws IOException {
    client.create(1, "f");
    client.walk(ROOT, 2);
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    client.fails(Errno.EEXIST, RawClient.createFrame(2, "f", flags, 0644));
    // The fid is still the directory.
    client.ok(RawClient.createFrame(2, "g", flags, 0644));
  }

  @Test
  void read_largeCount_isAtMostAFrame() throws IOException {
    client.create(1, "f");
    client.ok(RawClient.setSizeFrame(1, 1 << 20));
    int most = client.msize() - P9.IOHDR;

    assertThat(client.read(1, 0, -1)).hasSize(most);
    assertThat(client.read(1, 0, most + 1)).hasSize(most);
    assertThat(client.read(1, 0, 0)).isEmpty();
    assertThat(client.read(1, (1 << 20) - 10, 100)).hasSize(10);
    assertThat(client.read(1, 1 << 20, 100)).isEmpty();
    assertThat(client.read(1, Long.MAX_VALUE - 100, 100)).isEmpty();
    client.fails(Errno.EINVAL, RawClient.readFrame(1, Long.MAX_VALUE, 100));
    client.fails(Errno.EINVAL, RawClient.readFrame(1, -1, 100));
    client.fails(Errno.EISDIR, openedRootRead());
  }

  private Frame openedRootRead() throws IOException {
    client.walk(ROOT, 9);
    client.ok(RawClient.openFrame(9, 0));
    return RawClient.readFrame(9, 0, 10);
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 65_536, 1 << 20})
  void data_throughFramesOfEachSize_isTheSame(int msize) throws IOException {
    client.version(msize, RawClient.PLAIN);
    client.attach(ROOT, P9.NONUNAME);
    client.create(1, "f");
    byte[] content = new byte[300_000];
    new Random(1).nextBytes(content);
    int unit = msize - P9.IOHDR;
    for (int at = 0; at < content.length; at += unit) {
      byte[] part = Arrays.copyOfRange(content, at, Math.min(at + unit, content.length));
      assertThat(client.write(1, at, part)).isEqualTo(part.length);
    }
    byte[] back = new byte[content.length];
    for (int at = 0; at < back.length; ) {
      byte[] part = client.read(1, at, -1);
      System.arraycopy(part, 0, back, at, part.length);
      at += part.length;
    }
    assertThat(back).isEqualTo(content);
  }

  @Test
  void write_appending_ignoresTheOffset() throws IOException {
    client.create(1, "f");
    client.walk(ROOT, 2, "f");
    client.ok(RawClient.openFrame(2, OpenFlags.O_WRONLY | OpenFlags.O_APPEND));
    client.write(2, 0, bytes("one"));
    client.write(1, 3, bytes("two"));
    client.write(2, 0, bytes("three"));

    assertThat(client.read(1, 0, 100)).isEqualTo(bytes("onetwothree"));
  }

  @Test
  void open_wrongDirection_isRefusedAtTheUse() throws IOException {
    client.create(1, "f");
    client.walk(ROOT, 2, "f");
    client.ok(RawClient.openFrame(2, OpenFlags.O_RDONLY));
    client.fails(Errno.EBADF, RawClient.writeFrame(2, 0, bytes("x")));
    client.walk(ROOT, 3, "f");
    client.ok(RawClient.openFrame(3, OpenFlags.O_WRONLY | OpenFlags.O_TRUNC));
    client.fails(Errno.EBADF, RawClient.readFrame(3, 0, 10));
  }

  /** Flags that nobody knows, and all that Linux sends, do no harm. */
  @Test
  void open_flagsNotUnderstood_areIgnored() throws IOException {
    client.create(1, "f");
    client.walk(ROOT, 2, "f");
    client.ok(
        RawClient.openFrame(
            2, OpenFlags.O_RDWR | 0400 | 04000 | 010000 | 0100000 | 04000000 | 0x40000000));
    client.write(2, 0, bytes("x"));
  }

  @Test
  void fsync_withAndWithoutTheFlag_isAnswered() throws IOException {
    client.create(1, "f");
    client.ok(RawClient.fsyncFrame(1));
    client.ok(Frame.of(P9.TFSYNC).u4(1));
    client.ok(Frame.of(P9.TFSYNC).u4(1).u4(1));
  }

  // ---- unlinked, but still there ----

  @Test
  void unlinkedFile_throughItsFids_goesOn() throws IOException {
    client.create(1, "f");
    client.walk(ROOT, 2, "f");
    client.write(1, 0, bytes("content"));
    client.ok(RawClient.unlinkFrame(ROOT, "f", 0));

    // Linux asks for attributes by the dentry's fid, and sets the size by the open one.
    assertThat(client.getattr(2).nlink()).isZero();
    client.ok(RawClient.setSizeFrame(1, 3));
    assertThat(client.getattr(2).size()).isEqualTo(3);
    assertThat(client.read(1, 0, 100)).isEqualTo(bytes("con"));
    client.write(1, 3, bytes("tinued"));
    client.ok(RawClient.setattrFrame(2, P9.SETATTR_MODE, 0600, 0, 0, 0));
    client.walk(2, 3);
    client.ok(RawClient.openFrame(3, OpenFlags.O_RDWR));
    assertThat(client.read(3, 0, 100)).isEqualTo(bytes("continued"));
    client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 4, "f"));
  }

  @Test
  void unlinkedFile_whenItsLastFidGoes_givesItsSpaceBack() throws IOException {
    long free = freeBlocks();
    client.create(1, "f");
    client.write(1, 0, new byte[60_000]);
    client.ok(RawClient.unlinkFrame(ROOT, "f", 0));
    assertThat(freeBlocks()).isLessThan(free);
    client.clunk(1);

    assertThat(freeBlocks()).isEqualTo(free);
  }

  private long freeBlocks() throws IOException {
    return client.ok(Frame.of(P9.TSTATFS).u4(ROOT)).body().getLong(16);
  }

  @Test
  void setattr_sizeThroughAnOpenFid_needsNoPermission() throws IOException {
    client.ok(RawClient.setattrFrame(ROOT, P9.SETATTR_MODE, 0777, 0, 0, 0));
    client.attach(10, 1000);
    client.walk(10, 1);
    client.ok(Frame.of(P9.TLCREATE).u4(1).name("f").u4(OpenFlags.O_RDWR).u4(0400).u4(1000));
    client.write(1, 0, bytes("content"));
    client.ok(RawClient.setSizeFrame(1, 4));
    client.walk(10, 2, "f");
    client.fails(Errno.EACCES, RawClient.setSizeFrame(2, 0));

    assertThat(client.getattr(2).size()).isEqualTo(4);
  }

  // ---- names ----

  /** A client of Linux has FIFOs of its own, and opens none unless the name was not one before. */
  @Test
  void fifo_opened_isRefusedAndNotWaitedFor() throws IOException {
    client.ok(Frame.of(P9.TMKNOD).u4(ROOT).name("p").u4(S_IFIFO | 0600).u4(0).u4(0).u4(0));
    client.walk(ROOT, 1, "p");
    client.fails(Errno.ENXIO, RawClient.openFrame(1, OpenFlags.O_RDONLY));
    client.walk(ROOT, 2);
    client.fails(Errno.ENXIO, RawClient.createFrame(2, "p", OpenFlags.O_WRONLY, 0600));
  }

  @Test
  void mkdirMknodSymlinkLink_makeWhatTheySay() throws IOException {
    mkdir(ROOT, "d");
    client.ok(Frame.of(P9.TMKNOD).u4(ROOT).name("p").u4(S_IFIFO | 0600).u4(0).u4(0).u4(0));
    client.ok(Frame.of(P9.TMKNOD).u4(ROOT).name("c").u4(S_IFCHR | 0600).u4(5).u4(1).u4(0));
    client.ok(Frame.of(P9.TMKNOD).u4(ROOT).name("r").u4(S_IFREG | 0600).u4(0).u4(0).u4(0));
    client.ok(Frame.of(P9.TSYMLINK).u4(ROOT).name("l").name("to/where").u4(0));
    client.walk(ROOT, 1, "r");
    client.ok(Frame.of(P9.TLINK).u4(ROOT).u4(1).name("r2"));

    assertThat(modeOf("d")).isEqualTo(S_IFDIR | 0755);
    assertThat(modeOf("p")).isEqualTo(S_IFIFO | 0600);
    assertThat(modeOf("c")).isEqualTo(S_IFCHR | 0600);
    assertThat(modeOf("r")).isEqualTo(S_IFREG | 0600);
    assertThat(modeOf("l")).isEqualTo(S_IFLNK | 0777);
    assertThat(client.getattr(1).nlink()).isEqualTo(2);
    client.walk(ROOT, 2, "l");
    assertThat(client.ok(Frame.of(P9.TREADLINK).u4(2)).name()).isEqualTo("to/where");
    client.walk(ROOT, 3, "c");
    assertThat(client.ok(RawClient.getattrFrame(3)).body().getLong(41)).isEqualTo(5 << 8 | 1);
  }

  private int modeOf(String name) throws IOException {
    client.walk(ROOT, 99, name);
    int mode = client.getattr(99).mode();
    client.clunk(99);
    return mode;
  }

  @Test
  void readlink_longerThanAFrame_isEmsgsize() throws IOException {
    client.ok(Frame.of(P9.TSYMLINK).u4(ROOT).name("l").name("x".repeat(4095)).u4(0));
    client.version(4096, RawClient.PLAIN);
    client.attach(ROOT, P9.NONUNAME);
    client.walk(ROOT, 1, "l");
    client.fails(Errno.EMSGSIZE, Frame.of(P9.TREADLINK).u4(1));
    client.getattr(1);
  }

  @Test
  void renameat_overAnother_replacesIt() throws IOException {
    mkdir(ROOT, "d");
    client.create(1, "a");
    client.create(2, "b");
    client.walk(ROOT, 3, "d");
    client.ok(Frame.of(P9.TRENAMEAT).u4(ROOT).name("a").u4(ROOT).name("b"));
    client.ok(Frame.of(P9.TRENAMEAT).u4(ROOT).name("b").u4(3).name("c"));

    assertThat(client.getattr(2).nlink()).isZero();
    client.walk(3, 4, "c");
    assertThat(client.getattr(4).number()).isEqualTo(client.getattr(1).number());
    client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 5, "b"));
  }

  @Test
  void rename_byFid_followsTheFileOnFurtherMoves() throws IOException {
    mkdir(ROOT, "d");
    client.create(1, "a");
    client.walk(ROOT, 2, "d");
    client.ok(Frame.of(P9.TRENAME).u4(1).u4(2).name("b"));
    client.ok(Frame.of(P9.TRENAME).u4(1).u4(ROOT).name("c"));
    client.walk(ROOT, 3, "c");

    assertThat(client.getattr(3).number()).isEqualTo(client.getattr(1).number());
    client.fails(Errno.EBADF, Frame.of(P9.TRENAME).u4(1).u4(77).name("x"));
    client.ok(Frame.of(P9.TREMOVE).u4(1));
    client.fails(Errno.ENOENT, RawClient.walkFrame(ROOT, 4, "c"));
  }

  @Test
  void remove_removesAndClunksInAnyCase() throws IOException {
    mkdir(ROOT, "d");
    client.walk(ROOT, 1, "d");
    mkdir(1, "e");
    client.fails(Errno.ENOTEMPTY, Frame.of(P9.TREMOVE).u4(1));
    client.fails(Errno.EBADF, RawClient.clunkFrame(1));
    client.walk(ROOT, 1, "d", "e");
    client.ok(Frame.of(P9.TREMOVE).u4(1));
    client.fails(Errno.EBADF, RawClient.clunkFrame(1));
    client.walk(ROOT, 1, "d");
    client.ok(Frame.of(P9.TREMOVE).u4(1));
    client.fails(Errno.EBUSY, Frame.of(P9.TREMOVE).u4(ROOT));
    client.fails(Errno.EBADF, RawClient.getattrFrame(ROOT));
  }

  /** The fid's name is another's now: that one stays. */
  @Test
  void remove_nameOfAnotherByNow_removesNothing() throws IOException {
    client.create(1, "a");
    client.create(2, "b");
    client.walk(ROOT, 3, "a");
    client.ok(Frame.of(P9.TRENAMEAT).u4(ROOT).name("b").u4(ROOT).name("a"));
    client.fails(Errno.ENOENT, Frame.of(P9.TREMOVE).u4(3));

    client.walk(ROOT, 3, "a");
    assertThat(client.getattr(3).number()).isEqualTo(client.getattr(2).number());
  }

  @Test
  void unlinkat_wrongKind_isRefused() throws IOException {
    mkdir(ROOT, "d");
    client.create(1, "f");
    client.fails(Errno.EISDIR, RawClient.unlinkFrame(ROOT, "d", 0));
    client.fails(Errno.ENOTDIR, RawClient.unlinkFrame(ROOT, "f", P9.UNLINKAT_REMOVEDIR));
    client.walk(ROOT, 2, "d");
    client.ok(RawClient.unlinkFrame(ROOT, "d", P9.UNLINKAT_REMOVEDIR));
    // Its fid stays valid.
    assertThat(client.getattr(2).nlink()).isZero();
    client.fails(Errno.ENOENT, RawClient.mkdirFrame(2, "x", 0755, 0));
  }

  // ---- attributes ----

  @Test
  void setattr_severalAtOnce_isOneChange() throws IOException {
    client.create(1, "f");
    int valid = P9.SETATTR_MODE | P9.SETATTR_UID | P9.SETATTR_GID | P9.SETATTR_SIZE;
    client.ok(RawClient.setattrFrame(1, valid, 0604, 7, 8, 99));
    Attrs attrs = client.getattr(1);

    assertThat(attrs.mode()).isEqualTo(S_IFREG | 0604);
    assertThat(attrs.uid()).isEqualTo(7);
    assertThat(attrs.gid()).isEqualTo(8);
    assertThat(attrs.size()).isEqualTo(99);
    client.ok(
        Frame.of(P9.TSETATTR)
            .u4(1)
            .u4(P9.SETATTR_MTIME | P9.SETATTR_MTIME_SET)
            .u4(0)
            .u4(0)
            .u4(0)
            .u8(0)
            .u8(0)
            .u8(0)
            .u8(-5)
            .u8(7));
    assertThat(client.getattr(1).mtime()).isEqualTo(-5);
    client.fails(
        Errno.EINVAL,
        Frame.of(P9.TSETATTR)
            .u4(1)
            .u4(P9.SETATTR_MTIME | P9.SETATTR_MTIME_SET)
            .bytes(new byte[44])
            .u8(1_000_000_000));
  }

  @Test
  void statfs_anyFid_isTheMounts() throws IOException {
    ByteBuffer body = client.ok(Frame.of(P9.TSTATFS).u4(ROOT)).body();

    assertThat(body.remaining()).isEqualTo(60);
    assertThat(body.getInt(4)).as("block size").isEqualTo(4096);
    assertThat(body.getInt(56)).as("longest name").isEqualTo(255);
  }

  // ---- groups ----

  /** A gid that the user is not in would give a file away: only a directory can hand its own on. */
  @Test
  void create_forgedGroup_isRefusedButForASetgidDirectory() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0777, 0));
    client.walk(ROOT, 1, "d");
    client.ok(RawClient.setattrFrame(1, P9.SETATTR_MODE, 0777, 0, 0, 0));
    client.attach(2, 1000);
    client.walk(2, 3, "d");
    client.fails(Errno.EPERM, RawClient.mkdirFrame(3, "x", 0755, 4242));
    client.fails(Errno.EPERM, Frame.of(P9.TSYMLINK).u4(3).name("x").name("y").u4(4242));
    client.fails(Errno.EPERM, Frame.of(P9.TMKNOD).u4(3).name("x").u4(S_IFREG).u4(0).u4(0).u4(4242));
    client.walk(3, 4);
    client.fails(Errno.EPERM, Frame.of(P9.TLCREATE).u4(4).name("x").u4(2).u4(0644).u4(4242));
    client.fails(Errno.ENOENT, RawClient.walkFrame(3, 5, "x"));

    int setgid = P9.SETATTR_MODE | P9.SETATTR_GID;
    client.ok(RawClient.setattrFrame(1, setgid, 02777, 0, 4242, 0));
    client.ok(RawClient.mkdirFrame(3, "x", 0755, 4242));
    client.ok(Frame.of(P9.TLCREATE).u4(4).name("y").u4(2).u4(0644).u4(4242));
    client.walk(3, 5, "x");
    assertThat(client.getattr(5).gid()).isEqualTo(4242);
    assertThat(client.getattr(4).gid()).isEqualTo(4242);
    assertThat(client.getattr(4).uid()).isEqualTo(1000);
  }

  @Test
  void create_byRoot_mayGiveAnyGroup() throws IOException {
    client.ok(RawClient.mkdirFrame(ROOT, "d", 0755, 4242));
    client.walk(ROOT, 1, "d");

    assertThat(client.getattr(1).gid()).isEqualTo(4242);
  }

  // ---- directories ----

  @Test
  void readdir_inSmallParts_givesEachEntryOnce() throws IOException {
    for (int i = 0; i < 50; i++) {
      mkdir(ROOT, "entry" + i);
    }
    client.walk(ROOT, 1);
    client.ok(RawClient.openFrame(1, 0));
    List<String> names = new ArrayList<>();
    long cookie = 0;
    for (byte[] page = readdir(1, 0, 100); page.length > 0; page = readdir(1, cookie, 100)) {
      assertThat(page.length).isLessThanOrEqualTo(100);
      ByteBuffer entries = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
      while (entries.hasRemaining()) {
        assertThat(Byte.toUnsignedInt(entries.get())).isEqualTo(P9.QTDIR);
        entries.getInt();
        entries.getLong();
        cookie = entries.getLong();
        assertThat(entries.get()).as("d_type").isEqualTo((byte) 4);
        byte[] name = new byte[entries.getShort()];
        entries.get(name);
        names.add(new String(name, StandardCharsets.UTF_8));
      }
    }
    assertThat(names).hasSize(52).doesNotHaveDuplicates().startsWith(".", "..");
    // Linux asks once more at the end.
    assertThat(readdir(1, cookie, 100)).isEmpty();
  }

  private byte[] readdir(int fid, long cookie, int count) throws IOException {
    return client.ok(Frame.of(P9.TREADDIR).u4(fid).u8(cookie).u4(count)).data();
  }

  @Test
  void readdir_whileEntriesGo_goesOnWhereItWas() throws IOException {
    for (int i = 0; i < 20; i++) {
      mkdir(ROOT, "entry" + i);
    }
    client.walk(ROOT, 1);
    client.ok(RawClient.openFrame(1, 0));
    byte[] first = readdir(1, 0, 200);
    ByteBuffer entries = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
    int seen = 0;
    long cookie = 0;
    while (entries.hasRemaining()) {
      cookie = entries.getLong(entries.position() + 13);
      entries.position(entries.position() + 24 + entries.getShort(entries.position() + 22));
      seen++;
    }
    for (int i = 0; i < 20; i++) {
      client.ok(RawClient.unlinkFrame(ROOT, "entry" + i, P9.UNLINKAT_REMOVEDIR));
    }
    mkdir(ROOT, "late");

    assertThat(seen).isBetween(5, 10);
    assertThat(new String(readdir(1, cookie, 4000), StandardCharsets.UTF_8)).contains("late");
  }

  @Test
  void readdir_tooSmallForOneEntry_isRefused() throws IOException {
    client.walk(ROOT, 1);
    client.ok(RawClient.openFrame(1, 0));
    client.fails(Errno.EINVAL, Frame.of(P9.TREADDIR).u4(1).u8(0).u4(10));
    client.fails(Errno.EINVAL, Frame.of(P9.TREADDIR).u4(1).u8(0).u4(0));
    client.fails(Errno.EINVAL, Frame.of(P9.TREADDIR).u4(1).u8(-1).u4(1000));
  }
}

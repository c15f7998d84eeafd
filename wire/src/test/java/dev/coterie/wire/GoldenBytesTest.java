package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Event;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Token;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Frames written down by hand from the protocol's tables, against which the codec is held in both
 * directions. Nothing here was produced by the code under test.
 */
class GoldenBytesTest {
  private static final Qid DIRECTORY = new Qid(P9.QTDIR, 0, 0x0102030405060708L);
  private static final Qid FILE = new Qid(P9.QTFILE, 7, 9);

  /** Attributes of {@link #STAT} behind the qid, by hand. */
  private static final String STAT_HEX =
      """
      a4810000 e8030000 e9030000 0100000000000000 0000000000000000
      0001000000000000 0010000000000000 0800000000000000
      1000000000000000 1100000000000000 2000000000000000 2100000000000000
      3000000000000000 3100000000000000 4000000000000000 4100000000000000
      0500000000000000 0700000000000000
      """;

  private static final Stat STAT =
      new Stat(
          new InodeId(9, 5),
          0100644,
          1,
          1000,
          1001,
          0,
          256,
          4096,
          8,
          new Timestamp(0x10, 0x11),
          new Timestamp(0x20, 0x21),
          new Timestamp(0x30, 0x31),
          new Timestamp(0x40, 0x41),
          7);

  private static void assertFrame(int tag, Message message, String hex) throws Exception {
    byte[] frame = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    assertThat(Samples.frameOf(tag, message))
        .asHexString()
        .isEqualTo(HexFormat.of().withUpperCase().formatHex(frame));
    assertThat(Samples.decode(message, Samples.bodyOf(frame))).isEqualTo(message);
  }

  @Test
  void version_kernelsFirstMessage() throws Exception {
    assertFrame(
        P9.NOTAG,
        new BaseRequest.Tversion(131096, "9P2000.L"),
        "15000000 64 ffff 18000200 0800 395032303030 2e4c");
  }

  @Test
  void versionReply() throws Exception {
    assertFrame(
        P9.NOTAG,
        new BaseReply.Rversion(4096, "unknown"),
        "14000000 65 ffff 00100000 0700 756e6b6e6f776e");
  }

  @Test
  void attach() throws Exception {
    assertFrame(
        1,
        new BaseRequest.Tattach(2, P9.NOFID, "nobody", "", 1000),
        "1d000000 68 0100 02000000 ffffffff 0600 6e6f626f6479 0000 e8030000");
  }

  @Test
  void auth() throws Exception {
    assertFrame(
        1,
        new BaseRequest.Tauth(2, "u", "t", P9.NONUNAME),
        "15000000 66 0100 02000000 0100 75 0100 74 ffffffff");
  }

  @Test
  void flush() throws Exception {
    assertFrame(0x0102, new BaseRequest.Tflush(0x0304), "09000000 6c 0201 0403");
    assertFrame(0x0102, new BaseReply.Rflush(), "07000000 6d 0201");
  }

  @Test
  void walk() throws Exception {
    assertFrame(
        3,
        new BaseRequest.Twalk(1, 2, List.of(Samples.name("d1"), Samples.name("f"))),
        "18000000 6e 0300 01000000 02000000 0200 0200 6431 0100 66");
  }

  @Test
  void walkReply() throws Exception {
    assertFrame(
        3,
        new BaseReply.Rwalk(List.of(DIRECTORY, FILE)),
        "23000000 6f 0300 0200 80 00000000 0807060504030201 00 07000000 0900000000000000");
  }

  @Test
  void lopen_readWriteAppend() throws Exception {
    assertFrame(
        4,
        new LinuxRequest.Tlopen(2, OpenFlags.O_RDWR | OpenFlags.O_APPEND),
        "0f000000 0c 0400 02000000 02040000");
  }

  @Test
  void lopenReply() throws Exception {
    assertFrame(
        4,
        new LinuxReply.Rlopen(FILE, 0x10000),
        "18000000 0d 0400 00 07000000 0900000000000000 00000100");
  }

  @Test
  void lcreate() throws Exception {
    assertFrame(
        5,
        new LinuxRequest.Tlcreate(2, Samples.name("n"), 0102, 0644, 100),
        "1a000000 0e 0500 02000000 0100 6e 42000000 a4010000 64000000");
  }

  @Test
  void symlink() throws Exception {
    assertFrame(
        5,
        new LinuxRequest.Tsymlink(2, Samples.name("n"), Samples.name("to"), 100),
        "16000000 10 0500 02000000 0100 6e 0200 746f 64000000");
  }

  @Test
  void mknod() throws Exception {
    assertFrame(
        5,
        new LinuxRequest.Tmknod(2, Samples.name("n"), 0020600, 4, 64, 100),
        "1e000000 12 0500 02000000 0100 6e 80210000 04000000 40000000 64000000");
  }

  @Test
  void getattr() throws Exception {
    assertFrame(
        6,
        new LinuxRequest.Tgetattr(2, P9.GETATTR_ALL),
        "13000000 18 0600 02000000 ff3f000000000000");
  }

  @Test
  void getattrReply_dialect_hasTheChangeAsVersion() throws Exception {
    assertFrame(
        6,
        LinuxReply.Rgetattr.of(STAT, Dialect.COTERIE_1),
        "a0000000 19 0600 ff3f000000000000 00 07000000 0900000000000000" + STAT_HEX);
  }

  @Test
  void getattrReply_plain_hasVersion0() throws Exception {
    assertFrame(
        6,
        LinuxReply.Rgetattr.of(STAT, Dialect.PLAIN),
        "a0000000 19 0600 ff3f000000000000 00 00000000 0900000000000000" + STAT_HEX);
  }

  @Test
  void setattr_sizeAndGivenMtime() throws Exception {
    assertFrame(
        7,
        new LinuxRequest.Tsetattr(
            2,
            new AttrChange(
                P9.SETATTR_SIZE | P9.SETATTR_MTIME | P9.SETATTR_MTIME_SET,
                0,
                1,
                2,
                0x1000,
                3,
                4,
                5,
                6)),
        """
        43000000 1a 0700 02000000 28010000 00000000 01000000 02000000 0010000000000000
        0300000000000000 0400000000000000 0500000000000000 0600000000000000
        """);
  }

  @Test
  void xattrwalk_andXattrcreate() throws Exception {
    assertFrame(
        8,
        new LinuxRequest.Txattrwalk(1, 2, Samples.name("")),
        "11000000 1e 0800 01000000 02000000 0000");
    assertFrame(
        8,
        new LinuxRequest.Txattrcreate(1, Samples.name("u.x"), 5, 2),
        "1c000000 20 0800 01000000 0300 752e78 0500000000000000 02000000");
  }

  @Test
  void read() throws Exception {
    assertFrame(
        9,
        new BaseRequest.Tread(2, 0x1122334455667788L, 0x1000),
        "17000000 74 0900 02000000 8877665544332211 00100000");
    assertFrame(9, new BaseReply.Rread(Samples.data("abc")), "0e000000 75 0900 03000000 616263");
  }

  @Test
  void write() throws Exception {
    assertFrame(
        9,
        new BaseRequest.Twrite(2, 0x1122334455667788L, Samples.data("hi")),
        "19000000 76 0900 02000000 8877665544332211 02000000 6869");
    assertFrame(9, new BaseReply.Rwrite(2), "0b000000 77 0900 02000000");
  }

  @Test
  void readdirReply() throws Exception {
    assertFrame(
        10,
        new LinuxReply.Rreaddir(
            List.of(new LinuxReply.Rreaddir.Entry(DIRECTORY, 3, 4, Samples.name("d")))),
        "24000000 29 0a00 19000000 80 00000000 0807060504030201 0300000000000000 04 0100 64");
  }

  @Test
  void lock() throws Exception {
    assertFrame(
        11,
        new LinuxRequest.Tlock(
            2, P9.LOCK_TYPE_WRLCK, P9.LOCK_FLAGS_BLOCK, 16, 0, 4242, Samples.name("h")),
        """
        27000000 34 0b00 02000000 01 01000000 1000000000000000 0000000000000000 92100000
        0100 68
        """);
    assertFrame(11, new LinuxReply.Rlock(P9.LOCK_BLOCKED), "08000000 35 0b00 01");
  }

  @Test
  void getlockReply() throws Exception {
    assertFrame(
        11,
        new LinuxReply.Rgetlock(P9.LOCK_TYPE_UNLCK, 16, 8, 4242, Samples.name("h")),
        "1f000000 37 0b00 02 1000000000000000 0800000000000000 92100000 0100 68");
  }

  @Test
  void link_hasTheDirectoryFirst() throws Exception {
    assertFrame(
        12,
        new LinuxRequest.Tlink(1, 2, Samples.name("n")),
        "12000000 46 0c00 01000000 02000000 0100 6e");
  }

  @Test
  void namesAndDirectories() throws Exception {
    assertFrame(
        12,
        new LinuxRequest.Tmkdir(1, Samples.name("n"), 0755, 100),
        "16000000 48 0c00 01000000 0100 6e ed010000 64000000");
    assertFrame(
        12,
        new LinuxRequest.Trenameat(1, Samples.name("o"), 2, Samples.name("n")),
        "15000000 4a 0c00 01000000 0100 6f 02000000 0100 6e");
    assertFrame(
        12,
        new LinuxRequest.Tunlinkat(1, Samples.name("n"), P9.UNLINKAT_REMOVEDIR),
        "12000000 4c 0c00 01000000 0100 6e 00020000");
    assertFrame(
        12,
        new LinuxRequest.Trename(1, 2, Samples.name("n")),
        "12000000 14 0c00 01000000 02000000 0100 6e");
  }

  @Test
  void statfsReply() throws Exception {
    assertFrame(
        13,
        new LinuxReply.Rstatfs(new StatFs(0x01021997, 4096, 3, 4, 5, 6, 7, 8, 255)),
        """
        43000000 09 0d00 97190201 00100000 0300000000000000 0400000000000000 0500000000000000
        0600000000000000 0700000000000000 0800000000000000 ff000000
        """);
  }

  @Test
  void error() throws Exception {
    assertFrame(7, new LinuxReply.Rlerror(2), "0b000000 07 0700 02000000");
  }

  // ---- our dialect ----

  @Test
  void as_aroundMake() throws Exception {
    assertFrame(
        1,
        new SessionRequest.Tas(
            new Caller(0x65, 0x66, new int[] {0x67, 0x68}, 0x69, 022),
            new InodeRequest.Tmake(1, 2, Samples.name("d"), 0040755, 0, Samples.name(""))),
        """
        3b000000 ce 0100 65000000 66000000 0200 67000000 68000000 69000000 12000000
        d2 01000000 02000000 0100 64 ed410000 0000000000000000 0000
        """);
  }

  @Test
  void lookup() throws Exception {
    assertFrame(
        1,
        new InodeRequest.Tlookup(1, 2, Samples.name("f")),
        "12000000 d0 0100 01000000 02000000 0100 66");
    assertFrame(
        1,
        new InodeReply.Rlookup(STAT),
        "a0000000 d1 0100 ff3f000000000000 00 07000000 0900000000000000" + STAT_HEX);
  }

  @Test
  void create() throws Exception {
    assertFrame(
        1,
        new HandleRequest.Tcreate(1, 2, 3, Samples.name("f"), 0102, 0644),
        "1e000000 d4 0100 01000000 02000000 03000000 0100 66 42000000 a4010000");
    assertFrame(
        1,
        new HandleReply.Rcreate(STAT, 2),
        "a4000000 d5 0100 ff3f000000000000 00 07000000 0900000000000000" + STAT_HEX + "02000000");
  }

  @Test
  void readdirxReply() throws Exception {
    assertFrame(
        1,
        new HandleReply.Rreaddirx(
            0, List.of(new DirEntry(Samples.name("f"), new InodeId(9, 5), 8, 3, null))),
        """
        2c000000 bd 0100 00000000 1d000000
        00 00000000 0900000000000000 05000000 0300000000000000 08 0100 66
        """);
    assertFrame(
        1,
        new HandleReply.Rreaddirx(
            1, List.of(new DirEntry(Samples.name("f"), new InodeId(9, 5), 8, 3, STAT))),
        """
        c5000000 bd 0100 01000000 b6000000
        00 07000000 0900000000000000 05000000 0300000000000000 08 0100 66
        ff3f000000000000 00 07000000 0900000000000000
        """
            + STAT_HEX);
  }

  @Test
  void sharedOffset() throws Exception {
    assertFrame(1, new HandleRequest.Treadseq(2, 16), "0f000000 ae 0100 02000000 10000000");
    assertFrame(
        1,
        new HandleReply.Rreadseq(5, Samples.data("ab")),
        "15000000 af 0100 0500000000000000 02000000 6162");
    assertFrame(
        1,
        new HandleRequest.Tappend(2, Samples.data("ab")),
        "11000000 b2 0100 02000000 02000000 6162");
    assertFrame(1, new HandleReply.Rappend(5, 2), "13000000 b3 0100 0500000000000000 02000000");
    assertFrame(
        1, new HandleRequest.Tseek(2, 2, -1), "14000000 ac 0100 02000000 02 ffffffffffffffff");
  }

  @Test
  void events() throws Exception {
    assertFrame(
        1,
        new EventRequest.Tevset(2, 1, 0x800, 5),
        "18000000 b6 0100 02000000 01 00080000 0500000000000000");
    assertFrame(
        1,
        new EventRequest.Tevctl(2, 3, 4, 0x80000001, -1),
        "1c000000 b8 0100 02000000 03 04000000 01000080 ffffffffffffffff");
    assertFrame(1, new EventReply.Revctl(), "07000000 b9 0100");
    assertFrame(
        1,
        new EventRequest.Tevlock(2, 3, 1, 0, 4, 5, 6),
        """
        29000000 e8 0100 02000000 03000000 01 00
        0400000000000000 0500000000000000 0600000000000000\
        """);
    assertFrame(
        1, new EventRequest.Tevwait(2, 16, -1), "13000000 ba 0100 02000000 10000000 ffffffff");
    assertFrame(
        1,
        new EventReply.Revwait(List.of(new Event(5, 6, 7))),
        "1b000000 bb 0100 01000000 05000000 07000000 0600000000000000");
  }

  @Test
  void lockx() throws Exception {
    assertFrame(
        1,
        new HandleRequest.Tlockx(2, 1, 0, 3, 5, -1, 7),
        "29000000 b4 0100 02000000 01 00 03000000 0500000000000000 ffffffffffffffff"
            + " 0700000000000000");
    assertFrame(
        1,
        new HandleReply.Rlockx(1, 5, 6, -1),
        "1c000000 b5 0100 01 0500000000000000 0600000000000000 ffffffff");
  }

  @Test
  void openwatch() throws Exception {
    assertFrame(1, new WatchRequest.Topenwatch(2), "0b000000 f0 0100 02000000");
    assertFrame(
        1,
        new WatchReply.Ropenwatch(STAT),
        "a0000000 f1 0100 ff3f000000000000 00 07000000 0900000000000000" + STAT_HEX);
  }

  @Test
  void addwatchRemovewatch() throws Exception {
    assertFrame(
        1,
        new WatchRequest.Taddwatch(2, 3, 0x08000102),
        "13000000 f2 0100 02000000 03000000 02010008");
    assertFrame(1, new WatchReply.Raddwatch(4), "0b000000 f3 0100 04000000");
    assertFrame(1, new WatchRequest.Tremovewatch(2, 4), "0f000000 f4 0100 02000000 04000000");
    assertFrame(1, new WatchReply.Rremovewatch(), "07000000 f5 0100");
  }

  @Test
  void changes() throws Exception {
    assertFrame(
        1, new WatchRequest.Tchanges(2, 0x1000, 1), "13000000 f6 0100 02000000 00100000 01000000");
    assertFrame(
        1,
        new WatchReply.Rchanges(
            List.of(new Change(4, 0x40000100, 0, Name.of("a/b")), Change.overflow(9))),
        "2a000000 f7 0100 1f000000 04000000 00010040 00000000 0300 612f62"
            + "ffffffff 00400000 09000000 0000");
  }

  @Test
  void session() throws Exception {
    assertFrame(
        1,
        new SessionRequest.Tsession(
            new SessionRequest.SessionKey(0x0102030405060708L, 0x1112131415161718L),
            new SessionRequest.SessionKey(5, 6),
            2,
            7,
            8),
        """
        3b000000 a0 0100 0807060504030201 1817161514131211 0500000000000000 0600000000000000
        02000000 0700000000000000 0800000000000000\
        """);
    assertFrame(
        1,
        new SessionRequest.Tonce(0, 2, new BaseRequest.Tclunk(3)),
        "14000000 be 0100 00000000 02000000 78 03000000");
    assertFrame(
        1,
        new SessionRequest.Tdo(
            1, List.of(new BaseRequest.Twrite(3, 4, Samples.data("hi")), new BaseRequest.Tclunk(3))),
        """
        31000000 ea 0100 01000000 0200
        19000000 76 0000 03000000 0400000000000000 02000000 6869
        0b000000 78 0100 03000000\
        """);
    assertFrame(
        1,
        new SessionReply.Rdo(List.of(new BaseReply.Rwrite(2), new LinuxReply.Rlerror(9))),
        "1f000000 eb 0100 0200 0b000000 77 0000 02000000 0b000000 07 0100 09000000");
    assertFrame(
        1,
        new SessionReply.Rsession(3, 4, 2000, 1, 0x102),
        "1e000000 a1 0100 0300000000000000 0400000000000000 d0070000 01 0201");
  }

  @Test
  void leases() throws Exception {
    assertFrame(1, new LeaseRequest.Tnotify(0x400, 1), "0a000000 a2 0100 0004 01");
    assertFrame(
        1,
        LeaseReply.Rnotify.ofRecalls(List.of(new LeaseName(new InodeId(9, 5), -2))),
        "1d000000 a3 0100 0100 01 0900000000000000 05000000 00 feffffff 00 01");
    LeaseName shared = new LeaseName(new InodeId(9, 5), LeasePlane.INODE, 7, LeaseMode.SHARED);
    assertFrame(
        1,
        LeaseReply.Rnotify.ofRecalls(List.of(shared)),
        "1d000000 a3 0100 0100 01 0900000000000000 05000000 00 07000000 01 01");
    assertFrame(
        1,
        LeaseRequest.Tleaseret.of(List.of(shared)),
        "1b000000 a6 0100 0100 0900000000000000 05000000 00 07000000 01");
    assertFrame(1, new LeaseRequest.Tlease(2, 0, 1), "0d000000 a4 0100 02000000 00 01");
    assertFrame(
        1,
        LeaseReply.Rlease.of(new Leased(STAT, 7)),
        "a5000000 a5 0100 01 07000000 ff3f000000000000 00 07000000 0900000000000000" + STAT_HEX);
    assertFrame(
        1,
        LeaseRequest.Tleaseret.of(List.of(new LeaseName(new InodeId(9, 5), 7))),
        "1b000000 a6 0100 0100 0900000000000000 05000000 00 07000000 00");
    assertFrame(1, new LeaseReply.Rleaseret(), "07000000 a7 0100");
    assertFrame(
        1,
        new LeaseRequest.Tlockret(
            new InodeId(9, 5), 7, List.of(new LeaseRequest.Lock(2, 1, 1, 3, 4, 5, 6))),
        "3b000000 ec 0100 0900000000000000 05000000 07000000 0100"
            + "02000000 01 01 0300000000000000 0400000000000000 0500000000000000 06000000");
    assertFrame(1, new LeaseReply.Rlockret(), "07000000 ed 0100");
  }

  @Test
  void keys() throws Exception {
    InodeId key = new InodeId(9, 5);
    String id = "0900000000000000 05000000 ";
    assertFrame(1, new KeyRequest.Topenkey(Samples.name("k")), "0a000000 f8 0100 0100 6b");
    assertFrame(1, new KeyReply.Ropenkey(key), "13000000 f9 0100 " + id);
    assertFrame(
        1,
        new KeyRequest.Tusekey(key, 2, -1),
        "21000000 fa 0100 " + id + "02 ffffffff 00 00000000 00000000");
    assertFrame(
        1,
        new KeyRequest.Tusekey(
            key, 2, -1, P9.KEY_RETURNS | P9.KEY_CHANGED, 7, Samples.data("v")),
        "22000000 fa 0100 " + id + "02 ffffffff 03 07000000 01000000 76");
    assertFrame(
        1,
        KeyReply.Rusekey.of(new KeyLease(LeaseMode.EXCLUSIVE, 7, new byte[] {'v'}, true)),
        "12000000 fb 0100 02 07000000 01 01000000 76");
    assertFrame(
        1,
        new KeyRequest.Treturnkey(key, 7, P9.KEY_CHANGED, Samples.data("v")),
        "1d000000 fc 0100 " + id + "07000000 01 01000000 76");
    assertFrame(1, new KeyReply.Rreturnkey(P9.KEY_NOT_HELD), "08000000 fd 0100 01");
    assertFrame(1, new KeyRequest.Tclosekey(key), "13000000 fe 0100 " + id);
    assertFrame(1, new KeyReply.Rclosekey(), "07000000 ff 0100");
    assertFrame(
        1,
        LeaseReply.Rnotify.ofRecalls(List.of(new LeaseName(key, LeasePlane.KEY, 7))),
        "1d000000 a3 0100 0100 01 " + id + "04 07000000 00 01");
  }

  @Test
  void take() throws Exception {
    assertFrame(
        1,
        new HandleRequest.Ttake(new Token(0x0102030405060708L, 0x1112131415161718L), 2),
        "1b000000 aa 0100 0807060504030201 1817161514131211 02000000");
  }

  @Test
  void extendedAttributes() throws Exception {
    assertFrame(
        1,
        new InodeRequest.Tsetxattr(2, Samples.name("u.x"), 1, Samples.data("v")),
        "19000000 da 0100 02000000 0300 752e78 01000000 01000000 76");
    assertFrame(
        1,
        new InodeReply.Rlistxattr(List.of(Samples.name("a"), Samples.name("bc"))),
        "10000000 dd 0100 05000000 61 00 6263 00");
  }

  @Test
  void rebind() throws Exception {
    assertFrame(
        1,
        new InodeRequest.Trebind(2, new InodeId(9, 5), 1),
        "1b000000 c8 0100 02000000 0900000000000000 05000000 01000000");
  }

  @Test
  void setattrx_hasTheInodeBeforeTheHandle() throws Exception {
    assertFrame(
        1,
        new InodeRequest.Tsetattrx(2, 3, new AttrChange(8, 0, 1, 2, 0x1000, 3, 4, 5, 6)),
        """
        47000000 e0 0100 02000000 03000000 08000000 00000000 01000000 02000000 0010000000000000
        0300000000000000 0400000000000000 0500000000000000 0600000000000000
        """);
  }

  @Test
  void namesOfOurs() throws Exception {
    assertFrame(
        1,
        new InodeRequest.Tlinkx(1, 2, Samples.name("n")),
        "12000000 e6 0100 01000000 02000000 0100 6e");
    assertFrame(
        1,
        new InodeRequest.Trenamex(1, Samples.name("o"), 2, Samples.name("n"), 3),
        "19000000 c2 0100 01000000 0100 6f 02000000 0100 6e 03000000");
    assertFrame(
        1, new InodeRequest.Tgetxattr(2, Samples.name("u")), "0e000000 d8 0100 02000000 0100 75");
    assertFrame(
        1,
        new InodeRequest.Tremovexattr(2, Samples.name("u")),
        "0e000000 de 0100 02000000 0100 75");
    assertFrame(1, new InodeRequest.Taccess(2, 4), "0f000000 e2 0100 02000000 04000000");
  }

  @Test
  void openFiles() throws Exception {
    assertFrame(1, new HandleRequest.Topen(1, 2, 3), "13000000 d6 0100 01000000 02000000 03000000");
    String file = "00 07000000 0900000000000000" + STAT_HEX;
    assertFrame(
        1,
        new HandleReply.Ropen(STAT, 2),
        "a4000000 d7 0100 ff3f000000000000 " + file + " 02000000");
    HeldLease lease = new HeldLease(new InodeId(9, 5), 0, 1, 7);
    assertFrame(
        1,
        new HandleReply.Ropen(STAT, List.of(lease), 2),
        "b7000000 d7 0100 ff7f000000000000 "
            + file
            + "01 0900000000000000 05000000 00 01 07000000 02000000");
    assertFrame(
        1,
        new HandleRequest.Treaddirx(1, 2, 3, 1),
        "1b000000 bc 0100 01000000 0200000000000000 03000000 01000000");
    assertFrame(1, new HandleRequest.Tsetflags(1, 2), "0f000000 e4 0100 01000000 02000000");
    assertFrame(
        1,
        new HandleRequest.Tfallocate(1, 3, 4, 5),
        "1f000000 c0 0100 01000000 03000000 0400000000000000 0500000000000000");
    assertFrame(
        1,
        new HandleRequest.Tcopyrange(1, 2, 3, 4, 5),
        """
        27000000 ca 0100 01000000 0200000000000000 03000000 0400000000000000 0500000000000000
        """);
    assertFrame(1, new HandleReply.Rwriteseq(5, 2), "13000000 b1 0100 0500000000000000 02000000");
  }

  @Test
  void readdir_andOldRequests() throws Exception {
    assertFrame(
        1,
        new LinuxRequest.Treaddir(1, 2, 3),
        "17000000 28 0100 01000000 0200000000000000 03000000");
    assertFrame(1, new LinuxRequest.Tfsync(1, true), "0f000000 32 0100 01000000 01000000");
    assertFrame(
        1,
        new LinuxRequest.Tgetlock(2, P9.LOCK_TYPE_UNLCK, 16, 8, 4242, Samples.name("h")),
        """
        23000000 36 0100 02000000 02 1000000000000000 0800000000000000 92100000 0100 68
        """);
  }
}

package dev.coterie.wire;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Token;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One of each message, no two fields of one message alike. */
final class Samples {
  private Samples() {}

  static final int MSIZE = 8192;

  static final Stat STAT =
      new Stat(
          new InodeId(0x8877665544332211L, 0x99AABBCC),
          Mode.S_IFREG | 0640,
          3,
          1001,
          1002,
          0x0405,
          0x0102030405060708L,
          4096,
          0x1112131415161718L,
          new Timestamp(-7, 999_999_999),
          new Timestamp(0x2122232425262728L, 1),
          new Timestamp(31, 32),
          new Timestamp(41, 42),
          0x5152535455565758L);

  static final Qid QID = new Qid(P9.QTDIR, 0x01020304, 0xF1F2F3F4F5F6F7F8L);
  static final Qid OTHER_QID = new Qid(P9.QTSYMLINK, 5, 6);
  static final Token TOKEN = new Token(0xA1A2A3A4A5A6A7A8L, 0xB1B2B3B4B5B6B7B8L);

  static final AttrChange CHANGE =
      new AttrChange(0x1FF, 0644, 1003, 1004, 1L << 40, -11, 12, 13L << 33, 14);

  static final Caller CALLER = new Caller(501, 502, new int[] {503, 504, 505}, 506, 027);

  static Name name(String text) {
    return Name.of(text);
  }

  static ByteBuffer data(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  static List<Request> requests() {
    List<Request> all = new ArrayList<>();
    all.addAll(baseRequests());
    all.addAll(linuxRequests());
    all.addAll(ourRequests());
    return all;
  }

  static List<Reply> replies() {
    List<Reply> all = new ArrayList<>();
    all.addAll(baseReplies());
    all.addAll(linuxReplies());
    all.addAll(ourReplies());
    return all;
  }

  static Stream<Message> messages() {
    return Stream.concat(requests().stream(), replies().stream());
  }

  private static List<Request> baseRequests() {
    return List.of(
        new BaseRequest.Tversion(131096, "9P2000.L.coterie.1"),
        new BaseRequest.Tauth(1, "user", "tree", 2),
        new BaseRequest.Tattach(1, P9.NOFID, "user", "tree/ä", 3),
        new BaseRequest.Tflush(0xFEDC),
        new BaseRequest.Twalk(1, 2, List.of(name("a"), name("bc"), name(".."))),
        new BaseRequest.Twalk(1, 2, List.of()),
        new BaseRequest.Tread(1, 0x0102030405060708L, 9),
        new BaseRequest.Twrite(1, 0x0102030405060708L, data("written")),
        new BaseRequest.Tclunk(1),
        new BaseRequest.Tremove(1));
  }

  private static List<Request> linuxRequests() {
    return List.of(
        new LinuxRequest.Tstatfs(1),
        new LinuxRequest.Tlopen(1, 2),
        new LinuxRequest.Tlcreate(1, name("new"), 2, 3, 4),
        new LinuxRequest.Tsymlink(1, name("link"), name("../target"), 2),
        new LinuxRequest.Tmknod(1, name("node"), 2, 3, 4, 5),
        new LinuxRequest.Trename(1, 2, name("moved")),
        new LinuxRequest.Treadlink(1),
        new LinuxRequest.Tgetattr(1, P9.GETATTR_ALL),
        new LinuxRequest.Tsetattr(1, CHANGE),
        new LinuxRequest.Txattrwalk(1, 2, name("user.x")),
        new LinuxRequest.Txattrcreate(1, name("user.x"), 2, 3),
        new LinuxRequest.Treaddir(1, 2, 3),
        new LinuxRequest.Tfsync(1, true),
        new LinuxRequest.Tlock(1, 2, 3, 4, 5, 6, name("host")),
        new LinuxRequest.Tgetlock(1, 2, 3, 4, 5, name("host")),
        new LinuxRequest.Tlink(1, 2, name("second")),
        new LinuxRequest.Tmkdir(1, name("dir"), 2, 3),
        new LinuxRequest.Trenameat(1, name("old"), 2, name("new")),
        new LinuxRequest.Tunlinkat(1, name("gone"), P9.UNLINKAT_REMOVEDIR));
  }

  private static List<Request> ourRequests() {
    return List.of(
        new SessionRequest.Tsession(
            new SessionRequest.SessionKey(0xA1A2A3A4A5A6A7A8L, 0xB1B2B3B4B5B6B7B8L),
            new SessionRequest.SessionKey(5, 6),
            3,
            7,
            8),
        new SessionRequest.Tonce(0, 1, new BaseRequest.Twrite(1, 2, data("inner"))),
        new SessionRequest.Tdo(
            P9.DO_UNDO_FIDS,
            List.of(
                new InodeRequest.Tlookup(1, 2, name("found")),
                new BaseRequest.Twrite(3, 4, data("inner")),
                new BaseRequest.Tclunk(3))),
        new SessionRequest.Tping(0x0102030405060708L),
        new SessionRequest.Tas(CALLER, new BaseRequest.Twrite(1, 2, data("inner"))),
        new InodeRequest.Tlookup(1, 2, name("found")),
        new InodeRequest.Tmake(1, 2, name("made"), Mode.S_IFLNK | 0777, 0x0304, name("../target")),
        new InodeRequest.Trebind(1, new InodeId(2, 3), 4),
        new InodeRequest.Tsetattrx(1, 2, CHANGE),
        new InodeRequest.Taccess(1, 2),
        new InodeRequest.Tlinkx(1, 2, name("second")),
        new InodeRequest.Trenamex(1, name("old"), 2, name("new"), 3),
        new InodeRequest.Tgetxattr(1, name("user.x")),
        new InodeRequest.Tsetxattr(1, name("user.x"), 2, data("value")),
        new InodeRequest.Tlistxattr(1),
        new InodeRequest.Tremovexattr(1, name("user.x")),
        new HandleRequest.Tcreate(1, 2, 3, name("new"), 4, 5),
        new HandleRequest.Topen(1, 2, 3),
        new HandleRequest.Treaddirx(1, 2, 3, 4),
        new HandleRequest.Tappend(1, data("appended")),
        new HandleRequest.Treadseq(1, 2),
        new HandleRequest.Twriteseq(1, data("written")),
        new HandleRequest.Tseek(1, 2, -3),
        new HandleRequest.Tlockx(1, 2, 1, 3, 4, 5, 6),
        new EventRequest.Tevset(1, 1, 2, 3),
        new EventRequest.Tevctl(1, 3, 2, 4, 5),
        new EventRequest.Tevwait(1, 2, -1),
        new EventRequest.Tevlock(1, 2, 1, 0, 3, 4, 5),
        new HandleRequest.Tsetflags(1, 2),
        new HandleRequest.Tfallocate(1, 2, 3, 4),
        new HandleRequest.Tcopyrange(1, 2, 3, 4, 5),
        new HandleRequest.Tshare(1),
        new HandleRequest.Ttake(TOKEN, 1),
        new WatchRequest.Topenwatch(1),
        new WatchRequest.Taddwatch(1, 2, 3),
        new WatchRequest.Tremovewatch(1, 2),
        new WatchRequest.Tchanges(1, 2, 3),
        new LeaseRequest.Tnotify(0xFEDC, 1),
        new LeaseRequest.Tlease(1, 2, 3),
        new LeaseRequest.Tleaseret(
            List.of(
                new LeaseRequest.Returned(STAT.id(), 1, 2, 3),
                new LeaseRequest.Returned(new InodeId(4, 5), 6, -7, 8))),
        new LeaseRequest.Tlockret(
            STAT.id(),
            -3,
            List.of(
                new LeaseRequest.Lock(1, 2, 3, 4, 5, 6, 7),
                new LeaseRequest.Lock(-1, 0, 1, Long.MAX_VALUE, 0, -6, 0))),
        new KeyRequest.Topenkey(name("counter")),
        new KeyRequest.Tusekey(new InodeId(1, 2), 3, -4, 5, -6, data("changed")),
        new KeyRequest.Treturnkey(new InodeId(1, 2), -3, 4, data("changed")),
        new KeyRequest.Tclosekey(new InodeId(1, 2)));
  }

  private static List<Reply> baseReplies() {
    return List.of(
        new BaseReply.Rversion(65536, "unknown"),
        new BaseReply.Rauth(QID),
        new BaseReply.Rattach(QID),
        new BaseReply.Rflush(),
        new BaseReply.Rwalk(List.of(QID, OTHER_QID)),
        new BaseReply.Rread(data("what was read")),
        new BaseReply.Rwrite(1),
        new BaseReply.Rclunk(),
        new BaseReply.Rremove());
  }

  private static List<Reply> linuxReplies() {
    return List.of(
        new LinuxReply.Rlerror(Errno.ENOENT),
        new LinuxReply.Rstatfs(new StatFs(1, 2, 3, 4, 5, 6, 7, 8, 9)),
        new LinuxReply.Rlopen(QID, 1),
        new LinuxReply.Rlcreate(QID, 1),
        new LinuxReply.Rsymlink(QID),
        new LinuxReply.Rmknod(QID),
        new LinuxReply.Rrename(),
        new LinuxReply.Rreadlink(name("../target")),
        LinuxReply.Rgetattr.of(STAT, Dialect.COTERIE_1),
        new LinuxReply.Rsetattr(),
        new LinuxReply.Rxattrwalk(1),
        new LinuxReply.Rxattrcreate(),
        new LinuxReply.Rreaddir(
            List.of(
                new LinuxReply.Rreaddir.Entry(QID, 1, 2, name(".")),
                new LinuxReply.Rreaddir.Entry(OTHER_QID, 3, 4, name("entry")))),
        new LinuxReply.Rfsync(),
        new LinuxReply.Rlock(P9.LOCK_GRACE),
        new LinuxReply.Rgetlock(1, 2, 3, 4, name("host")),
        new LinuxReply.Rlink(),
        new LinuxReply.Rmkdir(QID),
        new LinuxReply.Rrenameat(),
        new LinuxReply.Runlinkat());
  }

  private static List<Reply> ourReplies() {
    return List.of(
        new SessionReply.Rsession(1, 2, 3, 4, 5),
        new SessionReply.Rdo(
            List.of(
                new BaseReply.Rread(data("inner")), new BaseReply.Rclunk(), new LinuxReply.Rlerror(2))),
        new SessionReply.Rping(0x0102030405060708L),
        new InodeReply.Rlookup(STAT),
        new InodeReply.Rmake(STAT),
        new InodeReply.Rrebind(STAT),
        new InodeReply.Rsetattrx(STAT),
        new InodeReply.Raccess(),
        new InodeReply.Rlinkx(STAT),
        new InodeReply.Rrenamex(),
        new InodeReply.Rgetxattr(data("value")),
        new InodeReply.Rsetxattr(),
        new InodeReply.Rlistxattr(List.of(name("user.x"), name("user.yz"))),
        new InodeReply.Rremovexattr(),
        new HandleReply.Rcreate(STAT, 1),
        new HandleReply.Ropen(STAT, 1),
        new HandleReply.Ropen(STAT, List.of(new HeldLease(STAT.id(), 0, 1, -2)), 3),
        new HandleReply.Rreaddirx(
            P9.READDIRX_ATTRS, List.of(entry("with", 7, STAT), entry("without", 8, null))),
        new HandleReply.Rreaddirx(0, List.of(entry("plain", 9, null))),
        new HandleReply.Rappend(1, 2),
        new HandleReply.Rreadseq(1, data("what was read")),
        new HandleReply.Rwriteseq(1, 2),
        new HandleReply.Rseek(1),
        new HandleReply.Rlockx(1, 2, 3, -1),
        new EventReply.Revset(STAT, 7),
        new EventReply.Revctl(),
        new EventReply.Revlock(STAT, 7),
        new EventReply.Revwait(List.of(new Event(1, 2, 3), new Event(0x80000004, -5, 6))),
        new HandleReply.Rsetflags(),
        new HandleReply.Rfallocate(),
        new HandleReply.Rcopyrange(1),
        new HandleReply.Rshare(TOKEN),
        new HandleReply.Rtake(STAT, 1),
        new WatchReply.Ropenwatch(STAT),
        new WatchReply.Raddwatch(1),
        new WatchReply.Rremovewatch(),
        new WatchReply.Rchanges(
            List.of(new Change(1, 2, 3, name("made/below")), Change.overflow(4))),
        new LeaseReply.Rnotify(
            List.of(
                new LeaseReply.Notice(1, STAT.id(), 2, 3, 4, 5),
                new LeaseReply.Notice(6, new InodeId(7, 8), 9, -10, 11, 12))),
        new LeaseReply.Rlease(1, 2, STAT),
        new LeaseReply.Rleaseret(),
        new LeaseReply.Rlockret(),
        new KeyReply.Ropenkey(new InodeId(1, 2)),
        new KeyReply.Rusekey(1, -2, 3, data("value")),
        new KeyReply.Rreturnkey(1),
        new KeyReply.Rclosekey());
  }

  static DirEntry entry(String name, long cookie, @org.jspecify.annotations.Nullable Stat stat) {
    return new DirEntry(name(name), STAT.id(), Mode.direntType(STAT.mode()), cookie, stat);
  }

  /** The whole frame of a message. */
  static byte[] frameOf(int tag, Message message) {
    ByteBuffer out = ByteBuffer.allocate(1 << 18);
    try {
      message.encode(tag, out, out.capacity());
    } catch (ErrnoException e) {
      throw new AssertionError(message.toString(), e);
    }
    byte[] frame = new byte[out.position()];
    out.flip().get(frame);
    return frame;
  }

  /** What follows the header of a frame. */
  static ByteBuffer bodyOf(byte[] frame) {
    return ByteBuffer.wrap(frame, P9.HEADER_BYTES, frame.length - P9.HEADER_BYTES)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads a message back from its body. */
  static Message decode(Message kind, ByteBuffer body) throws ProtocolException {
    return kind instanceof Request
        ? Request.decode(kind.type(), body, Dialect.COTERIE_1)
        : Reply.decode(kind.type(), body);
  }
}

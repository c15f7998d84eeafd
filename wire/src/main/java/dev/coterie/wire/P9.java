package dev.coterie.wire;

/**
 * The numbers of the protocol, in one place.
 *
 * <p>Sources: intro(5) of Plan 9 for 9P2000, Linux's include/net/9p/9p.h for 9P2000.L. A reply's
 * type is its request's plus one. Types from {@link #DIALECT_FIRST} up are ours and free in every
 * 9P2000.L peer known.
 */
public final class P9 {
  private P9() {}

  // ---- reserved values ----

  /** The tag of Tversion, and of nothing else. */
  public static final int NOTAG = 0xFFFF;

  /** In the place of a fid: none. */
  public static final int NOFID = 0xFFFFFFFF;

  /** In the place of a numeric user name: none, the text counts. */
  public static final int NONUNAME = 0xFFFFFFFF;

  /** Size, type and tag, in bytes: what every frame begins with, and the smallest frame. */
  public static final int HEADER_BYTES = 7;

  /** What msize has to hold beside the data of a read or write, in bytes (P9_IOHDRSZ). */
  public static final int IOHDR = 24;

  // ---- message types, since 9P2000 ----

  public static final int TVERSION = 100;
  public static final int RVERSION = 101;
  public static final int TAUTH = 102;
  public static final int RAUTH = 103;
  public static final int TATTACH = 104;
  public static final int RATTACH = 105;
  public static final int TFLUSH = 108;
  public static final int RFLUSH = 109;
  public static final int TWALK = 110;
  public static final int RWALK = 111;
  public static final int TREAD = 116;
  public static final int RREAD = 117;
  public static final int TWRITE = 118;
  public static final int RWRITE = 119;
  public static final int TCLUNK = 120;
  public static final int RCLUNK = 121;
  public static final int TREMOVE = 122;
  public static final int RREMOVE = 123;

  // ---- message types, since 9P2000.L ----

  /** The answer to any request that failed; there is no Tlerror. */
  public static final int RLERROR = 7;

  public static final int TSTATFS = 8;
  public static final int RSTATFS = 9;
  public static final int TLOPEN = 12;
  public static final int RLOPEN = 13;
  public static final int TLCREATE = 14;
  public static final int RLCREATE = 15;
  public static final int TSYMLINK = 16;
  public static final int RSYMLINK = 17;
  public static final int TMKNOD = 18;
  public static final int RMKNOD = 19;
  public static final int TRENAME = 20;
  public static final int RRENAME = 21;
  public static final int TREADLINK = 22;
  public static final int RREADLINK = 23;
  public static final int TGETATTR = 24;
  public static final int RGETATTR = 25;
  public static final int TSETATTR = 26;
  public static final int RSETATTR = 27;
  public static final int TXATTRWALK = 30;
  public static final int RXATTRWALK = 31;
  public static final int TXATTRCREATE = 32;
  public static final int RXATTRCREATE = 33;
  public static final int TREADDIR = 40;
  public static final int RREADDIR = 41;
  public static final int TFSYNC = 50;
  public static final int RFSYNC = 51;
  public static final int TLOCK = 52;
  public static final int RLOCK = 53;
  public static final int TGETLOCK = 54;
  public static final int RGETLOCK = 55;
  public static final int TLINK = 70;
  public static final int RLINK = 71;
  public static final int TMKDIR = 72;
  public static final int RMKDIR = 73;
  public static final int TRENAMEAT = 74;
  public static final int RRENAMEAT = 75;
  public static final int TUNLINKAT = 76;
  public static final int RUNLINKAT = 77;

  // ---- message types, since 9P2000.L.coterie.1 ----

  /** The first type that is ours. */
  public static final int DIALECT_FIRST = 160;

  public static final int TSESSION = 160;
  public static final int RSESSION = 161;
  public static final int TNOTIFY = 162;
  public static final int RNOTIFY = 163;
  public static final int TLEASE = 164;
  public static final int RLEASE = 165;
  public static final int TLEASERET = 166;
  public static final int RLEASERET = 167;
  public static final int TSHARE = 168;
  public static final int RSHARE = 169;
  public static final int TTAKE = 170;
  public static final int RTAKE = 171;
  public static final int TSEEK = 172;
  public static final int RSEEK = 173;
  public static final int TREADSEQ = 174;
  public static final int RREADSEQ = 175;
  public static final int TWRITESEQ = 176;
  public static final int RWRITESEQ = 177;
  public static final int TAPPEND = 178;
  public static final int RAPPEND = 179;
  public static final int TLOCKX = 180;
  public static final int RLOCKX = 181;
  public static final int TEVSET = 182;
  public static final int REVSET = 183;
  public static final int TEVCTL = 184;
  public static final int REVCTL = 185;
  public static final int TEVWAIT = 186;
  public static final int REVWAIT = 187;
  public static final int TREADDIRX = 188;
  public static final int RREADDIRX = 189;

  /** Has no reply of its own: the inner request's reply answers it. */
  public static final int TONCE = 190;

  public static final int TFALLOCATE = 192;
  public static final int RFALLOCATE = 193;
  public static final int TRENAMEX = 194;
  public static final int RRENAMEX = 195;
  public static final int TREBIND = 200;
  public static final int RREBIND = 201;
  public static final int TCOPYRANGE = 202;
  public static final int RCOPYRANGE = 203;
  public static final int TPING = 204;
  public static final int RPING = 205;

  /** Has no reply of its own: the inner request's reply answers it. */
  public static final int TAS = 206;

  public static final int TLOOKUP = 208;
  public static final int RLOOKUP = 209;
  public static final int TMAKE = 210;
  public static final int RMAKE = 211;
  public static final int TCREATE = 212;
  public static final int RCREATE = 213;
  public static final int TOPEN = 214;
  public static final int ROPEN = 215;
  public static final int TGETXATTR = 216;
  public static final int RGETXATTR = 217;
  public static final int TSETXATTR = 218;
  public static final int RSETXATTR = 219;
  public static final int TLISTXATTR = 220;
  public static final int RLISTXATTR = 221;
  public static final int TREMOVEXATTR = 222;
  public static final int RREMOVEXATTR = 223;
  public static final int TSETATTRX = 224;
  public static final int RSETATTRX = 225;
  public static final int TACCESS = 226;
  public static final int RACCESS = 227;
  public static final int TSETFLAGS = 228;
  public static final int RSETFLAGS = 229;
  public static final int TLINKX = 230;
  public static final int RLINKX = 231;
  public static final int TEVLOCK = 232;
  public static final int REVLOCK = 233;
  public static final int TDO = 234;
  public static final int RDO = 235;
  public static final int TLOCKRET = 236;
  public static final int RLOCKRET = 237;
  public static final int TOPENWATCH = 240;
  public static final int ROPENWATCH = 241;
  public static final int TADDWATCH = 242;
  public static final int RADDWATCH = 243;
  public static final int TREMOVEWATCH = 244;
  public static final int RREMOVEWATCH = 245;
  public static final int TCHANGES = 246;
  public static final int RCHANGES = 247;
  public static final int TOPENKEY = 248;
  public static final int ROPENKEY = 249;
  public static final int TUSEKEY = 250;
  public static final int RUSEKEY = 251;
  public static final int TRETURNKEY = 252;
  public static final int RRETURNKEY = 253;
  public static final int TCLOSEKEY = 254;
  public static final int RCLOSEKEY = 255;

  // ---- qid types ----

  public static final int QTDIR = 0x80;
  public static final int QTAPPEND = 0x40;
  public static final int QTEXCL = 0x20;
  public static final int QTMOUNT = 0x10;
  public static final int QTAUTH = 0x08;
  public static final int QTTMP = 0x04;
  public static final int QTSYMLINK = 0x02;
  public static final int QTLINK = 0x01;
  public static final int QTFILE = 0x00;

  // ---- entry types that have a qid type of their own (readdir(3), d_type) ----

  static final int DT_DIR = 4;
  static final int DT_LNK = 10;

  // ---- Tgetattr: what is asked for, Rgetattr: what is given ----

  public static final long GETATTR_MODE = 0x0001;
  public static final long GETATTR_NLINK = 0x0002;
  public static final long GETATTR_UID = 0x0004;
  public static final long GETATTR_GID = 0x0008;
  public static final long GETATTR_RDEV = 0x0010;
  public static final long GETATTR_ATIME = 0x0020;
  public static final long GETATTR_MTIME = 0x0040;
  public static final long GETATTR_CTIME = 0x0080;
  public static final long GETATTR_INO = 0x0100;
  public static final long GETATTR_SIZE = 0x0200;
  public static final long GETATTR_BLOCKS = 0x0400;
  public static final long GETATTR_BTIME = 0x0800;
  public static final long GETATTR_GEN = 0x1000;
  public static final long GETATTR_DATAVERSION = 0x2000;

  /** Leases follow. */
  public static final long GETATTR_LEASES = 0x4000;

  /** What stat(2) has. */
  public static final long GETATTR_BASIC = 0x07FF;

  public static final long GETATTR_ALL = 0x3FFF;

  // ---- Tsetattr, Tsetattrx: what is to be changed ----

  public static final int SETATTR_MODE = 0x0001;
  public static final int SETATTR_UID = 0x0002;
  public static final int SETATTR_GID = 0x0004;
  public static final int SETATTR_SIZE = 0x0008;

  /** Alone: to the server's now (UTIME_NOW); with {@link #SETATTR_ATIME_SET}: to the time given. */
  public static final int SETATTR_ATIME = 0x0010;

  /** Alone: to the server's now (UTIME_NOW); with {@link #SETATTR_MTIME_SET}: to the time given. */
  public static final int SETATTR_MTIME = 0x0020;

  /** To the server's now, which every change does anyway. */
  public static final int SETATTR_CTIME = 0x0040;

  public static final int SETATTR_ATIME_SET = 0x0080;
  public static final int SETATTR_MTIME_SET = 0x0100;

  // ---- other flags ----

  /** Tunlinkat: remove a directory (AT_REMOVEDIR). */
  public static final int UNLINKAT_REMOVEDIR = 0x200;

  /** Treaddirx, Rreaddirx: each entry is followed by its attributes. */
  public static final int READDIRX_ATTRS = 1;

  // ---- locks ----

  public static final int LOCK_TYPE_RDLCK = 0;
  public static final int LOCK_TYPE_WRLCK = 1;
  public static final int LOCK_TYPE_UNLCK = 2;

  /** The lock is wanted by one who would wait (F_SETLKW). */
  public static final int LOCK_FLAGS_BLOCK = 1;

  /** Never sent by Linux. */
  public static final int LOCK_FLAGS_RECLAIM = 2;

  // ---- Tlockx, since 9P2000.L.coterie.1 ----

  public static final int LOCK_KIND_POSIX = 0;
  public static final int LOCK_KIND_OFD = 1;
  public static final int LOCK_KIND_FLOCK = 2;

  /** Answered when the lock is granted. */
  public static final int LOCKX_WAIT = 1;

  /** Only asks what stands in the way. */
  public static final int LOCKX_TEST = 2;

  // ---- Tevset, since 9P2000.L.coterie.1 ----

  public static final int EVSET_SET = 0;
  public static final int EVSET_COUNTER = 1;

  // ---- Tsession, since 9P2000.L.coterie.1 ----

  /** A session of its own. */
  public static final int SESSION_NEW = 1;

  /** Goes on with a session whose connection was lost. */
  public static final int SESSION_RESUME = 2;

  /** One more connection of a session. */
  public static final int SESSION_BIND = 4;

  /** With new: it outlives its connections for a while, though they are of a unix socket. */
  public static final int SESSION_KEEP = 8;

  /** Ends the session at once, with all that it has. */
  public static final int SESSION_END = 16;

  /** Rsession: it is as asked. */
  public static final int SESSION_AS_ASKED = 0;

  /** Rsession: there is no such session, so another one is to be begun. */
  public static final int SESSION_GONE = 1;

  // ---- leases, since 9P2000.L.coterie.1 ----

  /** Tnotify: answered when there is something to say. */
  public static final int NOTIFY_WAIT = 1;

  /** A notice: a lease is to be given back. */
  public static final int NOTICE_RECALL = 1;

  /** Why a lease is to be given back: another session is about to change the inode. */
  public static final int RECALL_CHANGE = 1;

  /** What is leased: attributes and content of an inode, and names in a directory. */
  public static final int PLANE_INODE = 0;

  /** What is leased: the names of a directory, and attributes of what only they name. */
  public static final int PLANE_NAMES = 1;

  /** What is leased: the locks of an inode. */
  public static final int PLANE_LOCKS = 3;

  public static final int LEASE_NONE = 0;

  /** Others can have it too, and nobody changes what it is on. */
  public static final int LEASE_SHARED = 1;

  /** Nobody else sees it or changes it while it is held. */
  public static final int LEASE_EXCLUSIVE = 2;

  // ---- Treturnkey, Tusekey, since 9P2000.L.coterie.1 ----

  /** The value was changed. */
  public static final int KEY_CHANGED = 1;

  /** Of Tusekey: gives back, before it waits. */
  public static final int KEY_RETURNS = 2;

  /** Of Rusekey: it is recalled with this, and no notice follows. */
  public static final int KEY_RECALLED = 1;

  /** The lease was given back, and the value taken. */
  public static final int KEY_RETURNED = 0;

  /** The session did not have that lease; nothing was done. */
  public static final int KEY_NOT_HELD = 1;

  // ---- Tdo, since 9P2000.L.coterie.1 ----

  /** If one of the requests fails, what those before it made fids for is given back. */
  public static final int DO_UNDO_FIDS = 1;

  // ---- Tchanges, since 9P2000.L.coterie.1 ----

  /** Answered when there is a change. */
  public static final int CHANGES_WAIT = 1;

  // ---- Rlock ----

  public static final int LOCK_SUCCESS = 0;
  public static final int LOCK_BLOCKED = 1;
  public static final int LOCK_ERROR = 2;
  public static final int LOCK_GRACE = 3;

  /**
   * How much one read or write may move: {@code count}, but no more than a frame has room for.
   *
   * @param count as in the request, unsigned
   * @param msize largest frame, in bytes
   */
  public static int ioCount(int count, int msize) {
    int most = msize - IOHDR;
    return Integer.compareUnsigned(count, most) < 0 ? count : most;
  }
}

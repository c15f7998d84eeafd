package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.inThread;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.RangeLock;
import dev.coterie.api.SetAttr;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Token;
import dev.coterie.wire.AttrChange;
import dev.coterie.wire.BaseReply;
import dev.coterie.wire.BaseRequest;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.HandleReply;
import dev.coterie.wire.HandleRequest;
import dev.coterie.wire.InodeReply;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.LinuxRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Reply;
import dev.coterie.wire.Request;
import dev.coterie.wire.SessionRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each operation is one message, with all its fields, and its reply or error is the answer. */
@Timeout(180)
class OperationsTest {
  private static final Caller ME = new Caller(501, 502, new int[] {503, 504}, 505, 026);
  private static final Caller OTHER = new Caller(601, 602, new int[] {603}, 604, 027);
  private static final long ALL = P9.GETATTR_ALL;
  private static final int FILE = 1; // fids as the client gives them, one after the other
  private static final int OPEN = 2;
  private static final int NEXT = 3;
  private static final int AFTER = 4;

  private final FakeLeader leader;
  private FakeLeader.Pair pair;
  private long handle;

  OperationsTest(@TempDir Path dir) throws Exception {
    leader = new FakeLeader(dir);
    pair = leader.connect(ClientOptions.DEFAULT.withIdentity(ME));
  }

  /** The root, a file (7) by fid 1 and a handle of it by fid 2. */
  @BeforeEach
  void refer() throws Exception {
    answer(
        new Operation.Root(),
        new LinuxRequest.Tgetattr(0, ALL),
        LinuxReply.Rgetattr.of(stat(1), Dialect.COTERIE_1));
    answer(
        new Operation.Lookup(id(1), Name.of("file")),
        new InodeRequest.Tlookup(0, FILE, Name.of("file")),
        new InodeReply.Rlookup(stat(7)));
    handle =
        answer(
                new Operation.Open(id(7), OpenFlags.O_RDWR),
                new HandleRequest.Topen(FILE, OPEN, OpenFlags.O_RDWR),
                new HandleReply.Ropen(stat(7), OpenFlags.O_RDWR))
            .handle();
  }

  @AfterEach
  void close() throws Exception {
    pair.close();
    leader.close();
  }

  // ---- inodes and names ----

  @Test
  void lookup_ofAnotherCaller_namesHim() throws Exception {
    InodeRequest.Tlookup lookup = new InodeRequest.Tlookup(FILE, NEXT, Name.of("a"));
    assertThat(
            answer(
                OTHER,
                new Operation.Lookup(id(7), Name.of("a")),
                new SessionRequest.Tas(OTHER, lookup),
                new InodeReply.Rlookup(stat(8))))
        .isEqualTo(stat(8));
  }

  @Test
  void lookup_ofTheSameUserWithOtherPidAndUmask_doesNotNameHim() throws Exception {
    answer(
        ME.withPid(99).withUmask(0),
        new Operation.Lookup(id(7), Name.of("a")),
        new InodeRequest.Tlookup(FILE, NEXT, Name.of("a")),
        new InodeReply.Rlookup(stat(8)));
  }

  @Test
  void getattr_answersAttributes() throws Exception {
    assertThat(
            answer(
                new Operation.Getattr(id(7)),
                new LinuxRequest.Tgetattr(FILE, P9.GETATTR_ALL),
                LinuxReply.Rgetattr.of(stat(7), Dialect.COTERIE_1)))
        .isEqualTo(stat(7));
  }

  @Test
  void setattr_ofInode_sendsNoHandle() throws Exception {
    SetAttr change =
        new SetAttr(
            0601, 2, 3, 4L << 33, SetAttr.Time.Now.NOW, new SetAttr.Time.At(new Timestamp(5, 6)));
    assertThat(
            answer(
                new Operation.Setattr(id(7), 0, change),
                new InodeRequest.Tsetattrx(FILE, P9.NOFID, AttrChange.of(change)),
                new InodeReply.Rsetattrx(stat(7))))
        .isEqualTo(stat(7));
  }

  @Test
  void setattr_throughHandle_sendsIt() throws Exception {
    SetAttr change = SetAttr.ofSize(99);
    answer(
        new Operation.Setattr(id(7), handle, change),
        new InodeRequest.Tsetattrx(FILE, OPEN, AttrChange.of(change)),
        new InodeReply.Rsetattrx(stat(7)));
  }

  @Test
  void access_sendsTheMask() throws Exception {
    assertThat(
            answer(
                new Operation.Access(id(7), 5),
                new InodeRequest.Taccess(FILE, 5),
                new InodeReply.Raccess()))
        .isEqualTo(Done.DONE);
  }

  @Test
  void mknod_sendsTypeDeviceAndUmask() throws Exception {
    answer(
        new Operation.Mknod(id(7), Name.of("n"), Mode.S_IFCHR | 0666, 0x501),
        new SessionRequest.Tas(
            ME,
            new InodeRequest.Tmake(
                FILE, NEXT, Name.of("n"), Mode.S_IFCHR | 0666, 0x501, Name.of(""))),
        new InodeReply.Rmake(stat(8)));
  }

  @Test
  void mknod_withoutType_makesARegularFile() throws Exception {
    answer(
        new Operation.Mknod(id(7), Name.of("n"), 0666, 0),
        new SessionRequest.Tas(
            ME,
            new InodeRequest.Tmake(FILE, NEXT, Name.of("n"), Mode.S_IFREG | 0666, 0, Name.of(""))),
        new InodeReply.Rmake(stat(8)));
  }

  @Test
  void mknod_ofWhatItCannotMake_isRefusedHere() {
    assertError(new Operation.Mknod(id(7), Name.of("n"), Mode.S_IFDIR | 0777, 0), Errno.EPERM);
    assertError(new Operation.Mknod(id(7), Name.of("n"), Mode.S_IFLNK | 0777, 0), Errno.EINVAL);
  }

  @Test
  void mkdir_sendsDirectoryAndUmask() throws Exception {
    assertThat(
            answer(
                new Operation.Mkdir(id(7), Name.of("d"), 01777),
                new SessionRequest.Tas(
                    ME,
                    new InodeRequest.Tmake(
                        FILE, NEXT, Name.of("d"), Mode.S_IFDIR | 01777, 0, Name.of(""))),
                new InodeReply.Rmake(stat(8))))
        .isEqualTo(stat(8));
  }

  @Test
  void mkdir_withoutUmask_doesNotNameTheCaller() throws Exception {
    answer(
        ME.withUmask(0),
        new Operation.Mkdir(id(7), Name.of("d"), 0777),
        new InodeRequest.Tmake(FILE, NEXT, Name.of("d"), Mode.S_IFDIR | 0777, 0, Name.of("")),
        new InodeReply.Rmake(stat(8)));
  }

  @Test
  void symlink_sendsTheTarget() throws Exception {
    answer(
        new Operation.Symlink(id(7), Name.of("s"), bytes("to/there")),
        new InodeRequest.Tmake(
            FILE, NEXT, Name.of("s"), Mode.S_IFLNK | 0777, 0, Name.of("to/there")),
        new InodeReply.Rmake(stat(8)));
  }

  @Test
  void readlink_answersTheTarget() throws Exception {
    assertThat(
            answer(
                new Operation.Readlink(id(7)),
                new LinuxRequest.Treadlink(FILE),
                new LinuxReply.Rreadlink(Name.of("to/there"))))
        .isEqualTo(bytes("to/there"));
  }

  @Test
  void link_sendsTheDirectoryFirst() throws Exception {
    assertThat(
            answer(
                new Operation.Link(id(7), id(1), Name.of("l")),
                new InodeRequest.Tlinkx(0, FILE, Name.of("l")),
                new InodeReply.Rlinkx(stat(7))))
        .isEqualTo(stat(7));
  }

  @Test
  void unlinkAndRmdir_differInTheFlag() throws Exception {
    answer(
        new Operation.Unlink(id(7), Name.of("u")),
        new LinuxRequest.Tunlinkat(FILE, Name.of("u"), 0),
        new LinuxReply.Runlinkat());
    answer(
        new Operation.Rmdir(id(7), Name.of("u")),
        new LinuxRequest.Tunlinkat(FILE, Name.of("u"), P9.UNLINKAT_REMOVEDIR),
        new LinuxReply.Runlinkat());
  }

  @Test
  void rename_sendsBothDirectoriesAndFlags() throws Exception {
    answer(
        new Operation.Rename(id(7), Name.of("a"), id(1), Name.of("b"), 2),
        new InodeRequest.Trenamex(FILE, Name.of("a"), 0, Name.of("b"), 2),
        new InodeReply.Rrenamex());
  }

  @Test
  void xattrs_goOver() throws Exception {
    answer(
        new Operation.Setxattr(id(7), Name.of("user.a"), bytes("value"), 1),
        new InodeRequest.Tsetxattr(FILE, Name.of("user.a"), 1, data("value")),
        new InodeReply.Rsetxattr());
    assertThat(
            answer(
                new Operation.Getxattr(id(7), Name.of("user.a")),
                new InodeRequest.Tgetxattr(FILE, Name.of("user.a")),
                new InodeReply.Rgetxattr(data("value"))))
        .isEqualTo(bytes("value"));
    assertThat(
            answer(
                new Operation.Listxattr(id(7)),
                new InodeRequest.Tlistxattr(FILE),
                new InodeReply.Rlistxattr(List.of(Name.of("user.a"), Name.of("user.b")))))
        .containsExactly(Name.of("user.a"), Name.of("user.b"));
    answer(
        new Operation.Removexattr(id(7), Name.of("user.a")),
        new InodeRequest.Tremovexattr(FILE, Name.of("user.a")),
        new InodeReply.Rremovexattr());
  }

  @Test
  void statfs_answersWhatIsKnown() throws Exception {
    StatFs statFs = new StatFs(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(
            answer(
                new Operation.Statfs(id(7)),
                new LinuxRequest.Tstatfs(FILE),
                new LinuxReply.Rstatfs(statFs)))
        .isEqualTo(statFs);
  }

  @Test
  void rebind_namesTheAttachedTree() throws Exception {
    answer(
        new Operation.Rebind(id(8)),
        new InodeRequest.Trebind(NEXT, id(8), 0),
        new InodeReply.Rrebind(stat(8)));
    answer(
        new Operation.Getattr(id(8)),
        new LinuxRequest.Tgetattr(NEXT, ALL),
        LinuxReply.Rgetattr.of(stat(8), Dialect.COTERIE_1));
  }

  // ---- opening ----

  @Test
  void create_makesInodeAndHandle() throws Exception {
    Opened opened =
        answer(
            new Operation.Create(id(1), Name.of("c"), OpenFlags.O_RDWR | OpenFlags.O_EXCL, 0640),
            new SessionRequest.Tas(
                ME, new HandleRequest.Tcreate(0, NEXT, AFTER, Name.of("c"), 0202, 0640)),
            new HandleReply.Rcreate(stat(8), OpenFlags.O_RDWR));
    assertThat(opened.stat()).isEqualTo(stat(8));
    assertThat(opened.flags()).isEqualTo(OpenFlags.O_RDWR);
    assertThat(opened.handle()).isNotIn(0L, handle);
    answer(
        new Operation.Fsync(opened.handle(), true),
        new LinuxRequest.Tfsync(AFTER, true),
        new LinuxReply.Rfsync());
    answer(
        new Operation.Getattr(id(8)),
        new LinuxRequest.Tgetattr(NEXT, ALL),
        LinuxReply.Rgetattr.of(stat(8), Dialect.COTERIE_1));
  }

  @Test
  void create_withoutName_isRefusedHere() {
    assertError(new Operation.Create(id(1), Name.of(""), 2, 0640), Errno.ENOENT);
  }

  @Test
  void tmpfile_hasNoName() throws Exception {
    Opened opened =
        answer(
            new Operation.Tmpfile(id(1), OpenFlags.O_RDWR, 0640),
            new SessionRequest.Tas(
                ME,
                new HandleRequest.Tcreate(
                    0, NEXT, AFTER, Name.of(""), OpenFlags.O_RDWR | OpenFlags.O_TMPFILE, 0640)),
            new HandleReply.Rcreate(stat(8), OpenFlags.O_RDWR));
    assertThat(opened.stat()).isEqualTo(stat(8));
  }

  @Test
  void take_givesHandleAndInode() throws Exception {
    Token token = new Token(11, 12);
    Opened opened =
        answer(
            new Operation.Take(token),
            new HandleRequest.Ttake(token, NEXT),
            new HandleReply.Rtake(stat(8), OpenFlags.O_APPEND));
    assertThat(opened.flags()).isEqualTo(OpenFlags.O_APPEND);
    answer(
        new Operation.Getattr(id(8)),
        new LinuxRequest.Tgetattr(NEXT, ALL),
        LinuxReply.Rgetattr.of(stat(8), Dialect.COTERIE_1));
  }

  // ---- handles ----

  @Test
  void close_clunksAndReportsTheError() throws Exception {
    FutureTask<Done> close = begin(ME, new Operation.Close(handle));
    FakeLeader.Frame frame = pair.peer().next();
    assertThat(frame.request()).isEqualTo(new BaseRequest.Tclunk(OPEN));
    pair.peer().error(frame.tag(), Errno.ENOSPC);
    assertErrno(close, Errno.ENOSPC);
    assertError(new Operation.Fsync(handle, false), Errno.EBADF);
    assertError(new Operation.Close(handle), Errno.EBADF);
  }

  @Test
  void readdir_answersEntries() throws Exception {
    List<DirEntry> entries =
        List.of(
            new DirEntry(Name.of("a"), id(8), 8, 101, stat(8)),
            new DirEntry(Name.of("b"), id(9), 4, 102, null));
    assertThat(
            answer(
                new Operation.Readdir(handle, 77, 5000, true),
                new HandleRequest.Treaddirx(OPEN, 77, 5000, P9.READDIRX_ATTRS),
                new HandleReply.Rreaddirx(P9.READDIRX_ATTRS, entries)))
        .isEqualTo(entries);
  }

  @Test
  void readdir_ofAnyNumberOfBytes_asksForWhatAFrameHolds() throws Exception {
    answer(
        new Operation.Readdir(handle, 0, Integer.MAX_VALUE, false),
        new HandleRequest.Treaddirx(OPEN, 0, FakeLeader.MSIZE - P9.IOHDR, 0),
        new HandleReply.Rreaddirx(0, List.of()));
    answer(
        new Operation.Readdir(handle, 0, -1, false),
        new HandleRequest.Treaddirx(OPEN, 0, 0, 0),
        new HandleReply.Rreaddirx(0, List.of()));
  }

  @Test
  void read_fillsTheBuffer() throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(10).position(2).limit(9);
    assertThat(
            answer(
                new Operation.Read(handle, 5L << 33, buffer),
                new BaseRequest.Tread(OPEN, 5L << 33, 7),
                new BaseReply.Rread(data("abc"))))
        .isEqualTo(3);
    assertThat(buffer.position()).isEqualTo(5);
    assertThat(buffer.array()).containsExactly(0, 0, 'a', 'b', 'c', 0, 0, 0, 0, 0);
  }

  @Test
  void readNext_answersTheOffset() throws Exception {
    ByteBuffer buffer = ByteBuffer.allocateDirect(10);
    assertThat(
            answer(
                new Operation.ReadNext(handle, buffer),
                new HandleRequest.Treadseq(OPEN, 10),
                new HandleReply.Rreadseq(66, data("abc"))))
        .isEqualTo(new Transferred(66, 3));
    assertThat(buffer.position()).isEqualTo(3);
  }

  @Test
  void writes_moveTheBufferByWhatWasWritten() throws Exception {
    ByteBuffer buffer = data("abcdef");
    assertThat(
            answer(
                new Operation.Write(handle, 88, buffer),
                new BaseRequest.Twrite(OPEN, 88, data("abcdef")),
                new BaseReply.Rwrite(2)))
        .isEqualTo(2);
    assertThat(
            answer(
                new Operation.Append(handle, buffer),
                new HandleRequest.Tappend(OPEN, data("cdef")),
                new HandleReply.Rappend(500, 1)))
        .isEqualTo(new Transferred(500, 1));
    assertThat(
            answer(
                new Operation.WriteNext(handle, buffer),
                new HandleRequest.Twriteseq(OPEN, data("def")),
                new HandleReply.Rwriteseq(501, 3)))
        .isEqualTo(new Transferred(501, 3));
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @Test
  void transfers_ofMoreThanAFrame_areShort() throws Exception {
    int most = FakeLeader.MSIZE - P9.IOHDR;
    ByteBuffer large = ByteBuffer.allocate(3 << 20);
    answer(
        new Operation.Read(handle, 0, large),
        new BaseRequest.Tread(OPEN, 0, most),
        new BaseReply.Rread(ByteBuffer.allocate(most)));
    assertThat(large.position()).isEqualTo(most);
    answer(
        new Operation.Write(handle, 0, large),
        new BaseRequest.Twrite(OPEN, 0, ByteBuffer.allocate(most)),
        new BaseReply.Rwrite(most));
    assertThat(large.position()).isEqualTo(2 * most);
    int less = most - SessionRequest.Tas.overheadBytes(OTHER);
    answer(
        OTHER,
        new Operation.Append(handle, large.clear()),
        new SessionRequest.Tas(OTHER, new HandleRequest.Tappend(OPEN, ByteBuffer.allocate(less))),
        new HandleReply.Rappend(0, less));
  }

  @Test
  void offsets_thatAreNegative_areRefusedHere() {
    assertError(new Operation.Read(handle, -1, ByteBuffer.allocate(1)), Errno.EINVAL);
    assertError(new Operation.Write(handle, -1, ByteBuffer.allocate(1)), Errno.EINVAL);
  }

  @Test
  void seek_sendsWhence() throws Exception {
    assertThat(
            answer(
                new Operation.Seek(handle, Whence.HOLE, -3),
                new HandleRequest.Tseek(OPEN, 4, -3),
                new HandleReply.Rseek(1L << 40)))
        .isEqualTo(1L << 40);
  }

  @Test
  void locks_goOver() throws Exception {
    RangeLock lock = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 5, 0, 77);
    answer(
        new Operation.Lock(handle, lock, true),
        new HandleRequest.Tlockx(OPEN, 0, 1, P9.LOCKX_WAIT, 5, 0, 77),
        HandleReply.Rlockx.DONE);
    assertThat(
            answer(
                new Operation.GetLock(
                    handle, RangeLock.whole(RangeLock.Kind.OFD, RangeLock.Type.READ)),
                new HandleRequest.Tlockx(OPEN, 1, 0, P9.LOCKX_TEST, 0, 0, 0),
                new HandleReply.Rlockx(1, 8, 2, 9)))
        .isEqualTo(new Operation.FoundLock(RangeLock.Type.WRITE, 8, 2, 9));
  }

  @Test
  void setFlagsFallocateFsync_goOver() throws Exception {
    answer(
        new Operation.SetFlags(handle, OpenFlags.O_APPEND),
        new HandleRequest.Tsetflags(OPEN, OpenFlags.O_APPEND),
        new HandleReply.Rsetflags());
    answer(
        new Operation.Fallocate(handle, 3, 1L << 34, 1L << 35),
        new HandleRequest.Tfallocate(OPEN, 3, 1L << 34, 1L << 35),
        new HandleReply.Rfallocate());
    answer(
        new Operation.Fsync(handle, false),
        new LinuxRequest.Tfsync(OPEN, false),
        new LinuxReply.Rfsync());
  }

  @Test
  void copyRange_namesBothHandles() throws Exception {
    Opened to =
        answer(
            new Operation.Open(id(7), 2),
            new HandleRequest.Topen(FILE, NEXT, 2),
            new HandleReply.Ropen(stat(7), 2));
    assertThat(
            answer(
                new Operation.CopyRange(handle, 1, to.handle(), 2, 3),
                new HandleRequest.Tcopyrange(OPEN, 1, NEXT, 2, 3),
                new HandleReply.Rcopyrange(2)))
        .isEqualTo(2L);
    assertError(new Operation.CopyRange(handle, 1, 12345, 2, 3), Errno.EBADF);
  }

  @Test
  void share_answersTheToken() throws Exception {
    Token token = new Token(21, 22);
    assertThat(
            answer(
                new Operation.Share(handle),
                new HandleRequest.Tshare(OPEN),
                new HandleReply.Rshare(token)))
        .isEqualTo(token);
  }

  // ---- errors ----

  @Test
  void operation_thatFails_throwsItsErrno() throws Exception {
    FutureTask<?> failing = begin(ME, new Operation.Lookup(id(7), Name.of("x")));
    FakeLeader.Frame frame = pair.peer().next();
    pair.peer().error(frame.tag(), Errno.ENOENT);
    assertErrno(failing, Errno.ENOENT);
  }

  @Test
  void inodeNotReferredTo_isEstale() {
    assertError(new Operation.Getattr(id(5)), Errno.ESTALE);
    assertError(new Operation.Getattr(new InodeId(7, 1)), Errno.ESTALE);
    assertError(new Operation.Forget(id(5), 1), Errno.ESTALE);
  }

  @Test
  void unknownHandle_isEbadf() {
    assertError(new Operation.Seek(0, Whence.SET, 0), Errno.EBADF);
    assertError(new Operation.Seek(handle + (1L << 32), Whence.SET, 0), Errno.EBADF);
    assertError(new Operation.Setattr(id(7), 4711, SetAttr.NOTHING), Errno.EBADF);
  }

  @Test
  void nameThatFitsNoFrame_isTooLong() {
    Name name = Name.wrap(new byte[70_000]);
    assertError(new Operation.Lookup(id(7), name), Errno.ENAMETOOLONG);
    assertError(new Operation.Getxattr(id(7), name), Errno.ERANGE);
    assertError(new Operation.Setxattr(id(7), name, new byte[1], 0), Errno.ERANGE);
    assertError(
        new Operation.Setxattr(id(7), Name.of("user.a"), new byte[2 << 20], 0), Errno.E2BIG);
  }

  // ---- the two ends ----

  private <R> R answer(Operation<R> operation, Request expected, Reply reply) throws Exception {
    return answer(ME, operation, expected, reply);
  }

  private <R> R answer(Caller caller, Operation<R> operation, Request expected, Reply reply)
      throws Exception {
    FutureTask<Request> received = inThread(() -> pair.peer().serve(reply));
    R answer = pair.client().call(caller, operation);
    assertThat(received.get()).isEqualTo(expected);
    return answer;
  }

  private <R> FutureTask<R> begin(Caller caller, Operation<R> operation) {
    return inThread(() -> pair.client().call(caller, operation));
  }

  private void assertError(Operation<?> operation, Errno errno) {
    assertThatThrownBy(() -> pair.client().call(ME, operation))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static void assertErrno(FutureTask<?> call, Errno errno) {
    assertThatThrownBy(call::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static ByteBuffer data(String text) {
    return ByteBuffer.wrap(bytes(text));
  }
}

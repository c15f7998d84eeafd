package dev.coterie.check.posix;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One process of ours: a session, a tree for each user, and open files in slots. Paths that {@link
 * Tree} takes as text are ASCII.
 */
final class ProcessCalls implements AutoCloseable {
  /** An open file. Whoever uses it acts as himself, not as the one who opened it. */
  private record Slot(long handle, InodeId id) {}

  private final FileService service;
  private final Pace pace;
  private final Tree[] trees = new Tree[Users.COUNT];
  private final @Nullable Slot[] slots = new @Nullable Slot[World.SLOTS];

  ProcessCalls(int process, FileService service, Pace pace) throws ErrnoException {
    this.service = service;
    this.pace = pace;
    for (int user = 0; user < Users.COUNT; user++) {
      trees[user] = Tree.of(service, Users.of(process, user));
    }
  }

  /**
   * Does a step. {@code share} is only half done by that: {@link #taking}. A fault is an answer
   * too, so that it is found with all that led to it.
   */
  String act(Step step) {
    String answer = tryToAct(step);
    pace.keep();
    return answer;
  }

  private String tryToAct(Step step) {
    try {
      return answer(step);
    } catch (ErrnoException e) {
      return "E" + e.errno().number();
    } catch (RuntimeException | AssertionError e) {
      StackTraceElement[] trace = e.getStackTrace();
      return e.toString().replace('\n', ' ') + (trace.length > 0 ? " at " + trace[0] : "");
    }
  }

  private String answer(Step step) throws ErrnoException {
    return switch (step.op()) {
      case "open" -> open(step);
      case "share" -> share(step);
      case "take" -> take(step);
      case "close", "read", "pread", "write", "pwrite", "lseek", "ftruncate", "fallocate" ->
          transfer(step, slot(step, 1));
      case "copy" -> copy(step, slot(step, 1));
      case "fchmod", "fchown", "futimens", "fstat", "fdlist", "fcntl", "fsync", "linkfd" ->
          onOpenFile(step, slot(step, 1));
      case "mkdir", "mknod", "symlink", "readlink", "link", "unlink", "rmdir", "rename" ->
          onName(step);
      case "chdir" -> become(step, tree(step).at(new String(step.bytes(1), US_ASCII)));
      case "umask" -> become(step, tree(step).as(caller(step).withUmask(step.octal(1))));
      case "truncate", "chmod", "chown", "lchown", "utimens", "access" -> onAttributes(step);
      case "stat", "lstat", "statfs", "usage", "list" -> look(step);
      default -> onXattr(step);
    };
  }

  private static final String DONE = "OK";
  private static final String TOKEN = "T ";

  private static final int PUNCH_HOLE = 3; // with KEEP_SIZE

  private static final long TMPFS_MAGIC = 0x01021994;

  /** More than that is refused before anything is allocated. */
  private static final long PARTLY_MOST = 1L << 43;

  /** Where no file has anything. */
  private static final long NOWHERE = Long.MAX_VALUE - 4096;

  private Tree tree(Step step) {
    return trees[step.user()];
  }

  private Caller caller(Step step) {
    return tree(step).caller();
  }

  private static TreePath path(Step step, int i) {
    return TreePath.of(step.bytes(i));
  }

  // ---- open files ----

  private Slot slot(Step step, int i) throws ErrnoException {
    Slot slot = slots[step.integer(i)];
    if (slot == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return slot;
  }

  private void put(Step step, int i, @Nullable Slot slot) throws ErrnoException {
    Slot before = slots[step.integer(i)];
    slots[step.integer(i)] = slot;
    if (before != null) {
      service.close(caller(step), before.handle());
    }
  }

  private String open(Step step) throws ErrnoException {
    OpenFile file = openNoFifo(step, step.octal(3));
    put(step, 1, new Slot(file.handle(), file.id()));
    return DONE;
  }

  /** {@link Difference#FIFO_OPENS}. */
  private OpenFile openNoFifo(Step step, int flags) throws ErrnoException {
    OpenFile file;
    try {
      file = tree(step).open(path(step, 2), flags | OpenFlags.O_NONBLOCK, step.octal(4));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINVAL && (flags & 3) == 3 && isFifo(step)) {
        throw new ErrnoException(Errno.ENXIO);
      }
      throw e;
    }
    if (isFifo(file.fstat())) {
      file.close();
      throw new ErrnoException(Errno.ENXIO);
    }
    if ((flags & OpenFlags.O_NONBLOCK) == 0) {
      service.setFlags(caller(step), file.handle(), flags & OpenFlags.SETTABLE);
    }
    return file;
  }

  /** Whether there is one at the path that is opened. */
  private boolean isFifo(Step step) {
    try {
      return isFifo(tree(step).stat(path(step, 2)));
    } catch (ErrnoException e) {
      return false; // the error of the opening is the one that counts
    }
  }

  private static boolean isFifo(Stat stat) {
    return (stat.mode() & Mode.S_IFMT) == Mode.S_IFIFO;
  }

  private String share(Step step) throws ErrnoException {
    return TOKEN + service.share(caller(step), slot(step, 1).handle()).toSecret();
  }

  /** After a {@code share} has made a token: what its heir is to do. Else null. */
  static @Nullable Step taking(Step step, String answer) {
    if (!step.op().equals("share") || !answer.startsWith(TOKEN)) {
      return null;
    }
    String secret = answer.substring(TOKEN.length());
    return Step.of(step.integer(2), step.user(), "take", step.word(3), secret);
  }

  private String take(Step step) throws ErrnoException {
    OpenFile file = tree(step).take(Token.ofSecret(step.word(2)));
    put(step, 1, new Slot(file.handle(), file.id()));
    return DONE;
  }

  private String transfer(Step step, Slot slot) throws ErrnoException {
    Caller caller = caller(step);
    long handle = slot.handle();
    switch (step.op()) {
      case "close" -> put(step, 1, null);
      case "read" -> {
        ByteBuffer buffer = ByteBuffer.allocate(step.integer(2));
        Transferred moved = service.readNext(caller, handle, buffer);
        return Pattern.said(buffer.array(), moved.count());
      }
      case "pread" -> {
        ByteBuffer buffer = ByteBuffer.allocate(step.integer(2));
        int count = service.read(caller, handle, step.number(3), buffer);
        return Pattern.said(buffer.array(), count);
      }
      case "write" -> {
        ByteBuffer buffer = Pattern.bytes(step.integer(2), step.number(3));
        return written(caller, handle, () -> service.writeNext(caller, handle, buffer).count());
      }
      case "pwrite" -> {
        ByteBuffer buffer = Pattern.bytes(step.integer(2), step.number(3));
        long offset = step.number(4);
        return written(caller, handle, () -> service.write(caller, handle, offset, buffer));
      }
      case "lseek" -> {
        return result(seek(caller, slot, whence(step), step.number(3)));
      }
      case "ftruncate" -> setattr(step, slot, SetAttr.ofSize(step.number(2)));
      default -> allocate(step, slot);
    }
    return DONE;
  }

  private void allocate(Step step, Slot slot) throws ErrnoException {
    Caller caller = caller(step);
    int mode = step.integer(2);
    long length = step.number(4);
    StatFs space = service.statfs(caller, slot.id());
    if (mode <= 1
        && length <= PARTLY_MOST
        && length / space.bsize() > space.bfree()
        && space.type() != TMPFS_MAGIC
        && pace.isOfHost()) {
      throw new ErrnoException(Errno.ENOSPC); // PARTLY_ALLOCATED
    }
    service.fallocate(caller, slot.handle(), mode, step.number(3), length);
  }

  private interface Writing {
    int write() throws ErrnoException;
  }

  private String written(Caller caller, long handle, Writing writing) throws ErrnoException {
    try {
      return result(writing.write());
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOSPC && !pace.isOfHost()) {
        service.fallocate(caller, handle, PUNCH_HOLE, NOWHERE, 1); // REFUSED_WRITE_MARKS
      }
      throw e;
    }
  }

  private long seek(Caller caller, Slot slot, Whence whence, long offset) throws ErrnoException {
    if ((whence == Whence.DATA || whence == Whence.HOLE)
        && service.getattr(caller, slot.id()).size() > NOWHERE) {
      throw new ErrnoException(Errno.EOVERFLOW); // FAR_DATA
    }
    return service.seek(caller, slot.handle(), whence, offset);
  }

  /** As SEEK_SET and so on are numbered. */
  private static Whence whence(Step step) {
    return switch (step.integer(2)) {
      case 0 -> Whence.SET;
      case 1 -> Whence.CUR;
      case 2 -> Whence.END;
      case 3 -> Whence.DATA;
      default -> Whence.HOLE;
    };
  }

  private static String result(long number) {
    return "OK " + number;
  }

  private void setattr(Step step, Slot slot, SetAttr change) throws ErrnoException {
    service.setattr(caller(step), slot.id(), slot.handle(), change);
  }

  private String copy(Step step, Slot from) throws ErrnoException {
    Caller caller = caller(step);
    long at = step.number(2);
    Slot to = slot(step, 3);
    long toAt = step.number(4);
    long length = step.number(5);
    StatFs space = service.statfs(caller, to.id());
    if (space.bfree() < length / space.bsize() + 2) {
      throw new ErrnoException(Errno.ENOSPC); // COPY_FILLS_HOLES
    }
    long copied = service.copyRange(caller, from.handle(), at, to.handle(), toAt, length);
    // COPY_FILLS_HOLES
    for (long done = pace.isOfHost() ? copied : 0; done < copied; ) {
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(copied - done, 1 << 16));
      done += service.read(caller, from.handle(), at + done, buffer);
      buffer.flip();
      service.write(caller, to.handle(), toAt + done - buffer.remaining(), buffer);
    }
    return result(copied);
  }

  private String onOpenFile(Step step, Slot slot) throws ErrnoException {
    Caller caller = caller(step);
    switch (step.op()) {
      case "fchmod" -> setattr(step, slot, SetAttr.ofMode(step.octal(2)));
      case "fchown" -> setattr(step, slot, SetAttr.ofOwner(step.integer(2), step.integer(3)));
      case "futimens" -> {
        SetAttr times = SetAttr.ofTimes(time(step.word(2)), time(step.word(3)));
        if (!times.equals(SetAttr.NOTHING)) {
          setattr(step, slot, times);
        }
      }
      case "fstat" -> {
        return said(service.getattr(caller, slot.id()));
      }
      case "fdlist" -> {
        return said(entries(caller, slot));
      }
      case "fcntl" -> service.setFlags(caller, slot.handle(), step.octal(2));
      case "fsync" -> service.fsync(caller, slot.handle(), false);
      default -> linkOpenFile(step, slot);
    }
    return DONE;
  }

  private List<DirEntry> entries(Caller caller, Slot slot) throws ErrnoException {
    List<DirEntry> all = new ArrayList<>();
    List<DirEntry> page = service.readdir(caller, slot.handle(), 0, 4096, false);
    while (!page.isEmpty()) {
      page.stream().filter(entry -> !entry.name().isDots()).forEach(all::add);
      page = service.readdir(caller, slot.handle(), page.getLast().cookie(), 4096, false);
    }
    return all;
  }

  private void linkOpenFile(Step step, Slot slot) throws ErrnoException {
    try (Tree there = tree(step).at(new String(step.bytes(2), US_ASCII))) {
      InodeId dir = there.stat(".").id();
      service.link(caller(step), slot.id(), dir, Name.of(step.bytes(3)));
    }
  }

  // ---- names ----

  private String onName(Step step) throws ErrnoException {
    Tree tree = tree(step);
    TreePath path = path(step, 1);
    switch (step.op()) {
      case "mkdir" -> tree.mkdir(path, step.octal(2));
      case "mknod" -> tree.mknod(path, step.octal(2), step.number(3));
      case "symlink" -> tree.symlink(path.toBytes(), path(step, 2));
      case "readlink" -> {
        return "L " + Step.encode(tree.readlink(path));
      }
      case "link" -> tree.link(path, path(step, 2), step.integer(3) != 0);
      case "unlink" -> tree.unlink(path);
      case "rmdir" -> tree.rmdir(path);
      default -> tree.rename(path, path(step, 2), step.integer(3));
    }
    return DONE;
  }

  private String become(Step step, Tree tree) {
    tree(step).close();
    trees[step.user()] = tree;
    return DONE;
  }

  private String onAttributes(Step step) throws ErrnoException {
    Tree tree = tree(step);
    TreePath path = path(step, 1);
    switch (step.op()) {
      case "truncate" -> tree.truncate(path, step.number(2));
      case "chmod" -> tree.chmod(path, step.octal(2));
      case "chown" -> tree.chown(path, step.integer(2), step.integer(3));
      case "lchown" -> tree.lchown(path, step.integer(2), step.integer(3));
      case "utimens" ->
          tree.utimens(path, time(step.word(2)), time(step.word(3)), step.integer(4) != 0);
      default -> tree.access(path, step.integer(2));
    }
    return DONE;
  }

  private static SetAttr.@Nullable Time time(String word) {
    if (word.equals("omit")) {
      return null;
    }
    if (word.equals("now")) {
      return SetAttr.Time.Now.NOW;
    }
    int dot = word.indexOf('.');
    long seconds = Long.parseLong(word, 0, dot, 10);
    int nanos = Integer.parseInt(word, dot + 1, word.length(), 10);
    return new SetAttr.Time.At(new Timestamp(seconds, nanos));
  }

  private String look(Step step) throws ErrnoException {
    Tree tree = tree(step);
    TreePath path = path(step, 1);
    return switch (step.op()) {
      case "stat" -> said(tree.stat(path));
      case "lstat" -> said(tree.lstat(path));
      case "statfs" -> said(tree.statfs(path));
      case "usage" -> said(tree.statfs(path)) + " " + tree.statfs(path).ffree();
      default -> said(tree.list(path, false));
    };
  }

  private String said(Stat s) {
    pace.shown(s);
    return "S %o %d %s %s %d %d %s %s %s %s %s"
        .formatted(
            s.mode(),
            s.nlink(),
            Integer.toUnsignedString(s.uid()),
            Integer.toUnsignedString(s.gid()),
            s.size(),
            s.blocks(),
            Long.toUnsignedString(s.rdev()),
            said(s.id()),
            said(s.atime()),
            said(s.mtime()),
            said(s.ctime()));
  }

  private static String said(InodeId id) {
    return Long.toUnsignedString(id.number()) + "." + Integer.toUnsignedString(id.generation());
  }

  private static String said(Timestamp time) {
    return time.seconds() + "." + time.nanos();
  }

  /** DIRECTORIES_LINGER: without free inodes. */
  private static String said(StatFs f) {
    return "F %d %d %d %d %d".formatted(f.type(), f.bsize(), f.blocks(), f.bfree(), f.files());
  }

  private static String said(List<DirEntry> entries) {
    StringBuilder line = new StringBuilder("D " + entries.size());
    entries.stream()
        .sorted(Comparator.comparing(DirEntry::name))
        .forEach(entry ->
            line.append(' ')
                .append(Step.encode(entry.name().toBytes()))
                .append(':')
                .append(entry.type())
                .append(':')
                .append(said(entry.id())));
    return line.toString();
  }

  private String onXattr(Step step) throws ErrnoException {
    Tree tree = tree(step);
    TreePath path = path(step, 1);
    boolean follow = step.words().getLast().equals("1");
    switch (step.op()) {
      case "listxattr" -> {
        StringBuilder line = new StringBuilder("X");
        for (Name name : tree.listxattr(path, follow)) {
          line.append(' ').append(Step.encode(name.toBytes()));
        }
        return line.toString();
      }
      case "getxattr" -> {
        byte[] value = tree.getxattr(path, Name.of(step.bytes(2)), follow);
        return Pattern.said(value, value.length);
      }
      case "removexattr" -> tree.removexattr(path, Name.of(step.bytes(2)), follow);
      case "valuexattr" -> tree.setxattr(path, Name.of(step.bytes(2)), step.bytes(3), 0, follow);
      case "setxattr" -> {
        byte[] value = Pattern.bytes(step.integer(3), step.number(4)).array();
        tree.setxattr(path, Name.of(step.bytes(2)), value, step.integer(5), follow);
      }
      default -> throw new IllegalArgumentException("no such operation: " + step);
    }
    return DONE;
  }

  @Override
  public void close() {
    for (Tree tree : trees) {
      tree.close();
    }
    service.close();
  }
}

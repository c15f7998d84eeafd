package dev.coterie.client.nio;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_NOFOLLOW;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_WRONLY;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import org.jspecify.annotations.Nullable;

/**
 * One copy or move, within a tree or from one tree to another; step by step as the JDK's provider
 * on Unix does it, so that others can come in between: only an atomic move is one operation.
 */
final class Transfers {
  private static final int READ = 4; // access(2), R_OK
  private static final int WRITE = 2; // access(2), W_OK
  private static final int BUFFER_BYTES = 256 << 10;

  private final CoteriePath source; // immutable
  private final CoteriePath target; // immutable
  private final Tree from; // immutable
  private final Tree to; // immutable
  private final Options.Transfer asked; // immutable

  private Transfers(CoteriePath source, CoteriePath target, Options.Transfer asked) {
    this.source = source;
    this.target = target;
    this.from = source.getFileSystem().tree();
    this.to = target.getFileSystem().tree();
    this.asked = asked;
  }

  static void copy(CoteriePath source, CoteriePath target, Options.Transfer asked)
      throws IOException {
    new Transfers(source, target, asked).copy();
  }

  static void move(CoteriePath source, CoteriePath target, Options.Transfer asked)
      throws IOException {
    new Transfers(source, target, asked).move();
  }

  private boolean sameTree() {
    return source.getFileSystem() == target.getFileSystem();
  }

  private TreePath sourcePath() {
    return source.treePath();
  }

  private TreePath targetPath() {
    return target.treePath();
  }

  // ---- copy ----

  private void copy() throws IOException {
    Stat stat = sourceStat();
    if (asked.follow() || !stat.isSymlink()) {
      requireAccess(READ);
    }
    if (!makeRoom(stat)) {
      return;
    }
    copyAs(stat);
  }

  private Stat sourceStat() throws IOException {
    try {
      return asked.follow() ? from.stat(sourcePath()) : from.lstat(sourcePath());
    } catch (ErrnoException e) {
      throw Failures.ofMissing(e, source);
    }
  }

  private void requireAccess(int mask) throws IOException {
    try {
      from.access(sourcePath(), mask);
    } catch (ErrnoException e) {
      throw Failures.of(e, source);
    }
  }

  private @Nullable Stat targetStat() {
    try {
      return to.lstat(targetPath());
    } catch (ErrnoException e) {
      return null; // making it will tell
    }
  }

  /**
   * Removes what has the new name, if that is asked for.
   *
   * @return false: it is the source itself, and there is nothing to do
   */
  private boolean makeRoom(Stat stat) throws IOException {
    Stat there = targetStat();
    if (there == null) {
      return true;
    }
    if (isSource(stat.id(), there.id())) {
      return false;
    }
    if (!asked.replace()) {
      throw new FileAlreadyExistsException(target.toString());
    }
    try {
      remove(to, targetPath(), there.isDirectory());
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT) {
        throw Failures.of(e, target);
      }
    }
    return true;
  }

  private boolean isSource(InodeId one, InodeId other) {
    return one.equals(other) && source.getFileSystem().sharesTreeWith(target.getFileSystem());
  }

  static void remove(Tree tree, TreePath path, boolean directory) throws ErrnoException {
    if (directory) {
      tree.rmdir(path);
    } else {
      tree.unlink(path);
    }
  }

  private void copyAs(Stat stat) throws IOException {
    if (stat.isDirectory()) {
      copyDirectory(stat);
    } else if (stat.isSymlink()) {
      copyLink(stat);
    } else if (stat.isRegular()) {
      copyFile(stat);
    } else {
      copyNode(stat);
    }
  }

  /** As an error of making the target: one that came back after it was removed is no surprise. */
  private IOException targetFailure(ErrnoException e) {
    return e.errno() == Errno.EEXIST && asked.replace()
        ? new FileSystemException(target.toString())
        : Failures.of(e, target);
  }

  private void copyDirectory(Stat stat) throws IOException {
    try {
      to.mkdir(targetPath(), stat.mode() & Mode.PERMISSIONS);
    } catch (ErrnoException e) {
      throw targetFailure(e);
    }
    finish(stat);
  }

  private void copyNode(Stat stat) throws IOException {
    try {
      to.mknod(targetPath(), stat.mode(), stat.rdev());
    } catch (ErrnoException e) {
      throw targetFailure(e);
    }
    finish(stat);
  }

  private void copyLink(Stat stat) throws IOException {
    byte[] link;
    try {
      link = from.readlink(sourcePath());
    } catch (ErrnoException e) {
      throw Failures.of(e, source);
    }
    try {
      to.symlink(link, targetPath());
    } catch (ErrnoException e) {
      throw targetFailure(e);
    }
    if (asked.attributes()) {
      try {
        to.lchown(targetPath(), stat.uid(), stat.gid());
      } catch (ErrnoException e) {
        // "Copying of file attributes is not guaranteed" for a link.
      }
    }
  }

  private void copyFile(Stat stat) throws IOException {
    int flags = O_RDONLY | (asked.follow() ? 0 : O_NOFOLLOW);
    try (OpenFile in = open(from, source, flags, 0)) {
      OpenFile out = openTarget(stat);
      boolean done = false;
      try (out) {
        copyContent(in, out);
        if (asked.attributes()) {
          copyXattrs(stat);
        }
        setAttributes(stat);
        done = true;
      } finally {
        if (!done) {
          removeTarget(false);
        }
      }
    }
  }

  private static OpenFile open(Tree tree, CoteriePath path, int flags, int mode)
      throws IOException {
    try {
      return tree.open(path.treePath(), flags, mode);
    } catch (ErrnoException e) {
      throw Failures.of(e, path);
    }
  }

  private OpenFile openTarget(Stat stat) throws IOException {
    try {
      int mode = stat.mode() & Mode.PERMISSIONS;
      return to.open(targetPath(), O_WRONLY | O_CREAT | O_EXCL, mode);
    } catch (ErrnoException e) {
      throw targetFailure(e);
    }
  }

  private void copyContent(OpenFile in, OpenFile out) throws IOException {
    try {
      if (!sameTree() || !copyAtLeader(in, out)) {
        copyThroughHere(in, out);
      }
    } catch (ErrnoException e) {
      throw Failures.of(e, source, target);
    }
  }

  /**
   * False where the leader cannot: between two mounts; or when it found nothing, which a file of a
   * host may only say of itself (proc(5)).
   */
  private boolean copyAtLeader(OpenFile in, OpenFile out) throws ErrnoException {
    long offset = 0;
    while (true) {
      try {
        long copied =
            from.service()
                .copyRange(
                    from.caller(), in.handle(), offset, out.handle(), offset, Limits.COPY_BYTES);
        if (copied == 0) {
          return offset > 0;
        }
        offset += copied;
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EXDEV && e.errno() != Errno.EOPNOTSUPP) {
          throw e;
        }
        return false;
      }
    }
  }

  private static void copyThroughHere(OpenFile in, OpenFile out) throws ErrnoException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    long offset = 0;
    while (in.pread(buffer.clear(), offset) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        offset += out.pwrite(buffer, offset);
      }
    }
  }

  // ---- attributes ----

  private void finish(Stat stat) throws IOException {
    boolean done = false;
    try {
      if (asked.attributes() && stat.isDirectory()) {
        copyXattrs(stat);
      }
      setAttributes(stat);
      done = true;
    } finally {
      if (!done) {
        removeTarget(stat.isDirectory());
      }
    }
  }

  /** Owner and permissions as far as this caller may; the times it must be able to set. */
  private void setAttributes(Stat stat) throws IOException {
    if (!asked.attributes()) {
      return;
    }
    try {
      to.setattr(targetPath(), SetAttr.ofOwner(stat.uid(), stat.gid()), false);
      to.setattr(targetPath(), SetAttr.ofMode(stat.mode() & Mode.PERMISSIONS), false);
    } catch (ErrnoException e) {
      // Only who is root can give a file away.
    }
    SetAttr times =
        SetAttr.ofTimes(new SetAttr.Time.At(stat.atime()), new SetAttr.Time.At(stat.mtime()));
    try {
      to.setattr(targetPath(), times, false);
    } catch (ErrnoException e) {
      throw Failures.of(e, target);
    }
  }

  /** Those that this caller may read and set, as the JDK's provider on Linux does it. */
  private void copyXattrs(Stat stat) {
    try {
      for (Name name : from.listxattr(sourcePath(), asked.follow() || !stat.isSymlink())) {
        copyXattr(name);
      }
    } catch (ErrnoException e) {
      // There are none to be had.
    }
  }

  private void copyXattr(Name name) {
    try {
      to.setxattr(targetPath(), name, from.getxattr(sourcePath(), name, asked.follow()), 0, false);
    } catch (ErrnoException e) {
      // Not this one.
    }
  }

  private void removeTarget(boolean directory) {
    try {
      remove(to, targetPath(), directory);
    } catch (ErrnoException e) {
      // The failure that led here says more.
    }
  }

  // ---- move ----

  private void move() throws IOException {
    if (asked.atomic()) {
      moveAtomically();
      return;
    }
    Stat stat = sourceStat();
    if (stat.isDirectory()) {
      requireAccess(WRITE);
    }
    if (!makeRoom(stat) || renamed()) {
      return;
    }
    if (stat.isDirectory()) {
      requireEmpty();
    }
    copyAs(stat);
    removeSource(stat);
  }

  private void moveAtomically() throws IOException {
    if (!sameTree()) {
      throw new AtomicMoveNotSupportedException(
          source.toString(), target.toString(), Errno.EXDEV.text());
    }
    try {
      from.rename(sourcePath(), targetPath(), 0);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EXDEV) {
        throw new AtomicMoveNotSupportedException(
            source.toString(), target.toString(), e.errno().text());
      }
      throw Failures.of(e, source, target);
    }
  }

  /** False: it cannot be done by a rename. */
  private boolean renamed() throws IOException {
    if (!sameTree()) {
      return false;
    }
    try {
      from.rename(sourcePath(), targetPath(), 0);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EXDEV) {
        return false;
      }
      throw Failures.of(e, source, target);
    }
  }

  /** "If the directory is not empty then the move would require moving its entries". */
  private void requireEmpty() throws IOException {
    try {
      if (!from.list(sourcePath(), false).isEmpty()) {
        throw new DirectoryNotEmptyException(source.toString());
      }
    } catch (ErrnoException e) {
      throw Failures.of(e, source);
    }
  }

  private void removeSource(Stat stat) throws IOException {
    try {
      remove(from, sourcePath(), stat.isDirectory());
    } catch (ErrnoException e) {
      removeTarget(stat.isDirectory());
      throw Failures.of(e, source);
    }
  }
}

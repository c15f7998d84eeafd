package dev.coterie.api;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open file as a process holds it: one reference of an open file description, which other
 * processes may share, offset and flags included. Made by {@link Tree#open} and {@link Tree#take}.
 *
 * <p>Reads and writes may be short. May be used by several threads. Errors: those of the operations
 * of {@link FileService} with the same names; EBADF after {@link #close}.
 */
public final class OpenFile implements AutoCloseable {
  /** Bytes of entries asked for in one readdir: about what getdents64(2) is given by glibc. */
  private static final int READDIR_BYTES = 32 << 10;

  private final FileService service;
  private final Caller caller;
  private final Operation.Opened opened;
  private boolean closed; // guarded by this

  OpenFile(FileService service, Caller caller, Operation.Opened opened) {
    this.service = service;
    this.caller = caller;
    this.opened = opened;
  }

  /** The handle, for operations of the service that have no method here. */
  public long handle() {
    return opened.handle();
  }

  public InodeId id() {
    return opened.stat().id();
  }

  /** The flags it was opened with, without those that only steered the opening. */
  public int flags() {
    return opened.flags();
  }

  /** Whether it is a FIFO, which has no offset. */
  public boolean isFifo() {
    return (opened.stat().mode() & Mode.S_IFMT) == Mode.S_IFIFO;
  }

  // ---- at the shared offset ----

  /** Reads at the offset and moves it on; 0 is the end of the file. Source: read(2). */
  public int read(ByteBuffer destination) throws ErrnoException {
    return service.readNext(caller, handle(), destination).count();
  }

  /** Writes at the offset, with O_APPEND at the end, and moves it on. Source: write(2). */
  public int write(ByteBuffer source) throws ErrnoException {
    return service.writeNext(caller, handle(), source).count();
  }

  /** Source: lseek(2). */
  public long seek(Operation.Whence whence, long offset) throws ErrnoException {
    return service.seek(caller, handle(), whence, offset);
  }

  // ---- at a given place ----

  /** Source: pread(2). */
  public int pread(ByteBuffer destination, long offset) throws ErrnoException {
    return service.read(caller, handle(), offset, destination);
  }

  /** At the end instead when opened with O_APPEND. Source: pwrite(2), BUGS. */
  public int pwrite(ByteBuffer source, long offset) throws ErrnoException {
    return service.write(caller, handle(), offset, source);
  }

  /** Writes at the end, whatever the flags, and says where that was. */
  public Operation.Transferred append(ByteBuffer source) throws ErrnoException {
    return service.append(caller, handle(), source);
  }

  // ---- attributes ----

  /** Source: fstat(2). */
  public Stat fstat() throws ErrnoException {
    return service.getattr(caller, id());
  }

  /** Source: ftruncate(2). */
  public void ftruncate(long size) throws ErrnoException {
    service.setattr(caller, id(), handle(), SetAttr.ofSize(size));
  }

  /** Source: fchmod(2). */
  public void fchmod(int mode) throws ErrnoException {
    service.setattr(caller, id(), handle(), SetAttr.ofMode(mode & Mode.PERMISSIONS));
  }

  /** -1 leaves an id as it is. Source: fchown(2). */
  public void fchown(int uid, int gid) throws ErrnoException {
    service.setattr(caller, id(), handle(), SetAttr.ofOwner(uid, gid));
  }

  /** One that is null is left as it is. Source: futimens(3). */
  public void futimens(SetAttr.@Nullable Time atime, SetAttr.@Nullable Time mtime)
      throws ErrnoException {
    if (atime != null || mtime != null) {
      service.setattr(caller, id(), handle(), SetAttr.ofTimes(atime, mtime));
    }
  }

  /** {@code mode} of {@link Operation.Fallocate}. Source: fallocate(2). */
  public void fallocate(int mode, long offset, long length) throws ErrnoException {
    service.fallocate(caller, handle(), mode, offset, length);
  }

  /** Source: fsync(2). */
  public void fsync() throws ErrnoException {
    service.fsync(caller, handle(), false);
  }

  /** Source: fdatasync(2). */
  public void fdatasync() throws ErrnoException {
    service.fsync(caller, handle(), true);
  }

  /** Sets those of {@link OpenFlags#SETTABLE}. Source: fcntl(2), F_SETFL. */
  public void setFlags(int flags) throws ErrnoException {
    service.setFlags(caller, handle(), flags);
  }

  // ---- directories ----

  /** One answer of readdir, "." and ".." included; empty at the end. Source: getdents64(2). */
  public List<DirEntry> readdir(long cookie, boolean attributes) throws ErrnoException {
    return service.readdir(caller, handle(), cookie, READDIR_BYTES, attributes);
  }

  /** All entries of this directory but "." and "..". */
  public List<DirEntry> list(boolean attributes) throws ErrnoException {
    List<DirEntry> all = new ArrayList<>();
    long cookie = 0;
    for (List<DirEntry> page = readdir(cookie, attributes);
        !page.isEmpty();
        page = readdir(cookie, attributes)) {
      for (DirEntry entry : page) {
        if (!entry.name().isDots()) {
          all.add(entry);
        }
        cookie = entry.cookie();
      }
    }
    return all;
  }

  // ---- several processes ----

  /** Makes a token for another process, which then shares this open file: {@link Tree#take}. */
  public Token share() throws ErrnoException {
    return service.share(caller, handle());
  }

  /**
   * Gives back this reference; the open file ends with the last one. Not cancelled by an interrupt,
   * which stays set.
   */
  @Override
  public void close() throws ErrnoException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    service.callUndisturbed(caller, new Operation.Close(handle()));
  }

  FileService service() {
    return service;
  }

  Caller caller() {
    return caller;
  }
}
